/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Key files: what is one, in our words and in zcert's; who may read it; and
 * that a new one appears whole and never in the place of another.
 */
#include "proto/keyfile.h"

#include <czmq.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "scratch.h"

#define PUBLIC "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define SECRET "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"
#define CURVE                                                                  \
    "curve\n    public-key = \"" PUBLIC "\"\n    secret-key = \"" SECRET "\""  \
    "\n"

enum { MAKERS = 16 };

static const struct keypair example = {PUBLIC, SECRET};
static const char *race_path;

static void
test_parse(void **state)
{
    (void)state;
    static const char *const rows[] = {
        CURVE,
        "curve\n  secret-key = '" SECRET "'\n  public-key='" PUBLIC "'",
        "# a comment\n\nmetadata\n    name = \"public-key = x\"\n" CURVE,
        CURVE "metadata\n    public-key = \"no\"\n",
        "curve # and words\n" /* not the section */
        "    public-key = \"no\"\n" CURVE,
        "curve\r\n\tpublic-key = \"" PUBLIC "\" # mine\r\n"
        "\tsecret-key = \"" SECRET "\"\r\n",
        "curve\n    public-key = " PUBLIC "\n    other = 1\n    word\n"
        "    # public-key = \"x\"\n    secret-key = " SECRET,
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct keypair pair;
        const char *fault = keyfile_parse(slice_str(rows[i]), &pair);
        if (fault)
            fail_msg("row %zu: %s", i, fault);
        assert_string_equal(pair.public_key, PUBLIC);
        assert_string_equal(pair.secret_key, SECRET);
    }
}

static void
test_not_parsed(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } rows[] = {
        {"", "both keys"},
        {"\n\n\n", "both keys"},
        {"curve", "both keys"},
        {"curve\n    public-key = \"" PUBLIC "\"\n", "both keys"},
        {"curve\n    secret-key = \"" SECRET "\"\n", "both keys"},
        {"public-key = \"" PUBLIC "\"\nsecret-key = \"" SECRET "\"\n",
         "both keys"},
        {"other\n    public-key = \"" PUBLIC "\"\n    secret-key = \"" SECRET
         "\"\n",
         "both keys"},
        {" curve\n    public-key = \"" PUBLIC "\"\n", "both keys"},
        {CURVE "    public-key = \"" PUBLIC "\"\n", "twice"},
        {CURVE CURVE, "twice"},
        {"curve\n    public-key = \"\"\n", "Z85"},
        {"curve\n    public-key =\n", "Z85"},
        {"curve\n    public-key = \"" PUBLIC "0\"\n", "Z85"},
        {"curve\n    public-key = \"" PUBLIC "\n", "Z85"},
        {"curve\n    public-key = " PUBLIC " # mine\n", "Z85"},
        {"curve\n    secret-key = \"~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\"",
         "Z85"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct keypair pair;
        const char *fault = keyfile_parse(slice_str(rows[i].text), &pair);
        if (!fault || !strstr(fault, rows[i].words))
            fail_msg("row %zu: %s", i, fault ? fault : "taken");
        assert_memory_equal(&pair, &(struct keypair){0}, sizeof pair);
    }
}

/* Each beginning, each with a byte changed: never more than there is is read
 * (the sanitizer looks), and keys that come out are keys. */
static void
test_damaged(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof CURVE; len++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            struct keypair pair;
            uint8_t key[KEY_BYTES], *copy = malloc(len + 1);
            assert_non_null(copy);
            memcpy(copy, CURVE, len);
            copy[len] = (uint8_t)byte;
            if (!keyfile_parse(slice_of(copy, len + 1), &pair)) {
                assert_true(z85_decode(slice_str(pair.public_key), key));
                assert_true(z85_decode(slice_str(pair.secret_key), key));
            }
            free(copy);
        }
    }
}

static void
test_save_and_load(void **state)
{
    (void)state;
    struct keypair pair;
    char fault[KEYFILE_FAULT] = "";
    const char *path = scratch_path("new/keys/ann.key");
    assert_int_equal(keyfile_load(path, &pair, fault), ENOENT);
    assert_int_equal(keyfile_save(path, &example, fault), 0);
    assert_int_equal(keyfile_load(path, &pair, fault), 0);
    assert_memory_equal(&pair, &example, sizeof pair);
    assert_int_equal(scratch_mode("new/keys/ann.key"), 0600);
    assert_int_equal(scratch_mode("new/keys"), 0700);
    assert_int_equal(scratch_count("new/keys"), 1);
}

static void
test_save_replaces_nothing(void **state)
{
    (void)state;
    static const struct keypair other = {SECRET, PUBLIC};
    struct keypair pair;
    char fault[KEYFILE_FAULT] = "";
    assert_int_equal(mkdir(scratch_path("one"), 0700), 0);
    assert_int_equal(keyfile_save(scratch_path("one/key"), &example, fault), 0);
    assert_int_equal(keyfile_save(scratch_path("one/key"), &other, fault),
                     EEXIST);
    assert_non_null(strstr(fault, "one/key: it is there already"));
    assert_int_equal(keyfile_load(scratch_path("one/key"), &pair, fault), 0);
    assert_memory_equal(&pair, &example, sizeof pair);
    /* Not a link that leads nowhere either. */
    assert_int_equal(symlink("nowhere", scratch_path("one/link")), 0);
    assert_int_equal(keyfile_save(scratch_path("one/link"), &other, fault),
                     EEXIST);
    assert_int_equal(scratch_count("one"), 2);
}

