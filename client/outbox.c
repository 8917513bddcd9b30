/* SPDX-License-Identifier: MPL-2.0 */
/*
 * outbox: see outbox.h.
 *
 * `at` remembers how far outbox_peek has come, so that each message is looked
 * at once a connection and not once a call. A renumbered message is decoded and
 * encoded anew: it happens only after the broker asked for patience.
 */
#include "outbox.h"

#include <stdlib.h>

enum {
    SLOTS_FIRST = 64,
    OUTBOX_SPAN_MAX = 16777216, /* slots: more is no outbox, but rubbish */
};

void
outbox_init(struct outbox *o, size_t limit)
{
    *o = (struct outbox){.base = 1, .limit = limit};
}

void
outbox_clear(struct outbox *o)
{
    for (size_t i = 0; i < o->len; i++)
        free(outbox_slot(o, i));
    free(o->slots);
    *o = (struct outbox){.base = 1};
}

static struct outgoing **
slot_at(const struct outbox *o, size_t i)
{
    return &o->slots[(o->first + i) & (o->cap - 1)];
}

struct outgoing *
outbox_slot(const struct outbox *o, size_t i)
{
    return *slot_at(o, i);
}

uint64_t
outbox_next(const struct outbox *o)
{
    return o->base + o->len;
}

bool
outbox_full(const struct outbox *o)
{
    return o->live >= o->limit;
}

static bool
grow(struct outbox *o, size_t need)
{
    if (need <= o->cap)
        return true;
    size_t cap = o->cap ? o->cap : SLOTS_FIRST;
    while (cap < need)
        cap *= 2;
    struct outgoing **slots = calloc(cap, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < o->len; i++)
        slots[i] = outbox_slot(o, i);
    free(o->slots);
    o->slots = slots;
    o->cap = cap;
    o->first = 0;
    return true;
}

bool
outbox_skip_to(struct outbox *o, uint64_t n)
{
    if (n <= outbox_next(o))
        return true;
    if (o->live == 0) {
        o->len = 0;
        o->at = 0;
        o->base = n;
        return true;
    }
    size_t len = (size_t)(n - o->base);
    if (len > OUTBOX_SPAN_MAX || !grow(o, len))
        return false;
    while (o->len < len)
        *slot_at(o, o->len++) = NULL;
    return true;
}

void
outbox_restored(struct outbox *o)
{
    o->highest = outbox_next(o) - 1;
}

static struct outgoing *
outgoing_new(uint64_t n, uint64_t number, struct slice bytes)
{
    struct outgoing *m = malloc(sizeof *m + bytes.len);
    if (!m)
        return NULL;
    *m = (struct outgoing){.number = number, .n = n, .len = bytes.len};
    memcpy(m->bytes, bytes.data, bytes.len);
    return m;
}

bool
outbox_put(struct outbox *o, uint64_t n, uint64_t number, struct slice bytes)
{
    assert(n >= outbox_next(o));
    if (!outbox_skip_to(o, n) || !grow(o, o->len + 1))
        return false;
    struct outgoing *m = outgoing_new(n, number, bytes);
    if (!m)
        return false;
    *slot_at(o, o->len++) = m;
    o->live++;
    return true;
}

struct outgoing *
outbox_find(const struct outbox *o, uint64_t n)
{
    if (n < o->base || n > o->highest || n - o->base >= o->len)
        return NULL;
    return outbox_slot(o, (size_t)(n - o->base));
}

/* Slots at the front whose messages are all answered go. */
static void
shrink(struct outbox *o)
{
    while (o->len && !outbox_slot(o, 0)) {
        o->first = (o->first + 1) & (o->cap - 1);
        o->len--;
        o->base++;
        if (o->at)
            o->at--;
    }
}

void
outbox_remove(struct outbox *o, uint64_t n)
{
    struct outgoing *m = outbox_find(o, n);
    if (!m)
        return;
    if (m->sent && !m->refused)
        o->flying--;
    if (m->refused)
        o->refused--;
    *slot_at(o, (size_t)(n - o->base)) = NULL;
    free(m);
    o->live--;
    shrink(o);
}

void
outbox_refuse(struct outbox *o, uint64_t n)
{
    struct outgoing *m = outbox_find(o, n);
    if (!m || m->refused)
        return;
    if (m->sent)
        o->flying--;
    m->refused = true;
    o->refused++;
}

