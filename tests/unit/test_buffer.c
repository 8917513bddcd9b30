/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A conversation: entries come in any order and stand in that of the log. A
 * model that walks through a plain list says where each belongs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/buffer.h"

enum { SEEDS = 300, STEPS = 400, MODEL = STEPS, SEQS = 150, TEXT = 32 };

static struct entry
message(uint64_t seq, const char *text)
{
    return (struct entry){.kind = ENTRY_MESSAGE,
                          .seq = seq,
                          .time = seq,
                          .from = "ann",
                          .text = text,
                          .text_len = strlen(text)};
}

static const struct entry *
add(struct chat_buffer *b, uint64_t seq, enum buffer_how how)
{
    char text[TEXT];
    snprintf(text, sizeof text, "m%llu", (unsigned long long)seq);
    struct entry e = message(seq, text);
    return buffer_add(b, &e, how);
}

static void
status(struct chat_buffer *b, const char *text)
{
    struct entry e = {
        .kind = ENTRY_STATUS, .text = text, .text_len = strlen(text)};
    assert_non_null(buffer_add(b, &e, BUFFER_LIVE));
}

/* All texts, with a blank between. */
static void
assert_texts(const struct chat_buffer *b, const char *want)
{
    char found[1024] = "";
    size_t at = 0;
    for (size_t i = 0; i < buffer_len(b); i++)
        at += (size_t)snprintf(found + at, sizeof found - at, "%s%s",
                               i ? " " : "", buffer_at(b, i)->text);
    assert_string_equal(found, want);
}

/* --- the model ----------------------------------------------------------- */

struct row {
    uint64_t seq, time;
    unsigned number;
};

struct model {
    struct row rows[MODEL];
    size_t len;
};

static bool
model_add(struct model *m, struct row row, enum buffer_how how)
{
    size_t at = m->len;
    for (size_t i = 0; i < m->len && row.seq; i++) {
        if (m->rows[i].seq == row.seq)
            return false;
    }
    for (size_t i = 0; i < m->len && row.seq; i++) {
        if (m->rows[i].seq > row.seq) {
            at = i;
            break;
        }
    }
    while (row.seq && how == BUFFER_HISTORY && at && !m->rows[at - 1].seq &&
           m->rows[at - 1].time > row.time)
        at--;
    memmove(m->rows + at + 1, m->rows + at, (m->len - at) * sizeof *m->rows);
    m->rows[at] = row;
    m->len++;
    return true;
}

static uint32_t
dice(uint32_t *seed, uint32_t sides)
{
    *seed = *seed * 1664525U + 1013904223U;
    return (*seed >> 8) % sides;
}

static unsigned
number_at(const struct chat_buffer *b, size_t at)
{
    return (unsigned)strtoul(buffer_at(b, at)->text, NULL, 10);
}

static void
assert_same(const struct chat_buffer *b, const struct model *m)
{
    uint64_t newest = 0;
    uint64_t oldest = 0;
    assert_int_equal(buffer_len(b), m->len);
    for (size_t i = 0; i < m->len; i++) {
        const struct entry *e = buffer_at(b, i);
        assert_int_equal(number_at(b, i), m->rows[i].number);
        assert_int_equal(buffer_where(b, e->id), i);
        if (e->seq && !oldest)
            oldest = e->seq;
        if (e->seq)
            newest = e->seq;
    }
    assert_int_equal(b->newest, newest);
    assert_int_equal(b->oldest, oldest);
}

static void
play(uint32_t seed)
{
    struct model m = {0};
    struct chat_buffer *b = buffer_new(BUFFER_ROOM, "lobby");
    for (unsigned i = 0; i < STEPS; i++) {
        struct row row = {.number = i, .time = dice(&seed, SEQS)};
        if (dice(&seed, 4))
            row.seq = row.time = 1 + dice(&seed, SEQS);
        enum buffer_how how = dice(&seed, 2) ? BUFFER_LIVE : BUFFER_HISTORY;
        unsigned bottom = 0;
        if (m.len) {
            size_t at = dice(&seed, (uint32_t)m.len);
            bottom = m.rows[at].number;
            b->bottom = buffer_at(b, at)->id;
        }
        char text[TEXT];
        snprintf(text, sizeof text, "%u", i);
        struct entry e = message(row.seq, text);
        e.time = row.time;
        const struct entry *copy = buffer_add(b, &e, how);
        assert_int_equal(copy != NULL, model_add(&m, row, how));
        assert_same(b, &m);
        if (b->bottom)
            assert_int_equal(number_at(b, buffer_where(b, b->bottom)), bottom);
    }
    buffer_free(b);
}

