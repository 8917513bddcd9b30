/* SPDX-License-Identifier: MPL-2.0 */
/*
 * confab: the public functions of confab.h.
 *
 * Each takes the lock, asks the session, notes what was wrong for
 * confab_last_error, wakes the thread when there is something to do, and lets
 * go. What needs thought is in client.c and below.
 */
#include "confab.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "client.h"

#ifndef CONFAB_VERSION
#define CONFAB_VERSION "0.1.0"
#endif

enum {
    BYE_WAIT = 250, /* ms for the answer to bye */
};

static const char *const meanings[] = {
    [CONFAB_OK] = "no error",
    [CONFAB_EINVALID] = "an argument is not valid",
    [CONFAB_ETIMEOUT] = "nothing came in time",
    [CONFAB_ECLOSED] = "the client has ended",
    [CONFAB_EFULL] = "too much waits to be sent",
    [CONFAB_ETOOLARGE] = "larger than the wire allows",
    [CONFAB_ENOMEM] = "no memory",
    [CONFAB_ESTATE] = "the state file cannot be used",
    [CONFAB_EREFUSED] = "the broker refused",
    [CONFAB_EKEY] = "the key file cannot be used",
};

const char *
confab_strerror(int error)
{
    size_t known = sizeof meanings / sizeof meanings[0];
    return error >= 0 && (size_t)error < known ? meanings[error]
                                               : "unknown error";
}

const char *
confab_last_error(void)
{
    return client_fault();
}

const char *
confab_version(void)
{
    return CONFAB_VERSION;
}

int
confab_open(confab **client, const struct confab_options *options)
{
    *client = NULL;
    struct confab *c = calloc(1, sizeof *c);
    if (!c)
        return client_fail(CONFAB_ENOMEM, "no memory");
    int error = client_init(c, options);
    if (error)
        client_free(c);
    else
        *client = c;
    return error;
}

/* A point in time `ms` from now, for pthread_cond_timedwait. */
static struct timespec
after(int ms)
{
    struct timespec t;
    clock_gettime(OS_COND_CLOCK, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += ms % 1000 * 1000000L;
    if (t.tv_nsec >= 1000000000L) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000L;
    }
    return t;
}

/* Waits for news; false: `until` (NULL: never) has come. */
static bool
wait_news(struct confab *c, const struct timespec *until)
{
    if (!until)
        return pthread_cond_wait(&c->news, &c->lock) == 0;
    return pthread_cond_timedwait(&c->news, &c->lock, until) != ETIMEDOUT;
}

/* Unless he says so himself, the user is through with the event that he was
 * given last when he takes the next one. */
static void
settle(struct confab *c)
{
    if (c->manual_done)
        return;
    (void)session_done(c->session, NULL, client_now()); /* BYE tells */
    client_nudge(c);
}

int
confab_close(confab **client, int linger)
{
    if (!client || !*client)
        return CONFAB_OK;
    struct confab *c = *client;
    *client = NULL;
    pthread_mutex_lock(&c->lock);
    if (linger >= 0)
        settle(c);
    c->closing = true;
    queue_clear(&c->queue);
    c->deaf = false;
    c->woken = true;
    link_wake(c->link);
    struct timespec until = after(linger < 0 ? -(linger + 1) : linger);
    while (!c->over && !session_idle(c->session) && wait_news(c, &until))
        ;
    bool unsent = session_unsent(c->session) != 0;
    until = after(BYE_WAIT);
    /* After a bye the broker knows our numbers no more, and what the state file
     * keeps, or somebody says once more, would be said twice. */
    bool kept = c->once || (unsent && c->store);
    bool bye = !c->over && !kept && session_is_online(c->session) &&
               session_say_bye(c->session) == CONFAB_OK;
    link_wake(c->link);
    while (bye && !c->over && !session_said_bye(c->session) &&
           wait_news(c, &until))
        ;
    c->stop = true;
    link_wake(c->link);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->thread, NULL);
    if (c->token_path && !c->sending && session_said_bye(c->session))
        token_remove(c->token_path, session_resume(c->session));
    client_free(c);
    return unsent
               ? client_fail(CONFAB_ETIMEOUT, "not everything was acknowledged")
               : CONFAB_OK;
}

/* The end of each verb: unlocks. */
static int
leave(struct confab *c, int error)
{
    if (error)
        client_fail(error, "%s", session_fault(c->session));
    client_nudge(c);
    pthread_mutex_unlock(&c->lock);
    return error;
}

int
confab_join(confab *c, const char *room, int flags)
{
    pthread_mutex_lock(&c->lock);
    return leave(c, session_join(c->session, room, flags));
}

int
confab_leave(confab *c, const char *room)
{
    pthread_mutex_lock(&c->lock);
    return leave(c, session_leave(c->session, room));
}

