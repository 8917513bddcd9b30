/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The file of users: what is read, what is refused and why, who is found.
 */
#include "broker/users.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/z85.h"

#define KEY_A "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define KEY_B "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define KEY_C "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"
#define HASH                                                                   \
    "$argon2id$v=19$m=8,t=1,p=1$D0sic0DxxBn/1+22Fkya/A$"                       \
    "n9LSvEj4mZMMxWZGslVaZFk0IhqVWwNILW2dLQ5tSeQ"

static struct slice
str(const char *text)
{
    return slice_str(text);
}

static void
test_roles(void **state)
{
    (void)state;
    static const char *const words[] = {"member", "moderator", "admin"};
    for (unsigned i = 0; i < ROLES; i++) {
        enum role role = ROLES;
        assert_string_equal(role_word((enum role)i), words[i]);
        assert_true(role_find(str(words[i]), &role));
        assert_int_equal(role, i);
    }
    enum role role = ROLE_ADMIN;
    assert_false(role_find(str("Admin"), &role));
    assert_false(role_find(str("admi"), &role));
    assert_false(role_find(str(""), &role));
    assert_int_equal(role, ROLE_ADMIN);
}

static void
test_read(void **state)
{
    (void)state;
    static const char text[] = "# who\n"
                               "\n"
                               "ann   role=admin key=" KEY_A "\n"
                               "   \t \n"
                               "\tbob\tkey=" KEY_B " key=" KEY_C "  \r\n"
                               "  # carl key=x\n"
                               "robot role=moderator password=" HASH "\n"
                               "idle\n"
                               "zo\xc3\xab role=member";
    struct users users;
    struct config_error error;
    if (!users_read(&users, str(text), "users", &error)) {
        fail_msg("%s", error.text);
    }
    assert_int_equal(users.count, 5);
    const struct user *ann = users_find(&users, str("ann"));
    const struct user *bob = users_find(&users, str("bob"));
    const struct user *robot = users_find(&users, str("robot"));
    assert_int_equal(ann->role, ROLE_ADMIN);
    assert_int_equal(ann->key_count, 1);
    assert_string_equal(ann->keys[0], KEY_A);
    assert_string_equal(ann->hash, "");
    assert_int_equal(bob->role, ROLE_MEMBER);
    assert_int_equal(bob->key_count, 2);
    assert_string_equal(bob->keys[1], KEY_C);
    assert_int_equal(robot->role, ROLE_MODERATOR);
    assert_string_equal(robot->hash, HASH);
    assert_int_equal(robot->key_count, 0);
    assert_ptr_equal(users_with(&users, str(KEY_A)), ann);
    assert_ptr_equal(users_with(&users, str(KEY_B)), bob);
    assert_ptr_equal(users_with(&users, str(KEY_C)), bob);
    assert_non_null(users_find(&users, str("zo\xc3\xab")));
    assert_ptr_equal(users_alike(&users, str("ANN")), ann);
    assert_ptr_equal(users_alike(&users, str("ann")), ann);
    assert_null(users_alike(&users, str("anna")));

    static const char *const order[] = {"ann", "bob", "robot", "idle",
                                        "zo\xc3\xab"};
    const struct user *user = NULL;
    for (size_t i = 0; i < 5; i++) {
        user = users_next(&users, user);
        assert_true(slice_eq(user->id, str(order[i])));
    }
    assert_null(users_next(&users, user));
    users_free(&users);
    assert_int_equal(users.count, 0);
    users_free(&users);
}

/* Strangers ask with what they like. */
static void
test_found_nobody(void **state)
{
    (void)state;
    static char large[5000];
    struct users users;
    struct config_error error;
    memset(large, 'a', sizeof large);
    assert_true(users_read(&users, str("ann key=" KEY_A), "users", &error));
    static const char *const ids[] = {"", "an", "anna", "Ann", "ann ", "\xff"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        assert_null(users_find(&users, str(ids[i])));
        assert_null(users_with(&users, str(ids[i])));
    }
    assert_null(users_find(&users, slice_of(NULL, 0)));
    assert_null(users_with(&users, slice_of(NULL, 0)));
    assert_null(users_find(&users, slice_of(large, sizeof large)));
    assert_null(users_with(&users, slice_of(large, sizeof large)));
    assert_null(users_with(&users, slice_of(KEY_A, LIMIT_KEY - 1)));
    assert_null(users_with(&users, slice_of(KEY_A, LIMIT_KEY + 1)));
    assert_null(users_with(&users, str(KEY_B)));
    users_free(&users);
    /* Nor where there are none. */
    assert_null(users_find(&users, str("ann")));
    assert_null(users_with(&users, str(KEY_A)));
    assert_null(users_alike(&users, str("ann")));
    assert_null(users_next(&users, NULL));
}

