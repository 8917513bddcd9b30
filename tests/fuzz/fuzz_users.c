/* SPDX-License-Identifier: MPL-2.0 */
/*
 * fuzz_users: any text as the file of users.
 *
 * The first byte chooses what is edited when it was taken: a line is changed,
 * one is added, one goes. The edited text is taken again; all others in it are
 * as they were, and what was changed is what was wanted.
 */
#include <stdio.h>
#include <stdlib.h>

#include "agree.h"
#include "broker/hash.h"
#include "broker/users.h"
#include "broker/users_edit.h"
#include "proto/name.h"
#include "proto/z85.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char path[] = "users";
static const char hash[] = "$argon2id$v=19$m=65536,t=2,p=1$"
                           "8o0mOPSfhNOKKuGMgGRrHw$"
                           "ZjXDDsHRSVHnVJwSkYdkE7B0dgHOjgfNs3YKpOzIr1E";

static void
must_be_same(const struct user *a, const struct user *b)
{
    MUST(a && b && slice_eq(a->id, b->id) && a->role == b->role);
    MUST(a->key_count == b->key_count && !strcmp(a->hash, b->hash));
    for (unsigned i = 0; i < a->key_count; i++)
        MUST(!strcmp(a->keys[i], b->keys[i]));
}

/* Everybody is found by all that he is known by. */
static void
check(const struct users *users)
{
    size_t count = 0;
    const struct user *user = NULL;
    while ((user = users_next(users, user))) {
        count++;
        MUST(!name_fault(user->id));
        MUST(users_find(users, user->id) == user);
        MUST(users_alike(users, user->id) == user);
        MUST(user->role < ROLES && user->key_count <= USER_KEYS);
        MUST(strlen(user->hash) < USER_HASH);
        for (unsigned i = 0; i < user->key_count; i++) {
            uint8_t key[KEY_BYTES];
            struct slice text = slice_str(user->keys[i]);
            MUST(z85_decode(text, key));
            MUST(users_with(users, text) == user);
        }
    }
    MUST(count == users->count);
}

static void
edit(const struct users *users, struct slice text, struct slice id,
     const struct user *wanted)
{
    struct users after = {.count = 0};
    struct config_error error;
    size_t len = 0;
    char *edited = users_edit(text, id, wanted, &len);
    if (!users_read(&after, slice_of(edited, len), path, &error)) {
        fprintf(stderr, "%s\n", error.text);
        must_fail("what was edited is taken", __FILE__, __LINE__);
    }
    check(&after);
    const struct user *user = NULL;
    while ((user = users_next(users, user)))
        if (!slice_eq(user->id, id))
            must_be_same(user, users_find(&after, user->id));
    if (wanted)
        must_be_same(wanted, users_find(&after, id));
    else
        MUST(!users_find(&after, id));
    users_free(&after);
    free(edited);
}

static void
edit_some(const struct users *users, struct slice text, uint8_t which)
{
    const struct user *user = users_next(users, NULL);
    struct slice new = slice_str("somebody.new");
    struct user wanted = {.id = new, .role = which % ROLES};
    if (which & 4)
        (void)snprintf(wanted.hash, sizeof wanted.hash, "%s", hash);
    for (unsigned i = which / 8 % 4; user && i > 0; i--)
        user = users_next(users, user);
    if (!users_alike(users, new))
        edit(users, text, new, &wanted);
    if (!user)
        return;
    wanted = *user;
    wanted.role = which % ROLES;
    edit(users, text, user->id, &wanted);
    edit(users, text, user->id, NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint8_t key[16] = {1};
    struct users users = {.count = 0};
    struct config_error error = {.text = ""};
    if (!len)
        return 0;
    hash_seed(key);
    struct slice text = slice_of(data + 1, len - 1);
    if (users_read(&users, text, path, &error)) {
        check(&users);
        edit_some(&users, text, data[0]);
    } else {
        MUST(error.text[0] && strlen(error.text) < sizeof error.text);
        MUST(utf8_valid(slice_str(error.text)));
        for (const char *c = error.text; *c; c++)
            MUST((uint8_t)*c >= 0x20 && *c != 0x7f);
    }
    users_free(&users);
    return 0;
}
