/* SPDX-License-Identifier: MPL-2.0 */
/*
 * chat_event: what the broker says becomes entries of conversations.
 *
 * Nothing is made for a screen here: what a stranger wrote stays as raw as it
 * came, and the views write it so that it does no harm.
 */
#define _GNU_SOURCE /* asprintf, strdup */
#include <stdlib.h>

#include "chat.h"
#include "cmd_text.h"

static enum entry_kind
kind_of(const confab_event *e)
{
    bool redacts = e->kind && strcmp(e->kind, "redact") == 0;
    if (!e->kind)
        return ENTRY_MESSAGE;
    if (redacts || strcmp(e->kind, "action") == 0)
        return ENTRY_ACTION;
    return strcmp(e->kind, "notice") == 0 ? ENTRY_NOTICE : ENTRY_MESSAGE;
}

static bool
is_redaction(const confab_event *e)
{
    return e->kind && strcmp(e->kind, "redact") == 0;
}

bool
chat_entry(struct chat *ch, const confab_event *e, struct entry *entry,
           char **made)
{
    *made = NULL;
    if (e->kind && strcmp(e->kind, "typing") == 0)
        return false;
    struct slice text = text_body(e, made);
    const char *from = e->from ? e->from : "?";
    bool own = strcmp(from, ch->cmd->id) == 0;
    *entry = (struct entry){
        .seq = e->seq,
        .time = e->time,
        .kind = kind_of(e),
        .own = own,
        .gone = e->gone && !is_redaction(e),
        .from = from,
        .text = (const char *)text.data,
        .text_len = text.len,
    };
    if (own && e->type == CONFAB_TELL)
        entry->tick = TICK_KEPT;
    entry->mention =
        !own && (e->type == CONFAB_TELL ||
                 buffers_mentions(&ch->buffers, entry->text, entry->text_len));
    return true;
}

/* The conversation a message belongs to, opened at need; NULL: a room that is
 * not open. */
static struct chat_buffer *
place_of(struct chat *ch, const confab_event *e)
{
    if (e->type == CONFAB_SAY)
        return buffers_find(&ch->buffers, BUFFER_ROOM, e->room);
    bool own = e->from && strcmp(e->from, ch->cmd->id) == 0;
    const char *other = own || !e->from ? e->to : e->from;
    struct chat_buffer *b = buffers_open(&ch->buffers, BUFFER_PERSON, other);
    return b ? b : ch->buffers.rows[0]; /* with too many, it is seen there */
}

static void
note_mail(struct chat *ch, const confab_event *e)
{
    struct chat_mail *mail = &ch->mail;
    size_t i = 0;
    if (e->type != CONFAB_TELL || e->time >= mail->before)
        return;
    mail->tell_at = cmd_now() + CHAT_MAIL_MS;
    mail->count++;
    while (i < mail->len && strcmp(mail->from[i].id, e->from) != 0)
        i++;
    if (i == CHAT_WAITERS)
        return;
    if (i == mail->len) {
        mail->len++;
        mail->from[i].count = 0;
        snprintf(mail->from[i].id, sizeof mail->from[i].id, "%s", e->from);
    }
    mail->from[i].count++;
}

void
chat_mail_due(struct chat *ch, int64_t now)
{
    struct chat_mail *mail = &ch->mail;
    char names[CHAT_WAITERS * (LIMIT_NAME + 16)] = "";
    unsigned rest = mail->count;
    size_t at = 0;
    if (!mail->tell_at || now < mail->tell_at)
        return;
    for (size_t i = 0; i < mail->len; i++) {
        at += (size_t)snprintf(names + at, sizeof names - at, "%s%s %u",
                               i ? ", " : "", mail->from[i].id,
                               mail->from[i].count);
        rest -= mail->from[i].count;
    }
    struct chat_buffer *program = ch->buffers.rows[0];
    const char *verb = mail->count == 1 ? "message was" : "messages were";
    chat_news(ch, program, "%u %s waiting: %s%s", mail->count, verb, names,
              rest ? ", and others" : "");
    if (ch->view->history && program != buffers_current(&ch->buffers))
        chat_say(ch, "%u %s waiting: %s%s (Alt-A)", mail->count, verb, names,
                 rest ? ", and others" : "");
    *mail = (struct chat_mail){.before = mail->before};
}

static void
ring(struct chat *ch)
{
    int64_t now = cmd_now();
    if (now < ch->bell_at || !ch->line)
        return;
    ch->bell_at = now + CHAT_BELL_MS;
    ch->view->bell(ch);
}

/* Whose message it was, where we have it. */
static void
name_redacted(const struct chat_buffer *b, const confab_event *e,
              struct entry *entry, char **made)
{
    for (size_t i = buffer_len(b); i-- > 0;) {
        const struct entry *old = buffer_at(b, i);
        if (old->seq != e->re || !old->from)
            continue;
        free(*made);
        if (asprintf(made, "removed a message of %s (%llu)", old->from,
                     (unsigned long long)e->re) < 0)
            *made = NULL;
        entry->text = *made ? *made : "removed a message";
        entry->text_len = strlen(entry->text);
        return;
    }
}

