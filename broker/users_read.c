/* SPDX-License-Identifier: MPL-2.0 */
/*
 * users_read: the text of the file of users.
 *
 * All of it is right, or none of it is used: who was left out by a slip of the
 * pen would be shut out, or keep a key that was meant to go. So nothing is
 * guessed, and an error names the line and what would have been right. Hashes
 * of passwords are never shown.
 */
#include "users_read.h"

#include <assert.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>

#include "proto/name.h"
#include "proto/z85.h"
#include "users_inner.h"

enum { SHOWN = 60 }; /* bytes of the file in an error */

static_assert(USER_HASH == crypto_pwhash_STRBYTES, "libsodium's hashes fit");
static_assert((int)LIMIT_KEY == (int)Z85_KEY, "a key is one in Z85");

/* A line as it is being read. */
struct reading {
    struct users *users;
    struct config_error *error;
    const char *path;
    unsigned line;
    struct user *user;
    bool has_role;
};

__attribute__((format(printf, 2, 3))) static bool
fail(struct reading *reading, const char *format, ...)
{
    char what[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    config_fail(reading->error, "%s:%u: %s", reading->path, reading->line,
                what);
    return false;
}

/* The beginning of a word, fit for a terminal: bytes that are not ASCII become
 * question marks. */
static const char *
shown(struct slice word, char text[static SHOWN + 1])
{
    size_t len = word.len < SHOWN ? word.len : SHOWN;
    for (size_t i = 0; i < len; i++) {
        bool plain = word.data[i] >= ' ' && word.data[i] <= '~';
        text[i] = plain ? (char)word.data[i] : '?';
    }
    text[len] = 0;
    return text;
}

/* Takes the first word off; an empty one: there is none left. */
static struct slice
next_word(struct slice *line)
{
    size_t at = 0;
    while (at < line->len &&
           (line->data[at] == ' ' || line->data[at] == '\t')) {
        at++;
    }
    size_t end = at;
    while (end < line->len && line->data[end] != ' ' &&
           line->data[end] != '\t') {
        end++;
    }
    struct slice word = slice_of(line->data + at, end - at);
    *line = slice_of(line->data + end, line->len - end);
    return word;
}

static bool
take_role(struct reading *reading, struct slice value)
{
    char text[SHOWN + 1];
    if (reading->has_role) {
        return fail(reading, "a user has one role, here are two");
    }
    reading->has_role = true;
    return role_find(value, &reading->user->role) ||
           fail(reading,
                "'%s' is no role: there are member, moderator and admin",
                shown(value, text));
}

static bool
take_key(struct reading *reading, struct slice value)
{
    char text[SHOWN + 1];
    uint8_t key[KEY_BYTES];
    if (!z85_decode(value, key)) {
        return fail(reading, "'%s' is no key: a key has %d characters of Z85",
                    shown(value, text), LIMIT_KEY);
    }
    const struct user *owner = users_with(reading->users, value);
    if (owner == reading->user) {
        return fail(reading, "key %s stands here twice", shown(value, text));
    }
    if (owner) {
        return fail(reading, "key %s is that of %.*s already, in line %u",
                    shown(value, text), SLICE_ARG(owner->id),
                    users_line(owner));
    }
    if (reading->user->key_count == USER_KEYS) {
        return fail(reading, "a user has at most %d keys", USER_KEYS);
    }
    users_give_key(reading->users, reading->user, value);
    return true;
}

static bool
take_password(struct reading *reading, struct slice value)
{
    char *hash = reading->user->hash;
    if (*hash) {
        return fail(reading, "a user has one password, here are two");
    }
    if (value.len > 0 && value.len < USER_HASH &&
        !memchr(value.data, 0, value.len)) {
        memcpy(hash, value.data, value.len);
        if (crypto_pwhash_str_needs_rehash(hash, 1, 1 << 20) >= 0) {
            return true;
        }
    }
    return fail(reading, "the password is not a hash: `confabd user add ID "
                         "--password` makes one");
}

static bool
take_word(struct reading *reading, struct slice word)
{
    static const struct {
        const char *name;
        bool (*take)(struct reading *reading, struct slice value);
    } words[] = {
        {"role=", take_role},
        {"key=", take_key},
        {"password=", take_password},
    };
    char text[SHOWN + 1];
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t len = strlen(words[i].name);
        if (word.len >= len && !memcmp(word.data, words[i].name, len)) {
            return words[i].take(reading,
                                 slice_of(word.data + len, word.len - len));
        }
    }
    return fail(reading,
                "'%s' is none of role=ROLE, key=KEY and password=HASH%s",
                shown(word, text),
                word.data[0] == '#' ? "; a comment has a line of its own" : "");
}

static bool
take_id(struct reading *reading, struct slice id)
{
    char text[SHOWN + 1];
    const char *fault = name_fault(id);
    if (fault) {
        return fail(reading, "'%s' is no id: it %s", shown(id, text), fault);
    }
    const struct user *other = users_alike(reading->users, id);
    if (other && slice_eq(other->id, id)) {
        return fail(reading, "%.*s stands in line %u already", SLICE_ARG(id),
                    users_line(other));
    }
    if (other) {
        return fail(reading, "%.*s looks like %.*s in line %u", SLICE_ARG(id),
                    SLICE_ARG(other->id), users_line(other));
    }
    if (reading->users->count == USERS_MAX) {
        return fail(reading, "more than %d users", USERS_MAX);
    }
    reading->user = users_insert(reading->users, id, reading->line);
    reading->has_role = false;
    return true;
}

struct slice
users_read_id(struct slice line)
{
    struct slice id = next_word(&line);
    return id.len > 0 && id.data[0] == '#' ? slice_of(id.data, 0) : id;
}

static bool
take_line(struct reading *reading, struct slice line)
{
    if (users_read_id(line).len == 0) {
        return true;
    }
    if (!take_id(reading, next_word(&line))) {
        return false;
    }
    for (struct slice word; (word = next_word(&line)).len > 0;) {
        if (!take_word(reading, word)) {
            return false;
        }
    }
    return true;
}

bool
users_read(struct users *users, struct slice text, const char *path,
           struct config_error *error)
{
    struct reading reading = {.users = users, .path = path, .error = error};
    *users = (struct users){0};
    if (text.len > USERS_FILE_MAX) {
        config_fail(error, "%s: larger than %d MiB", path,
                    USERS_FILE_MAX >> 20);
        return false;
    }
    while (text.len > 0) {
        reading.line++;
        if (!take_line(&reading, slice_line(&text))) {
            users_free(users);
            return false;
        }
    }
    return true;
}
