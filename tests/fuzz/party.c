/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Every question waits for its answer, turn by turn: the engine reads at once.
 */
#include "party.h"

#include <stdio.h>
#include <stdlib.h>

#include "broker/access.h"
#include "broker/log_sqlite.h"
#include "broker/xmem.h"

static const struct slice internal = {.data = (const uint8_t *)"internal",
                                      .len = 8};

enum {
    TURNS = 64,      /* until an answer must be there */
    PAGES = 64,      /* that a channel has at most */
    LITTLE = 1 << 9, /* bytes in memory: the rest comes from pages */
    STEP = 10,       /* ms */
};

struct guest {
    struct party *party;
    struct peer *peer;
    uint64_t mail, n;
};

struct party {
    struct access access;
    struct hub *hub;
    struct book *book;
    struct now now;
    struct guest guests[PARTY_IDS];
    uint64_t ref, answered; /* newest question, and answer */
    struct message answer;
    uint64_t looked;  /* in this channel, up to there */
    bool finds, lost; /* the last of the book; what may hide it */
    uint8_t frame[LIMIT_FRAME], bytes[LIMIT_FRAME];
};

static const char *const ids[PARTY_IDS] = {"ann", "bob", "cyd"};
static const char *const rooms[PARTY_ROOMS] = {"dev", "lobby"};
static const char *const keys[PARTY_IDS] = {
    "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID",
    "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7",
    "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6",
};

/* --- what comes --- */

static struct slice
place_name(unsigned place)
{
    return slice_str(place < PARTY_ROOMS ? rooms[place]
                                         : ids[place - PARTY_ROOMS]);
}

static unsigned
number_of(struct slice text)
{
    unsigned number = 0;
    for (size_t i = 0; i < text.len; i++)
        number = number * 10 + (unsigned)(text.data[i] - '0');
    return number;
}

/* A message that is gone, or the word of it. */
static void
hold_gone(struct party *p, const struct message *m)
{
    bool word = slice_eq(m->kind, slice_str("redact"));
    uint64_t seq = word ? m->re : m->seq;
    bool found = false;
    MUST(!message_has(m, FIELD_TEXT) && m->op == OP_SAY);
    for (unsigned i = 0; i < p->book->count; i++)
        found |= p->book->said[i].seq == seq && p->book->said[i].gone;
    MUST(found);
}

/* Somebody has said just this. */
static void
hold(struct party *p, const struct message *m)
{
    if (!p->book || !message_has(m, FIELD_SEQ))
        return;
    if (m->gone) {
        hold_gone(p, m);
        return;
    }
    MUST(message_has(m, FIELD_TEXT) && m->text.len <= 4);
    unsigned number = number_of(m->text);
    MUST(number < p->book->count);
    struct said *said = &p->book->said[number];
    struct slice to = m->op == OP_SAY ? m->room : m->to;
    if (!said->seq) /* it comes before its answer */
        said->seq = m->seq;
    MUST((m->op == OP_SAY) == (said->place < PARTY_ROOMS));
    MUST(m->seq == said->seq);
    MUST(slice_eq(m->from, slice_str(ids[said->from])));
    MUST(slice_eq(to, place_name(said->place)));
    /* What a disk has lost may be that it is gone. */
    MUST(!said->gone || p->book->changed);
    p->finds |= number + 1 == p->book->count;
}

/* An answer stays until the next question. */
static void
keep(struct party *p, struct slice frame, size_t at)
{
    struct fault fault;
    memcpy(p->bytes, frame.data, frame.len);
    struct reader r = reader_open(slice_of(p->bytes + at, frame.len - at));
    (void)!message_read(&r, SIDE_BROKER, &p->answer, &fault);
    p->answered = p->ref;
}

static enum sent
sink_send(void *self, void *link, struct slice frame)
{
    struct party *p = self;
    struct guest *guest = link;
    struct fault fault;
    struct reader r;
    uint32_t count;
    MUST(!frame_open(frame, &r, &count, &fault));
    for (; count; count--) {
        struct message m;
        size_t at = (size_t)(r.at - frame.data);
        bool sound = !message_read(&r, SIDE_BROKER, &m, &fault);
        MUST(sound || !p->book); /* a number of somebody's making */
        if (fault.broken)
            break;
        if (m.op == OP_SAY || m.op == OP_TELL)
            hold(p, &m);
        if (m.op == OP_TELL && guest->mail < m.seq)
            guest->mail = m.seq;
        if (message_has(&m, FIELD_REF) && m.ref.num == p->ref)
            keep(p, frame, at);
    }
    return SENT_OK;
}

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

