/* SPDX-License-Identifier: MPL-2.0 */
/*
 * input: the bytes of a fuzzer, taken one by one.
 */
#ifndef FUZZ_INPUT_H
#define FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>

struct input {
    const uint8_t *at, *end;
};

/* 0 at the end of the input. */
static inline uint8_t
input_byte(struct input *in)
{
    return in->at < in->end ? *in->at++ : 0;
}

#endif
