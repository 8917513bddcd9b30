/* SPDX-License-Identifier: MPL-2.0 */
/*
 * confab_key: the public functions about keys; they need no client.
 */
#include <stdio.h>
#include <stdlib.h>

#include "client.h"
#include "nearby.h"
#include "proto/name.h"
#include "proto/os.h"

int
confab_server_key(const char *url, char key[CONFAB_KEY_SIZE])
{
    struct address address;
    if (!url)
        url = client_default_url;
    int error = client_read_url(url, &address);
    if (error)
        return error;
    if (!address.key[0] && !nearby_key(url, address.key))
        return client_fail(CONFAB_EKEY, "no key of the broker is known");
    memcpy(key, address.key, sizeof address.key);
    return CONFAB_OK;
}

int
confab_key_path(const char *id, char *path, size_t size)
{
    const char *fault = id ? name_fault(slice_str(id)) : "is missing";
    if (fault)
        return client_fail(CONFAB_EINVALID, "id %s", fault);
    char *usual = keys_path(id);
    size_t len = usual ? strlen(usual) : 0;
    bool fits = usual && len < size;
    if (fits)
        memcpy(path, usual, len + 1);
    free(usual);
    if (fits)
        return CONFAB_OK;
    return client_fail(CONFAB_EINVALID,
                       len ? "the path is too long" : "HOME is not set");
}

int
confab_key(const char *path, char public_key[CONFAB_KEY_SIZE], bool *made)
{
    char fault[KEYFILE_FAULT] = "";
    struct keypair pair;
    bool fresh = false;
    static_assert(CONFAB_KEY_SIZE == sizeof pair.public_key,
                  "as confab.h says");
    if (!keys_get(path, &pair, &fresh, fault))
        return client_fail(CONFAB_EKEY, "%s", fault);
    memcpy(public_key, pair.public_key, sizeof pair.public_key);
    os_wipe(&pair, sizeof pair);
    if (made)
        *made = fresh;
    return CONFAB_OK;
}
