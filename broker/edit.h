/* SPDX-License-Identifier: MPL-2.0 */
/*
 * edit: one change of the file of users, from reading it under its lock to
 * storing it whole.
 */
#ifndef CONFAB_EDIT_H
#define CONFAB_EDIT_H

#include "config.h"
#include "users.h"

struct edit {
    const struct config *config;
    char path[CONFIG_PATH];
    struct slice id;        /* whom it is about; borrowed */
    const struct user *old; /* his line as it is, NULL: there is none */
    struct user user;       /* as it is to be */
    int lock;               /* -1: not held */
    char *text;
    size_t len;
    struct users users;
    struct config_error error; /* when any of these gave false */
};

/* False, with the words of printf in `error`. */
#define EDIT_FAIL(edit, ...) (config_fail(&(edit)->error, __VA_ARGS__), false)

/* Reads the file, and no more: to look. */
[[nodiscard]] bool edit_read(struct edit *edit);
/* Reads the file and keeps others from editing it; fills `old` and `user`. */
[[nodiscard]] bool edit_begin(struct edit *edit);
/* Stores the file with this line, or with NULL without one. */
[[nodiscard]] bool edit_store(struct edit *edit, const struct user *user);
/* Lets others edit, and frees what is in it. */
void edit_end(struct edit *edit);

/* The id may be added: none looks like it, and there is room. */
[[nodiscard]] bool edit_check_new(struct edit *edit);
/* Nobody has the id: false, with those in the error that may have been meant.
 */
bool edit_fail_unknown(struct edit *edit);
/* Says on stderr where the service's file is, when root looks into his own. */
void edit_hint_service(const struct edit *edit);

#endif
