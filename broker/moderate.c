/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The verbs of moderators and owners. Each checks what it is asked against what
 * is true now and appends a ruling; what follows from it happens when the log
 * says that it is a fact (ruling_log.c, ruling_act.c), and only then is it
 * answered.
 */
#include "moderate.h"

#include "access.h"
#include "proto/z85.h"
#include "rights.h"
#include "verbs.h"

static const struct slice nowhere = {NULL, 0};

bool
moderate_rule(struct hub *hub, struct session *s, const struct message *m,
              const struct ruling *what, unsigned how)
{
    struct record *r =
        verb_record(hub, s, m, RECORD_RULING,
                    what->room.len + what->subject.len + what->value.len);
    r->ruling = what->kind;
    r->lifted = how & RULE_LIFT;
    r->first = m->op == OP_JOIN;
    r->keep = true;
    r->time = hub->now.wall;
    r->upto = what->until;
    r->name = record_copy(r, what->room);
    r->token = record_copy(r, what->subject);
    struct slice value = record_copy(r, what->value);
    r->body = (uint8_t *)(uintptr_t)value.data;
    r->body_len = (uint32_t)value.len;
    if (how & RULE_ASIDE) {
        r->origin = 0;
        r->answer = ANSWER_NONE;
    }
    return verb_append(hub, s, m, r);
}

bool
moderate_refused(struct hub *hub, struct session *s, const struct message *m,
                 struct refusal no)
{
    if (no.code)
        peer_error(hub, s->peer, m, no.code, "%s", no.text);
    return no.code;
}

/* An owner is to be a member of his room. */
static bool
demotes(const struct hub *hub, const struct message *m)
{
    return ruling_is_owner(hub, m->room, m->id) &&
           !slice_eq(m->role, slice_str("owner"));
}

static bool
refused(struct hub *hub, struct session *s, const struct message *m)
{
    struct slice target = message_has(m, FIELD_ID) ? m->id : nowhere;
    if (m->op == OP_INVITE && !message_has(m, FIELD_FOR) && !demotes(hub, m))
        target = nowhere; /* it is for him, not against him */
    return moderate_refused(hub, s, m,
                            rights_moderate(hub, s, m->room, target));
}

/* Somebody by this id was here, or is listed. False: the asker was told. */
static bool
is_known(struct hub *hub, struct session *s, const struct message *m)
{
    if (client_find(hub, m->id) ||
        users_find(&hub->options.access->users, m->id))
        return true;
    peer_error(hub, s->peer, m, ERR_NO_CLIENT, "nobody called %.*s is known",
               SLICE_ARG(m->id));
    return false;
}

static bool
is_room(struct hub *hub, struct session *s, const struct message *m)
{
    struct room *room = room_find(hub, m->room);
    if (room && rights_see(hub, s, room))
        return true;
    peer_error(hub, s->peer, m, ERR_NO_ROOM, "there is no room %.*s",
               SLICE_ARG(m->room));
    return false;
}

static bool
is_closed(struct hub *hub, struct session *s, const struct message *m)
{
    if (access_is_closed(hub->options.access, m->room))
        return true;
    peer_error(hub, s->peer, m, ERR_BAD_STATE,
               "%.*s is not a closed room: anybody can hear what is published",
               SLICE_ARG(m->room));
    return false;
}

/* --- invite, kick --- */

static const char *
role_of(const struct message *m)
{
    static const char *const roles[] = {"member", "owner"};
    if (!message_has(m, FIELD_ROLE))
        return roles[0];
    for (int i = 0; i < 2; i++)
        if (slice_eq(m->role, slice_str(roles[i])))
            return roles[i];
    return NULL;
}

static bool
invite_fits(struct hub *hub, struct session *s, const struct message *m)
{
    if (room_get(hub, m->room))
        return true;
    peer_error(hub, s->peer, m, ERR_TOO_MANY,
               "rooms of the broker: the limit is %u", hub->options.rooms);
    return false;
}

void
on_invite(struct hub *hub, struct session *s, const struct message *m)
{
    const char *role = role_of(m);
    bool lifted = message_has(m, FIELD_FOR) && !m->lasts;
    /* What is left of a room that was closed once can be taken away. */
    if ((!lifted && !is_closed(hub, s, m)) || refused(hub, s, m))
        return;
    if (!role || (message_has(m, FIELD_FOR) && m->lasts)) {
        peer_error(hub, s->peer, m, ERR_BAD_STATE,
                   role ? "an invitation has no end: `for` can only be 0"
                        : "the role on a list is member or owner");
        return;
    }
    if (!lifted && (!is_known(hub, s, m) || !invite_fits(hub, s, m)))
        return;
    const struct ruling what = {.kind = RULING_MEMBER,
                                .room = m->room,
                                .subject = m->id,
                                .value = slice_str(role)};
    (void)moderate_rule(hub, s, m, &what, lifted ? RULE_LIFT : RULE_MAKE);
}

