/* SPDX-License-Identifier: MPL-2.0 */
/*
 * libconfab: talk in rooms and to each other over a confab broker.
 *
 * A `confab` is one client: an id, its connection, what it has to send and what
 * it has read. It connects, reconnects and says hello again by itself; what was
 * sent is sent until the broker has it, once; what is missing in a room is
 * fetched. The program sees events, in order, each message once.
 *
 *     struct confab_options options = {.id = "ann"};
 *     confab *c = NULL;
 *     if (confab_open(&c, &options))
 *         return 1;
 *     confab_join(c, "lobby", 0);
 *     confab_say(c, "lobby", "hello", NULL, NULL);
 *     confab_event *e = NULL;
 *     while (!confab_next(c, &e, -1)) {
 *         if (e->type == CONFAB_SAY)
 *             printf("%s: %.*s\n", e->from, (int)e->text_len, e->text);
 *         confab_event_free(&e);
 *     }
 *     confab_close(&c, 1000);
 *
 * Threads: every function may be called from any thread at any time, except
 * confab_close, which must be the last call on its confab. Calls never wait for
 * the network (confab_next and confab_close wait as long as they are told to).
 *
 * Events wait until they are taken, about 16,000 of them or 32 MiB. A program
 * that takes none is not sent more: the client stops reading, what is missed in
 * rooms is fetched later, and the answers to what it says wait, too, until the
 * outbox is full.
 *
 * Strings are UTF-8 and end in a NUL; what a function is given is copied before
 * it returns. Times are milliseconds, `time` is milliseconds since 1970. Every
 * function that can fail returns an int: 0 or a confab_error.
 */
#ifndef CONFAB_H
#define CONFAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define CONFAB_EXPORT __attribute__((visibility("default")))
#else
#define CONFAB_EXPORT
#endif

typedef struct confab confab;

enum confab_error {
    CONFAB_OK = 0,
    CONFAB_EINVALID,  /* an argument is not valid; nothing was done */
    CONFAB_ETIMEOUT,  /* nothing came in time */
    CONFAB_ECLOSED,   /* the client has ended for good: see the BYE event */
    CONFAB_EFULL,     /* the outbox is full: wait for CONFAB_SENT events */
    CONFAB_ETOOLARGE, /* larger than the wire allows */
    CONFAB_ENOMEM,    /* no memory */
    CONFAB_ESTATE,    /* the state file cannot be read, written or locked */
    CONFAB_EREFUSED,  /* the broker answered with an error */
    CONFAB_EKEY,      /* the key file cannot be read or made, or is none */
};

/* What an error means, in a few words. Static. */
CONFAB_EXPORT const char *confab_strerror(int error);
/* What exactly was wrong in this thread's last call that failed ("room: begins
 * with '@'"). Static per thread, never NULL. */
CONFAB_EXPORT const char *confab_last_error(void);
CONFAB_EXPORT const char *confab_version(void);

struct confab_options {
    const char *id;       /* required: who you are */
    const char *url;      /* NULL: tcp://127.0.0.1:7480. A broker with a key:
                             confab://HOST:PORT/?key=..., as it tells it */
    bool sending;         /* only send: no presence, no rooms, no mail */
    const char *state;    /* a file that keeps lane, outbox, cursors and the
                             resume token, so that a restart of the program
                             loses and doubles nothing. Locked while open.
                             NULL: they live in memory */
    const char *resume;   /* token of this id's session, when it is not in the
                             state file. NULL: a sending client takes the one
                             that this user's inbox client of the same id and
                             url keeps in $XDG_STATE_HOME/confab */
    const char *password; /* NULL: none. Without a key of the broker only to
                             one on this machine */
    const char *agent;    /* name of the program, for the broker's log */
    unsigned beat;        /* ms between signs of life, 0: the broker's */
    unsigned outbox;      /* messages that may wait to be sent, 0: 10000 */
    bool manual_ack;      /* mail is acknowledged by confab_ack, not when the
                             next event is taken */
    const char *once;     /* a name: the client says one message, which is
                             stored once however often a client of this id is
                             opened and says it under this name, within 7 days
                             of the last time. Not with a state file. A hello
                             for an id in use is tried again */
    bool manual_done;     /* events are done with when confab_done says so, not
                             when the next one is taken */
    const char *key;      /* the file of this client's own key pair, made when
                             there is none; NULL: confab_key_path(id). Read only
                             for a broker with a key */
    const char *server_key; /* of the broker, 40 characters of Z85. NULL: the
                               one in `url`, or what a broker on this machine
                               has published; there is none: no encryption */
};

