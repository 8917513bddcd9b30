/* SPDX-License-Identifier: MPL-2.0 */
/*
 * fuzz_keys: any bytes as keys of a terminal.
 *
 * Whatever is typed, pasted, put aside and completed: the line is valid UTF-8
 * without controls, no longer than a text, and the cursor and the window are at
 * boundaries of characters. A NUL, which is no key, makes the next byte an act
 * of the one who owns the line.
 */
#include <stdlib.h>

#include "agree.h"
#include "client/complete.h"
#include "input.h"
#include "proto/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { PLACES = 2 };

struct desk {
    struct line *line;
    struct past pasts[PLACES];
    struct draft drafts[PLACES];
    struct buffers buffers;
    struct complete complete;
    size_t place;
};

static void
check_text(const char *text, size_t len)
{
    MUST(utf8_valid(slice_of(text, len)));
    for (size_t i = 0; i < len; i++) {
        uint8_t byte = (uint8_t)text[i];
        MUST(byte >= 0x20 || byte == '\t' || byte == '\n');
        MUST(byte != 0x7f);
        MUST(byte != 0xc2 || (uint8_t)text[i + 1] >= 0xa0);
    }
}

static void
check_line(const struct line *l)
{
    MUST(l->len <= LIMIT_TEXT && l->text[l->len] == '\0');
    MUST(l->cursor <= l->len);
    MUST(line_boundary(l, l->cursor) == l->cursor);
    MUST(l->first <= l->len && line_boundary(l, l->first) == l->first);
    check_text(l->text, l->len);
    MUST(l->past->len <= LINE_HISTORY && l->past_at <= l->past->len);
    MUST(l->undo_len <= LINE_UNDO);
}

static void
check_window(struct line *l, unsigned columns)
{
    struct line_window w;
    line_window(l, columns, &w);
    MUST(w.start <= l->cursor && l->cursor <= w.end && w.end <= l->len);
    MUST(line_boundary(l, w.start) == w.start);
    MUST(line_boundary(l, w.end) == w.end);
    MUST(w.column == line_width(l->text, w.start, l->cursor));
    MUST(w.column < (columns > 1 ? columns : 2));
}

static void
check_result(struct desk *d, enum line_result result)
{
    struct line *l = d->line;
    char text[LIMIT_TEXT + 1];
    switch (result) {
    case LINE_ENTER:
        line_take(l, text);
        MUST(l->len == 0);
        break;
    case LINE_COMMAND:
        MUST(l->command > LINE_DO_NOTHING && l->command <= LINE_DO_CANCEL);
        MUST(l->command != LINE_DO_GO || (l->go >= 1 && l->go <= 10));
        break;
    case LINE_PASTED:
        MUST(l->pasted_len <= PASTE_MAX);
        check_text(l->pasted, l->pasted_len);
        MUST(l->pasted[l->pasted_len] == '\0');
        break;
    case LINE_CLOSE:
        MUST(l->len == 0);
        break;
    case LINE_NOTHING:
    case LINE_CHANGED:
        break;
    }
}

/* Another conversation is looked at. */
static void
change_place(struct desk *d)
{
    MUST(line_put_aside(d->line, &d->drafts[d->place]));
    d->place = (d->place + 1) % PLACES;
    line_use(d->line, &d->pasts[d->place]);
    line_bring_back(d->line, &d->drafts[d->place]);
}

static void
press_tab(struct desk *d, uint8_t how)
{
    static const char *const commands[] = {"join", "msg", "me", NULL};
    static const char *const rooms[] = {"lobby", "面向", NULL};
    struct complete_source source = {&d->buffers, commands, rooms, how % 3};
    complete_step(&d->complete, d->line, how & 4 ? 1 : -1, &source);
}

static void
act(struct desk *d, struct input *in)
{
    switch (input_byte(in) % 5) {
    case 0:
        check_result(d, line_idle(d->line));
        break;
    case 1:
        for (int i = 0; i < LINE_STALE; i++)
            check_result(d, line_idle(d->line));
        MUST(!line_waits(d->line));
        break;
    case 2:
        change_place(d);
        break;
    case 3:
        check_window(d->line, input_byte(in));
        break;
    default:
        press_tab(d, input_byte(in));
        break;
    }
}

static void
set_up(struct desk *d)
{
    static const char *const members[] = {"bob", "Émile", "小明", "x y"};
    d->line = line_new();
    MUST(d->line && buffers_init(&d->buffers, "ann"));
    line_use(d->line, &d->pasts[0]);
    MUST(buffer_members(buffers_current(&d->buffers), members, 4, 4));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct input in = {data, data + len};
    struct desk *d = calloc(1, sizeof *d);
    MUST(d);
    set_up(d);
    while (in.at < in.end) {
        uint8_t byte = input_byte(&in);
        if (byte)
            check_result(d, line_feed(d->line, byte));
        else
            act(d, &in);
        check_line(d->line);
    }
    check_window(d->line, 80);
    for (size_t i = 0; i < PLACES; i++) {
        past_free(&d->pasts[i]);
        free(d->drafts[i].text);
    }
    complete_end(&d->complete);
    buffers_fini(&d->buffers);
    line_free(d->line);
    free(d);
    return 0;
}
