/* SPDX-License-Identifier: MPL-2.0 */
/*
 * client_open: the making of a client, and its end.
 *
 * In the order in which things can fail: what the user asked for, the keys, the
 * session, its state file (which fills the session), the sockets, the thread.
 * Whatever fails, client_free takes down what stands.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "client.h"
#include "proto/name.h"
#include "proto/os.h"

enum {
    OUTBOX_MAX = 1000000, /* messages */
    LANE_BYTES = 8,
    LAST_ERROR = 256,
};

const char client_default_url[] = "tcp://127.0.0.1:7480";

static _Thread_local char last_error[LAST_ERROR];

const char *
client_fault(void)
{
    return last_error;
}

int
client_fail(int error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(last_error, sizeof last_error, format, args);
    va_end(args);
    return error;
}

static int
check_options(const struct confab_options *options)
{
    if (!options || !options->id)
        return client_fail(CONFAB_EINVALID, "id is missing");
    const char *fault = name_fault(slice_str(options->id));
    if (fault)
        return client_fail(CONFAB_EINVALID, "id %s", fault);
    if (options->resume && strlen(options->resume) > TOKEN_MAX)
        return client_fail(CONFAB_EINVALID, "resume is longer than 64 bytes");
    if (options->agent && (strlen(options->agent) > 128 ||
                           !utf8_valid(slice_str(options->agent))))
        return client_fail(CONFAB_EINVALID,
                           "agent is longer than 128 bytes or not UTF-8");
    if (options->password && (strlen(options->password) > 1024 ||
                              !utf8_valid(slice_str(options->password))))
        return client_fail(CONFAB_EINVALID,
                           "password is longer than 1024 bytes or not UTF-8");
    fault = options->once ? name_fault(slice_str(options->once)) : NULL;
    if (fault)
        return client_fail(CONFAB_EINVALID, "once %s", fault);
    if (options->once && options->state)
        return client_fail(CONFAB_EINVALID, "either once or state");
    if (options->outbox > OUTBOX_MAX)
        return client_fail(CONFAB_EINVALID, "outbox is more than 1000000");
    return CONFAB_OK;
}

static int
open_session(struct confab *c, const struct confab_options *options)
{
    struct {
        uint8_t lane[LANE_BYTES];
        uint64_t seed;
    } chance;
    char lane[2 * LANE_BYTES + 1];
    if (!os_random(&chance, sizeof chance))
        return client_fail(CONFAB_ENOMEM, "no random numbers");
    for (int i = 0; i < LANE_BYTES; i++)
        snprintf(lane + 2 * i, 3, "%02x", chance.lane[i]);
    struct session_options own = {
        .id = options->id,
        .lane = options->once ? options->once : lane,
        .resume = options->sending ? NULL : options->resume,
        .password = options->password,
        .agent = options->agent,
        .beat = options->beat,
        .outbox = options->outbox,
        .sending = options->sending,
        .once = options->once != NULL,
        .seed = chance.seed,
    };
    struct session_sink sink = client_sink(c);
    c->session = session_new(&own, &sink);
    return c->session ? CONFAB_OK : client_fail(CONFAB_ENOMEM, "no memory");
}

static int
restore(void *owner, const struct record *record)
{
    struct confab *c = owner;
    return session_restore(c->session, record);
}

static int
open_store(struct confab *c, const char *path)
{
    struct store_reader reader = {.each = restore, .owner = c};
    int error = store_open(&c->store, path, &reader);
    if (error)
        return client_fail(error, "%s", reader.fault);
    if (store_rewrite(c->store, c->session))
        return CONFAB_OK;
    return client_fail(CONFAB_ESTATE, "cannot write %.100s: %s", path,
                       strerror(errno));
}

static int
start_thread(struct confab *c)
{
    int code = os_thread(&c->thread, client_run, c);
    return code ? client_fail(CONFAB_ENOMEM, "no thread") : CONFAB_OK;
}

void
client_free(struct confab *c)
{
    session_close(c->session);
    link_close(c->link);
    store_close(c->store);
    queue_fini(&c->queue);
    event_free(c->last);
    client_keys_fini(c);
    free(c->token_path);
    pthread_cond_destroy(&c->news);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static void
init_lock(struct confab *c)
{
    os_cond_init(&c->news);
    pthread_mutex_init(&c->lock, NULL);
}

int
client_init(struct confab *c, const struct confab_options *options)
{
    c->queue.bell.fd = -1;
    init_lock(c);
    int error = check_options(options);
    if (error)
        return error;
    const char *url = options->url ? options->url : client_default_url;
    struct message last = {
        .op = OP_NONE,
        .why = slice_str("failed"),
        .code = slice_str("no-memory"),
        .text = slice_str("no memory"),
    };
    c->last = event_new(CONFAB_BYE, &last, slice_of(NULL, 0));
    if (!c->last || !queue_init(&c->queue))
        return client_fail(CONFAB_ENOMEM, "no memory or no descriptor");
    c->sending = options->sending;
    c->manual_ack = options->manual_ack;
    c->once = options->once != NULL;
    c->manual_done = options->manual_done;
    error = client_keys_init(c, options, url);
    if (error)
        return error;
    c->token_path = token_path(c->keys.endpoint, options->id);
    c->token_given = options->resume != NULL;
    if (c->token_given)
        snprintf(c->token, sizeof c->token, "%s", options->resume);
    error = open_session(c, options);
    if (!error && options->state)
        error = open_store(c, options->state);
    if (!error)
        error = client_keys_open(c);
    return error ? error : start_thread(c);
}
