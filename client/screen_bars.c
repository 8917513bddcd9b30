/* SPDX-License-Identifier: MPL-2.0 */
/*
 * screen_bars: the rows of subject and status, and the list of members.
 *
 * The state of the connection stands at the right end of the status and has its
 * room before all else in it has; what is left is filled from the left, most
 * important first.
 */
#define _GNU_SOURCE /* localtime_r with -std=c2x */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "screen_inner.h"
#include "wrap.h"

enum {
    WORDS = 128,         /* bytes of something short */
    ACTIVITY_AROUND = 7, /* columns of "[Act: ]" */
    ACTIVITY_MORE = 3,   /* of ",…]" */
    LINK_COLUMNS = 100, /* from which on it is said where we are connected to */
    COUNT_COLUMNS = 60, /* and how many members there are */
    BELOW_COLUMNS = 60, /* and that there is more below: an arrow else */
    BAR = 0x2502,       /* │ */
};

/* --- the subject --- */

static void
draw_name(struct pen *p, const struct chat_buffer *b)
{
    if (b->kind == BUFFER_PROGRAM) {
        pen_str(p, "confab");
        return;
    }
    if (b->kind == BUFFER_PERSON)
        pen_str(p, "@");
    pen_str(p, b->name);
    if (b->kind == BUFFER_PERSON)
        pen_str(p, b->online ? " (connected)" : "");
    else if (!b->joined)
        pen_str(p, b->closed ? " (closed, not in it)" : " (not in it)");
    else
        pen_print(p, " (%s%" PRIu64 ")", b->closed ? "closed, " : "", b->count);
}

static void
draw_subject(const struct scene *scene, const struct screen_parts *parts)
{
    const struct chat_buffer *b = buffers_current(scene->buffers);
    struct pen p = {.y = parts->subject,
                    .x = 1,
                    .end = parts->columns,
                    .role = ROLE_BAR_ACTIVE};
    draw_name(&p, b);
    p.role = ROLE_BAR;
    if (b->about && *b->about && p.x + 2 < p.end) {
        p.x += 2;
        pen_cut(&p, b->about, (unsigned)(p.end - p.x));
    }
}

/* --- the status --- */

static const char *const link_words[] = {
    [SCENE_ONLINE] = "online",
    [SCENE_OFFLINE] = "offline",
};

/* Draws it at the right end; gives the column where it begins. */
static int
draw_link(const struct scene *scene, const struct screen_parts *parts, int y)
{
    char words[2 * WORDS];
    const char *more = scene->link_text;
    bool online = scene->link == SCENE_ONLINE;
    int room = parts->columns / 2 - 1;
    if (scene->link != SCENE_OFFLINE && parts->columns < LINK_COLUMNS)
        more = NULL; /* where to is known, other things are news */
    snprintf(words, sizeof words, "%s%s%.*s", link_words[scene->link],
             more ? online ? ": " : ", " : "",
             more ? (int)wrap_cut(more, strlen(more), WORDS) : 0,
             more ? more : "");
    int wide = (int)wrap_width(words, strlen(words));
    if (wide > room)
        wide = room;
    struct pen p = {.y = y,
                    .x = parts->columns - wide - 1,
                    .end = parts->columns,
                    .role = online ? ROLE_BAR : ROLE_ERROR};
    pen_cut(&p, words, (unsigned)wide);
    return parts->columns - wide - 2;
}

static enum theme_role
activity_role(const struct chat_buffer *b)
{
    return b->activity == ACTIVITY_MENTION ? ROLE_BAR_MENTION : ROLE_BAR_ACTIVE;
}

/* "3", or "3:dev(5)". */
static void
activity_words(char words[static WORDS], const struct buffers *bs, size_t at,
               bool names)
{
    const struct chat_buffer *b = bs->rows[at];
    if (names)
        snprintf(words, WORDS, "%zu:%s(%u)", at, b->name, b->unread);
    else
        snprintf(words, WORDS, "%zu", at);
}

static bool
is_active(const struct buffers *bs, size_t at)
{
    return at != bs->current && bs->rows[at]->activity >= ACTIVITY_MESSAGE;
}

/* Columns of the whole list; 0: it is empty. */
static unsigned
activity_width(const struct buffers *bs, bool names)
{
    unsigned columns = 0;
    for (size_t i = 0; i < bs->len; i++) {
        char words[WORDS];
        if (!is_active(bs, i))
            continue;
        activity_words(words, bs, i, names);
        columns += wrap_width(words, strlen(words)) + 1;
    }
    return columns ? columns - 1 + ACTIVITY_AROUND : 0;
}

