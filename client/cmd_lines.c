/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_lines: see cmd_lines.h. One buffer of `max` and a read's worth; what is
 * unread is moved to its front before the next read.
 */
#include "cmd_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_SIZE = 65536 };

bool
lines_init(struct lines *l, int fd, size_t max)
{
    *l = (struct lines){.fd = fd, .max = max, .cap = max + READ_SIZE};
    l->data = malloc(l->cap + 1); /* and the NUL of a last line without LF */
    return l->data;
}

void
lines_fini(struct lines *l)
{
    free(l->data);
    *l = (struct lines){.fd = -1};
}

/* Gives the first `len` unread bytes and takes `taken` of them. */
static enum lines_state
give(struct lines *l, char **line, size_t len, size_t taken)
{
    bool was_dropping = l->dropping;
    *line = l->data + l->start;
    (*line)[len] = '\0';
    l->start += taken;
    l->len -= taken;
    l->dropping = false;
    l->number++;
    return was_dropping || len > l->max ? LINES_LONG : LINES_LINE;
}

enum lines_state
lines_next(struct lines *l, char **line, size_t *len)
{
    char *end = l->len ? memchr(l->data + l->start, '\n', l->len) : NULL;
    if (end) {
        *len = (size_t)(end - (l->data + l->start));
        return give(l, line, *len, *len + 1);
    }
    if (l->eof && (l->len || l->dropping)) {
        *len = l->len;
        return give(l, line, l->len, l->len);
    }
    if (l->len > l->max) {
        l->dropping = true;
        l->len = 0;
    }
    return l->eof ? LINES_END : LINES_WAIT;
}

void
lines_fill(struct lines *l)
{
    if (l->len)
        memmove(l->data, l->data + l->start, l->len);
    l->start = 0;
    ssize_t n = read(l->fd, l->data + l->len, l->cap - l->len);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    l->eof = n <= 0;
    if (n > 0)
        l->len += (size_t)n;
    else if (n < 0)
        l->error = errno;
}
