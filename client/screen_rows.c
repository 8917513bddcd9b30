/* SPDX-License-Identifier: MPL-2.0 */
/*
 * screen_rows: see screen_rows.h.
 *
 * With 10,000 entries nothing here may look at all of them: to fill the window
 * or to move it takes as many entries as it has rows.
 */
#define _GNU_SOURCE /* localtime_r with -std=c2x */
#include "screen_rows.h"

#include <limits.h>
#include <string.h>
#include <time.h>

#include "screen.h"
#include "wrap.h"

enum { HANG_LESS = 2, COLUMNS_LEAST = 2 };

void
rows_view(struct rows_view *v, const struct chat_buffer *b, unsigned height,
          unsigned columns)
{
    *v = (struct rows_view){.buffer = b,
                            .height = height,
                            .columns = columns,
                            .len = buffer_len(b),
                            .marker = buffer_marker(b)};
}

/* --- what stands in front of a text --- */

static const struct {
    const char *before, *behind;
    bool id;
} heads[] = {
    [ENTRY_MESSAGE] = {"<", ">", true}, [ENTRY_ACTION] = {"* ", "", true},
    [ENTRY_NOTICE] = {"-", "-", true},  [ENTRY_COMING] = {"--", "", false},
    [ENTRY_NEWS] = {"--", "", false},   [ENTRY_STATUS] = {"--", "", false},
    [ENTRY_ERROR] = {"--", "", false},
};

void
rows_head(const struct entry *e, unsigned columns, struct rows_head *head)
{
    unsigned most = SCREEN_IDS - 2;
    if (columns < ROWS_INLINE && columns / 4 < most)
        most = columns / 4;
    *head = (struct rows_head){.before = heads[e->kind].before,
                               .behind = heads[e->kind].behind};
    head->columns = (unsigned)(strlen(head->before) + strlen(head->behind));
    if (!heads[e->kind].id)
        return;
    head->id = e->from ? e->from : "?";
    head->id_len = strlen(head->id);
    unsigned wide = wrap_width(head->id, head->id_len);
    head->cut = wide > most;
    if (head->cut) {
        head->id_len = wrap_cut(head->id, head->id_len, most - 1);
        wide = wrap_width(head->id, head->id_len) + 1;
    }
    head->columns += wide;
}

/* The column in which the first row of a text begins. */
static unsigned
indent_first(const struct rows_view *v, const struct entry *e)
{
    struct rows_head head;
    if (v->columns >= ROWS_INLINE)
        return ROWS_TIME + SCREEN_IDS + 1;
    rows_head(e, v->columns, &head);
    return ROWS_TIME + head.columns + 1;
}

static unsigned
indent_hang(const struct rows_view *v)
{
    if (v->columns >= ROWS_INLINE)
        return ROWS_TIME + SCREEN_IDS + 1;
    return v->columns >= ROWS_HANG ? ROWS_TIME : HANG_LESS;
}

/* --- the rows of an entry --- */

static bool
is_new_day(const struct rows_view *v, size_t at)
{
    struct tm now = {0};
    struct tm before = {0};
    if (at == 0)
        return true;
    time_t time = (time_t)(buffer_at(v->buffer, at)->time / 1000);
    time_t time_before = (time_t)(buffer_at(v->buffer, at - 1)->time / 1000);
    return localtime_r(&time, &now) && localtime_r(&time_before, &before) &&
           (now.tm_yday != before.tm_yday || now.tm_year != before.tm_year);
}

/* Walks through the rows of one text. */
struct walk {
    const char *text;
    size_t len;
    unsigned indent, hang; /* of this row, of those behind it */
    unsigned columns;      /* of the window, less what is kept free */
    struct wrap_row row;
};

static void
walk_begin(struct walk *w, const struct rows_view *v, const struct entry *e)
{
    static const char removed[] = "(removed)";
    *w = (struct walk){.text = e->text ? e->text : "",
                       .len = e->text ? e->text_len : 0,
                       .indent = indent_first(v, e),
                       .hang = indent_hang(v),
                       .columns = v->columns - (e->own ? ROWS_TICK : 0)};
    if (e->gone) {
        w->text = removed;
        w->len = sizeof removed - 1;
    }
}

/* The next row; false: there is none. */
static bool
walk_next(struct walk *w)
{
    if (w->row.next > 0)
        w->indent = w->hang;
    unsigned room = COLUMNS_LEAST;
    if (w->columns > w->indent + COLUMNS_LEAST)
        room = w->columns - w->indent;
    return wrap_next(w->text, w->len, room, &w->row);
}

static unsigned
rows_above(const struct rows_view *v, size_t at)
{
    return (unsigned)is_new_day(v, at) + (at == v->marker);
}

static unsigned
text_rows_of(const struct rows_view *v, const struct entry *e)
{
    struct walk w;
    unsigned rows = 0;
    walk_begin(&w, v, e);
    while (walk_next(&w))
        rows++;
    return rows;
}

/* What this program says is not folded. */
static bool
is_folded(const struct rows_view *v, const struct entry *e, unsigned rows)
{
    bool ours = e->kind > ENTRY_NOTICE && e->kind != ENTRY_NEWS;
    return rows > ROWS_MOST && !ours && !v->buffer->unfolded;
}

