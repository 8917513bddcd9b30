/* SPDX-License-Identifier: MPL-2.0 */
/*
 * serverkey: see serverkey.h.
 *
 * Two brokers that start at once make two keys, and one of them finds that the
 * file is there: it takes that one. A pair whose halves do not belong together
 * would start and then refuse everybody without a word, so that is looked at.
 */
#include "serverkey.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static_assert(crypto_box_PUBLICKEYBYTES == KEY_BYTES, "Z85 of a public key");
static_assert(crypto_box_SECRETKEYBYTES == KEY_BYTES, "Z85 of a secret key");

static void
pair_make(struct keypair *pair)
{
    uint8_t public_key[KEY_BYTES], secret_key[KEY_BYTES];
    crypto_box_keypair(public_key, secret_key);
    z85_encode(public_key, pair->public_key);
    z85_encode(secret_key, pair->secret_key);
    sodium_memzero(secret_key, sizeof secret_key);
}

static bool
is_pair(const struct keypair *pair)
{
    uint8_t public_key[KEY_BYTES], secret_key[KEY_BYTES], right[KEY_BYTES];
    bool is = z85_decode(slice_str(pair->public_key), public_key) &&
              z85_decode(slice_str(pair->secret_key), secret_key) &&
              crypto_scalarmult_base(right, secret_key) == 0 &&
              sodium_memcmp(right, public_key, sizeof right) == 0;
    sodium_memzero(secret_key, sizeof secret_key);
    return is;
}

static bool
take_code(int code, const char *path, const struct keypair *pair,
          const char *fault, struct config_error *error)
{
    if (code) {
        config_fail(error, "key: %s", fault);
        return false;
    }
    if (!is_pair(pair)) {
        config_fail(error,
                    "key: %s: its public key does not belong to its secret "
                    "key; restore the file, or remove it for a new key, which "
                    "all clients must then be told",
                    path);
        return false;
    }
    return true;
}

bool
serverkey_read(const char *path, struct keypair *pair,
               struct config_error *error)
{
    char fault[KEYFILE_FAULT];
    int code = keyfile_load(path, pair, fault);
    if (code == ENOENT) {
        config_fail(error,
                    "key: %s is not there: the broker makes it when it starts "
                    "with access claim or keys",
                    path);
        return false;
    }
    return take_code(code, path, pair, fault, error);
}

bool
serverkey_load(const char *path, struct keypair *pair,
               struct config_error *error)
{
    char fault[KEYFILE_FAULT];
    int code = keyfile_load(path, pair, fault);
    if (code == ENOENT) {
        pair_make(pair);
        code = keyfile_save(path, pair, fault);
    }
    if (code == EEXIST) {
        code = keyfile_load(path, pair, fault);
    }
    return take_code(code, path, pair, fault, error);
}

/* What follows tcp://0.0.0.0: and its like; NULL: it is one address. */
static const char *
port_of_all(const char *endpoint)
{
    static const char *const all[] = {
        "tcp://0.0.0.0:", "tcp://[::]:", "tcp://*:"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (!strncmp(endpoint, all[i], strlen(all[i]))) {
            return endpoint + strlen(all[i]);
        }
    }
    return NULL;
}

void
serverkey_address(const char *endpoint, const struct keypair *pair,
                  char text[static ADDRESS_TEXT])
{
    struct address address;
    char host[ADDRESS_ENDPOINT / 2] = "";
    const char *port = port_of_all(endpoint);
    if (!pair || strncmp(endpoint, "tcp://", strlen("tcp://")) != 0) {
        (void)snprintf(text, ADDRESS_TEXT, "%s", endpoint);
        return;
    }
    if (port && gethostname(host, sizeof host - 1) == 0 && host[0]) {
        (void)snprintf(address.endpoint, sizeof address.endpoint,
                       "tcp://%s:%.5s", host, port);
    } else {
        (void)snprintf(address.endpoint, sizeof address.endpoint, "%s",
                       endpoint);
    }
    memcpy(address.key, pair->public_key, sizeof address.key);
    address_print(&address, text);
}
