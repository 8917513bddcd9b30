/* SPDX-License-Identifier: MPL-2.0 */
/*
 * tables: the protocol, as rows.
 *
 * FIELD_TABLE and OP_TABLE (message.h) say what keys and ops there are; here
 * stands which op has which keys, by sender, in the order they are written.
 * NEED marks a key that must be there, MAY one that can be left out. Reading,
 * writing, checking and the tables of PROTOCOL.md are all made from this: an op
 * or a key is added here and nowhere else.
 *
 * The order is the one a reader meets most often, since it tries the next key
 * of the row first. A broker's say and tell begin with seq, prev and time, as
 * message_stamp writes them in front of a body made earlier.
 */
#include "tables.h"

/* These are rows, whatever a formatter thinks of them. */
/* clang-format off */
#define CLIENT_HELLO(NEED, MAY)                                               \
    MAY(REF) NEED(V) NEED(ID) MAY(INBOX) MAY(LANE) MAY(RESUME) MAY(BEAT)      \
    MAY(AGENT) MAY(PASSWORD)
#define CLIENT_JOIN(NEED, MAY) MAY(REF) NEED(ROOM) MAY(DIRECT)
#define CLIENT_LEAVE(NEED, MAY) MAY(REF) NEED(ROOM)
#define CLIENT_SAY(NEED, MAY)                                                 \
    MAY(REF) NEED(ROOM) MAY(TEXT) MAY(DATA) MAY(KIND) MAY(RE) MAY(N) MAY(KEEP)
#define CLIENT_TELL(NEED, MAY)                                                \
    MAY(REF) NEED(TO) MAY(TEXT) MAY(DATA) MAY(KIND) MAY(RE) MAY(N) MAY(KEEP)  \
    MAY(WANT_RECEIPT)
#define CLIENT_ACK(NEED, MAY) MAY(REF) NEED(SEQ)
#define CLIENT_HISTORY(NEED, MAY)                                             \
    MAY(REF) MAY(ROOM) MAY(WITH) MAY(AFTER) MAY(BEFORE) MAY(SINCE) MAY(LIMIT)
#define CLIENT_SYNC(NEED, MAY) MAY(REF) NEED(ROOM)
#define CLIENT_WHO(NEED, MAY) MAY(REF) MAY(ROOM) MAY(AFTER_NAME) MAY(LIMIT)
#define CLIENT_ROOMS(NEED, MAY) MAY(REF) MAY(AFTER_NAME) MAY(LIMIT)
#define CLIENT_PING(NEED, MAY) MAY(REF)
#define CLIENT_BYE(NEED, MAY) MAY(REF)
#define CLIENT_INVITE(NEED, MAY)                                              \
    MAY(REF) NEED(ROOM) NEED(ID) MAY(ROLE) MAY(FOR)
#define CLIENT_KICK(NEED, MAY) MAY(REF) MAY(ROOM) NEED(ID) MAY(TEXT)
#define CLIENT_BAN(NEED, MAY)                                                 \
    MAY(REF) MAY(ROOM) MAY(ID) MAY(KEY) MAY(ADDRESS) MAY(FOR) MAY(TEXT)
#define CLIENT_MUTE(NEED, MAY)                                                \
    MAY(REF) MAY(ROOM) NEED(ID) MAY(FOR) MAY(TEXT)
#define CLIENT_REDACT(NEED, MAY) MAY(REF) NEED(ROOM) NEED(SEQ) MAY(TEXT)
#define CLIENT_ABOUT(NEED, MAY) MAY(REF) NEED(ROOM) NEED(ABOUT)
#define CLIENT_RULINGS(NEED, MAY)                                             \
    MAY(REF) NEED(KIND) MAY(ROOM) MAY(AFTER) MAY(LIMIT)
#define CLIENT_RELOAD(NEED, MAY) MAY(REF)
#define CLIENT_SEARCH(NEED, MAY)                                              \
    MAY(REF) NEED(TEXT) MAY(ROOM) MAY(WITH) MAY(FROM) MAY(BEFORE) MAY(SINCE)  \
    MAY(LIMIT)
