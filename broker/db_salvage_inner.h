/* SPDX-License-Identifier: MPL-2.0 */
/*
 * db_salvage_inner: what the files of db_salvage share.
 *
 * The new log is made in one transaction, in this order: meta, clients, lanes,
 * rulings and channels row by row; pages, channel by channel; then the turns,
 * whose messages are put into pages as well, so that holes have one form and
 * one place. Turns that were read stay, as after a crash in the middle of a
 * round: they carry what is not messages. At last all rulings are told again,
 * see db_salvage_rulings.c.
 */
#ifndef CONFAB_DB_SALVAGE_INNER_H
#define CONFAB_DB_SALVAGE_INNER_H

#include "db_channel.h"
#include "db_forward.h"
#include "db_state.h"

struct salvage {
    struct db old, fresh;
    int format;                   /* of the old log */
    struct db_marks marks;        /* of the old log */
    uint64_t now;                 /* microseconds since 1970 */
    uint64_t last;                /* newest seq that may have been given out */
    uint64_t time;                /* newest time seen */
    bool suspect[FORWARD_TABLES]; /* it may have lost rows */
    uint64_t rows[FORWARD_TABLES], lost[FORWARD_TABLES];
    uint64_t before_turns;  /* seqs up to it are in no turn that is there */
    uint64_t messages;      /* of rooms and mailboxes */
    uint64_t lost_messages; /* the same; those that were counted */
    uint64_t holes;
    uint8_t *bytes; /* a page under construction */
};

/* Opens a table of the old log. */
[[nodiscard]] bool salvage_open(struct salvage *s, struct forward *forward,
                                enum forward_table table);
/* Counts what could not be passed, and closes. */
void salvage_close(struct salvage *s, struct forward *forward,
                   enum forward_table table);
/* Puts the row that `forward` stands on into the same table of the new log. */
[[nodiscard]] bool salvage_copy(struct salvage *s, struct forward *forward,
                                enum db_statement put);
void salvage_saw(struct salvage *s, struct mark mark);

/* The parts, in their order. False: see `fresh.fault`, or `old.fault` when a
 * table cannot be read at all. */
[[nodiscard]] bool salvage_rows(struct salvage *s);
[[nodiscard]] bool salvage_pages(struct salvage *s);
[[nodiscard]] bool salvage_turns(struct salvage *s);
[[nodiscard]] bool salvage_mailboxes(struct salvage *s);
[[nodiscard]] bool salvage_marks(struct salvage *s);
[[nodiscard]] bool salvage_rulings(struct salvage *s);
/* Whether the old log is of a format that has the table. */
bool salvage_has(const struct salvage *s, enum forward_table table);

/* Finds out where the turns begin. */
[[nodiscard]] bool salvage_peek(struct salvage *s);
/* A page of no messages, behind the pages of the row, which is the caller's to
 * put; nothing if it would be empty. */
[[nodiscard]] bool salvage_hole(struct salvage *s, struct db_channel *row,
                                struct mark upto);

#endif
