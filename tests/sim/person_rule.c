/* SPDX-License-Identifier: MPL-2.0 */
/* What the script has moderators do, and others try. */
#include "person_state.h"

static struct asked_order *
order_add(struct person *p)
{
    struct asked_order *o = &p->orders[p->order_count++ % ORDERS_MAX];
    *o = (struct asked_order){.room = ROOMS_MAX};
    return o;
}

const struct asked_order *
person_order(const struct person *p, uint64_t number)
{
    for (unsigned i = 0; i < ORDERS_MAX; i++)
        if (number && p->orders[i].number == number)
            return &p->orders[i];
    return NULL;
}

static const char *
id_of(const struct person *p, unsigned person)
{
    return p->world->setup->parts[person].id;
}

static void
set_redact(struct person *p, const struct act *act, struct confab_order *order,
           struct asked_order *asked)
{
    (void)asked;
    order->act = CONFAB_DO_REDACT;
    order->room = script_room(act->a);
    order->seq = judge_some_seq(p->world, act->a, act->b);
}

static void
set_about(struct person *p, const struct act *act, struct confab_order *order,
          struct asked_order *asked)
{
    (void)p;
    (void)asked;
    order->act = CONFAB_DO_ABOUT;
    order->room = script_room(act->a);
    order->about = act->b ? "" : "something else";
}

static void
set_invite(struct person *p, const struct act *act, struct confab_order *order,
           struct asked_order *asked)
{
    (void)asked;
    order->act = CONFAB_DO_INVITE;
    order->room = script_room(CLOSED_ROOM);
    order->id = id_of(p, act->a);
    order->limited = act->b;
}

static void
set_kick(struct person *p, const struct act *act, struct confab_order *order,
         struct asked_order *asked)
{
    (void)asked;
    order->act = CONFAB_DO_KICK;
    order->id = id_of(p, act->a);
    order->room = act->b < p->world->setup->rooms ? script_room(act->b) : NULL;
}

static void
set_ban(struct person *p, const struct act *act, struct confab_order *order,
        struct asked_order *asked)
{
    order->act = CONFAB_DO_BAN;
    order->id = id_of(p, act->a);
    order->lasts = act->b;
    *asked = (struct asked_order){
        .ban = true, .silences = true, .person = act->a, .room = ROOMS_MAX};
}

static void
set_mute(struct person *p, const struct act *act, struct confab_order *order,
         struct asked_order *asked)
{
    bool closed = act->b % 2 == 0 && p->world->setup->rooms > CLOSED_ROOM;
    order->act = CONFAB_DO_MUTE;
    order->id = id_of(p, act->a);
    order->lasts = act->b;
    order->room = closed ? script_room(CLOSED_ROOM) : NULL;
    *asked = (struct asked_order){.silences = true,
                                  .person = act->a,
                                  .room = closed ? CLOSED_ROOM : ROOMS_MAX};
}

bool
person_rules(struct person *p, const struct act *act)
{
    static void (*const setting[ACT_COUNT])(struct person *, const struct act *,
                                            struct confab_order *,
                                            struct asked_order *) = {
        [ACT_REDACT] = set_redact, [ACT_ABOUT] = set_about,
        [ACT_INVITE] = set_invite, [ACT_KICK] = set_kick,
        [ACT_BAN] = set_ban,       [ACT_MUTE] = set_mute,
    };
    if (!setting[act->kind])
        return false;
    struct confab_order order = {.limited = false};
    struct asked_order *asked = order_add(p);
    setting[act->kind](p, act, &order, asked);
    if (!p->session || session_admin(p->session, &order, &asked->number))
        asked->number = 0;
    return true;
}
