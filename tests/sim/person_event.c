/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the session gives goes to the judge at once, in the order in which it is
 * given; the user takes it later, and is done with it later still.
 */
#include <stdlib.h>

#include "person_state.h"

enum { TAKES = 8 }; /* events at a time */

static bool
raw_message(const struct event *e, struct message *m)
{
    struct reader r = reader_open(slice_of(e->user.raw, e->user.raw_len));
    struct fault fault;
    return e->user.raw_len && !message_read(&r, SIDE_BROKER, m, &fault);
}

static uint32_t
text_serial(const confab_event *e)
{
    uint32_t serial = 0;
    for (size_t i = 1; i < e->text_len && e->text[i] != ' '; i++)
        serial = serial * 10 + ((unsigned char)e->text[i] - (uint32_t)'0');
    return serial;
}

static struct told
told_of(const struct event *e)
{
    struct message m = {.op = OP_NONE};
    bool read = raw_message(e, &m);
    return (struct told){
        .room = e->user.room,
        .seq = e->has_cursor ? e->cursor : e->user.seq,
        .serial = text_serial(&e->user),
        .id = e->user.id,
        .rv = read ? m.rv : 0,
        .count = e->user.count,
        .complete = e->user.complete,
        .more = e->user.more,
        .has_cursor = e->has_cursor,
        .gone = e->user.gone,
        .list = e->user.list,
        .list_len = e->user.list_len,
    };
}

/* --- one function per event --- */

static void
on_answer(struct person *p, const struct event *e)
{
    struct message m;
    bool sent = e->user.type == CONFAB_SENT;
    if (!raw_message(e, &m) || !message_has(&m, FIELD_N))
        return;
    judge_answered(p->world, p->index, person_serial(p, m.n), e->user.seq,
                   sent ? NULL : e->user.code);
}

/* The session does not want the room any more. */
static void
put_out(struct person *p, unsigned room)
{
    p->wanted &= ~(1u << room);
    p->joining &= ~(1u << room);
    judge_put_out(p->world, p->index, room);
}

static void
on_refused(struct person *p, const struct event *e)
{
    const char *code = e->user.code ? e->user.code : "";
    bool old = p->went_back && !strcmp(code, "bad-state");
    bool ours = !strcmp(code, "bad-message") || !strcmp(code, "bad-state") ||
                !strcmp(code, "bad-name") || !strcmp(code, "unknown-op");
    if (e->user.number && person_order(p, e->user.number))
        return;
    if (old)
        judge_doubts_all(p->world, p->index);
    else if (ours)
        world_fail(p->world, "bad-error", "%s is told %s: %s", p->part->id,
                   code, e->user.text ? e->user.text : "");
    bool join = e->user.room && !e->user.number;
    unsigned room = join ? judge_find_room(slice_str(e->user.room)) : 0;
    if (join && script_is_closed(p->world->setup, room))
        put_out(p, room);
    else if (join)
        world_fail(p->world, "join-refused", "%s may not join %s: %s",
                   p->part->id, e->user.room, code);
    on_answer(p, e);
}

static void
on_say(struct person *p, const struct event *e)
{
    struct told t = told_of(e);
    judge_heard(p->world, p->index, &t);
}

static void
on_joined(struct person *p, const struct event *e)
{
    struct told t = told_of(e);
    p->joining &= ~(1u << judge_find_room(slice_str(t.room)));
    judge_joined(p->world, p->index, &t);
}

static void
on_online(struct person *p, const struct event *e)
{
    (void)e;
    judge_online(p->world, p->index);
}

static void
on_roster(struct person *p, const struct event *e)
{
    struct told t = told_of(e);
    if (e->user.why && !strcmp(e->user.why, "kicked") &&
        !strcmp(t.id, p->part->id)) {
        put_out(p, judge_find_room(slice_str(t.room)));
        return;
    }
    judge_roster(p->world, p->index, e->user.type == CONFAB_ENTER, &t);
}

static void
on_who(struct person *p, const struct event *e)
{
    struct told t = told_of(e);
    judge_who(p->world, p->index, &t);
}

static void
on_lost(struct person *p, const struct event *e)
{
    struct told t = told_of(e);
    judge_lost(p->world, p->index, &t);
}

static void
on_receipt(struct person *p, const struct event *e)
{
    judge_receipt(p->world, p->index, e->user.id, e->user.seq);
}

/* The messages of an answer, in these. */
static struct page
page_of(const struct event *e, uint64_t seqs[static LIMIT_PAGE],
        bool gone[static LIMIT_PAGE])
{
    for (size_t i = 0; i < e->user.messages_len; i++) {
        seqs[i] = e->user.messages[i].seq;
        gone[i] = e->user.messages[i].gone;
    }
    return (struct page){
        seqs,        gone, e->user.messages_len, e->user.more, e->user.complete,
        e->user.upto};
}

/* A program that was started again begins its numbers anew: the newest counts.
 */
static void
on_history(struct person *p, const struct event *e)
{
    uint64_t seqs[LIMIT_PAGE];
    bool gone[LIMIT_PAGE];
    struct page page = page_of(e, seqs, gone);
    const struct asked *a = NULL;
    for (unsigned i = 0; i < p->asked_count && i < ASKED_MAX && !a; i++) {
        a = &p->asked[(p->asked_count - 1 - i) % ASKED_MAX];
        a = a->number == e->user.number ? a : NULL;
    }
    if (a)
        judge_page(p->world, p->index, a, &page);
}

static void
on_found(struct person *p, const struct event *e)
{
    uint64_t seqs[LIMIT_PAGE];
    bool gone[LIMIT_PAGE];
    struct page page = page_of(e, seqs, gone);
    const struct sought *s = NULL;
    for (unsigned i = 0; i < p->sought_count && i < ASKED_MAX && !s; i++) {
        s = &p->soughts[(p->sought_count - 1 - i) % ASKED_MAX];
        s = s->number == e->user.number ? s : NULL;
    }
    if (s)
        judge_found(p->world, p->index, s, &page);
}

