/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The file of users on the disk: which one is refused, who owns a new one, and
 * what an edit leaves alone.
 */
#include "broker/users_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/users.h"
#include "broker/users_edit.h"
#include "scratch.h"

#define KEY_A "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define KEY_B "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define HASH                                                                   \
    "$argon2id$v=19$m=8,t=1,p=1$D0sic0DxxBn/1+22Fkya/A$"                       \
    "n9LSvEj4mZMMxWZGslVaZFk0IhqVWwNILW2dLQ5tSeQ"

static struct slice
str(const char *text)
{
    return slice_str(text);
}

static void
test_load(void **state)
{
    (void)state;
    static const struct {
        mode_t mode;
        const char *words; /* NULL: it is taken */
    } rows[] = {
        {0600, NULL},         {0400, NULL},         {0644, NULL},
        {0660, "others may"}, {0602, "others may"}, {0666, "chmod 600"},
    };
    struct users users;
    struct config_error error;
    const char *path = scratch_path("users");
    assert_true(users_load(&users, path, &error));
    assert_int_equal(users.count, 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        scratch_write("users", "ann key=" KEY_A "\n", rows[i].mode);
        bool loaded = users_load(&users, path, &error);
        assert_int_equal(loaded, !rows[i].words);
        if (rows[i].words) {
            assert_non_null(strstr(error.text, rows[i].words));
        }
        assert_int_equal(users.count, loaded);
        users_free(&users);
    }
    scratch_write("users", "ann key=x\n", 0600);
    assert_false(users_load(&users, path, &error));
    assert_non_null(strstr(error.text, "/users:1: 'x' is no key"));
    assert_int_equal(unlink(path), 0);
    assert_false(users_load(&users, scratch_path(""), &error));
    assert_non_null(strstr(error.text, "is not a file"));
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_false(users_load(&users, path, &error));
    assert_non_null(strstr(error.text, "is not a file"));
    assert_int_equal(unlink(path), 0);
    scratch_write("plain", "", 0600);
    assert_false(users_load(&users, scratch_path("plain/users"), &error));
    assert_non_null(strstr(error.text, "Not a directory"));
}

static void
test_store(void **state)
{
    (void)state;
    struct config_error error;
    const char *path = scratch_path("new/deep/users");
    int lock = users_file_lock(path, &error);
    assert_true(lock >= 0);
    assert_int_equal(scratch_mode("new/deep"), 0700);
    assert_true(users_file_store(path, str("ann\n"), &error));
    assert_int_equal(scratch_mode("new/deep/users"), 0600);
    scratch_write("new/deep/users.new", "half", 0600); /* somebody died */
    assert_true(users_file_store(path, str("bob\n"), &error));
    char *text = scratch_read("new/deep/users");
    assert_string_equal(text, "bob\n");
    free(text);
    (void)close(lock);
    assert_int_equal(scratch_count("new/deep"), 2);
    assert_false(users_file_store(scratch_path("none/users"), str(""), &error));
    assert_non_null(strstr(error.text, "none/users: No such file"));
}

/* Who edits as root leaves the file to the broker's user. */
static void
test_owner(void **state)
{
    (void)state;
    enum { SOMEBODY = 12345 };
    struct stat status;
    struct config_error error;
    if (geteuid() != 0) {
        return; /* only root can give files away */
    }
    const char *path = scratch_path("owned/users");
    assert_int_equal(mkdir(scratch_path("owned"), 0700), 0);
    assert_int_equal(chown(scratch_path("owned"), SOMEBODY, SOMEBODY), 0);
    int lock = users_file_lock(path, &error);
    assert_true(lock >= 0);
    assert_int_equal(fstat(lock, &status), 0);
    assert_int_equal(status.st_uid, SOMEBODY);
    assert_true(users_file_store(path, str("ann\n"), &error));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_uid, SOMEBODY);
    assert_int_equal(chown(path, SOMEBODY + 1, SOMEBODY), 0);
    assert_true(users_file_store(path, str("bob\n"), &error));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_uid, SOMEBODY + 1);
    (void)close(lock);
}

/* --- edits --- */

static void
test_edit(void **state)
{
    (void)state;
    static const struct user ann = {.id = {(const uint8_t *)"ann", 3},
                                    .role = ROLE_ADMIN,
                                    .keys = {KEY_A, KEY_B},
                                    .key_count = 2,
                                    .hash = HASH};
    static const struct user bare = {.id = {(const uint8_t *)"ann", 3}};
    static const struct {
        const char *before;
        const struct user *user;
        const char *after;
    } rows[] = {
        {"# x\nbob  role=admin\nann\n\n#y\n", &ann,
         "# x\nbob  role=admin\nann role=admin key=" KEY_A " key=" KEY_B
         " password=" HASH "\n\n#y\n"},
        {"ann role=admin\r\nbob\r\n", &bare, "ann\nbob\r\n"},
        {"  ann role=admin", &bare, "ann\n"},
        {"ann", NULL, ""},
        {"ann\n", NULL, ""},
        {"a\nann key=" KEY_A "\nb", NULL, "a\nb\n"},
        {"#ann\n", NULL, "#ann\n"},
        {"anna\n", NULL, "anna\n"},
        {"anna", &bare, "anna\nann\n"},
        {"\n", &bare, "\nann\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t len;
        char *after =
            users_edit(str(rows[i].before), str("ann"), rows[i].user, &len);
        assert_string_equal(after, rows[i].after);
        assert_int_equal(len, strlen(after));
        free(after);
    }
}

static void
test_edit_can_be_read(void **state)
{
    (void)state;
    struct users users, again;
    struct config_error error;
    size_t len;
    struct user bob = {.id = str("bob"), .role = ROLE_MODERATOR};
    memcpy(bob.hash, HASH, sizeof HASH);
    char *text = users_edit(str(""), bob.id, &bob, &len);
    assert_int_equal(text[0], '#'); /* a new file says what it is */
    assert_true(users_read(&users, slice_of(text, len), "users", &error));
    char *same = users_edit(slice_of(text, len), bob.id,
                            users_find(&users, bob.id), &len);
    assert_string_equal(text, same);
    assert_true(users_read(&again, slice_of(same, len), "users", &error));
    assert_string_equal(users_find(&again, bob.id)->hash, HASH);
    users_free(&users);
    users_free(&again);
    free(text);
    free(same);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load),
        cmocka_unit_test(test_store),
        cmocka_unit_test(test_owner),
        cmocka_unit_test(test_edit),
        cmocka_unit_test(test_edit_can_be_read),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
