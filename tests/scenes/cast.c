/* SPDX-License-Identifier: MPL-2.0 */
/* cast: see cast.h. */
#include "cast.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/z85.h"

static const struct {
    const char *id, *role;
} users[] = {
    {"ann", "admin"},  {"mia", "moderator"}, {"bob", "member"},
    {"eve", "member"}, {"~", "member"},
};

static const struct {
    const char *label, *rule;
} rules[] = {
    {"news", "allow moderator say news"},
    {"made", "deny id:eve create made*"},
    {"mail", "deny id:eve tell mia"},
    {"ops", "deny id:eve join staff-ops"},
};

static const char closed[] = "staff*";

void
cast_key(const char *name, struct cast_key *key)
{
    uint8_t seed[crypto_box_SEEDBYTES];
    uint8_t open[crypto_box_PUBLICKEYBYTES], secret[crypto_box_SECRETKEYBYTES];
    size_t len = strlen(name);
    while (len && name[len - 1] >= '0' && name[len - 1] <= '9')
        len--;
    crypto_generichash(seed, sizeof seed, (const uint8_t *)name, len, NULL, 0);
    crypto_box_seed_keypair(open, secret, seed);
    z85_encode(open, key->open);
    z85_encode(secret, key->secret);
}

void
cast_users(FILE *file)
{
    for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
        struct cast_key key;
        cast_key(users[i].id, &key);
        fprintf(file, "%s role=%s key=%s\n", users[i].id, users[i].role,
                key.open);
    }
}

void
cast_rules(FILE *file)
{
    fprintf(file, "closed\n    staff = \"%s\"\nrules\n", closed);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        fprintf(file, "    %s = \"%s\"\n", rules[i].label, rules[i].rule);
}

void
cast_access(enum access_mode mode, struct access *access)
{
    struct config_error error;
    char *text = NULL;
    size_t len;
    *access = (struct access){.mode = mode};
    FILE *file = open_memstream(&text, &len);
    if (!file)
        abort();
    cast_users(file);
    if (fclose(file))
        abort();
    bool good =
        users_read(&access->users, slice_of(text, len), "users", &error) &&
        rules_add_closed(&access->rules, "staff", closed, &error);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        good = good &&
               rules_add(&access->rules, rules[i].label, rules[i].rule, &error);
    if (!good || !rules_check(&access->rules, &error))
        abort();
    free(text);
}
