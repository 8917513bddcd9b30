/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The configuration: what a file may say, and that a wrong one is refused with
 * the line, the key and a way out.
 */
#include "broker/access.h"
#include "broker/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config_text.h"

static struct config config;
static struct config_error error;

static bool
load(const char *text)
{
    return config_text(&config, text, &error);
}

static void
test_a_whole_file(void **state)
{
    (void)state;
    bool loaded = load("# a comment\n"
                       "\n"
                       "bind = tcp://0.0.0.0:9000 # public\n"
                       "pub = \"ipc:///run/a#b\"\n"
                       "insecure = yes\n"
                       "log = memory:64M\r\n"
                       "beat = 5s\n"
                       "    \n"
                       "limits\n"
                       "    # indented\n"
                       " # somehow\n"
                       "    rooms = 7\n"
                       "    ids = 8\n"
                       "mail\n"
                       "    count = 16\n"
                       "    bytes = 1M\n"
                       "ids\n"
                       "    expire = 2w\n"
                       "retention\n"
                       "    builds = \"ci-* age=7d count=100\"\n"
                       "    mail = @ age=1w # unread mail stays\n"
                       "log-level = 'debug'");
    assert_string_equal(error.text, "");
    assert_true(loaded);
    assert_string_equal(config.bind, "tcp://0.0.0.0:9000");
    assert_string_equal(config.pub, "ipc:///run/a#b");
    assert_int_equal(config.insecure, 1);
    assert_int_equal(config_log_bound(&config), 64 << 20);
    assert_int_equal(config.beat, 5000);
    assert_int_equal(config.rooms, 7);
    assert_int_equal(config.ids, 8);
    assert_int_equal(config.log_level, 3);
    assert_int_equal(config.joined, 256);
    assert_int_equal(config.mail_count, 16);
    assert_int_equal(config.mail_bytes, 1 << 20);
    assert_int_equal(config.ids_expire, 14 * 24 * 3600 * UINT64_C(1000));
    assert_int_equal(config.retention.count, 2);
    assert_string_equal(config.retention.rules[0].label, "builds");
    assert_string_equal(config.retention.rules[0].pattern, "ci-*");
    assert_int_equal(config.retention.rules[0].count, 100);
    assert_string_equal(config.retention.rules[1].label, "mail");
    assert_ptr_equal(retention_mail(&config.retention),
                     &config.retention.rules[1]);
}

static void
test_a_file_with_keys_and_rules(void **state)
{
    (void)state;
    bool loaded = load("closed\n"
                       "    staff = \"staff-*\"\n"
                       "rules\n"
                       "    news = \"allow moderator say,create news\"\n"
                       "    bob = \"deny id:bob say *\"\n"
                       "access = claim\n"
                       "key = /etc/confab/server.key\n"
                       "rates\n"
                       "    say = 0\n"
                       "plain\n"
                       "    bind = \"ipc:///run/c/bind\"\n"
                       "    pub = \"ipc:///run/c/pub\"\n");
    assert_string_equal(error.text, "");
    assert_true(loaded);
    assert_int_equal(config.rules.closed_count, 1);
    assert_string_equal(config.rules.closed[0].label, "staff");
    assert_string_equal(config.rules.closed[0].pattern, "staff-*");
    assert_int_equal(config.rules.count, 2);
    assert_string_equal(config.rules.rules[0].label, "news");
    assert_int_equal(config.rules.rules[0].role, ROLE_MODERATOR);
    assert_string_equal(config.rules.rules[1].id, "bob");
    assert_int_equal(config.access, ACCESS_CLAIM);
    assert_string_equal(config.key, "/etc/confab/server.key");
    assert_string_equal(config.users, "");
    assert_int_equal(config.rate_say, 0);
    assert_int_equal(config.rate_ask, 500);
    assert_string_equal(config.plain_bind, "ipc:///run/c/bind");
    assert_true(config_check(&config, &error));
}

struct refusal {
    const char *text, *line, *says;
};

