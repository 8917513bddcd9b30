/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Addresses: what is one, which part is wrong in what is none, and that a
 * printed one is read back whatever its key is.
 */
#include "proto/address.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define KEY "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define ESCAPED "Yne%40%24w%2Dvo%3CfVvi%5Da%3CNY6T1ed%3AM%24fCG%2A%5BIaLV%7BhID"
#define A60 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff"

enum { RANDOM_KEYS = 1000 };

static void
test_read(void **state)
{
    (void)state;
    static const struct {
        const char *text, *endpoint, *key;
    } rows[] = {
        {"confab://chat.example.org:7480/?key=" KEY,
         "tcp://chat.example.org:7480", KEY},
        {"confab://chat.example.org:7480/?key=" ESCAPED,
         "tcp://chat.example.org:7480", KEY},
        {"confab://chat.example.org/?key=" ESCAPED,
         "tcp://chat.example.org:7480", KEY},
        {"confab://10.0.0.1?key=" KEY, "tcp://10.0.0.1:7480", KEY},
        {"confab://h:1/?key=" KEY, "tcp://h:1", KEY},
        {"confab://h:65535/?key=" KEY, "tcp://h:65535", KEY},
        {"confab://[::1]:7481/?key=" KEY, "tcp://[::1]:7481", KEY},
        {"confab://[2001:db8::7]/?key=" KEY, "tcp://[2001:db8::7]:7480", KEY},
        {"confab://[fe80::1%eth0]:7481?key=" KEY, "tcp://[fe80::1%eth0]:7481",
         KEY},
        {"confab://[::ffff:10.0.0.1]:1/?key=" KEY, "tcp://[::ffff:10.0.0.1]:1",
         KEY},
        /* Small letters, and letters escaped that need not be. */
        {"confab://h/?key=%59ne%40%24w%2dvo%3cfVvi%5da%3cNY6T1ed:M$fCG*[IaLV"
         "%7bhI%44",
         "tcp://h:7480", KEY},
        /* A key may look like an escape, or have what ends a query. */
        {"confab://h/?key=%4100%4100%4100%4100%4100%4100%4100%4100",
         "tcp://h:7480", "%4100%4100%4100%4100%4100%4100%4100%4100"},
        {"confab://h/?key=?&=#/?&=#/?&=#/?&=#/?&=#/?&=#/?&=#/?&=#/",
         "tcp://h:7480", "?&=#/?&=#/?&=#/?&=#/?&=#/?&=#/?&=#/?&=#/"},
        {"tcp://127.0.0.1:7480", "tcp://127.0.0.1:7480", ""},
        {"tcp://host", "tcp://host:7480", ""},
        {"tcp://[::1]:1", "tcp://[::1]:1", ""},
        {"ipc:///run/confab/sock", "ipc:///run/confab/sock", ""},
        {"ipc://sock?key=1", "ipc://sock?key=1", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct address address;
        const char *fault = address_read(rows[i].text, &address);
        if (fault)
            fail_msg("%s: %s", rows[i].text, fault);
        assert_string_equal(address.endpoint, rows[i].endpoint);
        assert_string_equal(address.key, rows[i].key);
    }
}

/* `words` are in the answer. */
static void
check_refused(const char *text, const char *words)
{
    struct address address;
    memset(&address, 7, sizeof address);
    const char *fault = address_read(text, &address);
    if (!fault || !strstr(fault, words))
        fail_msg("%s: %s, not %s", text, fault ? fault : "taken", words);
    assert_string_equal(address.endpoint, "");
    assert_string_equal(address.key, "");
}

static const struct {
    const char *text, *words;
} refused[] = {
    {"", "none of"},
    {"chat.example.org", "none of"},
    {"CONFAB://h/?key=" KEY, "none of"},
    {"confab:/h/?key=" KEY, "none of"},
    {" confab://h/?key=" KEY, "none of"},
    {"http://h/", "none of"},
    {"confab://", "no host"},
    {"confab:///?key=" KEY, "no host"},
    {"confab://:7480/?key=" KEY, "no host"},
    {"confab://h:/?key=" KEY, "the port"},
    {"confab://h:0/?key=" KEY, "the port"},
    {"confab://h:65536/?key=" KEY, "the port"},
    {"confab://h:007480/?key=" KEY, "the port"},
    {"confab://h:99999999999999999999/?key=" KEY, "the port"},
    {"confab://h:+80/?key=" KEY, "the port"},
    {"confab://h:*/?key=" KEY, "the port"},
    {"confab://h:80 /?key=" KEY, "the port"},
    {"confab://ann@h/?key=" KEY, "the host"},
    {"confab://h h/?key=" KEY, "the host"},
    {"confab://h\xc3\xa9/?key=" KEY, "the host"},
    {"confab://*/?key=" KEY, "the host"},
    {"confab://h#/?key=" KEY, "the host"},
    {"confab://::1/?key=" KEY, "brackets"},
    {"confab://::1:7480/?key=" KEY, "brackets"},
    {"confab://[::1/?key=" KEY, "the host"},
    {"confab://[]/?key=" KEY, "the host"},
    {"confab://[::1]7480/?key=" KEY, "the host"},
    {"confab://[host]/?key=" KEY, "the host"},
    {"confab://[::1%]x]/?key=" KEY, "the host"},
    {"confab://" A60 A60 A60 A60 "g/?key=" KEY, "too long"},
    {"confab://h", "no key"},
    {"confab://h/", "no key"},
    {"confab://h:7480/", "no key"},
    {"confab://h//?key=" KEY, "behind host and port"},
    {"confab://h/room?key=" KEY, "behind host and port"},
    {"confab://h/?room=x&key=" KEY, "behind host and port"},
    {"confab://h/?KEY=" KEY, "behind host and port"},
    {"confab://h/?key", "behind host and port"},
    {"confab://h/?key=", "the key"},
    {"confab://h/?key=" KEY "&room=x", "the key"},
    {"confab://h/?key=" KEY "#", "the key"},
    {"confab://h/?key=" KEY " ", "the key"},
    {"confab://h/?key=" KEY "\n", "the key"},
    {"confab://h/?key=" ESCAPED "x", "the key"},
    {"confab://h/?key=" ESCAPED "%", "the key"},
    {"confab://h/?key=Yne%4", "the key"},
    {"confab://h/?key=Yne%", "the key"},
    {"confab://h/?key=%4gne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID", "the key"},
    {"confab://h/?key=%00ne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID", "the key"},
    {"confab://h/?key=#####00000000000000000000000000000000000", "the key"},
    {"tcp://h:7480/?key=" KEY, "something follows"},
    {"tcp://h:7480/", "something follows"},
    {"tcp://h:7480?", "something follows"},
    {"tcp://", "no host"},
    {"tcp://*:7480", "the host"},
    {"tcp://eth0;h:7480", "the host"},
    {"ipc://", "no path"},
    {"ipc://" A60 A60 A60 A60 A60, "too long"},
};

static void
test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        check_refused(refused[i].text, refused[i].words);
}

