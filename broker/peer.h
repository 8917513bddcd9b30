/* SPDX-License-Identifier: MPL-2.0 */
/*
 * peer: one connection, and what is on its way to it.
 *
 * A peer is known to records and queries by its handle, since it may be gone
 * before they come back. Three kinds of message go to it:
 *
 * - answers are never dropped: while the connection takes nothing they wait,
 *   and with the next one beyond PEER_WAITING bytes the connection is shut (the
 *   turn in which it stopped taking may have brought more: PEER_BULK);
 * - what happens in direct rooms is skipped meanwhile, and a tick for each room
 *   follows;
 * - mail is not given to it meanwhile (mailbox.c).
 */
#ifndef CONFAB_PEER_H
#define CONFAB_PEER_H

#include "hub.h"
#include "outbox.h"
#include "pace.h"

struct session;

enum {
    PEER_WAITING = 128 * 1024, /* bytes of answers that may wait */
    PEER_BULK = 256 * 1024,    /* bytes of lists and history per turn */
    PEER_RETRY = 10,           /* ms between attempts to send what waits */
    PEER_RATE_WAIT = 50,       /* ms told with `rate` */
    PEER_SEARCHES = 4,         /* searches that are not answered yet */
};

struct peer {
    uint64_t handle;
    void *link;
    struct session *session; /* NULL: said no hello */
    uint64_t hello_by;       /* mono ms; without a session it is shut then */
    char key[LIMIT_KEY + 1]; /* in Z85; "": none */
    char address[LIMIT_ADDRESS + 1]; /* "": this machine's */
    bool confidential;               /* nobody else reads along */
    const char *pub;                 /* the endpoint it is told */
    struct record *pending; /* a hello whose password is being looked at */
    struct pace hellos, claims;
    unsigned searches; /* not answered yet */
    bool asks;         /* for a reload, which is not over */
    struct ref asked;
    uint8_t asked_text[LIMIT_REF];
    struct outbox out;
    bool dirty;   /* in hub->dirty_peers */
    bool blocked; /* the last frame was not taken; counted in hub->blocked */
    bool skipped; /* some membership is marked skipped */
    bool gone;    /* no link any more; in hub->gone_peers */
    uint64_t bulk_turn; /* the turn that `bulk` is counted in */
    size_t bulk;
    struct peer *next_dirty, *next_gone;
};

/* Handles to peers: a slot and its generation, never used twice. */
struct peer_table {
    struct peer_slot *slots;
    uint32_t count, cap, live, free; /* free: first free slot + 1 */
};

struct peer *peer_new(struct hub *hub, void *link, const struct caller *caller);
/* NULL when it is gone. */
struct peer *peer_find(const struct hub *hub, uint64_t handle);
/* One after another; NULL at the end. `*at` begins with 0. */
struct peer *peer_each(const struct hub *hub, uint32_t *at);

/* An answer. The peer may be gone afterwards (not freed). */
void peer_answer(struct hub *hub, struct peer *p, const struct message *m);
/* `error` with ref and n of `to` (NULL: without), and a sentence. */
void peer_error(struct hub *hub, struct peer *p, const struct message *to,
                enum err code, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* `rate`, with the time to wait, in ms. */
void peer_rate(struct hub *hub, struct peer *p, const struct message *to,
               uint64_t wait, const char *what);
/* Remembers the ref of a question that is answered later; answers it. */
void peer_ask(struct peer *p, const struct message *m);
void peer_asked(struct hub *hub, struct peer *p, const char *fault);
/* A message that is already encoded and that may be skipped: false when it was.
 */
bool peer_offer(struct hub *hub, struct peer *p, struct slice message);
/* Takes `bytes` from this turn's allowance for long answers. */
bool peer_charge(struct hub *hub, struct peer *p, size_t bytes);
void peer_refund(struct hub *hub, struct peer *p, size_t bytes);

/* The connection is gone: its session ends, it is freed at the turn's end. */
void peer_lost(struct hub *hub, struct peer *p);
/* Shuts it, then the same. */
void peer_kick(struct hub *hub, struct peer *p, const char *why);
/* Sends what waits, then shuts it a moment later. */
void peer_dismiss(struct hub *hub, struct peer *p, const char *why);
/* Sends what it can to every peer that has something waiting. */
void peer_flush_all(struct hub *hub);
/* Frees those that are gone and have no session any more. */
void peer_reap(struct hub *hub);
void peer_fini(struct hub *hub);

#endif
