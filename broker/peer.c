/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What goes to a connection goes through here: packed into frames, sent when a
 * frame is full or the turn ends, kept when the connection takes nothing.
 *
 * A peer is never freed while a message is handed out: it is marked gone, ends
 * its session through the log, and peer_reap frees it when the turn is done.
 */
#include "peer.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core.h"
#include "xmem.h"

struct peer_slot {
    struct peer *peer;   /* NULL: free */
    uint64_t generation; /* counts its users */
    uint32_t next_free;  /* slot + 1 */
};

enum { SLOT_BITS = 24 };

struct peer *
peer_new(struct hub *hub, void *link, const struct caller *caller)
{
    struct peer_table *t = &hub->peers;
    uint32_t slot = t->free ? t->free - 1 : t->count;
    if (!t->free) {
        assert(t->count < (1u << SLOT_BITS));
        if (t->count == t->cap) {
            t->cap = t->cap ? 2 * t->cap : 64;
            t->slots = xrealloc(t->slots, t->cap * sizeof *t->slots);
        }
        t->slots[t->count++] = (struct peer_slot){.peer = NULL};
    } else {
        t->free = t->slots[slot].next_free;
    }
    struct peer *p = xcalloc(1, sizeof *p);
    t->slots[slot].peer = p;
    t->slots[slot].generation++;
    t->live++;
    p->handle = t->slots[slot].generation << SLOT_BITS | slot;
    p->link = link;
    p->confidential = !caller || caller->confidential;
    p->pub = caller && caller->pub ? caller->pub : hub->options.pub;
    if (caller) {
        (void)snprintf(p->key, sizeof p->key, "%.*s", SLICE_ARG(caller->key));
        (void)snprintf(p->address, sizeof p->address, "%.*s",
                       SLICE_ARG(caller->address));
    }
    p->hello_by = hub->now.mono + hub->options.hello_wait;
    return p;
}

struct peer *
peer_find(const struct hub *hub, uint64_t handle)
{
    uint64_t slot = handle & ((1u << SLOT_BITS) - 1);
    if (slot >= hub->peers.count)
        return NULL;
    const struct peer_slot *s = &hub->peers.slots[slot];
    bool same = s->peer && s->generation == handle >> SLOT_BITS;
    return same ? s->peer : NULL;
}

struct peer *
peer_each(const struct hub *hub, uint32_t *at)
{
    while (*at < hub->peers.count) {
        struct peer *p = hub->peers.slots[(*at)++].peer;
        if (p)
            return p;
    }
    return NULL;
}

static void
peer_free(struct hub *hub, struct peer *p)
{
    struct peer_table *t = &hub->peers;
    uint32_t slot = (uint32_t)(p->handle & ((1u << SLOT_BITS) - 1));
    t->slots[slot].peer = NULL;
    t->slots[slot].next_free = t->free;
    t->free = slot + 1;
    t->live--;
    outbox_fini(&p->out);
    if (p->pending)
        record_free(hub->log, p->pending);
    free(p);
}

/* --- sending --- */

static void
peer_mark(struct hub *hub, struct peer *p)
{
    if (p->dirty)
        return;
    p->dirty = true;
    p->next_dirty = hub->dirty_peers;
    hub->dirty_peers = p;
}

/* What was skipped while it took nothing is made known by a tick. */
static void
peer_catch_up(struct hub *hub, struct peer *p)
{
    struct client *c = p->session ? p->session->client : NULL;
    if (p->skipped && c && c->inbox == p->session && !p->session->ending) {
        for (unsigned i = 0; i < c->room_count; i++) {
            struct membership *ms = c->rooms[i];
            if (ms->skipped)
                room_tick_to(hub, ms->room, p);
            ms->skipped = false;
        }
    }
    p->skipped = false;
    if (c && p->session->mail_behind)
        mailbox_pump(hub, c);
}

static void
peer_block(struct hub *hub, struct peer *p, bool blocked)
{
    if (p->blocked == blocked)
        return;
    p->blocked = blocked;
    hub->stats.blocked += blocked ? 1 : -1u;
}

/* Sends full frames, with `all` also the last one. */
static void
peer_send(struct hub *hub, struct peer *p, bool all)
{
    while (!p->gone && p->out.first && (all || outbox_ripe(&p->out))) {
        enum sent sent = hub->options.sink.send(hub->options.sink.self, p->link,
                                                outbox_frame(&p->out));
        if (sent == SENT_AGAIN) {
            peer_block(hub, p, true);
            return;
        }
        if (sent == SENT_GONE) {
            peer_lost(hub, p);
            return;
        }
        outbox_shift(&p->out);
        hub->stats.frames_out++;
    }
}

static void
peer_put(struct hub *hub, struct peer *p, struct slice message)
{
    outbox_add(&p->out, slice_of(NULL, 0), message);
    peer_mark(hub, p);
    if (outbox_ripe(&p->out) && !p->blocked && !hub->receiving)
        peer_send(hub, p, false);
}

void
peer_answer(struct hub *hub, struct peer *p, const struct message *m)
{
    if (p->gone)
        return;
    peer_put(hub, p, hub_encode(hub, m));
    if (p->blocked && p->out.bytes > PEER_WAITING)
        peer_kick(hub, p, "reads no answers");
}

bool
peer_offer(struct hub *hub, struct peer *p, struct slice message)
{
    if (p->gone || p->blocked)
        return false;
    peer_put(hub, p, message);
    return true;
}

