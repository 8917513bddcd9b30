/* SPDX-License-Identifier: MPL-2.0 */
/*
 * libconfab as a program uses it, against a real broker: confab.h and nothing
 * else of it. `test_confab crash STATE URL FROM` is the program that says some
 * messages and is killed in the middle.
 */
#define _GNU_SOURCE /* mkdtemp, program_invocation_name */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/confab.h"
#include "real_broker.h"

enum {
    PATIENCE = 20000, /* ms for anything that must happen */
    TALKERS = 3,
    TALK = 300,  /* messages of each talker */
    CRASHES = 5, /* runs that are killed, */
    BURST = 40,  /* after so many messages */
};

static char folder[] = "/tmp/confab-library-XXXXXX";
static struct real_broker broker;
static const char *self; /* this program */

static confab *
open_client(const char *id, const char *state)
{
    struct confab_options options = {
        .id = id, .url = broker.url, .state = state, .beat = 1000};
    confab *c = NULL;
    if (confab_open(&c, &options))
        fail_msg("%s: %s", id, confab_last_error());
    return c;
}

/* The next event of the type, passing over others. Free it. */
static confab_event *
await(confab *c, enum confab_event_type type)
{
    confab_event *e = NULL;
    int error;
    while (!(error = confab_next(c, &e, PATIENCE))) {
        if (e->type == type)
            return e;
        confab_event_free(&e);
    }
    fail_msg("no event %d: %s", type, confab_strerror(error));
    return NULL;
}

static void
pass(confab *c, enum confab_event_type type)
{
    confab_event *e = await(c, type);
    confab_event_free(&e);
}

static void
await_say(confab *c, const char *text)
{
    confab_event *e = await(c, CONFAB_SAY);
    assert_string_equal(e->text, text);
    confab_event_free(&e);
}

static confab *
open_in_lobby(const char *id)
{
    confab *c = open_client(id, NULL);
    assert_int_equal(confab_join(c, "lobby", 0), 0);
    pass(c, CONFAB_JOINED);
    return c;
}

static void
test_talk(void **state)
{
    (void)state;
    confab *ann = open_in_lobby("ann"), *bob = open_in_lobby("bob");
    uint64_t number;
    assert_int_equal(confab_say(ann, "lobby", "hello", NULL, &number), 0);
    confab_event *e = await(ann, CONFAB_SENT);
    assert_int_equal(e->number, number);
    confab_event_free(&e);
    await_say(bob, "hello");
    struct confab_extra extra = {.receipt = true};
    assert_int_equal(confab_tell(bob, "ann", "psst", &extra, NULL), 0);
    e = await(ann, CONFAB_TELL);
    assert_string_equal(e->from, "bob");
    uint64_t seq = e->seq;
    confab_event_free(&e);
    assert_int_equal(confab_next(ann, &e, 0), CONFAB_ETIMEOUT); /* acks */
    e = await(bob, CONFAB_RECEIPT);
    assert_int_equal(e->seq, seq);
    assert_string_equal(e->id, "ann");
    confab_event_free(&e);
    assert_int_equal(confab_close(&ann, 1000), 0);
    assert_null(ann);
    pass(bob, CONFAB_EXIT);
    confab_close(&bob, 0);
}

static void
test_pollable(void **state)
{
    (void)state;
    confab *ann = open_client("ann", NULL);
    struct pollfd fd = {.fd = confab_fd(ann), .events = POLLIN};
    assert_int_equal(poll(&fd, 1, PATIENCE), 1);
    pass(ann, CONFAB_ONLINE);
    assert_int_equal(poll(&fd, 1, 0), 0);
    confab_close(&ann, 0);
}

static void
test_in_use(void **state)
{
    (void)state;
    confab *ann = open_client("ann", NULL);
    pass(ann, CONFAB_ONLINE);
    confab *other = open_client("ann", NULL);
    confab_event *e = await(other, CONFAB_BYE);
    assert_string_equal(e->code, "in-use");
    confab_event_free(&e);
    assert_int_equal(confab_next(other, &e, -1), CONFAB_ECLOSED);
    assert_int_equal(confab_say(other, "r", "t", NULL, NULL), CONFAB_ECLOSED);
    confab_close(&other, 1000);
    /* But the same user's script may speak beside her. */
    struct confab_options options = {
        .id = "ann", .url = broker.url, .sending = true};
    assert_int_equal(confab_open(&other, &options), 0);
    assert_int_equal(confab_say(other, "lobby", "beside", NULL, NULL), 0);
    pass(other, CONFAB_SENT);
    confab_close(&other, 1000);
    confab_close(&ann, 0);
}

