/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A hello with a password: looked at elsewhere, later. What may happen until
 * the answer is there, and who has to wait how long.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "broker/guess.h"
#include "court.h"

/* Of a word that nobody guesses. */
#define BOB_HASH                                                               \
    "$argon2id$v=19$m=8,t=1,p=1$1QiZEf3nOzOzbB2uuGF1wA$"                       \
    "9K/Y9/BsUhOfmRtDZTDmPaG00SJKnqOmAfpZGLLpUqQ"
#define ANN_HASH                                                               \
    "$argon2id$v=19$m=8,t=1,p=1$2fGxYSXfoGW4CZ9kOxl2cA$"                       \
    "RLmgD2jHVTCS/ZiLg5jAzd0q+/K+b8NeRhrB+XdLYb0"

static const char users_text[] = "bob password=" BOB_HASH "\n"
                                 "ann role=admin password=" ANN_HASH
                                 " key=" ANN_KEY "\n";

/* The thread that looks at passwords: here it is the test. */
static struct {
    bool busy;
    unsigned asked;
    uint64_t handle;
    char hash[USER_HASH];
    char password[64];
} checker;

static bool
verify(void *self, uint64_t handle, struct slice hash, struct slice password)
{
    (void)self;
    if (checker.busy)
        return false;
    checker.asked++;
    checker.handle = handle;
    snprintf(checker.hash, sizeof checker.hash, "%.*s", SLICE_ARG(hash));
    snprintf(checker.password, sizeof checker.password, "%.*s",
             SLICE_ARG(password));
    return true;
}

static struct local *
new_local(void)
{
    struct hub_options options;
    memset(&checker, 0, sizeof checker);
    court_fill(&court_access, ACCESS_KEYS, users_text);
    hub_defaults(&options);
    options.access = &court_access;
    options.host.verify = verify;
    return local_new(options);
}

static void
call(struct local *l, unsigned i, const char *address, bool confidential)
{
    struct caller caller = court_caller("", address);
    caller.confidential = confidential;
    local_call(l, i, &caller);
}

static enum err
hello(struct local *l, unsigned i, const char *id, const char *password)
{
    struct message m = about_room(OP_HELLO, NULL);
    WITH(&m, FIELD_V, v, PROTOCOL_VERSION);
    WITH(&m, FIELD_ID, id, slice_str(id));
    if (password)
        WITH(&m, FIELD_PASSWORD, password, slice_str(password));
    return court_ask(l, i, &m);
}

static void
answer(struct local *l, bool right)
{
    local_clear(l);
    hub_verified(l->hub, checker.handle, right, l->now);
    local_turn(l);
}

static void
test_right(void **state)
{
    (void)state;
    struct local *l = new_local();
    call(l, 0, "127.0.0.1", true);
    assert_int_equal(hello(l, 0, "ann", "secret"), ERR_NONE);
    assert_int_equal(l->boxes[0].frames, 0);
    assert_string_equal(checker.hash, ANN_HASH);
    assert_string_equal(checker.password, "secret");
    answer(l, true);
    assert_int_equal(l->boxes[0].last.op, OP_WELCOME);
    assert_int_equal(l->boxes[0].last.ref.num, 7);
    assert_true(slice_eq(l->boxes[0].last.role, slice_str("admin")));
    /* It replaces, as a key does. */
    call(l, 1, "127.0.0.1", true);
    (void)hello(l, 1, "ann", "secret");
    answer(l, true);
    assert_int_equal(l->boxes[1].last.op, OP_WELCOME);
    assert_int_equal(l->boxes[0].ops[OP_BYE], 1);
    court_free(l);
}

/* The same answer for a wrong one and for nobody, who costs the same time. */
static void
test_wrong(void **state)
{
    (void)state;
    struct local *l = new_local();
    char text[2][128];
    static const char *const ids[] = {"bob", "zed"};
    for (unsigned i = 0; i < 2; i++) {
        call(l, i, "127.0.0.1", true);
        assert_int_equal(hello(l, i, ids[i], "guess"), ERR_NONE);
        assert_int_equal(checker.asked, i + 1);
        assert_string_equal(checker.hash, i ? "" : BOB_HASH);
        answer(l, false);
        assert_int_equal(court_code(l, i), ERR_DENIED);
        assert_int_equal(l->boxes[i].last.ref.num, 7);
        snprintf(text[i], sizeof text[i], "%.*s",
                 SLICE_ARG(l->boxes[i].last.text));
    }
    assert_string_equal(text[0], text[1]);
    /* It may try again on the same connection. */
    assert_int_equal(hello(l, 0, "bob", "right"), ERR_NONE);
    answer(l, true);
    assert_int_equal(l->boxes[0].last.op, OP_WELCOME);
    court_free(l);
}

