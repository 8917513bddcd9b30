/* SPDX-License-Identifier: MPL-2.0 */
/* What the script has a person do. */
#include <stdlib.h>

#include "person_state.h"

enum {
    BYE_WAIT = 1000, /* ms that a program waits for the answer to its bye */
    TEXT_MOST = 8192,
};

static void
do_join(struct person *p, const struct act *act)
{
    if (p->part->sending)
        return;
    /* Asked for by topic, direct and by topic in one breath, a message that is
     * not kept may come by both; nobody promises otherwise. */
    bool other = (p->direct >> act->a & 1) != act->b;
    if (other && (p->joining & (1u << act->a)))
        return;
    p->joining |= 1u << act->a;
    p->wanted |= 1u << act->a;
    p->direct &= ~(1u << act->a);
    p->direct |= act->b << act->a;
    if (p->session)
        (void)session_join(p->session, script_room(act->a),
                           act->b ? CONFAB_DIRECT : 0);
}

static void
do_leave(struct person *p, const struct act *act)
{
    p->wanted &= ~(1u << act->a);
    if (!p->session || p->part->sending)
        return;
    if (!session_leave(p->session, script_room(act->a)))
        judge_left(p->world, p->index, act->a);
}

static void
say_one(struct person *p, const struct act *act, uint32_t serial)
{
    bool say = act->kind == ACT_SAY || act->kind == ACT_FLEETING;
    struct confab_extra extra = {
        .fleeting = act->kind == ACT_FLEETING || act->kind == ACT_TELL_FLEETING,
        .receipt = serial % 2,
    };
    char text[TEXT_MOST];
    int len = snprintf(text, sizeof text, "s%u ", serial);
    size_t more = p->world->setup->small_frames ? 0 : (serial * 37u) % 1500;
    memset(text + len, 'x', more);
    text[(size_t)len + more] = '\0';
    p->saying = serial;
    int error =
        say ? session_say(p->session, script_room(act->a), text, &extra, NULL)
            : session_tell(p->session, p->world->setup->parts[act->a].id, text,
                           &extra, NULL);
    if (!error)
        judge_said(p->world, p->index, serial, extra.fleeting);
}

static void
do_say(struct person *p, const struct act *act)
{
    bool may = p->session &&
               p->bye_at == NO_TIME; /* nothing is said after bye */
    for (unsigned i = 0; may && i < act->b; i++)
        say_one(p, act, act->serial + i);
}

void
person_acks(struct person *p)
{
    if (p->session && p->part->manual && p->mail_taken)
        (void)session_ack(p->session, p->mail_taken, person_now(p));
}

static void
do_ack(struct person *p, const struct act *act)
{
    (void)act;
    person_acks(p);
}

static void
do_history(struct person *p, const struct act *act)
{
    if (!p->session)
        return;
    struct asked *a = &p->asked[p->asked_count++ % ASKED_MAX];
    *a = (struct asked){
        .what = act->kind == ACT_TALK ? ASKED_TALK : ASKED_ROOM,
        .other = act->a,
        .after = act->b % 3 == 0,
        .before = act->b % 3 == 1,
    };
    if (act->b % 10 == 9)
        a->what = ASKED_MAIL;
    a->bound = act->b; /* the judge makes a seq of it */
    judge_asks(p->world, p->index, a);
    struct confab_range range = {
        .room = a->what == ASKED_ROOM ? script_room(act->a) : NULL,
        .with = a->what == ASKED_TALK ? p->world->setup->parts[act->a].id
                                      : NULL,
        .after = a->after ? a->bound : 0,
        .from_after = a->after,
        .before = a->before ? a->bound : 0,
        .limit = 1 + act->b / 2,
    };
    if (session_history(p->session, &range, &a->number))
        a->number = 0;
}

