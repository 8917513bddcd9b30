/* SPDX-License-Identifier: MPL-2.0 */
/*
 * keys: see keys.h.
 *
 * Two programs may need the key of a new id at the same moment. keyfile_save
 * never writes over a file, so one of them wins, and both use the winner's.
 */
#define _GNU_SOURCE /* asprintf */
#include "keys.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "folder.h"
#include "proto/os.h"

char *
keys_path(const char *id)
{
    char *home = folder_home("XDG_DATA_HOME", ".local/share");
    char *name = malloc(FOLDER_ESCAPED * strlen(id) + 1);
    char *path = NULL;
    if (home && name) {
        folder_escape(id, name);
        if (asprintf(&path, "%s/confab/keys/%s.key", home, name) < 0)
            path = NULL;
    }
    free(home);
    free(name);
    return path;
}

/* A new pair. Its public half is pasted behind commands, so it never begins
 * with a -, as one of 85 would: `user add ann -c...` is an option. */
static bool
draw(struct keypair *pair)
{
    uint8_t public_key[KEY_BYTES], secret_key[KEY_BYTES];
    static_assert(crypto_box_PUBLICKEYBYTES == KEY_BYTES &&
                      crypto_box_SECRETKEYBYTES == KEY_BYTES,
                  "a CURVE key pair is one of crypto_box");
    do {
        if (crypto_box_keypair(public_key, secret_key) != 0)
            return false;
        z85_encode(public_key, pair->public_key);
    } while (pair->public_key[0] == '-');
    z85_encode(secret_key, pair->secret_key);
    os_wipe(secret_key, sizeof secret_key);
    return true;
}

static int
make(const char *path, char fault[static KEYFILE_FAULT])
{
    struct keypair pair;
    if (sodium_init() < 0 || !draw(&pair)) {
        snprintf(fault, KEYFILE_FAULT, "no random numbers for a key");
        return EIO;
    }
    int error = keyfile_save(path, &pair, fault);
    os_wipe(&pair, sizeof pair);
    return error;
}

bool
keys_get(const char *path, struct keypair *pair, bool *made,
         char fault[static KEYFILE_FAULT])
{
    int error = keyfile_load(path, pair, fault);
    *made = false;
    if (error != ENOENT)
        return error == 0;
    error = make(path, fault);
    *made = error == 0;
    return (error == 0 || error == EEXIST) &&
           keyfile_load(path, pair, fault) == 0;
}
