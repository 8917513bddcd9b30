/* SPDX-License-Identifier: MPL-2.0 */
/*
 * client: what is behind `confab`: a session, its link, and the thread between.
 *
 * One lock guards the session, the store and the queue of events. The thread
 * alone uses the link (waking it excepted): it waits without the lock, then
 * takes it to bring in what came and to send what is wanted. User calls take it
 * to put something into the session or to take an event, and wake the thread
 * when that gives it something to do sooner than it meant to.
 */
#ifndef CONFAB_CLIENT_CLIENT_H
#define CONFAB_CLIENT_CLIENT_H

#include <pthread.h>

#include "confab.h"
#include "keys.h"
#include "link.h"
#include "proto/address.h"
#include "proto/limits.h"
#include "queue.h"
#include "session.h"
#include "store.h"
#include "token.h"

struct client_keys {
    char *endpoint;           /* where to connect to */
    char server[Z85_KEY + 1]; /* "": nothing is encrypted */
    bool given;               /* by the user: it does not change */
    char *path;               /* of our own pair; NULL: no place for it */
    struct keypair own;       /* once there is a key of the broker */
    char id[LIMIT_NAME + 1];
    uint64_t failing_since; /* ms: the first handshake of a row, 0: none */
    unsigned failures_told; /* bit 1 << enum link_news */
};

struct confab {
    pthread_mutex_t lock;
    pthread_cond_t news; /* an event, or something answered */
    pthread_t thread;
    struct session *session;
    struct link *link;
    struct store *store; /* NULL: nothing is kept */
    struct queue queue;

    struct client_keys keys;

    char *token_path;          /* NULL: no place for it */
    char token[TOKEN_MAX + 1]; /* given by the user, or read */
    bool token_given;
    bool sending;
    bool once; /* the broker is to remember our lane */
    bool manual_ack;
    bool manual_done;

    struct event *last; /* BYE for no memory, made while there was some */
    bool deaf;          /* the queue was full: frames are left alone */
    bool over;          /* BYE was given; */
    bool taken;         /* and taken */
    bool closing;       /* confab_close: events are of no use any more */
    bool stop;          /* the thread is to end */
    bool woken;         /* and need not be woken again */
    uint64_t planned;   /* ms: when the thread wants to go on */
};

struct now client_now(void);
/* What the session says goes to the client's link, queue and store. */
struct session_sink client_sink(struct confab *c);
/* Makes all that is in `c` (zeroed) and starts the thread. On an error, which
 * client_fail has noted, client_free frees what there is. */
int client_init(struct confab *c, const struct confab_options *options);
void client_free(struct confab *c);

extern const char client_default_url[];

/* client_key.c. What stands in a confab:// url; other urls have nothing of it.
 * CONFAB_EINVALID. */
int client_read_url(const char *url, struct address *address);
/* Finds out about keys; errors as of client_init. */
int client_keys_init(struct confab *c, const struct confab_options *options,
                     const char *url);
void client_keys_fini(struct confab *c);
/* Opens the link with them. */
int client_keys_open(struct confab *c);
/* The link tells LINK_DENIED, LINK_MISMATCH or LINK_FAILED; or LINK_UP. */
void client_handshake_failed(struct confab *c, enum link_news news,
                             struct now now);
void client_handshake_done(struct confab *c);

/* The thread; its argument is the confab. */
void *client_run(void *client);
/* Notes what confab_last_error says in this thread; returns `error`. */
__attribute__((format(printf, 2, 3))) int client_fail(int error,
                                                      const char *format, ...);
/* What was noted last. */
const char *client_fault(void);
/* Wakes the thread if it has something to do sooner than planned, or has to
 * tell that the session failed. */
void client_nudge(struct confab *c);

#endif
