/* SPDX-License-Identifier: MPL-2.0 */
/*
 * session: a client id bound to a connection by `hello`.
 *
 * An inbox session (one per id) is present, is in rooms and gets mail; a
 * sending session (any number) only speaks. Sessions begin and end in log
 * order: `hello` and every end are records.
 */
#ifndef CONFAB_SESSION_H
#define CONFAB_SESSION_H

#include "access.h"
#include "client.h"
#include "lane.h"
#include "peer.h"

enum {
    RESUME_LEN = 32,
    SILENT_BEATS = 3,
    SESSIONS_PER_ID = 64, /* of both kinds */
};

struct session {
    struct peer *peer;
    struct client *client;
    struct lane *lane; /* NULL: it numbers nothing */
    bool inbox;
    bool ending;         /* its end is on the way: it may do nothing more */
    bool spent;          /* it said bye with nothing unanswered */
    uint64_t unanswered; /* of what it numbered */
    enum role role;
    unsigned password; /* hash of the one that was right; 0: by none */
    uint64_t held;     /* this n met `rate`: those behind it wait, 0: none */
    uint64_t held_by;  /* mono ms: not longer */
    uint64_t beat;     /* ms */
    uint64_t deadline; /* mono ms; inbox sessions only */
    char resume[RESUME_LEN + 1];
    /* mail, inbox sessions only */
    uint64_t mail_sent;  /* newest mail given to it in order */
    uint64_t mail_shown; /* newest mail it has seen at all, history too */
    uint64_t *flight;    /* ring of LIMIT_MAIL unacknowledged seqs */
    uint32_t flight_begin, flight_count;
    bool mail_behind;  /* there is mail that it was not given */
    bool mail_reading; /* a page of it is on the way */
    bool mail_asking;  /* the log is being asked for it */
    bool mail_full;    /* was told that it must acknowledge */
};

/* A frame came: it lives. */
void session_touch(struct hub *hub, struct session *s);
/* It has ended, for a reason (static text). */
void session_end(struct hub *hub, struct session *s, const char *why);
/* Asks the log for its end; it may do nothing from now on. */
void session_finish(struct hub *hub, struct session *s, const char *why);
void session_hello(struct hub *hub, const struct record *r);
void session_ended(struct hub *hub, const struct record *r);
/* At once, without the log: hub_free. */
void session_free(struct hub *hub, struct session *s);
/* Says `bye` for a reason; `wait` ms, 0: not told. */
void session_bye(struct hub *hub, struct session *s, const char *why,
                 uint64_t wait);
/* Ends it and its connection, `kicked`; `reason` is told. */
void session_kick(struct hub *hub, struct session *s, struct slice reason);

/* hello_ask.c */
void on_hello(struct hub *hub, struct peer *p, const struct message *m);

#endif
