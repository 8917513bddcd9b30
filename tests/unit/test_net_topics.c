/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Who listens to what: each row is a step of some listeners, and what all of
 * them come to after it. Doubles, ends without a beginning and listeners that
 * leave in the middle must change nothing but what they mean.
 */
#include "broker/net_topics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { ANN, BOB, EVE, LISTENERS, STEPS = 12 };

struct step {
    char act; /* + begins, - ends, x leaves; 0: no more */
    int who;
    const char *topic;
    size_t bytes, count;   /* of all, afterwards */
    size_t own[LISTENERS]; /* of each, afterwards */
};

static const struct {
    const char *what;
    struct step steps[STEPS];
} cases[] = {
    {"one", {{'+', ANN, "ab ", 4, 1, {4}}, {'-', ANN, "ab ", 0, 0, {0}}}},
    {"twice is once",
     {{'+', ANN, "ab ", 4, 1, {4}},
      {'+', ANN, "ab ", 4, 1, {4}},
      {'-', ANN, "ab ", 0, 0, {0}},
      {'-', ANN, "ab ", 0, 0, {0}}}},
    {"an end without a beginning",
     {{'-', ANN, "ab ", 0, 0, {0}},
      {'+', BOB, "ab ", 4, 1, {0, 4}},
      {'-', ANN, "ab ", 4, 1, {0, 4}},
      {'-', BOB, "a", 4, 1, {0, 4}}}},
    {"everything is a topic, too",
     {{'+', ANN, "", 1, 1, {1}},
      {'+', ANN, "a", 3, 2, {3}},
      {'-', ANN, "", 2, 1, {2}}}},
    {"shared is nobody's own",
     {{'+', ANN, "a", 2, 1, {2}},
      {'+', BOB, "a", 2, 2, {0, 0}},
      {'+', EVE, "a", 2, 3, {0, 0, 0}},
      {'-', ANN, "a", 2, 2, {0, 0, 0}},
      {'x', EVE, "", 2, 1, {0, 2, 0}},
      {'x', BOB, "", 0, 0, {0, 0, 0}}}},
    {"leaving takes all along, once",
     {{'+', ANN, "a", 2, 1, {2}},
      {'+', ANN, "bc", 5, 2, {5}},
      {'+', BOB, "bc", 5, 3, {2, 0}},
      {'x', ANN, "", 3, 1, {0, 3}},
      {'x', ANN, "", 3, 1, {0, 3}},
      {'-', ANN, "bc", 3, 1, {0, 3}},
      {'+', ANN, "bc", 3, 2, {0, 0}}}},
};

static void
act(struct topics *topics, struct listener *who, const struct step *step)
{
    struct slice topic = slice_str(step->topic);
    switch (step->act) {
    case '+':
        topics_begin(topics, who, topic);
        break;
    case '-':
        topics_end(topics, who, topic);
        break;
    default:
        topics_leave(topics, who);
    }
}

static void
check_step(const struct topics *topics, const struct listener *listeners,
           const struct step *step)
{
    assert_int_equal(topics->bytes, step->bytes);
    assert_int_equal(topics->count, step->count);
    for (int who = 0; who < LISTENERS; who++) {
        assert_int_equal(listeners[who].own, step->own[who]);
    }
}

static void
leave_all(struct topics *topics, struct listener *listeners, int count)
{
    for (int who = 0; who < count; who++) {
        topics_leave(topics, &listeners[who]);
        assert_int_equal(listeners[who].count, 0);
        assert_int_equal(listeners[who].own, 0);
    }
    assert_true(topics_is_empty(topics));
}

static void
test_steps(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct topics topics = {0};
        struct listener listeners[LISTENERS] = {0};
        for (const struct step *step = cases[i].steps; step->act; step++) {
            print_message("%s: %c%d %s\n", cases[i].what, step->act, step->who,
                          step->topic);
            act(&topics, &listeners[step->who], step);
            check_step(&topics, listeners, step);
        }
        leave_all(&topics, listeners, LISTENERS);
    }
}

/* Listens to `count` topics from number `from` on, of 10 bytes with the one
 * that each costs. */
static void
listen_to(struct topics *topics, struct listener *who, int from, int count)
{
    char name[16];
    for (int n = from; n < from + count; n++) {
        (void)snprintf(name, sizeof name, "%08d ", n);
        topics_begin(topics, who, slice_str(name));
    }
}

static void
test_who_has_to_go(void **state)
{
    (void)state;
    struct topics topics = {0};
    struct listener all[LISTENERS] = {0};
    assert_null(topics_excess(&topics, 0));
    listen_to(&topics, &all[ANN], 0, 30);
    listen_to(&topics, &all[BOB], 0, 40);
    listen_to(&topics, &all[EVE], 100, 20);
    assert_null(topics_excess(&topics, 600));
    /* bob has more, but most of it is ann's as well */
    assert_ptr_equal(topics_excess(&topics, 599), &all[EVE]);
    topics_leave(&topics, &all[EVE]);
    assert_null(topics_excess(&topics, 400));
    assert_ptr_equal(topics_excess(&topics, 399), &all[BOB]);
    topics_leave(&topics, &all[BOB]);
    assert_ptr_equal(topics_excess(&topics, 299), &all[ANN]);
    /* nobody has anything alone: who has most */
    listen_to(&topics, &all[EVE], 0, 30);
    listen_to(&topics, &all[BOB], 0, 10);
    listen_to(&topics, &all[EVE], 0, 5);
    listen_to(&topics, &all[BOB], 100, 1);
    topics_end(&topics, &all[BOB], slice_str("00000100 "));
    topics_end(&topics, &all[ANN], slice_str("00000029 "));
    topics_end(&topics, &all[EVE], slice_str("00000029 "));
    topics_end(&topics, &all[ANN], slice_str("00000028 "));
    listen_to(&topics, &all[BOB], 28, 1);
    assert_int_equal(all[ANN].own + all[BOB].own + all[EVE].own, 0);
    assert_ptr_equal(topics_excess(&topics, 289), &all[EVE]);
    leave_all(&topics, all, LISTENERS);
}

/* All that listen to the same cost memory, too. */
static void
test_too_many_uses(void **state)
{
    (void)state;
    enum { PEOPLE = 65, EACH = TOPICS_MOST / (PEOPLE - 1) };
    struct topics topics = {0};
    struct listener all[PEOPLE] = {0};
    for (int who = 0; who < PEOPLE - 1; who++) {
        listen_to(&topics, &all[who], 0, EACH);
    }
    assert_null(topics_excess(&topics, SIZE_MAX));
    listen_to(&topics, &all[PEOPLE - 1], EACH, 1);
    const struct listener *most = topics_excess(&topics, SIZE_MAX);
    assert_non_null(most);
    assert_ptr_not_equal(most, &all[PEOPLE - 1]); /* its own is all it has */
    leave_all(&topics, all, PEOPLE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_who_has_to_go),
        cmocka_unit_test(test_too_many_uses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
