/* SPDX-License-Identifier: MPL-2.0 */
/*
 * folder: what a file that must last needs of the folder it lies in.
 */
#ifndef CONFAB_FOLDER_H
#define CONFAB_FOLDER_H

#include <stdbool.h>

/* Makes the folders that lead to the file `path`, mode 0700, as far as they are
 * not there. What cannot be made is found out when the file is opened. */
void folder_make(const char *path);
/* Makes the name of the file `path` durable. False: errno says why. */
[[nodiscard]] bool folder_sync(const char *path);

#endif
