/* SPDX-License-Identifier: MPL-2.0 */
/*
 * chat_paste: several lines that were pasted at once.
 *
 * They are often pasted by mistake, so nothing is said before somebody has
 * pressed Enter; M makes one message of them when it is not too long. As many
 * as the outbox takes are said at once, the others follow as it empties, and
 * the keys stay free meanwhile. The line that was being typed is left alone.
 */
#include <stdlib.h>

#include "chat.h"

static size_t
count_lines(const char *text, size_t len)
{
    size_t lines = 0;
    bool inside = false;
    for (size_t i = 0; i < len; i++) {
        lines += !inside && text[i] != '\n';
        inside = text[i] != '\n';
    }
    return lines;
}

void
chat_paste_drop(struct chat *ch)
{
    free(ch->paste.text);
    ch->paste = (struct chat_paste){0};
    chat_changed(ch);
}

static void
ask(struct chat *ch, const struct chat_buffer *b)
{
    struct chat_paste *p = &ch->paste;
    bool fits = p->len <= LIMIT_TEXT;
    if (p->lines > 1)
        snprintf(p->question, sizeof p->question,
                 "%zu lines for %s: Enter says them one by one, %sEsc drops "
                 "them",
                 p->lines, b->name, fits ? "M as one message, " : "");
    else if (fits)
        snprintf(p->question, sizeof p->question,
                 "%zu bytes more than the line holds: Enter says them, Esc "
                 "drops them",
                 p->len);
    else
        snprintf(p->question, sizeof p->question,
                 "%zu bytes are too long for one message, %d: Esc drops them",
                 p->len, LIMIT_TEXT);
    p->asking = true;
    if (!ch->view->history)
        chat_say(ch, "%s", p->question);
    chat_changed(ch);
}

void
chat_pasted(struct chat *ch, const char *text, size_t len)
{
    struct chat_paste *p = &ch->paste;
    const struct chat_buffer *b = buffers_current(&ch->buffers);
    if (p->text) {
        chat_wrong(ch, "the paste before is still being said; this one was "
                       "dropped");
        return;
    }
    if (b->kind == BUFFER_PROGRAM) {
        chat_wrong(ch, "you are in no room to paste into: /join ROOM");
        return;
    }
    size_t lines = count_lines(text, len);
    if (lines == 0)
        return;
    *p = (struct chat_paste){.len = len, .kind = b->kind, .lines = lines};
    snprintf(p->name, sizeof p->name, "%s", b->name);
    p->text = malloc(len + 1);
    if (!p->text) {
        chat_wrong(ch, "no memory for what was pasted");
        return;
    }
    memcpy(p->text, text, len);
    p->text[len] = '\0';
    if (ch->line->pasted_cut)
        chat_wrong(ch,
                   "what was pasted is longer than %d bytes; the rest was "
                   "dropped",
                   PASTE_MAX);
    ask(ch, b);
}

/* Whom it is for; NULL, and it is dropped, after saying that nobody hears it
 * any more. */
static struct chat_buffer *
receiver(struct chat *ch)
{
    struct chat_paste *p = &ch->paste;
    struct chat_buffer *b = buffers_find(&ch->buffers, p->kind, p->name);
    if (b && (b->kind == BUFFER_PERSON || b->wanted))
        return b;
    chat_wrong(ch, "what was pasted for %s is not said any more", p->name);
    chat_paste_drop(ch);
    return NULL;
}

static void
say_as_one(struct chat *ch)
{
    struct chat_paste *p = &ch->paste;
    if (p->len > LIMIT_TEXT)
        return; /* the question says so */
    struct chat_buffer *b = receiver(ch);
    if (!b)
        return;
    while (p->len && p->text[p->len - 1] == '\n')
        p->text[--p->len] = '\0';
    if (chat_speak(ch, b, p->text, NULL) == CONFAB_EFULL)
        chat_wrong(ch, "the outbox is full: try again when it is emptier");
    else
        chat_paste_drop(ch);
}

static void
answered(struct chat *ch, enum line_result result)
{
    struct chat_paste *p = &ch->paste;
    struct line *l = ch->answer;
    bool dropped = result == LINE_CLOSE ||
                   (result == LINE_COMMAND && l->command == LINE_DO_CANCEL);
    if (dropped) {
        chat_say(ch, "what was pasted was dropped");
        chat_paste_drop(ch);
    } else if (result == LINE_ENTER) {
        p->asking = false;
        chat_paste_go_on(ch);
    } else if (result == LINE_CHANGED && strchr("mM", *l->text) && *l->text) {
        say_as_one(ch);
    }
    line_home(l);
    line_kill_right(l);
    chat_changed(ch);
}

void
chat_paste_key(struct chat *ch, uint8_t byte)
{
    answered(ch, line_feed(ch->answer, byte));
}

void
chat_paste_idle(struct chat *ch)
{
    answered(ch, line_idle(ch->answer));
}

/* Says the line that begins at `at`. False: the outbox is full, or there is
 * nobody to say it to. */
static bool
say_line(struct chat *ch, struct chat_buffer *b, char *line, size_t len)
{
    char end = line[len];
    line[len] = '\0';
    int error = len ? chat_speak(ch, b, line, NULL) : 0;
    line[len] = end;
    return error != CONFAB_EFULL; /* what else is wrong was told */
}

void
chat_paste_go_on(struct chat *ch)
{
    struct chat_paste *p = &ch->paste;
    if (!p->text || p->asking)
        return;
    struct chat_buffer *b = receiver(ch);
    if (!b)
        return;
    while (p->at < p->len) {
        size_t len = strcspn(p->text + p->at, "\n");
        if (!say_line(ch, b, p->text + p->at, len))
            return;
        p->at += len + 1;
    }
    chat_paste_drop(ch);
}
