/* SPDX-License-Identifier: MPL-2.0 */
/*
 * session: see session.h. Its life, its time, and what it gives the user.
 *
 * OFFLINE, then HELLO as soon as there is a connection, ONLINE with `welcome`,
 * and back when the connection goes or the broker says `no-session`. Being
 * offline forgets nothing that the user wants: rooms go back to "to be joined",
 * questions and messages to "to be sent". ENDED is for good.
 */
#include <stdlib.h>

#include "proto/os.h"
#include "session_state.h"

enum { OUTBOX_DEFAULT = 10000 };

static void
copy(char *to, size_t size, const char *from)
{
    size_t len = from ? strnlen(from, size - 1) : 0;
    if (len)
        memcpy(to, from, len);
    to[len] = '\0';
}

struct session *
session_new(const struct session_options *options,
            const struct session_sink *sink)
{
    struct session *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    if (options->password && !(s->password = strdup(options->password))) {
        free(s);
        return NULL;
    }
    s->sink = *sink;
    copy(s->id, sizeof s->id, options->id);
    copy(s->lane, sizeof s->lane, options->lane);
    copy(s->resume, sizeof s->resume, options->resume);
    copy(s->agent, sizeof s->agent, options->agent);
    s->ask_beat = options->beat;
    s->beat = options->beat ? options->beat : BEAT_DEFAULT;
    s->sending = options->sending;
    s->once = options->once;
    s->random = options->seed | 1;
    s->requests_end = &s->requests;
    s->frame_len = FRAME_HEADER;
    outbox_init(&s->outbox, options->outbox ? options->outbox : OUTBOX_DEFAULT);
    s->unsent_from = s->run_from = 1;
    chain_init(&s->mail, NULL);
    s->ack_at = NEVER;
    return s;
}

void
session_close(struct session *s)
{
    if (!s)
        return;
    while (s->room_count) {
        /* There may be nobody any more to unsubscribe for us. */
        s->rooms[s->room_count - 1]->subscribed = false;
        room_remove(s, s->rooms[s->room_count - 1]);
    }
    while (s->requests)
        request_remove(s, s->requests);
    chain_reset(s, &s->mail);
    outbox_clear(&s->outbox);
    free(s->rooms);
    if (s->password)
        os_wipe(s->password, strlen(s->password));
    free(s->password);
    free(s);
}

void
session_fail(struct session *s, int error)
{
    if (!s->failed)
        s->failed = error;
    s->stage = STAGE_ENDED;
}

void
session_keep(struct session *s, const struct record *record)
{
    if (s->sink.keep && !s->sink.keep(s->sink.owner, record))
        session_fail(s, CONFAB_ESTATE);
}

/* An urgent record, and all before it with it. */
void
session_keep_answers(struct session *s)
{
    s->safe_base = s->outbox.base;
    session_keep(s, &(struct record){.kind = KEEP_NEXT,
                                     .number = outbox_next(&s->outbox)});
}

/* xorshift64: spreads load, guards nothing. */
uint64_t
session_random(struct session *s, uint64_t below)
{
    s->random ^= s->random << 13;
    s->random ^= s->random >> 7;
    s->random ^= s->random << 17;
    return s->random % below;
}

struct event *
session_event(struct session *s, enum confab_event_type type,
              const struct message *m, struct slice raw)
{
    struct event *e = event_new(type, m, raw);
    if (!e)
        session_fail(s, CONFAB_ENOMEM);
    return e;
}

void
session_give(struct session *s, struct event *e)
{
    s->sink.event(s->sink.owner, e);
}

void
session_emit(struct session *s, enum confab_event_type type,
             const struct message *m, struct slice raw)
{
    struct event *e = session_event(s, type, m, raw);
    if (e)
        session_give(s, e);
}

void
session_end(struct session *s, const struct message *why)
{
    s->stage = STAGE_ENDED;
    session_emit(s, CONFAB_BYE, why, slice_of(NULL, 0));
}

void
session_offline(struct session *s, uint64_t when)
{
    if (s->stage == STAGE_ENDED)
        return;
    if (s->stage == STAGE_ONLINE) {
        struct message nothing = {.op = OP_NONE};
        session_emit(s, CONFAB_OFFLINE, &nothing, slice_of(NULL, 0));
    }
    if (s->stage == STAGE_ENDED) /* no memory for the event */
        return;
    s->stage = !s->connected ? STAGE_OFFLINE : STAGE_PAUSE;
    s->hello_at = when;
    s->hello_sent = false;
    s->frame_len = FRAME_HEADER;
    s->frame_count = 0;
    s->blocked = false;
    for (size_t i = 0; i < s->room_count; i++)
        room_reset(s, s->rooms[i]);
    chain_reset(s, &s->mail);
    s->mail_seen = 0;
    s->ack_at = NEVER;
    request_rewind(s);
    outbox_rewind(&s->outbox);
}

