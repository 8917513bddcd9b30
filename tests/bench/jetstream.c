/* SPDX-License-Identifier: MPL-2.0 */
/*
 * jetstream: the load of `bench_durable load` against a NATS server.
 *
 *     jetstream NATS-SERVER DIR SUBJECTS
 *
 * The server runs with JetStream in DIR and is otherwise as it comes; a stream
 * of file storage takes all the subjects. 10 publishers, each with a connection
 * and a thread, have at most 100 messages of 128 bytes in flight. Prints the
 * same line. It is built when libnats is there, and needed by nothing else.
 */
#include <dirent.h>
#include <nats/nats.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "load.h"

enum { PUBLISHERS = 10, WINDOW = 100, TEXT = 128, READY_TRIES = 500 };
#define WARM 1.0    /* seconds before counting */
#define MEASURE 3.0 /* seconds counted */

struct publisher {
    pthread_t thread;
    natsConnection *connection;
    jsCtx *js;
    unsigned number, subjects;
    struct times *times; /* written by its connection's thread only */
};

static atomic_bool counting, done;

static void
must(natsStatus status, const char *what)
{
    if (status != NATS_OK)
        fail("%s: %s", what, natsStatus_GetText(status));
}

static void
pause_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

/* --- the server --- */

/* The server writes a file of its addresses when it listens. */
static bool
read_ports(const char *dir, char *url, size_t size)
{
    char path[4096] = "", text[1024];
    DIR *d = opendir(dir);
    for (struct dirent *e; d && (e = readdir(d));)
        if (strstr(e->d_name, ".ports"))
            snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
    if (d)
        closedir(d);
    FILE *f = *path ? fopen(path, "r") : NULL;
    if (!f)
        return false;
    size_t len = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[len] = '\0';
    const char *begin = strstr(text, "nats://");
    const char *end = begin ? strchr(begin, '"') : NULL;
    if (!end)
        return false;
    snprintf(url, size, "%.*s", (int)(end - begin), begin);
    return true;
}

static struct program
server_start(const char *server, const char *dir, char *url, size_t size)
{
    char log[4096];
    snprintf(log, sizeof log, "%s/log", dir);
    const char *argv[] = {
        server, "-a", "127.0.0.1",        "-p", "-1", "-js", "-sd", dir,
        "-l",   log,  "--ports_file_dir", dir,  NULL};
    struct program program = program_start(argv);
    for (unsigned tries = 0; !read_ports(dir, url, size); tries++) {
        if (tries == READY_TRIES)
            fail("%s is not ready; see %s", server, log);
        pause_ms(10);
    }
    return program;
}

/* --- publishers --- */

/* The message begins with the time at which it was sent. */
static void
on_ack(jsCtx *js, natsMsg *message, jsPubAck *ack, jsPubAckErr *error,
       void *arg)
{
    struct publisher *p = arg;
    double sent;
    (void)js;
    if (!ack)
        fail("not kept: %s", error ? error->ErrText : "no reason");
    memcpy(&sent, natsMsg_GetData(message), sizeof sent);
    if (atomic_load_explicit(&counting, memory_order_relaxed))
        times_add(p->times, seconds() - sent);
    natsMsg_Destroy(message);
}

static void
publisher_open(struct publisher *p, const char *url)
{
    jsOptions options;
    must(natsConnection_ConnectTo(&p->connection, url), "connect");
    jsOptions_Init(&options);
    options.PublishAsync.MaxPending = WINDOW;
    options.PublishAsync.AckHandler = on_ack;
    options.PublishAsync.AckHandlerClosure = p;
    options.PublishAsync.StallWait = 5000;
    must(natsConnection_JetStream(&p->js, p->connection, &options),
         "JetStream");
    p->times = calloc(1, sizeof *p->times);
    if (!p->times)
        fail("no memory");
}

static void *
publisher_main(void *arg)
{
    struct publisher *p = arg;
    char text[TEXT], subject[32];
    memset(text, 'x', sizeof text);
    for (unsigned i = p->number; !atomic_load(&done); i++) {
        double now = seconds();
        memcpy(text, &now, sizeof now);
        snprintf(subject, sizeof subject, "bench.room%u",
                 i * 7919 % p->subjects);
        must(js_PublishAsync(p->js, subject, text, sizeof text, NULL),
             "publish");
    }
    js_PublishAsyncComplete(p->js, NULL);
    return NULL;
}

static void
stream_add(jsCtx *js)
{
    jsStreamConfig config;
    const char *subjects[] = {"bench.>"};
    jsErrCode error = 0;
    jsStreamConfig_Init(&config);
    config.Name = "bench";
    config.Subjects = subjects;
    config.SubjectsLen = 1;
    config.Storage = js_FileStorage;
    must(js_AddStream(NULL, js, &config, NULL, &error), "stream");
}

static void
measure(struct publisher *all, const struct program *server)
{
    static struct times sum;
    pause_ms(999);
    double cpu = program_cpu(server);
    double start = seconds();
    atomic_store(&counting, true);
    while (seconds() < start + MEASURE)
        pause_ms(10);
    atomic_store(&counting, false);
    double took = seconds() - start;
    cpu = program_cpu(server) - cpu;
    atomic_store(&done, true);
    for (unsigned i = 0; i < PUBLISHERS; i++) {
        pthread_join(all[i].thread, NULL);
        sum.count += all[i].times->count;
        for (unsigned us = 0; us <= LONGEST_US; us++)
            sum.us[us] += all[i].times->us[us];
    }
    times_print(&sum, took, cpu);
}

int
main(int argc, char **argv)
{
    struct publisher all[PUBLISHERS] = {0};
    char url[256];
    unsigned subjects = argc == 4 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
    if (!subjects)
        fail("jetstream NATS-SERVER DIR SUBJECTS");
    struct program server = server_start(argv[1], argv[2], url, sizeof url);
    for (unsigned i = 0; i < PUBLISHERS; i++) {
        publisher_open(&all[i], url);
        all[i].number = i;
        all[i].subjects = subjects;
    }
    stream_add(all[0].js);
    for (unsigned i = 0; i < PUBLISHERS; i++)
        pthread_create(&all[i].thread, NULL, publisher_main, &all[i]);
    measure(all, &server);
    program_stop(&server);
    return 0;
}