#define CLIENT_STATS(NEED, MAY) MAY(REF)

#define BROKER_WELCOME(NEED, MAY)                                             \
    MAY(REF) NEED(V) NEED(ID) NEED(RESUME) NEED(EPOCH) NEED(BEAT) NEED(PUB)   \
    NEED(DURABILITY) NEED(TIME) MAY(N) NEED(ACKED) NEED(LIMITS) MAY(ROLE)
#define BROKER_JOINED(NEED, MAY)                                              \
    MAY(REF) NEED(ROOM) NEED(TOPIC) NEED(DIRECT) NEED(HEAD) NEED(FIRST)       \
    NEED(RV) NEED(COUNT_OF) MAY(MEMBERS) MAY(ABOUT) MAY(CLOSED)
#define BROKER_OK(NEED, MAY)                                                  \
    MAY(REF) MAY(N) MAY(SEQ) MAY(TIME) MAY(ONLINE) MAY(AGAIN)
#define BROKER_ERROR(NEED, MAY)                                               \
    MAY(REF) MAY(N) NEED(CODE) NEED(TEXT) MAY(WAIT) MAY(V)
#define BROKER_SAY(NEED, MAY)                                                 \
    MAY(SEQ) MAY(PREV) MAY(TIME) NEED(ROOM) NEED(FROM) MAY(TEXT) MAY(DATA)    \
    MAY(KIND) MAY(RE) MAY(GONE)
#define BROKER_TELL(NEED, MAY)                                                \
    MAY(SEQ) MAY(PREV) MAY(TIME) NEED(TO) NEED(FROM) MAY(TEXT) MAY(DATA)      \
    MAY(KIND) MAY(RE) MAY(GONE)
#define BROKER_RECEIPT(NEED, MAY) NEED(TO) NEED(SEQ)
#define BROKER_HISTORY(NEED, MAY)                                             \
    MAY(REF) MAY(ROOM) MAY(WITH) NEED(MESSAGES) NEED(UPTO) NEED(MORE)         \
    NEED(COMPLETE) NEED(HEAD) NEED(FIRST) MAY(ACKED)
#define BROKER_ENTER(NEED, MAY)                                               \
    NEED(ROOM) NEED(ID) NEED(HEAD) NEED(RV) NEED(COUNT_OF) MAY(WHY)
#define BROKER_EXIT(NEED, MAY) BROKER_ENTER(NEED, MAY)
#define BROKER_TICK(NEED, MAY)                                                \
    NEED(ROOM) NEED(HEAD) NEED(RV) NEED(COUNT_OF) NEED(TIME) MAY(ABOUT) MAY(BY)
#define BROKER_WHO(NEED, MAY)                                                 \
    MAY(REF) MAY(ROOM) MAY(RV) NEED(MEMBERS) NEED(COUNT_OF) NEED(MORE)
#define BROKER_ROOMS(NEED, MAY) MAY(REF) NEED(ROOMS) NEED(MORE)
#define BROKER_PONG(NEED, MAY) MAY(REF) NEED(TIME) NEED(HEADS) NEED(MAIL)
#define BROKER_BYE(NEED, MAY) NEED(WHY) MAY(WAIT) MAY(TEXT)
#define BROKER_INVITED(NEED, MAY) NEED(ROOM) NEED(BY)
#define BROKER_ABOUT(NEED, MAY) NEED(ROOM) NEED(ABOUT) NEED(BY) NEED(HEAD)
#define BROKER_RULINGS(NEED, MAY) MAY(REF) NEED(RULINGS) NEED(MORE)
#define BROKER_FOUND(NEED, MAY)                                               \
    MAY(REF) NEED(MESSAGES) NEED(UPTO) NEED(MORE) NEED(COMPLETE)
#define BROKER_STATS(NEED, MAY) MAY(REF) NEED(TIME) NEED(COUNTERS)
/* clang-format on */

