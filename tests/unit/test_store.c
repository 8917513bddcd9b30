/* SPDX-License-Identifier: MPL-2.0 */
/* The state file: what is kept comes back, torn ends go, damage is refused. */
#define _GNU_SOURCE /* mkdtemp */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/store.h"

struct seen {
    unsigned count;
    enum keep kind;
    uint64_t number;
    char name[80];
    char bytes[80];
    int answer; /* what `each` returns */
};

static char folder[] = "/tmp/confab-store-XXXXXX";
static char path[64];
static char fault[STORE_FAULT]; /* of the last attempt */

static int
make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/state", folder);
    return 0;
}

static int
remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static int
remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static int
see(void *owner, const struct record *record)
{
    struct seen *seen = owner;
    seen->count++;
    seen->kind = record->kind;
    seen->number = record->number;
    snprintf(seen->name, sizeof seen->name, "%.*s", SLICE_ARG(record->name));
    snprintf(seen->bytes, sizeof seen->bytes, "%.*s", SLICE_ARG(record->bytes));
    return seen->answer;
}

static int
attempt(struct store **store, const char *file, struct seen *seen)
{
    struct store_reader reader = {.each = see, .owner = seen};
    int error = store_open(store, file, &reader);
    memcpy(fault, reader.fault, sizeof fault);
    return error;
}

static struct store *
open_store(struct seen *seen)
{
    struct store *store;
    *seen = (struct seen){.count = 0};
    assert_int_equal(attempt(&store, path, seen), 0);
    return store;
}

static int
try_store(void)
{
    struct seen seen = {.count = 0};
    struct store *store;
    int error = attempt(&store, path, &seen);
    if (!error)
        store_close(store);
    return error;
}

static void
keep(struct store *store, enum keep kind, uint64_t number, const char *name,
     const char *bytes)
{
    assert_true(store_keep(store, &(struct record){
                                      .kind = kind,
                                      .number = number,
                                      .name = slice_str(name),
                                      .bytes = slice_str(bytes),
                                  }));
}

/* A file with three records; gives its size. */
static off_t
write_three(void)
{
    struct seen seen;
    struct store *store = open_store(&seen);
    keep(store, KEEP_LANE, 0, "", "abc");
    keep(store, KEEP_MESSAGE, 7, "", "some message");
    keep(store, KEEP_ROOM, UINT64_C(1) << 52, "lobby", "");
    store_close(store);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    return st.st_size;
}

static void
patch(off_t at, const void *bytes, size_t len)
{
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, len, at), len);
    close(fd);
}

static void
test_kept(void **state)
{
    (void)state;
    (void)write_three();
    struct seen seen;
    struct store *store = open_store(&seen);
    assert_int_equal(seen.count, 3);
    assert_int_equal(seen.kind, KEEP_ROOM);
    assert_int_equal(seen.number, UINT64_C(1) << 52);
    assert_string_equal(seen.name, "lobby");
    keep(store, KEEP_DONE, 7, "", "");
    store_close(store);
    store = open_store(&seen);
    assert_int_equal(seen.count, 4);
    assert_int_equal(seen.kind, KEEP_DONE);
    store_close(store);
}

static void
test_torn(void **state)
{
    (void)state;
    off_t size = write_three();
    for (off_t cut = 1; cut <= 20; cut++) { /* within the last record */
        struct seen seen;
        assert_int_equal(truncate(path, size - cut), 0);
        struct store *store = open_store(&seen);
        assert_int_equal(seen.count, 2);
        assert_string_equal(seen.bytes, "some message");
        keep(store, KEEP_ROOM, UINT64_C(1) << 52, "lobby", "");
        store_close(store);
        store = open_store(&seen);
        assert_int_equal(seen.count, 3);
        store_close(store);
    }
}

static void
test_torn_with_zeros(void **state)
{
    (void)state;
    off_t size = write_three();
    assert_int_equal(truncate(path, size + 4096), 0);
    struct seen seen;
    store_close(open_store(&seen));
    assert_int_equal(seen.count, 3);
}

/* A group of three: with any byte of it missing none of it counts, and what is
 * kept then takes its place. */
