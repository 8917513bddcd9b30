/* SPDX-License-Identifier: MPL-2.0 */
/*
 * libconfab as a program uses it, against a real broker: confab.h and nothing
 * else of it. What it keeps in a file is in test_confab_state.c.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "real_client.h"

enum {
    TALKERS = 3,
    TALK = 300, /* messages of each talker */
};

static void
test_talk(void **state)
{
    (void)state;
    confab *ann = real_client_in_lobby("ann"),
           *bob = real_client_in_lobby("bob");
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

/* A question behind a join is answered as behind it. */
static void
test_question_behind_join(void **state)
{
    (void)state;
    confab *ann = real_client("ann", NULL);
    pass(ann, CONFAB_ONLINE);
    const struct confab_range range = {.room = "a-new-one"};
    uint64_t who, history;
    assert_int_equal(confab_join(ann, "a-new-one", 0), 0);
    assert_int_equal(confab_who(ann, "a-new-one", NULL, &who), 0);
    assert_int_equal(confab_history(ann, &range, &history), 0);
    confab_event *e = await(ann, CONFAB_WHO);
    assert_int_equal(e->number, who);
    assert_int_equal(e->list_len, 1);
    confab_event_free(&e);
    e = await(ann, CONFAB_HISTORY);
    assert_int_equal(e->number, history);
    confab_event_free(&e);
    confab_close(&ann, 1000);
}

static void
test_pollable(void **state)
{
    (void)state;
    confab *ann = real_client("ann", NULL);
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
    confab *ann = real_client("ann", NULL);
    pass(ann, CONFAB_ONLINE);
    confab *other = real_client("ann", NULL);
    confab_event *e = await(other, CONFAB_BYE);
    assert_string_equal(e->code, "in-use");
    confab_event_free(&e);
    assert_int_equal(confab_next(other, &e, -1), CONFAB_ECLOSED);
    assert_int_equal(confab_say(other, "r", "t", NULL, NULL), CONFAB_ECLOSED);
    confab_close(&other, 1000);
    /* But the same user's script may speak beside her. */
    struct confab_options options = {
        .id = "ann", .url = real_broker.url, .sending = true};
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
    confab *ann = real_client_in_lobby("ann"),
           *bob = real_client_in_lobby("bob");
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
    confab *ann = real_client_in_lobby("ann"),
           *bob = real_client_in_lobby("bob");
    real_broker_stop(&real_broker, SIGKILL);
    pass(ann, CONFAB_OFFLINE);
    assert_int_equal(confab_say(ann, "lobby", "after", NULL, NULL), 0);
    assert_int_equal(confab_unsent(ann), 1);
    assert_true(real_broker_start(&real_broker, real_folder));
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_talk),
        cmocka_unit_test(test_question_behind_join),
        cmocka_unit_test(test_pollable),
        cmocka_unit_test(test_in_use),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_broker_restarts),
    };
    return cmocka_run_group_tests(tests, real_set_up, real_tear_down);
}