/* Draws as many as there is room for; "…" stands for others. */
static void
draw_activity(struct pen *p, const struct buffers *bs)
{
    int room = p->end - p->x;
    bool names = room > 0 && activity_width(bs, true) < (unsigned)room;
    bool begun = false;
    if (room < ACTIVITY_AROUND + ACTIVITY_MORE ||
        activity_width(bs, names) == 0)
        return;
    for (size_t i = 0; i < bs->len; i++) {
        char words[WORDS];
        if (!is_active(bs, i))
            continue;
        activity_words(words, bs, i, names);
        p->role = ROLE_BAR;
        pen_str(p, begun ? "," : "[Act: ");
        begun = true;
        if (p->x + (int)wrap_width(words, strlen(words)) + ACTIVITY_MORE >
            p->end) {
            pen_str(p, "…");
            break;
        }
        p->role = activity_role(bs->rows[i]);
        pen_str(p, words);
    }
    p->role = ROLE_BAR;
    pen_str(p, "] ");
}

static void
draw_where(struct pen *p, const struct scene *scene)
{
    const struct buffers *bs = scene->buffers;
    const struct chat_buffer *b = buffers_current(bs);
    struct tm tm = {0};
    char clock[WORDS] = "--:--";
    time_t seconds = (time_t)(scene->now / 1000);
    if (localtime_r(&seconds, &tm))
        strftime(clock, sizeof clock, "%H:%M", &tm);
    pen_print(p, "[%s] ", clock);
    pen_cut(p, bs->id, (unsigned)(p->end - p->x) / 3);
    pen_print(p, " %zu:", bs->current);
    p->role = ROLE_BAR_ACTIVE;
    if (p->x < p->end)
        pen_cut(p, b->kind == BUFFER_PROGRAM ? "confab" : b->name,
                (unsigned)(p->end - p->x));
    p->role = ROLE_BAR;
    if (b->kind == BUFFER_ROOM && b->joined && p->end >= COUNT_COLUMNS)
        pen_print(p, " (%" PRIu64 ")", b->count);
    pen_str(p, " ");
}

static void
draw_status(const struct scene *scene, const struct screen_parts *parts)
{
    const struct chat_buffer *b = buffers_current(scene->buffers);
    struct pen p = {.y = parts->status, .role = ROLE_BAR};
    p.end = draw_link(scene, parts, parts->status);
    if (scene->found) { /* what Tab has to choose from */
        pen_cut(&p, scene->found, (unsigned)p.end);
        return;
    }
    int end = p.end;
    const char *below = "";
    if (b->bottom)
        below = parts->columns < BELOW_COLUMNS ? " ↓" : " more below ";
    p.end -= (int)wrap_width(below, strlen(below));
    draw_where(&p, scene);
    draw_activity(&p, scene->buffers);
    p.end = end;
    p.role = ROLE_BAR_ACTIVE;
    pen_str(&p, below);
}

/* --- members --- */

static void
draw_members(const struct scene *scene, const struct screen_parts *parts)
{
    const struct chat_buffer *b = buffers_current(scene->buffers);
    size_t rows = (size_t)parts->text_rows;
    uint64_t count = b->count > b->member_count ? b->count : b->member_count;
    size_t shown = count > rows ? rows - 1 : b->member_count;
    if (shown > b->member_count)
        shown = b->member_count;
    for (size_t i = 0; i < rows; i++) {
        struct pen p = {.y = parts->text + (int)i,
                        .x = parts->members,
                        .end = parts->columns,
                        .role = ROLE_DIM};
        pen_fill(&p, BAR, p.x + 1);
        p.x++;
        if (i < shown) {
            const char *id = b->members[i];
            bool own = strcmp(id, scene->buffers->id) == 0;
            p.role = own ? ROLE_OWN : theme_id(id);
            pen_cut(&p, id, (unsigned)(p.end - p.x));
        } else if (i == shown && count > shown) {
            pen_print(&p, "+%" PRIu64 " more", count - shown);
        }
    }
}

/* The whole row in the colour of a bar. */
static void
fill_bar(const struct screen_parts *parts, int y)
{
    struct pen p = {.y = y, .end = parts->columns, .role = ROLE_BAR};
    pen_fill(&p, ' ', p.end);
}

void
screen_bars(const struct scene *scene, const struct screen_parts *parts)
{
    if (parts->subject != SCREEN_NONE) {
        fill_bar(parts, parts->subject);
        draw_subject(scene, parts);
    }
    if (parts->status != SCREEN_NONE) {
        fill_bar(parts, parts->status);
        draw_status(scene, parts);
    }
    if (parts->members != SCREEN_NONE)
        draw_members(scene, parts);
}
