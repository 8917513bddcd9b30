/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The hub drives: a frame becomes messages, messages become records, and what
 * the log hands back becomes answers and deliveries.
 *
 *     hub_input -> verb_run -> log_append          (nothing has happened yet)
 *     hub_turn  -> log_commit -> hub_stamp         place: prev, repeats, bytes
 *                             -> hub_committed     fact: deliver, acknowledge
 *               -> room_flush_all, peer_flush_all  one frame per destination
 */
#include <assert.h>
#include <stdlib.h>

#include "access.h"
#include "core.h"
#include "hub_log.h"
#include "review.h"
#include "roster.h"
#include "verbs.h"
#include "xmem.h"

enum {
    SWEEP_EVERY = 250, /* ms between two looks at all peers' deadlines */
    GRACE = 2000,
    HELLO_WAIT = 10000,
};

/* ms until a known id without unread mail that nobody used is forgotten. */
#define EXPIRE (UINT64_C(90) * 24 * 3600 * 1000)

/* Nobody has to prove anything, and everybody may do what there is to do. */
static const struct access anybody = {.mode = ACCESS_OPEN};

void
hub_defaults(struct hub_options *options)
{
    *options = (struct hub_options){
        .beat = BEAT_DEFAULT,
        .sessions = LIMIT_SESSIONS,
        .rooms = LIMIT_ROOMS,
        .joined = LIMIT_JOINED,
        .ids = LIMIT_IDS,
        .grace = GRACE,
        .hello_wait = HELLO_WAIT,
        .mail = {QUOTA_COUNT, QUOTA_BYTES},
        .expire = EXPIRE,
        .rulings = LIMIT_RULINGS,
        .access = &anybody,
    };
}

/* --- answers --- */

struct message
reply_to(const struct message *question, enum op op)
{
    uint64_t echo = MESSAGE_BIT(FIELD_REF) | MESSAGE_BIT(FIELD_N);
    if (op != OP_OK && op != OP_ERROR)
        echo = MESSAGE_BIT(FIELD_REF);
    return (struct message){
        .op = op,
        .has = question->has & echo,
        .ref = question->ref,
        .n = question->n,
    };
}

struct message
reply_to_record(const struct record *r, enum op op)
{
    struct message question = {
        .has = (r->has_ref ? MESSAGE_BIT(FIELD_REF) : 0) |
               (r->n ? MESSAGE_BIT(FIELD_N) : 0),
        .ref = r->ref,
        .n = r->n,
    };
    return reply_to(&question, op);
}

struct slice
hub_encode(struct hub *hub, const struct message *m)
{
    struct buffer out = {.data = hub->scratch,
                         .cap = sizeof hub->scratch - FRAME_HEADER};
    bool fits = message_write(&out, SIDE_BROKER, m);
    assert(fits);
    (void)fits;
    return slice_of(out.data, out.len);
}

void
hub_append(struct hub *hub, struct record *r)
{
    r->time = hub->now.wall;
    enum err err = log_append(hub->log, r);
    assert(!err);
    (void)err;
}

/* --- life --- */

struct hub *
hub_new(const struct hub_options *options, struct now now)
{
    struct hub *hub = xcalloc(1, sizeof *hub);
    hub->options = *options;
    hub->log = options->log;
    hub->now = now;
    hub->turn = 1;
    hub->started = now.mono;
    hub->present.name = client_name;
    hub->open_rooms.name = hub->closed_rooms.name = room_name;
    hub->log->owner = (struct log_owner){
        .self = hub,
        .stamp = hub_stamp,
        .committed = hub_committed,
        .page = hub_page,
        .found = search_found,
        .trimmed = hub_trimmed,
        .restore = hub_restore,
        .replay = hub_replay,
        .revoke = hub_revoke,
        .refused = hub_refused,
        .changes = hub_changes,
        .change = hub_change,
        .marks = hub_marks,
        .saved = hub_saved,
        .acked = hub_acked,
    };
    hub->keeps = hub->log->engine->load != NULL;
    if (hub->keeps && !hub->log->engine->load(hub->log)) {
        hub->log = NULL;
        hub_free(&hub);
    }
    return hub;
}

void
hub_free(struct hub **address)
{
    struct hub *hub = *address;
    if (!hub)
        return;
    *address = NULL;
    uint32_t at = 0;
    for (struct peer *p; (p = peer_each(hub, &at));)
        if (p->session)
            session_free(hub, p->session);
    peer_fini(hub);
    room_fini(hub);
    client_fini(hub);
    ruling_fini(hub);
    listed_fini(hub);
    guess_fini(&hub->guesses);
    roll_fini(&hub->present);
    roll_fini(&hub->open_rooms);
    roll_fini(&hub->closed_rooms);
    state_fini(hub);
    log_free(&hub->log);
    free(hub);
}

