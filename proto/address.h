/* SPDX-License-Identifier: MPL-2.0 */
/*
 * address: where a broker is and what its key is, in one line to hand on.
 *
 *     confab://chat.example.org:7480/?key=Yne%40%24w-vo%3CfVvi%5Da...
 *
 * The key is in Z85, and everything in it that is not a letter or a digit is
 * written as %XX, so that neither a shell nor a mail program bends it; reading
 * takes both. Without a port it is 7480. IPv6 hosts stand in brackets. Such an
 * address always has a key: without encryption there is tcp://HOST:PORT.
 */
#ifndef CONFAB_ADDRESS_H
#define CONFAB_ADDRESS_H

#include "z85.h"

enum {
    ADDRESS_ENDPOINT = 256, /* bytes of tcp://HOST:PORT, with its NUL */
    ADDRESS_TEXT = 512,     /* bytes of an address, with its NUL */
    ADDRESS_PORT = 7480,
};

struct address {
    char endpoint[ADDRESS_ENDPOINT]; /* tcp://HOST:PORT */
    char key[Z85_KEY + 1];           /* "": none */
};

/* It begins with confab:// */
bool address_is(const char *text);
/* Reads confab://, and tcp:// and ipc:// without a key. NULL, or what is wrong
 * with it ("the key is not 40 characters of Z85"); static. */
[[nodiscard]] const char *address_read(const char *text,
                                       struct address *address);
/* Writes it as confab://; the endpoint is a tcp one. */
void address_print(const struct address *address,
                   char text[static ADDRESS_TEXT]);

#endif
