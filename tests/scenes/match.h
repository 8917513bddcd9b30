/* SPDX-License-Identifier: MPL-2.0 */
/*
 * match: does the message that came say what the scene expects?
 *
 * Only what is written is compared; other keys may be there. Messages are read
 * by msgpack-c, not by our own reader.
 */
#ifndef SCENES_MATCH_H
#define SCENES_MATCH_H

#include <msgpack.h>
#include <stdio.h>

#include "word.h"

/* When it matches, names that had no value get theirs; else nothing changes. */
bool match_message(const struct words *w, const struct sentence *s,
                   const msgpack_object *message);
/* A message in the words of a scene, long texts cut. */
void match_show(FILE *out, const msgpack_object *message);
/* The value of a key of a map, NULL when it is not there. */
const msgpack_object *match_get(const msgpack_object *map, const char *key);
bool match_is_text(const msgpack_object *object, const char *text);

#endif
