/* SPDX-License-Identifier: MPL-2.0 */
/*
 * xmem: memory that is there, or the broker is not.
 *
 * A broker that goes on after a failed allocation goes on in a state that
 * nobody has tested. Everything a stranger can make it keep is bounded by a
 * named limit, so running out means that the machine is too small: say so and
 * stop, the supervisor starts it again and clients resume. The library, which
 * lives in somebody else's process, does not use this.
 */
#ifndef CONFAB_XMEM_H
#define CONFAB_XMEM_H

#include <stddef.h>

/* As malloc, calloc and realloc, but never NULL (0 bytes gives a pointer, too).
 * The caller frees with free(). */
[[nodiscard]] void *xmalloc(size_t size);
[[nodiscard]] void *xcalloc(size_t count, size_t size);
[[nodiscard]] void *xrealloc(void *old, size_t size);

#endif
