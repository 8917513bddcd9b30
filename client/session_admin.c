/* SPDX-License-Identifier: MPL-2.0 */
/*
 * session_admin: what moderators, owners and admins do.
 *
 * One table: which op an act is, and which parts of the order it takes. What an
 * op must have is in the protocol's own tables, and session_ask reads the
 * message as the broker would, so it is said there what is missing.
 */
#include "session_state.h"

/* Parts of an order. */
enum part {
    PART_ROOM = 1 << 0,
    PART_ID = 1 << 1,
    PART_WHOM = 1 << 2, /* a key or an address */
    PART_ROLE = 1 << 3,
    PART_KIND = 1 << 4,
    PART_ABOUT = 1 << 5,
    PART_TEXT = 1 << 6,
    PART_SEQ = 1 << 7,
    PART_LASTS = 1 << 8,
    PART_PAGE = 1 << 9, /* seq and limit of a list */
};

static const struct act {
    enum op op;
    unsigned parts;
} acts[] = {
    [CONFAB_DO_INVITE] = {OP_INVITE,
                          PART_ROOM | PART_ID | PART_ROLE | PART_LASTS},
    [CONFAB_DO_KICK] = {OP_KICK, PART_ROOM | PART_ID | PART_TEXT},
    [CONFAB_DO_BAN] = {OP_BAN, PART_ROOM | PART_ID | PART_WHOM | PART_LASTS |
                                   PART_TEXT},
    [CONFAB_DO_MUTE] = {OP_MUTE, PART_ROOM | PART_ID | PART_LASTS | PART_TEXT},
    [CONFAB_DO_REDACT] = {OP_REDACT, PART_ROOM | PART_SEQ | PART_TEXT},
    [CONFAB_DO_ABOUT] = {OP_ABOUT, PART_ROOM | PART_ABOUT},
    [CONFAB_DO_LIST] = {OP_RULINGS, PART_ROOM | PART_KIND | PART_PAGE},
    [CONFAB_DO_RELOAD] = {OP_RELOAD, 0},
};

static void
add_texts(struct message *m, unsigned parts, const struct confab_order *order)
{
    const struct {
        enum part part;
        enum field field;
        struct slice *to;
        const char *text;
    } rows[] = {
        {PART_ROOM, FIELD_ROOM, &m->room, order->room},
        {PART_ID, FIELD_ID, &m->id, order->id},
        {PART_WHOM, FIELD_KEY, &m->key, order->key},
        {PART_WHOM, FIELD_ADDRESS, &m->address, order->address},
        {PART_ROLE, FIELD_ROLE, &m->role, order->role},
        {PART_KIND, FIELD_KIND, &m->kind, order->kind},
        {PART_ABOUT, FIELD_ABOUT, &m->about, order->about},
        {PART_TEXT, FIELD_TEXT, &m->text, order->text},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (parts & rows[i].part)
            session_add(m, rows[i].field, rows[i].to, rows[i].text);
}

static void
add_numbers(struct message *m, unsigned parts, const struct confab_order *order)
{
    if (parts & PART_SEQ)
        session_add_uint(m, FIELD_SEQ, &m->seq, order->seq);
    if (parts & PART_PAGE) {
        session_add_uint(m, FIELD_AFTER, &m->after, order->seq);
        session_add_uint(m, FIELD_LIMIT, &m->limit, order->limit);
    }
    if (!(parts & PART_LASTS) || (!order->limited && !order->lasts))
        return;
    m->lasts = order->lasts;
    m->has |= MESSAGE_BIT(FIELD_FOR);
}

int
session_admin(struct session *s, const struct confab_order *order,
              uint64_t *number)
{
    size_t known = sizeof acts / sizeof *acts;
    if (order->act <= 0 || (size_t)order->act >= known)
        return session_refuse(s, CONFAB_EINVALID, "act is none that there is");
    const struct act *act = &acts[order->act];
    struct message m = {.op = act->op};
    add_texts(&m, act->parts, order);
    add_numbers(&m, act->parts, order);
    return session_ask(s, &m, number);
}
