/* SPDX-License-Identifier: MPL-2.0 */
/*
 * wrap: see wrap.h.
 *
 * Nearly all text is ASCII, so that takes a short way. A row is filled cluster
 * by cluster; the last place where it may end is remembered, and taken when the
 * next cluster has no room: before blanks, and before or behind a wide
 * character, since Chinese and Japanese have no blanks between words.
 *
 * Widths are utf8proc's, but for two kinds where it differs from what terminals
 * and libc do: a spacing mark (Mc, the vowels of Indian scripts) has a column
 * of its own, and the vowels and finals of a Hangul syllable that is written in
 * pieces stand in the columns of its first. Where terminals disagree the larger
 * width is taken: then a row may look shorter than it was counted, but never
 * runs over its end.
 */
#include "wrap.h"

#include <utf8proc.h>

#include "cmd_text.h"

enum {
    REPLACEMENT = 0xfffd,
    RETURN = 0x23ce,
    NONJOINER = 0x200c,
    JOINER = 0x200d
};

/* The character at `at`; U+FFFD for a byte that is none. */
static int32_t
point_at(const char *text, size_t len, size_t at, size_t *next)
{
    utf8proc_int32_t point = -1;
    utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                                          (utf8proc_ssize_t)(len - at), &point);
    *next = at + (n > 0 ? (size_t)n : 1);
    return n > 0 ? point : REPLACEMENT;
}

static bool
in_hangul_piece(int32_t point)
{
    return (point >= 0x1160 && point <= 0x11ff) ||
           (point >= 0xd7b0 && point <= 0xd7ff);
}

unsigned
wrap_point(int32_t point)
{
    if (in_hangul_piece(point))
        return 0;
    if (utf8proc_category(point) == UTF8PROC_CATEGORY_MC)
        return 1;
    return (unsigned)utf8proc_charwidth(point);
}

static bool
is_mark(int32_t point)
{
    utf8proc_category_t category = utf8proc_category(point);
    return category == UTF8PROC_CATEGORY_MN ||
           category == UTF8PROC_CATEGORY_ME || category == UTF8PROC_CATEGORY_MC;
}

/* Chooses between two looks of a character, or changes an emoji's skin. */
static bool
is_selector(int32_t point)
{
    return (point >= 0xfe00 && point <= 0xfe0f) ||
           (point >= 0xe0100 && point <= 0xe01ef) ||
           (point >= 0x1f3fb && point <= 0x1f3ff);
}

static void
add_point(struct wrap_glyph *g, int32_t point)
{
    if (g->count == WRAP_POINTS)
        return;
    g->points[g->count++] = point;
    g->columns += wrap_point(point);
}

/* Adds what is not the first character of its cluster. */
static void
add_extension(struct wrap_glyph *g, int32_t point, bool joined)
{
    bool seen = is_mark(point) || point == NONJOINER || in_hangul_piece(point);
    if (is_selector(point) || (joined && !seen))
        return;
    if (seen || wrap_point(point))
        add_point(g, point);
}

/* A mark without anything to stand on gets a blank. */
static void
add_first(struct wrap_glyph *g, int32_t point)
{
    bool hangs = is_mark(point) || in_hangul_piece(point);
    if (hangs && !is_selector(point))
        add_point(g, ' ');
    if (hangs ? !is_selector(point) : wrap_point(point) > 0)
        add_point(g, point);
}

static void
add_escaped(struct wrap_glyph *g, int32_t point)
{
    static const char digits[] = "0123456789abcdef";
    add_point(g, '\\');
    add_point(g, 'u');
    for (int shift = 12; shift >= 0; shift -= 4)
        add_point(g, digits[((uint32_t)point >> shift) & 0xf]);
}

static bool
is_plain(const char *text, size_t len, size_t at)
{
    return text[at] >= 0x20 && text[at] < 0x7f &&
           (at + 1 == len || (uint8_t)text[at + 1] < 0x80);
}

