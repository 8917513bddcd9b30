/* SPDX-License-Identifier: MPL-2.0 */
/*
 * list: the arrays and maps inside answers, encoded into hub->list.
 *
 * Whoever builds one begins, appends elements while they fit, and hands the
 * bytes to the message that carries it. One list at a time.
 */
#ifndef CONFAB_LIST_H
#define CONFAB_LIST_H

#include <msgpack/pack.h>

#include "core.h"

/* What a message needs around its list. */
enum { LIST_LIMIT = LIMIT_FRAME - 1024 };

struct buffer list_begin(struct hub *hub);
msgpack_packer list_packer(struct buffer *list);
void list_str(msgpack_packer *packer, struct slice text);

/* Arrays whose length is known only at the end: reserves the header, closes it. */
void list_array(struct buffer *list);
struct slice list_close(struct buffer *list, unsigned count);

/* The names of the items of a roll from `at` on, at most `limit` of them; `more`
 * (may be NULL) tells whether some are left. */
struct slice list_roll(struct hub *hub, const struct roll *roll, size_t at,
                       size_t limit, bool *more);

#endif
