/* SPDX-License-Identifier: MPL-2.0 */
/*
 * escape: strangers' text inside a line of JSON.
 *
 * A character is written as itself only when Unicode calls it a letter, mark,
 * number, punctuation or symbol, or when it is the plain space. Control and
 * format characters (which turn text around or drive terminals), separators and
 * broken UTF-8 are escaped: any reader of JSON gets them back, and no terminal
 * or line-wise program ever meets them.
 */
#ifndef CONFAB_ESCAPE_H
#define CONFAB_ESCAPE_H

#include <stdio.h>

#include "proto/slice.h"

enum { ESCAPE_JSON = 13 }; /* two surrogates and a NUL */

bool escape_is_plain(int32_t code);
/* A character as JSON writes it in ASCII. */
void escape_json(int32_t code, char escape[static ESCAPE_JSON]);
/* Writes the text as a JSON string, quotes included. */
void escape_string(FILE *out, struct slice text);

#endif
