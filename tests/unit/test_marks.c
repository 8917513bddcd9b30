/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a chat remembers: written, read again the same, and never believed when
 * it is damaged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/marks.h"
#include "scratch.h"

#define BROKER "tcp://chat.example.org:7480"
#define FOLDER "confab/chat/tcp%3A%2F%2Fchat.example.org%3A7480"
#define FILE_OF_ANN FOLDER "/ann.json"

static int
set_up(void **state)
{
    (void)state;
    return setenv("XDG_STATE_HOME", scratch_path(""), 1);
}

static void
fill(struct buffers *bs)
{
    assert_true(buffers_init(bs, "ann"));
    buffers_open(bs, BUFFER_ROOM, "lobby")->read = 1795355500000001;
    buffers_open(bs, BUFFER_PERSON, "小明")->read = 7;
    buffers_open(bs, BUFFER_ROOM, "小明");
    assert_true(buffers_go(bs, 2));
    assert_true(buffers_ignore(bs, "eve", true));
    assert_true(buffers_ignore(bs, "a\"b\\", true));
}

static void
test_again(void **state)
{
    (void)state;
    struct buffers bs;
    struct marks m;
    char fault[MARKS_FAULT] = "";
    assert_true(buffers_init(&bs, "ann"));
    assert_true(marks_load(&m, &bs, BROKER, fault)); /* a first start */
    assert_int_equal(bs.len, 1);
    buffers_fini(&bs);
    fill(&bs);
    assert_true(marks_save(&m, &bs, fault));
    assert_true(marks_save(&m, &bs, fault));
    buffers_fini(&bs);
    assert_int_equal(scratch_mode(FILE_OF_ANN) & 0777, 0600);
    assert_int_equal(scratch_mode(FOLDER) & 0777, 0700);
    assert_int_equal(scratch_count(FOLDER), 1);

    assert_true(buffers_init(&bs, "ann"));
    assert_true(marks_load(&m, &bs, BROKER, fault));
    assert_int_equal(bs.len, 4);
    assert_int_equal(bs.current, 2);
    assert_int_equal(bs.rows[1]->kind, BUFFER_ROOM);
    assert_string_equal(bs.rows[1]->name, "lobby");
    assert_int_equal(bs.rows[1]->read, 1795355500000001);
    assert_false(bs.rows[1]->joined);
    assert_int_equal(bs.rows[2]->kind, BUFFER_PERSON);
    assert_string_equal(bs.rows[2]->name, "小明");
    assert_int_equal(bs.rows[2]->read, 7);
    assert_int_equal(bs.rows[3]->kind, BUFFER_ROOM);
    assert_int_equal(bs.rows[3]->read, 0);
    assert_true(buffers_ignores(&bs, "eve"));
    assert_true(buffers_ignores(&bs, "a\"b\\"));
    assert_int_equal(bs.ignored_len, 2);
    buffers_fini(&bs);
    assert_string_equal(fault, "");
}

#define START "{\"version\": 1, \"current\": 0, \"conversations\": ["
#define MIDDLE "], \"ignored\": ["
#define END "]}"

static const char *const damaged[] = {
    "",
    "{",
    "[]",
    "null",
    "{}",
    "{\"version\": 2, \"current\": 0, \"conversations\": [], \"ignored\": []}",
    "{\"version\": 1, \"current\": 1, \"conversations\": [], \"ignored\": []}",
    "{\"version\": 1, \"current\": -1, \"conversations\": [], \"ignored\": []}",
    "{\"version\": 1, \"current\": 0, \"conversations\": {}, \"ignored\": []}",
    "{\"version\": 1, \"current\": 0, \"conversations\": [], \"ignored\": 1}",
    "{\"version\": 1, \"current\": 0, \"conversations\": []}",
    START MIDDLE END "x",
    START "1" MIDDLE END,
    START "{}" MIDDLE END,
    START "{\"room\": \"a\"}" MIDDLE END,
    START "{\"room\": \"a b\", \"read\": 1}" MIDDLE END,
    START "{\"room\": \"\", \"read\": 1}" MIDDLE END,
    START "{\"room\": \"a\\u0000b\", \"read\": 1}" MIDDLE END,
    START "{\"room\": \"a\\u001b[2J\", \"read\": 1}" MIDDLE END,
    START "{\"room\": \"a\", \"read\": -1}" MIDDLE END,
    START "{\"room\": \"a\", \"read\": 9007199254740992}" MIDDLE END,
    START "{\"room\": \"a\", \"read\": 99999999999999999999}" MIDDLE END,
    START "{\"room\": \"a\", \"read\": 1.5}" MIDDLE END,
    START "{\"room\": \"a\", \"read\": 1, \"x\": 1}" MIDDLE END,
    START "{\"room\": \"a\", \"room\": \"b\", \"read\": 1}" MIDDLE END,
    START "{\"program\": \"a\", \"read\": 1}" MIDDLE END,
    START "{\"room\": \"ok\", \"read\": 1}" MIDDLE "\"a b\"" END,
    START "{\"room\": \"ok\", \"read\": 1}" MIDDLE "7" END,
    START MIDDLE "\"\xff\"" END,
};

