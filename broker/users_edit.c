/* SPDX-License-Identifier: MPL-2.0 */
/*
 * users_edit: see users_edit.h.
 *
 * The line that changes is written anew from what was read of it; every other
 * one is copied byte for byte.
 */
#include "users_edit.h"

#include <stdio.h>
#include <stdlib.h>

#include "users_read.h"

static const char head[] =
    "# Who may connect: confabd(8), `confabd user`. A line is an id with\n"
    "# role=ROLE, key=KEY (some) and password=HASH.\n";

static void
print_user(FILE *out, const struct user *user)
{
    fprintf(out, "%.*s", SLICE_ARG(user->id));
    if (user->role != ROLE_MEMBER) {
        fprintf(out, " role=%s", role_word(user->role));
    }
    for (unsigned i = 0; i < user->key_count; i++) {
        fprintf(out, " key=%s", user->keys[i]);
    }
    if (*user->hash) {
        fprintf(out, " password=%s", user->hash);
    }
    putc('\n', out);
}

char *
users_edit(struct slice text, struct slice id, const struct user *user,
           size_t *len)
{
    char *edited = NULL;
    FILE *out = open_memstream(&edited, len);
    if (!out) {
        abort(); /* no memory, as in xmem */
    }
    if (text.len == 0) {
        fputs(head, out);
    }
    while (text.len > 0) {
        const uint8_t *start = text.data;
        if (!slice_eq(users_read_id(slice_line(&text)), id)) {
            fwrite(start, 1, (size_t)(text.data - start), out);
            if (text.len == 0 && text.data[-1] != '\n') {
                putc('\n', out);
            }
        } else if (user) {
            print_user(out, user);
            user = NULL;
        }
    }
    if (user) {
        print_user(out, user);
    }
    if (fclose(out) != 0) {
        abort();
    }
    return edited;
}