static void
check_refusals(const struct refusal *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_false(load(rows[i].text));
        if (!strstr(error.text, rows[i].line) ||
            !strstr(error.text, rows[i].says)) {
            fail_msg("%s gave: %s", rows[i].text, error.text);
        }
    }
}

static void
test_files_that_are_refused(void **state)
{
    (void)state;
    static const struct refusal rows[] = {
        {"bidn = tcp://127.0.0.1:1\n", ":1:", "did you mean 'bind'?"},
        {"\n\nlimits\n    romms = 7\n", ":4:", "did you mean 'limits/rooms'?"},
        {"rooms = 7\n", ":1:", "did you mean 'limits/rooms'?"},
        {"fnord = 7\n", ":1:", "unknown key 'fnord'"},
        {"beat = 5s\nbeat = 6s\n", ":2:", "'beat' stands in line 1 already"},
        {"limits\n    ids = 8\nlimits\n    ids = 9\n", ":3:", "line 1 already"},
        {"limits = 5\n", ":1:", "'limits' is a section"},
        {"/limits\n", ":1:", "not of the form"},
        {"log =\f\"x\n", ":1:", "a control character"},
        {"limits\n  rooms = 7\n", ":2:", "bad indent"},
        {"limits\n\trooms = 7\n", ":2:", "bad indent"},
        {"    rooms = 7\n", ":1:", "bad indent"},
        {"bind = tcp://127.0.0.1:1\n    x = 7\n",
         ":2:", "unknown key 'bind/x'"},
        {"limits\n    rooms = 7\n        x = 7\n", ":3:", "bad indent"},
        {"bind tcp://127.0.0.1:1\n", ":1:", "'key = value'"},
        {"= 5\n", ":1:", "'key = value'"},
        {"beat\n", ":1:", "beat: it has no value"},
        {"beat =\n", ":1:", "beat: it has no value"},
        {"beat = 5\n", ":1:", "'5' is not a duration"},
        {"beat = 5 s\n", ":1:", "'5 s' is not a duration"},
        {"beat = 100ms\n", ":1:", "out of range: 200ms to 5m"},
        {"beat = 99999999999999999999ms\n", ":1:", "is not a duration"},
        {"io-threads = two\n", ":1:", "'two' is not a number"},
        {"io-threads = 0\n", ":1:", "out of range: 1 to 8"},
        {"insecure = maybe\n", ":1:", "'maybe' is neither yes nor no"},
        {"sync = always\n", ":1:", "full, normal, off"},
        {"access = curve\n",
         ":1:", "'curve' is not available in this version: open, claim, keys"},
        {"key = ~/k\n", ":1:", "'~/k' is not the whole path of a file"},
        {"users = /etc/\n", ":1:", "'/etc/' is not the whole path"},
        {"users =\n", ":1:", "users: it has no value"},
        {"log = sqlite::memory:\n", ":1:", "write memory:SIZE"},
        {"log = sqlite:file:x.db\n", ":1:", "write the path alone"},
        {"log = sqlite://x.db\n", ":1:", "write sqlite:/PATH"},
        {"log = sqlite:~/x.db\n", ":1:", "write the whole path"},
        {"log = sqlite:/var/\n", ":1:", "is a folder"},
        {"log = memory:1K\n", ":1:", "out of range: memory:1M"},
        {"log = memory:lots\n", ":1:", "is not a log"},
        {"log = nats://x\n", ":1:", "is not a log"},
        {"bind = ws://127.0.0.1:1\n", ":1:", "is not an endpoint"},
        {"bind = inproc://x\n", ":1:", "is not an endpoint"},
        {"bind = tcp://127.0.0.1\n", ":1:", "has no port"},
        {"bind = tcp://127.0.0.1:70000\n", ":1:", "is not a port"},
        {"bind = tcp://::1:7480\n", ":1:", "in brackets"},
        {"bind = tcp://a;b:7480\n", ":1:", "has characters no host has"},
        {"bind = ipc://@abstract\n", ":1:", "a whole path"},
        {"bind = ipc://relative\n", ":1:", "a whole path"},
        {"pub = ipc:///run/a#b\n", ":1:", "a # begins a comment"},
        {"pub = \"ipc:///run/a\n", ":1:", "a quote is not closed"},
        {"pub = \"ipc:///run/a\" b\n", ":1:", "follows the closing quote"},
    };
    check_refusals(rows, sizeof rows / sizeof *rows);
}

