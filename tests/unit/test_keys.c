/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A client's own keys: which file, made once, by whoever comes first; and the
 * key of a broker on this machine, which is believed only while it runs.
 */
#define _GNU_SOURCE /* mkdtemp, setenv, flock, nftw */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/confab.h"
#include "client/keys.h"
#include "client/nearby.h"

enum { PATH = 256 };

static char folder[] = "/tmp/confab-keys-XXXXXX";

static _Atomic int dashes; /* so many of the next keys begin with a - */

/* In the place of libsodium's, which would do so once in 85 times. */
int
crypto_box_keypair(unsigned char *public_key, unsigned char *secret_key)
{
    randombytes_buf(secret_key, KEY_BYTES);
    int rc = crypto_scalarmult_base(public_key, secret_key);
    if (dashes > 0) {
        public_key[0] = 0xc5; /* the digit - has 0xc404a78f to 0xc7212c3f */
        dashes--;
    }
    return rc;
}

static int
set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    return setenv("XDG_DATA_HOME", folder, 1) |
           setenv("XDG_RUNTIME_DIR", folder, 1) |
           setenv("XDG_STATE_HOME", folder, 1);
}

static int
take_away(const char *path, const struct stat *file, int type, struct FTW *at)
{
    (void)file;
    (void)type;
    (void)at;
    return remove(path);
}

static int
tear_down(void **state)
{
    (void)state;
    return nftw(folder, take_away, 8, FTW_DEPTH | FTW_PHYS);
}

static void
test_path(void **state)
{
    (void)state;
    static const struct {
        const char *id, *file;
    } rows[] = {
        {"ann", "ann.key"},         {"a/b", "a%2Fb.key"},
        {"..", "%2E..key"},         {".a", "%2Ea.key"},
        {"a.b_c-9", "a.b_c-9.key"}, {"a%2Fb", "a%252Fb.key"},
        {"李", "%E6%9D%8E.key"},    {"A", "A.key"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char want[PATH], got[PATH];
        snprintf(want, sizeof want, "%s/confab/keys/%s", folder, rows[i].file);
        assert_int_equal(confab_key_path(rows[i].id, got, sizeof got), 0);
        assert_string_equal(got, want);
    }
    char small[8];
    assert_int_equal(confab_key_path("ann", small, sizeof small),
                     CONFAB_EINVALID);
    assert_int_equal(confab_key_path("@ann", small, sizeof small),
                     CONFAB_EINVALID);
}

static void
test_made_once(void **state)
{
    (void)state;
    char path[PATH], first[CONFAB_KEY_SIZE], again[CONFAB_KEY_SIZE];
    bool made = false;
    struct stat file;
    assert_int_equal(confab_key_path("once", path, sizeof path), 0);
    assert_int_equal(confab_key(path, first, &made), 0);
    assert_true(made);
    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(file.st_mode & 07777, 0600);
    assert_int_equal(confab_key(path, again, &made), 0);
    assert_false(made);
    assert_string_equal(first, again);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(confab_key(path, again, NULL), CONFAB_EKEY);
    assert_true(confab_last_error()[0]);
}

/* `confabd user add ann KEY` takes it as it is. */
static void
test_never_begins_as_an_option(void **state)
{
    (void)state;
    char path[PATH], key[CONFAB_KEY_SIZE];
    assert_int_equal(confab_key_path("dash", path, sizeof path), 0);
    dashes = 3;
    assert_int_equal(confab_key(path, key, NULL), 0);
    assert_int_equal(dashes, 0);
    assert_int_not_equal(key[0], '-');
}

static void *
get(void *key)
{
    char path[PATH];
    if (confab_key_path("race", path, sizeof path) ||
        confab_key(path, key, NULL))
        *(char *)key = '\0';
    return NULL;
}

static void
test_made_by_many_at_once(void **state)
{
    (void)state;
    enum { MANY = 8 };
    pthread_t threads[MANY];
    char keys[MANY][CONFAB_KEY_SIZE];
    for (int i = 0; i < MANY; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, get, keys[i]), 0);
    for (int i = 0; i < MANY; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < MANY; i++) {
        assert_true(keys[i][0]);
        assert_string_equal(keys[i], keys[0]);
    }
}

static void
test_which_are_nearby(void **state)
{
    (void)state;
    static const struct {
        const char *endpoint;
        bool nearby;
    } rows[] = {
        {"tcp://127.0.0.1:7480", true},  {"tcp://127.8.8.8:1", true},
        {"tcp://localhost:7480", true},  {"tcp://[::1]:7480", true},
        {"ipc:///run/confab/s", true},   {"tcp://10.0.0.1:7480", false},
        {"tcp://127.evil.org:1", false}, {"tcp://localhost.org:1", false},
        {"tcp://[::1]x:7480", false},    {"tcp://127.0.0.1", false},
        {"tcp://1270.0.0.1:1", false},   {"", false},
        {"confab://127.0.0.1:1", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(nearby_is(rows[i].endpoint), rows[i].nearby);
}

/* The file of a broker at port 7480; its descriptor. */
static int
publish(const char *text, mode_t mode)
{
    char path[PATH];
    snprintf(path, sizeof path, "%s/confab", folder);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/confab/7480.address", folder);
    unlink(path);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    return fd;
}

static const char address[] =
    "confab://127.0.0.1:7480/?key=Yne%40%24w-vo%3CfVvi%5Da%3CNY6T1ed%3AM"
    "%24fCG%2A%5BIaLV%7BhID\n";

static void
test_key_of_a_neighbour(void **state)
{
    (void)state;
    char key[Z85_KEY + 1] = "";
    int fd = publish(address, 0644);
    assert_false(nearby_key("tcp://127.0.0.1:7480", key)); /* it has ended */
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_true(nearby_key("tcp://127.0.0.1:7480", key));
    assert_string_equal(key, "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID");
    assert_true(nearby_key("tcp://localhost:7480", key));
    assert_false(nearby_key("tcp://127.0.0.1:7481", key));
    assert_false(nearby_key("tcp://10.0.0.1:7480", key));
    assert_false(nearby_key("tcp://127.0.0.1:7480/", key));
    close(fd);
    assert_false(nearby_key("tcp://127.0.0.1:7480", key));
}

/* One that somebody else may have written, or that holds no key. */
static void
test_key_that_is_not_believed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        mode_t mode;
        uid_t owner;
    } rows[] = {
        {address, 0664, 0},
        {address, 0646, 0},
        {address, 0644, 12345},
        {"", 0644, 0},
        {"tcp://127.0.0.1:7480\n", 0644, 0},
        {"confab://127.0.0.1:7480/?key=short\n", 0644, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char key[Z85_KEY + 1] = "";
        int fd = publish(rows[i].text, rows[i].mode);
        assert_int_equal(flock(fd, LOCK_EX), 0);
        bool given = !rows[i].owner || fchown(fd, rows[i].owner, 0) == 0;
        if (given) /* only root can */
            assert_false(nearby_key("tcp://127.0.0.1:7480", key));
        close(fd);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_path),
        cmocka_unit_test(test_made_once),
        cmocka_unit_test(test_never_begins_as_an_option),
        cmocka_unit_test(test_made_by_many_at_once),
        cmocka_unit_test(test_which_are_nearby),
        cmocka_unit_test(test_key_of_a_neighbour),
        cmocka_unit_test(test_key_that_is_not_believed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
