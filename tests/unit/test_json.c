/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Messages between MessagePack and JSON: what JSON can hold comes out as it is,
 * what it cannot comes out as base64, and both come back as the same bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/json.h"

#define ROOM                                                                   \
    "\x82\xa2op\xa3say\xa4"                                                    \
    "data"
#define RAW(text)                                                              \
    {                                                                          \
        (const uint8_t *)(text), sizeof(text) - 1                              \
    }

static const struct {
    struct slice raw;
    const char *json;
} both[] = {
    /* nil to map, in every place where it may stand */
    {RAW(ROOM "\xc0"), "{\"op\":\"say\",\"data\":null}"},
    {RAW(ROOM "\xc3"), "{\"op\":\"say\",\"data\":true}"},
    {RAW(ROOM "\x07"), "{\"op\":\"say\",\"data\":7}"},
    {RAW(ROOM "\xff"), "{\"op\":\"say\",\"data\":-1}"},
    {RAW(ROOM "\xd3\x80\0\0\0\0\0\0\0"),
     "{\"op\":\"say\",\"data\":-9223372036854775808}"},
    {RAW(ROOM "\xcb\x3f\xf8\0\0\0\0\0\0"), "{\"op\":\"say\",\"data\":1.5}"},
    {RAW(ROOM "\xa6\xe4\xbd\xa0\xe5\xa5\xbd"),
     "{\"op\":\"say\",\"data\":\"你好\"}"},
    {RAW(ROOM "\x93\x01\x90\x80"), "{\"op\":\"say\",\"data\":[1,[],{}]}"},
    {RAW(ROOM "\x82\xa1z\x01\xa1"
              "a\x02"),
     "{\"op\":\"say\",\"data\":{\"z\":1,\"a\":2}}"},
    /* what JSON cannot hold */
    {RAW(ROOM "\xc4\x02\x00\xff"), "{\"op\":\"say\",\"data64\":\"AP8=\"}"},
    {RAW(ROOM "\xc4\x00"), "{\"op\":\"say\",\"data64\":\"\"}"},
    {RAW(ROOM "\x91\xc4\x01x"), "{\"op\":\"say\",\"msgpack64\":\"kcQBeA==\"}"},
    {RAW(ROOM "\x81\x01\x02"), "{\"op\":\"say\",\"msgpack64\":\"gQEC\"}"},
    {RAW(ROOM "\xd4\x05x"), "{\"op\":\"say\",\"msgpack64\":\"1AV4\"}"},
    {RAW(ROOM "\x82\xa1"
              "a\x01\xa1"
              "a\x02"),
     "{\"op\":\"say\",\"msgpack64\":\"gqFhAaFhAg==\"}"},
    {RAW(ROOM "\x81\xa1\0\x02"), "{\"op\":\"say\",\"msgpack64\":\"gaEAAg==\"}"},
    {RAW(ROOM "\xcf\xff\xff\xff\xff\xff\xff\xff\xff"),
     "{\"op\":\"say\",\"msgpack64\":\"z///////////\"}"},
    {RAW(ROOM "\xcb\x7f\xf8\0\0\0\0\0\0"),
     "{\"op\":\"say\",\"msgpack64\":\"y3/4AAAAAAAA\"}"},
};

/* NULL when it is no message, and then nothing is written. */
static char *
as_text(struct slice raw, const json_t *ref)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    bool written = json_message(out, raw, ref);
    fclose(out);
    assert_int_equal(written, len > 0);
    if (written) {
        assert_int_equal(text[len - 1], '\n');
        text[len - 1] = '\0';
        return text;
    }
    free(text);
    return NULL;
}

static void
test_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof both / sizeof *both; i++) {
        struct slice raw = both[i].raw;
        char *text = as_text(raw, NULL);
        assert_non_null(text);
        assert_string_equal(text, both[i].json);
        free(text);
        uint8_t bytes[256];
        struct buffer out = {.data = bytes, .cap = sizeof bytes};
        json_t *object = json_loads(both[i].json, 0, NULL);
        assert_null(json_to_message(object, &out));
        json_decref(object);
        assert_int_equal(out.len, raw.len);
        assert_memory_equal(bytes, raw.data, raw.len);
    }
}

