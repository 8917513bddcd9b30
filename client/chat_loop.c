/* SPDX-License-Identifier: MPL-2.0 */
/*
 * chat_loop: keys, events, time, pictures.
 *
 * Keys come first. Events are taken for CHAT_BATCH_MS at most before the
 * keyboard is looked at again, and pictures that only events asked for are
 * CHAT_DRAW_MS apart; so in a room with thousands of messages a second what is
 * typed is seen at once. libconfab's queue of events is bounded, and when even
 * that is full it reads no more and fetches later what was missed: nothing here
 * grows with a flood.
 */
#define _GNU_SOURCE
#include "chat.h"

#include <errno.h>
#include <unistd.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND };

void
chat_changed(struct chat *ch)
{
    ch->dirty = true;
    if (ch->keeps_marks && !ch->marks_at)
        ch->marks_at = cmd_now() + CHAT_MARKS_MS;
}

static int
take_events(struct chat *ch)
{
    int64_t end = cmd_now() + CHAT_BATCH_MS;
    ch->more = true;
    do {
        confab_event *e = NULL;
        int code = cmd_next(ch->cmd, &e, 0);
        if (!code)
            chat_event(ch, e);
        confab_event_free(&e);
        ch->more = code != EXIT_TIMEOUT;
        if (code)
            return ch->more ? code : 0;
    } while (cmd_now() < end);
    return 0;
}

/* Enter. What is not taken stays in the line. */
static void
typed_enter(struct chat *ch)
{
    char text[LIMIT_TEXT + 1];
    char again[LIMIT_TEXT + 1];
    struct chat_buffer *b = buffers_current(&ch->buffers);
    line_take(ch->line, text);
    memcpy(again, text, sizeof again);
    if (!chat_typed(ch, text) && b == buffers_current(&ch->buffers))
        (void)line_replace(ch->line, 0, 0, slice_str(again)); /* it was there */
}

/* One key that put nothing in: the line is as long as a message may be. */
static void
check_full(struct chat *ch, size_t before, uint8_t byte)
{
    const struct line *l = ch->line;
    bool types = byte >= ' ' && byte != 0x7f && l->partial_len == 0;
    if (types && l->len == before && l->len + 4 > LIMIT_TEXT &&
        l->key == IN_GROUND && !l->pasting)
        chat_wrong(ch, "a message has at most %d bytes", LIMIT_TEXT);
}

static void
take_command(struct chat *ch)
{
    const struct line *l = ch->line;
    switch (l->command) {
    case LINE_DO_COMPLETE:
    case LINE_DO_COMPLETE_BACK:
        chat_tab(ch, l->command == LINE_DO_COMPLETE ? 1 : -1);
        return;
    case LINE_DO_NEXT:
    case LINE_DO_PREVIOUS:
        chat_step(ch, l->command == LINE_DO_NEXT ? 1 : -1);
        return;
    case LINE_DO_ACTIVE:
        chat_active(ch);
        return;
    case LINE_DO_GO:
        chat_go(ch, l->go);
        return;
    default:
        ch->view->command(ch, l->command);
        return;
    }
}

static bool
is_tab(const struct chat *ch, enum line_result result)
{
    return result == LINE_COMMAND &&
           (ch->line->command == LINE_DO_COMPLETE ||
            ch->line->command == LINE_DO_COMPLETE_BACK);
}

static void
take_result(struct chat *ch, enum line_result result)
{
    if (result != LINE_NOTHING && !is_tab(ch, result))
        chat_tab_end(ch);
    switch (result) {
    case LINE_NOTHING:
        return;
    case LINE_CHANGED:
        break;
    case LINE_ENTER:
        typed_enter(ch);
        break;
    case LINE_CLOSE:
        ch->quit = true;
        break;
    case LINE_COMMAND:
        take_command(ch);
        break;
    case LINE_PASTED:
        chat_pasted(ch, ch->line->pasted, ch->line->pasted_len);
        break;
    }
    ch->dirty = true;
}

static void
take_key(struct chat *ch, uint8_t byte)
{
    size_t before = ch->line->len;
    if (ch->paste.asking) {
        chat_paste_key(ch, byte);
        return;
    }
    enum line_result result = line_feed(ch->line, byte);
    if (result == LINE_CHANGED || result == LINE_NOTHING)
        check_full(ch, before, byte);
    take_result(ch, result);
}

static void
take_keys(struct chat *ch)
{
    uint8_t bytes[4096];
    ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
        ch->quit = true; /* the terminal is gone */
    for (ssize_t i = 0; i < n && !ch->quit; i++)
        take_key(ch, bytes[i]);
    ch->key_at = cmd_now();
    ch->draw_at = 0; /* at once */
}

