/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What libconfab is opened with and what it keeps, against a real broker.
 * `test_confab_state crash STATE URL FROM` is the program that says some
 * messages and is killed in the middle.
 */
#define _GNU_SOURCE /* environ */
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "real_client.h"

enum {
    CRASHES = 5, /* runs that are killed, */
    BURST = 40,  /* after so many messages */
};

static const char *self; /* this program */

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
    snprintf(path, sizeof path, "%s/full", real_folder);
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
        .id = "ann", .url = real_broker.url, .sending = true, .once = key};
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
    snprintf(path, sizeof path, "%s/locked", real_folder);
    confab *ann = real_client("ann", path), *c = NULL;
    struct confab_options options = {.id = "ann", .state = path};
    assert_int_equal(confab_open(&c, &options), CONFAB_ESTATE);
    confab_close(&ann, 0);
    options.id = "bob";
    assert_int_equal(confab_open(&c, &options), CONFAB_ESTATE);
    assert_non_null(strstr(confab_last_error(), "the state of ann"));
    unlink(path);
}

/* What the program has not said to be done with comes again, in the next run,
 * and the mark is that of what does not. */
static void
test_done(void **state)
{
    (void)state;
    char path[64], mark[8] = "";
    snprintf(path, sizeof path, "%s/done", real_folder);
    confab *bob = real_client_in_lobby("bob");
    struct confab_options options = {.id = "ann",
                                     .url = real_broker.url,
                                     .state = path,
                                     .manual_done = true};
    uint64_t seq = 0;
    for (int run = 0; run < 3; run++) {
        confab *ann = NULL;
        assert_int_equal(confab_open(&ann, &options), 0);
        assert_int_equal(confab_cursor(ann, "lobby", &seq), run > 0);
        assert_int_equal(confab_mark(ann, mark, sizeof mark), run > 1);
        assert_int_equal(confab_join(ann, "lobby", 0), 0);
        pass(ann, CONFAB_JOINED);
        if (run == 0) {
            assert_int_equal(confab_done(ann, NULL, 0), 0);
            assert_int_equal(confab_say(bob, "lobby", "one", NULL, NULL), 0);
            assert_int_equal(confab_say(bob, "lobby", "two", NULL, NULL), 0);
        }
        if (run < 2)
            await_say(ann, "one");
        if (run == 1)
            assert_int_equal(confab_done(ann, "1", 1), 0);
        await_say(ann, "two");
        confab_close(&ann, 1000);
    }
    assert_string_equal(mark, "1");
    confab_close(&bob, 0);
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
    const char *const args[] = {"test",          "crash", path,
                                real_broker.url, number,  NULL};
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
    snprintf(path, sizeof path, "%s/crashing", real_folder);
    confab *bob = real_client_in_lobby("bob");
    for (int i = 0; i < CRASHES; i++)
        run_crash(path, i * BURST);
    struct confab_options options = {
        .id = "ann", .url = real_broker.url, .state = path, .sending = true};
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

static void
copy_file(const char *from, const char *to)
{
    static char bytes[1 << 20];
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    assert_non_null(in);
    assert_non_null(out);
    size_t len = fread(bytes, 1, sizeof bytes, in);
    assert_in_range(len, 1, sizeof bytes - 1);
    assert_int_equal(fwrite(bytes, 1, len, out), len);
    assert_int_equal(fclose(in) | fclose(out), 0);
}

/* The broker has read whatever it was sent before this. */
static void
all_is_read(void)
{
    confab *c = real_client("probe", NULL);
    pass(c, CONFAB_ONLINE);
    assert_int_equal(confab_ping(c, NULL), 0);
    pass(c, CONFAB_PONG);
    confab_close(&c, 1000);
}

/* A state file from the backup, behind the lane it names: what the copy did not
 * know of is not taken for what is said now. */
static void
test_old_copy(void **state)
{
    (void)state;
    char path[64], copy[64], text[16];
    unsigned seen[3 * BURST + 1] = {0};
    snprintf(path, sizeof path, "%s/backed-up", real_folder);
    snprintf(copy, sizeof copy, "%s/backup", real_folder);
    confab *bob = real_client_in_lobby("bob");
    run_crash(path, 0);
    copy_file(path, copy);
    run_crash(path, BURST); /* what it did not say is lost with its state */
    all_is_read();
    copy_file(copy, path);
    confab *ann = real_client("ann", path);
    for (int i = 2 * BURST; i <= 3 * BURST; i++) {
        snprintf(text, sizeof text, "%d", i);
        assert_int_equal(confab_say(ann, "lobby", text, NULL, NULL), 0);
    }
    assert_int_equal(confab_close(&ann, PATIENCE), 0);
    while (!seen[3 * BURST]) {
        confab_event *e = await(bob, CONFAB_SAY);
        size_t i = strtoul(e->text, NULL, 10);
        assert_in_range(i, 0, 3 * BURST);
        seen[i]++;
        confab_event_free(&e);
    }
    for (size_t i = 0; i < 3 * BURST; i++)
        if (seen[i] != 1 && (seen[i] || i / BURST != 1))
            fail_msg("%zu was said %u times", i, seen[i]);
    confab_close(&bob, 0);
    unlink(path);
    unlink(copy);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_state_fails),
        cmocka_unit_test(test_once),
        cmocka_unit_test(test_bad_options),
        cmocka_unit_test(test_state_is_locked),
        cmocka_unit_test(test_done),
        cmocka_unit_test(test_crashes),
        cmocka_unit_test(test_old_copy),
    };
    self = argv[0];
    if (argc == 5 && !strcmp(argv[1], "crash"))
        return crash(argv);
    return cmocka_run_group_tests(tests, real_set_up, real_tear_down);
}