/* It is to be seen. */
static void
add_message(struct chat *ch, struct chat_buffer *b, const confab_event *e,
            const struct entry *entry)
{
    const struct entry *added = buffer_add(b, entry, BUFFER_LIVE);
    if (added)
        ch->view->entry(ch, b, added);
    if (added && entry->mention)
        ring(ch);
    if (added && !entry->own)
        note_mail(ch, e);
}

/* Of somebody who is ignored only this counts: what he takes away as a
 * moderator is gone. */
static void
on_message(struct chat *ch, const confab_event *e)
{
    struct entry entry;
    char *made = NULL;
    bool ignored = e->from && buffers_ignores(&ch->buffers, e->from);
    if (ignored && !is_redaction(e))
        return;
    struct chat_buffer *b = place_of(ch, e);
    if (b && chat_entry(ch, e, &entry, &made)) {
        if (is_redaction(e)) {
            name_redacted(b, e, &entry, &made);
            buffer_redact(b, e->re);
        }
        if (!ignored)
            add_message(ch, b, e, &entry);
        chat_changed(ch);
    }
    free(made);
}

/* We were put out. */
static void
on_own_end(struct chat *ch, struct chat_buffer *b)
{
    struct question q;
    while (pending_take(&ch->pending, 0, OP_JOIN, b->name, &q))
        continue; /* nobody waits for its answer any more */
    b->joined = b->wanted = false;
    chat_news(ch, b, "a moderator has put you out of %s", b->name);
}

/* Who is in the room is not known any more. */
static void
ask_members(struct chat *ch, struct chat_buffer *b)
{
    struct question q = {.op = OP_WHO, .quiet = true};
    snprintf(q.name, sizeof q.name, "%s", b->name);
    int error = confab_who(ch->cmd->c, b->name, NULL, &q.number);
    chat_ask(ch, error, q);
}

static void
on_presence(struct chat *ch, const confab_event *e)
{
    struct chat_buffer *b = buffers_find(&ch->buffers, BUFFER_ROOM, e->room);
    struct chat_coming coming = {
        .id = e->id,
        .enters = e->type == CONFAB_ENTER,
        .why = e->why && strcmp(e->why, "left") != 0 ? e->why : NULL,
        .time = e->time ? e->time : cmd_wall(),
    };
    if (!b || !e->id)
        return;
    if (text_is_own_end(e, ch->cmd->id))
        on_own_end(ch, b);
    if (coming.enters)
        (void)buffer_enter(b, e->id, e->count); /* no memory: not listed */
    else
        buffer_exit(b, e->id, e->count);
    if (!e->complete)
        ask_members(ch, b);
    if (strcmp(e->id, ch->cmd->id) != 0 &&
        !buffers_ignores(&ch->buffers, e->id))
        ch->view->coming(ch, b, &coming);
    chat_changed(ch);
}

static void
on_about(struct chat *ch, const confab_event *e)
{
    struct chat_buffer *b = buffers_find(&ch->buffers, BUFFER_ROOM, e->room);
    bool some = e->about && *e->about;
    if (!b)
        return;
    const char *by = e->by ? e->by : "somebody";
    free(b->about);
    b->about = some ? strdup(e->about) : NULL;
    if (some)
        chat_news(ch, b, "%s: %s is about %s", by, e->room, e->about);
    else
        chat_news(ch, b, "%s: %s has no subject any more", by, e->room);
}

/* Who makes many rooms, or throws out and invites again, has one line where one
 * looks; the rest is in the program's window. */
static void
on_invited(struct chat *ch, const confab_event *e)
{
    static const char line[] = "%s invites you: /join %s";
    int64_t now = cmd_now();
    if (buffers_ignores(&ch->buffers, e->by))
        return;
    if (now < ch->invited_at) {
        chat_news(ch, ch->buffers.rows[0], line, e->by, e->room);
        return;
    }
    ch->invited_at = now + CHAT_INVITED_MS;
    chat_say(ch, line, e->by, e->room);
}

static void
on_receipt(struct chat *ch, const confab_event *e)
{
    const char *id = e->id ? e->id : e->to;
    struct chat_buffer *b = buffers_find(&ch->buffers, BUFFER_PERSON, id);
    if (b)
        buffer_received(b, e->seq);
    chat_changed(ch);
}

static void
on_link(struct chat *ch, const confab_event *e)
{
    bool online = e->type == CONFAB_ONLINE;
    ch->offline_since = online ? 0 : cmd_now();
    if (online)
        ch->mail.before = e->time;
    chat_changed(ch);
}

void
chat_event(struct chat *ch, const confab_event *e)
{
    switch (e->type) {
    case CONFAB_SAY:
    case CONFAB_TELL:
        on_message(ch, e);
        return;
    case CONFAB_ENTER:
    case CONFAB_EXIT:
        on_presence(ch, e);
        return;
    case CONFAB_ABOUT:
        on_about(ch, e);
        return;
    case CONFAB_RECEIPT:
        on_receipt(ch, e);
        return;
    case CONFAB_INVITED:
        on_invited(ch, e);
        return;
    case CONFAB_ONLINE:
    case CONFAB_OFFLINE:
        on_link(ch, e); /* cmd_next has told about it */
        return;
    default:
        chat_answer(ch, e);
        return;
    }
}