static void
on_done(struct person *p, const struct event *e)
{
    const struct asked_order *o = person_order(p, e->user.number);
    if (o && o->silences)
        judge_silenced(p->world, o->ban, o->person, o->room);
}

static void
on_epoch(struct person *p, const struct event *e)
{
    (void)e;
    world_fail(p->world, "epoch", "%s is told of another store", p->part->id);
}

/* A new program may find its id taken by what is left of the one before. */
static void
on_bye(struct person *p, const struct event *e)
{
    const char *code = e->user.code ? e->user.code : "";
    bool refused = e->user.why && !strcmp(e->user.why, "refused");
    bool replaced = e->user.why && !strcmp(e->user.why, "replaced");
    /* By the other machine; or by what is left of his own former run. */
    unsigned second = p->world->setup->second;
    unsigned other = p->index ? 0 : second;
    bool two = second && (!p->index || p->part->second);
    p->active = !(replaced && two && p->world->persons[other]->active);
    bool kicked = e->user.why && !strcmp(e->user.why, "kicked");
    bool banned = refused && !strcmp(code, "denied") &&
                  judge_was_banned(p->world, p->index);
    bool ruled = p->world->setup->entry != ENTRY_OPEN && (kicked || banned);
    if (!replaced && !ruled && !(refused && !strcmp(code, "in-use")))
        world_fail(p->world, "bye", "%s is ended: %s %s", p->part->id,
                   e->user.why ? e->user.why : "", code);
}

static void (*const on[])(struct person *, const struct event *) = {
    [CONFAB_ONLINE] = on_online,   [CONFAB_EPOCH] = on_epoch,
    [CONFAB_JOINED] = on_joined,   [CONFAB_SAY] = on_say,
    [CONFAB_TELL] = on_say,        [CONFAB_ENTER] = on_roster,
    [CONFAB_EXIT] = on_roster,     [CONFAB_LOST] = on_lost,
    [CONFAB_SENT] = on_answer,     [CONFAB_REFUSED] = on_refused,
    [CONFAB_RECEIPT] = on_receipt, [CONFAB_HISTORY] = on_history,
    [CONFAB_WHO] = on_who,         [CONFAB_BYE] = on_bye,
    [CONFAB_DONE] = on_done,       [CONFAB_FOUND] = on_found,
};

static const char *const event_names[] = {
    [CONFAB_ONLINE] = "online",   [CONFAB_OFFLINE] = "offline",
    [CONFAB_EPOCH] = "epoch",     [CONFAB_JOINED] = "joined",
    [CONFAB_SAY] = "say",         [CONFAB_TELL] = "tell",
    [CONFAB_ENTER] = "enter",     [CONFAB_EXIT] = "exit",
    [CONFAB_LOST] = "lost",       [CONFAB_SENT] = "sent",
    [CONFAB_REFUSED] = "refused", [CONFAB_RECEIPT] = "receipt",
    [CONFAB_HISTORY] = "history", [CONFAB_WHO] = "who",
    [CONFAB_ROOMS] = "rooms",     [CONFAB_PONG] = "pong",
    [CONFAB_BYE] = "bye",         [CONFAB_DONE] = "done",
    [CONFAB_INVITED] = "invited", [CONFAB_ABOUT] = "about",
    [CONFAB_RULINGS] = "rulings", [CONFAB_FOUND] = "found",
};

static void
note(struct person *p, const struct event *e)
{
    const confab_event *u = &e->user;
    world_note(p->world, "%s%s <- %s %s seq=%llu %.*s%s%s", p->part->id,
               p->part->sending ? "'s sender" : "", event_names[u->type],
               u->room ? u->room : "", (unsigned long long)u->seq,
               u->text_len < 12 ? (int)u->text_len : 12, u->text ? u->text : "",
               u->id ? u->id : "", u->code ? u->code : "");
}

void
person_gets(struct person *p, struct event *e)
{
    note(p, e);
    if (e->user.type < sizeof on / sizeof *on && on[e->user.type])
        on[e->user.type](p, e);
    e->next = NULL;
    if (!p->first)
        p->end = &p->first;
    *p->end = e;
    p->end = &e->next;
    p->waiting++;
}

/* --- the user --- */

static void
settle(struct person *p)
{
    if (!p->settles)
        return;
    p->settles = false;
    if (p->cursor_mail && p->part->manual && !p->world->healing)
        return;
    session_given(p->session, p->cursor_mail ? NULL : p->cursor_room,
                  p->cursor);
    (void)session_done(p->session, NULL, person_now(p));
}

static void
take(struct person *p)
{
    struct event *e = p->first;
    p->first = e->next;
    p->waiting--;
    p->settles = e->has_cursor;
    p->cursor = e->cursor;
    p->cursor_mail = e->mail;
    if (e->has_cursor && e->mail)
        p->mail_taken = e->cursor;
    snprintf(p->cursor_room, sizeof p->cursor_room, "%s",
             e->user.room ? e->user.room : "");
    event_free(e);
}

void
person_takes(struct person *p)
{
    if (p->world->now < p->take_at)
        return;
    for (unsigned i = 0; i < TAKES && (p->settles || p->first); i++) {
        settle(p);
        if (p->first)
            take(p);
    }
    p->take_at = p->world->now + 1 + dice_below(&p->dice, 4);
}

void
person_drop_events(struct person *p)
{
    while (p->first) {
        struct event *e = p->first;
        p->first = e->next;
        event_free(e);
    }
    p->settles = false;
    p->waiting = 0;
}
