/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Numbers with units: what is one, what is none, and that printing and reading
 * agree.
 */
#include "broker/quantity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void
test_read(void **state)
{
    (void)state;
    static const struct {
        enum quantity kind;
        const char *text;
        uint64_t number;
    } rows[] = {
        {QUANTITY_COUNT, "0", 0},
        {QUANTITY_COUNT, "999999999999", 999999999999},
        {QUANTITY_DURATION, "500ms", 500},
        {QUANTITY_DURATION, "10s", 10000},
        {QUANTITY_DURATION, "5m", 300000},
        {QUANTITY_DURATION, "1h", 3600000},
        {QUANTITY_DURATION, "90d", 7776000000},
        {QUANTITY_DURATION, "2w", 1209600000},
        {QUANTITY_DURATION, "30500568904w", 30500568904 * UINT64_C(604800000)},
        {QUANTITY_SIZE, "7", 7},
        {QUANTITY_SIZE, "64K", 65536},
        {QUANTITY_SIZE, "64k", 65536},
        {QUANTITY_SIZE, "1M", 1048576},
        {QUANTITY_SIZE, "16G", 17179869184},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t number = 1;
        if (!quantity_read(rows[i].kind, rows[i].text, &number) ||
            number != rows[i].number) {
            fail_msg("%s gave %llu", rows[i].text, (unsigned long long)number);
        }
    }
}

static void
test_not_a_quantity(void **state)
{
    (void)state;
    static const struct {
        enum quantity kind;
        const char *text;
    } rows[] = {
        {QUANTITY_COUNT, ""},        {QUANTITY_COUNT, "-1"},
        {QUANTITY_COUNT, " 1"},      {QUANTITY_COUNT, "1 "},
        {QUANTITY_COUNT, "1.5"},     {QUANTITY_COUNT, "0x10"},
        {QUANTITY_COUNT, "1K"},      {QUANTITY_COUNT, "1000000000000"},
        {QUANTITY_DURATION, "5"},    {QUANTITY_DURATION, "s"},
        {QUANTITY_DURATION, "5 s"},  {QUANTITY_DURATION, "5S"},
        {QUANTITY_DURATION, "5sec"}, {QUANTITY_DURATION, "30500568905w"},
        {QUANTITY_SIZE, "1T"},       {QUANTITY_SIZE, "1KB"},
        {QUANTITY_SIZE, "K"},        {QUANTITY_SIZE, "99999999999G"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t number = 42;
        if (quantity_read(rows[i].kind, rows[i].text, &number) ||
            number != 42) {
            fail_msg("'%s' was read", rows[i].text);
        }
    }
}

static void
test_print(void **state)
{
    (void)state;
    static const struct {
        enum quantity kind;
        uint64_t number;
        const char *text;
    } rows[] = {
        {QUANTITY_COUNT, 0, "0"},
        {QUANTITY_COUNT, 3600000, "3600000"},
        {QUANTITY_COUNT, UINT64_MAX, "18446744073709551615"},
        {QUANTITY_DURATION, 0, "0ms"},
        {QUANTITY_DURATION, 1001, "1001ms"},
        {QUANTITY_DURATION, 90000, "90s"},
        {QUANTITY_DURATION, 86400000, "1d"},
        {QUANTITY_DURATION, 604800000, "1w"},
        {QUANTITY_DURATION, UINT64_MAX, "18446744073709551615ms"},
        {QUANTITY_SIZE, 1023, "1023"},
        {QUANTITY_SIZE, 1536, "1536"},
        {QUANTITY_SIZE, 2048, "2K"},
        {QUANTITY_SIZE, 67108864, "64M"},
        {QUANTITY_SIZE, 1073741824, "1G"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[QUANTITY_TEXT];
        assert_string_equal(quantity_print(rows[i].kind, rows[i].number, text),
                            rows[i].text);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_not_a_quantity),
        cmocka_unit_test(test_print),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
