/* SPDX-License-Identifier: MPL-2.0 */
/*
 * event: see event.h.
 *
 * The size is an upper bound computed first: the struct, a copy of the encoded
 * message, the strings at the top, and for each list its elements and at most
 * its encoded length of text. Then an arena of that size is filled front to
 * back, arrays before strings so that pointers stay aligned. `data` and `raw`
 * point into the copy, since they need no NUL. A list is given as far as it can
 * be read: a broker's mistake is not a reason to fail.
 */
#include "event.h"

#include <assert.h>
#include <stdlib.h>

/* A string of an event and where it comes from. */
struct string_row {
    size_t from; /* a struct slice in struct message */
    size_t to;   /* a const char * in confab_event */
};

static const struct string_row strings[] = {
    {offsetof(struct message, room), offsetof(confab_event, room)},
    {offsetof(struct message, id), offsetof(confab_event, id)},
    {offsetof(struct message, to), offsetof(confab_event, to)},
    {offsetof(struct message, from), offsetof(confab_event, from)},
    {offsetof(struct message, text), offsetof(confab_event, text)},
    {offsetof(struct message, kind), offsetof(confab_event, kind)},
    {offsetof(struct message, code), offsetof(confab_event, code)},
    {offsetof(struct message, why), offsetof(confab_event, why)},
    {offsetof(struct message, about), offsetof(confab_event, about)},
    {offsetof(struct message, by), offsetof(confab_event, by)},
    {offsetof(struct message, role), offsetof(confab_event, role)},
};

enum { STRINGS = sizeof strings / sizeof strings[0] };

struct arena {
    char *at;
    char *end;
};

static void *
arena_take(struct arena *a, size_t len)
{
    assert(len <= (size_t)(a->end - a->at));
    void *p = a->at;
    a->at += len;
    return p;
}

static char *
arena_string(struct arena *a, struct slice text)
{
    if (!text.data)
        return NULL;
    char *copy = arena_take(a, text.len + 1);
    if (text.len)
        memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return copy;
}

static struct slice
string_of(const struct message *m, const struct string_row *row)
{
    struct slice text;
    memcpy(&text, (const char *)m + row->from, sizeof text);
    return text;
}

static size_t
strings_size(const struct message *m)
{
    size_t size = 0;
    for (size_t i = 0; i < STRINGS; i++)
        size += string_of(m, &strings[i]).len + 1;
    return size;
}

/* `raw` is where m was read from, `copy` its copy in the event. */
static void
fill(confab_event *e, const struct message *m, struct slice raw,
     const uint8_t *copy, struct arena *a)
{
    for (size_t i = 0; i < STRINGS; i++) {
        char *text = arena_string(a, string_of(m, &strings[i]));
        memcpy((char *)e + strings[i].to, &text, sizeof text);
    }
    e->text_len = m->text.len;
    if (m->data.data) {
        e->data = copy + (m->data.data - raw.data);
        e->data_len = m->data.len;
    }
    e->raw = raw.len ? copy : NULL;
    e->raw_len = raw.len;
    e->seq = m->seq;
    e->prev = m->prev;
    e->time = m->time;
    e->re = m->re;
    e->wait = m->wait;
    e->count = m->count;
    e->head = m->head;
    e->first = m->first;
    e->upto = m->upto;
    e->gone = m->gone;
    e->online = m->online;
    e->again = m->again;
    e->more = m->more;
    e->complete = m->complete;
    e->closed = m->closed;
}

static void
fill_names(confab_event *e, struct slice list, struct arena *a)
{
    struct reader r;
    uint32_t count;
    if (!list_open(list, &r, &count))
        return;
    const char **names = arena_take(a, count * sizeof *names);
    size_t len = 0;
    struct slice name;
    while (len < count && list_name(&r, &name))
        names[len++] = arena_string(a, name);
    e->list = names;
    e->list_len = len;
}

static void
fill_rooms(confab_event *e, struct slice list, struct arena *a)
{
    struct reader r;
    uint32_t count;
    if (!list_open(list, &r, &count))
        return;
    struct confab_room *rooms = arena_take(a, count * sizeof *rooms);
    size_t len = 0;
    struct message row;
    while (len < count && list_room(&r, &row))
        rooms[len++] = (struct confab_room){
            .name = arena_string(a, row.room),
            .count = row.count,
            .head = row.head,
            .about = row.about.len ? arena_string(a, row.about) : NULL,
            .closed = row.closed,
        };
    e->rooms = rooms;
    e->rooms_len = len;
}

