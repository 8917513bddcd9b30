/* SPDX-License-Identifier: MPL-2.0 */
/* Which connection is shut for its bytes: rows of what the kernel has counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/link_watch.h"

enum { MIB = 1 << 20, FRAME = 65536 };

/* Looks, with so many more bytes received, of which so many are in frames of
 * FRAME bytes that were read. */
static bool
look(struct watch *w, uint64_t *received, uint64_t more, unsigned frames)
{
    *received += more;
    while (frames--)
        watch_took(w, FRAME);
    return watch_judge(w, *received, true);
}

static void
test_honest(void **state)
{
    (void)state;
    struct watch w = {.fd = -1};
    uint64_t received = 0;
    assert_false(look(&w, &received, 200, 0)); /* greeting and handshake */
    for (int i = 0; i < 100; i++) {
        assert_false(look(&w, &received, 50, 0)); /* heartbeats */
        assert_false(look(&w, &received, 10 * (FRAME + 9), 10));
        /* The look came in the middle of a frame, */
        assert_false(look(&w, &received, FRAME / 2, 0));
        assert_false(look(&w, &received, FRAME - FRAME / 2 + 9, 1));
        /* and behind frames that came when we had looked for frames. */
        assert_false(look(&w, &received, 100 * (FRAME + 9), 0));
        assert_false(look(&w, &received, 0, 100));
    }
    assert_in_range(w.forgiven, 0, 100 * 50 + 200);
}

static void
test_endless(void **state)
{
    (void)state;
    struct watch w = {.fd = -1};
    uint64_t received = 0;
    assert_false(look(&w, &received, 200, 0));
    assert_false(look(&w, &received, 2 * MIB, 0));
    assert_true(look(&w, &received, 0, 0));
}

/* A burst of small frames, each of which encryption makes larger. */
static void
test_encrypted(void **state)
{
    (void)state;
    enum { SMALL = 100, BURST = 100000 };
    struct watch w = {.fd = -1, .extra = WATCH_CURVE};
    for (int i = 0; i < BURST; i++)
        watch_took(&w, SMALL);
    uint64_t received = (uint64_t)BURST * (SMALL + WATCH_CURVE + 2);
    assert_false(watch_judge(&w, received, true));
    assert_false(w.suspect);
    assert_false(watch_judge(&w, received, true));
    /* A frame of 255 bytes has a short header, with the bytes of encryption. */
    watch_took(&w, 255 - WATCH_CURVE);
    watch_took(&w, 256 - WATCH_CURVE);
    assert_int_equal(w.delivered, received + 255 + 2 + 256 + 9);
}

/* What was under way and forgiven is not forgiven twice: nobody gathers credit
 * by the look of one message after another. */
static void
test_no_credit(void **state)
{
    (void)state;
    struct watch w = {.fd = -1};
    uint64_t received = 0;
    for (int i = 0; i < 1000; i++) {
        assert_false(look(&w, &received, FRAME / 2, 0));
        assert_false(look(&w, &received, FRAME / 2 + 9, 1));
    }
    assert_false(look(&w, &received, 2 * MIB, 0));
    assert_true(look(&w, &received, 0, 0));
}

/* While nobody reads, whole messages may wait, but not more than there is room
 * for in the queues. */
static void
test_nobody_reads(void **state)
{
    (void)state;
    struct watch w = {.fd = -1};
    assert_false(watch_judge(&w, 70 * MIB, false));
    assert_false(watch_judge(&w, 70 * MIB, false));
    assert_true(watch_judge(&w, 97 * MIB, false));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_honest),       cmocka_unit_test(test_endless),
        cmocka_unit_test(test_encrypted),    cmocka_unit_test(test_no_credit),
        cmocka_unit_test(test_nobody_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
