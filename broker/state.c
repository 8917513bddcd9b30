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

struct change {
    struct change *next;
    struct client *client; /* both NULL: it is gone, the names tell what */
    struct lane *lane;
    uint8_t name_len, lane_len;
    uint8_t names[];
};

static struct change *
change_add(struct hub *hub, struct slice name, struct slice lane)
{
    struct change_list *list = &hub->changes;
    struct change *change = xcalloc(1, sizeof *change + name.len + lane.len);
    change->name_len = (uint8_t)name.len;
    change->lane_len = (uint8_t)lane.len;
    memcpy(change->names, name.data, name.len);
    if (lane.len)
        memcpy(change->names + name.len, lane.data, lane.len);
    if (list->first)
        list->last->next = change;
    else
        list->first = change;
    list->last = change;
    list->count++;
    return change;
}

static struct slice
lane_name(const struct lane *lane)
{
    return slice_of(lane->name, lane->name_len);
}

static struct change *
client_change(struct hub *hub, struct client *c)
{
    if (!c->change)
        c->change = change_add(hub, c->id, slice_of(NULL, 0));
    return c->change;
}

static struct change *
lane_change(struct hub *hub, struct lane *lane)
{
    if (!lane->change)
        lane->change = change_add(hub, lane->client->id, lane_name(lane));
    return lane->change;
}

void
state_client(struct hub *hub, struct client *c)
{
    if (hub->keeps)
        client_change(hub, c)->client = c;
}

void
state_lane(struct hub *hub, struct lane *lane)
{
    if (hub->keeps)
        lane_change(hub, lane)->lane = lane;
}

void
state_client_gone(struct hub *hub, struct client *c)
{
    if (hub->keeps)
        client_change(hub, c)->client = NULL;
}

void
state_lane_gone(struct hub *hub, struct lane *lane)
{
    if (hub->keeps && (lane->change || lane->high))
        lane_change(hub, lane)->lane = NULL;
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
    c->change = NULL;
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
    lane->change = NULL;
    state->gone = false;
    state->used = lane->used;
    state->high = lane->high;
    memcpy(state->accepted, lane->accepted, sizeof state->accepted);
}

/* The names are borrowed until the next call. */
void
hub_change(void *self, struct log_state *state)
{
    struct hub *hub = self;
    struct change_list *list = &hub->changes;
    struct change *change = list->first;
    assert(change);
    list->first = change->next;
    list->count--;
    memcpy(hub->list, change->names, change->name_len + change->lane_len);
    *state = (struct log_state){
        .kind = change->lane_len ? STATE_LANE : STATE_CLIENT,
        .gone = true,
        .name = slice_of(hub->list, change->name_len),
        .lane = slice_of(hub->list + change->name_len, change->lane_len),
    };
    if (change->client)
        client_state(change->client, state);
    if (change->lane)
        lane_state(change->lane, state);
    free(change);
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

/* What went is not told again: its row comes back at a start and goes once more
 * when it is old. */
void
hub_unsaved(void *self)
{
    struct hub *hub = self;
    struct client *c, *next;
    HASH_ITER (by_id, hub->clients, c, next) {
        struct lane *lane;
        state_client(hub, c);
        DL_FOREACH(c->lanes, lane)
        state_lane(hub, lane);
    }
}

/* --- from the log --- */

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
    c->used = state->used;
    if (state->known && !client_is_twin(hub, c))
        client_know(hub, c, state->born);
    client_touch(hub, c);
}

static void
restore_lane(struct hub *hub, const struct log_state *state)
{
    struct client *c = client_restore(hub, state->name);
    struct lane *lane = lane_get(hub, c, state->lane);
    lane->high = state->high;
    lane->used = state->used;
    memcpy(lane->accepted, state->accepted, sizeof lane->accepted);
}

void
hub_restore(void *self, const struct log_state *state)
{
    static void (*const restore[])(struct hub *, const struct log_state *) = {
        [STATE_ROOM] = restore_room,
        [STATE_CLIENT] = restore_client,
        [STATE_LANE] = restore_lane,
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
        client_know(hub, c, (struct mark){r->seq, r->time});
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
        [RECORD_END] = replay_end,
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
    struct change *change;
    while ((change = hub->changes.first)) {
        hub->changes.first = change->next;
        free(change);
    }
}