/* Without one, or with a key's user that has none, there is no way in. */
static void
test_none(void **state)
{
    (void)state;
    struct local *l = new_local();
    call(l, 0, "127.0.0.1", true);
    assert_int_equal(hello(l, 0, "bob", NULL), ERR_DENIED);
    assert_int_equal(checker.asked, 0);
    court_free(l);
}

static void
test_in_the_open(void **state)
{
    (void)state;
    struct local *l = new_local();
    call(l, 0, "10.0.0.1", false);
    assert_int_equal(hello(l, 0, "bob", "secret"), ERR_DENIED);
    assert_int_equal(checker.asked, 0);
    court_free(l);
}

static void
test_queue_full(void **state)
{
    (void)state;
    struct local *l = new_local();
    checker.busy = true;
    call(l, 0, "127.0.0.1", true);
    assert_int_equal(hello(l, 0, "bob", "secret"), ERR_RATE);
    assert_true(l->boxes[0].last.wait > 0);
    assert_int_equal(l->boxes[0].last.ref.num, 7);
    checker.busy = false;
    assert_int_equal(hello(l, 0, "bob", "secret"), ERR_NONE);
    answer(l, true);
    assert_int_equal(l->boxes[0].last.op, OP_WELCOME);
    court_free(l);
}

static void
test_gone_meanwhile(void **state)
{
    (void)state;
    struct local *l = new_local();
    call(l, 0, "127.0.0.1", true);
    (void)hello(l, 0, "bob", "secret");
    hub_disconnect(l->hub, l->boxes[0].peer);
    uint64_t handle = checker.handle;
    answer(l, true);
    assert_int_equal(l->boxes[0].frames, 0);
    /* Nor is another connection mistaken for it. */
    call(l, 1, "127.0.0.1", true);
    hub_verified(l->hub, handle, true, l->now);
    hub_verified(l->hub, 0, true, l->now);
    hub_verified(l->hub, UINT64_MAX, true, l->now);
    local_turn(l);
    assert_int_equal(l->boxes[1].frames, 0);
    /* And one that waits when the hub ends is freed: see the sanitizer. */
    (void)hello(l, 1, "bob", "secret");
    court_free(l);
}

/* What comes before the answer is refused; the first one counts. */
static void
test_hello_meanwhile(void **state)
{
    (void)state;
    struct local *l = new_local();
    call(l, 0, "127.0.0.1", true);
    (void)hello(l, 0, "bob", "secret");
    assert_int_equal(hello(l, 0, "bob", "other"), ERR_RATE);
    assert_int_equal(hello(l, 0, "ann", NULL), ERR_DENIED);
    assert_int_equal(court_say(l, 0, "lobby"), ERR_NO_SESSION);
    assert_int_equal(checker.asked, 1);
    answer(l, true);
    assert_int_equal(l->boxes[0].last.op, OP_WELCOME);
    assert_true(slice_eq(l->boxes[0].last.id, slice_str("bob")));
    assert_int_equal(court_say(l, 0, "lobby"), ERR_NONE);
    court_free(l);
}

/* With a key the session may be there before the password's answer. */
static void
test_key_meanwhile(void **state)
{
    (void)state;
    struct local *l = new_local();
    const struct caller caller = court_caller(ANN_KEY, "10.0.0.1");
    local_call(l, 0, &caller);
    (void)hello(l, 0, "bob", "secret");
    assert_int_equal(hello(l, 0, "ann", NULL), ERR_NONE);
    assert_int_equal(l->boxes[0].last.op, OP_WELCOME);
    answer(l, true);
    assert_int_equal(court_code(l, 0), ERR_BAD_STATE);
    assert_int_equal(court_say(l, 0, "news"), ERR_NONE);
    court_free(l);
}

/* Banned, or off the list, while the password was looked at. */
static void
test_listed_meanwhile(void **state)
{
    (void)state;
    struct local *l = new_local();
    struct access fewer;
    assert_int_equal(court_enter(l, 1, ANN_KEY, "ann"), OP_WELCOME);
    call(l, 0, "127.0.0.1", true);
    (void)hello(l, 0, "bob", "secret");
    assert_int_equal(court_rule(l, 1, OP_BAN, NULL, "bob"), ERR_NONE);
    answer(l, true);
    assert_int_equal(court_code(l, 0), ERR_DENIED);
    court_fill(&fewer, ACCESS_KEYS, "ann role=admin key=" ANN_KEY "\n");
    call(l, 2, "127.0.0.1", true);
    (void)hello(l, 2, "bob", "secret");
    hub_access(l->hub, &fewer, l->now);
    answer(l, true);
    assert_int_equal(court_code(l, 2), ERR_DENIED);
    local_free(l);
    users_free(&fewer.users);
    users_free(&court_access.users);
}

