/* SPDX-License-Identifier: MPL-2.0 */
/*
 * client: see client.h.
 *
 * A turn of the thread: tick (which sends), wait, read up to TURN_FRAMES
 * frames. When the user does not take his events the frames stay where they are
 * and ZeroMQ's bounded queues fill, then the broker's; pings still go out, and
 * the broker's silence is not held against it meanwhile.
 */
#include "client.h"

#include <time.h>

enum { TURN_FRAMES = 16 }; /* read under the lock before others get it */

struct now
client_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    uint64_t us = (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
    return (struct now){.ms = us / 1000, .us = us};
}

static bool
sink_send(void *owner, struct slice frame)
{
    struct confab *c = owner;
    return link_send(c->link, frame);
}

static void
sink_subscribe(void *owner, struct slice topic, bool on)
{
    struct confab *c = owner;
    link_subscribe(c->link, topic, on);
}

static void
sink_publisher(void *owner, struct slice endpoint)
{
    struct confab *c = owner;
    link_publisher(c->link, endpoint);
}

static void
sink_reconnect(void *owner)
{
    struct confab *c = owner;
    link_reconnect(c->link);
}

static void
give(struct confab *c, struct event *e)
{
    if (e->user.type == CONFAB_BYE)
        c->over = true;
    if (c->closing) {
        event_free(e);
        return;
    }
    queue_put(&c->queue, e);
    pthread_cond_broadcast(&c->news);
}

static void
sink_event(void *owner, struct event *e)
{
    give(owner, e);
}

static bool
sink_keep(void *owner, const struct record *record)
{
    struct confab *c = owner;
    if (record->kind == KEEP_RESUME && !c->sending && c->token_path)
        token_save(c->token_path, record->bytes);
    return !c->store || store_keep(c->store, record);
}

static bool
sink_rewrite(void *owner)
{
    struct confab *c = owner;
    return !c->store || store_rewrite(c->store, c->session);
}

static const char *
sink_token(void *owner)
{
    struct confab *c = owner;
    if (!c->token_given && c->token_path)
        (void)token_load(c->token_path, c->token); /* "" when there is none */
    return c->token;
}

struct session_sink
client_sink(struct confab *c)
{
    return (struct session_sink){
        .owner = c,
        .send = sink_send,
        .subscribe = sink_subscribe,
        .publisher = sink_publisher,
        .reconnect = sink_reconnect,
        .event = sink_event,
        .keep = sink_keep,
        .rewrite = sink_rewrite,
        .token = sink_token,
    };
}

void
client_nudge(struct confab *c)
{
    bool failed = session_is_over(c->session) && !c->over;
    if (c->woken || (!failed && session_deadline(c->session) >= c->planned))
        return;
    c->woken = true;
    link_wake(c->link);
}

/* The user learns why, even when there is no memory to tell him. */
static void
give_failure(struct confab *c)
{
    int error = session_failed(c->session);
    if (!error || c->over)
        return;
    struct message m = {
        .op = OP_NONE,
        .why = slice_str("failed"),
        .code = slice_str("state"),
        .text = slice_str("the state file cannot be written"),
    };
    struct event *e = NULL;
    if (error == CONFAB_ESTATE)
        e = event_new(CONFAB_BYE, &m, slice_of(NULL, 0));
    if (!e) {
        e = c->last;
        c->last = NULL;
    }
    give(c, e);
}

/* What came in, up to TURN_FRAMES. True: there may be more. */
static bool
read_link(struct confab *c)
{
    for (int i = 0; i < TURN_FRAMES; i++) {
        if (session_is_over(c->session))
            return false;
        struct slice frame;
        bool read = !c->deaf && !queue_is_full(&c->queue);
        enum link_news news = link_next(c->link, read, &frame);
        struct now now = client_now();
        switch (news) {
        case LINK_NOTHING:
            return false;
        case LINK_UP:
            client_handshake_done(c);
            session_connected(c->session, now);
            break;
        case LINK_DENIED:
        case LINK_MISMATCH:
        case LINK_FAILED:
            client_handshake_failed(c, news, now);
            break;
        case LINK_DOWN:
            session_disconnected(c->session, now);
            break;
        case LINK_TOPICS_DOWN:
            session_topics_lost(c->session, now);
            break;
        case LINK_DEALER:
            session_input(c->session, frame, now);
            break;
        case LINK_TOPIC:
            session_publish(c->session, frame, now);
            break;
        }
    }
    return true;
}

/* How long to wait, and for what. */
static int64_t
plan(struct confab *c, bool more, int *want)
{
    struct now now = client_now();
    c->deaf = c->deaf || queue_is_full(&c->queue);
    *want = (c->deaf ? 0 : LINK_READ) |
            (session_blocked(c->session) ? LINK_WRITE : 0);
    c->planned = session_deadline(c->session);
    c->woken = false;
    if (more)
        return 0;
    if (c->planned == NEVER)
        return -1;
    return c->planned > now.ms ? (int64_t)(c->planned - now.ms) : 0;
}

static void
compact(struct confab *c)
{
    if (c->store && store_is_bloated(c->store))
        (void)store_rewrite(c->store, c->session); /* the next keep fails */
}

void *
client_run(void *client)
{
    struct confab *c = client;
    bool more = false;
    pthread_mutex_lock(&c->lock);
    while (!c->stop && !session_is_over(c->session)) {
        if (c->deaf)
            session_deaf(c->session, client_now());
        session_tick(c->session, client_now());
        compact(c);
        int want;
        int64_t ms = plan(c, more, &want);
        if (c->closing)
            pthread_cond_broadcast(&c->news);
        pthread_mutex_unlock(&c->lock);
        link_wait(c->link, want, ms);
        pthread_mutex_lock(&c->lock);
        more = read_link(c);
    }
    /* Whoever waited for the answer to his bye may have given up before this
     * thread came to send it; nobody else would have the id for a while. */
    if (c->stop && !session_is_over(c->session))
        session_tick(c->session, client_now());
    give_failure(c);
    c->over = true;
    c->planned = 0; /* nobody is there to be woken */
    pthread_cond_broadcast(&c->news);
    pthread_mutex_unlock(&c->lock);
    link_shut(c->link);
    return NULL;
}
