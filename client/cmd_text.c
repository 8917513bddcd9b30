/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_text: see cmd_text.h for what is escaped and why.
 *
 * Nearly all text is harmless, so it is written in the longest runs that need
 * no change. The form of a message line is made here and nowhere else.
 */
#define _GNU_SOURCE /* asprintf; localtime_r and tm with -std=c2x */
#include "cmd_text.h"

#include <stdlib.h>
#include <time.h>
#include <utf8proc.h>

#include "json.h"
#include "wrap.h"

/* First and last of the ranges that a terminal must not see. */
static const struct {
    utf8proc_int32_t first, last;
} harmful[] = {
    {0x00, 0x08},     {0x0a, 0x1f},     {0x7f, 0x9f},     {0x061c, 0x061c},
    {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069}, {0xfff9, 0xfffb},
};

bool
text_is_harmful(int32_t point)
{
    for (size_t i = 0; i < sizeof harmful / sizeof *harmful; i++) {
        if (point >= harmful[i].first && point <= harmful[i].last)
            return true;
    }
    return false;
}

/* The bytes up to the first character that cannot be written as it is. */
static size_t
clean_run(struct slice text, utf8proc_int32_t *bad, size_t *bad_len)
{
    size_t at = 0;
    *bad_len = 0;
    while (at < text.len) {
        uint8_t byte = text.data[at];
        if (byte >= 0x20 && byte < 0x7f) {
            at++;
            continue;
        }
        utf8proc_ssize_t n = utf8proc_iterate(
            text.data + at, (utf8proc_ssize_t)(text.len - at), bad);
        if (n <= 0 || text_is_harmful(*bad)) {
            *bad = n <= 0 ? -1 : *bad;
            *bad_len = n <= 0 ? 1 : (size_t)n;
            return at;
        }
        at += (size_t)n;
    }
    return at;
}

void
text_clean(FILE *out, struct slice text)
{
    while (text.len) {
        utf8proc_int32_t bad = 0;
        size_t bad_len = 0;
        size_t run = clean_run(text, &bad, &bad_len);
        fwrite(text.data, 1, run, out);
        if (bad_len && bad < 0)
            fputs("\xef\xbf\xbd", out);
        else if (bad_len)
            fprintf(out, "\\u%04x", (unsigned)bad);
        text.data += run + bad_len;
        text.len -= run + bad_len;
    }
}

void
text_clean_str(FILE *out, const char *text)
{
    if (text)
        text_clean(out, slice_str(text));
}

void
text_time(FILE *out, uint64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm = {0};
    char text[8] = "--:--";
    if (localtime_r(&seconds, &tm))
        strftime(text, sizeof text, "%H:%M", &tm);
    fputs(text, out);
}

unsigned
text_hue(const char *id)
{
    uint32_t hash = 2166136261U; /* FNV-1a: stable, and good enough to colour */
    for (; *id; id++)
        hash = (hash ^ (uint8_t)*id) * 16777619U;
    hash ^= hash >> 16; /* its low bits alone are poor ones */
    return hash % TEXT_HUES;
}

/* One row, as wrap.h counts its columns. */
static void
put_row(FILE *out, const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        struct wrap_glyph g;
        wrap_glyph(text, len, at, &g);
        for (unsigned i = 0; i < g.count; i++) {
            utf8proc_uint8_t bytes[4];
            utf8proc_ssize_t n = utf8proc_encode_char(g.points[i], bytes);
            fwrite(bytes, 1, (size_t)n, out);
        }
        at = g.end;
    }
}

static unsigned
next_row(FILE *out)
{
    fprintf(out, "\n%*s", TEXT_HANG, "");
    return TEXT_HANG;
}

/* Gives the next row of the text, which begins behind `used` columns. */
static bool
row_of(struct slice text, const struct text_look *look, unsigned used,
       struct wrap_row *row)
{
    bool wide = look->columns > used + 1; /* for a wide character */
    return wrap_next((const char *)text.data, text.len,
                     wide ? look->columns - used : TEXT_LEAST, row);
}

static unsigned
count_rows(struct slice text, const struct text_look *look, unsigned used)
{
    struct wrap_row row = {0};
    unsigned count = 0;
    while (row_of(text, look, count ? TEXT_HANG : used, &row))
        count++;
    return count;
}

