/* SPDX-License-Identifier: MPL-2.0 */
/*
 * users: the tables, and how to find somebody in them.
 *
 * Asked for at every handshake and every hello, by what strangers send: so the
 * tables have a keyed hash, and a slice of the wrong length finds nobody.
 */
#include "users_inner.h"

#include <assert.h>
#include <stdlib.h>

#include "hash.h"
#include "proto/name.h"

struct user_entry {
    struct user user; /* first */
    unsigned line;
    UT_hash_handle hh;
    char id[]; /* LIMIT_NAME at most; user.id is it */
};

struct user_key {
    const struct user *owner;
    const char *key; /* one of his */
    UT_hash_handle hh;
};

/* What an id looks like. */
struct user_look {
    const struct user *owner;
    UT_hash_handle hh;
    uint8_t fold[];
};

struct user_table {
    struct user_entry *ids;
    struct user_key *keys;
    struct user_look *looks;
};

static const char *const role_words[ROLES] = {
    [ROLE_MEMBER] = "member",
    [ROLE_MODERATOR] = "moderator",
    [ROLE_ADMIN] = "admin",
};

const char *
role_word(enum role role)
{
    return role_words[role];
}

bool
role_find(struct slice word, enum role *role)
{
    for (unsigned i = 0; i < ROLES; i++) {
        if (slice_eq(word, slice_str(role_words[i]))) {
            *role = (enum role)i;
            return true;
        }
    }
    return false;
}

/* An entry begins with its user. */
static const struct user_entry *
entry_of(const struct user *user)
{
    return (const struct user_entry *)user;
}

unsigned
users_line(const struct user *user)
{
    return entry_of(user)->line;
}

static void
add_look(struct user_table *table, const struct user *user)
{
    uint8_t fold[NAME_FOLD_MAX];
    size_t len = name_fold(user->id, fold);
    struct user_look *look = xcalloc(1, sizeof *look + len);
    look->owner = user;
    memcpy(look->fold, fold, len);
    HASH_ADD_KEYPTR(hh, table->looks, look->fold, len, look);
}

struct user *
users_insert(struct users *users, struct slice id, unsigned line)
{
    if (!users->table) {
        users->table = xcalloc(1, sizeof *users->table);
    }
    struct user_table *table = users->table;
    struct user_entry *entry = xcalloc(1, sizeof *entry + id.len);
    memcpy(entry->id, id.data, id.len);
    entry->user.id = slice_of(entry->id, id.len);
    entry->line = line;
    HASH_ADD_KEYPTR(hh, table->ids, entry->id, id.len, entry);
    add_look(table, &entry->user);
    users->count++;
    return &entry->user;
}

void
users_give_key(struct users *users, struct user *user, struct slice key)
{
    assert(user->key_count < USER_KEYS && key.len == LIMIT_KEY);
    struct user_key *owned = xcalloc(1, sizeof *owned);
    char *copy = user->keys[user->key_count++];
    memcpy(copy, key.data, LIMIT_KEY);
    owned->owner = user;
    owned->key = copy;
    HASH_ADD_KEYPTR(hh, users->table->keys, owned->key, LIMIT_KEY, owned);
}

void
users_free(struct users *users)
{
    struct user_table *table = users->table;
    *users = (struct users){0};
    if (!table) {
        return;
    }
    HASH_FREE_ALL(struct user_look, table->looks);
    HASH_FREE_ALL(struct user_key, table->keys);
    HASH_FREE_ALL(struct user_entry, table->ids);
    free(table);
}

const struct user *
users_find(const struct users *users, struct slice id)
{
    struct user_entry *entry = NULL;
    if (users->table && id.len > 0 && id.len <= LIMIT_NAME) {
        HASH_FIND(hh, users->table->ids, id.data, id.len, entry);
    }
    return entry ? &entry->user : NULL;
}

const struct user *
users_with(const struct users *users, struct slice key)
{
    struct user_key *owned = NULL;
    if (users->table && key.len == LIMIT_KEY) {
        HASH_FIND(hh, users->table->keys, key.data, LIMIT_KEY, owned);
    }
    return owned ? owned->owner : NULL;
}

const struct user *
users_alike(const struct users *users, struct slice id)
{
    uint8_t fold[NAME_FOLD_MAX];
    struct user_look *look = NULL;
    if (users->table) {
        size_t len = name_fold(id, fold);
        HASH_FIND(hh, users->table->looks, fold, len, look);
    }
    return look ? look->owner : NULL;
}

const struct user *
users_next(const struct users *users, const struct user *user)
{
    const struct user_entry *next = NULL;
    if (user) {
        next = entry_of(user)->hh.next;
    } else if (users->table) {
        next = users->table->ids;
    }
    return next ? &next->user : NULL;
}
