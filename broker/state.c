/* SPDX-License-Identifier: MPL-2.0 */
/*
 * One list of changes, in the order in which they happened. A client or lane
 * that is in it already is not added again: the engine asks for the state when
 * its turn comes, and gets what is true then.
 *
 * Replaying a record that the saved state knows already must change nothing:
 * the engine saves bit by bit while the broker runs, so every start replays
 * some records twice. Seqs only grow, an accepted n stays accepted.
 */
#include "state.h"

#include <stdlib.h>
#include <utlist.h>

#include "core.h"
#include "xmem.h"

enum { RESTORE_GRACE = 3600 * 1000 }; /* ms */

struct change {
    struct change *prev, *next;
    struct client *client; /* both NULL: it is gone, the names tell what */
    struct lane *lane;
    bool taken; /* the log has it, and may give it back */
    bool stale; /* taken, and it has changed again since */
    uint8_t name_len, lane_len;
    uint8_t names[];
};

static struct change *
change_add(struct hub *hub, struct slice name, struct slice lane)
{
    struct change *change = xcalloc(1, sizeof *change + name.len + lane.len);
    change->name_len = (uint8_t)name.len;
    change->lane_len = (uint8_t)lane.len;
    memcpy(change->names, name.data, name.len);
    if (lane.len)
        memcpy(change->names + name.len, lane.data, lane.len);
    DL_APPEND(hub->changes.list, change);
    hub->changes.count++;
    return change;
}

static void
change_remove(struct hub *hub, struct change *change)
{
    DL_DELETE(hub->changes.list, change);
    hub->changes.count--;
    free(change);
}

/* The change that stands for something, a new one if there is none or the log
 * has it. */
static struct change *
change_get(struct hub *hub, struct change **at, struct slice name,
           struct slice lane)
{
    struct change *change = *at;
    if (change && !change->taken)
        return change;
    if (change)
        change->stale = true;
    change = change_add(hub, name, lane);
    *at = change;
    return change;
}

/* It is not there any more: the log is to forget it, if it knows it. */
static void
change_gone(struct hub *hub, struct change **at, bool saved)
{
    struct change *change = *at;
    *at = NULL;
    if (change && change->taken)
        change->stale = true;
    else if (change && !saved)
        change_remove(hub, change);
    else if (change) {
        change->client = NULL;
        change->lane = NULL;
    }
}

static struct slice
lane_name(const struct lane *lane)
{
    return slice_of(lane->name, lane->name_len);
}

/* Strangers come and go under ever new ids: what nobody could miss is not
 * noted. */
void
state_client(struct hub *hub, struct client *c)
{
    if (hub->keeps && (c->known || c->saved))
        change_get(hub, &c->change, c->id, slice_of(NULL, 0))->client = c;
}

void
state_lane(struct hub *hub, struct lane *lane)
{
    if (hub->keeps)
        change_get(hub, &lane->change, lane->client->id, lane_name(lane))
            ->lane = lane;
}

void
state_client_gone(struct hub *hub, struct client *c)
{
    if (c->saved)
        state_client(hub, c);
    change_gone(hub, &c->change, c->saved);
}

void
state_lane_gone(struct hub *hub, struct lane *lane)
{
    if (lane->saved)
        state_lane(hub, lane);
    change_gone(hub, &lane->change, lane->saved);
}

/* --- to the log --- */

size_t
hub_changes(void *self)
{
    return ((struct hub *)self)->changes.count;
}

static void
client_state(struct client *c, struct log_state *state)
{
    c->saved = true;
    state->gone = false;
    state->known = c->known;
    state->head = c->mail.placed;
    state->acked = c->mail.acked;
    state->born = c->born;
    state->used = c->used;
}

static void
lane_state(struct lane *lane, struct log_state *state)
{
    lane->saved = true;
    state->gone = false;
    state->used = lane->used;
    state->high = lane->high;
    memcpy(state->accepted, lane->accepted, sizeof state->accepted);
}

/* It stays at hand until it is known whether it was saved. The names are
 * borrowed until then. */
void
hub_change(void *self, struct log_state *state)
{
    struct hub *hub = self;
    struct change *change = hub->changes.list;
    assert(change);
    DL_DELETE(hub->changes.list, change);
    change->next = hub->changes.taken; /* newest first, for hub_saved */
    hub->changes.taken = change;
    hub->changes.count--;
    change->taken = true;
    *state = (struct log_state){
        .kind = change->lane_len ? STATE_LANE : STATE_CLIENT,
        .gone = true,
        .name = slice_of(change->names, change->name_len),
        .lane = slice_of(change->names + change->name_len, change->lane_len),
    };
    if (change->client)
        client_state(change->client, state);
    if (change->lane)
        lane_state(change->lane, state);
}

static struct change **
change_owner(const struct change *change)
{
    return change->client ? &change->client->change
           : change->lane ? &change->lane->change
                          : NULL;
}

void
hub_saved(void *self, bool saved)
{
    struct hub *hub = self;
    while (hub->changes.taken) {
        struct change *last = hub->changes.taken;
        hub->changes.taken = last->next;
        last->taken = false;
        if (!saved && !last->stale) {
            DL_PREPEND(hub->changes.list, last);
            hub->changes.count++;
            continue;
        }
        struct change **owner = last->stale ? NULL : change_owner(last);
        if (owner)
            *owner = NULL;
        free(last);
    }
}

