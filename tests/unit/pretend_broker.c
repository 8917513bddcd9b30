/* SPDX-License-Identifier: MPL-2.0 */
/* pretend: see pretend.h. What the pretended broker says. */
#include <stdio.h>

#include "pretend.h"

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
    broker_welcomes_lane(p, epoch, 0);
}

void
broker_welcomes_lane(struct pretend *p, const char *epoch, uint64_t n)
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
                       .n = n,
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

struct message
told_to_ann(uint64_t seq, uint64_t prev)
{
    struct message m = said("", seq, prev);
    m.op = OP_TELL;
    m.room = slice_of(NULL, 0);
    m.to = slice_str("ann");
    return m;
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
        struct message m = page.room ? said(page.room, seq, seq - 10)
                                     : told_to_ann(seq, seq - 10);
        len += encode(&m, list + len, sizeof list - len);
    }
    broker_says(
        p, (struct message){
               .op = OP_HISTORY,
               .ref = {.num = page.ref},
               .room = page.room ? slice_str(page.room) : slice_of(NULL, 0),
               .messages = slice_of(list, len),
               .upto = page.upto,
               .more = page.more,
               .complete = !page.incomplete,
               .head = page.upto,
           });
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

struct message
error_of(const char *code, uint64_t ref, uint64_t n, uint64_t wait)
{
    return (struct message){
        .op = OP_ERROR,
        .ref = {.num = ref},
        .n = n,
        .code = slice_str(code),
        .text = slice_str("because"),
        .wait = wait,
    };
}

struct message
ok_of(uint64_t n)
{
    return (struct message){.op = OP_OK, .n = n, .seq = 1000 + n, .time = 7};
}
