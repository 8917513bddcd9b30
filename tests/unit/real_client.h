/* SPDX-License-Identifier: MPL-2.0 */
/*
 * real_client: clients of a real broker, which all tests of a program share.
 *
 * Whatever is waited for has its time; that it does not come fails the test.
 */
#ifndef CONFAB_TEST_REAL_CLIENT_H
#define CONFAB_TEST_REAL_CLIENT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/confab.h"
#include "real_broker.h"

enum { PATIENCE = 20000 }; /* ms for anything that must happen */

extern struct real_broker real_broker;
extern char real_folder[]; /* for what the tests keep */

/* For cmocka_run_group_tests. Tearing down wants that every client has taken
 * its token away. */
int real_set_up(void **state);
int real_tear_down(void **state);

confab *real_client(const char *id, const char *state);
confab *real_client_in_lobby(const char *id);

/* The next event of the type, passing over others. Free it. */
confab_event *await(confab *c, enum confab_event_type type);
void pass(confab *c, enum confab_event_type type);
/* The next thing said. */
void await_say(confab *c, const char *text);

#endif