void
session_connected(struct session *s, struct now now)
{
    if (s->stage == STAGE_ENDED)
        return;
    uint64_t when = s->stage == STAGE_OFFLINE && s->hello_at > now.ms
                        ? s->hello_at /* the broker asked to wait */
                        : now.ms;
    s->connected = true;
    s->heard = now.ms;
    session_offline(s, when);
}

void
session_disconnected(struct session *s, struct now now)
{
    uint64_t when = s->stage == STAGE_PAUSE ? s->hello_at : now.ms;
    s->connected = false;
    session_offline(s, when);
}

void
session_topics_lost(struct session *s, struct now now)
{
    for (size_t i = 0; i < s->room_count; i++)
        room_topic_lost(s, s->rooms[i], now);
}

/* After a burst on the topics its end may have been dropped on the way, with
 * nothing behind it to show the gap; the heads in the pong do. */
static uint64_t
ping_due(const struct session *s)
{
    uint64_t due = s->pinged + s->beat;
    uint64_t calm = s->topic_at + BURST_CALM;
    return s->topic_frames >= BURST_FRAMES && calm < due ? calm : due;
}

/* What a tick does about the beat: a ping, or a new connection. */
static void
beat(struct session *s, struct now now)
{
    if (now.ms - s->heard >= SILENT_BEATS * s->beat) {
        s->heard = now.ms;
        s->connected = false;
        session_offline(s, now.ms);
        s->sink.reconnect(s->sink.owner);
        return;
    }
    bool stalled = now.ms > s->ticked && now.ms - s->ticked > STALL;
    if (now.ms < ping_due(s) && !stalled)
        return;
    struct message ping = {.op = OP_PING};
    if (!session_write(s, &ping))
        return;
    s->pinged = now.ms;
    s->topic_frames = 0;
}

void
session_tick(struct session *s, struct now now)
{
    if (s->stage == STAGE_PAUSE && now.ms >= s->hello_at)
        s->stage = STAGE_HELLO;
    if (s->stage == STAGE_HELLO)
        session_say_hello(s, now);
    if (s->stage == STAGE_ONLINE)
        beat(s, now);
    s->work = false;
    session_pump(s, now);
    s->ticked = session_deadline(s);
    if (s->ticked < now.ms)
        s->ticked = now.ms;
}

static uint64_t
earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* When something is due to be sent while all is well. */
static uint64_t
sending_deadline(const struct session *s)
{
    uint64_t at = earlier(ping_due(s), s->ack_at);
    at = earlier(at, chain_deadline(&s->mail));
    for (size_t i = 0; i < s->room_count; i++)
        at = earlier(at, room_deadline(s->rooms[i]));
    for (const struct request *q = s->requests; q; q = q->next)
        if (!q->sent && !request_waits(s, q))
            at = earlier(at, q->at);
    if (outbox_settled(&s->outbox))
        at = earlier(at, s->outbox_at);
    return at;
}

uint64_t
session_deadline(const struct session *s)
{
    if (s->stage == STAGE_OFFLINE || s->stage == STAGE_ENDED)
        return NEVER;
    if (s->work && !s->blocked)
        return 0;
    if (s->stage != STAGE_ONLINE)
        return s->blocked ? NEVER : s->hello_at;
    uint64_t silent = s->heard + SILENT_BEATS * s->beat;
    return s->blocked ? silent : earlier(silent, sending_deadline(s));
}

bool
session_blocked(const struct session *s)
{
    return s->blocked;
}

void
session_deaf(struct session *s, struct now now)
{
    s->heard = now.ms;
    if (s->stage == STAGE_HELLO && s->hello_sent)
        s->hello_at = now.ms + (s->password ? HELLO_CHECKED : HELLO_AGAIN);
}

bool
session_is_over(const struct session *s)
{
    return s->stage == STAGE_ENDED;
}

bool
session_is_online(const struct session *s)
{
    return s->stage == STAGE_ONLINE;
}

int
session_failed(const struct session *s)
{
    return s->failed;
}

size_t
session_unsent(const struct session *s)
{
    return s->outbox.live + s->fleeting;
}

bool
session_idle(const struct session *s)
{
    return session_unsent(s) == 0 && s->ack_at == NEVER;
}

bool
session_said_bye(const struct session *s)
{
    return s->bye_done;
}

const char *
session_fault(const struct session *s)
{
    return s->fault;
}

const char *
session_resume(const struct session *s)
{
    return s->resume;
}
