/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The logger, read back through a pipe: what strangers may put into a value can
 * neither forge a line nor reach a terminal, and no flood of one event hides
 * another or goes uncounted.
 */
#define _GNU_SOURCE /* F_SETPIPE_SZ */

#include "broker/logger.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static char output[1 << 17];

/* All that stands in the pipe, which nobody else holds open. */
static char *
read_all(int fd)
{
    size_t len = 0;
    ssize_t got;
    do {
        got = read(fd, output + len, sizeof output - 1 - len);
        len += got > 0 ? (size_t)got : 0;
    } while (got > 0);
    output[len] = 0;
    return output;
}

static void
pipe_open(int ends[2])
{
    assert_int_equal(pipe(ends), 0);
    assert_int_not_equal(fcntl(ends[1], F_SETPIPE_SZ, 1 << 16), -1);
    assert_int_not_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), -1);
}

/* One event with one field; what was written after the time. */
static char *
one_line(enum log_format format, struct slice value)
{
    int ends[2];
    pipe_open(ends);
    struct logger *logger = logger_new(ends[1], LOG_INFO, format);
    LOG(logger, LOG_INFO, "test", LOG_SLICE("v", value));
    logger_free(&logger);
    assert_null(logger);
    close(ends[1]);
    char *line = strstr(read_all(ends[0]), "level") - 1;
    close(ends[0]);
    return line;
}

