/* SPDX-License-Identifier: MPL-2.0 */
/*
 * session_state: the inside of a session, for session*.c and chain.c only.
 *
 * Rooms and the mailbox have the same problem, a numbered chain of messages
 * that may lose links, and share its solution: struct chain.
 */
#ifndef CONFAB_SESSION_STATE_H
#define CONFAB_SESSION_STATE_H

#include "chain.h"
#include "outbox.h"
#include "session.h"

enum {
    SYNC_EVERY = 50,       /* ms between `sync`s at a join, */
    SYNC_MOST = 40,        /* so many times: then the topic does not reach us */
    HELLO_AGAIN = 2000,    /* ms without any answer to `hello`; */
    HELLO_CHECKED = 20000, /* with a password, which takes long to be checked */
    RETRY_WAIT = 1000,     /* ms, where an error names no `wait` */
    RATE_WAIT = 50,        /* ms, the same for `rate` */
    ONCE_WAIT = 100,  /* ms until a lane that is used once is asked for again */
    SILENT_BEATS = 3, /* beats without an answer: not there any more */
    WAIT_MAX = SILENT_BEATS * BEAT_MAX, /* ms: no broker has reason for more */
    BURST_FRAMES = 64,   /* on topics between two pings: a burst, that ends */
    BURST_CALM = 500,    /* with so many ms of silence */
    STALL = 1000,        /* ms that a tick came late: we were stopped */
    ACK_DELAY = 10,      /* ms that acks are gathered */
    ACK_AT_ONCE = 32,    /* or so many messages */
    REQUESTS_MAX = 1024, /* questions that wait for an answer */
    HELD_MAX = 16777216, /* bytes held during repairs, in all */
    FAULT_TEXT = 200,
};

enum stage {
    STAGE_OFFLINE, /* no connection */
    STAGE_PAUSE,   /* connected, but hello is not due before hello_at */
    STAGE_HELLO,   /* hello is wanted or sent */
    STAGE_ONLINE,
    STAGE_ENDED,
};

enum membership {
    ROOM_PARKED, /* not wanted now, but its cursor is kept */
    ROOM_WANTED, /* join is to be sent at `at` */
    ROOM_ASKED,  /* join was sent */
    ROOM_SYNC,   /* joined; the topic is not known to reach us yet */
    ROOM_IN,
};

struct room {
    char name[LIMIT_NAME + 1];
    char topic[LIMIT_NAME + 2];
    bool direct;     /* as the broker said */
    bool ask_direct; /* as the user wants it */
    bool unheard;    /* its topic does not reach us on this connection */
    bool subscribed;
    bool told; /* the user has had a CONFAB_JOINED */
    enum membership stage;
    uint64_t verb;     /* s->numbers when the user wanted to join */
    uint64_t at;       /* ms: when the next join or sync is due */
    uint64_t join_ref; /* of the join under way */
    uint64_t sync_ref; /* of the latest sync */
    uint64_t joined;   /* head when joined: the topic must reach it */
    unsigned syncs;
    uint64_t rv;
    uint64_t about;  /* checksum of the subject that was told */
    bool stale;      /* changes of the roster were missed */
    bool foreign;    /* the cursor is from another store */
    bool done_known; /* `done` means something */
    uint64_t done;   /* the user is through with all up to it */
    bool given_due;  /* he was given more: */
    uint64_t given;  /* all up to it */
    struct chain chain;
};

/* Something asked once, by ref: the user's questions, leave, bye, keep:false.
 */
struct request {
    struct request *next;
    uint64_t number; /* its ref */
    enum op op;
    bool sent;
    uint64_t at;    /* ms: not before */
    uint64_t asked; /* us: when it was sent */
    char room[LIMIT_NAME + 1];
    size_t len;
    uint8_t bytes[];
};

struct session {
    struct session_sink sink;
    char id[LIMIT_NAME + 1];
    char lane[LIMIT_NAME + 1];
    char resume[65];
    char epoch[65];
    char agent[129];
    char publisher[257]; /* as `welcome` told */
    char *password;
    bool sending;
    bool once;
    uint64_t ask_beat;
    uint64_t beat;

    enum stage stage;
    bool connected;
    bool welcomed; /* ever */
    bool hello_sent;
    bool new_epoch;   /* the broker's store is not the one of our cursors */
    bool topics_used; /* some room came over the publisher */
    bool bye_wanted;
    bool bye_done;
    uint64_t hello_at; /* STAGE_PAUSE: when; STAGE_HELLO: when to repeat it */
    uint64_t hello_ref;
    unsigned hellos;
    int failed;

    uint64_t numbers; /* the last one given */
    uint64_t random;
    uint64_t heard;        /* ms: last sign of the broker */
    uint64_t pinged;       /* ms: last ping */
    uint64_t topic_at;     /* ms: last frame on a topic */
    unsigned topic_frames; /* of them since the last ping */
    uint64_t ticked; /* ms: when the last tick wanted to be called again */
    bool work;       /* something may be there to send */

    struct outbox outbox;
    uint64_t outbox_at;   /* ms: not before */
    uint64_t safe_base;   /* all n below it are answered, and safely kept so */
    uint64_t unsent_from; /* n: from here on nothing was sent, says the state */
    uint64_t run_from;    /* n: those before are from earlier runs */
    struct request *requests;
    struct request **requests_end;
    size_t request_count;
    size_t fleeting; /* of them: what is not asked twice, see request_new */