/* A first start, and the file is set aside as it was. */
static void
assert_damaged(const char *text)
{
    struct buffers bs;
    struct marks m;
    char fault[MARKS_FAULT] = "";
    scratch_write(FILE_OF_ANN, text, 0600);
    assert_true(buffers_init(&bs, "ann"));
    if (marks_load(&m, &bs, BROKER, fault))
        fail_msg("taken: %.200s", text);
    assert_non_null(strstr(fault, "damaged"));
    assert_int_equal(bs.len, 1);
    assert_int_equal(bs.ignored_len, 0);
    assert_int_equal(access(scratch_path(FILE_OF_ANN), F_OK), -1);
    char *aside = scratch_read(FILE_OF_ANN ".damaged");
    assert_string_equal(aside, text);
    free(aside);
    assert_true(marks_load(&m, &bs, BROKER, fault));
    assert_true(marks_save(&m, &bs, fault)); /* and there is a next time */
    buffers_fini(&bs);
}

static void
test_damaged(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++)
        assert_damaged(damaged[i]);
}

static void
many_row(FILE *out, const char *row, size_t number)
{
    if (number)
        putc(',', out);
    for (; *row; row++) {
        if (*row == '#')
            fprintf(out, "%zu", number);
        else
            putc(*row, out);
    }
}

/* As many rows of `row` as `count`; a # in it is the row's number. */
static char *
many(const char *start, const char *row, size_t count, const char *end)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    fputs(start, out);
    for (size_t i = 0; i < count; i++)
        many_row(out, row, i);
    fputs(end, out);
    fclose(out);
    return text;
}

static void
test_too_much(void **state)
{
    (void)state;
    char *text =
        many(START, "{\"room\": \"a\", \"read\": 1}", BUFFERS_MAX, MIDDLE END);
    assert_damaged(text);
    free(text);
    text = many(START, "{\"room\": \"r#\", \"read\": 1}", LIMIT_JOINED + 1,
                MIDDLE END);
    assert_damaged(text);
    free(text);
    text = many(START, "{\"person\": \"p#\", \"read\": 1}", BUFFERS_PERSONS + 1,
                MIDDLE END);
    assert_damaged(text);
    free(text);
    text = many(START MIDDLE, "\"a\"", BUFFERS_IGNORED + 1, END);
    assert_damaged(text);
    free(text);
    text = many(START MIDDLE, "[", 100000, END);
    assert_damaged(text);
    free(text);
}

static void
test_too_large(void **state)
{
    (void)state;
    struct buffers bs;
    struct marks m;
    char fault[MARKS_FAULT] = "";
    assert_true(buffers_init(&bs, "ann"));
    scratch_write(FILE_OF_ANN, START MIDDLE END, 0600);
    assert_int_equal(truncate(scratch_path(FILE_OF_ANN), MARKS_FILE + 1), 0);
    assert_false(marks_load(&m, &bs, BROKER, fault));
    assert_non_null(strstr(fault, "too large"));
    assert_int_equal(mkdir(scratch_path(FILE_OF_ANN), 0700), 0);
    assert_false(marks_load(&m, &bs, BROKER, fault));
    assert_non_null(strstr(fault, "cannot be moved")); /* over the other one */
    assert_int_equal(unlink(scratch_path(FILE_OF_ANN ".damaged")), 0);
    assert_false(marks_load(&m, &bs, BROKER, fault));
    assert_non_null(strstr(fault, "no file"));
    assert_true(marks_load(&m, &bs, BROKER, fault));
    buffers_fini(&bs);
}