static void
take_lines(struct chat *ch)
{
    enum lines_state state = LINES_LINE;
    lines_fill(&ch->in);
    while (!ch->quit && state != LINES_WAIT) {
        char *line = NULL;
        size_t len = 0;
        state = lines_next(&ch->in, &line, &len);
        if (state == LINES_LINE)
            (void)chat_typed(ch, line); /* what was wrong has been told */
        else if (state == LINES_LONG)
            chat_say(ch, "line %llu is longer than %d bytes; not sent",
                     (unsigned long long)ch->in.number, LIMIT_TEXT);
        else if (state == LINES_END)
            ch->quit = true;
    }
}

/* The line whose keys are waited for. */
static struct line *
listening(const struct chat *ch)
{
    return ch->paste.asking ? ch->answer : ch->line;
}

/* What is looked at is read, also if this is the last that is written down;
 * the line above what is new stays where it is. */
static void
save_marks(struct chat *ch)
{
    char fault[MARKS_FAULT];
    struct chat_buffer *b = buffers_current(&ch->buffers);
    uint64_t read = b->read;
    ch->marks_at = 0;
    if (!b->bottom && b->newest > read)
        b->read = b->newest;
    bool saved = marks_save(&ch->marks, &ch->buffers, fault);
    b->read = read;
    if (saved)
        return;
    ch->keeps_marks = false; /* told once */
    chat_wrong(ch, "what was read cannot be remembered: %s", fault);
}

/* Writing them down waits for the disk, so it waits for a pause in typing, but
 * not for ever. 0: nothing is to be written. */
static int64_t
marks_due(const struct chat *ch)
{
    int64_t pause = ch->key_at + CHAT_PAUSE_MS;
    int64_t last = ch->marks_at + CHAT_MARKS_LAST_MS;
    if (!ch->marks_at || pause <= ch->marks_at)
        return ch->marks_at;
    return pause < last ? pause : last;
}

/* What is due by the clock. */
static void
take_time(struct chat *ch)
{
    int64_t now = cmd_now();
    struct line *l = listening(ch);
    if (l && line_waits(l) && now >= ch->key_at + LINE_IDLE_MS) {
        ch->key_at = now;
        if (ch->paste.asking)
            chat_paste_idle(ch);
        else
            take_result(ch, line_idle(l));
        ch->draw_at = 0;
    }
    chat_mail_due(ch, now);
    if (ch->view->history && cmd_wall() / MINUTE != ch->minute) {
        ch->minute = cmd_wall() / MINUTE;
        ch->dirty = true; /* the time of day is on the screen */
    }
    if (ch->marks_at && now >= marks_due(ch))
        save_marks(ch);
    if (ch->offline_since && ch->view->history && now >= ch->draw_at)
        ch->dirty = true; /* how long it has been */
}

static int64_t
sooner(int64_t a, int64_t b)
{
    return b && b < a ? b : a;
}

/* When there is something to do even if nothing happens. */
static int64_t
deadline(const struct chat *ch)
{
    int64_t at = INT64_MAX;
    const struct line *l = listening(ch);
    if (ch->more)
        return 0;
    if (ch->dirty)
        at = ch->draw_at;
    if (l && line_waits(l))
        at = sooner(at, ch->key_at + LINE_IDLE_MS);
    if (ch->offline_since && ch->view->history)
        at = sooner(at, cmd_now() + SECOND);
    if (ch->view->history)
        at = sooner(at, cmd_now() + MINUTE - (int64_t)(cmd_wall() % MINUTE));
    at = sooner(at, ch->mail.tell_at);
    return sooner(at, marks_due(ch));
}

static void
draw(struct chat *ch)
{
    int64_t now = cmd_now();
    if (!ch->dirty || now < ch->draw_at)
        return;
    ch->dirty = false;
    ch->view->draw(ch);
    ch->draw_at = now + CHAT_DRAW_MS;
}

/* What was sent and asked, at the end of a plain input. */
static int
finish(struct chat *ch)
{
    while (confab_unsent(ch->cmd->c) || ch->pending.len) {
        confab_event *e = NULL;
        int code = cmd_next(ch->cmd, &e, cmd_deadline(ch->cmd));
        if (!code)
            chat_event(ch, e);
        confab_event_free(&e);
        if (code == EXIT_TIMEOUT)
            cmd_error(ch->cmd, "not everything was answered within %g s",
                      ch->cmd->args->timeout / 1000.0);
        if (code)
            return code;
    }
    return take_events(ch);
}

int
chat_loop(struct chat *ch)
{
    while (!ch->quit) {
        int code = take_events(ch);
        if (code)
            return code;
        chat_paste_go_on(ch);
        take_time(ch);
        draw(ch);
        unsigned woke = cmd_sleep(ch->cmd, STDIN_FILENO, deadline(ch));
        if (woke & WAKE_GONE)
            return CMD_READER_GONE;
        if (cmd_resized())
            ch->view->resized(ch);
        if (woke & WAKE_INPUT && ch->line)
            take_keys(ch);
        else if (woke & WAKE_INPUT)
            take_lines(ch);
    }
    return ch->line ? 0 : finish(ch);
}
