/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Runs of plain characters are written in one piece: nearly all text is one
 * run.
 */
#include "escape.h"

#include <utf8proc.h>

bool
escape_is_plain(int32_t code)
{
    if (code == ' ')
        return true;
    utf8proc_category_t category = utf8proc_category(code);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_SO;
}

void
escape_json(int32_t code, char escape[static ESCAPE_JSON])
{
    unsigned value = (unsigned)code;
    if (value <= 0xFFFF) {
        (void)snprintf(escape, ESCAPE_JSON, "\\u%04x", value);
        return;
    }
    value = (value - 0x10000) & 0xFFFFF;
    (void)snprintf(escape, ESCAPE_JSON, "\\u%04x\\u%04x",
                   0xD800 + (value >> 10), 0xDC00 + (value & 0x3FF));
}

/* The character at the start, and its bytes; a byte that belongs to none is
 * U+FFFD. */
static size_t
next_code(struct slice text, int32_t *code)
{
    utf8proc_ssize_t step =
        utf8proc_iterate(text.data, (utf8proc_ssize_t)text.len, code);
    if (step > 0)
        return (size_t)step;
    *code = 0xFFFD;
    return 1;
}

void
escape_string(FILE *out, struct slice text)
{
    size_t begin = 0;
    putc('"', out);
    for (size_t at = 0; at < text.len;) {
        int32_t code;
        char escape[ESCAPE_JSON];
        size_t len = next_code(slice_of(text.data + at, text.len - at), &code);
        bool quote = code == '"' || code == '\\';
        at += len;
        if (escape_is_plain(code) && !quote && code != 0xFFFD)
            continue;
        if (quote)
            (void)snprintf(escape, sizeof escape, "\\%c", (char)code);
        else
            escape_json(code, escape);
        fwrite(text.data + begin, 1, at - len - begin, out);
        fputs(escape, out);
        begin = at;
    }
    fwrite(text.data + begin, 1, text.len - begin, out);
    putc('"', out);
}