/* Not messages: what is kept of one with an unknown op, a row of `rooms`. */
#define INNER_UNKNOWN(NEED, MAY) MAY(REF) MAY(N)
#define INNER_ROOM(NEED, MAY)                                                  \
    NEED(ROOM) NEED(COUNT_OF) NEED(HEAD) MAY(ABOUT) MAY(CLOSED)
/* clang-format off */
#define INNER_RULING(NEED, MAY)                                               \
    NEED(KIND) NEED(SEQ) NEED(TIME) NEED(BY) MAY(ROOM) MAY(ID) MAY(KEY)       \
    MAY(ADDRESS) MAY(ROLE) MAY(UNTIL) MAY(TEXT)
/* clang-format on */

#define SHAPE_TABLE(X)                                                         \
    X(CLIENT, HELLO)                                                           \
    X(CLIENT, JOIN)                                                            \
    X(CLIENT, LEAVE)                                                           \
    X(CLIENT, SAY)                                                             \
    X(CLIENT, TELL)                                                            \
    X(CLIENT, ACK)                                                             \
    X(CLIENT, HISTORY)                                                         \
    X(CLIENT, SYNC)                                                            \
    X(CLIENT, WHO)                                                             \
    X(CLIENT, ROOMS)                                                           \
    X(CLIENT, PING)                                                            \
    X(CLIENT, BYE)                                                             \
    X(CLIENT, INVITE)                                                          \
    X(CLIENT, KICK)                                                            \
    X(CLIENT, BAN)                                                             \
    X(CLIENT, MUTE)                                                            \
    X(CLIENT, REDACT)                                                          \
    X(CLIENT, ABOUT)                                                           \
    X(CLIENT, RULINGS)                                                         \
    X(CLIENT, RELOAD)                                                          \
    X(CLIENT, SEARCH)                                                          \
    X(CLIENT, STATS)                                                           \
    X(BROKER, WELCOME)                                                         \
    X(BROKER, JOINED)                                                          \
    X(BROKER, OK)                                                              \
    X(BROKER, ERROR)                                                           \
    X(BROKER, SAY)                                                             \
    X(BROKER, TELL)                                                            \
    X(BROKER, RECEIPT)                                                         \
    X(BROKER, HISTORY)                                                         \
    X(BROKER, ENTER)                                                           \
    X(BROKER, EXIT)                                                            \
    X(BROKER, TICK)                                                            \
    X(BROKER, WHO)                                                             \
    X(BROKER, ROOMS)                                                           \
    X(BROKER, PONG)                                                            \
    X(BROKER, BYE)                                                             \
    X(BROKER, INVITED)                                                         \
    X(BROKER, ABOUT)                                                           \
    X(BROKER, RULINGS)                                                         \
    X(BROKER, FOUND)                                                           \
    X(BROKER, STATS)

#define NEED_FIELD(name) {FIELD_##name, true},
#define MAY_FIELD(name) {FIELD_##name, false},
#define KEY(name) &field_keys[FIELD_##name],
#define BIT(name) | MESSAGE_BIT(FIELD_##name)
#define NO_BIT(name)

#define SHAPE_FIELDS(side, op)                                                 \
    static const struct shape_field side##_##op##_fields[] = {                 \
        side##_##op(NEED_FIELD, MAY_FIELD)};                                   \
    static const struct wire_key *const side##_##op##_keys[] = {               \
        side##_##op(KEY, KEY)};
#define SHAPE(side, op)                                                        \
    {                                                                          \
        .fields = side##_##op##_fields,                                        \
        .count = sizeof side##_##op##_fields / sizeof(struct shape_field),     \
        .takes = 0 side##_##op(BIT, BIT), .needs = 0 side##_##op(BIT, NO_BIT), \
        .keys = side##_##op##_keys                                             \
    }

SHAPE_TABLE(SHAPE_FIELDS)
SHAPE_FIELDS(INNER, UNKNOWN)
SHAPE_FIELDS(INNER, ROOM)
SHAPE_FIELDS(INNER, RULING)

const struct shape shapes[SIDE_COUNT][OP_COUNT] = {
#define SHAPE_ROW(side, op) [SIDE_##side][OP_##op] = SHAPE(side, op),
    SHAPE_TABLE(SHAPE_ROW)
#undef SHAPE_ROW
};