/* What is told of a configuration has its names and bytes in it, and may have
 * been cut off inside a character; a string on the wire is UTF-8. */
static struct slice
sound_text(char *text, size_t len)
{
    enum { CHARACTER = 4 }; /* bytes of the longest */
    for (size_t cut = 0; cut < CHARACTER && cut <= len; cut++)
        if (utf8_valid(slice_of(text, len - cut)))
            return slice_of(text, len - cut);
    for (size_t i = 0; i < len; i++)
        if (text[i] & 0x80)
            text[i] = '?';
    return slice_of(text, len);
}

void
peer_error(struct hub *hub, struct peer *p, const struct message *to,
           enum err code, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    assert(len >= 0);
    if ((size_t)len >= sizeof text)
        len = sizeof text - 1;
    struct message m = to ? reply_to(to, OP_ERROR)
                          : (struct message){.op = OP_ERROR};
    SET(&m, FIELD_CODE, code, slice_str(err_name(code)));
    SET(&m, FIELD_TEXT, text, sound_text(text, (size_t)len));
    if (code == ERR_BAD_VERSION)
        SET(&m, FIELD_V, v, PROTOCOL_VERSION);
    if (code == ERR_RATE)
        SET(&m, FIELD_WAIT, wait, PEER_RATE_WAIT);
    hub->stats.errors++;
    peer_answer(hub, p, &m);
}

void
peer_rate(struct hub *hub, struct peer *p, const struct message *to,
          uint64_t wait, const char *what)
{
    struct message m = reply_to(to, OP_ERROR);
    SET(&m, FIELD_CODE, code, slice_str(err_name(ERR_RATE)));
    SET(&m, FIELD_TEXT, text, slice_str(what));
    SET(&m, FIELD_WAIT, wait, wait);
    hub->stats.errors++;
    peer_answer(hub, p, &m);
}

void
peer_ask(struct peer *p, const struct message *m)
{
    p->asks = message_has(m, FIELD_REF);
    p->asked = m->ref;
    if (m->ref.str.len)
        memcpy(p->asked_text, m->ref.str.data, m->ref.str.len);
    p->asked.str = slice_of(p->asked_text, m->ref.str.len);
}

void
peer_asked(struct hub *hub, struct peer *p, const char *fault)
{
    struct message m = {.op = OP_OK};
    if (!p->asks)
        return;
    p->asks = false;
    SET(&m, FIELD_REF, ref, p->asked);
    if (fault)
        peer_error(hub, p, &m, ERR_BAD_STATE, "%s", fault);
    else
        peer_answer(hub, p, &m);
}

bool
peer_charge(struct hub *hub, struct peer *p, size_t bytes)
{
    if (p->bulk_turn != hub->turn) {
        p->bulk_turn = hub->turn;
        p->bulk = 0;
    }
    if (p->bulk + bytes > PEER_BULK)
        return false;
    p->bulk += bytes;
    return true;
}

void
peer_refund(struct hub *hub, struct peer *p, size_t bytes)
{
    if (p->bulk_turn == hub->turn)
        p->bulk -= bytes < p->bulk ? bytes : p->bulk;
}

static void
peer_retry(struct hub *hub, struct peer *p)
{
    bool was = p->blocked;
    peer_block(hub, p, false);
    peer_send(hub, p, true);
    if (was && !p->blocked && !p->gone) {
        peer_catch_up(hub, p);
        peer_send(hub, p, true);
    }
}

void
peer_flush_all(struct hub *hub)
{
    struct peer *todo = hub->dirty_peers;
    hub->dirty_peers = NULL;
    while (todo) {
        struct peer *p = todo;
        todo = p->next_dirty;
        p->dirty = false;
        peer_retry(hub, p);
        if (p->out.first && !p->gone)
            peer_mark(hub, p);
    }
}

/* --- leaving --- */

void
peer_lost(struct hub *hub, struct peer *p)
{
    if (p->gone)
        return;
    p->gone = true;
    p->link = NULL;
    peer_block(hub, p, false);
    outbox_fini(&p->out);
    p->next_gone = hub->gone_peers;
    hub->gone_peers = p;
    if (p->session)
        session_finish(hub, p->session, "lost");
}

void
peer_kick(struct hub *hub, struct peer *p, const char *why)
{
    if (p->gone)
        return;
    LOG(hub->options.logger, LOG_WARN, "peer.kick", LOG_TEXT("why", why),
        LOG_SLICE("id", p->session ? p->session->client->id : slice_str("")));
    hub->options.sink.kick(hub->options.sink.self, p->link);
    peer_lost(hub, p);
}

void
peer_dismiss(struct hub *hub, struct peer *p, const char *why)
{
    if (!p->gone)
        peer_send(hub, p, true);
    peer_kick(hub, p, why);
}

void
peer_reap(struct hub *hub)
{
    struct peer **link = &hub->gone_peers;
    while (*link) {
        struct peer *p = *link;
        if (p->session || p->dirty) {
            link = &p->next_gone;
            continue;
        }
        *link = p->next_gone;
        peer_free(hub, p);
    }
}

void
peer_fini(struct hub *hub)
{
    uint32_t at = 0;
    for (struct peer *p; (p = peer_each(hub, &at));)
        peer_free(hub, p);
    free(hub->peers.slots);
}
