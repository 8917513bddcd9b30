/* SPDX-License-Identifier: MPL-2.0 */
/* real_client: see real_client.h. */
#define _GNU_SOURCE /* mkdtemp */
#include "real_client.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct real_broker real_broker;
char real_folder[] = "/tmp/confab-library-XXXXXX";

confab *
real_client(const char *id, const char *state)
{
    struct confab_options options = {
        .id = id, .url = real_broker.url, .state = state, .beat = 1000};
    confab *c = NULL;
    if (confab_open(&c, &options))
        fail_msg("%s: %s", id, confab_last_error());
    return c;
}

/* The next event of the type, passing over others. Free it. */
confab_event *
await(confab *c, enum confab_event_type type)
{
    confab_event *e = NULL;
    int error;
    while (!(error = confab_next(c, &e, PATIENCE))) {
        if (e->type == type)
            return e;
        confab_event_free(&e);
    }
    fail_msg("no event %d: %s", type, confab_strerror(error));
    return NULL;
}

void
pass(confab *c, enum confab_event_type type)
{
    confab_event *e = await(c, type);
    confab_event_free(&e);
}

void
await_say(confab *c, const char *text)
{
    confab_event *e = await(c, CONFAB_SAY);
    assert_string_equal(e->text, text);
    confab_event_free(&e);
}

confab *
real_client_in_lobby(const char *id)
{
    confab *c = real_client(id, NULL);
    assert_int_equal(confab_join(c, "lobby", 0), 0);
    pass(c, CONFAB_JOINED);
    return c;
}

int
real_set_up(void **state)
{
    (void)state;
    if (!mkdtemp(real_folder) || setenv("XDG_STATE_HOME", real_folder, 1))
        return -1;
    return real_broker_start(&real_broker, real_folder) ? 0 : -1;
}

int
real_tear_down(void **state)
{
    (void)state;
    char log[64], tokens[64];
    real_broker_stop(&real_broker, SIGTERM);
    snprintf(log, sizeof log, "%s/broker.log", real_folder);
    snprintf(tokens, sizeof tokens, "%s/confab", real_folder);
    unlink(log);
    /* Every client has taken its token away. */
    if (rmdir(tokens) && errno != ENOENT)
        return -1;
    return rmdir(real_folder);
}
