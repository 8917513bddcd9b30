/* SPDX-License-Identifier: MPL-2.0 */
/*
 * One byte chooses the op, two the optional keys, and one each value.
 */
#include "speech.h"

#include "agree.h"
#include "law.h"

enum { FILLER = 49152 };

static const char *const lanes[] = {"l1", "l2", "l3"};

static struct slice
some_name(const char *const *names, unsigned count, uint8_t byte)
{
    /* Rarely one that is none. */
    return byte == 255 ? slice_str("#no name") : slice_str(names[byte % count]);
}

/* Mostly short: what is long takes long. */
static struct slice
some_text(uint8_t byte)
{
    static uint8_t filler[FILLER];
    static const size_t sizes[] = {300, 300, 300, 4000, 16384, 16385};
    if (!filler[0])
        memset(filler, 'x', sizeof filler);
    size_t size = byte < 250 ? 1 + byte % 32u : sizes[byte - 250];
    return slice_of(filler, size);
}

static struct slice
some_data(uint8_t byte)
{
    static uint8_t bin[FILLER] = {0xc5, 0x7f, 0xfd};
    static const uint8_t map[] = {0x81, 0xa1, 'a', 0x92, 1, 0xc0};
    size_t size = byte < 250 ? 0 : 0x7ffd + 3;
    return size ? slice_of(bin, size) : slice_of(map, sizeof map);
}

/* Near what is known: the newest seq, or small. */
static uint64_t
some_seq(const struct watch *w, uint8_t byte)
{
    return byte & 0x80 ? byte & 0x7f : w->seq + 2 - (byte & 0x1f);
}

static uint64_t
some_number(const struct watch *w, enum field field, uint8_t byte)
{
    static const uint64_t beats[] = {0, 200, 1000, 10000};
    static const uint64_t lasts[] = {0, 500, 30000, WIRE_INT_MAX};
    switch (field) {
    case FIELD_V:
        return byte == 255 ? 2 : 1;
    case FIELD_BEAT:
        return beats[byte % 4];
    case FIELD_FOR:
        return lasts[byte % 4];
    case FIELD_N:
        return byte & 0x80 ? (uint64_t)(byte & 0x7f) * 8 : byte;
    case FIELD_LIMIT:
        return byte;
    default:
        return some_seq(w, byte);
    }
}

static const char *const kinds[] = {"kind",  "member", "ban",  "mute",
                                    "about", "claim",  "kick", "redact"};
static const char *const networks[] = {"10.0.0.1", "10.0.0.0/8",
                                       "2001:db8::/32", "::ffff:10.0.0.2"};
static const char *const roles[] = {"member", "owner", "admin"};

static struct slice
one_of(const char *const *words, unsigned count, uint8_t byte)
{
    return slice_str(words[byte % count]);
}

static struct slice
some_slice(const struct watch *w, enum field field, uint8_t byte)
{
    switch (field) {
    case FIELD_ID:
    case FIELD_TO:
    case FIELD_WITH:
    case FIELD_FROM:
    case FIELD_AFTER_NAME:
        return some_name(watch_ids, WATCH_IDS, byte);
    case FIELD_ROOM:
        return some_name(watch_rooms, WATCH_ROOMS, byte);
    case FIELD_LANE:
        return some_name(lanes, 3, byte);
    case FIELD_RESUME:
        return slice_str(w->resume[byte % WATCH_IDS]);
    case FIELD_DATA:
        return some_data(byte);
    case FIELD_KIND:
        return one_of(kinds, 8, byte);
    case FIELD_AGENT:
        return slice_str("agent");
    case FIELD_PASSWORD:
        return slice_str(byte & 1 ? LAW_PASSWORD : "wrong");
    case FIELD_KEY:
        return one_of(law_keys, LAW_KEYS, byte);
    case FIELD_ADDRESS:
        return one_of(networks, 4, byte);
    case FIELD_ROLE:
        return one_of(roles, 3, byte);
    case FIELD_ABOUT:
        return slice_str(byte & 1 ? "subject" : "");
    default:
        return some_text(byte);
    }
}

