/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The thread that checks passwords: answers in order, as many as were asked, as
 * many at once as it says, and none sooner because nobody is there.
 */
#include "broker/checker.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/users.h"

enum { PATIENCE = 60000 /* ms */, MIXED = 200 };

static char cheap[crypto_pwhash_STRBYTES]; /* of "secret" */

static struct slice
str(const char *text)
{
    return slice_str(text);
}

/* Waits for an answer. */
static void
take(struct checker *checker, uint64_t *handle, bool *right)
{
    while (!checker_answer(checker, handle, right)) {
        struct pollfd fd = {.fd = checker_fd(checker), .events = POLLIN};
        if (poll(&fd, 1, PATIENCE) != 1) {
            fail_msg("no answer: %d", errno);
        }
    }
}

static bool
is_right(struct checker *checker, struct slice hash, struct slice password)
{
    uint64_t handle;
    bool right;
    assert_true(checker_ask(checker, 42, hash, password));
    take(checker, &handle, &right);
    assert_int_equal(handle, 42);
    return right;
}

static void
test_right_and_wrong(void **state)
{
    (void)state;
    char full[crypto_pwhash_STRBYTES], large[USER_PASSWORD + 1] = "";
    struct checker *checker = checker_new();
    assert_non_null(checker);
    assert_true(is_right(checker, str(cheap), str("secret")));
    assert_false(is_right(checker, str(cheap), str("secreT")));
    assert_false(is_right(checker, str(cheap), str("secre")));
    assert_false(is_right(checker, str(cheap), slice_of("secret\0", 7)));
    assert_false(is_right(checker, str(cheap), str("")));
    assert_false(is_right(checker, str("no hash"), str("secret")));
    assert_false(is_right(checker, str(""), str("")));
    assert_false(is_right(checker, slice_of(NULL, 0), slice_of(NULL, 0)));
    assert_int_equal(crypto_pwhash_str(full, large, USER_PASSWORD, 1,
                                       crypto_pwhash_MEMLIMIT_MIN),
                     0);
    assert_true(is_right(checker, str(full), slice_of(large, USER_PASSWORD)));
    assert_false(
        is_right(checker, str(full), slice_of(large, USER_PASSWORD + 1)));
    memset(full, 'x', sizeof full);
    assert_false(is_right(checker, slice_of(full, sizeof full), str("x")));
    checker_free(&checker);
    assert_null(checker);
    checker_free(&checker);
}

static void
test_all_answers_in_order(void **state)
{
    (void)state;
    struct checker *checker = checker_new();
    uint64_t handle, next = 0;
    bool right;
    assert_non_null(checker);
    for (uint64_t i = 0; i < MIXED; i++) {
        while (!checker_ask(checker, i, str(cheap),
                            str(i % 3 ? "secret" : "wrong"))) {
            take(checker, &handle, &right);
            assert_int_equal(handle, next);
            assert_int_equal(right, next % 3 != 0);
            next++;
        }
    }
    while (next < MIXED) {
        take(checker, &handle, &right);
        assert_int_equal(handle, next++);
    }
    assert_false(checker_answer(checker, &handle, &right));
    checker_free(&checker);
}

static void
test_bound(void **state)
{
    (void)state;
    struct checker *checker = checker_new();
    uint64_t handle;
    bool right;
    assert_non_null(checker);
    for (uint64_t i = 0; i < CHECKER_WAITING; i++) {
        assert_true(checker_ask(checker, i, str(cheap), str("secret")));
    }
    /* It counts what waits to be taken, too, however fast it checks. */
    assert_false(checker_ask(checker, 99, str(cheap), str("secret")));
    take(checker, &handle, &right);
    assert_true(checker_ask(checker, 99, str(cheap), str("secret")));
    assert_false(checker_ask(checker, 100, str(cheap), str("secret")));
    checker_free(&checker); /* with most of them waiting */
}

static double
seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The quicker of two tries. */
static double
time_of(struct checker *checker, const char *hash)
{
    double best = 1e9;
    for (int i = 0; i < 2; i++) {
        double start = seconds();
        assert_false(is_right(checker, str(hash), str("wrong")));
        double took = seconds() - start;
        best = took < best ? took : best;
    }
    return best;
}

/* A stranger cannot tell whether there is such a user. */
static void
test_nobody_takes_as_long(void **state)
{
    (void)state;
    char hash[crypto_pwhash_STRBYTES];
    struct checker *checker = checker_new();
    assert_non_null(checker);
    assert_int_equal(crypto_pwhash_str(hash, "secret", 6,
                                       crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                       crypto_pwhash_MEMLIMIT_INTERACTIVE),
                     0);
    double known = time_of(checker, hash), unknown = time_of(checker, "");
    if (unknown < known / 2 || unknown > known * 2) {
        fail_msg("known %f s, unknown %f s", known, unknown);
    }
    checker_free(&checker);
}

static void
on_signal(int number)
{
    (void)number;
}

/* Signals of the process are not for the thread. */
static void
test_signals(void **state)
{
    (void)state;
    sigset_t usr, before;
    siginfo_t info;
    struct timespec wait = {.tv_sec = PATIENCE / 1000};
    struct sigaction action = {.sa_handler = on_signal}, old;
    assert_int_equal(sigaction(SIGUSR1, &action, &old), 0);
    struct checker *checker = checker_new();
    assert_non_null(checker);
    sigemptyset(&usr);
    sigaddset(&usr, SIGUSR1);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, &usr, &before), 0);
    /* Blocked here: were the thread to take it, it would not be pending. */
    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    assert_int_equal(sigtimedwait(&usr, &info, &wait), SIGUSR1);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
    checker_free(&checker);
    assert_int_equal(sigaction(SIGUSR1, &old, NULL), 0);
}

static int
start(void **state)
{
    (void)state;
    return sodium_init() < 0 ? -1
                             : crypto_pwhash_str(cheap, "secret", 6, 1,
                                                 crypto_pwhash_MEMLIMIT_MIN);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_right_and_wrong),
        cmocka_unit_test(test_all_answers_in_order),
        cmocka_unit_test(test_bound),
        cmocka_unit_test(test_nobody_takes_as_long),
        cmocka_unit_test(test_signals),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
