/* SPDX-License-Identifier: MPL-2.0 */
/*
 * term_past: lines that are not the one being typed: older ones, those put
 * aside half typed, and the line as it was before the last keys.
 *
 * Each conversation has its own history and its own half-typed line; the editor
 * borrows the history of the one that is looked at.
 */
#include <stdlib.h>
#include <string.h>

#include "term_line.h"

void
past_free(struct past *past)
{
    for (size_t i = 0; i < past->len; i++)
        free(past->lines[i]);
    past->len = 0;
}

static void
forget_steps(struct line *l)
{
    for (size_t i = 0; i < l->undo_len; i++)
        free(l->undo[i].text);
    l->undo_len = 0;
    l->typing = false;
}

/* Another line altogether. */
static void
show(struct line *l, const char *text)
{
    l->first = 0;
    (void)line_replace(l, 0, l->len, slice_str(text ? text : ""));
    forget_steps(l);
}

void
line_use(struct line *l, struct past *past)
{
    l->past = past ? past : &l->own;
    l->past_at = l->past->len;
    free(l->draft);
    l->draft = NULL;
}

bool
line_put_aside(struct line *l, struct draft *draft)
{
    char *copy = l->len ? strdup(l->text) : NULL;
    if (l->len && !copy)
        return false;
    free(draft->text);
    *draft = (struct draft){.text = copy, .cursor = l->cursor};
    show(l, NULL);
    return true;
}

void
line_bring_back(struct line *l, struct draft *draft)
{
    show(l, draft->text);
    if (draft->text)
        l->cursor = draft->cursor;
    free(draft->text);
    *draft = (struct draft){0};
}

void
line_older(struct line *l)
{
    if (l->past_at == 0)
        return;
    if (l->past_at == l->past->len) {
        char *copy = strdup(l->text);
        if (!copy)
            return;
        free(l->draft);
        l->draft = copy;
    }
    show(l, l->past->lines[--l->past_at]);
}

void
line_newer(struct line *l)
{
    if (l->past_at == l->past->len)
        return;
    l->past_at++;
    show(l, l->past_at == l->past->len ? l->draft : l->past->lines[l->past_at]);
}

static void
remember(struct line *l)
{
    struct past *past = l->past;
    const char *last = past->len ? past->lines[past->len - 1] : "";
    char *copy = l->len && strcmp(last, l->text) != 0 ? strdup(l->text) : NULL;
    if (!copy)
        return;
    if (past->len == LINE_HISTORY) {
        free(past->lines[0]);
        memmove(past->lines, past->lines + 1,
                (LINE_HISTORY - 1) * sizeof(*past->lines));
        past->len--;
    }
    past->lines[past->len++] = copy;
}

void
line_take(struct line *l, char text[static LIMIT_TEXT + 1])
{
    memcpy(text, l->text, l->len + 1);
    remember(l);
    l->past_at = l->past->len;
    show(l, NULL);
}

/* The oldest step goes when there are too many. */
void
line_keep(struct line *l)
{
    struct draft *last = l->undo_len ? &l->undo[l->undo_len - 1] : NULL;
    if (last && strcmp(last->text, l->text) == 0) {
        last->cursor = l->cursor; /* keys that moved it only */
        return;
    }
    char *copy = strdup(l->text);
    if (!copy)
        return; /* one step less to take back */
    if (l->undo_len == LINE_UNDO) {
        free(l->undo[0].text);
        memmove(l->undo, l->undo + 1, (LINE_UNDO - 1) * sizeof(*l->undo));
        l->undo_len--;
    }
    l->undo[l->undo_len++] = (struct draft){.text = copy, .cursor = l->cursor};
}

void
line_undo(struct line *l)
{
    while (l->undo_len) {
        struct draft step = l->undo[--l->undo_len];
        bool same = strcmp(step.text, l->text) == 0;
        (void)line_replace(l, 0, l->len, slice_str(step.text));
        l->cursor = step.cursor;
        free(step.text);
        if (!same)
            return;
    }
}