void
hub_marks(void *self, struct log_state *state)
{
    const struct hub *hub = self;
    *state = (struct log_state){
        .kind = STATE_MARKS,
        .head = hub->forgotten_head,
        .acked = hub->forgotten_mail,
        .time = hub->last_time,
    };
}

/* --- from the log --- */

/* Whoever was connected when the broker ended gets some time to come back,
 * however long ago his session began. */
static uint64_t
not_before(const struct hub *hub, uint64_t used, uint64_t life)
{
    uint64_t grace = life < RESTORE_GRACE ? life : RESTORE_GRACE;
    uint64_t least = hub->now.wall + grace;
    return used + life < least ? least - life : used;
}

static void
restore_room(struct hub *hub, const struct log_state *state)
{
    struct room *room = room_restore(hub, state->name);
    room->placed = room->head = state->head;
    room->first = state->first;
}

static void
restore_client(struct hub *hub, const struct log_state *state)
{
    struct client *c = client_restore(hub, state->name);
    c->mail.placed = c->mail.head = state->head;
    c->mail.acked = state->acked;
    c->mail.quota.uncounted = state->head > state->acked;
    c->used = not_before(hub, state->used, hub->options.expire);
    c->saved = true;
    if (state->known && !client_is_twin(hub, c))
        client_know(hub, c, state->born);
    client_touch(hub, c);
}

static void
restore_lane(struct hub *hub, const struct log_state *state)
{
    struct client *c = client_restore(hub, state->name);
    struct lane *lane = lane_get(hub, c, state->lane);
    lane->saved = true;
    lane->high = state->high;
    lane->used = not_before(hub, state->used, LANE_IDLE);
    memcpy(lane->accepted, state->accepted, sizeof lane->accepted);
}

void
hub_restore(void *self, const struct log_state *state)
{
    static void (*const restore[])(struct hub *, const struct log_state *) = {
        [STATE_ROOM] = restore_room,
        [STATE_CLIENT] = restore_client,
        [STATE_LANE] = restore_lane,
        [STATE_RULING] = ruling_restore,
    };
    struct hub *hub = self;
    hub->keeps = false;
    if (state->kind == STATE_MARKS) {
        hub->forgotten_head = state->head;
        hub->forgotten_mail = state->acked;
        hub->last_time = state->time;
    } else {
        restore[state->kind](hub, state);
    }
    hub->keeps = true;
}

static void
replay_number(struct hub *hub, const struct record *r)
{
    if (!r->n)
        return;
    struct lane *lane = lane_get(hub, client_restore(hub, r->from), r->lane);
    lane_accept(lane, r->n, r->seq, r->time);
    if (lane->used < r->time)
        lane->used = r->time;
    state_lane(hub, lane);
}

static void
replay_say(struct hub *hub, const struct record *r)
{
    struct room *room = room_restore(hub, r->name);
    if (room->head < r->seq)
        room->placed = room->head = r->seq;
    if (!room->first)
        room->first = r->seq;
    replay_number(hub, r);
}

static void
replay_tell(struct hub *hub, const struct record *r)
{
    struct client *c = client_restore(hub, r->name);
    /* Only who is known gets mail, even where his hello was not kept. */
    if (!client_is_twin(hub, c))
        client_know(hub, c, (struct mark){.seq = r->prev});
    if (c->mail.head < r->seq)
        c->mail.placed = c->mail.head = r->seq;
    c->mail.quota.uncounted = c->mail.head > c->mail.acked;
    state_client(hub, c);
    client_touch(hub, c);
    replay_number(hub, r);
}

static void
replay_ack(struct hub *hub, const struct record *r)
{
    struct client *c = client_restore(hub, r->from);
    if (c->mail.acked < r->upto)
        c->mail.acked = r->upto;
    c->mail.quota.uncounted = c->mail.head > c->mail.acked;
    state_client(hub, c);
    client_touch(hub, c);
}

static void
replay_hello(struct hub *hub, const struct record *r)
{
    struct client *c = client_restore(hub, r->from);
    if (!client_is_twin(hub, c))
        client_know(hub, c, client_birth(c, r));
    c->used = r->time;
    state_client(hub, c);
}

static void
replay_end(struct hub *hub, const struct record *r)
{
    struct lane *lane = lane_find(client_restore(hub, r->from), r->lane);
    if (lane)
        lane_forget(hub, lane);
}

void
hub_replay(void *self, const struct record *r)
{
    static void (*const replay[])(struct hub *, const struct record *) = {
        [RECORD_SAY] = replay_say, [RECORD_TELL] = replay_tell,
        [RECORD_ACK] = replay_ack, [RECORD_HELLO] = replay_hello,
        [RECORD_END] = replay_end, [RECORD_RULING] = ruling_replay,
    };
    struct hub *hub = self;
    if (hub->last_time < r->time)
        hub->last_time = r->time;
    if (r->kind < sizeof replay / sizeof *replay && replay[r->kind])
        replay[r->kind](hub, r);
}

void
state_fini(struct hub *hub)
{
    hub_saved(hub, true);
    while (hub->changes.list)
        change_remove(hub, hub->changes.list);
}
