/* SPDX-License-Identifier: MPL-2.0 */
/*
 * message_inner: what the files that read a message share: the state of one
 * reading, the readers by type, the rules beyond types, and how a fault is
 * told. Nothing outside proto/ includes it.
 */
#ifndef CONFAB_MESSAGE_INNER_H
#define CONFAB_MESSAGE_INNER_H

#include "tables.h"

struct reading {
    struct reader *r;
    const struct shape *shape;
    struct message *m;
    struct fault *fault;
    enum side from;
    unsigned next; /* the field of the shape that is expected */
    uint64_t seen; /* MESSAGE_BITs of the keys that came, nil or not */
    bool op_seen;
    unsigned strangers;
    struct slice stranger[LIMIT_KEYS]; /* keys that the shape does not have */
};

/* Reads the value at the reader into `member`. False: the value is faulty, and
 * either the fault says so or the reader has failed. */
typedef bool read_value(struct reading *g, const struct field_row *row,
                        void *member);
extern read_value *const read_values[]; /* by enum field_type */

/* The fast road: reads as many of the next `pairs` pairs as are written in the
 * usual way and without fault, and says how many. It never faults: what it does
 * not take is left for the plain road. */
uint32_t message_read_usual(struct reading *g, uint32_t pairs);
/* The same for the first pair, when it is `op` and one of ours. */
bool message_usual_op(struct reading *g);

/* The rules of single ops that no row can say; m has passed all rows. */
void message_check(enum side from, const struct message *m,
                   struct fault *fault);

/* Reads `pairs` pairs into `m` by `shape`: a message without `op` in a list. */
void message_read_pairs(struct reader *r, const struct shape *shape,
                        uint32_t pairs, struct message *m, struct fault *fault);

static inline void
fault_clear(struct fault *fault)
{
    fault->code = ERR_NONE;
    fault->broken = false;
    fault->text[0] = '\0';
}

/* Keeps the first fault only. */
void fault_set(struct fault *fault, enum err code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The bytes could not be followed: that is what counts, whatever was before. */
void fault_broken(struct fault *fault, const char *why);

/* A stranger's word, fit for a terminal: quoted, ASCII, and short. */
enum { FAULT_QUOTE = 64 };
const char *fault_quote(struct slice word, char quoted[static FAULT_QUOTE]);

#endif
