/* SPDX-License-Identifier: MPL-2.0 */
/*
 * log_ruling: what engines need to know of rulings.
 *
 * Which are kept, what the words for them are, and the one thing that a ruling
 * does to the log itself: a redaction takes the body out of a message that is
 * there already. What is left of it is made here, for all engines alike. It is
 * never longer than the message was, so that it finds room wherever that lies.
 */
#include "log.h"

enum { DECIMAL = 10, DIGITS = 16 }; /* of the largest integer of the wire */

size_t
log_gone(struct slice wire, uint8_t *out)
{
    struct message m;
    struct fault fault;
    struct reader reader = reader_open(wire);
    if (message_read(&reader, SIDE_BROKER, &m, &fault) || m.op != OP_SAY ||
        !reader_done(&reader))
        return 0;
    m.has &= MESSAGE_BIT(FIELD_SEQ) | MESSAGE_BIT(FIELD_PREV) |
             MESSAGE_BIT(FIELD_TIME) | MESSAGE_BIT(FIELD_ROOM) |
             MESSAGE_BIT(FIELD_FROM);
    m.has |= MESSAGE_BIT(FIELD_GONE);
    m.gone = true;
    struct buffer buffer = {.data = out, .cap = wire.len};
    return message_write(&buffer, SIDE_BROKER, &m) ? buffer.len : 0;
}

uint64_t
log_redacted(const struct record *r)
{
    uint64_t seq = 0;
    if (r->kind != RECORD_RULING || r->ruling != RULING_REDACT ||
        r->token.len > DIGITS)
        return 0;
    for (size_t i = 0; i < r->token.len; i++) {
        unsigned digit = r->token.data[i] - (unsigned)'0';
        if (digit >= DECIMAL)
            return 0;
        seq = seq * DECIMAL + digit;
    }
    return seq;
}

const char *
ruling_word(enum ruling_kind kind)
{
    static const char *const words[RULING_KINDS] = {
#define RULING_WORD(name, wire) [name] = (wire),
        RULING_TABLE(RULING_WORD)
#undef RULING_WORD
    };
    return words[kind];
}

bool
ruling_lasts(enum ruling_kind kind)
{
    return kind != RULING_KICK && kind != RULING_REDACT &&
           kind != RULING_RELOAD;
}
