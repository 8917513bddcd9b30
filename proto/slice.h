/* SPDX-License-Identifier: MPL-2.0 */
/*
 * slice: bytes that somebody else owns.
 *
 * Everything that arrives from a socket is a slice until it has been checked.
 * A slice never ends in a NUL that one may rely on, and never outlives the
 * buffer it points into: whoever wants to keep the bytes copies them.
 */
#ifndef CONFAB_SLICE_H
#define CONFAB_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const uint8_t *data;
    size_t len;
};

/* printf("%.*s", SLICE_ARG(s)): only for slices known to be short text. */
#define SLICE_ARG(s) (int)(s).len, (const char *)(s).data

static inline struct slice
slice_of(const void *data, size_t len)
{
    return (struct slice){.data = data, .len = len};
}

/* Borrows a C string, without its NUL. */
static inline struct slice
slice_str(const char *text)
{
    return slice_of(text, strlen(text));
}

static inline bool
slice_eq(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || !memcmp(a.data, b.data, a.len));
}

static inline bool
slice_is_ascii(struct slice text)
{
    unsigned all = 0; /* no branch: this is how it gets fast */
    for (size_t i = 0; i < text.len; i++)
        all |= text.data[i];
    return all < 0x80;
}

/* Takes the first line of `*text`, which is not empty, off it and gives it
 * without its end. */
static inline struct slice
slice_line(struct slice *text)
{
    const uint8_t *end = (const uint8_t *)memchr(text->data, '\n', text->len);
    size_t len = end ? (size_t)(end - text->data) : text->len;
    size_t step = len + (end != NULL);
    struct slice line = slice_of(text->data, len);

    *text = slice_of(text->data + step, text->len - step);
    if (line.len > 0 && line.data[line.len - 1] == '\r')
        line.len--;
    return line;
}

/* Byte order: how ids and rooms are sorted on the wire. <0, 0 or >0. */
static inline int
slice_cmp(struct slice a, struct slice b)
{
    size_t least = a.len < b.len ? a.len : b.len;
    int order = least ? memcmp(a.data, b.data, least) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

#endif
