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
 * Retention works the same way, channel after channel; and so does the
 * overwriting of free pages after a redaction.
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
    PAGER_CHANGES = 16384, /* ids and lanes that have changed: the same */
    PAGER_WAIT = 2000,     /* ms that a turn waits for a round */
    PAGER_STEP = 64 << 10, /* bytes that a step writes at least */
    PAGER_ROW = 256,       /* bytes that a row counts for besides its own */
    PAGER_HIDDEN = 64,     /* channels that retention changes in one step */
    PAGER_RETAIN = 2000,   /* ms between two walks of retention */
};

enum scrub_phase { SCRUB_REST, SCRUB_FILL, SCRUB_DROP };
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
    const struct retention *rules;   /* NULL: everything stays for ever */
    size_t round_bytes;              /* of turns: PAGER_BYTES, but for tests */
    size_t waiting;                  /* bytes of turns for the next round */
    uint64_t since;                  /* ms: of the oldest of them, 0: none */
    uint64_t paged;                  /* each message up to it is in a page */
    struct mark gone[CHANNEL_KINDS]; /* of channels that are not there */
    struct {
        enum pager_phase phase;
        size_t left;  /* channels or states still to do */
        uint64_t cut; /* turns up to it go at the end */
    } round;
    struct {
        uint64_t next; /* id of the channel to look at, 0: at rest */
        uint64_t at;   /* ms: when the next walk begins */
    } walk;
    struct {
        enum scrub_phase phase;
        bool again; /* something was redacted since it gives back */
    } scrub;
    struct {
        size_t budget; /* bytes */
        bool in_round; /* a round was under way when it began */
        bool scrubs;
        bool all_written;          /* the round's last channel was written */
        bool took_states;          /* from the owner */
        struct channel *written;   /* by next_unpaged */
        struct channel *cut_short; /* written in part, NULL: none */
        struct hidden *hidden;
        unsigned hidden_count;
        struct mark gone[CHANNEL_KINDS]; /* before it */
    } step;
    uint8_t *bytes; /* a page under construction */
};

void pager_init(struct pager *pager, struct log *log, struct db *db,
                struct tail *tail);
void pager_fini(struct pager *pager);
/* A turn of so many bytes was committed. */
void pager_turn(struct pager *pager, size_t bytes, uint64_t now_ms);
/* Whether a step has something to do; `last` is the seq up to which all that
 * was stored is in the tail. */
bool pager_due(struct pager *pager, uint64_t last, uint64_t now_ms);
/* Inside a transaction: a step of about `bytes`. `wall`: ms since 1970. */
[[nodiscard]] bool pager_step(struct pager *pager, size_t bytes, uint64_t wall);
/* For pager_write.c: takes a row of so many bytes from the step's budget. */
void pager_spend(struct pager *pager, size_t bytes);
/* A redaction was committed, or had been before a start. */
void pager_redacted(struct pager *pager);
/* Inside a transaction: one step of the scrubbing, if there is something to do,
 * of about `bytes`. */
[[nodiscard]] bool pager_scrub(struct pager *pager, size_t bytes);
void pager_committed(struct pager *pager);
void pager_failed(struct pager *pager);

#endif