static void
test_ids_mail_and_retention_refused(void **state)
{
    (void)state;
    static const struct refusal rows[] = {
        {"ids = 7\n", ":1:", "'ids' is a section"},
        {"ids\n    expire = 59m\n", ":2:", "out of range: 1h to 3650d"},
        {"ids\n    expire = 3651d\n", ":2:", "out of range: 1h to 3650d"},
        {"mail\n    count = 15\n", ":2:", "out of range: 16 to 1000000"},
        {"mail\n    bytes = 255K\n", ":2:", "out of range: 256K to 16G"},
        {"mail\n    bytes = 17G\n", ":2:", "out of range: 256K to 16G"},
        {"mail\n    bytes = 1T\n", ":2:", "'1T' is not a size"},
        {"mail\n    byte = 1M\n", ":2:", "did you mean 'mail/bytes'?"},
        {"retention = 30d\n", ":1:", "'retention' is a section"},
        {"retention\n    a = dev\n", ":2:", "retention/a: 'dev' has no bound"},
        {"retention\n    a =\n", ":2:", "retention/a: it has no value"},
        {"retention\n    a = \"* age=1d\"\n    b = \"dev age=2d\"\n",
         ":3:", "retention/b: it would never be used: '*' before it (a)"},
        {"retention\n    a = \"x age=1d\"\n    a = \"y age=2d\"\n",
         ":3:", "'retention/a' stands in line 2 already"},
        {"closed = x\n", ":1:", "'closed' is a section"},
        {"closed\n    a =\n", ":2:", "closed/a: it has no value"},
        {"closed\n    a = \"x y\"\n",
         ":2:", "closed/a: 'x y' is not a pattern of room names"},
        {"rules = x\n", ":1:", "'rules' is a section"},
        {"rules\n    a =\n", ":2:", "rules/a: it has no value"},
        {"rules\n    a = \"deny bob say x\"\n",
         ":2:", "rules/a: 'bob' is no role"},
        {"rules\n    a = \"deny member say x\"\n    b = x\n",
         ":3:", "rules/b: 'x' is not a rule"},
        {"rule\n    a = \"deny member say x\"\n",
         ":1:", "did you mean 'rules'?"},
        {"close\n    a = x\n", ":1:", "did you mean 'closed'?"},
    };
    check_refusals(rows, sizeof rows / sizeof *rows);
}

static void
test_what_cannot_be_read(void **state)
{
    (void)state;
    char *huge = malloc(70000);
    assert_non_null(huge);
    memset(huge, '#', 70000);
    huge[69999] = 0;
    assert_false(load(huge));
    assert_non_null(strstr(error.text, "larger than 65536 bytes"));
    huge[2000] = 0;
    assert_false(load(huge));
    assert_non_null(strstr(error.text, ":1: longer than 1000 bytes"));
    free(huge);
    assert_false(config_load(&config, "/nowhere/confab.conf", &error));
    assert_string_equal(error.text,
                        "/nowhere/confab.conf: No such file or directory");
    assert_false(config_load(&config, "/tmp", &error));
    assert_string_equal(error.text, "/tmp: Is a directory");
}