/* The old password was right when it was looked at, and is not any more. */
static void
test_changed_meanwhile(void **state)
{
    (void)state;
    struct local *l = new_local();
    struct access changed;
    call(l, 0, "127.0.0.1", true);
    (void)hello(l, 0, "bob", "secret");
    court_fill(&changed, ACCESS_KEYS, "bob password=" ANN_HASH "\n");
    hub_access(l->hub, &changed, l->now);
    answer(l, true);
    assert_int_equal(court_code(l, 0), ERR_DENIED);
    assert_int_equal(hello(l, 0, "bob", "new"), ERR_NONE);
    answer(l, true);
    assert_int_equal(l->boxes[0].last.op, OP_WELCOME);
    local_free(l);
    users_free(&changed.users);
    users_free(&court_access.users);
}

/* It has ten seconds for its hello, and the time until an answer. */
static void
test_patience(void **state)
{
    (void)state;
    struct local *l = new_local();
    call(l, 0, "127.0.0.1", true);
    (void)hello(l, 0, "bob", "secret");
    local_pass(l, 9000);
    answer(l, false);
    local_pass(l, 9000);
    assert_false(l->boxes[0].kicked);
    local_pass(l, 1001);
    assert_true(l->boxes[0].kicked);
    court_free(l);
}

/* The sixth wrong one waits; by address, on this machine for each id. */
static void
test_guesses(void **state)
{
    (void)state;
    struct local *l = new_local();
    call(l, 0, "10.0.0.1", true);
    call(l, 1, "10.0.0.1", true);
    call(l, 2, "10.0.0.2", true);
    for (unsigned i = 0; i < GUESS_FREE; i++) {
        assert_int_equal(hello(l, 0, "bob", "guess"), ERR_NONE);
        answer(l, false);
        assert_int_equal(court_code(l, 0), ERR_DENIED);
    }
    assert_int_equal(hello(l, 1, "ann", "guess"), ERR_RATE);
    assert_int_equal(l->boxes[1].last.wait, GUESS_WAIT);
    assert_int_equal(checker.asked, GUESS_FREE);
    assert_int_equal(hello(l, 2, "bob", "guess"), ERR_NONE);
    answer(l, true);
    l->now.mono += GUESS_WAIT;
    assert_int_equal(hello(l, 1, "ann", "guess"), ERR_NONE);
    answer(l, true);
    assert_int_equal(l->boxes[1].last.op, OP_WELCOME);
    /* That ann knows hers does not help with bob's. */
    assert_int_equal(hello(l, 0, "bob", "guess"), ERR_NONE);
    answer(l, false);
    assert_int_equal(hello(l, 0, "bob", "guess"), ERR_RATE);
    assert_int_equal(l->boxes[0].last.wait, 2 * GUESS_WAIT);
    court_free(l);
}

/* Many at once from one address are no way around the wait. */
static void
test_guesses_at_once(void **state)
{
    (void)state;
    struct local *l = new_local();
    uint64_t handles[LOCAL_BOXES];
    unsigned taken = 0;
    for (unsigned round = 0; round < 3; round++) {
        unsigned asked = checker.asked;
        for (unsigned i = 0; i < LOCAL_BOXES; i++) {
            call(l, i, "10.0.0.1", true);
            if (!hello(l, i, "bob", "guess") && checker.asked > asked)
                handles[taken++ % LOCAL_BOXES] = checker.handle;
            asked = checker.asked;
        }
        for (unsigned i = 0; i < LOCAL_BOXES; i++)
            hub_verified(l->hub, handles[i], false, l->now);
        local_turn(l);
    }
    assert_true(taken <= LOCAL_BOXES);
    court_free(l);
}

/* In the open mode a password means nothing and is not looked at. */
static void
test_open(void **state)
{
    (void)state;
    struct local *l = new_local();
    court_access.mode = ACCESS_OPEN;
    call(l, 0, "127.0.0.1", true);
    assert_int_equal(hello(l, 0, "bob", "secret"), ERR_NONE);
    assert_int_equal(l->boxes[0].last.op, OP_WELCOME);
    assert_int_equal(checker.asked, 0);
    court_free(l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_right),
        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_in_the_open),
        cmocka_unit_test(test_queue_full),
        cmocka_unit_test(test_gone_meanwhile),
        cmocka_unit_test(test_hello_meanwhile),
        cmocka_unit_test(test_key_meanwhile),
        cmocka_unit_test(test_listed_meanwhile),
        cmocka_unit_test(test_changed_meanwhile),
        cmocka_unit_test(test_patience),
        cmocka_unit_test(test_guesses),
        cmocka_unit_test(test_guesses_at_once),
        cmocka_unit_test(test_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