/* All that can be open, with the longest names, is less than what is read. */
static void
test_the_most(void **state)
{
    (void)state;
    struct buffers bs;
    struct marks m;
    char fault[MARKS_FAULT] = "";
    char name[LIMIT_NAME + 1];
    assert_true(buffers_init(&bs, "ann"));
    assert_true(marks_load(&m, &bs, BROKER, fault));
    for (int i = 0; i < LIMIT_JOINED; i++) {
        snprintf(name, sizeof name, "%064d", i);
        buffers_open(&bs, BUFFER_ROOM, name)->read = WIRE_INT_MAX;
    }
    for (int i = 0; i < BUFFERS_PERSONS; i++) {
        snprintf(name, sizeof name, "%064d", i);
        buffers_open(&bs, BUFFER_PERSON, name)->read = WIRE_INT_MAX;
        assert_true(buffers_ignore(&bs, name, true));
    }
    assert_true(marks_save(&m, &bs, fault));
    buffers_fini(&bs);
    assert_true(buffers_init(&bs, "ann"));
    assert_true(marks_load(&m, &bs, BROKER, fault));
    assert_int_equal(bs.len, BUFFERS_MAX);
    assert_int_equal(bs.rows[BUFFERS_MAX - 1]->read, WIRE_INT_MAX);
    buffers_fini(&bs);
}

/* Each broker and id has a file of its own, however they are called. */
static void
test_names(void **state)
{
    (void)state;
    static const char *const ids[] = {"..", ".a", "a/b", "A", "%2E", "小明"};
    struct buffers bs;
    struct marks m;
    char fault[MARKS_FAULT] = "";
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        assert_true(buffers_init(&bs, ids[i]));
        assert_true(marks_load(&m, &bs, "tcp://[::1]:1", fault));
        assert_true(marks_save(&m, &bs, fault));
        buffers_fini(&bs);
    }
    assert_int_equal(scratch_count("confab/chat/tcp%3A%2F%2F%5B%3A%3A1%5D%3A1"),
                     sizeof ids / sizeof *ids);
    char one[300];
    char other[300];
    memset(one, '/', sizeof one - 1);
    one[sizeof one - 1] = '\0';
    memcpy(other, one, sizeof one);
    other[sizeof other - 2] = 'x';
    unsigned before = scratch_count("confab/chat");
    const char *const brokers[] = {one, other};
    for (size_t i = 0; i < 2; i++) {
        assert_true(buffers_init(&bs, "ann"));
        assert_true(marks_load(&m, &bs, brokers[i], fault));
        if (!marks_save(&m, &bs, fault))
            fail_msg("%s", fault);
        buffers_fini(&bs);
    }
    assert_int_equal(scratch_count("confab/chat"), before + 2);
}

/* A name that is just too long becomes a longer one. */
static void
test_names_about_too_long(void **state)
{
    (void)state;
    char broker[] = "////////////////////////////////////////"
                    "////////////////////////////////////////";
    unsigned before = scratch_count("confab/chat");
    size_t count = 0;
    for (size_t len = 58; len < sizeof broker - 1; len++, count++) {
        struct buffers bs;
        struct marks m;
        char fault[MARKS_FAULT] = "";
        broker[len] = '\0';
        assert_true(buffers_init(&bs, "ann"));
        assert_true(marks_load(&m, &bs, broker, fault));
        assert_true(marks_save(&m, &bs, fault));
        buffers_fini(&bs);
        broker[len] = '/';
    }
    assert_int_equal(scratch_count("confab/chat"), before + count);
}

static void
test_no_place(void **state)
{
    (void)state;
    struct buffers bs;
    struct marks m;
    char fault[MARKS_FAULT] = "";
    assert_true(buffers_init(&bs, "ann"));
    scratch_write("file", "", 0600);
    setenv("XDG_STATE_HOME", scratch_path("file"), 1);
    assert_false(marks_load(&m, &bs, BROKER, fault));
    assert_non_null(strstr(fault, "cannot read"));
    assert_true(marks_save(&m, &bs, fault)); /* not: what is there stays */
    setenv("XDG_STATE_HOME", "not/absolute", 1);
    const char *set = getenv("HOME");
    char *home = strdup(set ? set : "/");
    unsetenv("HOME");
    assert_false(marks_load(&m, &bs, BROKER, fault));
    assert_non_null(strstr(fault, "HOME"));
    assert_true(marks_save(&m, &bs, fault));
    setenv("HOME", home, 1);
    free(home);
    buffers_fini(&bs);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_again, set_up),
        cmocka_unit_test_setup(test_damaged, set_up),
        cmocka_unit_test_setup(test_too_much, set_up),
        cmocka_unit_test_setup(test_the_most, set_up),
        cmocka_unit_test_setup(test_too_large, set_up),
        cmocka_unit_test_setup(test_names, set_up),
        cmocka_unit_test_setup(test_names_about_too_long, set_up),
        cmocka_unit_test_setup(test_no_place, set_up),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