static void
set_field(struct message *m, enum field field, struct input *in,
          struct watch *w, unsigned peer)
{
    const struct field_row *row = &field_rows[field];
    void *at = (char *)m + row->offset;
    m->has |= MESSAGE_BIT(field);
    if (field == FIELD_REF)
        m->ref.num = watch_ask(w, peer);
    else if (row->type == TYPE_UINT)
        *(uint64_t *)at = some_number(w, field, input_byte(in));
    else if (row->type == TYPE_BOOL)
        *(bool *)at = input_byte(in) & 1;
    else
        *(struct slice *)at = some_slice(w, field, input_byte(in));
}

/* The last third is what moderators do, and its end what came later, so that
 * what was found before keeps its meaning. */
static enum op
some_op(uint8_t byte)
{
    static const enum op ops[] = {
        OP_HELLO, OP_JOIN,  OP_SAY, OP_TELL, OP_ACK,     OP_HISTORY,
        OP_SYNC,  OP_LEAVE, OP_WHO, OP_PING, OP_HISTORY, OP_HELLO,
        OP_ROOMS, OP_BYE,   OP_SAY, OP_TELL,
    };
    static const enum op more[] = {
        OP_INVITE, OP_KICK,  OP_BAN,     OP_MUTE,
        OP_REDACT, OP_ABOUT, OP_RULINGS, OP_RELOAD,
    };
    if (byte >= 250)
        return byte % 3 ? OP_SEARCH : OP_STATS;
    return byte < 160 ? ops[byte % 16] : more[byte % 8];
}

static bool
speak(struct input *in, struct watch *w, unsigned peer, struct buffer *out)
{
    struct message m = {.op = some_op(input_byte(in))};
    const struct shape *shape = message_shape(SIDE_CLIENT, m.op);
    unsigned chosen = input_byte(in) | (unsigned)input_byte(in) << 8;
    for (unsigned i = 0; i < shape->count; i++) {
        enum field field = shape->fields[i].field;
        if (shape->fields[i].required || chosen >> i & 1)
            set_field(&m, field, in, w, peer);
    }
    return message_write(out, SIDE_CLIENT, &m);
}

struct slice
speech_frame(struct input *in, struct watch *w, unsigned peer,
             uint8_t out[static LIMIT_FRAME])
{
    struct buffer body = {.data = out + FRAME_HEADER,
                          .cap = LIMIT_FRAME - FRAME_HEADER};
    unsigned wanted = 1 + input_byte(in) % 4;
    unsigned count = 0;
    while (count < wanted && speak(in, w, peer, &body))
        count++;
    frame_close(out, count);
    return slice_of(out, FRAME_HEADER + body.len);
}

static struct slice
frame_of(const struct message *m, uint8_t out[static LIMIT_FRAME])
{
    struct buffer body = {.data = out + FRAME_HEADER,
                          .cap = LIMIT_FRAME - FRAME_HEADER};
    MUST(message_write(&body, SIDE_CLIENT, m));
    frame_close(out, 1);
    return slice_of(out, FRAME_HEADER + body.len);
}

struct slice
speech_hello(unsigned id, uint8_t out[static LIMIT_FRAME])
{
    struct message m = {
        .op = OP_HELLO,
        .has = MESSAGE_BIT(FIELD_V) | MESSAGE_BIT(FIELD_ID) |
               MESSAGE_BIT(FIELD_LANE),
        .v = PROTOCOL_VERSION,
        .id = slice_str(watch_ids[id]),
        .lane = slice_str(lanes[0]),
    };
    return frame_of(&m, out);
}

struct slice
speech_join(unsigned room, bool direct, uint8_t out[static LIMIT_FRAME])
{
    struct message m = {
        .op = OP_JOIN,
        .has = MESSAGE_BIT(FIELD_ROOM) | MESSAGE_BIT(FIELD_DIRECT),
        .room = slice_str(watch_rooms[room]),
        .direct = direct,
    };
    return frame_of(&m, out);
}