static void
do_search(struct person *p, const struct act *act)
{
    const struct setup *setup = p->world->setup;
    if (!p->session)
        return;
    struct sought *s = &p->soughts[p->sought_count++ % ASKED_MAX];
    *s = (struct sought){.where = (enum sought_where)(act->a % 3),
                         .before = act->b % 2 ? act->b : 0};
    s->other = act->a / 3 %
               (s->where == SOUGHT_IN_ROOM ? setup->rooms : setup->persons);
    if (act->b % 5)
        (void)snprintf(s->text, sizeof s->text, "s%u*", act->b / 2 % 10);
    else
        (void)snprintf(s->text, sizeof s->text, "s*");
    judge_seeks(p->world, s);
    const struct confab_search search = {
        .text = s->text,
        .room = s->where == SOUGHT_IN_ROOM ? script_room(s->other) : NULL,
        .with = s->where == SOUGHT_IN_TALK ? setup->parts[s->other].id : NULL,
        .before = s->before,
        .limit = 1 + act->b / 3,
    };
    if (session_search(p->session, &search, &s->number))
        s->number = 0;
}

static void
do_who(struct person *p, const struct act *act)
{
    if (p->session)
        (void)session_who(p->session, script_room(act->a), NULL, NULL);
}

static void
do_ping(struct person *p, const struct act *act)
{
    (void)act;
    if (p->session)
        (void)session_ping(p->session, NULL);
}

static void
do_bye(struct person *p, const struct act *act)
{
    if (!p->session || !session_is_online(p->session))
        return;
    if (session_unsent(p->session)) { /* as confab_close has it */
        person_end(p, act->a);
        return;
    }
    (void)session_say_bye(p->session);
    p->bye_at = p->world->now + BYE_WAIT;
    p->away = act->a;
}

static void
do_kill(struct person *p, const struct act *act)
{
    person_end(p, act->a);
}

static void
do_lose(struct person *p, const struct act *act)
{
    person_end(p, act->a);
    person_forgets(p);
    p->less = true;
    p->token[0] = '\0';
}

static void
do_power(struct person *p, const struct act *act)
{
    person_end(p, act->a);
    person_tears(p);
}

static void
do_copy(struct person *p, const struct act *act)
{
    (void)act;
    person_copies(p);
}

static void
do_old(struct person *p, const struct act *act)
{
    if (!p->copy)
        return;
    /* A backup comes later than the last of what was sent. */
    network_break(p->world->network, p->index);
    person_end(p, act->a);
    person_goes_back(p);
}

/* The user has brought the token along. What still runs over there is told that
 * it is replaced, or learns it when it tries to come back. */
static void
do_move(struct person *p, const struct act *act)
{
    (void)act;
    struct world *w = p->world;
    struct person *other = w->persons[p->index ? 0 : w->setup->second];
    if (p->active || !w->setup->second)
        return;
    struct record token = {.kind = KEEP_RESUME,
                           .bytes = slice_str(other->token)};
    if (token.bytes.len)
        (void)person_keeps(p, &token);
    p->active = true;
    p->start_at = w->now;
    if (!other->session)
        other->active = false;
}

static void
do_sleep(struct person *p, const struct act *act)
{
    p->asleep_until = p->world->now + act->a;
}

static void
do_nap(struct person *p, const struct act *act)
{
    p->take_at = p->world->now + act->a;
}

void
person_do(struct person *p, const struct act *act)
{
    static void (*const doing[ACT_COUNT])(struct person *,
                                          const struct act *) = {
        [ACT_JOIN] = do_join,     [ACT_LEAVE] = do_leave,
        [ACT_SAY] = do_say,       [ACT_FLEETING] = do_say,
        [ACT_TELL] = do_say,      [ACT_TELL_FLEETING] = do_say,
        [ACT_ACK] = do_ack,       [ACT_HISTORY] = do_history,
        [ACT_TALK] = do_history,  [ACT_WHO] = do_who,
        [ACT_SEARCH] = do_search, [ACT_PING] = do_ping,
        [ACT_BYE] = do_bye,       [ACT_KILL] = do_kill,
        [ACT_LOSE] = do_lose,     [ACT_NAP] = do_nap,
        [ACT_SLEEP] = do_sleep,   [ACT_MOVE] = do_move,
        [ACT_POWER] = do_power,   [ACT_COPY] = do_copy,
        [ACT_OLD] = do_old,
    };
    if (p->asleep_until > p->world->now)
        return;
    bool may = p->active || act->kind == ACT_MOVE;
    if (may && doing[act->kind])
        doing[act->kind](p, act);
    else if (may)
        (void)person_rules(p, act);
}
