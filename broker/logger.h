/* SPDX-License-Identifier: MPL-2.0 */
/*
 * logger: one line per event, to stderr, as logfmt or JSON.
 *
 *     LOG(logger, LOG_INFO, "room.join", LOG_SLICE("room", name),
 *         LOG_NUM("members", 3));
 *     -> ts=2026-01-02T03:04:05.678Z level=info event=room.join room=lobby
 * members=3
 *
 * Values may come from strangers: everything but printable, plain characters is
 * escaped, so that no value can forge a line or reach a terminal. Message text
 * is never logged. A NULL logger logs nothing.
 */
#ifndef CONFAB_LOGGER_H
#define CONFAB_LOGGER_H

#include "proto/slice.h"

struct logger;

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

struct log_field {
    const char *key;
    bool is_num;
    uint64_t num;
    struct slice text; /* when it is not the number */
};

#define LOG_SLICE(k, s) ((struct log_field){.key = (k), .text = (s)})
#define LOG_TEXT(k, s) ((struct log_field){.key = (k), .text = slice_str(s)})
#define LOG_NUM(k, v)                                                          \
    ((struct log_field){.key = (k), .num = (v), .is_num = true})

/* Writes to the descriptor `fd`, which stays the caller's. */
struct logger *logger_new(int fd, enum log_level least, enum log_format format);
void logger_free(struct logger **logger);

/* One event. Best effort: a line that cannot be written is dropped and counted;
 * the next one that can be says how many were lost. Never blocks for long: long
 * values are cut at 256 bytes. */
void logger_event(struct logger *logger, enum log_level level,
                  const char *event, const struct log_field *fields,
                  size_t count);
bool logger_wants(const struct logger *logger, enum log_level level);
/* From now on, for a reload. */
void logger_set_level(struct logger *logger, enum log_level least);

#define LOG(logger, level, event, ...)                                         \
    do {                                                                       \
        if (logger_wants((logger), (level))) {                                 \
            const struct log_field log_fields_[] = {__VA_ARGS__};              \
            logger_event((logger), (level), (event), log_fields_,              \
                         sizeof log_fields_ / sizeof *log_fields_);            \
        }                                                                      \
    } while (0)

#endif