static void *
talker(void *argument)
{
    confab *c = argument;
    for (int i = 0; i < TALK; i++) {
        while (confab_say(c, "lobby", "text", NULL, NULL) == CONFAB_EFULL)
            sched_yield();
        (void)confab_unsent(c);
        (void)confab_ping(c, NULL);
    }
    return NULL;
}

static void
test_threads(void **state)
{
    (void)state;
    confab *ann = open_in_lobby("ann"), *bob = open_in_lobby("bob");
    pthread_t threads[TALKERS];
    for (int i = 0; i < TALKERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, talker, ann), 0);
    uint64_t last = 0;
    for (int i = 0; i < TALKERS * TALK; i++) {
        confab_event *e = await(bob, CONFAB_SAY);
        assert_true(e->seq > last);
        last = e->seq;
        confab_event_free(&e);
    }
    for (int i = 0; i < TALKERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(confab_close(&ann, PATIENCE), 0);
    confab_close(&bob, 0);
}

static void
test_broker_restarts(void **state)
{
    (void)state;
    confab *ann = open_in_lobby("ann"), *bob = open_in_lobby("bob");
    real_broker_stop(&broker, SIGKILL);
    pass(ann, CONFAB_OFFLINE);
    assert_int_equal(confab_say(ann, "lobby", "after", NULL, NULL), 0);
    assert_int_equal(confab_unsent(ann), 1);
    assert_true(real_broker_start(&broker, folder));
    confab_event *e = await(ann, CONFAB_ONLINE);
    assert_true(e->again);
    confab_event_free(&e);
    pass(ann, CONFAB_EPOCH);
    pass(ann, CONFAB_SENT);
    pass(bob, CONFAB_EPOCH);
    /* Said before bob was there again, it is before his time, or he has it. */
    pass(bob, CONFAB_JOINED);
    assert_int_equal(confab_say(ann, "lobby", "last", NULL, NULL), 0);
    e = await(bob, CONFAB_SAY);
    if (!strcmp(e->text, "after")) {
        confab_event_free(&e);
        e = await(bob, CONFAB_SAY);
    }
    assert_string_equal(e->text, "last");
    confab_event_free(&e);
    confab_close(&ann, 0);
    confab_close(&bob, 0);
}

static void
test_nobody_there(void **state)
{
    (void)state;
    struct confab_options options = {.id = "ann",
                                     .url = "ipc:///tmp/confab-nobody"};
    confab *c = NULL;
    confab_event *e = NULL;
    assert_int_equal(confab_open(&c, &options), 0);
    assert_int_equal(confab_say(c, "lobby", "hello", NULL, NULL), 0);
    assert_int_equal(confab_next(c, &e, 50), CONFAB_ETIMEOUT);
    assert_int_equal(confab_close(&c, 50), CONFAB_ETIMEOUT);
    assert_int_equal(confab_close(&c, 50), 0); /* NULL is fine */
}

/* The disk is full while nobody is there: the user is told at once. */
static void
test_state_fails(void **state)
{
    (void)state;
    char path[64];
    snprintf(path, sizeof path, "%s/full", folder);
    struct confab_options options = {
        .id = "ann", .url = "ipc:///tmp/confab-nobody", .state = path};
    confab *c = NULL;
    assert_int_equal(confab_open(&c, &options), 0);
    unlink(path);
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){.rlim_max = before.rlim_max});
    int error = confab_say(c, "lobby", "hello", NULL, NULL);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(error, CONFAB_ESTATE);
    pass(c, CONFAB_BYE);
    confab_close(&c, 0);
}

static uint64_t
say_once(const char *key, bool *again)
{
    struct confab_options options = {
        .id = "ann", .url = broker.url, .sending = true, .once = key};
    confab *c = NULL;
    assert_int_equal(confab_open(&c, &options), 0);
    assert_int_equal(confab_say(c, "lobby", key, NULL, NULL), 0);
    confab_event *e = await(c, CONFAB_SENT);
    uint64_t seq = e->seq;
    *again = e->again;
    confab_event_free(&e);
    confab_close(&c, 1000);
    return seq;
}

static void
test_once(void **state)
{
    (void)state;
    bool again;
    uint64_t first = say_once("k1", &again);
    assert_false(again);
    assert_int_equal(say_once("k1", &again), first);
    assert_true(again);
    assert_true(say_once("k2", &again) > first);
    assert_false(again);
}

