/* SPDX-License-Identifier: MPL-2.0 */
/*
 * message: one message of PROTOCOL.md, between its bytes and a struct.
 *
 * The tables here are the protocol: FIELD_TABLE has one row per key with its
 * type and limit, `message_shape` one row per op and sender with the keys it
 * takes and which of them it must have. Reading, writing, checking and the
 * tables of PROTOCOL.md come from these rows and nowhere else.
 *
 * message_read fills a fresh, zeroed struct whose slices borrow the frame: they
 * are valid as long as the frame is. Absent fields have their default; whether
 * a field was there tells message_has. message_write is the way back.
 */
#ifndef CONFAB_MESSAGE_H
#define CONFAB_MESSAGE_H

#include <assert.h>

#include "err.h"
#include "limits.h"
#include "reader.h"

enum side { SIDE_CLIENT, SIDE_BROKER, SIDE_COUNT }; /* who sends it */

#define OP_TABLE(X)                                                            \
    X(OP_HELLO, "hello")                                                       \
    X(OP_JOIN, "join")                                                         \
    X(OP_LEAVE, "leave")                                                       \
    X(OP_SAY, "say")                                                           \
    X(OP_TELL, "tell")                                                         \
    X(OP_ACK, "ack")                                                           \
    X(OP_HISTORY, "history")                                                   \
    X(OP_SYNC, "sync")                                                         \
    X(OP_WHO, "who")                                                           \
    X(OP_ROOMS, "rooms")                                                       \
    X(OP_PING, "ping")                                                         \
    X(OP_BYE, "bye")                                                           \
    X(OP_WELCOME, "welcome")                                                   \
    X(OP_JOINED, "joined")                                                     \
    X(OP_OK, "ok")                                                             \
    X(OP_ERROR, "error")                                                       \
    X(OP_RECEIPT, "receipt")                                                   \
    X(OP_ENTER, "enter")                                                       \
    X(OP_EXIT, "exit")                                                         \
    X(OP_TICK, "tick")                                                         \
    X(OP_PONG, "pong")                                                         \
    X(OP_INVITE, "invite")                                                     \
    X(OP_KICK, "kick")                                                         \
    X(OP_BAN, "ban")                                                           \
    X(OP_MUTE, "mute")                                                         \
    X(OP_REDACT, "redact")                                                     \
    X(OP_ABOUT, "about")                                                       \
    X(OP_RULINGS, "rulings")                                                   \
    X(OP_RELOAD, "reload")                                                     \
    X(OP_INVITED, "invited")                                                   \
    X(OP_SEARCH, "search")                                                     \
    X(OP_FOUND, "found")                                                       \
    X(OP_STATS, "stats")

enum op {
    OP_NONE,
#define OP_ENUM(name, wire) name,
    OP_TABLE(OP_ENUM)
#undef OP_ENUM
        OP_COUNT
};

enum field_type {
    TYPE_UINT,  /* 0 ... 2^53-1 */
    TYPE_BOOL,  /* 0 and 1 serve, too */
    TYPE_NAME,  /* name.h */
    TYPE_STR,   /* UTF-8 of at most `max` bytes */
    TYPE_REF,   /* an integer, or a string of at most LIMIT_REF bytes */
    TYPE_DATA,  /* any one MessagePack value, passed on as it is */
    TYPE_ARRAY, /* an array, kept as its bytes: members, messages, rooms, ... */
    TYPE_MAP,   /* a map, kept as its bytes: heads, limits, counters */
};

/* X(FIELD, member of struct message, key, type, max, default)
 * `max` is bytes for strings; `default` is what an absent number or bool is. */
