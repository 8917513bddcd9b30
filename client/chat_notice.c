/* SPDX-License-Identifier: MPL-2.0 */
/*
 * chat_notice: what this program has to say, as entries.
 *
 * It stands in the conversation that is looked at, since it is mostly the
 * answer to what was just typed; what is about one room alone stands there.
 */
#define _GNU_SOURCE /* vasprintf, open_memstream */
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include "chat.h"

static void
add(struct chat *ch, struct chat_buffer *b, enum entry_kind kind,
    const char *line)
{
    struct entry entry = {
        .kind = kind,
        .time = cmd_wall(),
        .text = line,
        .text_len = strlen(line),
    };
    const struct entry *e = buffer_add(b, &entry, BUFFER_LIVE);
    if (e)
        ch->view->entry(ch, b, e);
    chat_changed(ch);
}

void
chat_notice(void *context, const char *line)
{
    struct chat *ch = context;
    snprintf(ch->last_words, sizeof ch->last_words, "%s", line);
    add(ch, buffers_current(&ch->buffers), ENTRY_STATUS, line);
}

static void __attribute__((format(printf, 4, 0)))
add_format(struct chat *ch, struct chat_buffer *b, enum entry_kind kind,
           const char *format, va_list list)
{
    char *line = NULL;
    if (vasprintf(&line, format, list) < 0)
        return;
    add(ch, b ? b : buffers_current(&ch->buffers), kind, line);
    free(line);
}

void
chat_say(struct chat *ch, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    add_format(ch, NULL, ENTRY_STATUS, format, list);
    va_end(list);
}

void
chat_wrong(struct chat *ch, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    add_format(ch, NULL, ENTRY_ERROR, format, list);
    va_end(list);
}

void
chat_news(struct chat *ch, struct chat_buffer *b, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    add_format(ch, b, ENTRY_NEWS, format, list);
    va_end(list);
}

unsigned
chat_day(FILE *out, uint64_t time)
{
    time_t seconds = (time_t)(time / 1000);
    time_t today = (time_t)(cmd_wall() / 1000);
    struct tm tm = {0};
    struct tm now = {0};
    char text[16] = "";
    if (!localtime_r(&seconds, &tm) || !localtime_r(&today, &now))
        return 0;
    if (tm.tm_year == now.tm_year && tm.tm_yday == now.tm_yday)
        return 0;
    unsigned len = (unsigned)strftime(text, sizeof text, "%Y-%m-%d ", &tm);
    fputs(text, out);
    return len;
}

void
chat_list(struct chat *ch, struct chat_buffer *b, const confab_event *e,
          const char *what)
{
    char *line = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&line, &size);
    if (!out)
        return;
    fprintf(out, "%s (%llu)", what, (unsigned long long)e->count);
    for (size_t i = 0; i < e->list_len; i++)
        fprintf(out, "%s%s", i ? ", " : ": ", e->list[i]);
    if (e->list_len && e->list_len < e->count)
        fputs(", ...", out);
    if (fclose(out) == 0)
        add(ch, b ? b : buffers_current(&ch->buffers), ENTRY_STATUS, line);
    free(line);
}
