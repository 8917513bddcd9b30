/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The configuration as a whole: what its keys may not say together, and that
 * the refusal says which and what would be right.
 */
#include "broker/access.h"
#include "broker/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct config config;
static struct config_error error;

static void
test_public_endpoints(void **state)
{
    (void)state;
    static const struct {
        const char *endpoint;
        bool local;
    } rows[] = {
        {"tcp://127.0.0.1:7480", true}, {"tcp://127.9.9.9:*", true},
        {"tcp://localhost:7480", true}, {"tcp://[::1]:7480", true},
        {"tcp://lo:7480", true},        {"ipc:///run/confab/b", true},
        {"tcp://*:7480", false},        {"tcp://0.0.0.0:7480", false},
        {"tcp://[::]:7480", false},     {"tcp://eth0:7480", false},
        {"tcp://10.0.0.1:7480", false}, {"tcp://127.evil.example:1", false},
        {"tcp://localhost.x:1", false},
    };
    const struct config_row *bind = config_find("bind");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        config_defaults(&config);
        assert_true(config_set(&config, bind, rows[i].endpoint, &error));
        assert_int_equal(config_check(&config, &error), rows[i].local);
        config.insecure = 1;
        assert_true(config_check(&config, &error));
    }
    config_defaults(&config);
    assert_true(config_set(&config, config_find("pub"), "tcp://*:1", &error));
    assert_false(config_check(&config, &error));
    assert_non_null(strstr(error.text, "tcp://*:1 can be reached"));
    assert_non_null(strstr(error.text, "--insecure"));
    /* with keys it is what they are for */
    for (config.access = ACCESS_CLAIM; config.access <= ACCESS_KEYS;
         config.access++) {
        assert_true(config_check(&config, &error));
    }
}

/* Sets "key=value;...", from the defaults. */
static void
set(const char *text)
{
    config_defaults(&config);
    while (*text) {
        char key[64], value[CONFIG_TEXT];
        size_t len = strcspn(text, "=");
        (void)snprintf(key, sizeof key, "%.*s", (int)len, text);
        text += len + 1;
        len = strcspn(text, ";");
        (void)snprintf(value, sizeof value, "%.*s", (int)len, text);
        text += len + (text[len] == ';');
        const struct config_row *row = config_find(key);
        if (!(row ? config_set(&config, row, value, &error)
                  : config_add(&config, key, value, &error))) {
            fail_msg("%s: %s", key, error.text);
        }
    }
}

#define PLAIN "plain/bind=ipc:///r/b;plain/pub=tcp://127.0.0.1:7"

static void
test_what_does_not_go_together(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says; /* NULL: it is right */
    } rows[] = {
        {"", NULL},
        {"insecure=yes", NULL},
        {"insecure=yes;access=keys", NULL}, /* says nothing then */
        {"access=claim;bind=tcp://*:1;pub=tcp://[::]:2", NULL},
        {"bind=tcp://*:1", "Say --access keys or --access claim"},
        /* two sockets in one place */
        {"pub=tcp://127.0.0.1:7480",
         "bind and pub are the same endpoint, tcp://127.0.0.1:7480"},
        {"bind=tcp://127.0.0.1:*;pub=tcp://127.0.0.1:*", NULL},
        {"access=keys;plain/bind=ipc:///r/a;plain/pub=ipc:///r/a",
         "plain/bind and plain/pub are the same endpoint, ipc:///r/a"},
        {"access=keys;plain/bind=ipc:///r/a;plain/pub=tcp://127.0.0.1:7481",
         "pub and plain/pub are the same endpoint"},
        {"access=keys;plain/bind=tcp://127.0.0.1:7481;plain/pub=ipc:///r/a",
         "pub and plain/bind are the same endpoint"},
        {"access=keys;plain/bind=tcp://127.0.0.1:7480;plain/pub=ipc:///r/a",
         "bind and plain/bind are the same endpoint"},
        /* passwords */
        {"access=keys;" PLAIN, NULL},
        {"access=claim;" PLAIN, NULL},
        {PLAIN, "plain/bind is for passwords, and with access open"},
        {"access=keys;plain/bind=ipc:///r/b", "plain/pub is not set"},
        {"access=keys;plain/pub=ipc:///r/b", "plain/bind is not set"},
        {"access=keys;plain/bind=tcp://*:1;plain/pub=ipc:///r/b",
         "plain/bind is tcp://*:1, which can be reached from other machines"},
        {"access=keys;insecure=yes;plain/bind=ipc:///r/b;plain/pub=tcp://h:1",
         "plain/pub is tcp://h:1, which can be reached"},
        /* who can prove what he is */
        {"rules/a=deny member say,tell,create *", NULL},
        {"rules/a=deny member say *;rules/b=allow moderator say x",
         "rules/b is about moderator, and with access open nobody can prove"},
        {"rules/a=deny admin say x", "rules/a is about admin, and"},
        {"rules/a=deny id:bob say x", "rules/a is about id:bob, and"},
        {"access=claim;rules/a=deny id:bob say x", NULL},
        {"access=keys;rules/a=allow admin say x", NULL},
        /* who can be kept from hearing */
        {"access=keys;rules/a=allow admin join x",
         "rules/a is about who may join x, but whoever can connect can read"},
        {"access=keys;rules/a=deny id:bob read x*", "rules/a is about who may"},
        {"access=keys;rules/a=allow admin join x;closed/x=x*", NULL},
        {"closed/x=x*;rules/a=deny member join x", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        set(rows[i].text);
        bool right = config_check(&config, &error);
        if (right != !rows[i].says ||
            (!right && !strstr(error.text, rows[i].says))) {
            fail_msg("%s gave: %s", rows[i].text, right ? "" : error.text);
        }
        assert_true(right || strlen(error.text) < sizeof error.text - 1);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_public_endpoints),
        cmocka_unit_test(test_what_does_not_go_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
