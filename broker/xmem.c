/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The message goes out by write(2) from the stack: stdio may want memory, too.
 */
#include "xmem.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

_Noreturn static void
out_of_memory(size_t size)
{
    char line[96];
    int len = snprintf(line, sizeof line,
                       "confabd: out of memory (%zu bytes asked for)\n", size);
    if (len > 0 && write(STDERR_FILENO, line, (size_t)len) < 0)
        abort(); /* nobody to tell */
    abort();
}

void *
xmalloc(size_t size)
{
    void *p = malloc(size ? size : 1);
    if (!p)
        out_of_memory(size);
    return p;
}

void *
xcalloc(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size ? size : 1);
    if (!p)
        out_of_memory(size);
    return p;
}

void *
xrealloc(void *old, size_t size)
{
    void *p = realloc(old, size ? size : 1);
    if (!p)
        out_of_memory(size);
    return p;
}
