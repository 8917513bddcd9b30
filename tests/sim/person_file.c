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

static bool
is_message(const struct record *record)
{
    return record->kind == KEEP_MESSAGE || record->kind == KEEP_QUEUED;
}

static void
line_add(struct line ***end, const struct record *record)
{
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
    **end = line;
    *end = &line->next;
}

static void
lines_free(struct line **lines, struct line ***end)
{
    while (*lines) {
        struct line *next = (*lines)->next;
        free(*lines);
        *lines = next;
    }
    *end = lines;
}

bool
person_keeps(void *owner, const struct record *record)
{
    struct person *p = owner;
    line_add(&p->lines_end, record);
    p->line_count++;
    if (keep_is_urgent(record))
        p->safe = p->line_count;
    if (record->kind == KEEP_RESUME)
        snprintf(p->token, sizeof p->token, "%.*s", SLICE_ARG(record->bytes));
    if (is_message(record))
        number_note(p, record);
    return true;
}

void
person_forgets(struct person *p)
{
    lines_free(&p->lines, &p->lines_end);
    p->line_count = p->safe = 0;
}

void
person_file_free(struct person *p)
{
    person_forgets(p);
    lines_free(&p->copy, &p->copy_end);
    free(p->numbers);
}

/* A record that counts only together with the next goes with it. */
void
person_tears(struct person *p)
{
    size_t left = p->safe +
                  (size_t)dice_below(&p->dice, p->line_count - p->safe + 1);
    struct line **at = &p->lines;
    struct line **whole = at;
    for (size_t i = 0; i < left; i++) {
        bool more = (*at)->record.more;
        at = &(*at)->next;
        if (!more)
            whole = at;
    }
    struct line *lost = *whole;
    struct line **end;
    *whole = NULL;
    p->lines_end = whole;
    lines_free(&lost, &end);
    p->line_count = 0;
    for (const struct line *line = p->lines; line; line = line->next)
        p->line_count++;
    p->safe = p->line_count;
    p->less = true;
}

void
person_copies(struct person *p)
{
    lines_free(&p->copy, &p->copy_end);
    for (const struct line *line = p->lines; line; line = line->next)
        line_add(&p->copy_end, &line->record);
}

void
person_goes_back(struct person *p)
{
    person_forgets(p);
    for (const struct line *line = p->copy; line; line = line->next)
        (void)person_keeps(p, &line->record);
    p->safe = p->line_count;
    p->less = p->went_back = true;
}

bool
person_rewrites(void *owner)
{
    struct person *p = owner;
    person_forgets(p);
    bool saved = session_save(p->session, person_keeps, p);
    p->safe = p->line_count;
    return saved;
}

static bool
is_done(const struct person *p, uint64_t n)
{
    for (const struct line *line = p->lines; line; line = line->next)
        if (line->record.kind == KEEP_DONE && line->record.number == n)
            return true;
    return false;
}

static void
reopen(struct person *p, uint32_t serial)
{
    judge_reopens(p->world, p->index, serial);
    if (p->went_back)
        judge_doubts(p->world, p->index, serial);
}

/* Which messages it has still to say. */
static void
tell_outbox(struct person *p)
{
    p->number_count = 0;
    for (const struct line *line = p->lines; line; line = line->next)
        if (is_message(&line->record))
            number_note(p, &line->record);
    for (size_t i = 0; p->less && i < p->number_count; i++)
        if (!is_done(p, p->numbers[i].n))
            reopen(p, p->numbers[i].serial);
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
    judge_starts(p->world, p->index, p->less);
    for (const struct line *line = p->lines; line; line = line->next)
        if (session_restore(p->session, &line->record))
            world_fail(p->world, "restore", "%s cannot restore a record of %d",
                       p->part->id, (int)line->record.kind);
    tell_outbox(p);
    tell_judge(p);
    bool less = p->less;
    p->less = false;
    if (less || dice_one_in(&p->dice, 2))
        (void)person_rewrites(p);
}
