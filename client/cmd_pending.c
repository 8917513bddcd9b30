/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_pending: see cmd_pending.h. An array with a moving start; it is pushed
 * together when its end is reached, and doubled when it is full.
 */
#include "cmd_pending.h"

#include <stdlib.h>

void
pending_fini(struct pending *p)
{
    for (size_t i = 0; i < p->len; i++)
        json_decref(p->rows[p->start + i].ref);
    free(p->rows);
    *p = (struct pending){0};
}

static bool
make_room(struct pending *p)
{
    if (p->start + p->len < p->cap)
        return true;
    if (p->start > p->cap / 2) {
        memmove(p->rows, p->rows + p->start, p->len * sizeof *p->rows);
        p->start = 0;
        return true;
    }
    size_t cap = p->cap ? p->cap * 2 : 64;
    struct question *rows = realloc(p->rows, cap * sizeof *rows);
    if (!rows)
        return false;
    p->rows = rows;
    p->cap = cap;
    return true;
}

bool
pending_add(struct pending *p, struct question q)
{
    if (!make_room(p)) {
        json_decref(q.ref);
        return false;
    }
    p->rows[p->start + p->len++] = q;
    return true;
}

static bool
is_asked(const struct question *row, uint64_t number, enum op op,
         const char *name)
{
    if (number)
        return row->number == number;
    return row->op == op && name && strcmp(row->name, name) == 0;
}

bool
pending_take(struct pending *p, uint64_t number, enum op op, const char *name,
             struct question *q)
{
    for (size_t i = 0; i < p->len; i++) {
        struct question *row = &p->rows[p->start + i];
        if (!is_asked(row, number, op, name))
            continue;
        *q = *row;
        /* The ones before it move up by one; mostly there are none. */
        memmove(&p->rows[p->start + 1], &p->rows[p->start],
                i * sizeof *p->rows);
        p->start++;
        p->len--;
        return true;
    }
    return false;
}