static void
fill_rulings(confab_event *e, struct slice list, struct arena *a)
{
    struct reader r;
    uint32_t count;
    if (!list_open(list, &r, &count))
        return;
    struct confab_ruling *rulings = arena_take(a, count * sizeof *rulings);
    size_t len = 0;
    struct message row;
    while (len < count && list_ruling(&r, &row))
        rulings[len++] = (struct confab_ruling){
            .kind = arena_string(a, row.kind),
            .seq = row.seq,
            .time = row.time,
            .until = row.until,
            .by = arena_string(a, row.by),
            .room = arena_string(a, row.room),
            .id = arena_string(a, row.id),
            .key = arena_string(a, row.key),
            .address = arena_string(a, row.address),
            .role = arena_string(a, row.role),
            .text = arena_string(a, row.text),
        };
    e->rulings = rulings;
    e->rulings_len = len;
}

static void
fill_counters(confab_event *e, struct slice list, struct arena *a)
{
    struct reader r;
    uint32_t count;
    if (!list_open(list, &r, &count))
        return;
    struct confab_counter *counters = arena_take(a, count * sizeof *counters);
    size_t len = 0;
    struct slice name;
    uint64_t value;
    while (len < count && list_limit(&r, &name, &value))
        counters[len++] = (struct confab_counter){arena_string(a, name), value};
    e->counters = counters;
    e->counters_len = len;
}

static enum confab_event_type
type_of(enum op op)
{
    return op == OP_TELL ? CONFAB_TELL : CONFAB_SAY;
}

/* A message in the list that cannot be read is left out, as it would be on the
 * topic; the list goes on behind it unless its bytes are broken. */
static void
fill_messages(confab_event *e, struct slice list, const uint8_t *copy,
              struct arena *a)
{
    struct reader r;
    uint32_t count;
    if (!list_open(list, &r, &count))
        return;
    confab_event *all = arena_take(a, count * sizeof *all);
    memset(all, 0, count * sizeof *all);
    size_t len = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct message m;
        struct fault fault;
        const uint8_t *start = r.at;
        enum err err = message_read(&r, SIDE_BROKER, &m, &fault);
        if (err != ERR_NONE && fault.broken)
            break;
        if (err != ERR_NONE || (m.op != OP_SAY && m.op != OP_TELL))
            continue;
        struct slice raw = slice_of(start, (size_t)(r.at - start));
        all[len].type = type_of(m.op);
        fill(&all[len++], &m, raw, copy + (start - list.data), a);
    }
    e->messages = all;
    e->messages_len = len;
}

/* What a list may take: its elements, and its text with the NULs. */
static size_t
list_size(struct slice list, size_t element)
{
    struct reader r;
    uint32_t count;
    if (!list.data || !list_open(list, &r, &count))
        return 0;
    return list.len + count * (element + STRINGS);
}

static void
fill_lists(confab_event *e, const struct message *m, struct slice raw,
           const uint8_t *copy, struct arena *a)
{
    if (m->messages.data)
        fill_messages(e, m->messages, copy + (m->messages.data - raw.data), a);
    if (m->rooms.data)
        fill_rooms(e, m->rooms, a);
    if (m->rulings.data)
        fill_rulings(e, m->rulings, a);
    if (m->counters.data)
        fill_counters(e, m->counters, a);
    if (m->members.data)
        fill_names(e, m->members, a);
}

struct event *
event_new(enum confab_event_type type, const struct message *m,
          struct slice raw)
{
    size_t size = sizeof(struct event) + strings_size(m) + raw.len +
                  list_size(m->messages, sizeof(confab_event)) +
                  list_size(m->rooms, sizeof(struct confab_room)) +
                  list_size(m->rulings, sizeof(struct confab_ruling)) +
                  list_size(m->counters, sizeof(struct confab_counter)) +
                  list_size(m->members, sizeof(char *));
    struct event *e = malloc(size);
    if (!e)
        return NULL;
    memset(e, 0, sizeof *e);
    e->size = size;
    e->user.type = type;
    struct arena arena = {.at = (char *)(e + 1), .end = (char *)e + size};
    uint8_t *copy = (uint8_t *)arena.end - raw.len;
    arena.end -= raw.len;
    if (raw.len)
        memcpy(copy, raw.data, raw.len);
    fill_lists(&e->user, m, raw, copy, &arena);
    fill(&e->user, m, raw, copy, &arena);
    if (m->messages.data)
        e->user.count = e->user.messages_len;
    if (m->rulings.data)
        e->user.count = e->user.rulings_len;
    if (m->counters.data)
        e->user.count = e->user.counters_len;
    return e;
}

void
event_free(struct event *e)
{
    free(e);
}
