/* SPDX-License-Identifier: MPL-2.0 */
/*
 * tool_user: `confabd user`, who may connect.
 *
 * Each command reads the file under its lock, changes one line of it, and
 * stores it whole; a broker that is running sees that by itself. What is typed
 * is checked before anything is touched, and the answer says what it means for
 * the person, or what would have been right.
 */
#include <sodium.h>
#include <stdlib.h>

#include "access.h"
#include "edit.h"
#include "proto/name.h"
#include "proto/z85.h"
#include "secret.h"
#include "tool.h"

/* --- what was typed --- */

static bool
check_key(struct edit *edit, const char *text)
{
    uint8_t key[KEY_BYTES];
    return z85_decode(slice_str(text), key) ||
           EDIT_FAIL(
               edit,
               "'%s' is not a key: it has %d characters, such as "
               "'rq:rM>}U?@Lns47E1%%kR.o@n%%FcmmsL/@{H8]yf7', in quotes for "
               "the shell; `confab keygen` on the user's machine prints his",
               text, Z85_KEY);
}

static bool
check_role(struct edit *edit, const char *text, enum role *role)
{
    return role_find(slice_str(text), role) ||
           EDIT_FAIL(edit,
                     "'%s' is no role: there are member, moderator and admin",
                     text);
}

/* Whom the command is about; NULL: nobody. */
static bool
check_id(struct edit *edit, const char *text)
{
    edit->id = slice_str(text ? text : "");
    const char *fault = text ? name_fault(edit->id) : NULL;
    return !fault || EDIT_FAIL(edit, "'%s' is no id: it %s", text, fault);
}

static int
find_key(const struct user *user, const char *key)
{
    for (unsigned i = 0; i < user->key_count; i++) {
        if (!strcmp(user->keys[i], key)) {
            return (int)i;
        }
    }
    return -1;
}

/* --- the commands --- */

static bool
give_key(struct edit *edit, const char *key)
{
    struct user *user = &edit->user;
    const struct user *owner = users_with(&edit->users, slice_str(key));
    if (find_key(user, key) >= 0) {
        return true; /* he has it */
    }
    if (owner) {
        return EDIT_FAIL(edit,
                         "this key is that of %.*s: a key belongs to one id",
                         SLICE_ARG(owner->id));
    }
    if (user->key_count == USER_KEYS) {
        return EDIT_FAIL(
            edit,
            "%.*s has %u keys already, the most there can be: `confabd "
            "user remove ID KEY` takes one away",
            SLICE_ARG(user->id), user->key_count);
    }
    memcpy(user->keys[user->key_count++], key, LIMIT_KEY + 1);
    return true;
}

static void
say_role(const struct user *user)
{
    const char *word = role_word(user->role);
    printf("%.*s is %s %s now\n", SLICE_ARG(user->id),
           *word == 'a' ? "an" : "a", word);
}

/* What has changed, for the person. */
static void
say_added(const struct edit *edit, const struct options *options)
{
    static const struct user nobody = {.role = ROLE_MEMBER};
    const struct user *user = &edit->user;
    const struct user *old = edit->old ? edit->old : &nobody;
    bool could = old->key_count > 0 || *old->hash;
    bool can = user->key_count > 0 || *user->hash;
    unsigned more = user->key_count - old->key_count;
    if (can && !could) {
        printf("%.*s may connect now\n", SLICE_ARG(user->id));
    } else if (!can && !edit->old) {
        printf("%.*s is listed now, without a key: `confab keygen` on the "
               "user's machine prints his\n",
               SLICE_ARG(user->id));
    } else if (more > 0) {
        printf("%.*s may connect with %u keys now\n", SLICE_ARG(user->id),
               user->key_count);
    } else if (!options->password && user->role == old->role) {
        printf("%.*s is listed like that already\n", SLICE_ARG(user->id));
    }
    if (options->password && could) {
        printf("%.*s has a new password now\n", SLICE_ARG(user->id));
    }
    if (user->role != old->role) {
        say_role(user);
    }
    if (options->file && edit->config->access == ACCESS_OPEN) {
        fputs("With access open nobody is asked for a key: confab.conf(5)\n",
              stderr);
    }
}