void
text_rows(FILE *out, struct slice text, const struct text_look *look)
{
    struct wrap_row row = {0};
    unsigned used = look->used;
    if (look->columns == 0) {
        text_clean(out, text);
        return;
    }
    if (used + TEXT_LEAST > look->columns)
        used = next_row(out);
    unsigned rows = count_rows(text, look, used);
    unsigned shown = rows;
    if (!look->whole && rows > TEXT_MOST)
        shown = TEXT_MOST - 1;
    for (unsigned i = 0; i < shown && row_of(text, look, used, &row); i++) {
        if (i > 0)
            (void)next_row(out);
        put_row(out, (const char *)text.data + row.start, row.end - row.start);
        used = TEXT_HANG;
    }
    if (shown == rows)
        return;
    (void)next_row(out);
    fprintf(out, "... %u more rows%s", rows - shown,
            look->rest ? look->rest : "");
}

static unsigned
columns_of(const char *text)
{
    return text ? wrap_width(text, strlen(text)) : 0;
}

/* Green, cyan, blue, magenta, yellow, red, in the order of theme.c. */
static int
id_color(const char *id)
{
    static const int colors[TEXT_HUES] = {32, 36, 34, 35, 33, 31};
    return colors[text_hue(id)];
}

void
text_id(FILE *out, const char *id, bool color)
{
    if (color)
        fprintf(out, "\x1b[%dm", id_color(id));
    text_clean_str(out, id);
    if (color)
        fputs("\x1b[0m", out);
}

/* What stands before and behind the id. */
static void
frame_of(const char *kind, const char **before, const char **behind)
{
    static const struct {
        const char *kind, *before, *behind;
    } frames[] = {
        {"action", "* ", " "}, {"notice", "-", "- "}, {"redact", "* ", " "}};
    *before = "<";
    *behind = "> ";
    for (size_t i = 0; kind && i < sizeof frames / sizeof *frames; i++) {
        if (strcmp(kind, frames[i].kind) == 0) {
            *before = frames[i].before;
            *behind = frames[i].behind;
        }
    }
}

void
text_message(FILE *out, const confab_event *e, struct slice text,
             const struct text_look *look)
{
    const char *before = NULL;
    const char *behind = NULL;
    const char *place = e->room ? e->room : e->to;
    const char *from = e->from ? e->from : "?";
    struct text_look rest = *look;
    frame_of(e->kind, &before, &behind);
    text_time(out, e->time);
    fputs(e->room ? " " : " @", out);
    text_clean_str(out, place);
    fprintf(out, " %s", before);
    text_id(out, from, look->color);
    fputs(behind, out);
    rest.used += (e->room ? TEXT_HANG : TEXT_HANG + 1) + columns_of(place) + 1 +
                 (unsigned)(strlen(before) + strlen(behind)) + columns_of(from);
    text_rows(out, text, &rest);
}

struct slice
text_body(const confab_event *e, char **made)
{
    *made = NULL;
    bool tells = e->kind && strcmp(e->kind, "redact") == 0 && e->gone;
    if (tells && asprintf(made, "removed the message %llu",
                          (unsigned long long)e->re) < 0)
        *made = NULL;
    if (*made)
        return slice_str(*made);
    if (e->gone)
        return slice_str("(removed)");
    if (e->text)
        return slice_of(e->text, e->text_len);
    json_t *data = json_from_value(slice_of(e->data, e->data_len));
    if (data)
        *made = json_dumps(data, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(data);
    return slice_str(*made ? *made : "(data)");
}

void
text_news(FILE *out, const confab_event *e, const struct text_look *look)
{
    static const char about[] = ": about ";
    const char *who =
        e->type == CONFAB_ABOUT || e->type == CONFAB_INVITED ? e->by : e->id;
    struct text_look rest = *look;
    who = who ? who : "somebody";
    text_id(out, who, look->color);
    rest.used += columns_of(who) + (unsigned)strlen(about);
    if (e->type == CONFAB_INVITED) {
        fputs(" invites you", out);
    } else if (e->type == CONFAB_ABOUT) {
        fputs(about, out);
        text_rows(out, slice_str(e->about && *e->about ? e->about : "nothing"),
                  &rest);
    } else {
        fputs(e->type == CONFAB_ENTER ? " enters" : " leaves", out);
    }
    if (!e->why || strcmp(e->why, "left") == 0)
        return;
    fputs(" (", out);
    text_clean_str(out, e->why);
    putc(')', out);
}

bool
text_is_own_end(const confab_event *e, const char *id)
{
    return e->type == CONFAB_EXIT && e->id && strcmp(e->id, id) == 0 &&
           e->why && strcmp(e->why, "kicked") == 0;
}
