/* SPDX-License-Identifier: MPL-2.0 */
/* The client's outbox: numbers, the window, repeats, and saying again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "client/outbox.h"

static bool
put_text(struct outbox *o, uint64_t n, const char *text)
{
    uint8_t bytes[256];
    struct buffer out = {.data = bytes, .cap = sizeof bytes};
    struct message m = {
        .op = OP_SAY,
        .has = MESSAGE_BIT(FIELD_ROOM) | MESSAGE_BIT(FIELD_TEXT) |
               MESSAGE_BIT(FIELD_N),
        .room = slice_str("r"),
        .text = slice_str(text),
        .n = n,
    };
    assert_true(message_write(&out, SIDE_CLIENT, &m));
    return outbox_put(o, n, 100 + n, slice_of(bytes, out.len));
}

static void
put_some(struct outbox *o, unsigned count)
{
    while (count--)
        assert_true(put_text(o, outbox_next(o), "text"));
}

/* Sends all that may be sent; gives how many, checks that they are in order. */
static unsigned
send_all(struct outbox *o, uint64_t *first)
{
    unsigned count = 0;
    uint64_t last = 0;
    struct outgoing *m;
    while ((m = outbox_peek(o))) {
        assert_true(m->n > last);
        last = m->n;
        if (!count++)
            *first = m->n;
        outbox_pass(o);
    }
    return count;
}

static void
test_numbers(void **state)
{
    (void)state;
    struct outbox o;
    uint64_t first;
    outbox_init(&o, 1000);
    assert_int_equal(outbox_next(&o), 1);
    put_some(&o, 10);
    assert_int_equal(send_all(&o, &first), 10);
    for (uint64_t n = 10; n >= 1; n--)
        outbox_remove(&o, n);
    assert_int_equal(o.live, 0);
    assert_int_equal(o.flying, 0);
    assert_int_equal(outbox_next(&o), 11);
    outbox_remove(&o, 5); /* answered twice */
    outbox_remove(&o, 5000);
    assert_null(outbox_find(&o, 0));
    put_some(&o, 1);
    assert_int_equal(send_all(&o, &first), 1);
    assert_int_equal(outbox_find(&o, 11)->number, 111);
    outbox_clear(&o);
}

/* A broker answers what it never got. */
static void
test_answer_to_nothing(void **state)
{
    (void)state;
    struct outbox o;
    uint64_t first;
    outbox_init(&o, 1000);
    assert_true(outbox_skip_to(&o, 100));
    put_some(&o, 2);
    assert_null(outbox_find(&o, 100));
    outbox_refuse(&o, 100);
    outbox_remove(&o, 101);
    assert_false(outbox_settled(&o));
    assert_int_equal(send_all(&o, &first), 2);
    assert_int_equal(first, 100);
    outbox_clear(&o);
}

static void
test_ring(void **state)
{
    (void)state;
    struct outbox o;
    uint64_t first;
    outbox_init(&o, 100000);
    for (uint64_t n = 1; n <= 50000; n++) {
        put_some(&o, 1);
        (void)send_all(&o, &first);
        if (n > 70)
            outbox_remove(&o, n - 70);
    }
    assert_int_equal(o.live, 70);
    assert_int_equal(o.cap, 128);
    outbox_clear(&o);
}

static void
test_window(void **state)
{
    (void)state;
    struct outbox o;
    uint64_t first;
    outbox_init(&o, 1000);
    put_some(&o, 600);
    assert_int_equal(send_all(&o, &first), LIMIT_WINDOW);
    outbox_remove(&o, 2);
    assert_int_equal(send_all(&o, &first), 0);
    outbox_remove(&o, 1);
    assert_int_equal(send_all(&o, &first), 2);
    assert_int_equal(first, LIMIT_WINDOW + 1);
    outbox_rewind(&o); /* a new connection: the same, under the same numbers */
    assert_int_equal(send_all(&o, &first), LIMIT_WINDOW);
    assert_int_equal(first, 3);
    assert_int_equal(o.highest, LIMIT_WINDOW + 2);
    outbox_clear(&o);
}

