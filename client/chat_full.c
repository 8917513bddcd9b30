/* SPDX-License-Identifier: MPL-2.0 */
/*
 * chat_full: a chat on the whole terminal; screen.h draws it.
 *
 * An entry is in its conversation already when it comes here, so most of the
 * view's functions only have to let it be drawn. Screens are made by draw, and
 * the loop calls that.
 */
#define _GNU_SOURCE /* open_memstream */
#include <stdlib.h>

#include "chat.h"
#include "cmd_text.h"
#include "screen.h"

enum { LINK_TEXT = 96 };

/* The broker's address without its key, or how it goes without it. */
static void
link_text(const struct chat *ch, char text[static LINK_TEXT])
{
    const char *broker = ch->cmd->args->broker;
    if (!ch->cmd->online)
        snprintf(text, LINK_TEXT, "trying again for %lld s",
                 (long long)(cmd_now() - ch->offline_since) / 1000);
    else
        snprintf(text, LINK_TEXT, "%.*s", (int)strcspn(broker, "?"), broker);
}

static struct scene
scene_of(struct chat *ch, const char *link)
{
    return (struct scene){
        .buffers = &ch->buffers,
        .line = ch->line,
        .link = ch->cmd->online ? SCENE_ONLINE : SCENE_OFFLINE,
        .link_text = link,
        .question = ch->paste.asking ? ch->paste.question : NULL,
        .found = *ch->found ? ch->found : NULL,
        .now = cmd_wall(),
        .members = ch->members,
    };
}

static int
full_open(struct chat *ch, const char **fault)
{
    static const char *const themes[] = {
        [THEME_AUTO] = NULL,
        [THEME_DARK] = "dark",
        [THEME_LIGHT] = "light",
        [THEME_MONO] = "mono",
    };
    ch->members = true;
    if (screen_open(themes[ch->cmd->args->theme], ch->cmd->color, true, fault))
        return 0;
    return EXIT_GENERAL;
}

static void
full_close(struct chat *ch)
{
    (void)ch;
    screen_close();
}

static void
full_entry(struct chat *ch, struct chat_buffer *b, const struct entry *e)
{
    (void)ch;
    (void)b;
    (void)e;
}

/* Somebody who was put out is news; others come and go. */
static void
full_coming(struct chat *ch, struct chat_buffer *b, const struct chat_coming *c)
{
    bool put_out = !c->enters && c->why && strcmp(c->why, "kicked") == 0;
    if (put_out)
        chat_news(ch, b, "%s leaves (%s)", c->id, c->why);
    else
        (void)buffer_coming(b, c->id, c->enters, c->time);
}

/* The message, line by line, or its line feeds were escaped. */
static void
put_lines(FILE *out, const confab_event *e, struct slice text)
{
    const struct text_look look = {0}; /* the screen makes rows of it */
    text_message(out, e, text.len ? slice_line(&text) : text, &look);
    while (text.len) {
        putc('\n', out);
        text_clean(out, slice_line(&text));
    }
}

/* One message of what was found, as one of the program's own window. */
static void
show_found(struct chat *ch, const confab_event *e)
{
    struct entry entry;
    char *made = NULL;
    char *line = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&line, &size);
    if (out && chat_entry(ch, e, &entry, &made)) {
        (void)chat_day(out, e->time); /* nothing is cut into rows here */
        put_lines(out, e, slice_of(entry.text, entry.text_len));
        if (fflush(out) == 0)
            chat_news(ch, ch->buffers.rows[0], "%s", line);
    }
    if (out)
        fclose(out);
    free(line);
    free(made);
}

static void
full_page(struct chat *ch, const confab_event *messages, size_t len)
{
    chat_show(ch, ch->buffers.rows[0]);
    for (size_t i = 0; i < len; i++)
        show_found(ch, &messages[i]);
}

static void
full_draw(struct chat *ch)
{
    char link[LINK_TEXT];
    struct chat_buffer *b = buffers_current(&ch->buffers);
    link_text(ch, link);
    struct scene scene = scene_of(ch, link);
    if (!b->bottom)
        buffer_seen(b);
    screen_draw(&scene);
}

static void
full_resized(struct chat *ch)
{
    screen_resized();
    ch->dirty = true;
    ch->draw_at = 0;
}

static void
full_command(struct chat *ch, enum line_command command)
{
    struct scene scene = scene_of(ch, "");
    switch (command) {
    case LINE_DO_PAGE_UP:
    case LINE_DO_PAGE_DOWN:
    case LINE_DO_WHEEL_UP:
    case LINE_DO_WHEEL_DOWN:
    case LINE_DO_TOP:
    case LINE_DO_BOTTOM:
        if (screen_scroll(&scene, command))
            chat_older(ch, buffers_current(&ch->buffers), CHAT_PAGE);
        return;
    case LINE_DO_REDRAW:
        screen_refresh();
        return;
    case LINE_DO_MEMBERS:
        ch->members = !ch->members;
        return;
    default:
        return;
    }
}

static void
full_clear(struct chat *ch)
{
    (void)ch;
}

static void
full_bell(struct chat *ch)
{
    (void)ch;
    screen_bell();
}

const struct chat_view chat_full = {
    .history = true,
    .open = full_open,
    .close = full_close,
    .entry = full_entry,
    .coming = full_coming,
    .page = full_page,
    .draw = full_draw,
    .resized = full_resized,
    .command = full_command,
    .clear = full_clear,
    .bell = full_bell,
};
