/* SPDX-License-Identifier: MPL-2.0 */
/*
 * chat_admin: what moderators and owners type in a chat.
 *
 * Each is about the current room, but a ban, which is about the broker: a
 * room that is published anybody can hear, and closed ones have their list.
 */
#include "chat.h"

#include <stdlib.h>

static void
give(struct chat *ch, const struct confab_order *order, enum op op,
     const char *whom)
{
    uint64_t number = 0;
    int error = confab_admin(ch->cmd->c, order, &number);
    chat_ask(ch, error, number, op, whom);
}

/* The current room; NULL after saying that there is none. */
static const char *
here(struct chat *ch)
{
    if (!chat_current(ch))
        chat_say(ch, "you are in no room: /join ROOM");
    return chat_current(ch);
}

void
chat_slash_about(struct chat *ch, char *words)
{
    struct confab_order order = {
        .act = CONFAB_DO_ABOUT, .room = here(ch), .about = words};
    if (order.room)
        give(ch, &order, OP_ABOUT, order.room);
}

void
chat_slash_invite(struct chat *ch, char *words)
{
    char *rest = NULL;
    struct confab_order order = {.act = CONFAB_DO_INVITE,
                                 .room = here(ch),
                                 .id = chat_word(words, &rest)};
    if (!*order.id)
        chat_say(ch, "/invite ID");
    else if (order.room)
        give(ch, &order, OP_INVITE, order.id);
}

void
chat_slash_kick(struct chat *ch, char *words)
{
    char *reason = NULL;
    struct confab_order order = {.act = CONFAB_DO_KICK,
                                 .room = here(ch),
                                 .id = chat_word(words, &reason)};
    order.text = *reason ? reason : NULL;
    if (!*order.id)
        chat_say(ch, "/kick ID [WHY]");
    else if (order.room)
        give(ch, &order, OP_KICK, order.id);
}

/* ID TIME [WHY]; false after saying so. */
static bool
read_sentence(struct chat *ch, char *words, const char *name,
              struct confab_order *order)
{
    char *rest = NULL;
    char *reason = NULL;
    order->id = chat_word(words, &rest);
    const char *time = chat_word(rest, &reason);
    order->text = *reason ? reason : NULL;
    if (*order->id && args_span(time, &order->lasts))
        return true;
    chat_say(ch, "/%s ID TIME [WHY], with a TIME like 10m, 2h or 7d", name);
    return false;
}

void
chat_slash_mute(struct chat *ch, char *words)
{
    struct confab_order order = {.act = CONFAB_DO_MUTE, .room = here(ch)};
    if (order.room && read_sentence(ch, words, "mute", &order))
        give(ch, &order, OP_MUTE, order.id);
}

void
chat_slash_ban(struct chat *ch, char *words)
{
    struct confab_order order = {.act = CONFAB_DO_BAN};
    if (read_sentence(ch, words, "ban", &order))
        give(ch, &order, OP_BAN, order.id);
}

void
chat_slash_redact(struct chat *ch, char *words)
{
    char *reason = NULL;
    char *end = NULL;
    const char *seq = chat_word(words, &reason);
    struct confab_order order = {.act = CONFAB_DO_REDACT,
                                 .room = here(ch),
                                 .text = *reason ? reason : NULL,
                                 .seq = strtoull(seq, &end, 10)};
    if (!order.seq || *end || *seq == '-')
        chat_say(ch, "/redact SEQ [WHY]; confab history --json tells the seq");
    else if (order.room)
        give(ch, &order, OP_REDACT, seq);
}