    struct room **rooms;
    size_t room_count;
    size_t room_cap;

    struct chain mail;
    uint64_t mail_seen;  /* highest that came in this session */
    uint64_t mail_given; /* the user has been given, */
    uint64_t mail_done;  /* and is through with */
    uint64_t mail_acked; /* the broker was told */
    uint64_t mail_base;  /* it had when it welcomed us */
    uint64_t ack_ref;    /* of the latest ack */
    unsigned mail_undone;
    uint64_t ack_at;

    size_t mark_len;
    uint8_t mark[CONFAB_MARK_MAX];

    size_t held; /* bytes, of all chains */
    char fault[FAULT_TEXT];
    uint8_t scratch[LIMIT_FRAME];

    bool blocked;
    unsigned frame_count;
    size_t frame_len;
    uint8_t frame[LIMIT_FRAME]; /* under construction */
};

/* session.c */
void session_fail(struct session *s, int error);
void session_keep(struct session *s, const struct record *record);
/* What was answered so far is kept so, whatever happens to the machine. */
void session_keep_answers(struct session *s);
uint64_t session_random(struct session *s, uint64_t below);
/* Gives the user an event made from `m`; returns it to add to it (it is still
 * the session's to hand over with session_give), NULL after session_fail. */
struct event *session_event(struct session *s, enum confab_event_type type,
                            const struct message *m, struct slice raw);
void session_give(struct session *s, struct event *e);
/* Both in one, for events that need nothing more. */
void session_emit(struct session *s, enum confab_event_type type,
                  const struct message *m, struct slice raw);
void session_end(struct session *s, const struct message *why);
/* Not welcome any more; says hello at `when`. */
void session_offline(struct session *s, uint64_t when);

/* session_send.c */
/* Adds a message to the frame; false: it could not be sent now. */
bool session_put(struct session *s, struct slice encoded);
bool session_write(struct session *s, const struct message *m);
/* Numbers above `n` for all that was not sent yet, or was refused. False after
 * session_fail. */
bool session_renumber(struct session *s, uint64_t n);
void session_pump(struct session *s, struct now now);

/* session_hello.c */
/* A room comes over the publisher: from now on there is a connection to it. */
void session_use_topics(struct session *s);
void session_say_hello(struct session *s, struct now now);
void session_on_welcome(struct session *s, const struct message *m,
                        struct slice raw, struct now now);
void session_hello_refused(struct session *s, const struct message *m,
                           struct now now);

/* session_request.c */
/* Whether it changes something for others: what a moderator does. */
bool request_is_act(enum op op);
struct request *request_new(struct session *s, const struct message *m,
                            struct slice encoded);
struct request *request_find(struct session *s, uint64_t number);
void request_remove(struct session *s, struct request *q);
/* Forgets a leave that was not sent: the room is wanted again. */
void request_drop_leave(struct session *s, const char *room);
void request_rewind(struct session *s);
/* A question behind a join is asked when the join was answered: a broker may
 * answer it before the join takes effect. So is an act in its room, which the
 * join may have made us the owner of. */
bool request_waits(const struct session *s, const struct request *q);

/* session_room.c; session_find_room gives NULL for a room not known. */
struct room *session_find_room(struct session *s, struct slice name);
struct room *room_add(struct session *s, struct slice name);
void room_remove(struct session *s, struct room *room);
void room_reset(struct session *s, struct room *room);
void room_on_joined(struct session *s, const struct message *m,
                    struct slice raw, struct now now);
/* We were put out of the room: it is not joined again. */
void room_on_kicked(struct session *s, struct room *room,
                    const struct message *m, struct slice raw);
/* A say, enter, exit, tick or about of a room, from its topic or the DEALER. */
void room_live(struct session *s, struct room *room, const struct message *m,
               struct slice raw, struct now now);
/* An error for a join, a sync or a repair; false: it was for something else. */
bool room_on_error(struct session *s, const struct message *m, struct now now);
/* Its topic may not reach us any more. */
void room_topic_lost(struct session *s, struct room *room, struct now now);
/* Sends the joins, syncs and repairs that are due. */
void room_pump(struct session *s, struct room *room, struct now now);
uint64_t room_deadline(const struct room *room);

/* session_verbs.c */
/* Notes what is wrong with a verb; gives `error`. */
__attribute__((format(printf, 3, 4))) int session_refuse(struct session *s,
                                                         int error,
                                                         const char *format,
                                                         ...);
/* Whether a client with an inbox may still do something. */
int session_check_inbox(struct session *s);
/* A room's name, checked as it will be on the wire. */
int session_check_room(struct session *s, enum op op, const char *room);
/* Both: what is wrong with a client's place in a room. */
int session_check_place(struct session *s, enum op op, const char *room);
/* Queues a question under the next number, which it gives (unless NULL). */
int session_ask(struct session *s, struct message *m, uint64_t *number);
/* A field of a message from what the user gave: none for NULL, or 0. */
void session_add(struct message *m, enum field field, struct slice *to,
                 const char *text);
void session_add_uint(struct message *m, enum field field, uint64_t *to,
                      uint64_t value);

/* session_answer.c: what the broker says, by op. */
/* The outbox is done with message m->n, and the user told. */
void session_answered(struct session *s, enum confab_event_type type,
                      const struct message *m, struct slice raw);
/* How many ms after this error a question may be asked again. */
uint64_t session_wait(const struct message *m);
void session_message(struct session *s, const struct message *m,
                     struct slice raw, struct now now);

#endif
