/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a reload says: each key, list and user that is different, nothing that
 * is not, and no secret.
 */
#include "broker/reload.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define KEY_A "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define KEY_B "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define HASH_A                                                                 \
    "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$"                   \
    "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE"

static char said[65536];
static struct config_error error;

/* What has been logged into the pipe, without the times: "event=... ..." and a
 * newline each. */
static const char *
hear(int fd)
{
    char text[sizeof said];
    ssize_t got = read(fd, text, sizeof text - 1);
    said[0] = 0;
    if (got <= 0) {
        return said;
    }
    text[got] = 0;
    size_t len = 0;
    for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
        *end = 0;
        line = strstr(line, "event=") + strlen("event=");
        len += (size_t)snprintf(said + len, sizeof said - len, "%s\n", line);
    }
    return said;
}

static struct logger *
listen_to(int ends[2])
{
    assert_int_equal(pipe(ends), 0);
    assert_int_not_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), -1);
    return logger_new(ends[1], LOG_INFO, LOG_FORMAT_TEXT);
}

static void
stop_listening(struct logger *logger, int ends[2])
{
    logger_free(&logger);
    close(ends[0]);
    close(ends[1]);
}

static void
test_users(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *says;
    } rows[] = {
        {"", "", ""},
        {"ann role=admin key=" KEY_A "\n", "ann key=" KEY_A " role=admin\n",
         ""},
        {"", "ann\nbob role=moderator\n",
         "users.added id=ann role=member\n"
         "users.added id=bob role=moderator\n"},
        {"ann\nbob role=moderator\n", "bob role=moderator\n",
         "users.removed id=ann\n"},
        {"ann\n", "", "users.removed id=ann\n"},
        {"ann role=admin\n", "ann\n",
         "users.role id=ann from=admin to=member\n"},
        {"ann\n", "ann key=" KEY_A "\n",
         "users.keys id=ann keys=1 password=no\n"},
        {"ann key=" KEY_A "\n", "ann key=" KEY_B "\n",
         "users.keys id=ann keys=1 password=no\n"},
        {"ann key=" KEY_A "\n", "ann key=" KEY_A " key=" KEY_B "\n",
         "users.keys id=ann keys=2 password=no\n"},
        {"ann key=" KEY_A "\n", "ann key=" KEY_A " password=" HASH_A "\n",
         "users.keys id=ann keys=1 password=yes\n"},
        {"ann\nbob\n", "bob role=admin key=" KEY_A "\ncleo\n",
         "users.removed id=ann\n"
         "users.role id=bob from=member to=admin\n"
         "users.keys id=bob keys=1 password=no\n"
         "users.added id=cleo role=member\n"},
    };
    int ends[2];
    struct logger *logger = listen_to(ends);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct users from = {0}, to = {0};
        if (!users_read(&from, slice_str(rows[i].from), "from", &error) ||
            !users_read(&to, slice_str(rows[i].to), "to", &error)) {
            fail_msg("%s", error.text);
        }
        reload_say_users(logger, &from, &to);
        assert_string_equal(hear(ends[0]), rows[i].says);
        users_free(&from);
        users_free(&to);
    }
    stop_listening(logger, ends);
}

static void
test_keys_and_lists(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value, *says;
    } rows[] = {
        {"log-level", "debug",
         "config.changed key=log-level from=info "
         "to=debug\n"},
        {"log-level", "info", ""},
        {"limits/handshakes", "17",
         "config.changed key=limits/handshakes from=4096 to=17\n"},
        {"beat", "7s", "config.needs-restart key=beat\n"},
        {"access", "claim", "config.needs-restart key=access\n"},
        {"users", "/etc/users", "config.needs-restart key=users\n"},
        {"bind", "ipc:///run/c", "config.needs-restart key=bind\n"},
        {"insecure", "yes", "config.needs-restart key=insecure\n"},
        {"rules/a", "deny member say x", "rules.changed lines=1\n"},
        {"closed/a", "x", "closed.changed lines=1\n"},
        {"retention/a", "x age=1d", "retention.changed lines=1\n"},
    };
    int ends[2];
    struct logger *logger = listen_to(ends);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct config from, to;
        const struct config_row *row = config_find(rows[i].key);
        config_defaults(&from);
        config_defaults(&to);
        assert_true(row ? config_set(&to, row, rows[i].value, &error)
                        : config_add(&to, rows[i].key, rows[i].value, &error));
        reload_say_config(logger, &from, &to);
        assert_string_equal(hear(ends[0]), rows[i].says);
        reload_say_config(logger, &to, &to);
        assert_string_equal(hear(ends[0]), "");
    }
    stop_listening(logger, ends);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_users),
        cmocka_unit_test(test_keys_and_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