static void
test_bad_options(void **state)
{
    (void)state;
    static char long_agent[200];
    memset(long_agent, 'x', sizeof long_agent - 1);
    const struct confab_options rows[] = {
        {.id = NULL},
        {.id = ""},
        {.id = "@ann"},
        {.id = "ann", .url = "http://127.0.0.1"},
        {.id = "ann", .url = "tcp://"},
        {.id = "ann", .agent = long_agent},
        {.id = "ann", .agent = "\xff"},
        {.id = "ann", .resume = long_agent},
        {.id = "ann", .once = "a b"},
        {.id = "ann", .once = "k", .state = "/tmp/not-made"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        confab *c = NULL;
        if (confab_open(&c, &rows[i]) != CONFAB_EINVALID || c)
            fail_msg("row %zu was taken", i);
        assert_true(confab_last_error()[0] != '\0');
    }
}

static void
test_state_is_locked(void **state)
{
    (void)state;
    char path[64];
    snprintf(path, sizeof path, "%s/locked", folder);
    confab *ann = open_client("ann", path), *c = NULL;
    struct confab_options options = {.id = "ann", .state = path};
    assert_int_equal(confab_open(&c, &options), CONFAB_ESTATE);
    confab_close(&ann, 0);
    options.id = "bob";
    assert_int_equal(confab_open(&c, &options), CONFAB_ESTATE);
    assert_non_null(strstr(confab_last_error(), "the state of ann"));
    unlink(path);
}

/* The program that crashes: says FROM and the following, and dies. */
static int
crash(char **argv)
{
    struct confab_options options = {
        .id = "ann", .url = argv[3], .state = argv[2], .sending = true};
    confab *c = NULL;
    if (confab_open(&c, &options))
        return 1;
    int from = (int)strtol(argv[4], NULL, 10);
    for (int i = from; i < from + BURST; i++) {
        char text[16];
        confab_event *e = NULL;
        snprintf(text, sizeof text, "%d", i);
        if (confab_say(c, "lobby", text, NULL, NULL))
            return 1;
        if (!confab_next(c, &e, i % 3)) /* some are answered, some are not */
            confab_event_free(&e);
    }
    return raise(SIGKILL);
}

static void
run_crash(const char *path, int from)
{
    char number[16];
    snprintf(number, sizeof number, "%d", from);
    const char *const args[] = {"test_confab", "crash", path,
                                broker.url,    number,  NULL};
    pid_t pid;
    int status;
    assert_int_equal(
        posix_spawn(&pid, self, NULL, NULL, (char *const *)args, environ), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* Nothing is lost and nothing is there twice, however often the program that
 * says it is killed. */
static void
test_crashes(void **state)
{
    (void)state;
    char path[64], text[16];
    snprintf(path, sizeof path, "%s/crashing", folder);
    confab *bob = open_in_lobby("bob");
    for (int i = 0; i < CRASHES; i++)
        run_crash(path, i * BURST);
    struct confab_options options = {
        .id = "ann", .url = broker.url, .state = path, .sending = true};
    confab *ann = NULL;
    assert_int_equal(confab_open(&ann, &options), 0);
    assert_int_equal(confab_close(&ann, PATIENCE), 0);
    for (int i = 0; i < CRASHES * BURST; i++) {
        snprintf(text, sizeof text, "%d", i);
        await_say(bob, text);
    }
    confab_close(&bob, 0);
    unlink(path);
}

static int
set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder) || setenv("XDG_STATE_HOME", folder, 1))
        return -1;
    return real_broker_start(&broker, folder) ? 0 : -1;
}

static int
tear_down(void **state)
{
    (void)state;
    char log[64], tokens[64];
    real_broker_stop(&broker, SIGTERM);
    snprintf(log, sizeof log, "%s/broker.log", folder);
    snprintf(tokens, sizeof tokens, "%s/confab", folder);
    unlink(log);
    /* Every client has taken its token away. */
    if (rmdir(tokens) && errno != ENOENT)
        return -1;
    return rmdir(folder);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_talk),
        cmocka_unit_test(test_pollable),
        cmocka_unit_test(test_in_use),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_broker_restarts),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_state_fails),
        cmocka_unit_test(test_once),
        cmocka_unit_test(test_bad_options),
        cmocka_unit_test(test_state_is_locked),
        cmocka_unit_test(test_crashes),
    };
    self = argv[0];
    if (argc == 5 && !strcmp(argv[1], "crash"))
        return crash(argv);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
