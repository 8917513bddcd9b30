/* SPDX-License-Identifier: MPL-2.0 */
/*
 * fuzz_gate: any frames as a ZAP question.
 *
 * The first byte says which of a question's frames are as they should be; each
 * of the others is a length and bytes of the input. Only what is wholly right
 * may pass, and then says just what stood in the frames. What is left of the
 * input is taken for two routing ids.
 */
#include <stdlib.h>

#include "agree.h"
#include "broker/gate.h"
#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { FRAMES = 9, CURVE_FRAMES = 7, NULL_FRAMES = 6 };

static const char key[KEY_BYTES + 1] = "01234567890123456789012345678901";
static const char *const right[] = {
    "1.0", "1", GATE_DOMAIN, "::ffff:10.0.0.1", "", "CURVE", key,
};

/* In a block of its exact size. */
static struct slice
some_frame(struct input *in)
{
    size_t left = (size_t)(in->end - in->at);
    size_t len = input_byte(in);
    len = len < left ? len : left ? left - 1 : 0;
    uint8_t *copy = malloc(len ? len : 1);
    MUST(copy);
    memcpy(copy, in->at, len);
    in->at += len;
    return slice_of(copy, len);
}

static void
check(const struct slice *frames, unsigned count,
      const struct gate_question *question)
{
    uint8_t bytes[KEY_BYTES];
    bool curve = question->key[0];
    MUST(count == (curve ? CURVE_FRAMES : NULL_FRAMES));
    MUST(slice_eq(frames[0], slice_str("1.0")));
    MUST(slice_eq(frames[2], slice_str(GATE_DOMAIN)));
    MUST(slice_eq(frames[5], slice_str(curve ? "CURVE" : "NULL")));
    MUST(slice_eq(question->number, frames[1]));
    MUST(question->number.len <= GATE_NUMBER);
    MUST(slice_eq(question->address, frames[3]));
    if (curve) {
        MUST(z85_decode(slice_str(question->key), bytes));
        MUST(slice_eq(frames[6], slice_of(bytes, KEY_BYTES)));
    }
}

static void
check_ids(struct input *in)
{
    struct slice one = some_frame(in);
    struct slice other = some_frame(in);
    if (gate_is_id(one) && gate_is_id(other)) {
        MUST(!gate_is_older(one, one));
        (void)gate_is_older(one, other);
    }
    free((void *)(uintptr_t)one.data);
    free((void *)(uintptr_t)other.data);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct input in = {.at = data, .end = data + len};
    struct slice frames[FRAMES];
    struct gate_question question;
    uint8_t which = input_byte(&in);
    unsigned count = input_byte(&in) % (FRAMES + 1);
    bool ours[FRAMES] = {false};
    for (unsigned i = 0; i < count; i++) {
        ours[i] = i < CURVE_FRAMES && which >> i & 1;
        frames[i] = ours[i] ? slice_str(right[i]) : some_frame(&in);
    }
    if (gate_read(frames, count, &question))
        check(frames, count, &question);
    else
        MUST(question.number.len <= GATE_NUMBER);
    check_ids(&in);
    for (unsigned i = 0; i < count; i++)
        if (!ours[i])
            free((void *)(uintptr_t)frames[i].data);
    return 0;
}
