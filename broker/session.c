/* SPDX-License-Identifier: MPL-2.0 */
/*
 * How sessions end (how they begin: hello.c). It is decided when the log hands
 * back the record.
 *
 * A session that broke leaves its memberships behind for the grace; one that
 * said bye or fell silent leaves its rooms at once.
 */
#include "session.h"

#include <stdlib.h>

#include "core.h"
#include "roster.h"
#include "xmem.h"

void
session_touch(struct hub *hub, struct session *s)
{
    s->deadline = hub->now.mono + SILENT_BEATS * s->beat;
}

void
session_finish(struct hub *hub, struct session *s, const char *why)
{
    if (s->ending)
        return;
    s->ending = true;
    struct record *r = log_record(hub->log, RECORD_END, s->client->id.len);
    r->from = record_copy(r, s->client->id);
    r->origin = s->peer->handle;
    r->why = why;
    hub_append(hub, r);
}

void
session_bye(struct hub *hub, struct session *s, const char *why, uint64_t wait)
{
    struct message m = {.op = OP_BYE};
    SET(&m, FIELD_WHY, why, slice_str(why));
    if (wait)
        SET(&m, FIELD_WAIT, wait, wait);
    peer_answer(hub, s->peer, &m);
}

void
session_kick(struct hub *hub, struct session *s, struct slice reason)
{
    struct message m = {.op = OP_BYE};
    SET(&m, FIELD_WHY, why, slice_str("kicked"));
    if (reason.len)
        SET(&m, FIELD_TEXT, text, reason);
    if (!s->ending)
        peer_answer(hub, s->peer, &m);
    session_finish(hub, s, "kicked");
    peer_dismiss(hub, s->peer, "kicked");
}

/* Takes it out of everything that points to it. */
static void
session_detach(struct hub *hub, struct session *s)
{
    struct client *c = s->client;
    if (s->lane)
        lane_use(hub, s->lane, NULL);
    if (c->inbox == s) {
        c->inbox = NULL;
        roll_remove(&hub->present, c);
    }
    c->sessions--;
    hub->stats.sessions--;
    s->peer->session = NULL;
    s->peer->hello_by = hub->now.mono + hub->options.hello_wait;
}

void
session_free(struct hub *hub, struct session *s)
{
    session_detach(hub, s);
    free(s->flight);
    free(s);
}

/* A clean end leaves the rooms at once, a broken one after the grace. */
void
session_end(struct hub *hub, struct session *s, const char *why)
{
    struct client *c = s->client;
    bool broken = !strcmp(why, "lost") || !strcmp(why, "replaced");
    LOG(hub->options.logger, LOG_INFO, "session.end", LOG_SLICE("id", c->id),
        LOG_TEXT("why", why));
    if (s->inbox && broken)
        roster_abandon(hub, c);
    else if (s->inbox)
        roster_leave_all(hub, c, why);
    session_free(hub, s);
    client_use(hub, c);
}

void
session_ended(struct hub *hub, const struct record *r)
{
    struct peer *p = peer_find(hub, r->origin);
    if (!p)
        return;
    struct session *s = p->session;
    /* This outbox will not ask about its n again. */
    struct lane *lane = s && s->ending && s->spent ? s->lane : NULL;
    if (lane && lane->high && !r->stored)
        lane = NULL; /* a full log: it would be there again at the next start */
    if (s && s->ending) {
        if (!strcmp(r->why, "timeout"))
            session_bye(hub, s, r->why, 0);
        session_end(hub, s, r->why);
    }
    if (lane)
        lane_forget(hub, lane);
    if (r->answer == ANSWER_NONE)
        return;
    struct message ok = reply_to_record(r, OP_OK);
    peer_answer(hub, p, &ok);
}
