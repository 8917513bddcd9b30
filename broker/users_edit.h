/* SPDX-License-Identifier: MPL-2.0 */
/*
 * users_edit: the text of the file of users with one line changed.
 *
 * Pure. Lines of others, comments and their order stay as they are.
 */
#ifndef CONFAB_USERS_EDIT_H
#define CONFAB_USERS_EDIT_H

#include "users.h"

/* The text in which the line of `id` is that of `user`; a new one is the last.
 * `user` NULL: no line. The text has been read by users_read. To be freed;
 * `*len` bytes and a NUL. */
[[nodiscard]] char *users_edit(struct slice text, struct slice id,
                               const struct user *user, size_t *len);

#endif
