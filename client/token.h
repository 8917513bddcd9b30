/* SPDX-License-Identifier: MPL-2.0 */
/*
 * token: the resume token of an inbox session, for the same user's scripts.
 *
 * In open mode a second session may speak as ann only if it knows the `resume`
 * secret of her inbox session. So that one leaves it in
 * $XDG_STATE_HOME/confab/resume-<hash of url and id>, readable by its user
 * alone, and takes it away at its end. A token left behind by a crash is void,
 * and a broker ignores it. Nothing here is worth an error: who cannot keep a
 * token only cannot speak beside himself.
 */
#ifndef CONFAB_CLIENT_TOKEN_H
#define CONFAB_CLIENT_TOKEN_H

#include "proto/slice.h"

enum { TOKEN_MAX = 64 };

/* Where it is (with malloc); NULL: nowhere (no home, no memory). */
char *token_path(const char *url, const char *id);
/* False, and "" in `token`, when there is none. */
bool token_load(const char *path, char token[static TOKEN_MAX + 1]);
void token_save(const char *path, struct slice token);
/* Removes it if it is (still) this one. */
void token_remove(const char *path, const char *token);

#endif
