/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Z85: the vectors of RFC 32, libzmq's own coder on random keys, and every byte
 * in every place, of which only the 85 digits are taken.
 */
#include "proto/z85.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <zmq.h>

#include <cmocka.h>

enum { RANDOM_KEYS = 1000, DIGITS = 85 };

static const char digits[] =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    ".-:+=^!/*?&<>()[]{}@%$#";

static void
test_vectors(void **state)
{
    (void)state;
    static const struct {
        uint8_t key[KEY_BYTES];
        const char *text;
    } rows[] = {
        {{0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b, 0x86, 0x4f, 0xd2,
          0x6f, 0xb5, 0x59, 0xf7, 0x5b, 0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59,
          0xf7, 0x5b, 0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b},
         "HelloWorldHelloWorldHelloWorldHelloWorld"},
        {{0x8e, 0x0b, 0xdd, 0x69, 0x76, 0x28, 0xb9, 0x1d, 0x8f, 0x24, 0x55,
          0x87, 0xee, 0x95, 0xc5, 0xb0, 0x4d, 0x48, 0x96, 0x3f, 0x79, 0x25,
          0x98, 0x77, 0xb4, 0x9c, 0xd9, 0x06, 0x3a, 0xea, 0xd3, 0xb7},
         "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"},
        {{0}, "0000000000000000000000000000000000000000"},
        {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
         "%nSc0%nSc0%nSc0%nSc0%nSc0%nSc0%nSc0%nSc0"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[Z85_KEY + 1];
        uint8_t key[KEY_BYTES];
        z85_encode(rows[i].key, text);
        assert_string_equal(text, rows[i].text);
        assert_true(z85_decode(slice_str(text), key));
        assert_memory_equal(key, rows[i].key, sizeof key);
    }
}

static void
test_as_libzmq(void **state)
{
    (void)state;
    for (int i = 0; i < RANDOM_KEYS; i++) {
        uint8_t key[KEY_BYTES], back[KEY_BYTES];
        char text[Z85_KEY + 1], theirs[Z85_KEY + 1];
        randombytes_buf(key, sizeof key);
        z85_encode(key, text);
        assert_non_null(zmq_z85_encode(theirs, key, sizeof key));
        assert_string_equal(text, theirs);
        assert_true(z85_decode(slice_str(text), back));
        assert_memory_equal(key, back, sizeof key);
    }
}

/* Digits are taken, everything else is refused: each byte in each place. */
static void
test_every_byte(void **state)
{
    (void)state;
    for (size_t at = 0; at < Z85_KEY; at++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            uint8_t key[KEY_BYTES], text[Z85_KEY];
            memset(text, '0', sizeof text);
            text[at] = (uint8_t)byte;
            bool digit = memchr(digits, (int)byte, DIGITS);
            /* At the head of a group a digit above 82 is above 32 bits. */
            bool fits = at % 5 || !strchr("$#", (int)byte) || byte == 0;
            assert_int_equal(z85_decode(slice_of(text, sizeof text), key),
                             digit && fits);
        }
    }
}

static void
test_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "0",
        "000000000000000000000000000000000000000",   /* 39 */
        "00000000000000000000000000000000000000000", /* 41 */
        "000000000000000000000000000000000000000000000",
        "%nSc1%nSc0%nSc0%nSc0%nSc0%nSc0%nSc0%nSc0", /* 2^32 */
        "%nSc0%nSc0%nSc0%nSc0%nSc0%nSc0%nSc0%nSc1",
        "#####00000000000000000000000000000000000",
        " 00000000000000000000000000000000000000",
        "HelloWorldHelloWorldHelloWorldHelloWorl\n",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t key[KEY_BYTES];
        /* No more than the slice is looked at. */
        size_t len = strlen(rows[i]);
        char *exact = malloc(len ? len : 1);
        assert_non_null(exact);
        memcpy(exact, rows[i], len);
        if (z85_decode(slice_of(exact, len), key))
            fail_msg("'%s' was taken", rows[i]);
        free(exact);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_as_libzmq),
        cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