/*
 * Keys. A broker that encrypts knows its clients by their public keys. A
 * client's pair is a file (0600), usually one per id; its secret half leaves it
 * never. When the broker's key is known nothing is sent in the open, and when
 * it does not know ours, CONFAB_BYE says so, with what its operator needs.
 */
enum { CONFAB_KEY_SIZE = 41 }; /* 40 characters of Z85 and a NUL */

/* Gives the key of the broker at `url` (NULL: the usual one): the one in it, or
 * what a broker on this machine has published. CONFAB_EINVALID (the url),
 * CONFAB_EKEY: none is known, so nothing will be encrypted. */
CONFAB_EXPORT int confab_server_key(const char *url, char key[CONFAB_KEY_SIZE]);
/* The usual file of this id's key: in $XDG_DATA_HOME/confab/keys.
 * CONFAB_EINVALID: not an id, no home, or `size` is too small. */
CONFAB_EXPORT int confab_key_path(const char *id, char *path, size_t size);
/* Gives the public key of the pair in the file `path`, which is made when there
 * is none; `*made` (unless NULL) tells. CONFAB_EKEY. */
CONFAB_EXPORT int confab_key(const char *path, char public_key[CONFAB_KEY_SIZE],
                             bool *made);

/* Gives a client that begins to connect; whether it could tells the events
 * (CONFAB_ONLINE, CONFAB_OFFLINE, CONFAB_BYE). CONFAB_EINVALID, CONFAB_ESTATE,
 * CONFAB_EKEY, CONFAB_ENOMEM. */
CONFAB_EXPORT int confab_open(confab **c, const struct confab_options *options);

/* Sends what waits for at most `linger` ms, says bye, frees; `*c` becomes NULL.
 * NULL and a pointer to NULL are fine. The event that was given last is done
 * with; a negative `linger` waits as long, but that event is not, for a program
 * that could not write it down. 0, or CONFAB_ETIMEOUT when something was not
 * acknowledged in time (with a state file it is kept there). */
CONFAB_EXPORT int confab_close(confab **c, int linger);

/* Flags for confab_join. */
enum {
    CONFAB_DIRECT = 1, /* the room comes over the one connection */
};

/* Becomes a member of the room, again after each reconnect. The answer is the
 * event CONFAB_JOINED or CONFAB_REFUSED. */
CONFAB_EXPORT int confab_join(confab *c, const char *room, int flags);
CONFAB_EXPORT int confab_leave(confab *c, const char *room);

/* What a message may have besides its text; zeroed means nothing. */
struct confab_extra {
    const void *data; /* one MessagePack value, borrowed for the call */
    size_t data_len;
    const char *kind; /* "action", "notice", ...; NULL: a message */
    uint64_t re;      /* the seq this one answers or amends, 0: none */
    bool fleeting;    /* keep:false: not stored, lost if nobody is there */
    bool receipt;     /* tell: an event when the receiver has it */
};

/* Puts a message into the outbox and returns its number (`*number`, unless
 * NULL), under which CONFAB_SENT or CONFAB_REFUSED will tell what became of it.
 * `text` may be NULL when `extra` has data. CONFAB_EINVALID, CONFAB_ETOOLARGE,
 * CONFAB_EFULL, CONFAB_ECLOSED, CONFAB_ENOMEM. */
CONFAB_EXPORT int confab_say(confab *c, const char *room, const char *text,
                             const struct confab_extra *extra,
                             uint64_t *number);
CONFAB_EXPORT int confab_tell(confab *c, const char *to, const char *text,
                              const struct confab_extra *extra,
                              uint64_t *number);

/* What to ask history for: a room, or the conversation `with` an id, or with
 * neither this client's own mail. At most one of after, before, since. */
struct confab_range {
    const char *room;
    const char *with;
    uint64_t after; /* seq, exclusive; needs `from_after` to mean 0 */
    bool from_after;
    uint64_t before; /* seq, exclusive */
    uint64_t since;  /* ms since 1970 */
    unsigned limit;  /* messages, 0: the broker's default */
};

/* What is looked for, and where: in a room, in the conversation with an id, or
 * with neither in all that this client may read. */
struct confab_search {
    const char
        *text; /* words, "phrases", begin*, -without; at most 512 bytes */
    const char *room;
    const char *with;
    const char *from; /* who has said it, NULL: anybody */
    uint64_t before;  /* seq, exclusive; 0: from the newest message on */
    uint64_t since;   /* ms since 1970 */
    unsigned limit;   /* messages, 0: the broker's default */
};

/* Questions. The answer is an event with the same `number`: CONFAB_HISTORY,
 * CONFAB_WHO, CONFAB_ROOMS, CONFAB_PONG, CONFAB_FOUND, CONFAB_STATS, or
 * CONFAB_REFUSED. While offline a
 * question waits. `room` NULL in confab_who asks for everybody; `after` NULL
 * begins at the first. */
