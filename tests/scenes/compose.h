/* SPDX-License-Identifier: MPL-2.0 */
/*
 * compose: written messages to frames.
 *
 * Messages are packed by msgpack-c and not by our own writer: a scene must be
 * able to say what our own writer cannot, a wrong type, a missing key.
 */
#ifndef SCENES_COMPOSE_H
#define SCENES_COMPOSE_H

#include "word.h"

enum { PARTS_MAX = 8 };

/* The next frame of a line: one message, or several in brackets. `*text` moves
 * behind it. A hello without `v` or `id` gets v=1 and id=ACTOR. False: `fault`
 * is the word that makes no sense. */
[[nodiscard]] bool compose_frame(const struct words *w, const char *actor,
                                 const char **text, struct slice *frame,
                                 const char **fault);
/* Parts written in hex. */
[[nodiscard]] bool compose_raw(struct pool *pool, const char *text,
                               struct slice parts[static PARTS_MAX],
                               unsigned *count);

#endif
