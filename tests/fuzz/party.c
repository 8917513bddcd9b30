/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Every question waits for its answer, turn by turn: the engine reads at once.
 */
#include "party_inner.h"

#include <stdio.h>
#include <stdlib.h>

#include "broker/log_sqlite.h"
#include "broker/xmem.h"

static const struct slice internal = {.data = (const uint8_t *)"internal",
                                      .len = 8};

enum {
    TURNS = 64,      /* until an answer must be there */
    LITTLE = 1 << 9, /* bytes in memory: the rest comes from pages */
    STEP = 10,       /* ms */
};

const char *const party_ids[PARTY_IDS] = {"ann", "bob", "cyd"};
const char *const party_rooms[PARTY_ROOMS] = {"dev", "lobby"};
static const char *const keys[PARTY_IDS] = {
    "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID",
    "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7",
    "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6",
};

/* --- what is asked --- */

static void
turn(struct party *p)
{
    p->now.mono += STEP;
    p->now.wall += STEP;
    hub_sweep(p->hub, p->now);
    hub_turn(p->hub, p->now);
}

static void
put(struct party *p, struct guest *guest, const struct message *m)
{
    struct buffer body = {.data = p->frame + FRAME_HEADER,
                          .cap = LIMIT_FRAME - FRAME_HEADER};
    MUST(guest->peer);
    MUST(message_write(&body, SIDE_CLIENT, m));
    frame_close(p->frame, 1);
    hub_input(p->hub, guest->peer, slice_of(p->frame, FRAME_HEADER + body.len),
              1, p->now);
}

const struct message *
party_ask(struct party *p, struct guest *guest, struct message *m)
{
    m->has |= MESSAGE_BIT(FIELD_REF);
    m->ref.num = ++p->ref;
    put(p, guest, m);
    for (unsigned i = 0; i < TURNS && p->answered != p->ref; i++)
        turn(p);
    MUST(p->answered == p->ref);
    return &p->answer;
}

static void
enter(struct party *p, unsigned who)
{
    struct guest *guest = &p->guests[who];
    struct caller caller = {.key = slice_str(keys[who]), .confidential = true};
    guest->party = p;
    guest->peer = hub_connect(p->hub, guest, &caller, p->now);
    struct message hello = {
        .op = OP_HELLO,
        .has = MESSAGE_BIT(FIELD_V) | MESSAGE_BIT(FIELD_ID) |
               MESSAGE_BIT(FIELD_LANE),
        .v = PROTOCOL_VERSION,
        .id = slice_str(party_ids[who]),
        .lane = slice_str("lane"),
    };
    const struct message *welcome = party_ask(p, guest, &hello);
    guest->n = welcome->n;
    /* A store that takes nothing takes no claim. */
    MUST(welcome->op == OP_WELCOME || !p->book ||
         slice_eq(welcome->code, internal));
    for (unsigned i = 0; i < PARTY_ROOMS; i++) {
        struct message join = {.op = OP_JOIN,
                               .has = MESSAGE_BIT(FIELD_ROOM),
                               .room = slice_str(party_rooms[i])};
        (void)party_ask(p, guest, &join);
    }
}

bool
party_say(struct party *p, unsigned from, unsigned place)
{
    struct guest *guest = &p->guests[from];
    unsigned number = p->book ? p->book->count : 0;
    char text[8];
    int len = snprintf(text, sizeof text, "%u", number);
    bool tell = place >= PARTY_ROOMS;
    struct message m = {
        .op = tell ? OP_TELL : OP_SAY,
        .has = MESSAGE_BIT(FIELD_TEXT) | MESSAGE_BIT(FIELD_N) |
               MESSAGE_BIT(tell ? FIELD_TO : FIELD_ROOM),
        .text = slice_of(text, (size_t)len),
        .keep = true,
        .n = ++guest->n,
    };
    *(tell ? &m.to : &m.room) = party_place(place);
    if (number >= PARTY_SAID)
        return false;
    if (p->book)
        p->book->said[p->book->count++] =
            (struct said){.from = from, .place = place};
    const struct message *ok = party_ask(p, guest, &m);
    MUST(!message_has(ok, FIELD_AGAIN) || !p->book);
    if (p->book && ok->op == OP_OK)
        p->book->said[number].seq = ok->seq;
    else if (p->book)
        p->book->count--;
    return ok->op == OP_OK;
}

static bool
is_done(struct party *p, struct message *m)
{
    return party_ask(p, &p->guests[0], m)->op == OP_OK;
}

bool
party_redact(struct party *p, unsigned number)
{
    struct said *said = &p->book->said[number];
    struct message m = {
        .op = OP_REDACT,
        .has = MESSAGE_BIT(FIELD_ROOM) | MESSAGE_BIT(FIELD_SEQ),
        .room = party_place(said->place),
        .seq = said->seq,
    };
    if (said->place >= PARTY_ROOMS || said->gone)
        return false;
    said->gone = true; /* the word comes before the answer */
    said->gone = is_done(p, &m);
    return said->gone;
}

