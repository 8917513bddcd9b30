/* SPDX-License-Identifier: MPL-2.0 */
/*
 * little: numbers in files, their lowest byte first, whatever machine wrote
 * them. What is on the wire is MessagePack's and the other way round.
 */
#ifndef CONFAB_LITTLE_H
#define CONFAB_LITTLE_H

#include <stddef.h>
#include <stdint.h>

/* The lowest `bytes` of it, at most 8. */
static inline void
little_put(uint8_t *at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static inline uint64_t
little_get(const uint8_t *at, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value |= (uint64_t)at[i] << (8 * i);
    return value;
}

#endif