void
wrap_glyph(const char *text, size_t len, size_t at, struct wrap_glyph *g)
{
    *g = (struct wrap_glyph){.end = at + 1};
    if (is_plain(text, len, at)) {
        g->points[0] = (uint8_t)text[at];
        g->count = g->columns = 1;
        return;
    }
    utf8proc_int32_t state = 0;
    int32_t before = point_at(text, len, at, &g->end);
    if (before == '\t')
        add_point(g, ' ');
    else if (before == '\n' ||
             (before == '\r' && g->end < len && text[g->end] == '\n'))
        add_point(g, RETURN);
    else if (text_is_harmful(before))
        add_escaped(g, before);
    else
        add_first(g, before);
    bool joined = false;
    while (g->end < len) {
        size_t next = 0;
        int32_t point = point_at(text, len, g->end, &next);
        if (utf8proc_grapheme_break_stateful(before, point, &state))
            return;
        if (point >= 0x20)
            add_extension(g, point, joined);
        joined = joined || point == JOINER;
        before = point;
        g->end = next;
    }
}

unsigned
wrap_cluster(const char *text, size_t len, size_t at, size_t *next)
{
    struct wrap_glyph g;
    wrap_glyph(text, len, at, &g);
    *next = g.end;
    return g.columns;
}

static bool
is_blank(const char *text, size_t at, size_t end)
{
    return end == at + 1 && (text[at] == ' ' || text[at] == '\t');
}

static size_t
feed_len(const char *text, size_t len, size_t at)
{
    if (at < len && text[at] == '\n')
        return 1;
    return at + 1 < len && text[at] == '\r' && text[at + 1] == '\n' ? 2 : 0;
}

/* Where the next row begins, when one has ended at `at` for want of room. */
static size_t
skip_blanks(const char *text, size_t len, size_t at)
{
    size_t next = at;
    while (next < len && (text[next] == ' ' || text[next] == '\t'))
        next++;
    return next > at ? next + feed_len(text, len, next) : next;
}

/* A place where the row may end: where a word has ended, or at either side of a
 * wide character. */
static void
note_place(struct wrap_row *place, size_t end, unsigned columns)
{
    place->end = end;
    place->columns = columns;
}

bool
wrap_next(const char *text, size_t len, unsigned columns, struct wrap_row *row)
{
    size_t start = row->next;
    struct wrap_row place = {start, start, start, 0};
    if (start > len || (start == len && len > 0))
        return false;
    *row = place;
    while (row->end < len && !feed_len(text, len, row->end)) {
        struct wrap_glyph g;
        wrap_glyph(text, len, row->end, &g);
        bool wide = g.count && wrap_point(g.points[0]) == 2;
        bool blank = is_blank(text, row->end, g.end);
        if (row->end > start &&
            (blank ? !is_blank(text, row->end - 1, row->end) : wide))
            note_place(&place, row->end, row->columns);
        if (row->columns + g.columns > columns && row->end > start) {
            if (place.end > start)
                *row = place;
            row->next = skip_blanks(text, len, row->end);
            return true;
        }
        row->end = g.end;
        row->columns += g.columns;
        if (row->columns > columns)
            row->columns = columns;
        if (wide)
            note_place(&place, row->end, row->columns);
    }
    row->next = len ? row->end + feed_len(text, len, row->end) : 1;
    while (row->end == start && feed_len(text, len, row->next))
        row->next += feed_len(text, len, row->next);
    return true;
}

unsigned
wrap_width(const char *text, size_t len)
{
    unsigned columns = 0;
    for (size_t at = 0; at < len;)
        columns += wrap_cluster(text, len, at, &at);
    return columns;
}

size_t
wrap_cut(const char *text, size_t len, unsigned columns)
{
    size_t at = 0;
    while (at < len) {
        size_t next = 0;
        unsigned wide = wrap_cluster(text, len, at, &next);
        if (wide > columns)
            break;
        columns -= wide;
        at = next;
    }
    return at;
}
