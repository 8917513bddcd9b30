/* SPDX-License-Identifier: MPL-2.0 */
/*
 * folder: the folders of this user that the XDG specification names, and names
 * of files in them.
 */
#ifndef CONFAB_CLIENT_FOLDER_H
#define CONFAB_CLIENT_FOLDER_H

/* The folder in the variable of the environment or, where that is none,
 * $HOME/`usual`; without a slash at its end, with malloc. `usual` NULL: only
 * the variable. NULL: there is none, or no memory. */
char *folder_home(const char *variable, const char *usual);

enum { FOLDER_ESCAPED = 3 }; /* bytes that one byte of a name may take */
/* Writes the name so that it is one of a file: every byte but A-Z, a-z, 0-9,
 * `.`, `_` and `-`, and a `.` at the beginning, becomes %XX. Different names
 * stay different. `out` has FOLDER_ESCAPED bytes for each, and one for a NUL.
 */
void folder_escape(const char *name, char *out);

#endif
