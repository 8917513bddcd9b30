/* SPDX-License-Identifier: MPL-2.0 */
/*
 * z85: CURVE keys as text (ZeroMQ RFC 32): 32 bytes are 40 characters.
 */
#ifndef CONFAB_Z85_H
#define CONFAB_Z85_H

#include "slice.h"

enum { Z85_KEY = 40, KEY_BYTES = 32 };

void z85_encode(const uint8_t key[static KEY_BYTES],
                char text[static Z85_KEY + 1]);
/* False: not 40 characters of Z85, or more than 32 bits in a group. */
[[nodiscard]] bool z85_decode(struct slice text, uint8_t key[static KEY_BYTES]);

#endif
