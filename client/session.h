/* SPDX-License-Identifier: MPL-2.0 */
/*
 * session: the client's side of PROTOCOL.md, as a pure state machine.
 *
 * Frames, the user's verbs and the time go in; frames, subscriptions, events
 * and records to keep come out through the sink. There is no socket, clock,
 * thread, file or unseeded chance in here, so the same session runs under
 * libconfab, in the unit tests with a pretended clock, and by the hundred in
 * the simulator.
 *
 * What is to be sent is never a frame that waits but a state that wants one:
 * session_tick looks at what is wanted and writes it, as long as the sink takes
 * it. So a lost connection loses nothing; the next one begins with `hello` and
 * the same wants. Everything below returns at once.
 */
#ifndef CONFAB_CLIENT_SESSION_H
#define CONFAB_CLIENT_SESSION_H

#include "confab.h"
#include "event.h"
#include "proto/message.h"

struct session;

/* The time, from a clock that never goes back. */
struct now {
    uint64_t ms;
    uint64_t us; /* the same clock, finer: for round trips */
};

#define NEVER UINT64_MAX

/*
 * What a state file keeps: given to sink.keep as it happens, and to
 * session_restore, in the same order, when the program starts again.
 */
enum keep {
    KEEP_ID = 1,  /* bytes: the id all this belongs to */
    KEEP_LANE,    /* bytes */
    KEEP_RESUME,  /* bytes */
    KEEP_EPOCH,   /* bytes */
    KEEP_NEXT,    /* number: the next n; all before it may have been sent */
    KEEP_MESSAGE, /* number: n; bytes: the encoded message, which may have been
                     sent */
    KEEP_DONE,    /* number: n, answered */
    KEEP_ROOM,    /* name, number: the user has all of the room up to it */
    KEEP_LEFT,    /* name: the room is of no interest any more */
    KEEP_MAIL,    /* number: the user has all mail up to it */
    KEEP_MARK,    /* bytes: the user's own, see confab_done */
    KEEP_QUEUED,  /* as KEEP_MESSAGE, but not sent before a KEEP_NEXT */
    KEEP_LAST = KEEP_QUEUED,
};

struct record {
    enum keep kind;
    bool more; /* counts only together with the next one */
    uint64_t number;
    struct slice name;
    struct slice bytes;
};

/* To be safe on disk before the keep call returns: all that is done next only
 * because it is kept. */
bool keep_is_urgent(const struct record *record);

struct session_sink {
    void *owner;
    /* Sends a frame to the broker. False: not now; it is offered again. */
    bool (*send)(void *owner, struct slice frame);
    /* Subscribes to a topic, or no more. */
    void (*subscribe)(void *owner, struct slice topic, bool on);
    /* Where the broker publishes, as `welcome` says, once a room comes from
     * there; may be the same again. */
    void (*publisher)(void *owner, struct slice endpoint);
    /* The broker does not answer: a new connection is wanted. */
    void (*reconnect)(void *owner);
    /* Takes an event for the user. */
    void (*event)(void *owner, struct event *event);
    /* Keeps a record. False: it could not. NULL: nothing is kept. */
    bool (*keep)(void *owner, const struct record *record);
    /* Many records have become void: session_save would be shorter. NULL: as
     * above. False: it could not. */
    bool (*rewrite)(void *owner);
    /* The token of this id's inbox session, for a sending session beside it
     * (borrowed until the next call). NULL: none is known. */
    const char *(*token)(void *owner);
};

struct session_options {
    const char *id; /* valid names: the caller has checked */
    const char *lane;
    const char *resume;   /* NULL: none */
    const char *password; /* NULL: none */
    const char *agent;    /* NULL: none */
    uint64_t beat;        /* ms, 0: the broker's */
    size_t outbox;        /* messages that may wait */
    bool sending;
    bool once;     /* the lane is for one message, with n 1, and is kept */
    uint64_t seed; /* of all that is left to chance */
};

/* Gives a session that waits for its connection; the sink is copied, its owner
 * must outlive the session. NULL: no memory. */
struct session *session_new(const struct session_options *options,
                            const struct session_sink *sink);
void session_close(struct session *s);

