/* SPDX-License-Identifier: MPL-2.0 */
/*
 * agree: two readers of MessagePack must say the same.
 */
#ifndef CONFAB_FUZZ_AGREE_H
#define CONFAB_FUZZ_AGREE_H

#include "proto/reader.h"

/* Stops the program, as a crash that the fuzzer keeps, unless `fact`. */
#define MUST(fact)                                                             \
    do {                                                                       \
        if (!(fact))                                                           \
            must_fail(#fact, __FILE__, __LINE__);                              \
    } while (0)

_Noreturn void must_fail(const char *fact, const char *file, int line);

/* The bytes are one value that confab's reader accepted: msgpack-c must accept
 * it, take all bytes, and see the same types and values in it. */
void agree_with_msgpack(struct slice bytes);

/* utf8_valid must say what utf8proc says; a name that name_fault accepts must
 * be what utf8proc makes of it in NFC. */
void agree_with_utf8proc(struct slice text);

#endif
