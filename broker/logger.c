/* SPDX-License-Identifier: MPL-2.0 */
/*
 * logger: see logger.h.
 *
 * A line is built in one buffer of PIPE_BUF bytes and written with one
 * write(2): so lines of several processes never mix, and a pipe that poll(2)
 * calls writable takes the whole line without blocking. Where it does not (a
 * full pipe, a stopped terminal) the line is lost and counted; the broker goes
 * on.
 *
 * Most events can be provoked by strangers. At most LOGGER_BURST lines of one
 * event are written in a second; then one line says how many were left out. No
 * flood can fill a disk or hide behind its own noise the lines of another
 * event.
 *
 * Values are escaped by what they are, not by what is dangerous: see escape.h.
 */
#include "logger.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <utf8proc.h>

#include "escape.h"

enum {
    LOGGER_LINE = 4096,  /* PIPE_BUF on Linux: what a pipe takes in one piece */
    LOGGER_TAIL = 4,     /* of these kept for the end of the line */
    LOGGER_VALUE = 256,  /* bytes of a value */
    LOGGER_BURST = 50,   /* lines of one event in a second */
    LOGGER_EVENTS = 128, /* events counted apart; further ones share a count */
    LOGGER_NAME = 40,    /* bytes of an event's name that tell it apart */
};

struct tally {
    char event[LOGGER_NAME];
    unsigned lines, left_out;
};

struct logger {
    int fd;
    enum log_level least;
    enum log_format format;
    uint64_t lost;
    time_t second; /* of the tallies */
    unsigned events;
    struct tally tallies[LOGGER_EVENTS];
};

struct event {
    enum log_level level;
    const char *name;
    const struct log_field *fields;
    size_t count;
};

/* What does not fit is left out, and `cut` remembers it. */
struct line {
    size_t len;
    bool cut;
    char bytes[LOGGER_LINE];
};

static const char *const level_names[] = {
    [LOG_ERROR] = "error",
    [LOG_WARN] = "warn",
    [LOG_INFO] = "info",
    [LOG_DEBUG] = "debug",
};

struct logger *
logger_new(int fd, enum log_level least, enum log_format format)
{
    struct logger *logger = calloc(1, sizeof *logger);
    if (!logger) {
        return NULL; /* a NULL logger logs nothing */
    }
    logger->fd = fd;
    logger->least = least;
    logger->format = format;
    return logger;
}

bool
logger_wants(const struct logger *logger, enum log_level level)
{
    return logger && level <= logger->least;
}

void
logger_set_level(struct logger *logger, enum log_level least)
{
    if (logger) {
        logger->least = least;
    }
}

static void
put_bytes(struct line *line, const void *bytes, size_t len)
{
    if (line->cut || len > sizeof line->bytes - LOGGER_TAIL - line->len) {
        line->cut = true;
        return;
    }
    memcpy(line->bytes + line->len, bytes, len);
    line->len += len;
}

static void
put_text(struct line *line, const char *text)
{
    put_bytes(line, text, strlen(text));
}

__attribute__((format(printf, 2, 3))) static void
put_format(struct line *line, const char *format, ...)
{
    char piece[64];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(piece, sizeof piece, format, args);
    va_end(args);
    assert(len >= 0 && (size_t)len < sizeof piece);
    put_bytes(line, piece, (size_t)len);
}

/* `code` < 0: the one byte at `bytes` belongs to no character. */
static void
put_escape(struct line *line, enum log_format format, const uint8_t *bytes,
           size_t len, utf8proc_int32_t code)
{
    if (format == LOG_FORMAT_JSON) {
        char escape[ESCAPE_JSON];
        escape_json(code < 0 ? bytes[0] : code, escape);
        put_text(line, escape);
        return;
    }
    for (size_t i = 0; i < len; i++) {
        put_format(line, "\\x%02x", bytes[i]);
    }
}

static void
put_quoted(struct line *line, enum log_format format, struct slice text)
{
    size_t end = text.len < LOGGER_VALUE ? text.len : LOGGER_VALUE;
    put_text(line, "\"");
    for (size_t at = 0; at < end;) {
        utf8proc_int32_t code;
        utf8proc_ssize_t step = utf8proc_iterate(
            text.data + at, (utf8proc_ssize_t)(text.len - at), &code);
        size_t len = step > 0 ? (size_t)step : 1;
        if (code == '"' || code == '\\') {
            put_format(line, "\\%c", (char)code);
        } else if (step > 0 && escape_is_plain(code)) {
            put_bytes(line, text.data + at, len);
        } else {
            put_escape(line, format, text.data + at, len, code);
        }
        at += len;
    }
    put_text(line, text.len > LOGGER_VALUE ? "...\"" : "\"");
}