/* A record of an earlier run, before the first session_connected. 0,
 * CONFAB_ENOMEM, CONFAB_ESTATE (it makes no sense here). */
int session_restore(struct session *s, const struct record *record);
/* All that is worth keeping now, through `keep`. False: it returned false. */
bool session_save(const struct session *s,
                  bool (*keep)(void *owner, const struct record *record),
                  void *owner);

/* The connection to the broker is there, or gone. */
void session_connected(struct session *s, struct now now);
void session_disconnected(struct session *s, struct now now);
/* That of the SUB socket is gone; it is made again by itself. */
void session_topics_lost(struct session *s, struct now now);
/* The broker does not take our key; `text` says so to a person. For good. */
void session_denied(struct session *s, const char *text);
/* Somebody is there, and there is no talking to him. */
void session_hindered(struct session *s, const char *code, const char *text);
/* A frame from the DEALER, or from the SUB socket. Borrowed. */
void session_input(struct session *s, struct slice frame, struct now now);
void session_publish(struct session *s, struct slice frame, struct now now);
/* Does what is due and sends what is wanted. To be called after any of the
 * above, at session_deadline, and when a refused send may work again. */
void session_tick(struct session *s, struct now now);
/* When to call session_tick next, in ms: 0 for at once, or NEVER. */
uint64_t session_deadline(const struct session *s);
/* A frame waits because the sink refused it. */
bool session_blocked(const struct session *s);
/* The caller does not read from the broker just now (the user does not read
 * his events), so its silence means nothing. */
void session_deaf(struct session *s, struct now now);

/* The user's verbs, as in confab.h. 0 or a confab_error, about which
 * session_fault says more. */
int session_join(struct session *s, const char *room, int flags);
int session_leave(struct session *s, const char *room);
int session_say(struct session *s, const char *room, const char *text,
                const struct confab_extra *extra, uint64_t *number);
int session_tell(struct session *s, const char *to, const char *text,
                 const struct confab_extra *extra, uint64_t *number);
int session_history(struct session *s, const struct confab_range *range,
                    uint64_t *number);
int session_who(struct session *s, const char *room, const char *after,
                uint64_t *number);
int session_rooms(struct session *s, const char *after, uint64_t *number);
int session_ping(struct session *s, uint64_t *number);
int session_search(struct session *s, const struct confab_search *search,
                   uint64_t *number);
int session_stats(struct session *s, uint64_t *number);
int session_admin(struct session *s, const struct confab_order *order,
                  uint64_t *number);
/* The user was given event->cursor: of a room, or with NULL of his mail. */
void session_given(struct session *s, const char *room, uint64_t seq);
/* He is through with all that he was given. `mark` is kept together with that;
 * NULL: the one before stays. */
int session_done(struct session *s, const struct slice *mark, struct now now);
/* Borrowed until the next session_done. */
struct slice session_mark(const struct session *s);
int session_ack(struct session *s, uint64_t seq, struct now now);
/* How far the user is through with a room (NULL: with his mail). False: nothing
 * is known of it. */
bool session_cursor(const struct session *s, const char *room, uint64_t *seq);
/* Where a room that is not joined begins when it is. */
int session_seek(struct session *s, const char *room, uint64_t seq);
/* Says bye: nothing is to be said after it. CONFAB_ENOMEM. */
int session_say_bye(struct session *s);

/* Says no more: replaced, refused, no memory. The BYE event was given, except
 * after session_failed. */
bool session_is_over(const struct session *s);
/* Welcome at this moment. */
bool session_is_online(const struct session *s);
/* Something inside failed: 0, CONFAB_ENOMEM, CONFAB_ESTATE. For good. */
int session_failed(const struct session *s);
/* Messages not answered yet. */
size_t session_unsent(const struct session *s);
/* Nothing waits to be said: no message, no ack. */
bool session_idle(const struct session *s);
/* Whether the broker has answered our bye. */
bool session_said_bye(const struct session *s);
/* What was wrong with the last verb that failed. */
const char *session_fault(const struct session *s);
/* The token of this session, "" before the first welcome. */
const char *session_resume(const struct session *s);

#endif
