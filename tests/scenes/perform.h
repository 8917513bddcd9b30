/* SPDX-License-Identifier: MPL-2.0 */
/*
 * perform: plays one scene on one driver.
 */
#ifndef SCENES_PERFORM_H
#define SCENES_PERFORM_H

#include "drive.h"

/* True when all went as written; else one line on stdout says what did not. */
[[nodiscard]] bool perform(const struct scene *scene,
                           const struct driver *driver);

#endif
