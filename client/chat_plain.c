/* SPDX-License-Identifier: MPL-2.0 */
/*
 * chat_plain: a chat line by line.
 *
 * On a terminal the row at the bottom is the line being typed; whatever comes
 * in takes that row away, is printed above, and the row is drawn again with
 * nothing lost. Letters that are typed at its end are just added: a screen
 * reader should not hear the whole line each time. Without a terminal there is
 * no such row. All that others wrote passes text_clean or, on a terminal,
 * text_rows.
 */
#include <errno.h>
#include <stdlib.h>

#include "chat.h"
#include "cmd_text.h"
#include "term.h"

/* Takes the typed line off the screen, so that stdout may be printed to. */
static void
above(struct chat *ch)
{
    if (ch->row.drawn)
        fputs("\r\x1b[K", stdout);
    ch->row.drawn = false;
    ch->dirty = true;
    ch->draw_at = 0; /* it is not missed for long */
}

/* `whole`: also where it has many rows. */
static void
print_note(struct chat *ch, struct slice text, bool whole)
{
    static const char dashes[] = "-- ";
    struct text_look look = cmd_look(ch->cmd);
    above(ch);
    fputs(dashes, stdout);
    look.used = (unsigned)strlen(dashes);
    look.whole = whole;
    look.rest = ": /more, then ask again";
    text_rows(stdout, text, &look);
    putchar('\n');
}

/* The first line of `text`, which is moved behind it. */
static struct slice
take_line(struct slice *text)
{
    return text->len ? slice_line(text) : *text;
}

/* How it looks in the conversation `b`. */
static struct text_look
look_in(const struct chat *ch, const struct chat_buffer *b)
{
    struct text_look look = cmd_look(ch->cmd);
    look.whole = b->unfolded;
    look.rest = ": /more, then /history";
    return look;
}

static void
print_message(struct chat *ch, const confab_event *e, struct slice text,
              const struct text_look *look)
{
    above(ch);
    text_message(stdout, e, look->columns ? text : take_line(&text), look);
    putchar('\n');
    while (!look->columns && text.len) {
        printf("%*s", TEXT_HANG, "");
        text_clean(stdout, take_line(&text));
        putchar('\n');
    }
}

/* The message as it came, for text_message. */
static confab_event
event_of(const struct chat *ch, const struct chat_buffer *b,
         const struct entry *e)
{
    bool room = b->kind == BUFFER_ROOM;
    return (confab_event){
        .type = room ? CONFAB_SAY : CONFAB_TELL,
        .room = room ? b->name : NULL,
        .to = e->own ? b->name : ch->cmd->id,
        .from = e->from,
        .time = e->time,
        .kind = e->kind == ENTRY_ACTION   ? "action"
                : e->kind == ENTRY_NOTICE ? "notice"
                                          : NULL,
    };
}

/* What was said in a room comes back from it, and is shown then. Others choose
 * how long news are, the subject of a room. */
static void
plain_entry(struct chat *ch, struct chat_buffer *b, const struct entry *e)
{
    struct slice text = slice_of(e->text, e->text_len);
    bool waits = e->tick == TICK_WAITING;
    confab_event event = event_of(ch, b, e);
    struct text_look look = look_in(ch, b);
    if (e->kind > ENTRY_NOTICE)
        print_note(ch, text, e->kind != ENTRY_NEWS || b->unfolded);
    else if (!waits || b->kind == BUFFER_PERSON)
        print_message(ch, &event, e->gone ? slice_str("(removed)") : text,
                      &look);
    if (waits && !ch->cmd->online)
        print_note(ch,
                   slice_str("not connected: it will be sent when the "
                             "broker is back"),
                   true);
    buffer_seen(b);
    buffer_left(b); /* who reads line by line has read it */
}

static void
plain_coming(struct chat *ch, struct chat_buffer *b,
             const struct chat_coming *c)
{
    above(ch);
    fputs("-- ", stdout);
    text_clean_str(stdout, c->id);
    printf(" %s ", c->enters ? "enters" : "leaves");
    text_clean_str(stdout, b->name);
    if (c->why && !c->enters) {
        fputs(" (", stdout);
        text_clean_str(stdout, c->why);
        putchar(')');
    }
    putchar('\n');
}