struct peer *
hub_connect(struct hub *hub, void *link, const struct caller *caller,
            struct now now)
{
    hub->now = now;
    return peer_new(hub, link, caller);
}

void
hub_disconnect(struct hub *hub, struct peer *peer)
{
    peer_lost(hub, peer);
}

/* --- input --- */

/* False when nothing more of this frame can be done. */
static bool
input_message(struct hub *hub, struct peer *p, struct reader *r)
{
    struct message m;
    struct fault fault;
    enum err err = message_read(r, SIDE_CLIENT, &m, &fault);
    hub->stats.messages_in++;
    if (!err) {
        verb_run(hub, p, &m);
        return true;
    }
    bool deaf = !p->session || p->session->ending;
    if (deaf && m.op != OP_HELLO)
        peer_error(hub, p, &m, ERR_NO_SESSION, "say hello first");
    else
        peer_error(hub, p, &m, err, "%s", fault.text);
    return err != ERR_BAD_MESSAGE;
}

static void
input_bad(struct hub *hub, struct peer *p, enum err code, const char *text)
{
    if (p->session && !p->session->ending)
        peer_error(hub, p, NULL, code, "%s", text);
    else
        peer_error(hub, p, NULL, ERR_NO_SESSION, "say hello first");
}

static void
input_frame(struct hub *hub, struct peer *p, struct slice frame, unsigned parts)
{
    if (parts > 1) {
        input_bad(hub, p, ERR_BAD_MESSAGE,
                  "a message is one frame, not several parts");
        return;
    }
    if (!frame.len) {
        if (!p->session)
            peer_error(hub, p, NULL, ERR_NO_SESSION, "say hello first");
        return;
    }
    struct reader r;
    struct fault fault;
    uint32_t count;
    if (frame_open(frame, &r, &count, &fault)) {
        input_bad(hub, p, fault.code, fault.text);
        return;
    }
    bool more = true;
    for (; more && count > 0 && !p->gone; count--)
        more = input_message(hub, p, &r);
    if (more && !p->gone && frame_end(&r, &fault))
        input_bad(hub, p, fault.code, fault.text);
}

void
hub_input(struct hub *hub, struct peer *p, struct slice frame, unsigned parts,
          struct now now)
{
    hub->now = now;
    hub->stats.frames_in++;
    if (p->gone)
        return;
    if (p->session)
        session_touch(hub, p->session);
    hub->receiving = true;
    input_frame(hub, p, frame, parts);
    hub->receiving = false;
}

/* --- time --- */

void
hub_turn(struct hub *hub, struct now now)
{
    hub->now = now;
    log_commit(hub->log);
    review_due(hub);
    room_flush_all(hub);
    peer_flush_all(hub);
    log_commit(hub->log); /* ends of those found gone just now */
    review_due(hub);
    room_flush_all(hub);
    peer_reap(hub);
    hub->turn++;
}

static void
sweep_peer(struct hub *hub, struct peer *p)
{
    struct session *s = p->session;
    if (p->gone)
        return;
    if (!s) {
        if (p->hello_by <= hub->now.mono)
            peer_kick(hub, p, "said no hello");
        return;
    }
    if (s->inbox && s->deadline <= hub->now.mono)
        session_finish(hub, s, "timeout");
}

void
hub_sweep(struct hub *hub, struct now now)
{
    hub->now = now;
    room_sweep(hub);
    if (hub->swept + SWEEP_EVERY > now.mono)
        return;
    hub->swept = now.mono;
    uint32_t at = 0;
    for (struct peer *p; (p = peer_each(hub, &at));)
        sweep_peer(hub, p);
    roster_sweep(hub);
    lane_sweep(hub);
    client_sweep(hub);
    ruling_sweep(hub);
}

void
hub_reloaded(struct hub *hub, const char *fault, struct now now)
{
    uint32_t at = 0;
    hub->now = now;
    for (struct peer *p; (p = peer_each(hub, &at));)
        peer_asked(hub, p, fault);
    peer_flush_all(hub);
}

int
hub_timeout(const struct hub *hub, struct now now)
{
    uint64_t next = hub->swept + SWEEP_EVERY;
    /* Due ticks are not sorted: looking again soon is simpler. */
    if ((hub->dirty_peers || hub->ticks) && now.mono + PEER_RETRY < next)
        next = now.mono + PEER_RETRY;
    return next > now.mono ? (int)(next - now.mono) : 1;
}

void
hub_stop(struct hub *hub, unsigned wait, struct now now)
{
    hub_turn(hub, now);
    uint32_t at = 0;
    for (struct peer *p; (p = peer_each(hub, &at));)
        if (p->session && !p->gone)
            session_bye(hub, p->session, "restart", wait);
    peer_flush_all(hub);
}

struct hub_stats
hub_stats(const struct hub *hub)
{
    struct hub_stats stats = hub->stats;
    stats.peers = hub->peers.live;
    return stats;
}