CONFAB_EXPORT int confab_history(confab *c, const struct confab_range *range,
                                 uint64_t *number);
CONFAB_EXPORT int confab_who(confab *c, const char *room, const char *after,
                             uint64_t *number);
CONFAB_EXPORT int confab_rooms(confab *c, const char *after, uint64_t *number);
CONFAB_EXPORT int confab_ping(confab *c, uint64_t *number);
CONFAB_EXPORT int confab_search(confab *c, const struct confab_search *search,
                                uint64_t *number);
CONFAB_EXPORT int confab_stats(confab *c, uint64_t *number);

/* What moderators, owners of closed rooms and admins do. */
enum confab_act {
    CONFAB_DO_INVITE = 1, /* room, id, role (owner, or NULL), lasts */
    CONFAB_DO_KICK,       /* id, room or NULL, text */
    CONFAB_DO_BAN,        /* id, key or address; room or NULL, lasts, text */
    CONFAB_DO_MUTE,       /* id, room or NULL, lasts, text */
    CONFAB_DO_REDACT,     /* room, seq, text */
    CONFAB_DO_ABOUT,      /* room, about ("": none any more) */
    CONFAB_DO_LIST,       /* kind (ban, mute, member, claim), room or NULL, seq
                             (only what comes behind it), limit */
    CONFAB_DO_RELOAD,     /* the broker's configuration and users */
};

/* Zeroed means nothing; what the act does not list is not looked at. */
struct confab_order {
    enum confab_act act;
    const char *room, *id, *key, *address, *role, *kind, *about;
    const char *text; /* the reason, at most 256 bytes */
    uint64_t seq;
    uint64_t lasts; /* ms; needs `limited` to mean 0, which takes back what */
    bool limited;   /* was done; neither: for ever */
    unsigned limit; /* rulings in an answer, 0: the broker's default */
};

/* The answer is an event with the same `number`: CONFAB_DONE, CONFAB_RULINGS
 * for a list, or CONFAB_REFUSED; with code `offline` when the connection broke
 * and it is not known whether it was done. Errors as in confab_history. */
CONFAB_EXPORT int confab_admin(confab *c, const struct confab_order *order,
                               uint64_t *number);

/* With manual_ack: all mail up to `seq` is safe with the program. */
CONFAB_EXPORT int confab_ack(confab *c, uint64_t seq);

enum { CONFAB_MARK_MAX = 256 }; /* bytes */

/* With manual_done: the program is through with every event it was given, so
 * they will not come again, and mail among them is acknowledged (manual_ack
 * excepted). `mark` is the program's own (len 0: none), such as how far the
 * file goes that it writes. The state file has it and the cursors together or
 * not at all, whenever the program dies, and a mark is on disk when this
 * returns. CONFAB_EINVALID (the mark is too long), CONFAB_ESTATE. */
CONFAB_EXPORT int confab_done(confab *c, const void *mark, size_t len);
/* The length of the mark kept last, in this run or before, 0: none; up to
 * `size` bytes of it are copied to `mark`. */
CONFAB_EXPORT size_t confab_mark(confab *c, void *mark, size_t size);

/* How far the program is through with a room, or with NULL its mail: all up to
 * `*seq`. False when that is not known: the room was not joined yet, in this
 * run or, with a state file, before. */
CONFAB_EXPORT bool confab_cursor(confab *c, const char *room, uint64_t *seq);
/* When the room is joined, it begins behind `seq` (0: with the oldest message
 * there is) and not with what is said from then on, or where its cursor was.
 * CONFAB_EINVALID when it is joined now. */
CONFAB_EXPORT int confab_seek(confab *c, const char *room, uint64_t seq);

