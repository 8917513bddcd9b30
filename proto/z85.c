/* SPDX-License-Identifier: MPL-2.0 */
/*
 * z85: 4 bytes are a number, most significant first; the number is 5 digits of
 * base 85. The digits are the printable characters of ASCII that C and a shell
 * in single quotes take as they are.
 *
 * libzmq's zmq_z85_decode takes any text whose length is a multiple of five and
 * writes as much as that makes; it does not see numbers above 32 bits either.
 * Keys come from files and command lines, so here one form is one key.
 */
#include "z85.h"

#include <assert.h>

enum { DIGITS = 85, GROUP_BYTES = 4, GROUP_CHARS = 5 };

static const char digits[DIGITS + 1] =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    ".-:+=^!/*?&<>()[]{}@%$#";

static_assert(KEY_BYTES / GROUP_BYTES * GROUP_CHARS == Z85_KEY,
              "32 bytes are 40 characters");

void
z85_encode(const uint8_t key[static KEY_BYTES], char text[static Z85_KEY + 1])
{
    for (size_t at = 0; at < KEY_BYTES; at += GROUP_BYTES) {
        uint32_t number = 0;
        for (size_t i = 0; i < GROUP_BYTES; i++)
            number = number << 8 | key[at + i];
        for (size_t i = GROUP_CHARS; i-- > 0; number /= DIGITS)
            text[i] = digits[number % DIGITS];
        text += GROUP_CHARS;
    }
    *text = 0;
}

/* The number of a group; false: it is none, or above 32 bits. */
static bool
read_group(const uint8_t *text, uint32_t *number)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < GROUP_CHARS; i++) {
        const char *digit = memchr(digits, text[i], DIGITS);
        if (!digit)
            return false;
        sum = sum * DIGITS + (uint64_t)(digit - digits);
    }
    *number = (uint32_t)sum;
    return sum <= UINT32_MAX;
}

bool
z85_decode(struct slice text, uint8_t key[static KEY_BYTES])
{
    if (text.len != Z85_KEY)
        return false;
    for (size_t group = 0; group < KEY_BYTES / GROUP_BYTES; group++) {
        uint32_t number;
        if (!read_group(text.data + group * GROUP_CHARS, &number))
            return false;
        for (size_t i = 0; i < GROUP_BYTES; i++)
            key[group * GROUP_BYTES + i] = (uint8_t)(number >> (24 - 8 * i));
    }
    return true;
}