/* Off the list of the closed room, also when it is only on its way there. */
static bool
unlist(struct hub *hub, struct session *s, const struct message *m)
{
    const struct ruling what = {
        .kind = RULING_MEMBER, .room = m->room, .subject = m->id};
    return moderate_rule(hub, s, m, &what, RULE_LIFT | RULE_ASIDE);
}

void
on_kick(struct hub *hub, struct session *s, const struct message *m)
{
    bool closed = message_has(m, FIELD_ROOM) &&
                  access_is_closed(hub->options.access, m->room);
    if (message_has(m, FIELD_ROOM) && !is_room(hub, s, m))
        return;
    if (refused(hub, s, m) || !is_known(hub, s, m))
        return;
    if (closed && !unlist(hub, s, m))
        return;
    const struct ruling what = {.kind = RULING_KICK,
                                .room = m->room,
                                .subject = m->id,
                                .value = m->text};
    (void)moderate_rule(hub, s, m, &what, RULE_MAKE);
}

/* --- ban, mute --- */

/* "id:ann", "key:...", or a network in its one form. False: it was told that
 * there is no such thing. */
static bool
ban_subject(struct hub *hub, struct session *s, const struct message *m,
            char text[static LIMIT_ADDRESS + LIMIT_NAME])
{
    const size_t size = LIMIT_ADDRESS + LIMIT_NAME;
    struct cidr network;
    char address[CIDR_TEXT];
    uint8_t key[KEY_BYTES];
    if (message_has(m, FIELD_ID)) {
        (void)snprintf(text, size, BAN_ID "%.*s", SLICE_ARG(m->id));
    } else if (message_has(m, FIELD_KEY) && z85_decode(m->key, key)) {
        (void)snprintf(text, size, BAN_KEY "%.*s", SLICE_ARG(m->key));
    } else if (message_has(m, FIELD_ADDRESS) &&
               cidr_read(m->address, &network)) {
        cidr_print(&network, address);
        (void)snprintf(text, size, BAN_ADDRESS "%s", address);
    } else {
        peer_error(hub, s->peer, m, ERR_BAD_NAME,
                   message_has(m, FIELD_KEY)
                       ? "a key is 40 characters of Z85"
                       : "an address is like 10.1.2.3, 10.1.0.0/16 or "
                         "2001:db8::/32, with nothing set behind the prefix");
        return false;
    }
    return true;
}

static bool
is_hit(const struct peer *p, const struct message *m)
{
    struct cidr network, address;
    if (message_has(m, FIELD_KEY))
        return slice_eq(m->key, slice_str(p->key));
    return message_has(m, FIELD_ADDRESS) && cidr_read(m->address, &network) &&
           cidr_read(slice_str(p->address), &address) &&
           cidr_has(&network, &address);
}

/* Those who are there with this key or address, and may not be thrown out. */
static struct refusal
ban_hits(struct hub *hub, const struct session *s, const struct message *m)
{
    struct refusal no = {ERR_NONE, NULL};
    uint32_t at = 0;
    for (struct peer *p; !no.code && (p = peer_each(hub, &at));)
        if (p->session && is_hit(p, m))
            no = rights_moderate(hub, s, m->room, p->session->client->id);
    return no;
}

/* Whoever would shut himself out, or somebody above him. */
static struct refusal
ban_rights(struct hub *hub, const struct session *s, const struct message *m)
{
    static const struct refusal fine = {ERR_NONE, NULL};
    static const struct refusal self = {ERR_DENIED,
                                        "that would shut yourself out"};
    const struct user *user = users_with(&hub->options.access->users, m->key);
    struct cidr network, own;
    if (message_has(m, FIELD_ID) && slice_eq(m->id, s->client->id))
        return self;
    if (message_has(m, FIELD_KEY) && slice_eq(m->key, slice_str(s->peer->key)))
        return self;
    if (message_has(m, FIELD_ADDRESS) && cidr_read(m->address, &network) &&
        cidr_read(slice_str(s->peer->address), &own) &&
        cidr_has(&network, &own))
        return self;
    /* The way back for whoever runs it, and where tunnels end. */
    if (message_has(m, FIELD_ADDRESS) && s->role != ROLE_ADMIN &&
        cidr_read(m->address, &network) && cidr_is_local(&network))
        return (struct refusal){
            ERR_DENIED, "that would shut out this machine: admins may do that"};
    struct refusal no = message_has(m, FIELD_KEY) && user
                            ? rights_moderate(hub, s, m->room, user->id)
                            : fine;
    return no.code ? no : ban_hits(hub, s, m);
}

/* When it ends, by `for`; `*lifted`: now. */
static uint64_t
until_of(const struct hub *hub, const struct message *m, bool *lifted)
{
    *lifted = message_has(m, FIELD_FOR) && !m->lasts;
    if (!message_has(m, FIELD_FOR) || *lifted)
        return 0;
    uint64_t until = hub->now.wall + m->lasts;
    return until > WIRE_INT_MAX ? 0 : until;
}