const struct shape shape_unknown = SHAPE(INNER, UNKNOWN);
const struct shape shape_room = SHAPE(INNER, ROOM);
const struct shape shape_ruling = SHAPE(INNER, RULING);

const struct field_row field_rows[FIELD_COUNT] = {
#define FIELD_ROW(name, member, key, type, max, preset)                        \
    [name] = {(key), (type), offsetof(struct message, member), (max), (preset)},
    FIELD_TABLE(FIELD_ROW)
#undef FIELD_ROW
};

#define PRESET_TYPE_UINT(member, preset)                                       \
    if ((preset) != 0)                                                         \
        member = (preset);
#define PRESET_TYPE_BOOL(member, preset) PRESET_TYPE_UINT(member, preset)
#define PRESET_TYPE_NAME(member, preset)
#define PRESET_TYPE_STR(member, preset)
#define PRESET_TYPE_REF(member, preset)
#define PRESET_TYPE_DATA(member, preset)
#define PRESET_TYPE_ARRAY(member, preset)
#define PRESET_TYPE_MAP(member, preset)

/* Zeroed by hand, in steps that compilers keep as plain stores: for this size
 * they would take `rep stos`, which costs as much as reading three fields. */
void
message_clear(struct message *m)
{
    enum { STEP = 64 };
    char *bytes = (char *)m;
    size_t i = 0;

    for (; i + STEP <= sizeof *m; i += STEP)
        memset(bytes + i, 0, STEP);
    memset(bytes + i, 0, sizeof *m - i);
#define PRESET(name, member, key, type, max, preset)                           \
    PRESET_##type(m->member, preset)
    FIELD_TABLE(PRESET)
#undef PRESET
}

struct window
window_at_end(const uint8_t *at, const uint8_t *end)
{
    uint8_t padded[WIRE_KEY] = {0};

    memcpy(padded, at, (size_t)(end - at));
    return window_of(padded);
}

#define ON(len, i) (uint8_t)((i) < (len) ? 0xff : 0)
#define MASK(len)                                                              \
    {                                                                          \
        ON(len, 0), ON(len, 1), ON(len, 2), ON(len, 3), ON(len, 4),            \
            ON(len, 5), ON(len, 6), ON(len, 7), ON(len, 8), ON(len, 9),        \
            ON(len, 10), ON(len, 11), ON(len, 12), ON(len, 13), ON(len, 14),   \
            ON(len, 15)                                                        \
    }
/* sizeof a literal counts its NUL, which makes room for the tag. */
#define WIRE(key)                                                              \
    .tag = (uint8_t)(0xa0 + sizeof(key) - 1), .text = key,                     \
    .mask = MASK(sizeof(key)), .len = sizeof(key)

const struct wire_key op_key = {WIRE("op")};

const struct wire_key field_keys[FIELD_COUNT] = {
#define FIELD_KEY(name, member_, key, type_, max_, preset)                     \
    [name] = {WIRE(key), .type = (type_), .max = (max_),                       \
              .bit = MESSAGE_BIT(name),                                        \
              .offset = offsetof(struct message, member_)},
    FIELD_TABLE(FIELD_KEY)
#undef FIELD_KEY
};

const struct wire_key op_keys[OP_COUNT] = {
#define OP_KEY(name, wire) [name] = {WIRE(wire)},
    OP_TABLE(OP_KEY)
#undef OP_KEY
};

const struct shape *
message_shape(enum side from, enum op op)
{
    assert(from < SIDE_COUNT && op < OP_COUNT);
    return &shapes[from][op];
}

const char *
op_name(enum op op)
{
    assert(op < OP_COUNT);
    return op_keys[op].text;
}

enum op
op_find(struct slice wire)
{
    for (unsigned i = OP_NONE + 1; i < OP_COUNT; i++)
        if (slice_eq(wire, slice_of(op_keys[i].text, op_keys[i].len - 1u)))
            return (enum op)i;
    return OP_NONE;
}
