/* SPDX-License-Identifier: MPL-2.0 */
/*
 * users: the listed ones, with their keys, passwords and roles.
 *
 * A text file (mode 0600), a line a user, which `confabd user` edits and the
 * broker reads again whenever it was changed:
 *
 *     # id  what
 *     ann   role=admin key=Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID
 *     bob   key=rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7 key=...
 *     robot role=moderator password=$argon2id$v=19$m=65536,t=2,p=1$...
 *
 * An id stands in one line; it may have some keys (a laptop, a phone), one
 * password and one role (member when there is none). A key belongs to one id,
 * and no two ids look alike (name_fold). A comment has a line of its own: # is
 * a character of keys.
 */
#ifndef CONFAB_USERS_H
#define CONFAB_USERS_H

#include <stdbool.h>
#include <stddef.h>

#include "config_error.h"
#include "proto/limits.h"
#include "proto/slice.h"

enum role { ROLE_MEMBER, ROLE_MODERATOR, ROLE_ADMIN, ROLES };

enum {
    USERS_MAX = 65536,         /* users */
    USER_KEYS = 8,             /* keys of one */
    USER_HASH = 128,           /* bytes of a password's hash: libsodium's */
    USER_PASSWORD = 1024,      /* bytes of one, as on the wire */
    USERS_FILE_MAX = 32 << 20, /* bytes of the file */
};

struct user {
    struct slice id;
    enum role role;
    char keys[USER_KEYS][LIMIT_KEY + 1]; /* Z85 */
    unsigned key_count;
    char hash[USER_HASH]; /* "": no password */
};

struct users {
    struct user_table *table; /* NULL: none */
    size_t count;
};

/* "member", "moderator", "admin". Static. */
const char *role_word(enum role role);
/* False: there is no such role. */
[[nodiscard]] bool role_find(struct slice word, enum role *role);

/* Reads the text of a file; `path` is for the error, which names the line. */
[[nodiscard]] bool users_read(struct users *users, struct slice text,
                              const char *path, struct config_error *error);
/* The file at `path`; one that is not there is an empty one. One that others
 * may write to is refused. */
[[nodiscard]] bool users_load(struct users *users, const char *path,
                              struct config_error *error);
void users_free(struct users *users);

/* NULL when there is none. */
const struct user *users_find(const struct users *users, struct slice id);
/* Whose key it is. */
const struct user *users_with(const struct users *users, struct slice key);
/* Who looks like this valid id, or has it. */
const struct user *users_alike(const struct users *users, struct slice id);
/* All of them in the order of the file: NULL gives the first, the last NULL. */
const struct user *users_next(const struct users *users,
                              const struct user *user);

#endif