static void
test_values(void **state)
{
    (void)state;
    static const struct {
        const char *value, *text, *json;
    } rows[] = {
        {"lobby", "v=lobby", "\"v\":\"lobby\""},
        {"a b", "v=\"a b\"", "\"v\":\"a b\""},
        {"", "v=\"\"", "\"v\":\"\""},
        {"a=b", "v=\"a=b\"", "\"v\":\"a=b\""},
        {"say \"x\\\"", "v=\"say \\\"x\\\\\\\"\"",
         "\"v\":\"say \\\"x\\\\\\\"\""},
        {"x\nlevel=error", "v=\"x\\x0alevel=error\"",
         "\"v\":\"x\\u000alevel=error\""},
        {"\033[2J", "v=\"\\x1b[2J\"", "\"v\":\"\\u001b[2J\""},
        {"\x7f\xc2\x9b", "v=\"\\x7f\\xc2\\x9b\"", "\"v\":\"\\u007f\\u009b\""},
        {"\xff\xc3", "v=\"\\xff\\xc3\"", "\"v\":\"\\u00ff\\u00c3\""},
        {"小明", "v=\"小明\"", "\"v\":\"小明\""},
        {"🙂", "v=\"🙂\"", "\"v\":\"🙂\""},
        {"a\u202eb", "v=\"a\\xe2\\x80\\xaeb\"", "\"v\":\"a\\u202eb\""},
        {"\U000e0041", "v=\"\\xf3\\xa0\\x81\\x81\"",
         "\"v\":\"\\udb40\\udc41\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char want[256];
        (void)snprintf(want, sizeof want, " level=info event=test %s\n",
                       rows[i].text);
        assert_string_equal(one_line(LOG_FORMAT_TEXT, slice_str(rows[i].value)),
                            want);
        (void)snprintf(want, sizeof want,
                       "\"level\":\"info\",\"event\":\"test\",%s}\n",
                       rows[i].json);
        assert_string_equal(one_line(LOG_FORMAT_JSON, slice_str(rows[i].value)),
                            want);
    }
}

static void
test_long_values_are_cut(void **state)
{
    (void)state;
    char value[1000];
    memset(value, 'x', sizeof value);
    char *line = one_line(LOG_FORMAT_TEXT, slice_of(value, sizeof value));
    assert_int_equal(strspn(strchr(line, '"') + 1, "x"), 256);
    assert_string_equal(strrchr(line, 'x') + 1, "...\"\n");
}

static void
test_a_line_is_never_longer_than_a_pipe_takes(void **state)
{
    (void)state;
    int ends[2];
    char value[1000];
    memset(value, 1, sizeof value);
    struct slice wild = slice_of(value, sizeof value);
    struct log_field fields[16];
    for (size_t i = 0; i < 16; i++) {
        fields[i] = LOG_SLICE("v", wild);
    }
    pipe_open(ends);
    struct logger *logger = logger_new(ends[1], LOG_INFO, LOG_FORMAT_JSON);
    logger_event(logger, LOG_ERROR, "wide", fields, 16);
    logger_free(&logger);
    close(ends[1]);
    char *line = read_all(ends[0]);
    size_t len = strlen(line);
    assert_true(len > 1000 && len <= 4096);
    assert_string_equal(line + len - 3, "\"}\n");
    close(ends[0]);
}

static void
test_levels(void **state)
{
    (void)state;
    int ends[2];
    pipe_open(ends);
    struct logger *logger = logger_new(ends[1], LOG_WARN, LOG_FORMAT_TEXT);
    LOG(logger, LOG_ERROR, "one", LOG_NUM("n", 0));
    LOG(logger, LOG_INFO, "two", LOG_NUM("n", 2));
    logger_set_level(logger, LOG_DEBUG);
    LOG(logger, LOG_DEBUG, "three", LOG_NUM("n", UINT64_MAX));
    logger_free(&logger);
    close(ends[1]);
    char *text = read_all(ends[0]);
    assert_non_null(strstr(text, "level=error event=one n=0\n"));
    assert_null(strstr(text, "two"));
    assert_non_null(
        strstr(text, "level=debug event=three n=18446744073709551615\n"));
    close(ends[0]);
    assert_false(logger_wants(NULL, LOG_ERROR));
    LOG((struct logger *)NULL, LOG_ERROR, "none", LOG_NUM("n", 1));
}

static unsigned
count(const char *text, const char *what)
{
    unsigned found = 0;
    while ((text = strstr(text, what))) {
        found++;
        text += strlen(what);
    }
    return found;
}

static unsigned
left_out(const char *text)
{
    unsigned sum = 0;
    static const char mark[] = "event=logger.left-out of=flood lines=";
    while ((text = strstr(text, mark))) {
        text += sizeof mark - 1;
        sum += (unsigned)strtoul(text, NULL, 10);
    }
    return sum;
}

static void
test_a_flood_is_counted_and_hides_nothing(void **state)
{
    (void)state;
    int ends[2];
    pipe_open(ends);
    struct logger *logger = logger_new(ends[1], LOG_INFO, LOG_FORMAT_TEXT);
    for (unsigned i = 0; i < 10000; i++) {
        LOG(logger, LOG_WARN, "flood", LOG_NUM("i", i));
    }
    LOG(logger, LOG_INFO, "other", LOG_NUM("i", 1));
    logger_free(&logger);
    close(ends[1]);
    char *text = read_all(ends[0]);
    unsigned written = count(text, "event=flood ");
    assert_in_range(written, 50, 500);
    assert_int_equal(written + left_out(text), 10000);
    assert_int_equal(count(text, "event=other"), 1);
    close(ends[0]);
}

/* Nobody reads: nothing blocks, and later it is told how much is missing. */
static void
test_a_full_pipe_loses_lines_and_says_so(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_not_equal(fcntl(ends[1], F_SETPIPE_SZ, 8192), -1);
    struct logger *logger = logger_new(ends[1], LOG_INFO, LOG_FORMAT_TEXT);
    char event[16], words[201];
    memset(words, 'w', sizeof words - 1);
    words[sizeof words - 1] = 0;
    for (unsigned i = 0; i < 100; i++) {
        (void)snprintf(event, sizeof event, "event-%u", i);
        LOG(logger, LOG_INFO, event, LOG_TEXT("v", words));
    }
    assert_int_not_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), -1);
    unsigned written = count(read_all(ends[0]), "event=event-");
    assert_in_range(written, 1, 99);
    LOG(logger, LOG_INFO, "again", LOG_NUM("n", 1));
    logger_free(&logger);
    close(ends[1]);
    char want[64];
    (void)snprintf(want, sizeof want, "event=logger.lost lines=%u\n",
                   100 - written);
    assert_non_null(strstr(read_all(ends[0]), want));
    assert_non_null(strstr(output, "event=again"));
    close(ends[0]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_long_values_are_cut),
        cmocka_unit_test(test_a_line_is_never_longer_than_a_pipe_takes),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_a_flood_is_counted_and_hides_nothing),
        cmocka_unit_test(test_a_full_pipe_loses_lines_and_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
