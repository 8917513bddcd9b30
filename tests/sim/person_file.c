/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The state file, in memory: records as they were kept, or as session_save
 * wrote them.
 */
#include <stdlib.h>

#include "person_state.h"

static void
number_note(struct person *p, const struct record *record)
{
    struct reader r = reader_open(record->bytes);
    struct message m;
    struct fault fault;
    if (message_read(&r, SIDE_CLIENT, &m, &fault))
        abort(); /* it came from the session itself */
    uint32_t serial = 0;
    for (size_t i = 1; i < m.text.len && m.text.data[i] != ' '; i++)
        serial = serial * 10 + (m.text.data[i] - (uint32_t)'0');
    if (p->number_count == p->number_cap) {
        p->number_cap = p->number_cap ? 2 * p->number_cap : 64;
        p->numbers = realloc(p->numbers, p->number_cap * sizeof *p->numbers);
        if (!p->numbers)
            abort();
    }
    p->numbers[p->number_count++] = (struct number){record->number, serial};
}

uint32_t
person_serial(const struct person *p, uint64_t n)
{
    for (size_t i = p->number_count; i-- > 0;)
        if (p->numbers[i].n == n)
            return p->numbers[i].serial;
    return UINT32_MAX;
}

bool
person_keeps(void *owner, const struct record *record)
{
    struct person *p = owner;
    size_t bytes = record->name.len + record->bytes.len;
    struct line *line = malloc(sizeof *line + bytes);
    if (!line)
        abort();
    uint8_t *at = (uint8_t *)(line + 1);
    line->next = NULL;
    line->record = *record;
    line->record.name = slice_of(at, record->name.len);
    line->record.bytes = slice_of(at + record->name.len, record->bytes.len);
    if (record->name.len)
        memcpy(at, record->name.data, record->name.len);
    if (record->bytes.len)
        memcpy(at + record->name.len, record->bytes.data, record->bytes.len);
    *p->lines_end = line;
    p->lines_end = &line->next;
    if (record->kind == KEEP_RESUME)
        snprintf(p->token, sizeof p->token, "%.*s", SLICE_ARG(record->bytes));
    if (record->kind == KEEP_MESSAGE || record->kind == KEEP_QUEUED)
        number_note(p, record);
    return true;
}

void
person_forgets(struct person *p)
{
    while (p->lines) {
        struct line *next = p->lines->next;
        free(p->lines);
        p->lines = next;
    }
    p->lines_end = &p->lines;
}

bool
person_rewrites(void *owner)
{
    struct person *p = owner;
    person_forgets(p);
    return session_save(p->session, person_keeps, p);
}

/* What the state says in the end of each room and of the mail. */
static void
tell_judge(struct person *p)
{
    for (const struct line *line = p->lines; line; line = line->next) {
        const struct record *r = &line->record;
        if (r->kind == KEEP_ROOM)
            judge_resumes(p->world, p->index, r->name, r->number);
        else if (r->kind == KEEP_LEFT)
            judge_resumes(p->world, p->index, r->name, NO_TIME);
        else if (r->kind == KEEP_MAIL)
            judge_resumes(p->world, p->index, slice_of(NULL, 0), r->number);
    }
}

void
person_restores(struct person *p)
{
    judge_starts(p->world, p->index, p->anew);
    p->anew = false;
    for (const struct line *line = p->lines; line; line = line->next)
        if (session_restore(p->session, &line->record))
            world_fail(p->world, "restore", "%s cannot restore a record of %d",
                       p->part->id, (int)line->record.kind);
    tell_judge(p);
    if (!p->lines || dice_one_in(&p->dice, 2))
        (void)person_rewrites(p);
}