static void
test_full(void **state)
{
    (void)state;
    struct outbox o;
    uint64_t first;
    outbox_init(&o, 3);
    put_some(&o, 2);
    assert_false(outbox_full(&o));
    put_some(&o, 1);
    assert_true(outbox_full(&o));
    assert_int_equal(send_all(&o, &first), 3);
    outbox_remove(&o, 2);
    assert_false(outbox_full(&o));
    outbox_clear(&o);
}

static void
check_order(struct outbox *o, const char *const *texts, uint64_t n)
{
    for (; *texts; texts++, n++) {
        struct outgoing *out = outbox_peek(o);
        assert_non_null(out);
        struct reader r = reader_open(slice_of(out->bytes, out->len));
        struct message m;
        struct fault fault;
        assert_int_equal(message_read(&r, SIDE_CLIENT, &m, &fault), ERR_NONE);
        assert_true(slice_eq(m.text, slice_str(*texts)));
        assert_int_equal(m.n, n);
        assert_int_equal(out->n, n);
        outbox_pass(o);
    }
    assert_null(outbox_peek(o));
}

static void
test_renumber(void **state)
{
    (void)state;
    struct outbox o;
    uint64_t first;
    outbox_init(&o, 10);
    const char *texts[] = {"a", "b", "c", "d"};
    for (uint64_t i = 0; i < 4; i++)
        assert_true(put_text(&o, i + 1, texts[i]));
    (void)send_all(&o, &first);
    assert_true(put_text(&o, 5, "e")); /* never sent */
    outbox_refuse(&o, 2);
    outbox_refuse(&o, 3);
    outbox_refuse(&o, 3);
    assert_false(outbox_settled(&o));
    outbox_remove(&o, 1);
    outbox_remove(&o, 4);
    assert_true(outbox_settled(&o));
    assert_true(outbox_renumber(&o, 0));
    assert_false(outbox_settled(&o));
    const char *again[] = {"b", "c", "e", NULL};
    check_order(&o, again, 5);
    assert_int_equal(outbox_find(&o, 5)->number,
                     102); /* as the user knows it */
    assert_int_equal(outbox_next(&o), 8);
    outbox_clear(&o);
}

/* What was sent on another connection may have arrived: it keeps its number. */
static void
test_renumber_keeps(void **state)
{
    (void)state;
    struct outbox o;
    uint64_t first;
    outbox_init(&o, 10);
    put_some(&o, 4);
    (void)send_all(&o, &first);
    outbox_rewind(&o);
    outbox_pass(&o);
    outbox_refuse(&o, 1);
    assert_true(outbox_settled(&o));
    assert_true(outbox_renumber(&o, 0));
    assert_int_equal(send_all(&o, &first), 4);
    assert_int_equal(first, 2);
    assert_null(outbox_find(&o, 1));
    assert_int_equal(outbox_find(&o, 5)->number, 101);
    outbox_clear(&o);
}

static void
test_restored(void **state)
{
    (void)state;
    struct outbox o;
    outbox_init(&o, 10);
    assert_true(outbox_skip_to(&o, 40));
    assert_true(put_text(&o, 41, "a"));
    assert_true(put_text(&o, 45, "b"));
    assert_true(outbox_skip_to(&o, 50));
    outbox_restored(&o);
    assert_int_equal(outbox_next(&o), 50);
    assert_int_equal(o.highest, 49);
    assert_int_equal(o.live, 2);
    uint64_t first;
    assert_int_equal(send_all(&o, &first), 2);
    outbox_remove(&o, 41);
    outbox_remove(&o, 45);
    assert_int_equal(outbox_next(&o), 50);
    assert_false(outbox_skip_to(&o, 1) && outbox_next(&o) != 50);
    outbox_clear(&o);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_answer_to_nothing),
        cmocka_unit_test(test_ring),
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_renumber),
        cmocka_unit_test(test_renumber_keeps),
        cmocka_unit_test(test_restored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
