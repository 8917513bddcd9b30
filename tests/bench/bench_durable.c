/* SPDX-License-Identifier: MPL-2.0 */
/*
 * bench_durable: acknowledged messages through a running confabd.
 *
 *     bench_durable load ROOMS LOG   10 senders with 100 in flight, 128 bytes
 *     bench_durable single LOG       one message each millisecond
 *     bench_durable disk DIR         an append of 4 KiB and fdatasync
 *     bench_durable fill BIND ROOMS COUNT
 *
 * One line each: messages per second, the broker's CPU seconds per million of
 * them, and how long a message waited for its ok, in microseconds. LOG is what
 * `confabd --log` takes. tests/bench/durable.py runs these and compares.
 *
 * A sender answers every ok with a message, in one frame for all the oks of
 * one: that is what a client library would send. Nobody listens to the rooms.
 *
 * `fill` is for tests/bench/big_log.py: the same senders, and a broker that
 * runs already, until COUNT messages are acknowledged; one in a thousand is
 * mail to somebody who is away. It prints how many at every tenth.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "peer.h"

enum {
    SENDERS = 10,
    WINDOW = 100,
    TEXT = 128,
    ROOMS_MOST = 1000,
    RATE = 1000,
    MAILBOXES = 100,
    MAIL_EVERY = 1000,
    APPENDS = 500,
    BLOCK = 4096,
    PATIENCE = 5, /* seconds */
};
#define WARM 1.0    /* seconds before counting */
#define MEASURE 3.0 /* seconds counted */

struct sender {
    void *socket;
    struct message say;
    uint64_t answered;   /* the highest n */
    double sent[WINDOW]; /* by n */
};

struct load {
    struct broker broker;
    void *ctx;
    struct sender senders[SENDERS];
    unsigned rooms, next;
    uint64_t answered; /* all senders */
    bool mail, counting;
    struct times times;
};

static struct slice
room_name(struct load *load)
{
    static char names[ROOMS_MOST][16];
    unsigned room = load->next++ * 7919 % load->rooms;
    if (!names[room][0])
        snprintf(names[room], sizeof names[room], "room%u", room);
    return slice_str(names[room]);
}

/* Where the next message goes. */
static void
address(struct load *load, struct message *m)
{
    static char to[16];
    bool mail = load->mail && load->next % MAIL_EVERY == 0;
    m->op = mail ? OP_TELL : OP_SAY;
    m->has = MESSAGE_BIT(FIELD_TEXT) | MESSAGE_BIT(FIELD_N) |
             MESSAGE_BIT(mail ? FIELD_TO : FIELD_ROOM);
    snprintf(to, sizeof to, "away%u", load->next / MAIL_EVERY % MAILBOXES);
    m->to = slice_str(to);
    m->room = room_name(load);
}

static void
sender_open(struct load *load, unsigned number)
{
    static char text[TEXT];
    char id[32];
    struct sender *s = &load->senders[number];
    snprintf(id, sizeof id, "s%u.%ld", number, (long)getpid());
    s->socket = peer_open(load->ctx, ZMQ_DEALER, load->broker.bind);
    peer_hello(s->socket, id, false);
    memset(text, 'x', sizeof text);
    s->say = (struct message){.n = 1, .text = slice_of(text, sizeof text)};
}

static void
sender_say(struct load *load, struct sender *s, unsigned count)
{
    static struct outgoing o;
    double now = seconds();
    outgoing_begin(&o);
    for (unsigned i = 0; i < count; i++) {
        address(load, &s->say);
        outgoing_add(&o, &s->say);
        s->sent[s->say.n++ % WINDOW] = now;
    }
    outgoing_send(&o, s->socket);
}

