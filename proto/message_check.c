/* SPDX-License-Identifier: MPL-2.0 */
/*
 * message_check: the rules that concern more than one field.
 *
 * Types, sizes and required keys are in the rows of tables.c; what is left is
 * here, a function per op that has such a rule. Only what can be seen from the
 * message alone is checked: what depends on the session or the room is the
 * broker's business. A message from the broker has no such rules: a client
 * takes what it can use.
 */
#include "message_inner.h"

static bool
has_any(const struct message *m, uint64_t fields)
{
    return (m->has & fields) != 0;
}

static bool
has_two(const struct message *m, uint64_t fields)
{
    uint64_t there = m->has & fields;
    return (there & (there - 1)) != 0;
}

static void
check_speech(const struct message *m, struct fault *fault)
{
    const uint64_t body = MESSAGE_BIT(FIELD_TEXT) | MESSAGE_BIT(FIELD_DATA);

    if (!has_any(m, body))
        fault_set(fault, ERR_BAD_MESSAGE, "text and data are both missing");
    if (!m->keep && message_has(m, FIELD_N))
        fault_set(fault, ERR_BAD_MESSAGE, "keep:false may not have an n");
}

static void
check_history(const struct message *m, struct fault *fault)
{
    const uint64_t bounds = MESSAGE_BIT(FIELD_AFTER) |
                            MESSAGE_BIT(FIELD_BEFORE) |
                            MESSAGE_BIT(FIELD_SINCE);
    const uint64_t whose = MESSAGE_BIT(FIELD_ROOM) | MESSAGE_BIT(FIELD_WITH);

    if (has_two(m, bounds))
        fault_set(fault, ERR_BAD_MESSAGE,
                  "only one of after, before and since may be there");
    if (has_two(m, whose))
        fault_set(fault, ERR_BAD_MESSAGE,
                  "only one of room and with may be there");
}

static void
check_search(const struct message *m, struct fault *fault)
{
    const uint64_t whose = MESSAGE_BIT(FIELD_ROOM) | MESSAGE_BIT(FIELD_WITH);

    if (has_two(m, whose))
        fault_set(fault, ERR_BAD_MESSAGE,
                  "only one of room and with may be there");
    if (m->text.len > LIMIT_QUERY)
        fault_set(fault, ERR_TOO_LARGE, "text is %zu bytes, the limit is %d",
                  m->text.len, LIMIT_QUERY);
}

/* A reason is for the record, not a message. */
static void
check_reason(const struct message *m, struct fault *fault)
{
    if (m->text.len > LIMIT_REASON)
        fault_set(fault, ERR_TOO_LARGE, "text is %zu bytes, the limit is %d",
                  m->text.len, LIMIT_REASON);
}

static void
check_ban(const struct message *m, struct fault *fault)
{
    const uint64_t whom = MESSAGE_BIT(FIELD_ID) | MESSAGE_BIT(FIELD_KEY) |
                          MESSAGE_BIT(FIELD_ADDRESS);

    if (!has_any(m, whom) || has_two(m, whom))
        fault_set(fault, ERR_BAD_MESSAGE,
                  "one of id, key and address must be there");
    check_reason(m, fault);
}

static void (*const checks[OP_COUNT])(const struct message *,
                                      struct fault *) = {
    [OP_SAY] = check_speech,      [OP_TELL] = check_speech,
    [OP_HISTORY] = check_history, [OP_KICK] = check_reason,
    [OP_BAN] = check_ban,         [OP_MUTE] = check_reason,
    [OP_REDACT] = check_reason,   [OP_SEARCH] = check_search,
};

void
message_check(enum side from, const struct message *m, struct fault *fault)
{
    if (m->text.len + m->data.len > LIMIT_BODY)
        fault_set(fault, ERR_TOO_LARGE,
                  "text and data are %zu bytes, the limit is %d",
                  m->text.len + m->data.len, LIMIT_BODY);
    if (from == SIDE_CLIENT && checks[m->op])
        checks[m->op](m, fault);
}
