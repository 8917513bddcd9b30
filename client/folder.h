/* SPDX-License-Identifier: MPL-2.0 */
/*
 * folder: the folders of this user that the XDG specification names.
 */
#ifndef CONFAB_CLIENT_FOLDER_H
#define CONFAB_CLIENT_FOLDER_H

/* The folder in the variable of the environment or, where that is none,
 * $HOME/`usual`; without a slash at its end, with malloc. `usual` NULL: only
 * the variable. NULL: there is none, or no memory. */
char *folder_home(const char *variable, const char *usual);

#endif
