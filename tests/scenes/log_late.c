/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Three queues behind each other: appended, placed, and reads. A commit moves
 * one of them on, in turn, so that a hub_turn (two commits) never sees a record
 * appended and handed back, and deliveries of one turn come from several.
 */
#include "log_late.h"

#include <stdlib.h>

#include "broker/tail.h"
#include "broker/tail_search.h"
#include "broker/xmem.h"

enum { READS_MAX = 512, BOUND = 64 << 20 };

struct queue {
    struct record *first, *last;
};

struct log_late {
    struct log log; /* first: the engine's calls are given this */
    struct tail tail;
    struct queue appended, placed;
    struct log_query reads[READS_MAX];
    unsigned read_count;
    struct log_search *searches[READS_MAX];
    unsigned search_count;
    unsigned calls;
    uint64_t next_seq, time;
    bool noise;
};

static struct log_late *
self(const struct log *log)
{
    return (struct log_late *)(uintptr_t)log;
}

static void
queue_add(struct queue *q, struct record *r)
{
    r->next = NULL;
    if (q->first)
        q->last->next = r;
    else
        q->first = r;
    q->last = r;
}

static struct record *
queue_take(struct queue *q)
{
    struct record *r = q->first;
    if (r)
        q->first = r->next;
    return r;
}

/* --- the other broker --- */

static void
far_body(struct record *r, const struct far *far)
{
    struct message m = {
        .op = far->kind == RECORD_SAY ? OP_SAY : OP_TELL,
        .has = MESSAGE_BIT(FIELD_FROM) | MESSAGE_BIT(FIELD_TEXT),
        .from = far->from,
        .room = far->name,
        .to = far->name,
        .text = far->text,
    };
    m.has |= MESSAGE_BIT(m.op == OP_SAY ? FIELD_ROOM : FIELD_TO);
    struct buffer body = {.data = r->free_at + MESSAGE_HEADROOM,
                          .cap = (size_t)(r->free_end - r->free_at) -
                                 MESSAGE_HEADROOM};
    if (!message_write_body(&body, SIDE_BROKER, &m, &r->pairs))
        abort();
    r->body = body.data;
    r->body_len = (uint32_t)body.len;
}

void
log_late_far(struct log *log, const struct far *far)
{
    size_t bytes = 1024 + 2 * far->text.len;
    struct record *r = log_record(log, far->kind, bytes);
    r->from = record_copy(r, far->from);
    r->name = record_copy(r, far->name);
    r->keep = far->keep;
    r->time = far->time;
    if (far->kind == RECORD_SAY || far->kind == RECORD_TELL)
        far_body(r, far);
    queue_add(&self(log)->appended, r);
}

/* Things that no scene looks at. */
static void
make_noise(struct log_late *l)
{
    static const struct {
        enum record_kind kind;
        const char *from, *name;
        bool keep;
    } noise[] = {
        {RECORD_SAY, "zz-mars", "zz-canal", true},
        {RECORD_JOIN, "zz-mars", "zz-canal", false},
        {RECORD_SAY, "zz-venus", "zz-canal", false},
        {RECORD_TELL, "zz-venus", "zz-mars", true},
        {RECORD_LEAVE, "zz-mars", "zz-canal", false},
    };
    enum { NOISES = sizeof noise / sizeof *noise };
    struct far far = {
        .kind = noise[l->calls % NOISES].kind,
        .from = slice_str(noise[l->calls % NOISES].from),
        .name = slice_str(noise[l->calls % NOISES].name),
        .text = slice_str("from far away"),
        .keep = noise[l->calls % NOISES].keep,
        .time = l->time,
    };
    log_late_far(&l->log, &far);
}

/* --- the engine --- */

static enum err
late_append(struct log *log, struct record *r)
{
    struct log_late *l = self(log);
    l->time = r->time ? r->time : l->time;
    if (l->noise && l->calls % 2 == 0)
        make_noise(l);
    queue_add(&l->appended, r);
    if (l->noise)
        make_noise(l);
    return ERR_NONE;
}

static void
place_all(struct log_late *l)
{
    struct log_owner *owner = &l->log.owner;
    struct record *r;
    while ((r = queue_take(&l->appended))) {
        l->next_seq += 1 + l->calls % 3;
        r->stored = owner->stamp(owner->self, r, l->next_seq);
        queue_add(&l->placed, r);
    }
}

static void
hand_back_all(struct log_late *l)
{
    struct log_owner *owner = &l->log.owner;
    struct queue placed = l->placed;
    l->placed = (struct queue){NULL, NULL};
    struct record *r;
    while ((r = queue_take(&placed))) {
        r->next = NULL;
        bool kept = r->stored && tail_add(&l->tail, r);
        uint64_t redacted = r->stored ? log_redacted(r) : 0;
        if (redacted)
            tail_redact(&l->tail, r->name, redacted);
        owner->committed(owner->self, r);
        if (!kept)
            record_free(&l->log, r);
    }
    tail_trim(&l->tail, &l->log, BOUND);
}

/* Reads that these answers cause are for the next time. */
static void
answer_all(struct log_late *l)
{
    unsigned count = l->read_count;
    struct log_query *asked = xcalloc(count, sizeof *asked);
    memcpy(asked, l->reads, count * sizeof *asked);
    l->read_count = 0;
    for (unsigned i = 0; i < count; i++)
        tail_read(&l->tail, &l->log, &asked[i]);
    free(asked);
    for (unsigned i = 0; i < l->search_count; i++)
        tail_search(&l->tail, &l->log, l->searches[i], true);
    l->search_count = 0;
}

static void
late_commit(struct log *log)
{
    static void (*const moves[])(struct log_late *) = {place_all, answer_all,
                                                       hand_back_all};
    struct log_late *l = self(log);
    moves[l->calls++ % 3](l);
}

static void
late_read(struct log *log, const struct log_query *q)
{
    struct log_late *l = self(log);
    if (l->read_count == READS_MAX)
        abort();
    l->reads[l->read_count++] = *q;
}

static bool
late_search(struct log *log, struct log_search *search)
{
    struct log_late *l = self(log);
    if (l->search_count == READS_MAX)
        return false;
    l->searches[l->search_count++] = search;
    return true;
}

static void
late_free(struct log *log)
{
    struct log_late *l = self(log);
    for (unsigned i = 0; i < l->search_count; i++)
        search_free(&l->searches[i]);
    tail_fini(&l->tail);
    log_fini(log);
    free(log);
}

bool
log_late_busy(const struct log *log)
{
    const struct log_late *l = self(log);
    return l->appended.first || l->placed.first || l->read_count ||
           l->search_count;
}

struct log *
log_late_new(uint64_t now_us, bool noise)
{
    static const struct log_engine engine = {
        .append = late_append,
        .commit = late_commit,
        .read = late_read,
        .search = late_search,
        .free = late_free,
    };
    struct log_late *l = xcalloc(1, sizeof *l);
    l->log.engine = &engine;
    l->log.durability = "memory";
    l->log.finds = true;
    memset(l->log.epoch, 'a', sizeof l->log.epoch - 1);
    l->next_seq = now_us;
    l->noise = noise;
    return &l->log;
}