static const struct {
    const char *text, *words;
} refused[] = {
    {"ann\nbob\nann\n", "users:3: ann stands in line 1 already"},
    {"ann\n\n# x\nAnn key=" KEY_A, "users:4: Ann looks like ann in line 1"},
    {"\xef\xbd\x81nn\nann", "users:2: ann looks like"},
    {"ann key=" KEY_A "\nbob key=" KEY_A,
     "users:2: key " KEY_A " is that of ann already, in line 1"},
    {"ann key=" KEY_A " key=" KEY_A,
     "users:1: key " KEY_A " stands here twice"},
    {"ann role=admin role=admin", "users:1: a user has one role"},
    {"ann role=", "'' is no role: there are member, moderator and admin"},
    {"ann role=Admin", "'Admin' is no role"},
    {"ann role=admin,member", "no role"},
    {"ann key=", "'' is no key: a key has 40 characters of Z85"},
    {"ann key=abc", "'abc' is no key"},
    {"ann key=" KEY_A "x", "no key"},
    {"ann key=\"" KEY_A "\"", "no key"},
    {"ann key=#####00000000000000000000000000000000000", "no key"},
    {"ann password=" HASH " password=" HASH, "one password"},
    {"ann password=", "the password is not a hash"},
    {"ann password=secret", "the password is not a hash"},
    {"ann password=$argon2id$v=19$m=65536", "the password is not a hash"},
    {"ann password=" HASH HASH, "the password is not a hash"},
    {"ann key = x", "'key' is none of role=ROLE, key=KEY and password=HASH"},
    {"ann key=" KEY_A " # laptop", "'#' is none of"},
    {"ann key=" KEY_A " # laptop", "a comment has a line of its own"},
    {"ann ROLE=admin", "none of"},
    {"ann \x1b[31m", "'?[31m' is none of"},
    {"@ann", "'@ann' is no id: it begins with '@'"},
    {"$ann", "no id"},
    {"\xff\xfe", " is no id: it is not valid UTF-8"},
    {"key=" KEY_A "\nkey=" KEY_A, "users:2: key="},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "no id: it is longer than 64 bytes"},
    {"ann\xc2\xa0role=admin", "no id: it has a space"},
};

static void
test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct users users = {.count = 7};
        struct config_error error = {""};
        if (users_read(&users, str(refused[i].text), "users", &error) ||
            !strstr(error.text, refused[i].words)) {
            fail_msg("%s: %s, not %s", refused[i].text, error.text,
                     refused[i].words);
        }
        assert_null(strstr(error.text, "secret"));
        assert_null(users.table);
        assert_int_equal(users.count, 0);
    }
}

/* A NUL is a byte like others. */
static void
test_refused_nul(void **state)
{
    (void)state;
    static const char line[] = "ann role=admin\0";
    struct users users;
    struct config_error error;
    for (size_t at = 0; at < sizeof line - 1; at++) {
        char text[sizeof line];
        memcpy(text, line, sizeof line);
        text[at] = 0;
        assert_false(users_read(&users, slice_of(text, sizeof line - 1),
                                "users", &error));
    }
}

/* Adds a word, and a key of its own to it, at `*len`. */
static void
add_word(char *text, size_t *len, const char *word, size_t number)
{
    enum { ROOM = 64 };
    uint8_t key[KEY_BYTES] = {0};
    char z85[Z85_KEY + 1];
    memcpy(key, &number, sizeof number);
    z85_encode(key, z85);
    *len += (size_t)snprintf(text + *len, ROOM, "%s key=%s", word, z85);
}

static void
test_limits(void **state)
{
    (void)state;
    enum { LINE = 64 };
    struct users users;
    struct config_error error;
    char *text = malloc((size_t)LINE * (USERS_MAX + 2)), id[16];
    size_t len = 0;
    assert_non_null(text);
    for (size_t i = 0; i < USER_KEYS; i++) {
        add_word(text, &len, i ? "" : "ann", i);
    }
    assert_true(users_read(&users, slice_of(text, len), "users", &error));
    assert_int_equal(users_find(&users, str("ann"))->key_count, USER_KEYS);
    users_free(&users);
    add_word(text, &len, "", USER_KEYS);
    assert_false(users_read(&users, slice_of(text, len), "users", &error));
    assert_non_null(strstr(error.text, "at most 8 keys"));

    len = 0;
    for (size_t i = 0; i < USERS_MAX; i++) {
        (void)snprintf(id, sizeof id, "\nu%zu", i);
        add_word(text, &len, id, i);
    }
    assert_true(users_read(&users, slice_of(text, len), "users", &error));
    assert_int_equal(users.count, USERS_MAX);
    assert_non_null(users_find(&users, str("u65535")));
    users_free(&users);
    add_word(text, &len, "\nmore", USERS_MAX);
    assert_false(users_read(&users, slice_of(text, len), "users", &error));
    assert_non_null(strstr(error.text, "users:65538: more than 65536 users"));
    free(text);

    text = calloc(1, USERS_FILE_MAX + 1);
    assert_non_null(text);
    memset(text, '\n', USERS_FILE_MAX + 1);
    assert_true(
        users_read(&users, slice_of(text, USERS_FILE_MAX), "users", &error));
    assert_false(users_read(&users, slice_of(text, USERS_FILE_MAX + 1), "users",
                            &error));
    free(text);
}

/* Each beginning with each last byte: nothing beyond is looked at. */
static void
test_every_beginning(void **state)
{
    (void)state;
    static const char text[] = "ann role=admin key=" KEY_A " password=" HASH
                               "\r\n#\nb";
    for (size_t len = 0; len < sizeof text; len++) {
        static const char ends[] = " \t\r\n#=a\xff\x80\0";
        for (size_t i = 0; i < sizeof ends; i++) {
            struct users users;
            struct config_error error;
            char *copy = malloc(len + 1);
            assert_non_null(copy);
            memcpy(copy, text, len);
            copy[len] = ends[i];
            if (users_read(&users, slice_of(copy, len + 1), "x", &error)) {
                users_free(&users);
            }
            free(copy);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roles),           cmocka_unit_test(test_read),
        cmocka_unit_test(test_found_nobody),    cmocka_unit_test(test_refused),
        cmocka_unit_test(test_refused_nul),     cmocka_unit_test(test_limits),
        cmocka_unit_test(test_every_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