enum confab_event_type {
    CONFAB_ONLINE = 1, /* connected and welcome: id, text = durability, role
                          (NULL: member); again=true when it was connected
                          before */
    CONFAB_OFFLINE,    /* the connection is gone; it reconnects by itself */
    CONFAB_EPOCH,      /* the broker's store is another one than before */
    CONFAB_JOINED,     /* room, count, list = members (while few), head, about,
                          closed (it is for those on its list);
                          again=true when it was joined before, and now again
                          after a reconnect */
    CONFAB_SAY,        /* room, seq, from, time, text, data, kind, re, gone (it
                          was taken away, and has no body). Kind "redact" tells
                          that the message `re` is gone now, by whom: `from` */
    CONFAB_TELL,       /* to, and the rest as in CONFAB_SAY */
    CONFAB_ENTER,      /* room, id, count; complete=false when changes of the
                          members before it were missed: confab_who knows */
    CONFAB_EXIT,       /* the same, why. One's own, why kicked: this client is
                          not in the room any more and does not join again */
    CONFAB_LOST,       /* messages of `room` (or of the mailbox: room NULL) up
                          to `seq` cannot be had any more */
    CONFAB_SENT,       /* number: the broker has it; seq, time, online (tell),
                          again. number 0: said in an earlier run (state) */
    CONFAB_REFUSED,    /* number, or 0: code, text; wait; room, for a join. A
                          message that met `rate` is said again by itself;
                          with any other code (`full`: a mailbox, `internal`:
                          the broker's disk) it is up to the program. Code
                          `handshake`: somebody is there, and there is no
                          talking to him, or `encryption`: since only one side
                          encrypts; text says what may be wrong, and it is tried
                          on */
    CONFAB_RECEIPT,    /* `id` has all that was told to it up to seq */
    CONFAB_HISTORY,    /* number, room, or id = with whom; messages, count,
                          more, complete, head, first */
    CONFAB_WHO,        /* number, room, list, count, more */
    CONFAB_ROOMS,      /* number, rooms, count, more */
    CONFAB_PONG,       /* number, time; text = round trip in microseconds */
    CONFAB_BYE,        /* the end, by why: replaced, kicked (text: the reason),
                          refused (code, text: hello was refused for good, or
                          our key) or failed (code no-memory or state); only
                          confab_close is left to do. A first hello for an id in
                          use ends with code in-use; later that is only tried
                          again */
    CONFAB_DONE,       /* number: what was asked by confab_admin is done */
    CONFAB_RULINGS,    /* number, rulings, count, more */
    CONFAB_INVITED,    /* room, by: this id is on the list of a closed room */
    CONFAB_ABOUT,      /* room, about ("": nothing), by (NULL: not known): its
                          new subject */
    CONFAB_FOUND,      /* number, messages (newest first), count, more: ask on
                          with `before` = upto; complete=false when not all
                          that is kept could be searched now */
    CONFAB_STATS,      /* number, time, counters, count */
};

struct confab_room {
    const char *name;
    uint64_t count; /* members */
    uint64_t head;
    const char *about; /* NULL: none */
    bool closed;
};

/* What is in force. */
struct confab_ruling {
    const char *kind; /* ban, mute, member, claim */
    uint64_t seq;
    uint64_t time;                  /* ms since 1970, since when */
    uint64_t until;                 /* the same, 0: no end */
    const char *by;                 /* who did it */
    const char *room;               /* NULL: the whole broker */
    const char *id, *key, *address; /* one of them, the others NULL */
    const char *role;               /* of a member */
    const char *text;               /* the reason; NULL: none */
};

/* What the broker counts. */
struct confab_counter {
    const char *name;
    uint64_t value;
};

/* One event. All that it points to belongs to it and goes with it; what the
 * type does not list is 0, false or NULL. */
typedef struct confab_event {
    enum confab_event_type type;
    uint64_t number;
    const char *room, *id, *to, *from;
    uint64_t seq, prev, time;
    const char *text; /* also ends in a NUL, but may hold one */
    size_t text_len;
    const void *data; /* one MessagePack value */
    size_t data_len;
    const char *kind;
    uint64_t re;
    bool gone, online, again, more, complete;
    const char *code, *why;
    uint64_t wait, count, head, first;
    const char *const *list; /* list_len ids */
    size_t list_len;
    const struct confab_room *rooms;
    size_t rooms_len;
    const struct confab_event *messages; /* CONFAB_SAY and CONFAB_TELL */
    size_t messages_len;
    const void *raw; /* the message of PROTOCOL.md this event came from, as
                        MessagePack; NULL when there is none */
    size_t raw_len;
    const char *about, *by, *role;
    bool closed;
    const struct confab_ruling *rulings;
    size_t rulings_len;
    uint64_t upto;
    const struct confab_counter *counters;
    size_t counters_len;
} confab_event;

/* Gives the next event; waits `timeout` ms for it, -1: as long as it takes.
 * CONFAB_ETIMEOUT, CONFAB_ECLOSED (after CONFAB_BYE was taken). Free the event
 * with confab_event_free. */
CONFAB_EXPORT int confab_next(confab *c, confab_event **event, int timeout);
CONFAB_EXPORT void confab_event_free(confab_event **event);

/* A descriptor for poll(2): readable while an event waits. Never read it; it is
 * closed by confab_close. */
CONFAB_EXPORT int confab_fd(confab *c);

/* Messages accepted by confab_say and confab_tell and not answered yet. */
CONFAB_EXPORT size_t confab_unsent(confab *c);

#ifdef __cplusplus
}
#endif

#endif
