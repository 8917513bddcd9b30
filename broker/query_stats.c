/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What an operator wants to know, as the parts of the broker count it anyway.
 */
#include "access.h"
#include "counters.h"
#include "listing.h"
#include "rights.h"
#include "verbs.h"

static void
count_hub(const struct hub *hub, struct counters *all)
{
    const struct hub_stats stats = hub_stats(hub);
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {
        {"uptime", hub->now.mono - hub->started},
        {"connections", stats.peers},
        {"sessions", stats.sessions},
        {"online", hub->present.count},
        {"rooms", stats.rooms},
        {"closed-rooms", hub->closed_rooms.count},
        {"ids", stats.clients},
        {"lanes", stats.lanes},
        {"blocked", stats.blocked},
        {"frames-in", stats.frames_in},
        {"messages-in", stats.messages_in},
        {"frames-out", stats.frames_out},
        {"published", stats.published},
        {"errors", stats.errors},
        {"said", stats.said},
        {"told", stats.told},
        {"turns", hub->turn},
        {"searches", stats.searches},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        counters_add(all, rows[i].name, rows[i].value);
}

static struct slice
put_counters(struct hub *hub, const struct counters *all)
{
    struct buffer list = listing_begin(hub);
    list_put_map(&list, all->count);
    for (unsigned i = 0; i < all->count; i++) {
        list_put_str(&list, slice_str(all->all[i].name));
        list_put_uint(&list, all->all[i].value);
    }
    return slice_of(list.data, list.len);
}

void
on_stats(struct hub *hub, struct session *s, const struct message *m)
{
    struct counters all = {.count = 0};
    const struct host *host = &hub->options.host;
    if (query_refused(hub, s, m, rights_stats(hub, s)))
        return;
    count_hub(hub, &all);
    if (hub->log->engine->count)
        hub->log->engine->count(hub->log, &all);
    if (host->count)
        host->count(host->self, &all);
    struct message a = reply_to(m, OP_STATS);
    SET(&a, FIELD_TIME, time, hub->now.wall);
    SET(&a, FIELD_COUNTERS, counters, put_counters(hub, &all));
    peer_answer(hub, s->peer, &a);
}
