/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The ids. Found by their bytes; known ones also by how they look (name_fold),
 * so that `ann` and `Ann` are never two persons. A client that nothing refers
 * to any more waits in hub->idle and is forgotten when there are too many.
 */
#include "client.h"

#include <stdlib.h>
#include <utlist.h>

#include "core.h"
#include "proto/name.h"
#include "xmem.h"

struct client *
client_find(struct hub *hub, struct slice id)
{
    struct client *c = NULL;
    HASH_FIND(by_id, hub->clients, id.data, id.len, c);
    return c;
}

struct slice
client_name(const void *client)
{
    return ((const struct client *)client)->id;
}

static void
client_free(struct hub *hub, struct client *c)
{
    while (c->lanes)
        lane_forget(hub, c->lanes);
    if (c->idle)
        DL_DELETE2(hub->idle, c, idle_prev, idle_next);
    HASH_DELETE(by_id, hub->clients, c);
    if (c->folded)
        HASH_DELETE(by_fold, hub->folds, c);
    state_client_gone(hub, c);
    hub->stats.clients--;
    if (hub->forgotten_mail < c->mail.acked)
        hub->forgotten_mail = c->mail.acked;
    hub->quota_runs -= quota_fini(&c->mail.quota);
    mailbox_fini(&c->mail);
    free(c->rooms);
    free(c);
}

static bool
client_is_idle(const struct client *c)
{
    bool unread = c->mail.placed > c->mail.acked;
    return !c->sessions && !c->room_count && !c->grace && !c->holds &&
           !c->mail.count && !unread && !c->claimed && !c->claiming &&
           !c->owned && !c->owning;
}

void
client_touch(struct hub *hub, struct client *c)
{
    bool idle = client_is_idle(c);
    if (c->idle)
        DL_DELETE2(hub->idle, c, idle_prev, idle_next);
    if (idle)
        DL_APPEND2(hub->idle, c, idle_prev, idle_next);
    c->idle = idle;
}

void
client_use(struct hub *hub, struct client *c)
{
    c->used = hub->now.wall;
    state_client(hub, c);
    client_touch(hub, c);
}

static struct client *
client_new(struct hub *hub, struct slice id)
{
    uint8_t fold[NAME_FOLD_MAX];
    size_t fold_len = name_fold(id, fold);
    struct client *c = xcalloc(1, sizeof *c + id.len + fold_len);
    memcpy(c->name, id.data, id.len);
    memcpy(c->name + id.len, fold, fold_len);
    c->used = hub->now.wall;
    c->id = slice_of(c->name, id.len);
    c->fold = slice_of(c->name + id.len, fold_len);
    uint64_t acked = hub->forgotten_mail;
    c->mail = (struct mailbox){.placed = acked, .head = acked, .acked = acked};
    HASH_ADD_KEYPTR(by_id, hub->clients, c->id.data, c->id.len, c);
    hub->stats.clients++;
    client_touch(hub, c);
    return c;
}

struct client *
client_get(struct hub *hub, struct slice id)
{
    struct client *c = client_find(hub, id);
    if (c)
        return c;
    if (hub->stats.clients >= hub->options.ids) {
        if (!hub->idle)
            return NULL;
        client_free(hub, hub->idle);
    }
    return client_new(hub, id);
}

struct client *
client_restore(struct hub *hub, struct slice id)
{
    struct client *c = client_find(hub, id);
    if (c)
        return c;
    c = client_new(hub, id);
    /* Not what was forgotten since: its mail that is in the log is unread. */
    c->mail.placed = c->mail.head = c->mail.acked = 0;
    return c;
}

void
client_sweep(struct hub *hub)
{
    uint64_t expire = hub->options.expire;
    while (hub->idle && hub->idle->used + expire < hub->now.wall)
        client_free(hub, hub->idle);
}

bool
client_is_twin(struct hub *hub, const struct client *c)
{
    struct client *twin = NULL;
    HASH_FIND(by_fold, hub->folds, c->fold.data, c->fold.len, twin);
    return twin && twin != c;
}

struct mark
client_birth(const struct client *c, const struct record *hello)
{
    if (c->mail.placed > c->mail.acked)
        return (struct mark){.seq = c->mail.acked};
    return (struct mark){hello->seq, hello->time};
}

/* No other id may look like it from now on. */
static void
client_fold(struct hub *hub, struct client *c)
{
    if (c->folded || client_is_twin(hub, c))
        return;
    c->folded = true;
    HASH_ADD_KEYPTR(by_fold, hub->folds, c->fold.data, c->fold.len, c);
}

/* Others may look like it again, if nothing else stands against it. */
static void
client_unfold(struct hub *hub, struct client *c)
{
    if (!c->folded || c->known || c->claimed || c->claiming)
        return;
    c->folded = false;
    HASH_DELETE(by_fold, hub->folds, c);
}

void
client_claim(struct hub *hub, struct client *c, bool claimed)
{
    c->claimed = claimed;
    if (claimed)
        client_fold(hub, c);
    client_unfold(hub, c);
    client_touch(hub, c);
}

void
client_claiming(struct hub *hub, struct client *c, bool claiming)
{
    c->claiming = claiming;
    if (claiming)
        client_fold(hub, c);
    client_unfold(hub, c);
    client_touch(hub, c);
}

void
client_know(struct hub *hub, struct client *c, struct mark born)
{
    if (c->known)
        return;
    c->known = true;
    c->born = born;
    state_client(hub, c);
    client_fold(hub, c);
}

void
client_fini(struct hub *hub)
{
    struct client *c, *next;
    HASH_ITER (by_id, hub->clients, c, next)
        client_free(hub, c);
}
