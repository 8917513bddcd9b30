/* SPDX-License-Identifier: MPL-2.0 */
/*
 * term_paste: what a terminal pastes, gathered until its end.
 *
 * Between the two marks nothing is a key: a pasted carriage return must not
 * send anything, a pasted escape sequence do nothing. One line that fits is put
 * in where the cursor is; anything else is for the owner to ask about.
 *
 * When the end never comes (the mark was lost on the way), the paste ends after
 * a pause of LINE_STALE idles. It may have been a slow line, though, and the
 * rest still come; so until the mark is seen or a person has plainly pressed
 * Enter, with a pause before it, a return in a burst only is a line feed.
 */
#include <stdlib.h>
#include <string.h>

#include "term_line.h"

/* Room for `len` more bytes and a NUL. */
static bool
make_room(struct line *l, size_t len)
{
    size_t need = l->pasted_len + len + 1;
    size_t room = l->pasted_room ? l->pasted_room : PASTE_CHUNK;
    while (room < need)
        room *= 2;
    if (room == l->pasted_room)
        return true;
    char *grown = realloc(l->pasted, room);
    if (!grown)
        return false;
    l->pasted = grown;
    l->pasted_room = room;
    return true;
}

/* A whole character. */
void
line_paste(struct line *l, const uint8_t *bytes, size_t len)
{
    if (l->pasted_cut || l->pasted_len + len > PASTE_MAX ||
        !make_room(l, len)) {
        l->pasted_cut = true;
        return;
    }
    memcpy(l->pasted + l->pasted_len, bytes, len);
    l->pasted_len += len;
    l->pasted[l->pasted_len] = '\0';
}

void
line_paste_begin(struct line *l)
{
    l->pasting = true;
    l->stale = false;
    l->pasted_len = 0;
    l->pasted_cut = false;
    l->partial_len = 0;
    l->idles = 0;
}

enum line_result
line_paste_end(struct line *l)
{
    l->stale = false;
    if (!l->pasting)
        return LINE_NOTHING;
    l->pasting = false;
    l->partial_len = 0;
    l->after_return = false;
    size_t len = l->pasted_len;
    while (len && l->pasted[len - 1] == '\n')
        len--; /* a line that was copied with its end is one line */
    if (!l->pasted_len && !l->pasted_cut)
        return LINE_NOTHING;
    if (l->pasted_cut || memchr(l->pasted, '\n', len))
        return LINE_PASTED;
    line_keep(l);
    return line_replace(l, l->cursor, l->cursor, slice_of(l->pasted, len))
               ? LINE_CHANGED
               : LINE_PASTED;
}
