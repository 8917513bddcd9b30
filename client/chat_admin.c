/* SPDX-License-Identifier: MPL-2.0 */
/*
 * chat_admin: what moderators and owners type in a chat.
 *
 * Each is about the room that is looked at, but a ban, which is about the
 * broker: a room that is published anybody can hear, and closed ones have their
 * list.
 */
#include <stdlib.h>

#include "chat_slash.h"

static void
give(struct chat *ch, const struct confab_order *order, enum op op,
     const char *whom)
{
    struct question q = {.op = op};
    int error = confab_admin(ch->cmd->c, order, &q.number);
    snprintf(q.name, sizeof q.name, "%.*s", LIMIT_NAME, whom);
    chat_ask(ch, error, q);
}

/* The current room; NULL after saying that there is none. */
static const char *
here(struct chat *ch)
{
    const struct chat_buffer *b = chat_room(ch);
    if (!b)
        chat_say(ch, "you are in no room: /join ROOM");
    return b ? b->name : NULL;
}

static void
show_about(struct chat *ch, const struct chat_buffer *b)
{
    if (b->about)
        chat_say(ch, "%s is about %s", b->name, b->about);
    else
        chat_say(ch, "%s has no subject: /topic TEXT", b->name);
}

void
slash_about(struct chat *ch, char *words)
{
    bool away = strcmp(words, "-") == 0;
    struct confab_order order = {
        .act = CONFAB_DO_ABOUT, .room = here(ch), .about = away ? "" : words};
    if (order.room && !*words)
        show_about(ch, chat_room(ch));
    else if (order.room)
        give(ch, &order, OP_ABOUT, order.room);
}

void
slash_invite(struct chat *ch, char *words)
{
    char *rest = NULL;
    struct confab_order order = {.act = CONFAB_DO_INVITE,
                                 .room = here(ch),
                                 .id = slash_word(words, &rest)};
    if (!*order.id)
        chat_say(ch, "/invite ID");
    else if (order.room)
        give(ch, &order, OP_INVITE, order.id);
}

void
slash_kick(struct chat *ch, char *words)
{
    char *reason = NULL;
    struct confab_order order = {.act = CONFAB_DO_KICK,
                                 .room = here(ch),
                                 .id = slash_word(words, &reason)};
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
    order->id = slash_word(words, &rest);
    const char *time = slash_word(rest, &reason);
    order->text = *reason ? reason : NULL;
    if (*order->id && args_span(time, &order->lasts))
        return true;
    chat_say(ch, "/%s ID TIME [WHY], with a TIME like 10m, 2h or 7d", name);
    return false;
}

void
slash_mute(struct chat *ch, char *words)
{
    struct confab_order order = {.act = CONFAB_DO_MUTE, .room = here(ch)};
    if (order.room && read_sentence(ch, words, "mute", &order))
        give(ch, &order, OP_MUTE, order.id);
}

void
slash_ban(struct chat *ch, char *words)
{
    struct confab_order order = {.act = CONFAB_DO_BAN};
    if (read_sentence(ch, words, "ban", &order))
        give(ch, &order, OP_BAN, order.id);
}

/* The seq of the newest message that `id` said here, 0: none. */
static uint64_t
newest_of(const struct chat_buffer *b, const char *id)
{
    for (size_t i = buffer_len(b); i-- > 0;) {
        const struct entry *e = buffer_at(b, i);
        if (e->seq && !e->gone && e->from && strcmp(e->from, id) == 0)
            return e->seq;
    }
    return 0;
}

void
slash_redact(struct chat *ch, char *words)
{
    char *reason = NULL;
    char *end = NULL;
    const char *which = slash_word(words, &reason);
    struct confab_order order = {.act = CONFAB_DO_REDACT,
                                 .room = here(ch),
                                 .text = *reason ? reason : NULL};
    if (!order.room)
        return;
    if (*which >= '0' && *which <= '9')
        order.seq = strtoull(which, &end, 10);
    if (!end || *end)
        order.seq = newest_of(chat_room(ch), which);
    if (order.seq)
        give(ch, &order, OP_REDACT, which);
    else if (*which)
        chat_say(ch,
                 "%s has said nothing here; /redact SEQ [WHY], and "
                 "confab history --json tells the seq",
                 which);
    else
        chat_say(ch, "/redact SEQ|ID [WHY]");
}
