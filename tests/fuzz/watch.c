/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The checks need no more than a client knows: the promises are made to it.
 */
#include "watch.h"

#include "agree.h"

const char *const watch_rooms[WATCH_ROOMS] = {"dev", "devops", "lobby", "é"};
const char *const watch_ids[WATCH_IDS] = {"ann", "bob", "Ann", "cyd", "dan"};

/* Out of the way of those in frames that are any bytes. */
static const uint64_t REF_BASE = UINT64_C(0x515151000000);

static unsigned
name_index(const char *const *names, unsigned count, struct slice name)
{
    unsigned i = 0;
    while (i < count && !slice_eq(slice_str(names[i]), name))
        i++;
    return i;
}

uint64_t
watch_ask(struct watch *w, unsigned peer)
{
    unsigned ref = w->next_ref++ % WATCH_REFS;
    w->peers[peer].asked[ref]++;
    return REF_BASE + ref;
}

void
watch_connect(struct watch *w, unsigned peer)
{
    w->peers[peer] = (struct watch_peer){.welcome = false};
}

/* A stored message of a room follows the one before on the same way. */
static void
check_chain(struct watch *w, const struct message *m, uint64_t *last, bool gaps)
{
    MUST(message_has(m, FIELD_PREV));
    MUST(!m->gone ||
         !(message_has(m, FIELD_TEXT) || message_has(m, FIELD_DATA)));
    if (!message_has(m, FIELD_SEQ))
        return;
    MUST(m->seq > *last && m->prev < m->seq);
    /* Where nothing is skipped, prev is the last one, or, of a room that was
     * forgotten in between, something later. */
    MUST(gaps || *last == 0 || m->prev >= *last);
    *last = m->seq;
    if (w->seq < m->seq)
        w->seq = m->seq;
}

static void
check_say(struct watch *w, const struct message *m, uint64_t said[], bool gaps)
{
    unsigned room = name_index(watch_rooms, WATCH_ROOMS, m->room);
    if (room < WATCH_ROOMS)
        check_chain(w, m, &said[room], gaps);
}

static void
check_tell(struct watch *w, struct watch_peer *p, const struct message *m)
{
    if (!message_has(m, FIELD_SEQ)) {
        MUST(!message_has(m, FIELD_PREV));
        return;
    }
    MUST(m->seq > p->mail && m->prev < m->seq);
    p->mail = m->seq;
    if (w->seq < m->seq)
        w->seq = m->seq;
}

static void
check_welcome(struct watch *w, struct watch_peer *p, const struct message *m)
{
    unsigned id = name_index(watch_ids, WATCH_IDS, m->id);
    MUST(m->resume.len == 32 && m->v == PROTOCOL_VERSION);
    MUST(m->beat >= BEAT_MIN && m->beat <= BEAT_MAX);
    if (id < WATCH_IDS)
        memcpy(w->resume[id], m->resume.data, m->resume.len);
    p->mail = m->acked; /* mail comes again from there */
    memcpy(p->resume, m->resume.data, m->resume.len);
    p->welcome = true;
}

static void
check_history(const struct message *m)
{
    struct reader r;
    uint32_t count;
    MUST(list_open(m->messages, &r, &count));
    uint64_t last = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct message one;
        struct fault fault;
        MUST(!message_read(&r, SIDE_BROKER, &one, &fault));
        MUST(one.seq > last && one.seq <= m->head && one.seq >= m->first);
        last = one.seq;
    }
    MUST(m->upto >= last && m->upto <= m->head);
    MUST(m->more || count == 0 || last <= m->upto);
}

/* Newest first, and nothing without a text. */
static void
check_found(const struct message *m)
{
    struct reader r;
    uint32_t count;
    MUST(list_open(m->messages, &r, &count));
    uint64_t last = UINT64_MAX;
    for (uint32_t i = 0; i < count; i++) {
        struct message one;
        struct fault fault;
        MUST(!message_read(&r, SIDE_BROKER, &one, &fault));
        MUST(one.seq < last && one.text.len && !one.gone);
        last = one.seq;
    }
    MUST(m->more ? m->upto <= last : !m->upto);
}

static void
check_rulings(const struct message *m)
{
    struct reader r;
    struct message row;
    uint32_t count, n = 0;
    MUST(list_open(m->rulings, &r, &count));
    while (n < count && list_ruling(&r, &row))
        n++;
    MUST(n == count);
}

static void
check_answer(struct watch_peer *p, const struct message *m)
{
    bool ours = message_has(m, FIELD_REF) && !m->ref.is_str &&
                m->ref.num >= REF_BASE && m->ref.num < REF_BASE + WATCH_REFS;
    if (!ours)
        return;
    MUST(p->asked[m->ref.num - REF_BASE]);
    p->asked[m->ref.num - REF_BASE]--;
}

static void
check_sent(struct watch *w, struct watch_peer *p, const struct message *m)
{
    check_answer(p, m);
    switch (m->op) {
    case OP_WELCOME:
        check_welcome(w, p, m);
        break;
    case OP_SAY:
        check_say(w, m, p->said, true);
        break;
    case OP_TELL:
        check_tell(w, p, m);
        break;
    case OP_HISTORY:
        check_history(m);
        break;
    case OP_FOUND:
        check_found(m);
        break;
    case OP_RULINGS:
        check_rulings(m);
        break;
    case OP_BYE:
        p->welcome = false;
        break;
    default:
        break;
    }
    MUST(p->welcome || m->op == OP_ERROR || m->op == OP_BYE || m->op == OP_OK);
}

static struct reader
open_frame(struct slice frame, uint32_t *count)
{
    struct reader r;
    struct fault fault;
    MUST(frame.len <= LIMIT_FRAME);
    MUST(!frame_open(frame, &r, count, &fault));
    return r;
}

void
watch_sent(struct watch *w, unsigned peer, struct slice frame)
{
    uint32_t count;
    struct reader r = open_frame(frame, &count);
    for (; count; count--) {
        struct message m;
        struct fault fault;
        MUST(!message_read(&r, SIDE_BROKER, &m, &fault));
        check_sent(w, &w->peers[peer], &m);
    }
    MUST(reader_done(&r));
}

void
watch_published(struct watch *w, struct slice frame)
{
    struct slice room;
    struct slice inner;
    MUST(frame.len <= LIMIT_FRAME && frame_split(frame, &room, &inner));
    uint32_t count;
    struct reader r = open_frame(inner, &count);
    for (; count; count--) {
        struct message m;
        struct fault fault;
        MUST(!message_read(&r, SIDE_BROKER, &m, &fault));
        MUST(slice_eq(m.room, room));
        MUST(m.op == OP_SAY || m.op == OP_TICK || m.op == OP_ENTER ||
             m.op == OP_EXIT || m.op == OP_ABOUT);
        if (m.op == OP_SAY)
            check_say(w, &m, w->published, false);
    }
    MUST(reader_done(&r));
}