/* The answer, whatever it is; good until the next question. */
static const struct message *
ask(struct party *p, struct guest *guest, struct message *m)
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
        .id = slice_str(ids[who]),
        .lane = slice_str("lane"),
    };
    const struct message *welcome = ask(p, guest, &hello);
    guest->n = welcome->n;
    /* A store that takes nothing takes no claim. */
    MUST(welcome->op == OP_WELCOME || !p->book ||
         slice_eq(welcome->code, internal));
    for (unsigned i = 0; i < PARTY_ROOMS; i++) {
        struct message join = {.op = OP_JOIN,
                               .has = MESSAGE_BIT(FIELD_ROOM),
                               .room = slice_str(rooms[i])};
        (void)ask(p, guest, &join);
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
    *(tell ? &m.to : &m.room) = place_name(place);
    if (number >= PARTY_SAID)
        return false;
    if (p->book)
        p->book->said[p->book->count++] =
            (struct said){.from = from, .place = place};
    const struct message *ok = ask(p, guest, &m);
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
    return ask(p, &p->guests[0], m)->op == OP_OK;
}

bool
party_redact(struct party *p, unsigned number)
{
    struct said *said = &p->book->said[number];
    struct message m = {
        .op = OP_REDACT,
        .has = MESSAGE_BIT(FIELD_ROOM) | MESSAGE_BIT(FIELD_SEQ),
        .room = place_name(said->place),
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
        .room = slice_str(rooms[0]),
        .about = slice_str(ids[who]),
    };
    struct message mute = {
        .op = OP_MUTE,
        .has = MESSAGE_BIT(FIELD_ROOM) | MESSAGE_BIT(FIELD_ID) |
               MESSAGE_BIT(FIELD_FOR),
        .room = slice_str(rooms[1]),
        .id = slice_str(ids[who]),
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

void
party_bye(struct party *p, unsigned who)
{
    struct guest *guest = &p->guests[who];
    struct message m = {.op = OP_BYE};
    (void)ask(p, guest, &m);
    turn(p);
    if (guest->peer)
        hub_disconnect(p->hub, guest->peer);
    enter(p, who);
}

void
party_rest(struct party *p)
{
    for (unsigned i = 0; i < TURNS; i++)
        turn(p);
}

/* --- reading --- */

/* In order, and where nothing is said to be missing, nothing is; except that a
 * conversation has the messages of two mailboxes. */
static void
hold_page(struct party *p, const struct message *page)
{
    struct reader r;
    uint32_t count;
    MUST(list_open(page->messages, &r, &count));
    for (; count; count--) {
        struct message m;
        struct fault fault;
        if (message_read(&r, SIDE_BROKER, &m, &fault)) {
            MUST(!p->book);
            return;
        }
        MUST(!p->book || m.seq > p->looked);
        MUST(!p->book || !page->complete || page->with.len ||
             m.prev <= p->looked);
        p->looked = m.seq;
        hold(p, &m);
    }
    p->lost |= !page->complete;
}

static void
look_at(struct party *p, unsigned who, struct message *ask_for)
{
    p->looked = 0;
    ask_for->op = OP_HISTORY;
    ask_for->has |= MESSAGE_BIT(FIELD_AFTER) | MESSAGE_BIT(FIELD_LIMIT);
    ask_for->limit = 7;
    ask_for->after = 0;
    for (unsigned i = 0; i < PAGES; i++) {
        struct message question = *ask_for;
        const struct message *page = ask(p, &p->guests[who], &question);
        p->lost |= page->op == OP_ERROR;
        if (page->op != OP_HISTORY)
            return;
        hold_page(p, page);
        if (!page->more || page->upto <= ask_for->after)
            return;
        ask_for->after = page->upto;
    }
}

void
party_look(struct party *p)
{
    for (unsigned i = 0; i < PARTY_ROOMS; i++) {
        struct message m = {.has = MESSAGE_BIT(FIELD_ROOM),
                            .room = slice_str(rooms[i])};
        look_at(p, 0, &m);
    }
    for (unsigned i = 0; i < PARTY_IDS; i++) {
        struct message mine = {.has = 0};
        struct message talk = {
            .has = MESSAGE_BIT(FIELD_WITH),
            .with = slice_str(ids[(i + 1) % PARTY_IDS]),
        };
        look_at(p, i, &mine);
        look_at(p, i, &talk);
    }
}

void
party_finds_last(struct party *p)
{
    p->finds = p->lost = false;
    party_look(p);
    MUST(p->finds || p->lost);
}

/* --- beginning and end --- */

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
    options.sink = (struct sink){.self = p,
                                 .send = sink_send,
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
