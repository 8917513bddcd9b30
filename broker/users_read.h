/* SPDX-License-Identifier: MPL-2.0 */
/*
 * users_read: what a line of the file of users is, for who edits it.
 */
#ifndef CONFAB_USERS_READ_H
#define CONFAB_USERS_READ_H

#include "users.h"

/* Whose line it is; empty: blank, or a comment. Borrows the line. */
struct slice users_read_id(struct slice line);

#endif
