/* SPDX-License-Identifier: MPL-2.0 */
/*
 * checker: a thread that compares passwords with their hashes.
 *
 * Argon2id is slow and takes 64 MiB on purpose, so one thread does one check at
 * a time and the loop waits for none. What waits is bounded: who floods the
 * broker with passwords makes others who log in by password wait, and nobody
 * else. An unknown user costs the same time as a wrong password.
 */
#ifndef CONFAB_CHECKER_H
#define CONFAB_CHECKER_H

#include <stdint.h>

#include "proto/slice.h"

enum { CHECKER_WAITING = 64 /* questions without an answer that was taken */ };

struct checker;

/* Call it with all signals blocked that the process handles elsewhere, after
 * sodium_init. NULL: errno says why. */
[[nodiscard]] struct checker *checker_new(void);
/* Waits for the check that is going on; `*checker` becomes NULL. */
void checker_free(struct checker **checker);

/* Is it the password of this hash? An empty hash (no such user, no password):
 * no, after the same time. Copies both, and forgets the password when it is
 * checked. False: CHECKER_WAITING are waiting, ask later. */
[[nodiscard]] bool checker_ask(struct checker *checker, uint64_t handle,
                               struct slice hash, struct slice password);
/* Readable when there is an answer. Borrowed. */
int checker_fd(const struct checker *checker);
/* The next answer, in the order of the questions. False: there is none (any
 * more), and checker_fd waits for the next. */
bool checker_answer(struct checker *checker, uint64_t *handle, bool *right);

#endif
