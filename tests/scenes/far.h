/* SPDX-License-Identifier: MPL-2.0 */
/* far: what somebody at another broker does, as a scene writes it. */
#ifndef SCENES_FAR_H
#define SCENES_FAR_H

#include "log_late.h"
#include "word.h"

/* False: the other broker does not know how to do that. */
[[nodiscard]] bool far_read(struct far *far, const struct words *words,
                            const struct sentence *s);

#endif
