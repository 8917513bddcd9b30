/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The list of what is in force, for those who made it and those it is about.
 */
#include "access.h"
#include "listing.h"
#include "moderate.h"
#include "rights.h"
#include "verbs.h"

enum {
    /* bytes of a row: keys and numbers, three names, a reason */
    ROW_MOST = 160 + 3 * LIMIT_NAME + LIMIT_REASON,
};

/* A kind that can be asked for; RULING_KINDS: there is none. */
static enum ruling_kind
asked_kind(struct slice word)
{
    static const enum ruling_kind kinds[] = {RULING_BAN, RULING_MUTE,
                                             RULING_MEMBER, RULING_CLAIM};
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (slice_eq(word, slice_str(ruling_word(kinds[i]))))
            return kinds[i];
    return RULING_KINDS;
}

static struct refusal
list_rights(struct hub *hub, const struct session *s, const struct message *m,
            enum ruling_kind kind)
{
    static const struct slice nobody = {NULL, 0};
    if (kind == RULING_MEMBER && m->room.len &&
        rights_is_in(hub, m->room, s->client->id))
        return (struct refusal){ERR_NONE, NULL};
    return rights_moderate(hub, s, m->room, nobody);
}

/* What the subject is depends on the kind: see ruling.h. */
static void
put_subject(struct message *row, const struct ruling *ruling)
{
    static const struct {
        const char *start;
        enum field field;
    } kinds[] = {
        {BAN_ID, FIELD_ID}, {BAN_KEY, FIELD_KEY}, {BAN_ADDRESS, FIELD_ADDRESS}};
    struct slice subject = ruling->subject;
    enum field field = FIELD_ID;
    for (unsigned i = 0; ruling->kind == RULING_BAN && i < 3; i++) {
        size_t len = strlen(kinds[i].start);
        if (ruling->subject.len < len ||
            memcmp(ruling->subject.data, kinds[i].start, len) != 0)
            continue;
        field = kinds[i].field;
        subject =
            slice_of(ruling->subject.data + len, ruling->subject.len - len);
    }
    if (field == FIELD_ID)
        SET(row, FIELD_ID, id, subject);
    else if (field == FIELD_KEY)
        SET(row, FIELD_KEY, key, subject);
    else
        SET(row, FIELD_ADDRESS, address, subject);
}

static void
put_value(struct message *row, const struct ruling *ruling)
{
    if (ruling->kind == RULING_CLAIM)
        SET(row, FIELD_KEY, key, ruling->value);
    else if (ruling->kind == RULING_MEMBER)
        SET(row, FIELD_ROLE, role, ruling->value);
    else if (ruling->value.len)
        SET(row, FIELD_TEXT, text, ruling->value);
}

static void
put_ruling(struct buffer *list, const struct ruling *ruling)
{
    struct message row = {.op = OP_NONE};
    SET(&row, FIELD_KIND, kind, slice_str(ruling_word(ruling->kind)));
    SET(&row, FIELD_SEQ, seq, ruling->seq);
    SET(&row, FIELD_TIME, time, ruling->time);
    SET(&row, FIELD_BY, by, ruling->by);
    if (ruling->room.len)
        SET(&row, FIELD_ROOM, room, ruling->room);
    if (ruling->until)
        SET(&row, FIELD_UNTIL, until, ruling->until);
    put_subject(&row, ruling);
    put_value(&row, ruling);
    list_put_ruling(list, &row);
}

static bool
is_shown(const struct hub *hub, const struct ruling *ruling, uint64_t after)
{
    if (ruling->kind == RULING_CLAIM && !ruling->value.len)
        return false; /* for no key: the list of users tells whose it is */
    return ruling->seq > after && !ruling_is_over(hub, ruling);
}

/* The next one that is asked for, from this one on. */
static const struct ruling *
next_asked(const struct hub *hub, const struct ruling *at, uint64_t after)
{
    while (at && !is_shown(hub, at, after))
        at = at->next;
    return at;
}

void
on_rulings(struct hub *hub, struct session *s, const struct message *m)
{
    enum ruling_kind kind = asked_kind(m->kind);
    if (kind == RULING_KINDS) {
        peer_error(hub, s->peer, m, ERR_BAD_STATE,
                   "kind is ban, mute, member or claim");
        return;
    }
    if (moderate_refused(hub, s, m, list_rights(hub, s, m, kind)) ||
        !query_charge(hub, s->peer, m))
        return;
    unsigned limit = query_limit(m, LIMIT_MEMBERS, LIMIT_MEMBERS);
    struct buffer list = listing_array(hub);
    unsigned count = 0;
    const struct shelf *shelf = shelf_find(hub, kind, m->room);
    const struct ruling *at =
        next_asked(hub, shelf ? shelf->list : NULL, m->after);
    while (at && count < limit && list.len + ROW_MOST <= LISTING_LIMIT) {
        put_ruling(&list, at);
        count++;
        at = next_asked(hub, at->next, m->after);
    }
    struct message a = reply_to(m, OP_RULINGS);
    SET(&a, FIELD_RULINGS, rulings, listing_close(&list, count));
    query_settle(hub, s->peer, a.rulings);
    SET(&a, FIELD_MORE, more, at != NULL);
    peer_answer(hub, s->peer, &a);
}
