/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_input: see cmd_input.h.
 */
#include "cmd_input.h"

#include <errno.h>
#include <unistd.h>

/* Reads from stdin until `size` bytes are there or it ends; a signal ends it
 * whenever it comes. 0 or an exit code. */
static int
read_input(const struct input *in, char *text, size_t size, size_t *len)
{
    *len = 0;
    while (*len < size) {
        unsigned woke = cmd_sleep(in->cmd, STDIN_FILENO, INT64_MAX);
        int code = woke & WAKE_GONE ? CMD_READER_GONE : in->take(in->context);
        if (code)
            return code;
        if (!(woke & WAKE_INPUT))
            continue;
        ssize_t n = read(STDIN_FILENO, text + *len, size - *len);
        if (n == 0)
            break;
        if (n < 0 && errno != EINTR && errno != EAGAIN) {
            cmd_error(in->cmd, "%s: stdin cannot be read: %s", in->doing,
                      strerror(errno));
            return EXIT_GENERAL;
        }
        *len += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* Counts how much there is on stdin besides the `len` bytes in `text`; what
 * never ends is not counted for ever. */
static int
too_large(const struct input *in, const char *text, size_t len)
{
    enum { COUNT_MAX = 16 * 1024 * 1024 };
    char more[4096];
    char last = text[len - 1];
    size_t n = sizeof more;
    while (n == sizeof more && len < COUNT_MAX) {
        int code = read_input(in, more, sizeof more, &n);
        if (code)
            return code;
        last = n ? more[n - 1] : last;
        len += n;
    }
    bool all = len < COUNT_MAX;
    cmd_error(
        in->cmd,
        "%s: a message is at most %d bytes, this has %s%zu (-l sends line "
        "by line)",
        in->doing, LIMIT_TEXT, all ? "" : "more than ",
        all ? len - (last == '\n') : (size_t)COUNT_MAX);
    return EXIT_INVALID;
}

int
input_text(const struct input *in, char text[static INPUT_SIZE])
{
    size_t len = 0;
    int code = read_input(in, text, INPUT_SIZE, &len);
    if (code)
        return code;
    if (len && len < INPUT_SIZE && text[len - 1] == '\n')
        len--;
    if (len > LIMIT_TEXT)
        return too_large(in, text, len);
    if (memchr(text, 0, len)) {
        cmd_error(in->cmd, "%s: has a NUL byte", in->doing);
        return EXIT_INVALID;
    }
    text[len] = '\0';
    return 0;
}
