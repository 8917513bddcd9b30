/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The program: starts, ends, is killed, is woken when something is due.
 */
#include "person.h"

#include <stdlib.h>

#include "person_state.h"

enum {
    DICE_PERSON = 400,
    EVENTS_MAX = 100, /* that wait for the user */
    AGAIN = 500,      /* ms until a program that was ended is started again */
};

struct now
person_now(const struct person *p)
{
    return (struct now){.ms = p->world->now + 1,
                        .us = (p->world->now + 1) * 1000};
}

/* --- the session's sink --- */

static bool
sink_send(void *owner, struct slice frame)
{
    struct person *p = owner;
    return network_send_up(p->world->network, p->index, frame);
}

static void
sink_subscribe(void *owner, struct slice topic, bool on)
{
    struct person *p = owner;
    network_sub_topic(p->world->network, p->index, topic, on);
}

static void
sink_publisher(void *owner, struct slice endpoint)
{
    struct person *p = owner;
    (void)endpoint;
    network_sub_open(p->world->network, p->index);
}

static void
sink_reconnect(void *owner)
{
    struct person *p = owner;
    world_note(p->world, "%s: connects anew", p->part->id);
    network_redial(p->world->network, p->index);
}

static void
sink_event(void *owner, struct event *event)
{
    person_gets(owner, event);
}

/* Of the inbox session of the same id, on the same machine. */
static const char *
sink_token(void *owner)
{
    const struct person *p = owner;
    const struct world *w = p->world;
    for (unsigned i = 0; i < w->setup->persons; i++)
        if (!w->setup->parts[i].sending && person_is_active(w->persons[i]) &&
            !strcmp(w->setup->parts[i].id, p->part->id))
            return person_token(w->persons[i]);
    return NULL;
}

/* --- life --- */

struct person *
person_new(struct world *w, unsigned index)
{
    struct person *p = calloc(1, sizeof *p);
    if (!p)
        abort();
    p->world = w;
    p->index = index;
    p->part = &w->setup->parts[index];
    p->dice = dice_of(w->setup->luck, DICE_PERSON + index);
    p->lines_end = &p->lines;
    p->copy_end = &p->copy;
    p->less = true;
    p->active = !p->part->second;
    p->bye_at = NO_TIME;
    return p;
}

static void
start(struct person *p)
{
    char lane[24];
    snprintf(lane, sizeof lane, "lane%u-%u", p->index, p->runs);
    struct session_options options = {
        .id = p->part->id,
        .lane = lane,
        .beat = p->part->beat,
        .sending = p->part->sending,
        .seed = dice_next(&p->dice),
    };
    struct session_sink sink = {
        .owner = p,
        .send = sink_send,
        .subscribe = sink_subscribe,
        .publisher = sink_publisher,
        .reconnect = sink_reconnect,
        .event = sink_event,
        .keep = person_keeps,
        .rewrite = person_rewrites,
        .token = sink_token,
    };
    p->runs++;
    p->session = session_new(&options, &sink);
    if (!p->session)
        abort();
    p->start_at = NO_TIME;
    p->take_at = 0;
    p->bye_at = NO_TIME;
    p->mail_taken = 0;
    p->deaf = false;
    memset(p->orders, 0, sizeof p->orders); /* numbers begin anew */
    world_note(p->world, "%s starts", p->part->id);
    person_restores(p);
    for (unsigned room = 0; room < p->world->setup->rooms; room++)
        if (p->wanted & (1u << room))
            session_join(p->session, script_room(room),
                         p->direct & (1u << room) ? CONFAB_DIRECT : 0);
    network_open(p->world->network, p->index);
}

void
person_end(struct person *p, unsigned away)
{
    p->start_at = p->world->now + away;
    if (!p->session)
        return;
    network_shut(p->world->network, p->index);
    session_close(p->session);
    p->session = NULL;
    person_drop_events(p);
}

void
person_free(struct person *p)
{
    if (p->session)
        session_close(p->session);
    person_drop_events(p);
    person_file_free(p);
    free(p);
}

void
person_connected(struct person *p)
{
    if (p->session)
        session_connected(p->session, person_now(p));
}

void
person_disconnected(struct person *p)
{
    if (p->session)
        session_disconnected(p->session, person_now(p));
}

void
person_input(struct person *p, struct slice frame)
{
    if (p->session && !session_is_over(p->session))
        session_input(p->session, frame, person_now(p));
}

void
person_publish(struct person *p, struct slice frame)
{
    if (p->session && !session_is_over(p->session))
        session_publish(p->session, frame, person_now(p));
}

static void
end_if_over(struct person *p)
{
    bool gone = session_said_bye(p->session) || p->world->now >= p->bye_at;
    if (session_failed(p->session))
        world_fail(p->world, "failed", "the session of %s failed: %d",
                   p->part->id, session_failed(p->session));
    if (p->bye_at != NO_TIME && gone)
        person_end(p, p->away);
    else if (session_is_over(p->session))
        person_end(p, AGAIN);
}

bool
person_reads(const struct person *p)
{
    return !p->deaf && p->asleep_until <= p->world->now;
}

/* As client.c: when the user takes nothing, nothing is read for him. */
static void
listen(struct person *p)
{
    p->deaf = p->waiting > (p->deaf ? EVENTS_MAX / 2 : EVENTS_MAX);
    if (p->deaf)
        session_deaf(p->session, person_now(p));
}

void
person_tick(struct person *p)
{
    if (p->asleep_until > p->world->now)
        return;
    if (!p->session && p->active && p->start_at <= p->world->now)
        start(p);
    if (!p->session)
        return;
    person_takes(p);
    listen(p);
    session_tick(p->session, person_now(p));
    end_if_over(p);
}

uint64_t
person_deadline(const struct person *p)
{
    if (p->asleep_until > p->world->now)
        return p->asleep_until;
    if (!p->session)
        return p->active ? p->start_at : NO_TIME;
    uint64_t at = session_deadline(p->session);
    at = at == NEVER ? NO_TIME : at ? at - 1 : p->world->now;
    if (session_blocked(p->session) && at < p->world->now + 1)
        at = p->world->now + 1;
    if ((p->first || p->settles) && p->take_at < at)
        at = p->take_at;
    return p->bye_at < at ? p->bye_at : at;
}

const char *
person_token(const struct person *p)
{
    return p->token;
}

bool
person_is_active(const struct person *p)
{
    if (!p->world->setup->second || (p->index && !p->part->second))
        return true;
    return p->active && p->session && session_is_online(p->session);
}

bool
person_wants(const struct person *p, unsigned room)
{
    return p->wanted & (1u << room);
}

bool
person_is_settled(const struct person *p)
{
    return p->session && session_is_online(p->session) && !p->first &&
           !p->settles && session_unsent(p->session) == 0;
}

void
person_heal(struct person *p)
{
    p->take_at = p->asleep_until = 0;
    if (!p->session && p->start_at > p->world->now)
        p->start_at = p->world->now;
    person_acks(p);
}

void
person_ask_all(struct person *p)
{
    for (unsigned room = 0; room < p->world->setup->rooms; room++)
        if (p->session && person_wants(p, room))
            (void)session_who(p->session, script_room(room), NULL, NULL);
}