static void
plain_page(struct chat *ch, const confab_event *messages, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        struct entry entry;
        char *made = NULL;
        if (chat_entry(ch, &messages[i], &entry, &made)) {
            above(ch);
            struct text_look look = look_in(ch, buffers_current(&ch->buffers));
            look.used = chat_day(stdout, messages[i].time);
            print_message(ch, &messages[i],
                          slice_of(entry.text, entry.text_len), &look);
        }
        free(made);
    }
}

static void
make_prompt(const struct chat *ch, char *prompt, size_t size)
{
    const struct chat_buffer *b = buffers_current(&ch->buffers);
    if (b->kind == BUFFER_PROGRAM)
        snprintf(prompt, size, "> ");
    else
        snprintf(prompt, size, "[%s%s] ", b->kind == BUFFER_PERSON ? "@" : "",
                 b->name);
}

/* The row ends where the old one did, and what is new has its place. */
static bool
is_longer(const struct chat *ch, unsigned columns)
{
    const struct chat_row *row = &ch->row;
    const struct line *l = ch->line;
    if (l->cursor != l->len || row->cursor != row->len || l->first != 0)
        return false;
    if (l->len <= row->len || memcmp(l->text, row->text, row->len) != 0)
        return false;
    for (size_t i = row->len; i < l->len; i++) {
        if ((unsigned char)l->text[i] < ' ')
            return false;
    }
    return row->column + line_width(l->text, row->len, l->len) + 1 < columns;
}

static void
remember(struct chat *ch, const char *prompt)
{
    struct chat_row *row = &ch->row;
    row->drawn = true;
    row->len = ch->line->len;
    row->cursor = ch->line->cursor;
    memcpy(row->text, ch->line->text, row->len + 1);
    snprintf(row->prompt, sizeof row->prompt, "%s", prompt);
}

static void
plain_draw(struct chat *ch)
{
    char prompt[sizeof ch->row.prompt];
    struct chat_row *row = &ch->row;
    struct line *l = ch->line;
    unsigned columns = term_columns();
    if (!l)
        return;
    make_prompt(ch, prompt, sizeof prompt);
    bool same = row->drawn && strcmp(row->prompt, prompt) == 0;
    if (same && l->cursor == row->cursor && l->len == row->len &&
        memcmp(l->text, row->text, l->len) == 0)
        return;
    if (same && is_longer(ch, columns)) {
        text_clean(stdout, slice_of(l->text + row->len, l->len - row->len));
        row->column += line_width(l->text, row->len, l->len);
    } else {
        row->column = line_draw(l, stdout, prompt, columns);
    }
    remember(ch, prompt);
}

/* Rows above the cursor that the line takes now. Behind a row that is just full
 * the cursor is still in it. */
static unsigned
rows_above(const struct chat_row *row)
{
    unsigned columns = term_columns();
    bool at_end = row->cursor == row->len;
    if (!row->drawn || row->column == 0)
        return 0;
    return (row->column - at_end) / columns;
}

/* The terminal has another size, or the shell had it. What was drawn may now
 * take several rows, up to the one it begins in. */
static void
plain_resized(struct chat *ch)
{
    if (!ch->line)
        return;
    term_again();
    unsigned rows = rows_above(&ch->row);
    if (rows)
        printf("\x1b[%uA", rows);
    fputs("\r\x1b[J", stdout);
    ch->row.drawn = false;
    ch->dirty = true;
    ch->draw_at = 0;
}

static void
plain_clear(struct chat *ch)
{
    if (ch->line)
        fputs("\x1b[H\x1b[2J", stdout);
    ch->row.drawn = false;
    ch->dirty = true;
}

static void
plain_command(struct chat *ch, enum line_command command)
{
    if (command == LINE_DO_REDRAW)
        plain_clear(ch);
}

static void
plain_bell(struct chat *ch)
{
    (void)ch;
    putchar('\a');
}

static int
plain_open(struct chat *ch, const char **fault)
{
    (void)fault;
    if (!ch->line || term_init())
        return 0;
    cmd_error(ch->cmd, "the terminal cannot be set: %s", strerror(errno));
    return EXIT_GENERAL;
}

static void
plain_close(struct chat *ch)
{
    above(ch);
    fflush(stdout);
    term_fini();
}

const struct chat_view chat_plain = {
    .open = plain_open,
    .close = plain_close,
    .entry = plain_entry,
    .coming = plain_coming,
    .page = plain_page,
    .draw = plain_draw,
    .resized = plain_resized,
    .command = plain_command,
    .clear = plain_clear,
    .bell = plain_bell,
};
