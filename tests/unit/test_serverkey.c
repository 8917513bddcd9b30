/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The broker's key: made once, believed only when its halves belong together;
 * and the notice by which clients of this machine find it.
 */
#include "broker/serverkey.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/notice.h"
#include "scratch.h"

#define PUBLIC "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define SECRET "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"
#define ESCAPED "Yne%40%24w%2Dvo%3CfVvi%5Da%3CNY6T1ed%3AM%24fCG%2A%5BIaLV%7BhID"

static const struct keypair example = {PUBLIC, SECRET};

static void
test_made_once(void **state)
{
    (void)state;
    struct keypair first, second;
    struct config_error error;
    const char *path = scratch_path("deep/er/server.key");
    assert_false(serverkey_read(path, &first, &error));
    assert_non_null(strstr(error.text, "server.key is not there"));
    assert_true(serverkey_load(path, &first, &error));
    assert_int_equal(scratch_mode("deep/er/server.key") & 0777U, 0600);
    assert_true(serverkey_load(path, &second, &error));
    assert_memory_equal(&first, &second, sizeof first);
    assert_true(serverkey_read(path, &second, &error));
    assert_memory_equal(&first, &second, sizeof first);
}

static void
test_not_taken(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        mode_t mode;
        const char *says;
    } rows[] = {
        {"good", "curve\n public-key = " PUBLIC "\n secret-key = " SECRET, 0600,
         NULL},
        {"halves", "curve\n public-key = " SECRET "\n secret-key = " SECRET,
         0600, "does not belong"},
        {"open", "curve\n public-key = " PUBLIC "\n secret-key = " SECRET, 0644,
         "others may read"},
        {"empty", "", 0600, "public-key"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct keypair pair;
        struct config_error error;
        scratch_write(rows[i].name, rows[i].text, rows[i].mode);
        bool taken = serverkey_load(scratch_path(rows[i].name), &pair, &error);
        assert_int_equal(taken, !rows[i].says);
        if (rows[i].says) {
            assert_non_null(strstr(error.text, rows[i].says));
            assert_null(strstr(error.text, SECRET));
        }
    }
}

static void
test_address(void **state)
{
    (void)state;
    char text[ADDRESS_TEXT], host[128] = "", all[ADDRESS_TEXT];
    serverkey_address("tcp://10.0.0.1:7480", &example, text);
    assert_string_equal(text, "confab://10.0.0.1:7480/?key=" ESCAPED);
    serverkey_address("tcp://10.0.0.1:7480", NULL, text);
    assert_string_equal(text, "tcp://10.0.0.1:7480");
    serverkey_address("ipc:///run/confab/ask", &example, text);
    assert_string_equal(text, "ipc:///run/confab/ask");
    assert_int_equal(gethostname(host, sizeof host - 1), 0);
    (void)snprintf(all, sizeof all, "confab://%s:7480/?key=%s", host, ESCAPED);
    serverkey_address("tcp://0.0.0.0:7480", &example, text);
    assert_string_equal(text, all);
    serverkey_address("tcp://[::]:7480", &example, text);
    assert_string_equal(text, all);
}

/* --- notices --- */

static void
in_folder(const char *folder)
{
    assert_int_equal(unsetenv("RUNTIME_DIRECTORY"), 0);
    assert_int_equal(setenv("XDG_RUNTIME_DIR", scratch_path(folder), 1), 0);
}

static bool
is_held(const char *name)
{
    int fd = open(scratch_path(name), O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    bool held = flock(fd, LOCK_SH | LOCK_NB) != 0;
    close(fd);
    return held;
}

static void
test_notice(void **state)
{
    (void)state;
    struct notice notice;
    in_folder("");
    mode_t mask = umask(077); /* as the service has it */
    notice_post(&notice, "tcp://0.0.0.0:7480", &example, NULL);
    (void)umask(mask);
    assert_true(notice.posted);
    char *text = scratch_read("confab/7480.address");
    assert_string_equal(text, "confab://127.0.0.1:7480/?key=" ESCAPED "\n");
    free(text);
    assert_int_equal(scratch_mode("confab/7480.address") & 0777U, 0644);
    assert_true(is_held("confab/7480.address"));
    assert_int_equal(scratch_count("confab"), 1);

    struct notice second; /* on another address of this machine */
    notice_post(&second, "tcp://127.0.0.2:7480", &example, NULL);
    assert_false(second.posted);
    notice_post(&second, "tcp://127.0.0.2:7480", NULL, NULL);
    assert_true(is_held("confab/7480.address"));
    notice_remove(&second);

    notice_remove(&notice);
    assert_int_equal(scratch_count("confab"), 0);
    notice_remove(&notice);
}

/* What a killed broker has left is replaced by the next one that has a key,
 * and removed by one that has none. */
static void
test_leftover(void **state)
{
    (void)state;
    struct notice notice;
    in_folder("");
    for (int has_key = 0; has_key < 2; has_key++) {
        scratch_write("confab/7480.address", "stale", 0644);
        notice_post(&notice, "tcp://127.0.0.1:7480", has_key ? &example : NULL,
                    NULL);
        assert_int_equal(notice.posted, has_key);
        assert_int_equal(scratch_count("confab"), has_key);
        assert_true(!has_key || is_held("confab/7480.address"));
        notice_remove(&notice);
    }
}

/* At the end only one's own is removed. */
static void
test_replaced(void **state)
{
    (void)state;
    struct notice notice;
    in_folder("");
    notice_post(&notice, "tcp://127.0.0.1:7480", &example, NULL);
    assert_true(notice.posted);
    scratch_write("confab/other", "another's", 0644);
    assert_int_equal(rename(scratch_path("confab/other"),
                            scratch_path("confab/7480.address")),
                     0);
    notice_remove(&notice);
    assert_int_equal(scratch_count("confab"), 1);
    assert_int_equal(unlink(scratch_path("confab/7480.address")), 0);
}

static void
test_nothing_to_post(void **state)
{
    (void)state;
    struct notice notice;
    in_folder("");
    notice_post(&notice, "tcp://192.0.2.1:7480", &example, NULL);
    assert_false(notice.posted);
    notice_post(&notice, "ipc:///run/confab/ask", &example, NULL);
    assert_false(notice.posted);
    scratch_write("file", "", 0600);
    in_folder("file");
    notice_post(&notice, "tcp://127.0.0.1:7480", &example, NULL);
    assert_false(notice.posted);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made_once),
        cmocka_unit_test(test_not_taken),
        cmocka_unit_test(test_address),
        cmocka_unit_test(test_notice),
        cmocka_unit_test(test_leftover),
        cmocka_unit_test(test_replaced),
        cmocka_unit_test(test_nothing_to_post),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
