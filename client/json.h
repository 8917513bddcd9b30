/* SPDX-License-Identifier: MPL-2.0 */
/*
 * json: messages of PROTOCOL.md between MessagePack and JSON.
 *
 * The keys are the same and stand in the same order. Only `data` may be more
 * than JSON can hold, so it has three forms: `data` where JSON can hold it,
 * `data64` (base64 of the bytes) for a `bin`, and `msgpack64` (base64 of its
 * encoding) for all else: ext types, a bin inside, keys that are not strings or
 * stand twice, integers beyond 64 bits signed, NaN. Either way back gives the
 * same value.
 */
#ifndef CONFAB_JSON_H
#define CONFAB_JSON_H

#include <jansson.h>
#include <stdio.h>

#include "proto/message.h"

/* Writes the message in `raw` on one line, with control and bidi characters
 * escaped. Left out are its `ref` and `n`, which are libconfab's business, and
 * the secret `resume`. Unless it is NULL, `ref` stands behind `op`. False, and
 * nothing written, when it is no message. */
bool json_message(FILE *out, struct slice raw, const json_t *ref);
/* The same for a value. */
void json_line(FILE *out, const json_t *value);

/* Gives the one value of MessagePack in `raw` (what `data` holds) as JSON, or
 * NULL when JSON cannot hold it. */
json_t *json_from_value(struct slice raw);

/* Appends the object as one MessagePack map, with `data64` and `msgpack64`
 * turned back. NULL, or what is wrong with it (static text). */
const char *json_to_message(json_t *object, struct buffer *out);

/* Base64 (RFC 4648, with padding). Room for the text and a NUL is
 * BASE64_ROOM(len) bytes, for the bytes text_len / 4 * 3. */
#define BASE64_ROOM(len) (((len) + 2) / 3 * 4 + 1)
size_t base64_encode(struct slice bytes, char *text);
[[nodiscard]] bool base64_decode(const char *text, size_t text_len,
                                 uint8_t *bytes, size_t *len);

#endif
