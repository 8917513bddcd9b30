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

static bool
is_set(const struct message *m, const struct field_row *row)
{
    const char *at = (const char *)m + row->offset;
    struct slice bytes;
    uint64_t number;
    bool yes;
    switch (row->type) {
    case TYPE_UINT:
        memcpy(&number, at, sizeof number);
        return number != 0;
    case TYPE_BOOL:
        memcpy(&yes, at, sizeof yes);
        return yes;
    case TYPE_REF:
        return m->ref.num != 0;
    default:
        memcpy(&bytes, at, sizeof bytes);
        return bytes.data != NULL;
    }
}

/* Sets the bit of each field of the op's shape that is not zero. */
static size_t
encode(struct message *m, uint8_t *bytes, size_t cap)
{
    const struct shape *shape = message_shape(SIDE_BROKER, m->op);
    for (unsigned i = 0; i < shape->count; i++) {
        unsigned field = shape->fields[i].field;
        if (shape->fields[i].required || is_set(m, &field_rows[field]))
            m->has |= MESSAGE_BIT(field);
    }
    struct buffer out = {.data = bytes, .cap = cap};
    assert_true(message_write(&out, SIDE_BROKER, m));
    return out.len;
}

void
broker_says(struct pretend *p, struct message m)
{
    static uint8_t frame[LIMIT_FRAME];
    size_t len = encode(&m, frame + FRAME_HEADER, LIMIT_FRAME - FRAME_HEADER);
    frame_close(frame, 1);
    session_input(p->session, slice_of(frame, FRAME_HEADER + len), p->now);
    pretend_turn(p);
}

void
topic_says(struct pretend *p, const char *room, struct message m)
{
    static uint8_t frame[LIMIT_FRAME];
    size_t prefix = strlen(room) + 1;
    memcpy(frame, room, prefix - 1);
    frame[prefix - 1] = ' ';
    size_t at = prefix + FRAME_HEADER;
    size_t len = encode(&m, frame + at, LIMIT_FRAME - at);
    frame_close(frame + prefix, 1);
    session_publish(p->session, slice_of(frame, at + len), p->now);
    pretend_turn(p);
}

void
broker_welcomes(struct pretend *p, const char *epoch)
{
    (void)sent(p, OP_HELLO);
    static const uint8_t no_limits[] = {0x80};
    broker_says(p, (struct message){
                       .op = OP_WELCOME,
                       .v = 1,
                       .id = slice_str("ann"),
                       .resume = slice_str("feedbeef"),
                       .epoch = slice_str(epoch),
                       .beat = 10000,
                       .pub = slice_str("tcp://*:7481"),
                       .durability = slice_str("memory"),
                       .time = 5000,
                       .limits = slice_of(no_limits, sizeof no_limits),
                   });
    (void)told(p, CONFAB_ONLINE);
}

struct pretend *
pretend_online(void)
{
    struct pretend *p = pretend_new();
    session_connected(p->session, p->now);
    pretend_turn(p);
    broker_welcomes(p, "e1");
    return p;
}

void
broker_joins(struct pretend *p, const char *room, uint64_t head)
{
    const struct message *join = sent(p, OP_JOIN);
    char topic[80];
    snprintf(topic, sizeof topic, "%s ", room);
    assert_true(slice_eq(join->room, slice_str(room)));
    broker_says(p, (struct message){
                       .op = OP_JOINED,
                       .ref = join->ref,
                       .room = slice_str(room),
                       .topic = slice_str(topic),
                       .head = head,
                       .rv = 5,
                       .count = 1,
                       .direct = join->direct,
                   });
}

struct message
said(const char *room, uint64_t seq, uint64_t prev)
{
    static char texts[8][24];
    static unsigned next;
    char *text = texts[next++ % 8];
    snprintf(text, 24, "%llu", (unsigned long long)seq);
    return (struct message){
        .op = OP_SAY,
        .room = slice_str(room),
        .seq = seq,
        .prev = prev,
        .from = slice_str("bob"),
        .time = 1,
        .text = slice_str(text),
    };
}

void
broker_pages(struct pretend *p, struct page page)
{
    static uint8_t list[LIMIT_FRAME];
    assert_in_range(page.count, 0, 15); /* a fixarray */
    list[0] = (uint8_t)(0x90 | page.count);
    size_t len = 1;
    for (unsigned i = 0; i < page.count; i++) {
        uint64_t seq = page.first + 10 * i;
        struct message m = said(page.room, seq, seq - 10);
        len += encode(&m, list + len, sizeof list - len);
    }
    broker_says(p, (struct message){
                       .op = OP_HISTORY,
                       .ref = {.num = page.ref},
                       .room = slice_str(page.room),
                       .messages = slice_of(list, len),
                       .upto = page.upto,
                       .more = page.more,
                       .complete = !page.incomplete,
                       .head = page.upto,
                   });
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

struct message
tick_of(uint64_t head, uint64_t rv)
{
    return (struct message){
        .op = OP_TICK,
        .room = slice_str("lobby"),
        .head = head,
        .rv = rv,
        .time = 1,
    };
}

struct pretend *
in_lobby(uint64_t head)
{
    struct pretend *p = pretend_online();
    assert_int_equal(session_join(p->session, "lobby", 0), 0);
    pretend_turn(p);
    broker_joins(p, "lobby", head);
    (void)told(p, CONFAB_JOINED);
    topic_was(p, "+lobby ");
    assert_string_equal(p->publisher, "tcp://*:7481");
    (void)sent(p, OP_SYNC);
    topic_says(p, "lobby", tick_of(head, 5));
    pretend_wait(p, 200);
    sent_nothing(p);
    return p;
}