static void
test_any_order(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= SEEDS; seed++)
        play(seed);
}

/* --- rules, one by one ---------------------------------------------------- */

static void
test_history_below_live(void **state)
{
    (void)state;
    struct chat_buffer *b = buffer_new(BUFFER_ROOM, "lobby");
    struct entry e = {.kind = ENTRY_STATUS, .time = 50, .text = "joined"};
    e.text_len = strlen(e.text);
    assert_non_null(buffer_add(b, &e, BUFFER_LIVE));
    assert_non_null(add(b, 60, BUFFER_LIVE));
    assert_non_null(add(b, 55, BUFFER_HISTORY));
    assert_non_null(add(b, 40, BUFFER_HISTORY));
    assert_null(add(b, 60, BUFFER_HISTORY));
    assert_null(add(b, 40, BUFFER_LIVE));
    assert_texts(b, "m40 joined m55 m60");
    buffer_free(b);
}

static void
test_full(void **state)
{
    (void)state;
    struct chat_buffer *b = buffer_new(BUFFER_ROOM, "lobby");
    for (uint64_t i = 1; i <= BUFFER_ENTRIES; i++)
        assert_non_null(add(b, i * 10, BUFFER_LIVE));
    assert_int_equal(buffer_len(b), BUFFER_ENTRIES);
    assert_false(b->whole);
    uint64_t second = buffer_at(b, 1)->id;
    struct entry **ring = b->entries;
    b->bottom = buffer_at(b, 0)->id;
    assert_null(add(b, 5, BUFFER_HISTORY));
    assert_true(b->whole);
    assert_non_null(add(b, 15, BUFFER_HISTORY)); /* the first goes for it */
    assert_int_equal(buffer_len(b), BUFFER_ENTRIES);
    assert_string_equal(buffer_at(b, 0)->text, "m15");
    assert_int_equal(b->oldest, 15);
    assert_int_equal(b->bottom, second);
    status(b, "here");
    assert_int_equal(buffer_len(b), BUFFER_ENTRIES);
    assert_int_equal(b->oldest, 20);
    assert_int_equal(b->newest, BUFFER_ENTRIES * 10);
    assert_string_equal(buffer_at(b, BUFFER_ENTRIES - 1)->text, "here");
    for (uint64_t i = 1; i <= BUFFER_ENTRIES; i++)
        status(b, "x");
    assert_int_equal(b->oldest, 0);
    assert_int_equal(buffer_where(b, b->bottom), 0);
    assert_ptr_equal(b->entries, ring); /* not copied for each */
    buffer_free(b);
}

static void
test_unread(void **state)
{
    (void)state;
    struct chat_buffer *b = buffer_new(BUFFER_ROOM, "lobby");
    assert_non_null(add(b, 10, BUFFER_HISTORY)); /* never here before */
    assert_int_equal(b->unread, 0);
    assert_int_equal(b->activity, ACTIVITY_NONE);
    assert_int_equal(buffer_marker(b), SIZE_MAX);
    buffer_left(b);
    assert_int_equal(b->read, 10);
    assert_non_null(add(b, 12, BUFFER_HISTORY));
    assert_non_null(add(b, 9, BUFFER_HISTORY));
    assert_int_equal(b->unread, 1);
    assert_int_equal(b->activity, ACTIVITY_NONE);
    status(b, "s");
    assert_int_equal(b->activity, ACTIVITY_COMING);
    assert_non_null(add(b, 13, BUFFER_LIVE));
    assert_int_equal(b->activity, ACTIVITY_MESSAGE);
    struct entry e = message(14, "ann!");
    e.mention = true;
    assert_non_null(buffer_add(b, &e, BUFFER_LIVE));
    e = message(15, "mine");
    e.own = e.mention = true;
    assert_non_null(buffer_add(b, &e, BUFFER_LIVE));
    assert_non_null(buffer_coming(b, "eve", true, 16));
    assert_int_equal(b->activity, ACTIVITY_MENTION);
    assert_int_equal(b->unread, 3);
    assert_int_equal(b->mentions, 1);
    assert_int_equal(buffer_marker(b), 2);
    buffer_seen(b);
    assert_int_equal(b->activity, ACTIVITY_NONE);
    assert_int_equal(buffer_marker(b), 2);
    buffer_left(b);
    assert_int_equal(b->read, 15);
    assert_int_equal(b->unread + b->mentions, 0);
    assert_int_equal(buffer_marker(b), SIZE_MAX);
    e.seq = 17;
    assert_non_null(buffer_add(b, &e, BUFFER_LIVE));
    assert_int_equal(buffer_marker(b), SIZE_MAX); /* nothing by others */
    buffer_free(b);
}