#define FIELD_TABLE(X)                                                         \
    X(FIELD_REF, ref, "ref", TYPE_REF, LIMIT_REF, 0)                           \
    X(FIELD_V, v, "v", TYPE_UINT, 0, 0)                                        \
    X(FIELD_ID, id, "id", TYPE_NAME, LIMIT_NAME, 0)                            \
    X(FIELD_INBOX, inbox, "inbox", TYPE_BOOL, 0, 1)                            \
    X(FIELD_LANE, lane, "lane", TYPE_NAME, LIMIT_NAME, 0)                      \
    X(FIELD_RESUME, resume, "resume", TYPE_STR, 64, 0)                         \
    X(FIELD_BEAT, beat, "beat", TYPE_UINT, 0, BEAT_DEFAULT)                    \
    X(FIELD_AGENT, agent, "agent", TYPE_STR, 128, 0)                           \
    X(FIELD_PASSWORD, password, "password", TYPE_STR, 1024, 0)                 \
    X(FIELD_ROOM, room, "room", TYPE_NAME, LIMIT_NAME, 0)                      \
    X(FIELD_TO, to, "to", TYPE_NAME, LIMIT_NAME, 0)                            \
    X(FIELD_WITH, with, "with", TYPE_NAME, LIMIT_NAME, 0)                      \
    X(FIELD_DIRECT, direct, "direct", TYPE_BOOL, 0, 0)                         \
    X(FIELD_SEQ, seq, "seq", TYPE_UINT, 0, 0)                                  \
    X(FIELD_PREV, prev, "prev", TYPE_UINT, 0, 0)                               \
    X(FIELD_FROM, from, "from", TYPE_NAME, LIMIT_NAME, 0)                      \
    X(FIELD_TIME, time, "time", TYPE_UINT, 0, 0)                               \
    X(FIELD_TEXT, text, "text", TYPE_STR, LIMIT_TEXT, 0)                       \
    X(FIELD_DATA, data, "data", TYPE_DATA, LIMIT_BODY, 0)                      \
    X(FIELD_KIND, kind, "kind", TYPE_STR, LIMIT_KIND, 0)                       \
    X(FIELD_RE, re, "re", TYPE_UINT, 0, 0)                                     \
    X(FIELD_N, n, "n", TYPE_UINT, 0, 0)                                        \
    X(FIELD_KEEP, keep, "keep", TYPE_BOOL, 0, 1)                               \
    X(FIELD_WANT_RECEIPT, receipt, "receipt", TYPE_BOOL, 0, 0)                 \
    X(FIELD_GONE, gone, "gone", TYPE_BOOL, 0, 0)                               \
    X(FIELD_AFTER, after, "after", TYPE_UINT, 0, 0)                            \
    X(FIELD_AFTER_NAME, after_name, "after", TYPE_NAME, LIMIT_NAME, 0)         \
    X(FIELD_BEFORE, before, "before", TYPE_UINT, 0, 0)                         \
    X(FIELD_SINCE, since, "since", TYPE_UINT, 0, 0)                            \
    X(FIELD_LIMIT, limit, "limit", TYPE_UINT, 0, 0)                            \
    X(FIELD_EPOCH, epoch, "epoch", TYPE_STR, 64, 0)                            \
    X(FIELD_PUB, pub, "pub", TYPE_STR, 256, 0)                                 \
    X(FIELD_DURABILITY, durability, "durability", TYPE_STR, 16, 0)             \
    X(FIELD_ACKED, acked, "acked", TYPE_UINT, 0, 0)                            \
    X(FIELD_LIMITS, limits, "limits", TYPE_MAP, 0, 0)                          \
    X(FIELD_TOPIC, topic, "topic", TYPE_STR, LIMIT_NAME + 1, 0)                \
    X(FIELD_HEAD, head, "head", TYPE_UINT, 0, 0)                               \
    X(FIELD_FIRST, first, "first", TYPE_UINT, 0, 0)                            \
    X(FIELD_RV, rv, "rv", TYPE_UINT, 0, 0)                                     \
    X(FIELD_COUNT_OF, count, "count", TYPE_UINT, 0, 0)                         \
    X(FIELD_MEMBERS, members, "members", TYPE_ARRAY, 0, 0)                     \
    X(FIELD_ABOUT, about, "about", TYPE_STR, LIMIT_ABOUT, 0)                   \
    X(FIELD_ONLINE, online, "online", TYPE_BOOL, 0, 0)                         \
    X(FIELD_AGAIN, again, "again", TYPE_BOOL, 0, 0)                            \
    X(FIELD_CODE, code, "code", TYPE_STR, 32, 0)                               \
    X(FIELD_WAIT, wait, "wait", TYPE_UINT, 0, 0)                               \
    X(FIELD_MESSAGES, messages, "messages", TYPE_ARRAY, 0, 0)                  \
    X(FIELD_UPTO, upto, "upto", TYPE_UINT, 0, 0)                               \
    X(FIELD_MORE, more, "more", TYPE_BOOL, 0, 0)                               \
    X(FIELD_COMPLETE, complete, "complete", TYPE_BOOL, 0, 0)                   \
    X(FIELD_WHY, why, "why", TYPE_STR, 32, 0)                                  \
    X(FIELD_ROOMS, rooms, "rooms", TYPE_ARRAY, 0, 0)                           \
    X(FIELD_HEADS, heads, "heads", TYPE_MAP, 0, 0)                             \
    X(FIELD_MAIL, mail, "mail", TYPE_UINT, 0, 0)                               \
    X(FIELD_KEY, key, "key", TYPE_STR, LIMIT_KEY, 0)                           \
    X(FIELD_ADDRESS, address, "address", TYPE_STR, LIMIT_ADDRESS, 0)           \
    X(FIELD_FOR, lasts, "for", TYPE_UINT, 0, 0)                                \
    X(FIELD_UNTIL, until, "until", TYPE_UINT, 0, 0)                            \
    X(FIELD_BY, by, "by", TYPE_NAME, LIMIT_NAME, 0)                            \
    X(FIELD_ROLE, role, "role", TYPE_STR, 16, 0)                               \
    X(FIELD_CLOSED, closed, "closed", TYPE_BOOL, 0, 0)                         \
    X(FIELD_RULINGS, rulings, "rulings", TYPE_ARRAY, 0, 0)                     \
    X(FIELD_COUNTERS, counters, "counters", TYPE_MAP, 0, 0)