/* What somebody else has ruled about him he can neither end nor shorten; of
 * admins any is as good as another. */
static struct refusal
own_case(struct hub *hub, const struct session *s, const struct message *m,
         const struct ruling *what)
{
    const struct ruling *now =
        ruling_find(hub, what->kind, what->room, what->subject);
    bool own = message_has(m, FIELD_ID) && slice_eq(m->id, s->client->id);
    if (!now || !own || s->role == ROLE_ADMIN ||
        slice_eq(now->by, s->client->id))
        return (struct refusal){ERR_NONE, NULL};
    return (struct refusal){ERR_DENIED, "somebody else must lift what was "
                                        "ruled about you"};
}

/* A ban or mute, or its end; there must be something to end. */
static void
rule_until(struct hub *hub, struct session *s, const struct message *m,
           struct ruling *what)
{
    bool lifted;
    what->until = until_of(hub, m, &lifted);
    what->value = m->text;
    if (moderate_refused(hub, s, m, own_case(hub, s, m, what)))
        return;
    if (lifted && !ruling_find(hub, what->kind, what->room, what->subject)) {
        peer_error(hub, s->peer, m, ERR_BAD_STATE,
                   "there is no such %s to lift", ruling_word(what->kind));
        return;
    }
    (void)moderate_rule(hub, s, m, what, lifted ? RULE_LIFT : RULE_MAKE);
}

static bool
ban_in_room(struct hub *hub, struct session *s, const struct message *m,
            bool lifted)
{
    if (!message_has(m, FIELD_ID)) {
        peer_error(hub, s->peer, m, ERR_BAD_STATE,
                   "keys and addresses are banned from the broker, not from a "
                   "room");
        return false;
    }
    return (lifted || is_closed(hub, s, m)) && is_room(hub, s, m);
}

void
on_ban(struct hub *hub, struct session *s, const struct message *m)
{
    char subject[LIMIT_ADDRESS + LIMIT_NAME];
    bool lifted;
    (void)until_of(hub, m, &lifted);
    if (message_has(m, FIELD_ROOM) && !ban_in_room(hub, s, m, lifted))
        return;
    if (refused(hub, s, m) ||
        (!lifted && moderate_refused(hub, s, m, ban_rights(hub, s, m))) ||
        !ban_subject(hub, s, m, subject))
        return;
    if (!lifted && m->room.len && !unlist(hub, s, m))
        return;
    struct ruling what = {
        .kind = RULING_BAN, .room = m->room, .subject = slice_str(subject)};
    rule_until(hub, s, m, &what);
}

void
on_mute(struct hub *hub, struct session *s, const struct message *m)
{
    if (message_has(m, FIELD_ROOM) && !is_room(hub, s, m))
        return;
    bool lifted = message_has(m, FIELD_FOR) && !m->lasts;
    if (refused(hub, s, m) || (!lifted && !is_known(hub, s, m)))
        return;
    struct ruling what = {
        .kind = RULING_MUTE, .room = m->room, .subject = m->id};
    rule_until(hub, s, m, &what);
}

/* --- about, reload --- */

/* Without roles everybody in a room may name its subject. */
static struct refusal
about_rights(struct hub *hub, const struct session *s, const struct message *m)
{
    const struct membership *ms =
        room_member(room_find(hub, m->room), s->client->id);
    bool open = hub->options.access->mode == ACCESS_OPEN;
    if (rights_is_muted(hub, s, m->room))
        return (struct refusal){ERR_DENIED, "you are muted"};
    if (open && ms && !ms->left_by)
        return (struct refusal){ERR_NONE, NULL};
    if (open)
        return (struct refusal){ERR_DENIED, "join the room first"};
    return rights_moderate(hub, s, m->room, nowhere);
}

void
on_about(struct hub *hub, struct session *s, const struct message *m)
{
    if (!is_room(hub, s, m) ||
        moderate_refused(hub, s, m, about_rights(hub, s, m)))
        return;
    const struct ruling what = {
        .kind = RULING_ABOUT, .room = m->room, .value = m->about};
    bool none = m->about.len == 0;
    (void)moderate_rule(hub, s, m, &what, none ? RULE_LIFT : RULE_MAKE);
}

void
on_reload(struct hub *hub, struct session *s, const struct message *m)
{
    if (s->role != ROLE_ADMIN || !hub->options.host.reload) {
        peer_error(hub, s->peer, m, ERR_DENIED, "admins may do this");
        return;
    }
    if (s->peer->asks) {
        peer_error(hub, s->peer, m, ERR_RATE, "your last reload is not over");
        return;
    }
    const struct ruling what = {.kind = RULING_RELOAD};
    if (!moderate_rule(hub, s, m, &what, RULE_ASIDE))
        return;
    peer_ask(s->peer, m);
    hub->options.host.reload(hub->options.host.self);
}