/* What is not in the log (keep:false) is unread, too. */
static void
test_unread_without_seq(void **state)
{
    (void)state;
    struct chat_buffer *b = buffer_new(BUFFER_ROOM, "lobby");
    struct entry e = message(0, "psst");
    assert_non_null(buffer_add(b, &e, BUFFER_LIVE));
    assert_int_equal(b->unread, 1);
    assert_int_equal(b->activity, ACTIVITY_MESSAGE);
    buffer_free(b);
}

static void
test_clear(void **state)
{
    (void)state;
    struct chat_buffer *b = buffer_new(BUFFER_ROOM, "lobby");
    assert_non_null(add(b, 1, BUFFER_LIVE));
    assert_non_null(add(b, 2, BUFFER_LIVE));
    assert_non_null(buffer_coming(b, "eve", true, 3));
    b->bottom = buffer_at(b, 0)->id;
    b->whole = true;
    buffer_clear(b);
    assert_int_equal(buffer_len(b), 0);
    assert_int_equal(b->oldest, 0);
    assert_int_equal(b->bottom, 0);
    assert_false(b->whole);
    assert_non_null(buffer_coming(b, "bob", true, 4));
    assert_non_null(add(b, 1, BUFFER_HISTORY)); /* the log has it still */
    assert_texts(b, "m1 bob enters");
    buffer_free(b);
}

static void
test_redact(void **state)
{
    (void)state;
    struct chat_buffer *b = buffer_new(BUFFER_ROOM, "lobby");
    assert_non_null(add(b, 1, BUFFER_LIVE));
    status(b, "s");
    assert_non_null(add(b, 3, BUFFER_LIVE));
    buffer_redact(b, 2);
    buffer_redact(b, 0);
    buffer_redact(b, 4);
    assert_texts(b, "m1 s m3");
    buffer_redact(b, 1);
    const struct entry *e = buffer_at(b, 0);
    assert_true(e->gone);
    assert_int_equal(e->text_len, 0);
    assert_string_equal(e->text, "");
    assert_string_equal(e->from, "ann");
    assert_false(buffer_at(b, 2)->gone);
    struct entry gone = message(4, "was never shown");
    gone.gone = true;
    assert_non_null(buffer_add(b, &gone, BUFFER_HISTORY));
    assert_texts(b, " s m3 ");
    buffer_free(b);
}

static void
test_names(void **state)
{
    (void)state;
    char longest[LIMIT_NAME + 2];
    memset(longest, 'x', sizeof longest);
    longest[LIMIT_NAME + 1] = '\0';
    assert_null(buffer_new(BUFFER_ROOM, longest));
    longest[LIMIT_NAME] = '\0';
    struct chat_buffer *b = buffer_new(BUFFER_ROOM, longest);
    assert_string_equal(b->name, longest);
    buffer_free(b);
    buffer_free(NULL);
}

static void
assert_members(const struct chat_buffer *b, const char *want, bool known)
{
    char found[256] = "";
    size_t at = 0;
    for (size_t i = 0; i < b->member_count; i++)
        at += (size_t)snprintf(found + at, sizeof found - at, "%s ",
                               b->members[i]);
    assert_string_equal(found, want);
    assert_int_equal(b->members_known, known);
}

static void
test_members(void **state)
{
    (void)state;
    static const char *const ids[] = {"joe", "ann", "eve", "ann"};
    struct chat_buffer *b = buffer_new(BUFFER_ROOM, "lobby");
    assert_true(buffer_members(b, ids, 4, 3));
    assert_members(b, "ann eve joe ", true);
    assert_true(buffer_enter(b, "bob", 4));
    assert_true(buffer_enter(b, "bob", 4));
    assert_members(b, "ann bob eve joe ", true);
    buffer_exit(b, "joe", 3);
    buffer_exit(b, "nobody", 3);
    assert_members(b, "ann bob eve ", true);
    assert_true(buffer_members(b, ids, 2, 1000));
    assert_members(b, "ann joe ", false);
    assert_int_equal(b->count, 1000);
    assert_true(buffer_members(b, NULL, 0, 0));
    assert_members(b, "", true);
    buffer_free(b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_order),
        cmocka_unit_test(test_history_below_live),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_unread),
        cmocka_unit_test(test_unread_without_seq),
        cmocka_unit_test(test_clear),
        cmocka_unit_test(test_redact),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