int
confab_say(confab *c, const char *room, const char *text,
           const struct confab_extra *extra, uint64_t *number)
{
    pthread_mutex_lock(&c->lock);
    return leave(c, session_say(c->session, room, text, extra, number));
}

int
confab_tell(confab *c, const char *to, const char *text,
            const struct confab_extra *extra, uint64_t *number)
{
    pthread_mutex_lock(&c->lock);
    return leave(c, session_tell(c->session, to, text, extra, number));
}

int
confab_history(confab *c, const struct confab_range *range, uint64_t *number)
{
    pthread_mutex_lock(&c->lock);
    return leave(c, session_history(c->session, range, number));
}

int
confab_who(confab *c, const char *room, const char *start, uint64_t *number)
{
    pthread_mutex_lock(&c->lock);
    return leave(c, session_who(c->session, room, start, number));
}

int
confab_rooms(confab *c, const char *start, uint64_t *number)
{
    pthread_mutex_lock(&c->lock);
    return leave(c, session_rooms(c->session, start, number));
}

int
confab_search(confab *c, const struct confab_search *search, uint64_t *number)
{
    pthread_mutex_lock(&c->lock);
    return leave(c, session_search(c->session, search, number));
}

int
confab_stats(confab *c, uint64_t *number)
{
    pthread_mutex_lock(&c->lock);
    return leave(c, session_stats(c->session, number));
}

int
confab_ping(confab *c, uint64_t *number)
{
    pthread_mutex_lock(&c->lock);
    return leave(c, session_ping(c->session, number));
}

int
confab_admin(confab *c, const struct confab_order *order, uint64_t *number)
{
    pthread_mutex_lock(&c->lock);
    return leave(c, session_admin(c->session, order, number));
}

int
confab_ack(confab *c, uint64_t seq)
{
    pthread_mutex_lock(&c->lock);
    return leave(c, session_ack(c->session, seq, client_now()));
}

int
confab_done(confab *c, const void *mark, size_t len)
{
    struct slice bytes = slice_of(mark, mark ? len : 0);
    pthread_mutex_lock(&c->lock);
    return leave(c, session_done(c->session, &bytes, client_now()));
}

size_t
confab_mark(confab *c, void *mark, size_t size)
{
    pthread_mutex_lock(&c->lock);
    struct slice kept = session_mark(c->session);
    size_t len = kept.len < size ? kept.len : size;
    if (len)
        memcpy(mark, kept.data, len);
    pthread_mutex_unlock(&c->lock);
    return kept.len;
}

bool
confab_cursor(confab *c, const char *room, uint64_t *seq)
{
    pthread_mutex_lock(&c->lock);
    bool known = session_cursor(c->session, room, seq);
    pthread_mutex_unlock(&c->lock);
    return known;
}

int
confab_seek(confab *c, const char *room, uint64_t seq)
{
    pthread_mutex_lock(&c->lock);
    return leave(c, session_seek(c->session, room, seq));
}

/* The user has this event now. */
static void
note(struct confab *c, const struct event *e)
{
    if (e->user.type == CONFAB_BYE)
        c->taken = true;
    if (e->has_cursor && !(e->mail && c->manual_ack))
        session_given(c->session, e->mail ? NULL : e->user.room, e->cursor);
}

/* Half of the queue is taken: the thread may read on. */
static void
listen_again(struct confab *c)
{
    if (!c->deaf || !queue_is_half_empty(&c->queue))
        return;
    c->deaf = false;
    link_wake(c->link);
}

int
confab_next(confab *c, confab_event **event, int timeout)
{
    *event = NULL;
    struct timespec until = after(timeout > 0 ? timeout : 0);
    pthread_mutex_lock(&c->lock);
    settle(c);
    bool waits = timeout != 0;
    while (waits && !c->queue.first && !c->taken)
        waits = wait_news(c, timeout < 0 ? NULL : &until);
    struct event *e = queue_take(&c->queue);
    if (e)
        note(c, e);
    listen_again(c);
    bool ended = c->taken;
    pthread_mutex_unlock(&c->lock);
    if (e) {
        *event = &e->user;
        return CONFAB_OK;
    }
    return ended ? client_fail(CONFAB_ECLOSED, "the client has ended")
                 : client_fail(CONFAB_ETIMEOUT, "no event in time");
}

void
confab_event_free(confab_event **event)
{
    if (!event)
        return;
    event_free((struct event *)*event);
    *event = NULL;
}

int
confab_fd(confab *c)
{
    return c->queue.bell.fd;
}

size_t
confab_unsent(confab *c)
{
    pthread_mutex_lock(&c->lock);
    size_t unsent = session_unsent(c->session);
    pthread_mutex_unlock(&c->lock);
    return unsent;
}