enum field {
#define FIELD_ENUM(name, member, key, type, max, preset) name,
    FIELD_TABLE(FIELD_ENUM)
#undef FIELD_ENUM
        FIELD_COUNT
};

/* The kind of a say by which the broker tells that message `re` is gone. */
#define KIND_REDACT "redact"

struct ref {
    bool is_str;
    uint64_t num;
    struct slice str;
};

struct message {
    enum op op;
    uint64_t has; /* bit `1 << enum field` for every key that was there */
    struct ref ref;
    struct slice id, lane, resume, agent, password, room, to, with, from;
    struct slice text, data, kind, after_name, epoch, pub, durability, topic;
    struct slice about, code, why, key, address, by, role;
    struct slice limits, members, messages, rooms, heads, rulings; /* encoded */
    struct slice counters;
    uint64_t v, beat, seq, prev, time, re, n, after, before, since, limit;
    uint64_t acked, head, first, rv, count, wait, upto, mail, lasts, until;
    bool inbox, direct, keep, receipt, gone, online, again, more, complete;
    bool closed;
};

static_assert(FIELD_COUNT <= 64, "struct message.has has 64 bits");

#define MESSAGE_BIT(field) (UINT64_C(1) << (field))

static inline bool
message_has(const struct message *m, enum field field)
{
    return (m->has & MESSAGE_BIT(field)) != 0;
}

/* Why a message was refused: the code, and a sentence for `error.text` that
 * names the field and the limit ("text is 20000 bytes, the limit is 16384").
 * `broken` says that the bytes themselves could not be followed, so that
 * nothing behind them in the frame can be read either. */
struct fault {
    enum err code;
    bool broken;
    char text[160];
};

/* Reads the next message of `r`, sent by `from`. Only ERR_NONE gives a message
 * to act on, but op, ref and n are filled as far as they could be read, so that
 * the error can be matched. ERR_BAD_MESSAGE (unreadable, wrong type, key twice,
 * required key missing), ERR_UNKNOWN_OP, ERR_BAD_NAME, ERR_TOO_LARGE: `fault`
 * says more. Unless fault->broken the reader stands behind the message. */
[[nodiscard]] enum err message_read(struct reader *r, enum side from,
                                    struct message *m, struct fault *fault);

/* A bounded place to write to. `len` never passes `cap`; what does not fit sets
 * `overflow` and is dropped whole, message by message. */
struct buffer {
    uint8_t *data;
    size_t len;
    size_t cap;
    bool overflow;
};

/* Appends the message: `op` first, then every field with its bit in `has`, in
 * the order of its shape, through msgpack-c's packer. False and nothing changed
 * when it does not fit. A field that the op does not have is our bug. */
[[nodiscard]] bool message_write(struct buffer *out, enum side from,
                                 const struct message *m);

/*
 * What is stored is what is sent: a say or tell is encoded when it arrives, but
 * seq, prev and time are known only when the log places it. So the body (every
 * field but op, seq, prev, time) is written behind MESSAGE_HEADROOM free bytes,
 * and message_stamp completes the map backwards into them.
 */
