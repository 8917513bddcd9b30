/* SPDX-License-Identifier: MPL-2.0 */
/*
 * users_inner: the tables behind struct users, for who fills them.
 *
 * Three ways in: by id, by key, and by what an id looks like. All are filled
 * while the file is read and never changed afterwards; a changed file makes
 * another struct users.
 */
#ifndef CONFAB_USERS_INNER_H
#define CONFAB_USERS_INNER_H

#include "users.h"

/* The line where it stands. */
unsigned users_line(const struct user *user);

/* Adds a user; the id is valid, copied, and not there, nor one like it. */
struct user *users_insert(struct users *users, struct slice id, unsigned line);
/* Gives a user one key more, a Z85 one that nobody has; there is room. */
void users_give_key(struct users *users, struct user *user, struct slice key);

#endif