/* Takes the oks of one frame: how many. */
static unsigned
sender_answers(struct load *load, struct sender *s, struct slice frame)
{
    struct reader r;
    struct fault fault;
    double now = seconds();
    unsigned count = peer_read(frame, &r);
    for (unsigned i = 0; i < count; i++) {
        struct message m;
        if (message_read(&r, SIDE_BROKER, &m, &fault))
            fail("a broken answer: %s", fault.text);
        if (m.op != OP_OK || m.n != s->answered + 1)
            fail("no ok for message %llu", (unsigned long long)s->answered + 1);
        s->answered = m.n;
        if (load->counting)
            times_add(&load->times, now - s->sent[m.n % WINDOW]);
    }
    load->answered += count;
    return count;
}

static void
load_turn(struct load *load)
{
    static uint8_t bytes[LIMIT_FRAME];
    zmq_pollitem_t items[SENDERS];
    for (unsigned i = 0; i < SENDERS; i++)
        items[i] = (zmq_pollitem_t){.socket = load->senders[i].socket,
                                    .events = ZMQ_POLLIN};
    if (zmq_poll(items, SENDERS, PATIENCE * 1000) <= 0)
        fail("no answers for %d s", PATIENCE);
    for (unsigned i = 0; i < SENDERS; i++) {
        struct sender *s = &load->senders[i];
        unsigned count = 0;
        int len;
        while ((len = zmq_recv(s->socket, bytes, sizeof bytes, ZMQ_DONTWAIT)) >=
               0)
            count += sender_answers(load, s, slice_of(bytes, (size_t)len));
        sender_say(load, s, count);
    }
}

static void
load_open(struct load *load, unsigned senders)
{
    load->ctx = zmq_ctx_new();
    for (unsigned i = 0; i < senders; i++)
        sender_open(load, i);
}

static void
load_close(struct load *load)
{
    for (unsigned i = 0; i < SENDERS && load->senders[i].socket; i++)
        zmq_close(load->senders[i].socket);
    zmq_ctx_term(load->ctx);
}

static void
load_begin(struct load *load)
{
    for (unsigned i = 0; i < SENDERS; i++)
        sender_say(load, &load->senders[i], WINDOW);
}

static void
run_load(struct load *load)
{
    load_begin(load);
    for (double end = seconds() + WARM; seconds() < end;)
        load_turn(load);
    double cpu = program_cpu(&load->broker.program);
    double start = seconds();
    load->counting = true;
    while (seconds() < start + MEASURE)
        load_turn(load);
    times_print(&load->times, seconds() - start,
                program_cpu(&load->broker.program) - cpu);
}

/* --- a full log --- */

/* Somebody whom the broker knows and who is not there. */
static void
away(struct load *load, unsigned number)
{
    char id[16];
    struct message bye = {.op = OP_BYE};
    snprintf(id, sizeof id, "away%u", number);
    void *s = peer_open(load->ctx, ZMQ_DEALER, load->broker.bind);
    peer_hello(s, id, true);
    peer_send(s, &bye, 1);
    peer_await(s, OP_OK);
    zmq_close(s);
}

static void
run_fill(struct load *load, uint64_t count)
{
    for (unsigned i = 0; i < MAILBOXES; i++)
        away(load, i);
    load->mail = true;
    load_begin(load);
    for (unsigned tenth = 1; tenth <= 10; tenth++) {
        while (load->answered < count / 10 * tenth)
            load_turn(load);
        printf("%llu\n", (unsigned long long)load->answered);
        fflush(stdout);
    }
}

/* --- one each millisecond --- */

/* What has come; how many are in flight then. */
static unsigned
sender_drain(struct load *load, struct sender *s)
{
    static uint8_t bytes[LIMIT_FRAME];
    int len;
    while ((len = zmq_recv(s->socket, bytes, sizeof bytes, ZMQ_DONTWAIT)) >= 0)
        sender_answers(load, s, slice_of(bytes, (size_t)len));
    return (unsigned)(s->say.n - 1 - s->answered);
}

