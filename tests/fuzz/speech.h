/* SPDX-License-Identifier: MPL-2.0 */
/*
 * speech: bytes of a fuzzer to messages of clients that nearly make sense.
 *
 * Which keys a message has comes from the protocol's own table, so a new op is
 * spoken here without a change; their values come from few names and from what
 * the broker has said (watch.h), since names and numbers that are never met
 * again lead nowhere.
 */
#ifndef FUZZ_SPEECH_H
#define FUZZ_SPEECH_H

#include "input.h"
#include "watch.h"

/* A frame of a few messages, into `out`. */
struct slice speech_frame(struct input *in, struct watch *w, unsigned peer,
                          uint8_t out[static LIMIT_FRAME]);

/* What a conversation may begin with, since chance alone takes long to get
 * there: a hello with a lane, and a join of room number `room`. */
struct slice speech_hello(unsigned id, uint8_t out[static LIMIT_FRAME]);
struct slice speech_join(unsigned room, bool direct,
                         uint8_t out[static LIMIT_FRAME]);

#endif
