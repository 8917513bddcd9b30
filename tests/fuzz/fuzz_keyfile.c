/* SPDX-License-Identifier: MPL-2.0 */
/*
 * fuzz_keyfile: any text as a key, an address of a broker, a key file, a
 * network.
 *
 * What is taken is what it says it is, and written and read again it is the
 * same.
 */
#include <stdlib.h>

#include "agree.h"
#include "broker/cidr.h"
#include "broker/net_origin.h"
#include "proto/address.h"
#include "proto/keyfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_z85(struct slice text)
{
    uint8_t key[KEY_BYTES];
    char again[Z85_KEY + 1];
    if (!z85_decode(text, key))
        return;
    z85_encode(key, again);
    MUST(slice_eq(slice_str(again), text));
}

static void
check_keyfile(struct slice text)
{
    struct keypair pair;
    uint8_t key[KEY_BYTES];
    if (keyfile_parse(text, &pair))
        return;
    MUST(z85_decode(slice_str(pair.public_key), key));
    MUST(z85_decode(slice_str(pair.secret_key), key));
}

static void
check_address(const char *text)
{
    struct address address, again;
    uint8_t key[KEY_BYTES];
    char printed[ADDRESS_TEXT];
    const char *fault = address_read(text, &address);
    MUST(fault || memchr(address.endpoint, 0, sizeof address.endpoint));
    if (fault || !address.key[0])
        return;
    MUST(address_is(text) && !strncmp(address.endpoint, "tcp://", 6));
    MUST(z85_decode(slice_str(address.key), key));
    address_print(&address, printed);
    MUST(strlen(printed) < sizeof printed);
    MUST(!address_read(printed, &again));
    MUST(!strcmp(address.endpoint, again.endpoint));
    MUST(!strcmp(address.key, again.key));
}

static void
check_network(struct slice text)
{
    struct cidr network, again;
    char printed[CIDR_TEXT];
    struct origin origin = origin_read(text);
    MUST(memchr(origin.text, 0, sizeof origin.text));
    if (origin.text[0]) {
        MUST(cidr_read(slice_str(origin.text), &network));
        MUST(network.bits == 128);
    }
    if (!cidr_read(text, &network))
        return;
    MUST(network.bits <= 128);
    cidr_print(&network, printed);
    MUST(cidr_read(slice_str(printed), &again));
    MUST(again.bits == network.bits);
    MUST(!memcmp(again.bytes, network.bytes, sizeof again.bytes));
    MUST(network.bits < 128 || cidr_has(&network, &again));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct slice text = slice_of(data, len);
    check_z85(text);
    check_keyfile(text);
    check_network(text);
    char *copy = malloc(len + 1);
    MUST(copy);
    memcpy(copy, data, len);
    copy[len] = '\0';
    check_address(copy);
    free(copy);
    return 0;
}
