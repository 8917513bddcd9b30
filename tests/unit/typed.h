/* SPDX-License-Identifier: MPL-2.0 */
/*
 * typed: a line of the terminal client in a test, what is typed into it and how
 * it looks then.
 */
#ifndef UNIT_TYPED_H
#define UNIT_TYPED_H

#include "client/term_line.h"

/* The result of the last byte. */
enum line_result typed(struct line *l, const char *bytes);
/* What the line must be, with `|` for the cursor. */
void assert_line(const struct line *l, const char *want);

#endif