static void
test_longest_host(void **state)
{
    (void)state;
    struct address address;
    char text[ADDRESS_TEXT];
    assert_null(
        address_read("confab://" A60 A60 A60 A60 ":65535/?key=" KEY, &address));
    assert_string_equal(address.endpoint, "tcp://" A60 A60 A60 A60 ":65535");
    memset(address.key, '#', Z85_KEY); /* every character is an escape */
    address_print(&address, text);
    assert_int_equal(strlen(text), 9 + 240 + 6 + 6 + 3 * Z85_KEY);
}

static void
test_print(void **state)
{
    (void)state;
    char text[ADDRESS_TEXT];
    struct address address = {.endpoint = "tcp://[::1]:7480", .key = KEY};
    address_print(&address, text);
    assert_string_equal(text, "confab://[::1]:7480/?key=" ESCAPED);
    assert_true(address_is(text));
    assert_false(address_is("tcp://h:1"));
    assert_false(address_is("confab:"));
}

static void
test_there_and_back(void **state)
{
    (void)state;
    for (int i = 0; i < RANDOM_KEYS; i++) {
        uint8_t key[KEY_BYTES];
        char text[ADDRESS_TEXT], bare[ADDRESS_TEXT];
        struct address address = {.endpoint = "tcp://host:1"}, back;
        randombytes_buf(key, sizeof key);
        z85_encode(key, address.key);
        address_print(&address, text);
        (void)snprintf(bare, sizeof bare, "confab://host:1/?key=%s",
                       address.key);
        /* Nothing that a shell, a mail program or a browser would take. */
        assert_int_equal(strcspn(text, " \"'<>()[]{}$&#;*!^"), strlen(text));
        const char *const forms[] = {text, bare};
        for (size_t form = 0; form < 2; form++) {
            if (address_read(forms[form], &back))
                fail_msg("%s was refused", forms[form]);
            assert_string_equal(back.endpoint, address.endpoint);
            assert_string_equal(back.key, address.key);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),           cmocka_unit_test(test_refused),
        cmocka_unit_test(test_longest_host),   cmocka_unit_test(test_print),
        cmocka_unit_test(test_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