/* zmq_poll knows milliseconds only. */
static void
sender_wait(const struct sender *s, double until)
{
    int fd = -1;
    size_t size = sizeof fd;
    fd_set set;
    double left = until - seconds();
    if (left <= 0)
        return;
    struct timespec t = {.tv_sec = (time_t)left};
    t.tv_nsec = (long)((left - (double)t.tv_sec) * 1e9);
    zmq_getsockopt(s->socket, ZMQ_FD, &fd, &size);
    FD_ZERO(&set);
    FD_SET(fd, &set);
    pselect(fd + 1, &set, NULL, NULL, &t, NULL);
}

/* Takes what comes until then, and longer while `most` are in flight. */
static void
single_until(struct load *load, double due, unsigned most)
{
    struct sender *s = &load->senders[0];
    unsigned waiting;
    while ((waiting = sender_drain(load, s)) >= most || seconds() < due) {
        if (seconds() > due + PATIENCE)
            fail("no answers for %d s", PATIENCE);
        sender_wait(s, waiting < most ? due : seconds() + 0.001);
    }
}

/* At its time, whether the one before it was answered or not; a message that
 * is late has waited since it was due. */
static void
run_single(struct load *load)
{
    struct sender *s = &load->senders[0];
    double start = seconds();
    double cpu = program_cpu(&load->broker.program);
    for (unsigned i = 0; i < (unsigned)((WARM + MEASURE) * RATE); i++) {
        double due = start + i * (1.0 / RATE);
        bool late = seconds() > due;
        single_until(load, due, WINDOW);
        load->counting = i >= (unsigned)(WARM * RATE);
        sender_say(load, s, 1);
        if (late)
            s->sent[(s->say.n - 1) % WINDOW] = due;
    }
    single_until(load, seconds(), 1);
    cpu = program_cpu(&load->broker.program) - cpu;
    times_print(&load->times, MEASURE, cpu * MEASURE / (WARM + MEASURE));
}

/* --- the disk --- */

static void
run_disk(const char *dir)
{
    static char block[BLOCK];
    static struct times times;
    char path[4096];
    snprintf(path, sizeof path, "%s/append", dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0)
        fail("cannot make %s", path);
    memset(block, 'x', sizeof block);
    double begin = seconds();
    for (unsigned i = 0; i < APPENDS; i++) {
        double start = seconds();
        if (write(fd, block, sizeof block) != BLOCK || fdatasync(fd))
            fail("cannot write %s", path);
        times_add(&times, seconds() - start);
    }
    times_print(&times, seconds() - begin, 0);
    close(fd);
    unlink(path);
}

static void
set_rooms(struct load *load, const char *rooms)
{
    load->rooms = (unsigned)strtoul(rooms, NULL, 10);
    if (load->rooms < 1 || load->rooms > ROOMS_MOST)
        fail("not so many rooms: %s", rooms);
}

static void
with_broker(struct load *load, unsigned senders, void (*run)(struct load *),
            const char *self, const char *log)
{
    broker_start(&load->broker, confabd_path(self), log);
    load_open(load, senders);
    run(load);
    load_close(load);
    program_stop(&load->broker.program);
}

int
main(int argc, char **argv)
{
    static struct load load; /* large */
    const char *what = argc > 1 ? argv[1] : "";
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_TIMERSLACK, 1);
    set_rooms(&load, "1");
    if (argc == 3 && !strcmp(what, "disk")) {
        run_disk(argv[2]);
    } else if (argc == 3 && !strcmp(what, "single")) {
        with_broker(&load, 1, run_single, argv[0], argv[2]);
    } else if (argc == 4 && !strcmp(what, "load")) {
        set_rooms(&load, argv[2]);
        with_broker(&load, SENDERS, run_load, argv[0], argv[3]);
    } else if (argc == 5 && !strcmp(what, "fill")) {
        set_rooms(&load, argv[3]);
        snprintf(load.broker.bind, sizeof load.broker.bind, "%s", argv[2]);
        load_open(&load, SENDERS);
        run_fill(&load, strtoull(argv[4], NULL, 10));
        load_close(&load);
    } else {
        fail("what? see the head of tests/bench/bench_durable.c");
    }
    return 0;
}