static void
test_torn_group(void **state)
{
    (void)state;
    off_t begin = write_three();
    struct seen seen;
    struct store *store = open_store(&seen);
    for (uint64_t i = 1; i <= 3; i++)
        assert_true(
            store_keep(store, &(struct record){.kind = KEEP_ROOM,
                                               .more = i < 3,
                                               .number = i,
                                               .name = slice_str("r")}));
    store_close(store);
    store_close(open_store(&seen));
    assert_int_equal(seen.count, 6);
    assert_int_equal(seen.kind, KEEP_ROOM);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    for (off_t size = st.st_size - 1; size >= begin; size--) {
        assert_int_equal(truncate(path, size), 0);
        store_close(open_store(&seen));
        assert_int_equal(seen.count, 3);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_size, begin);
        assert_int_equal(truncate(path, size), 0); /* zeros, as of a crash */
    }
}

static void
test_damaged(void **state)
{
    (void)state;
    (void)write_three();
    patch(30, "X", 1); /* within the first record */
    assert_int_equal(try_store(), CONFAB_ESTATE);
    assert_non_null(strstr(fault, "damaged at byte 15"));
}

static void
test_no_state_file(void **state)
{
    (void)state;
    (void)write_three();
    patch(0, "#!/bin/sh\n", 10);
    assert_int_equal(try_store(), CONFAB_ESTATE);
}

static void
test_of_another(void **state)
{
    (void)state;
    struct seen seen;
    struct store *store = open_store(&seen);
    keep(store, KEEP_ID, 0, "", "bob");
    store_close(store);
    seen.answer = CONFAB_ESTATE;
    assert_int_equal(attempt(&store, path, &seen), CONFAB_ESTATE);
    assert_null(store);
    assert_non_null(strstr(fault, "the state of bob"));
}

static void
test_locked(void **state)
{
    (void)state;
    struct seen seen;
    struct store *store = open_store(&seen);
    assert_int_equal(try_store(), CONFAB_ESTATE);
    assert_non_null(strstr(fault, "in use"));
    store_close(store);
    assert_int_equal(try_store(), 0);
}

static struct session *
new_session(void)
{
    static const struct session_sink sink;
    struct session_options options = {.id = "ann", .lane = "l1", .seed = 1};
    struct session *s = session_new(&options, &sink);
    assert_non_null(s);
    return s;
}

static void
test_rewrite(void **state)
{
    (void)state;
    struct seen seen;
    struct session *s = new_session();
    struct store *store = open_store(&seen);
    for (int i = 0; i < 60000 && !store_is_bloated(store); i++)
        keep(store, KEEP_MAIL, 1, "", "");
    assert_true(store_is_bloated(store));
    assert_int_equal(session_say(s, "r", "kept", NULL, NULL), 0);
    assert_true(store_rewrite(store, s));
    assert_false(store_is_bloated(store));
    assert_int_equal(try_store(), CONFAB_ESTATE); /* the lock moved along */
    keep(store, KEEP_MAIL, 77, "", "");
    store_close(store);
    store = open_store(&seen); /* id, lane, message, next, mail */
    assert_int_equal(seen.count, 5);
    assert_int_equal(seen.number, 77);
    store_close(store);
    session_close(s);
}

static void
test_cannot_open(void **state)
{
    (void)state;
    struct store *store;
    struct seen seen = {.count = 0};
    assert_int_equal(attempt(&store, "/nowhere/at/all", &seen), CONFAB_ESTATE);
    assert_non_null(strstr(fault, "/nowhere/at/all"));
    /* A rewrite would put a file in its place. */
    assert_int_equal(attempt(&store, "/dev/null", &seen), CONFAB_ESTATE);
    assert_non_null(strstr(fault, "/dev/null is no regular file"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_kept, remove_file),
        cmocka_unit_test_teardown(test_torn, remove_file),
        cmocka_unit_test_teardown(test_torn_with_zeros, remove_file),
        cmocka_unit_test_teardown(test_torn_group, remove_file),
        cmocka_unit_test_teardown(test_damaged, remove_file),
        cmocka_unit_test_teardown(test_no_state_file, remove_file),
        cmocka_unit_test_teardown(test_of_another, remove_file),
        cmocka_unit_test_teardown(test_locked, remove_file),
        cmocka_unit_test_teardown(test_rewrite, remove_file),
        cmocka_unit_test(test_cannot_open),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