bool
outbox_settled(const struct outbox *o)
{
    return o->refused && o->flying == 0;
}

static struct outgoing *
renumbered(const struct outgoing *old, uint64_t n)
{
    struct reader r = reader_open(slice_of(old->bytes, old->len));
    struct message m;
    struct fault fault;
    enum err err = message_read(&r, SIDE_CLIENT, &m, &fault);
    assert(err == ERR_NONE); /* we wrote it */
    (void)err;
    m.n = n;
    /* Only the number grows, by less than its longest encoding. */
    size_t cap = old->len + sizeof n;
    uint8_t *bytes = malloc(cap);
    if (!bytes)
        return NULL;
    struct buffer out = {.data = bytes, .cap = cap};
    struct outgoing *fresh = NULL;
    if (message_write(&out, SIDE_CLIENT, &m))
        fresh = outgoing_new(n, old->number, slice_of(bytes, out.len));
    free(bytes);
    return fresh;
}

/* Sent before, on whatever connection, and not refused: the broker may have it,
 * so its number stays. */
static bool
keeps_number(const struct outbox *o, const struct outgoing *m)
{
    return m->n <= o->highest && !m->refused;
}

/* Puts to `fresh` renumbered copies of all that does not keep its number. */
static bool
renumber_into(struct outbox *fresh, const struct outbox *o)
{
    for (size_t i = 0; i < o->len; i++) {
        const struct outgoing *old = outbox_slot(o, i);
        if (!old || keeps_number(o, old))
            continue;
        struct outgoing *m = renumbered(old, outbox_next(fresh));
        if (!m)
            return false;
        *slot_at(fresh, fresh->len++) = m;
        fresh->live++;
    }
    return true;
}

/* The lowest number that is kept, or `none`. */
static uint64_t
lowest_kept(const struct outbox *o, uint64_t none)
{
    for (size_t i = 0; i < o->len; i++) {
        const struct outgoing *m = outbox_slot(o, i);
        if (m && keeps_number(o, m))
            return m->n;
    }
    return none;
}

bool
outbox_renumber(struct outbox *o, uint64_t n)
{
    struct outbox fresh;
    outbox_init(&fresh, o->limit);
    fresh.highest = n > o->highest ? n : o->highest;
    fresh.base = lowest_kept(o, fresh.highest + 1);
    uint64_t used = fresh.highest + 1 - fresh.base;
    if (used > OUTBOX_SPAN_MAX || !grow(&fresh, (size_t)used + o->live))
        return false;
    fresh.len = (size_t)used;
    if (!renumber_into(&fresh, o)) {
        outbox_clear(&fresh);
        return false;
    }
    for (size_t i = 0; i < o->len; i++) {
        struct outgoing *m = outbox_slot(o, i);
        if (!m || !keeps_number(o, m))
            continue;
        *slot_at(&fresh, (size_t)(m->n - fresh.base)) = m;
        *slot_at(o, i) = NULL;
        fresh.live++;
    }
    outbox_clear(o);
    *o = fresh;
    shrink(o);
    return true;
}

void
outbox_retry(struct outbox *o)
{
    for (size_t i = 0; i < o->len; i++) {
        struct outgoing *m = outbox_slot(o, i);
        if (!m || !m->refused)
            continue;
        m->refused = false;
        m->sent = false;
        o->refused--;
    }
    o->at = 0;
}

void
outbox_rewind(struct outbox *o)
{
    for (size_t i = 0; i < o->len; i++)
        if (outbox_slot(o, i))
            outbox_slot(o, i)->sent = false;
    o->at = 0;
    o->flying = 0;
}

struct outgoing *
outbox_peek(struct outbox *o)
{
    while (o->at < o->len) {
        struct outgoing *m = outbox_slot(o, o->at);
        if (m && !m->sent && !m->refused)
            return m->n - o->base < LIMIT_WINDOW ? m : NULL;
        o->at++;
    }
    return NULL;
}

void
outbox_pass(struct outbox *o)
{
    struct outgoing *m = outbox_slot(o, o->at++);
    m->sent = true;
    o->flying++;
    if (m->n > o->highest)
        o->highest = m->n;
}