static void
test_defaults_are_in_range(void **state)
{
    (void)state;
    size_t count;
    const struct config_row *rows = config_rows(&count);
    config_defaults(&config);
    assert_true(config_check(&config, &error));
    assert_int_equal(config_log_bound(&config), 256 << 20);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(config_find(rows[i].key), &rows[i]);
        if (rows[i].text && !rows[i].text[0]) {
            /* not set: it has no value that could be written */
            assert_false(config_set(&config, &rows[i], "", &error));
        } else if (rows[i].text) {
            assert_true(config_set(&config, &rows[i], rows[i].text, &error));
        } else if (!rows[i].names) {
            assert_in_range(rows[i].number, rows[i].least, rows[i].most);
        }
    }
    assert_null(config_find("limits"));
}

static void
test_where_the_log_is(void **state)
{
    (void)state;
    static const struct {
        const char *log, *service, *xdg, *home, *path;
    } rows[] = {
        {"sqlite:/a/b.db", "/s", "/x", "/h", "/a/b.db"},
        {"sqlite:b.db", "/s", "/x", "/h", "b.db"},
        {"sqlite:", "/s", "/x", "/h", "/s/confab.db"},
        {"sqlite:", "/s:/t", "/x", "/h", "/s/confab.db"},
        {"sqlite:", NULL, "/x", "/h", "/x/confab/confab.db"},
        {"sqlite:", "", "relative", "/h", "/h/.local/state/confab/confab.db"},
        {"sqlite:", NULL, NULL, "/h", "/h/.local/state/confab/confab.db"},
        {"sqlite:", NULL, NULL, "", NULL},
        {"sqlite:", NULL, NULL, NULL, NULL},
        {"memory:", "/s", "/x", "/h", NULL},
        {"memory:5M", "/s", "/x", "/h", NULL},
    };
    static const char *const names[] = {"STATE_DIRECTORY", "XDG_STATE_HOME",
                                        "HOME"};
    char path[CONFIG_PATH];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *const values[] = {rows[i].service, rows[i].xdg,
                                      rows[i].home};
        for (size_t j = 0; j < 3; j++) {
            unsetenv(names[j]);
            if (values[j]) {
                assert_int_equal(setenv(names[j], values[j], 1), 0);
            }
        }
        config_defaults(&config);
        assert_true(
            config_set(&config, config_find("log"), rows[i].log, &error));
        bool memory = rows[i].log[0] == 'm';
        assert_int_equal(config_log_kind(&config),
                         memory ? CONFIG_LOG_MEMORY : CONFIG_LOG_SQLITE);
        bool found = config_log_path(&config, path, &error);
        assert_int_equal(found, rows[i].path != NULL);
        if (found) {
            assert_string_equal(path, rows[i].path);
        } else {
            assert_non_null(strstr(error.text, "--log sqlite:"));
        }
    }
}

static void
test_a_usual_place_too_far_down(void **state)
{
    (void)state;
    char far[CONFIG_PATH], path[CONFIG_PATH];
    memset(far, 'x', sizeof far);
    far[0] = '/';
    config_defaults(&config);
    far[CONFIG_PATH - sizeof "/confab.db"] = 0;
    assert_int_equal(setenv("STATE_DIRECTORY", far, 1), 0);
    assert_true(config_log_path(&config, path, &error));
    assert_int_equal(strlen(path), CONFIG_PATH - 1);
    far[CONFIG_PATH - sizeof "/confab.db"] = 'x';
    far[CONFIG_PATH - sizeof "/confab.db" + 1] = 0;
    assert_int_equal(setenv("STATE_DIRECTORY", far, 1), 0);
    assert_false(config_log_path(&config, path, &error));
    assert_non_null(strstr(error.text, "longer than 511 bytes"));
    unsetenv("STATE_DIRECTORY");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_whole_file),
        cmocka_unit_test(test_a_file_with_keys_and_rules),
        cmocka_unit_test(test_files_that_are_refused),
        cmocka_unit_test(test_ids_mail_and_retention_refused),
        cmocka_unit_test(test_what_cannot_be_read),
        cmocka_unit_test(test_defaults_are_in_range),
        cmocka_unit_test(test_where_the_log_is),
        cmocka_unit_test(test_a_usual_place_too_far_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
