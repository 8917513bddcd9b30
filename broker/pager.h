/* SPDX-License-Identifier: MPL-2.0 */
/*
 * pager: moves messages from memory and turns into pages, bit by bit.
 *
 * When enough turns have gathered, or some have waited long enough, a round
 * begins: every channel with messages that are in no page gets them written,
 * then every id and lane that has changed, then the turns up to the round's
 * beginning are deleted. A round is cut into steps that ride in the
 * transactions of later turns, so that it costs nobody an fsync or a pause: a
 * step writes about as much as its turn.
 *
 * Retention works the same way, channel after channel.
 *
 * What a step has changed in memory holds only once its transaction is
 * committed: pager_committed or pager_failed must follow.
 */
#ifndef CONFAB_PAGER_H
#define CONFAB_PAGER_H

#include "db_retain.h"
#include "tail.h"

enum {
    PAGER_BYTES = 8 << 20, /* of turns: a round begins */
    PAGER_WAIT = 2000,     /* ms that a turn waits for a round */
    PAGER_STEP = 64 << 10, /* bytes that a step writes at least */
    PAGER_ROW = 256,       /* bytes that a row counts for besides its own */
    PAGER_HIDDEN = 64,     /* channels that retention changes in one step */
    PAGER_RETAIN = 2000,   /* ms between two walks of retention */
};

enum pager_phase { PAGER_IDLE, PAGER_CHANNELS, PAGER_STATES, PAGER_TURNS };

/* A channel that lost messages in this step. */
struct hidden {
    struct channel_key key;
    struct mark trimmed;
    uint64_t first;
};

struct pager {
    struct log *log;
    struct db *db;
    struct tail *tail;
    const struct retention *rules; /* NULL: everything stays for ever */
    enum pager_phase phase;
    size_t left;    /* channels or states of this round */
    uint64_t cut;   /* turns up to it go at the end of the round */
    uint64_t paged; /* every message up to it is in a page */
    size_t round;   /* bytes of turns with which a round begins */
    size_t waiting; /* bytes of turns that belong to the next round */
    uint64_t since; /* ms: of the oldest of them, 0: none */
    struct mark gone[CHANNEL_KINDS]; /* of channels that are not there */
    /* retention */
    uint64_t walk;    /* id of the channel looked at last; 0: at rest */
    uint64_t walk_at; /* ms: the next walk */
    /* this step */
    size_t budget;
    struct channel *written; /* channels written, by next_unpaged */
    struct hidden *hidden;
    unsigned hidden_count;
    bool took_states;
    uint8_t *bytes; /* a page under construction */
};

void pager_init(struct pager *pager, struct log *log, struct db *db,
                struct tail *tail);
void pager_fini(struct pager *pager);
/* A turn of so many bytes was committed. */
void pager_turn(struct pager *pager, size_t bytes, uint64_t now_ms);
/* Whether a step has something to do; `last` is the newest seq given out. */
bool pager_due(struct pager *pager, uint64_t last, uint64_t now_ms);
/* Inside a transaction: a step of about `bytes`. `wall`: ms since 1970. */
[[nodiscard]] bool pager_step(struct pager *pager, size_t bytes, uint64_t wall);
void pager_committed(struct pager *pager);
void pager_failed(struct pager *pager);

#endif