static bool
add(struct edit *edit, const struct options *options)
{
    char hash[USER_HASH] = "";
    enum role role = ROLE_MEMBER;
    for (unsigned i = 1; i < options->word_count; i++) {
        if (!check_key(edit, options->words[i])) {
            return false;
        }
    }
    if (options->role && !check_role(edit, options->role, &role)) {
        return false;
    }
    if (options->password && !secret_hash(hash, &edit->error)) {
        return false;
    }
    if (!edit_begin(edit) || (!edit->old && !edit_check_new(edit))) {
        return false;
    }
    for (unsigned i = 1; i < options->word_count; i++) {
        if (!give_key(edit, options->words[i])) {
            return false;
        }
    }
    if (options->role) {
        edit->user.role = role;
    }
    if (options->password) {
        memcpy(edit->user.hash, hash, sizeof hash);
    }
    if (!edit_store(edit, &edit->user)) {
        return false;
    }
    say_added(edit, options);
    return true;
}

static bool
remove_key(struct edit *edit, const char *key)
{
    struct user *user = &edit->user;
    int at = find_key(user, key);
    if (at < 0) {
        return EDIT_FAIL(edit, "%.*s has no such key: see `confabd user list`",
                         SLICE_ARG(user->id));
    }
    user->key_count--;
    memmove(user->keys + at, user->keys + at + 1,
            (user->key_count - (unsigned)at) * sizeof *user->keys);
    if (!edit_store(edit, user)) {
        return false;
    }
    if (user->key_count == 0) {
        printf("%.*s has no key any more%s\n", SLICE_ARG(user->id),
               *user->hash ? ", but a password" : "");
    } else {
        printf("%.*s may connect with %u key%s now\n", SLICE_ARG(user->id),
               user->key_count, user->key_count > 1 ? "s" : "");
    }
    return true;
}

static bool
take_away(struct edit *edit, const struct options *options)
{
    const char *key = options->words[1];
    if (key && !check_key(edit, key)) {
        return false;
    }
    if (!edit_begin(edit)) {
        return false;
    }
    if (!edit->old) {
        return edit_fail_unknown(edit);
    }
    if (key) {
        return remove_key(edit, key);
    }
    if (!edit_store(edit, NULL)) {
        return false;
    }
    printf("%.*s is not listed any more\n", SLICE_ARG(edit->id));
    return true;
}

static bool
change_role(struct edit *edit, const struct options *options)
{
    enum role role;
    if (!check_role(edit, options->words[1], &role) || !edit_begin(edit)) {
        return false;
    }
    if (!edit->old) {
        return edit_fail_unknown(edit);
    }
    edit->user.role = role;
    if (!edit_store(edit, &edit->user)) {
        return false;
    }
    say_role(&edit->user);
    return true;
}

static bool
list(struct edit *edit, const struct options *options)
{
    (void)options;
    if (!edit_read(edit)) {
        return false;
    }
    const struct user *user = users_next(&edit->users, NULL);
    if (!user) {
        fprintf(stderr, "Nobody is listed in %s\n", edit->path);
        edit_hint_service(edit);
    }
    for (; user; user = users_next(&edit->users, user)) {
        printf("%.*s\t%s", SLICE_ARG(user->id), role_word(user->role));
        for (unsigned i = 0; i < user->key_count; i++) {
            printf("\t%s", user->keys[i]);
        }
        puts(*user->hash ? "\tpassword" : "");
    }
    return true;
}

int
tool_user(const struct options *options, const struct config *config,
          const char *self)
{
    struct edit edit = {.config = config, .lock = -1};
    static bool (*const runs[])(struct edit *, const struct options *) = {
        [COMMAND_USER_ADD] = add,
        [COMMAND_USER_REMOVE] = take_away,
        [COMMAND_USER_LIST] = list,
        [COMMAND_USER_ROLES] = change_role,
    };
    bool done = config_users_path(config, edit.path, &edit.error);
    if (sodium_init() < 0) {
        done = EDIT_FAIL(&edit, "the system gives no random bytes");
    }
    done = done && check_id(&edit, options->words[0]) &&
           runs[options->command](&edit, options);
    if (!done) {
        fprintf(stderr, "%s: %s\n", self, edit.error.text);
    }
    edit_end(&edit);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
