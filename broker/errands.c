/* SPDX-License-Identifier: MPL-2.0 */
/*
 * errands: see errands.h. Each kind has its descriptor and a function here,
 * which wakes.c brings together.
 *
 * A file of users that cannot be watched (the system's watches are used up) is
 * no reason not to run: SIGHUP reads it, too.
 */
#include "errands.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "checker.h"
#include "counters.h"
#include "proto/folder.h"
#include "signals.h"
#include "usage.h"
#include "watch.h"

/* Milliseconds in which somebody who writes the file anew has done so: an
 * editor that empties it first, or moves it away, must not end everybody's
 * session. */
enum { USERS_SETTLE = 200 };

static bool
reload(struct errands *errands, struct config_error *error)
{
    service_reloading(&errands->service);
    bool done = reload_all(&errands->reload, error);
    service_reloaded(&errands->service, done ? NULL : error->text);
    return done;
}

static void
on_signal(void *self)
{
    struct errands *errands = self;
    struct config_error error;
    int number = signals_take(errands->signals);
    if (number == SIGHUP) {
        (void)!reload(errands, &error);
    } else if (number) {
        errands->ended = number;
    }
}

static void
on_asked(void *self)
{
    struct errands *errands = self;
    struct config_error error;
    if (os_bell_hush(&errands->asked)) {
        bool done = reload(errands, &error);
        hub_reloaded(errands->reload.hub, done ? NULL : error.text, net_now());
    }
}

static void on_users(void *self);

/* A watch without a descriptor has to be asked. */
static void
look_later(struct errands *errands)
{
    if (watch_fd(errands->watch) < 0) {
        wakes_at(&errands->wakes, net_now().mono + WATCH_EVERY, on_users,
                 errands);
    }
}

static void
on_settled(void *self)
{
    struct errands *errands = self;
    struct config_error error;
    errands->settling = false;
    (void)!reload_users(&errands->reload, &error);
    look_later(errands);
}

/* Once, a moment from now; a moment that has begun is not put off. */
static void
on_users(void *self)
{
    struct errands *errands = self;
    bool changed = watch_changed(errands->watch);
    if (errands->settling) {
        return;
    }
    errands->settling = changed;
    if (changed) {
        wakes_at(&errands->wakes, net_now().mono + USERS_SETTLE, on_settled,
                 errands);
    } else {
        look_later(errands);
    }
}

static void
on_checked(void *self)
{
    struct errands *errands = self;
    uint64_t handle;
    bool right;
    while (checker_answer(errands->checker, &handle, &right)) {
        hub_verified(errands->reload.hub, handle, right, net_now());
    }
}

static void alive_later(struct errands *errands);

static void
on_alive(void *self)
{
    struct errands *errands = self;
    service_alive(&errands->service);
    alive_later(errands);
}

static void
alive_later(struct errands *errands)
{
    wakes_at(&errands->wakes, net_now().mono + errands->service.alive_each,
             on_alive, errands);
}

bool
errands_open(struct errands *errands, struct config_error *error)
{
    struct wakes *wakes = &errands->wakes;
    errands->service.fd = -1;
    errands->signals = signals_open();
    if (errands->signals < 0 || !os_bell_open(&errands->asked)) {
        config_fail(error, "the system gives no signals: %s", strerror(errno));
        return false;
    }
    wakes_add(wakes, errands->signals, on_signal, errands);
    wakes_add(wakes, errands->asked.fd, on_asked, errands);
    return true;
}

void
errands_serve(struct errands *errands, struct logger *logger)
{
    service_open(&errands->service, logger);
    if (errands->service.alive_each > 0) {
        alive_later(errands);
    }
}

static bool
verify(void *self, uint64_t handle, struct slice hash, struct slice password)
{
    const struct errands *errands = self;
    return checker_ask(errands->checker, handle, hash, password);
}

/* The hub is in the middle of something: later. */
static void
ask_reload(void *self)
{
    const struct errands *errands = self;
    os_bell_ring(&errands->asked);
}

static void
count(void *self, struct counters *counters)
{
    (void)self;
    usage_count(counters);
}

bool
errands_host(struct errands *errands, const struct config *config,
             struct host *host, struct config_error *error)
{
    *host =
        (struct host){.self = errands, .reload = ask_reload, .count = count};
    if (config->access == ACCESS_OPEN) {
        return true;
    }
    errands->checker = checker_new();
    if (!errands->checker) {
        config_fail(error, "the system gives no thread for passwords: %s",
                    strerror(errno));
        return false;
    }
    wakes_add(&errands->wakes, checker_fd(errands->checker), on_checked,
              errands);
    host->verify = verify;
    return true;
}

static bool
watch_users(struct errands *errands, const char *path)
{
    errands->watch = watch_new(path);
    if (errands->watch && watch_fd(errands->watch) >= 0) {
        wakes_add(&errands->wakes, watch_fd(errands->watch), on_users, errands);
    } else if (errands->watch) {
        look_later(errands);
    }
    return errands->watch;
}

void
errands_watch(struct errands *errands, const struct config *config,
              struct logger *logger)
{
    char path[CONFIG_PATH];
    struct config_error error;
    if (config->access == ACCESS_OPEN ||
        !config_users_path(config, path, &error)) {
        return;
    }
    folder_make(path);
    if (!watch_users(errands, path)) {
        LOG(logger, LOG_WARN, "users.not-watched", LOG_TEXT("file", path),
            LOG_TEXT("why", strerror(errno)),
            LOG_TEXT("help", "send SIGHUP when it was changed"));
    }
}

static void
on_found(void *self)
{
    const struct errands *errands = self;
    hub_found(errands->reload.hub, net_now());
}

void
errands_found(struct errands *errands, int fd)
{
    wakes_add(&errands->wakes, fd, on_found, errands);
}

void
errands_run(struct errands *errands, uint64_t now)
{
    wakes_run(&errands->wakes, now);
}

void
errands_close(struct errands *errands)
{
    if (errands->checker) {
        checker_free(&errands->checker);
    }
    if (errands->watch) {
        watch_free(&errands->watch);
    }
    os_bell_close(&errands->asked);
    service_close(&errands->service);
}
