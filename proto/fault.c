/* SPDX-License-Identifier: MPL-2.0 */
/*
 * fault: the sentence that says why a message was refused.
 *
 * It goes into `error.text`, so into terminals and logs of people who did not
 * write the message. It is therefore short, ASCII, and quotes what a stranger
 * sent only escaped and cut. The first fault is the one that is told; what the
 * reader finds on its way to the end of the message is only a consequence. The
 * exception: when the bytes end or make no sense, nothing else matters.
 */
#include <stdarg.h>
#include <stdio.h>

#include "message_inner.h"

void
fault_set(struct fault *fault, enum err code, const char *format, ...)
{
    va_list args;

    if (fault->code != ERR_NONE)
        return;
    fault->code = code;
    va_start(args, format);
    vsnprintf(fault->text, sizeof fault->text, format, args);
    va_end(args);
}

void
fault_broken(struct fault *fault, const char *why)
{
    fault->code = ERR_NONE;
    fault->broken = true;
    fault_set(fault, ERR_BAD_MESSAGE, "not readable: %s", why);
}

const char *
fault_quote(struct slice word, char quoted[static FAULT_QUOTE])
{
    static const char hex[] = "0123456789abcdef";
    size_t len = 0;

    quoted[len++] = '"';
    for (size_t i = 0; i < word.len; i++) {
        uint8_t c = word.data[i];
        if (len + 4 + sizeof "...\"" > FAULT_QUOTE) {
            memcpy(quoted + len, "...", 3);
            len += 3;
            break;
        }
        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
            quoted[len++] = (char)c;
            continue;
        }
        quoted[len++] = '\\';
        quoted[len++] = 'x';
        quoted[len++] = hex[c >> 4];
        quoted[len++] = hex[c & 15];
    }
    quoted[len++] = '"';
    quoted[len] = '\0';
    return quoted;
}