enum { MESSAGE_HEADROOM = 64 };

/* Appends the body's pairs only; `pairs` gets how many. */
[[nodiscard]] bool message_write_body(struct buffer *out, enum side from,
                                      const struct message *m, unsigned *pairs);

/* What completes a body; a NULL pointer leaves that field out. */
struct stamp {
    enum op op;
    const uint64_t *seq, *prev, *time;
};

/* Writes map header, op, seq, prev, time in front of `body` (which has
 * MESSAGE_HEADROOM writable bytes before it) and returns where the message now
 * begins. */
uint8_t *message_stamp(uint8_t *body, unsigned pairs,
                       const struct stamp *stamp);

/*
 * Frames: an array of 1 to LIMIT_BATCH messages in at most LIMIT_FRAME bytes.
 * A frame under construction reserves three bytes for an array 16 header.
 */
enum { FRAME_HEADER = 3 };

/* Opens a received frame: `r` stands at the first of `count` messages. */
[[nodiscard]] enum err frame_open(struct slice frame, struct reader *r,
                                  uint32_t *count, struct fault *fault);
/* To be asked when the last message has been read: is anything behind it? */
[[nodiscard]] enum err frame_end(const struct reader *r, struct fault *fault);
/* Writes the header for `count` messages to the three bytes at `at`. */
void frame_close(uint8_t at[static FRAME_HEADER], unsigned count);
/* A PUB frame: "room", space, frame. Splits it; false when there is no space
 * or the name before it is not valid. */
[[nodiscard]] bool frame_split(struct slice pub, struct slice *room,
                               struct slice *frame);

/* The table behind it all, for documentation, JSON and tests. */
struct field_row {
    const char *key;
    enum field_type type;
    size_t offset; /* in struct message */
    size_t max;
    uint64_t preset;
};
struct shape_field {
    uint8_t field; /* enum field */
    bool required;
};
struct wire_key; /* proto/tables.h */
struct shape {
    const struct shape_field *fields;   /* in the order they are written */
    unsigned count;                     /* 0: this side does not send this op */
    uint64_t takes, needs;              /* the same as MESSAGE_BITs */
    const struct wire_key *const *keys; /* of the fields, on the wire */
};
extern const struct field_row field_rows[FIELD_COUNT];
const struct shape *message_shape(enum side from, enum op op);
const char *op_name(enum op op);    /* static; "" for OP_NONE */
enum op op_find(struct slice wire); /* OP_NONE when there is none */

/*
 * The lists inside answers: each takes a reader over the field's bytes, opened
 * by the _open call, and gives one element a time; false at the end, or when
 * the element is not what it should be (then reader->fault is set).
 */
[[nodiscard]] bool list_open(struct slice raw, struct reader *r,
                             uint32_t *count);
[[nodiscard]] bool list_name(struct reader *r, struct slice *name);
/* One row of `rooms`: room, count, head, about, closed (when present). */
[[nodiscard]] bool list_room(struct reader *r, struct message *row);
/* One row of `rulings`: kind, room, id or key or address, role, until, by,
 * time, seq, text (by its `has`). */
[[nodiscard]] bool list_ruling(struct reader *r, struct message *row);
/* One pair of `pong.heads`: room -> [head, rv]. */
[[nodiscard]] bool list_head(struct reader *r, struct slice *room,
                             uint64_t *head, uint64_t *rv);
/* One pair of `welcome.limits` or `stats.counters`. */
[[nodiscard]] bool list_limit(struct reader *r, struct slice *name,
                              uint64_t *value);

/*
 * Writing them: the header with the number of elements, then each element. For
 * arrays of messages: list_put_array, then message_write or the stored bytes.
 * What does not fit sets `overflow`: ask once, at the end, and on it begin
 * again with fewer.
 */
void list_put_array(struct buffer *out, uint32_t count);
void list_put_map(struct buffer *out, uint32_t count);
void list_put_str(struct buffer *out, struct slice text);
void list_put_uint(struct buffer *out, uint64_t num);
void list_put_head(struct buffer *out, struct slice room, uint64_t head,
                   uint64_t rv);
/* Takes the fields of such a row, by its `has`. */
void list_put_room(struct buffer *out, const struct message *row);
void list_put_ruling(struct buffer *out, const struct message *row);

#endif
