/* SPDX-License-Identifier: MPL-2.0 */
/* cidr: what is an address, the one form of it, and what is in a network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "broker/cidr.h"

static void
test_forms(void **state)
{
    (void)state;
    static const struct {
        const char *text, *form;
    } rows[] = {
        {"10.1.2.3", "10.1.2.3"},
        {"10.1.2.3/32", "10.1.2.3"},
        {"10.1.0.0/16", "10.1.0.0/16"},
        {"128.0.0.0/1", "128.0.0.0/1"},
        {"::1", "::1"},
        {"2001:DB8:0:0::/32", "2001:db8::/32"},
        {"2001:db8::17/128", "2001:db8::17"},
        {"fe80::/10", "fe80::/10"},
        {"8000::/1", "8000::/1"},
        {"::ffff:10.1.2.3", "10.1.2.3"},
        {"::ffff:10.1.0.0/112", "10.1.0.0/16"},
        {"::ffff:0:0/96", "0.0.0.0/0"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cidr cidr, again;
        char text[CIDR_TEXT];
        assert_true(cidr_read(slice_str(rows[i].text), &cidr));
        cidr_print(&cidr, text);
        assert_string_equal(text, rows[i].form);
        assert_true(cidr_read(slice_str(text), &again));
        assert_memory_equal(&cidr, &again, sizeof cidr);
    }
}

static void
test_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "10",
        "10.1.2",
        "10.1.2.256",
        "10.1.2.3/",
        "10.1.2.3/33",
        "10.1.2.3/016",
        "10.1.2.3/1x",
        "10.1.2.3/8",
        "10.1.2.3/-1",
        "10.1.2.3 ",
        " 10.1.2.3",
        "0.0.0.1/0",
        "::/0",
        "::1/127",
        "::/129",
        "::/999",
        "::/1280",
        "2001:db8::1/32",
        "g::",
        "10.0.0.0/8/8",
        "localhost",
        "1.2.3.4/ 8",
        "010.1.2.3",
        "::1%eth0",
        "2001:0db8:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:00",
    };
    struct cidr cidr;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (cidr_read(slice_str(rows[i]), &cidr))
            fail_msg("%s was read", rows[i]);
    }
    assert_false(cidr_read(slice_of("10.1.2.3\0", 9), &cidr));
    assert_true(cidr_read(slice_of("10.1.2.34", 8), &cidr));
}

static void
test_local(void **state)
{
    (void)state;
    static const struct {
        const char *network;
        bool local;
    } rows[] = {
        {"127.0.0.1", true},
        {"127.8.0.0/16", true},
        {"127.0.0.0/8", true},
        {"0.0.0.0/0", true},
        {"::1", true},
        {"::/64", true},
        {"::/1", true},
        {"::ffff:127.0.0.1", true},
        {"126.0.0.0/8", false},
        {"128.0.0.0/1", false},
        {"10.0.0.0/8", false},
        {"::2", false},
        {"2001:db8::/32", false},
        {"fe80::/10", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cidr cidr;
        assert_true(cidr_read(slice_str(rows[i].network), &cidr));
        assert_int_equal(cidr_is_local(&cidr), rows[i].local);
    }
}

static void
test_within(void **state)
{
    (void)state;
    static const struct {
        const char *network, *address;
        bool within;
    } rows[] = {
        {"10.1.0.0/16", "10.1.0.0", true},
        {"10.1.0.0/16", "10.1.255.255", true},
        {"10.1.0.0/16", "10.2.0.0", false},
        {"10.1.0.0/16", "10.0.255.255", false},
        {"10.1.2.3", "10.1.2.3", true},
        {"10.1.2.3", "10.1.2.2", false},
        {"10.1.2.2/31", "10.1.2.3", true},
        {"10.1.2.2/31", "10.1.2.4", false},
        {"0.0.0.0/0", "255.1.2.3", true},
        {"0.0.0.0/0", "::1", false},
        {"8000::/1", "ffff::", true},
        {"8000::/1", "7fff::", false},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
        {"10.0.0.0/8", "::ffff:10.9.9.9", true},
        {"::ffff:10.0.0.0/104", "10.9.9.9", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cidr network, address;
        assert_true(cidr_read(slice_str(rows[i].network), &network));
        assert_true(cidr_read(slice_str(rows[i].address), &address));
        if (cidr_has(&network, &address) != rows[i].within)
            fail_msg("%s in %s", rows[i].address, rows[i].network);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_within),
        cmocka_unit_test(test_local),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