/* May stand in logfmt without quotes. */
static bool
is_bare(struct slice text)
{
    static const char marks[] = "_-.:/@+*[],";
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                    (c >= 'A' && c <= 'Z');
        if (!word && (c == 0 || !strchr(marks, c))) {
            return false;
        }
    }
    return text.len > 0 && text.len <= LOGGER_VALUE;
}

static void
put_field(struct line *line, enum log_format format,
          const struct log_field *field)
{
    bool json = format == LOG_FORMAT_JSON;
    put_format(line, json ? ",\"%.40s\":" : " %.40s=", field->key);
    if (field->is_num) {
        put_format(line, "%" PRIu64, field->num);
    } else if (!json && is_bare(field->text)) {
        put_bytes(line, field->text.data, field->text.len);
    } else {
        put_quoted(line, format, field->text);
    }
}

static void
put_head(struct line *line, enum log_format format, const struct event *event)
{
    struct timespec now;
    struct tm utc;
    char stamp[32];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
    bool json = format == LOG_FORMAT_JSON;
    put_format(line, json ? "{\"ts\":\"%s.%03ldZ\"," : "ts=%s.%03ldZ ", stamp,
               now.tv_nsec / 1000000);
    put_format(line, json ? "\"level\":\"%s\"," : "level=%s ",
               level_names[event->level]);
    put_format(line, json ? "\"event\":\"%.40s\"" : "event=%.40s", event->name);
}

/* Fields that do not fit whole are left out. The end always fits. */
static void
line_build(struct line *line, enum log_format format, const struct event *event)
{
    line->len = 0;
    line->cut = false;
    put_head(line, format, event);
    for (size_t i = 0; i < event->count; i++) {
        size_t before = line->len;
        put_field(line, format, &event->fields[i]);
        if (line->cut) {
            line->len = before;
            break;
        }
    }
    if (format == LOG_FORMAT_JSON) {
        line->bytes[line->len++] = '}';
    }
    line->bytes[line->len++] = '\n';
}

static bool
line_write(const struct logger *logger, const struct line *line)
{
    struct pollfd ready = {.fd = logger->fd, .events = POLLOUT};
    ssize_t written;
    if (poll(&ready, 1, 0) != 1 || !(ready.revents & POLLOUT)) {
        return false;
    }
    do {
        written = write(logger->fd, line->bytes, line->len);
    } while (written < 0 && errno == EINTR);
    return written == (ssize_t)line->len;
}

static void
emit(struct logger *logger, const struct event *event)
{
    struct line line;
    if (logger->lost) {
        struct log_field lines = LOG_NUM("lines", logger->lost);
        struct event lost = {LOG_WARN, "logger.lost", &lines, 1};
        line_build(&line, logger->format, &lost);
        if (line_write(logger, &line)) {
            logger->lost = 0;
        }
    }
    line_build(&line, logger->format, event);
    if (!line_write(logger, &line)) {
        logger->lost++;
    }
}

/* A new second: tells what was left out in the one before. */
static void
tallies_turn(struct logger *logger, time_t second)
{
    for (unsigned i = 0; i < logger->events; i++) {
        struct tally *tally = &logger->tallies[i];
        if (tally->left_out) {
            struct log_field fields[] = {LOG_TEXT("of", tally->event),
                                         LOG_NUM("lines", tally->left_out)};
            struct event event = {LOG_WARN, "logger.left-out", fields, 2};
            emit(logger, &event);
        }
        tally->lines = 0;
        tally->left_out = 0;
    }
    logger->second = second;
}

static struct tally *
tally_get(struct logger *logger, const char *event)
{
    for (unsigned i = 0; i < logger->events; i++) {
        struct tally *tally = &logger->tallies[i];
        if (!strncmp(tally->event, event, sizeof tally->event - 1)) {
            return tally;
        }
    }
    if (logger->events == LOGGER_EVENTS) {
        return &logger->tallies[LOGGER_EVENTS - 1];
    }
    struct tally *fresh = &logger->tallies[logger->events++];
    (void)snprintf(fresh->event, sizeof fresh->event, "%s", event);
    return fresh;
}

void
logger_event(struct logger *logger, enum log_level level, const char *event,
             const struct log_field *fields, size_t count)
{
    if (!logger_wants(logger, level)) {
        return;
    }
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec != logger->second) {
        tallies_turn(logger, now.tv_sec);
    }
    struct tally *tally = tally_get(logger, event);
    if (tally->lines == LOGGER_BURST) {
        tally->left_out++;
        return;
    }
    tally->lines++;
    struct event whole = {level, event, fields, count};
    emit(logger, &whole);
}

void
logger_free(struct logger **logger)
{
    if (*logger) {
        tallies_turn(*logger, 0);
        free(*logger);
        *logger = NULL;
    }
}