bool
party_rule(struct party *p, unsigned who, bool lift)
{
    struct message about = {
        .op = OP_ABOUT,
        .has = MESSAGE_BIT(FIELD_ROOM) | MESSAGE_BIT(FIELD_ABOUT),
        .room = slice_str(party_rooms[0]),
        .about = slice_str(party_ids[who]),
    };
    struct message mute = {
        .op = OP_MUTE,
        .has = MESSAGE_BIT(FIELD_ROOM) | MESSAGE_BIT(FIELD_ID) |
               MESSAGE_BIT(FIELD_FOR),
        .room = slice_str(party_rooms[1]),
        .id = slice_str(party_ids[who]),
        .lasts = lift ? 0 : 1000000,
    };
    return is_done(p, &about) && is_done(p, &mute);
}

void
party_ack(struct party *p, unsigned who)
{
    struct message m = {.op = OP_ACK,
                        .has = MESSAGE_BIT(FIELD_SEQ),
                        .seq = p->guests[who].mail};
    put(p, &p->guests[who], &m);
    turn(p);
}

static void
go(struct party *p, struct guest *guest)
{
    struct message bye = {.op = OP_BYE};
    if (guest->peer)
        (void)party_ask(p, guest, &bye);
    turn(p);
    if (guest->peer)
        hub_disconnect(p->hub, guest->peer);
    guest->peer = NULL;
}

void
party_bye(struct party *p, unsigned who)
{
    go(p, &p->guests[who]);
    enter(p, who);
}

void
party_forget(struct party *p)
{
    for (unsigned i = 0; i < PARTY_IDS; i++)
        go(p, &p->guests[i]);
    p->now.mono += p->expire + 1;
    p->now.wall += p->expire + 1;
    party_rest(p);
    for (unsigned i = 0; i < PARTY_IDS; i++)
        enter(p, i);
}

void
party_rest(struct party *p)
{
    for (unsigned i = 0; i < TURNS; i++)
        turn(p);
}

/* --- beginning and end --- */

static void
sink_publish(void *self, struct slice frame)
{
    (void)self;
    (void)frame;
}

static void
sink_kick(void *self, void *link)
{
    (void)self;
    struct guest *guest = link;
    guest->peer = NULL;
}

static bool
make_access(struct access *access)
{
    char text[128];
    struct config_error error;
    access->mode = ACCESS_CLAIM;
    int len = snprintf(text, sizeof text, "ann role=admin key=%s\n", keys[0]);
    return users_read(&access->users, slice_of(text, (size_t)len), "users",
                      &error);
}

static void
some_bytes(void *bytes, size_t len)
{
    static uint64_t chance = 1;
    for (size_t i = 0; i < len; i++) {
        chance = chance * 6364136223846793005u + 1;
        ((uint8_t *)bytes)[i] = (uint8_t)(chance >> 56);
    }
}

static struct log *
open_log(const char *path, uint64_t wall)
{
    char fault[LOG_FAULT];
    const struct log_sqlite_options options = {
        .path = path,
        .sync = LOG_SYNC_OFF,
        .now_us = wall * 1000,
    };
    struct log *log = log_sqlite_new(&options, fault);
    if (log)
        log_sqlite_bounds(log, LITTLE, LITTLE);
    return log;
}

struct party *
party_open(const char *path, struct book *book, uint64_t wall)
{
    struct log *log = open_log(path, wall);
    if (!log)
        return NULL;
    struct party *p = xcalloc(1, sizeof *p);
    p->book = book;
    p->now = (struct now){.mono = 1, .wall = wall};
    struct hub_options options;
    hub_defaults(&options);
    options.log = log;
    p->expire = options.expire;
    options.sink = (struct sink){.self = p,
                                 .send = party_heard,
                                 .publish = sink_publish,
                                 .kick = sink_kick};
    options.pub = "tcp://127.0.0.1:7481";
    options.random = some_bytes;
    options.access = &p->access;
    MUST(make_access(&p->access));
    p->hub = hub_new(&options, p->now);
    if (!p->hub) {
        log_free(&log);
        users_free(&p->access.users);
        free(p);
        return NULL;
    }
    for (unsigned i = 0; i < PARTY_IDS; i++)
        enter(p, i);
    return p;
}

void
party_close(struct party **party)
{
    struct party *p = *party;
    *party = NULL;
    hub_stop(p->hub, 0, p->now);
    for (unsigned i = 0; i < PARTY_IDS; i++)
        if (p->guests[i].peer)
            hub_disconnect(p->hub, p->guests[i].peer);
    hub_free(&p->hub);
    users_free(&p->access.users);
    free(p);
}