static void
test_not_saved(void **state)
{
    (void)state;
    static char path[5000];
    char fault[KEYFILE_FAULT] = "";
    scratch_write("plain", "x", 0600);
    assert_int_equal(keyfile_save(scratch_path("plain/key"), &example, fault),
                     ENOTDIR);
    assert_non_null(strstr(fault, "plain/key: Not a directory"));
    memset(path, 'a', sizeof path - 1);
    assert_int_equal(keyfile_save(path, &example, fault), ENAMETOOLONG);
    /* What a crash has left beside is not in the way. */
    assert_int_equal(mkdir(scratch_path("left"), 0700), 0);
    (void)snprintf(path, sizeof path, "left/key.%ld-0", (long)getpid());
    scratch_write(path, "half", 0600);
    assert_int_equal(keyfile_save(scratch_path("left/key"), &example, fault),
                     0);
}

static void
test_not_loaded(void **state)
{
    (void)state;
    static char large[KEYFILE_MAX + 2];
    struct keypair pair;
    char fault[KEYFILE_FAULT] = "";
    memset(large, '\n', sizeof large - 1);
    const struct {
        const char *text;
        mode_t mode;
        int code;
        const char *words;
    } rows[] = {
        {CURVE, 0600, 0, ""},
        {CURVE, 0400, 0, ""},
        {CURVE, 0640, EPERM, "chmod 600"},
        {CURVE, 0604, EPERM, "chmod 600"},
        {CURVE, 0620, EPERM, "chmod 600"},
        {CURVE, 0601, EPERM, "chmod 600"},
        {"", 0600, EINVAL, "both keys"},
        {large, 0600, EINVAL, "too large"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *path = scratch_path("file.key");
        scratch_write("file.key", rows[i].text, rows[i].mode);
        assert_int_equal(keyfile_load(path, &pair, fault), rows[i].code);
        if (rows[i].code) {
            assert_non_null(strstr(fault, rows[i].words));
            assert_non_null(strstr(fault, "file.key: "));
            assert_memory_equal(&pair, &(struct keypair){0}, sizeof pair);
        }
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(keyfile_load(scratch_path(""), &pair, fault), EINVAL);
    assert_int_equal(mkfifo(scratch_path("pipe"), 0600), 0);
    assert_int_equal(keyfile_load(scratch_path("pipe"), &pair, fault), EINVAL);
    assert_int_equal(keyfile_load("", &pair, fault), ENOENT);
}

/* czmq reads what we write, and we what it writes. */
static void
test_zcert(void **state)
{
    (void)state;
    struct keypair pair;
    char fault[KEYFILE_FAULT] = "";
    assert_int_equal(keyfile_save(scratch_path("ours"), &example, fault), 0);
    zcert_t *cert = zcert_load(scratch_path("ours"));
    assert_non_null(cert);
    assert_string_equal(zcert_public_txt(cert), PUBLIC);
    assert_string_equal(zcert_secret_txt(cert), SECRET);
    zcert_destroy(&cert);

    cert = zcert_new();
    assert_non_null(cert);
    zcert_set_meta(cert, "name", "%s", "curve");
    zcert_set_meta(cert, "secret-key", "%s", "none");
    assert_int_equal(zcert_save_secret(cert, scratch_path("theirs")), 0);
    if (keyfile_load(scratch_path("theirs"), &pair, fault))
        fail_msg("%s", fault);
    assert_string_equal(pair.public_key, zcert_public_txt(cert));
    assert_string_equal(pair.secret_key, zcert_secret_txt(cert));
    zcert_destroy(&cert);
}

static void *
make_one(void *at)
{
    int *code = at;
    char fault[KEYFILE_FAULT];
    *code = keyfile_save(race_path, &example, fault);
    return NULL;
}

/* Of many who make it at once, one does; everybody finds it whole. */
static void
test_race(void **state)
{
    (void)state;
    pthread_t threads[MAKERS];
    int codes[MAKERS], made = 0;
    struct keypair pair;
    char fault[KEYFILE_FAULT];
    race_path = scratch_path("race/deep/key");
    for (int i = 0; i < MAKERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, make_one, &codes[i]),
                         0);
    for (int i = 0; i < MAKERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(codes[i] == 0 || codes[i] == EEXIST);
        made += codes[i] == 0;
    }
    assert_int_equal(made, 1);
    assert_int_equal(keyfile_load(race_path, &pair, fault), 0);
    assert_int_equal(scratch_count("race/deep"), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_not_parsed),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_save_and_load),
        cmocka_unit_test(test_save_replaces_nothing),
        cmocka_unit_test(test_not_saved),
        cmocka_unit_test(test_not_loaded),
        cmocka_unit_test(test_zcert),
        cmocka_unit_test(test_race),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
