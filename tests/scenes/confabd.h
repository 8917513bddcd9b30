/* SPDX-License-Identifier: MPL-2.0 */
/*
 * confabd: the broker as a child process, for one scene.
 */
#ifndef SCENES_CONFABD_H
#define SCENES_CONFABD_H

#include <sys/types.h>

#include "scene.h"

struct confabd {
    pid_t pid;
    int out; /* its stdout */
    char folder[64];
    char bind[80], pub[80]; /* where it is */
    char key[80];           /* in Z85; "": it speaks in the open */
};

/* Starts it on free ports, with the scene's options in a file, and waits until
 * it is ready. False: `fault` says why. */
[[nodiscard]] bool confabd_start(struct confabd *c, const char *program,
                                 const struct scene *scene, char *fault,
                                 size_t size);
/* Stops it. False: it did not end as it should; `fault` is what it wrote. */
[[nodiscard]] bool confabd_stop(struct confabd *c, char *fault, size_t size);

#endif