/* Strings as JSON wants them, and as a terminal can bear them. */
static void
test_strings(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"\x81\xa2op\xa0", "{\"op\":\"\"}"},
        {"\x81\xa2op\xa5\"a\\\"\\", "{\"op\":\"\\\"a\\\\\\\"\\\\\"}"},
        {"\x81\xa2op\xa3\n\t\x1b", "{\"op\":\"\\u000a\\u0009\\u001b\"}"},
        {"\x81\xa2op\xa5\x7f\xc2\x9bé", "{\"op\":\"\\u007f\\u009bé\"}"},
        {"\x81\xa2op\xa6\xe2\x80\xae\xe2\x80\xa8",
         "{\"op\":\"\\u202e\\u2028\"}"},
        {"\x81\xa2op\xa8你a👍", "{\"op\":\"你a👍\"}"},
        {"\x81\xa3key\xc0", "{\"key\":null}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = as_text(slice_str(rows[i][0]), NULL);
        assert_non_null(text);
        assert_string_equal(text, rows[i][1]);
        free(text);
    }
}

static void
test_ref(void **state)
{
    (void)state;
    struct slice raw =
        slice_str("\x84\xa2op\xa2ok\xa3ref\x05\xa1n\x09\xa3seq\x07");
    char *text = as_text(raw, NULL);
    assert_string_equal(text, "{\"op\":\"ok\",\"seq\":7}");
    free(text);
    json_t *ref = json_string("mine");
    text = as_text(raw, ref);
    json_decref(ref);
    assert_string_equal(text, "{\"op\":\"ok\",\"ref\":\"mine\",\"seq\":7}");
    free(text);
}

static void
test_messages_inside(void **state)
{
    (void)state;
    static const char raw[] = "\x82\xa2op\xa7history\xa8messages\x91" ROOM
                              "\xc4\x01x";
    char *text = as_text(slice_of(raw, sizeof raw - 1), NULL);
    assert_string_equal(text, "{\"op\":\"history\",\"messages\":[{\"op\":"
                              "\"say\",\"data64\":\"eA==\"}]}");
    free(text);
}

static void
test_broken_bytes_give_nothing(void **state)
{
    (void)state;
    static const char raw[] = "\x82\xa2op\xa7history\xa8messages\x91" ROOM
                              "\xc4\x01x";
    for (size_t len = 0; len < sizeof raw - 1; len++) {
        assert_null(as_text(slice_of(raw, len), NULL));
    }
    assert_null(as_text(slice_str("\x93\x01\x02\x03"), NULL));
    assert_null(as_text(slice_str("\x81\x01\x02"), NULL));
}

static void
test_what_is_no_message(void **state)
{
    static const char *const wrong[] = {
        "[]",
        "{\"data\":[[[[[[[[[1]]]]]]]]]}",
        "{\"data64\":7}",
        "{\"data64\":\"AP8\"}",
        "{\"data64\":\"A===\"}",
        "{\"data64\":\"AP8=AP8=\"}",
        "{\"msgpack64\":\"\"}",
        "{\"msgpack64\":\"kg==\"}",
        "{\"msgpack64\":\"AQI=\"}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        uint8_t bytes[256];
        struct buffer out = {.data = bytes, .cap = sizeof bytes};
        json_t *object = json_loads(wrong[i], 0, NULL);
        assert_non_null(object);
        assert_non_null(json_to_message(object, &out));
        json_decref(object);
    }
}

static void
test_bounded(void **state)
{
    (void)state;
    uint8_t bytes[64];
    struct buffer out = {.data = bytes, .cap = sizeof bytes};
    json_t *object = json_object();
    char text[100];
    memset(text, 'x', sizeof text);
    json_object_set_new(object, "text", json_stringn(text, sizeof text));
    assert_non_null(json_to_message(object, &out));
    assert_true(out.overflow);
    assert_true(out.len <= sizeof bytes);
    json_decref(object);
}

static void
test_base64(void **state)
{
    static const char *const rows[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[BASE64_ROOM(6)];
        uint8_t bytes[9];
        size_t len = base64_encode(slice_str(rows[i][0]), text);
        assert_string_equal(text, rows[i][1]);
        assert_int_equal(len, strlen(rows[i][1]));
        assert_true(base64_decode(text, len, bytes, &len));
        assert_int_equal(len, strlen(rows[i][0]));
        assert_memory_equal(bytes, rows[i][0], len);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_ref),
        cmocka_unit_test(test_messages_inside),
        cmocka_unit_test(test_broken_bytes_give_nothing),
        cmocka_unit_test(test_what_is_no_message),
        cmocka_unit_test(test_bounded),
        cmocka_unit_test(test_base64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