/* How many rows the entry takes. */
static unsigned
rows_of(const struct rows_view *v, size_t at)
{
    const struct entry *e = buffer_at(v->buffer, at);
    unsigned rows = text_rows_of(v, e);
    return rows_above(v, at) + (is_folded(v, e, rows) ? ROWS_MOST : rows);
}

/* --- where the window is --- */

struct rows_place
rows_bottom(const struct rows_view *v)
{
    return (struct rows_place){v->len ? v->len - 1 : 0, 0};
}

/* Up by as many rows as there are; gives what is missing. */
static unsigned
move_up(const struct rows_view *v, struct rows_place *p, unsigned rows)
{
    unsigned own = rows_of(v, p->at);
    p->below += rows;
    while (p->below >= own && p->at > 0) {
        p->below -= own;
        own = rows_of(v, --p->at);
    }
    if (p->below < own)
        return 0;
    unsigned missing = p->below - own + 1;
    p->below = own - 1;
    return missing;
}

static void
move_down(const struct rows_view *v, struct rows_place *p, unsigned rows)
{
    while (rows > p->below) {
        if (p->at + 1 == v->len) {
            p->below = 0;
            return;
        }
        rows -= p->below + 1;
        p->at++;
        p->below = rows_of(v, p->at) - 1;
    }
    p->below -= rows;
}

/* The place, moved down until the window is full above it. */
static struct rows_place
place_full(const struct rows_view *v, struct rows_place p)
{
    struct rows_place top = p;
    if (v->height > 1)
        move_down(v, &p, move_up(v, &top, v->height - 1));
    return p;
}

struct rows_place
rows_place(const struct rows_view *v)
{
    const struct chat_buffer *b = v->buffer;
    if (v->len == 0 || b->bottom == 0)
        return rows_bottom(v);
    struct rows_place p = {buffer_where(b, b->bottom), b->below};
    if (p.at >= v->len)
        return rows_bottom(v);
    unsigned own = rows_of(v, p.at);
    if (p.below >= own)
        p.below = own - 1; /* it has fewer rows now */
    return place_full(v, p);
}

struct rows_place
rows_move(const struct rows_view *v, struct rows_place p, int rows)
{
    if (v->len == 0)
        return p;
    if (rows > 0)
        (void)move_up(v, &p, (unsigned)rows);
    else
        move_down(v, &p, (unsigned)-rows);
    return place_full(v, p);
}

struct rows_place
rows_top(const struct rows_view *v)
{
    struct rows_place p = {0, 0};
    if (v->len == 0)
        return p;
    p.below = rows_of(v, 0) - 1;
    return place_full(v, p);
}

bool
rows_follows(const struct rows_view *v, struct rows_place p)
{
    return p.below == 0 && p.at + 1 >= v->len;
}

void
rows_keep(const struct rows_view *v, struct rows_place p, struct chat_buffer *b)
{
    bool follows = rows_follows(v, p);
    b->bottom = follows ? 0 : buffer_at(v->buffer, p.at)->id;
    b->below = follows ? 0 : p.below;
}

bool
rows_at_top(const struct rows_view *v, struct rows_place p)
{
    return v->len == 0 || move_up(v, &p, v->height) > 0;
}

/* --- the rows in the window --- */

/* The rows of one entry from number `first` to before `end`, of which `first`
 * is drawn at `y`. */
struct span {
    unsigned first, end, y;
    rows_take *take;
    void *context;
};

static void
give(const struct span *s, unsigned number, const struct rows_row *row)
{
    if (number >= s->first && number < s->end)
        s->take(s->context, s->y + number - s->first, row);
}

static void
give_entry(const struct rows_view *v, size_t at, const struct span *s)
{
    struct walk w;
    struct rows_row row = {.entry = buffer_at(v->buffer, at)};
    unsigned number = 0;
    walk_begin(&w, v, row.entry);
    row.kind = ROWS_DAY;
    if (is_new_day(v, at))
        give(s, number++, &row);
    row.kind = ROWS_MARKER;
    if (at == v->marker)
        give(s, number++, &row);
    row.kind = ROWS_TEXT;
    row.text = w.text;
    row.first = true;
    unsigned rows = text_rows_of(v, row.entry);
    unsigned shown = is_folded(v, row.entry, rows) ? ROWS_MOST - 1 : rows;
    bool more = walk_next(&w);
    for (unsigned i = 0; i < shown && number < s->end; i++) {
        row.start = w.row.start;
        row.end = w.row.end;
        row.columns = w.row.columns;
        row.indent = w.indent;
        more = walk_next(&w);
        row.last = !more;
        give(s, number++, &row);
        row.first = false;
    }
    row.kind = ROWS_MORE;
    row.indent = w.indent;
    row.more = rows - shown;
    row.last = true;
    if (row.more)
        give(s, number, &row);
}

void
rows_each(const struct rows_view *v, struct rows_place p, rows_take *take,
          void *context)
{
    unsigned room = v->height;
    unsigned below = p.below;
    for (size_t at = p.at + 1; room > 0 && v->len > 0 && at-- > 0;) {
        unsigned end = rows_of(v, at) - below;
        unsigned rows = end < room ? end : room;
        struct span s = {end - rows, end, room - rows, take, context};
        give_entry(v, at, &s);
        room -= rows;
        below = 0;
    }
}
