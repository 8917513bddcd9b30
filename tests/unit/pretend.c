/* SPDX-License-Identifier: MPL-2.0 */
/* pretend: see pretend.h. */
#include "pretend.h"

#include <stdio.h>
#include <stdlib.h>

static void *
copy_of(const void *data, size_t len)
{
    void *copy = malloc(len ? len : 1);
    assert_non_null(copy);
    if (len)
        memcpy(copy, data, len);
    return copy;
}

static bool
take_frame(void *owner, struct slice frame)
{
    struct pretend *p = owner;
    if (p->refuse)
        return false;
    assert_true(frame.len <= LIMIT_FRAME);
    assert_true(p->frame_count < PRETEND_MAX);
    uint8_t *copy = copy_of(frame.data, frame.len);
    p->frames[p->frame_count++] = copy;
    struct reader r;
    uint32_t count;
    struct fault fault;
    assert_int_equal(frame_open(slice_of(copy, frame.len), &r, &count, &fault),
                     ERR_NONE);
    assert_in_range(count, 1, LIMIT_BATCH);
    while (count--) {
        assert_true(p->sent_last < PRETEND_MAX);
        struct message *m = &p->sent[p->sent_last++];
        assert_int_equal(message_read(&r, SIDE_CLIENT, m, &fault), ERR_NONE);
    }
    assert_true(reader_done(&r));
    return true;
}

static void
take_topic(void *owner, struct slice topic, bool on)
{
    struct pretend *p = owner;
    assert_true(p->topic_last < 64);
    snprintf(p->topics[p->topic_last++], 80, "%c%.*s", on ? '+' : '-',
             SLICE_ARG(topic));
}

static void
take_publisher(void *owner, struct slice endpoint)
{
    struct pretend *p = owner;
    snprintf(p->publisher, sizeof p->publisher, "%.*s", SLICE_ARG(endpoint));
}

static void
take_reconnect(void *owner)
{
    struct pretend *p = owner;
    p->reconnects++;
}

static void
take_event(void *owner, struct event *e)
{
    struct pretend *p = owner;
    assert_true(p->event_last < PRETEND_MAX);
    p->events[p->event_last++] = e;
}

static bool
take_record(void *owner, const struct record *record)
{
    struct pretend *p = owner;
    assert_true(p->kept_count < PRETEND_MAX);
    struct record *kept = &p->kept[p->kept_count++];
    *kept = *record;
    kept->name.data = copy_of(record->name.data, record->name.len);
    kept->bytes.data = copy_of(record->bytes.data, record->bytes.len);
    return true;
}

static bool
take_rewrite(void *owner)
{
    struct pretend *p = owner;
    p->rewrites++;
    return true;
}

struct pretend *
pretend_new_of(const struct session_options *options)
{
    struct pretend *p = calloc(1, sizeof *p);
    assert_non_null(p);
    p->now = (struct now){.ms = 1000000, .us = 1000000000};
    struct session_sink sink = {
        .owner = p,
        .send = take_frame,
        .subscribe = take_topic,
        .publisher = take_publisher,
        .reconnect = take_reconnect,
        .event = take_event,
        .keep = take_record,
        .rewrite = take_rewrite,
    };
    p->session = session_new(options, &sink);
    assert_non_null(p->session);
    return p;
}

struct pretend *
pretend_new(void)
{
    struct session_options options = {
        .id = "ann", .lane = "00112233aabbccdd", .seed = 7};
    return pretend_new_of(&options);
}

void
pretend_free(struct pretend *p)
{
    session_close(p->session);
    while (p->event_first < p->event_last)
        event_free(p->events[p->event_first++]);
    event_free(p->shown);
    for (size_t i = 0; i < p->frame_count; i++)
        free(p->frames[i]);
    for (size_t i = 0; i < p->kept_count; i++) {
        free((void *)(uintptr_t)p->kept[i].name.data);
        free((void *)(uintptr_t)p->kept[i].bytes.data);
    }
    free(p);
}

void
pretend_turn(struct pretend *p)
{
    /* A session that is never content would tick for ever. */
    for (int i = 0; i < 100; i++) {
        session_tick(p->session, p->now);
        if (session_deadline(p->session) > p->now.ms || p->refuse)
            return;
    }
    fail_msg("the session wants to tick for ever");
}

void
pretend_wait(struct pretend *p, uint64_t ms)
{
    uint64_t end = p->now.ms + ms;
    uint64_t next;
    while ((next = session_deadline(p->session)) < end) {
        p->now.ms = next > p->now.ms ? next : p->now.ms;
        p->now.us = p->now.ms * 1000;
        pretend_turn(p);
    }
    p->now.ms = end;
    p->now.us = end * 1000;
    pretend_turn(p);
}

void
pretend_done(struct pretend *p, const char *room, uint64_t seq)
{
    session_given(p->session, room, seq);
    assert_int_equal(session_done(p->session, NULL, p->now), 0);
}

const struct message *
sent(struct pretend *p, enum op op)
{
    if (p->sent_first == p->sent_last)
        fail_msg("nothing was sent, not %s", op_name(op));
    const struct message *m = &p->sent[p->sent_first++];
    assert_string_equal(op_name(m->op), op_name(op));
    return m;
}

void
sent_nothing(struct pretend *p)
{
    if (p->sent_first < p->sent_last)
        fail_msg("%s was sent", op_name(p->sent[p->sent_first].op));
}

const confab_event *
told(struct pretend *p, enum confab_event_type type)
{
    if (p->event_first == p->event_last)
        fail_msg("no event, not even %d", type);
    event_free(p->shown);
    p->shown = p->events[p->event_first++];
    assert_int_equal(p->shown->user.type, type);
    return &p->shown->user;
}

void
told_nothing(struct pretend *p)
{
    if (p->event_first < p->event_last)
        fail_msg("event %d", p->events[p->event_first]->user.type);
}

void
told_says(struct pretend *p, uint64_t first, uint64_t last)
{
    for (uint64_t seq = first; seq <= last; seq += 10)
        assert_int_equal(told(p, CONFAB_SAY)->seq, seq);
}

void
topic_was(struct pretend *p, const char *change)
{
    assert_true(p->topic_first < p->topic_last);
    assert_string_equal(p->topics[p->topic_first++], change);
}

uint64_t
say(struct pretend *p, const char *text)
{
    uint64_t number = 0;
    assert_int_equal(session_say(p->session, "lobby", text, NULL, &number), 0);
    pretend_turn(p);
    return number;
}

bool
restore_to(void *owner, const struct record *record)
{
    struct pretend *p = owner;
    return session_restore(p->session, record) == 0;
}

struct pretend *
next_run(const struct pretend *p)
{
    struct session_options options = {.id = "ann", .lane = "l", .seed = 9};
    struct pretend *q = pretend_new_of(&options);
    for (size_t i = 0; i < p->kept_count; i++)
        assert_true(restore_to(q, &p->kept[i]));
    return q;
}
