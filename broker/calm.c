/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Linux has a priority per thread, behind a call that POSIX has for processes.
 * Elsewhere it would slow down the whole broker, so nothing is done there; the
 * pauses that such a thread makes must do.
 */
#define _DEFAULT_SOURCE /* setpriority */
#include "calm.h"

#ifdef __linux__
#include <sys/resource.h>

enum { NICE = 10 };

void
calm_thread(void)
{
    (void)setpriority(PRIO_PROCESS, 0, NICE);
}
#else
void
calm_thread(void)
{
}
#endif
