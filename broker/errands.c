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
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "checker.h"
#include "counters.h"
#include "proto/folder.h"
#include "usage.h"
#include "watch.h"

/* Milliseconds in which somebody who writes the file anew has done so: an
 * editor that empties it first, or moves it away, must not end everybody's
 * session. */
enum { USERS_SETTLE = 200 };

static void
on_signal(void *self)
{
    struct errands *errands = self;
    struct signalfd_siginfo info;
    struct config_error error;
    ssize_t got = read(errands->signals, &info, sizeof info);
    if (got != (ssize_t)sizeof info) {
        return;
    }
    if (info.ssi_signo == SIGHUP) {
        (void)!reload_all(&errands->reload, &error);
    } else {
        errands->ended = (int)info.ssi_signo;
    }
}

static void
on_asked(void *self)
{
    struct errands *errands = self;
    struct config_error error;
    eventfd_t count;
    if (eventfd_read(errands->asked, &count) == 0) {
        bool done = reload_all(&errands->reload, &error);
        hub_reloaded(errands->reload.hub, done ? NULL : error.text, net_now());
    }
}

/* Once, a moment from now; a moment that has begun is not put off. */
static void
on_users(void *self)
{
    struct errands *errands = self;
    struct itimerspec at = {.it_value = {.tv_nsec = USERS_SETTLE * 1000000L}};
    if (watch_changed(errands->watch) && !errands->settling) {
        errands->settling = timerfd_settime(errands->settled, 0, &at, NULL) ==
                            0;
    }
}

static void
on_settled(void *self)
{
    struct errands *errands = self;
    struct config_error error;
    uint64_t times;
    if (read(errands->settled, &times, sizeof times) == sizeof times) {
        errands->settling = false;
        (void)!reload_users(&errands->reload, &error);
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

static int
open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a write fails instead */
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) {
        return -1;
    }
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

bool
errands_open(struct errands *errands, struct config_error *error)
{
    struct wakes *wakes = &errands->wakes;
    errands->signals = open_signals();
    errands->asked = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!wakes_init(wakes) || errands->signals < 0 || errands->asked < 0 ||
        !wakes_add(wakes, errands->signals, on_signal, errands) ||
        !wakes_add(wakes, errands->asked, on_asked, errands)) {
        config_fail(error, "the system gives no signals: %s", strerror(errno));
        return false;
    }
    return true;
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
    (void)eventfd_write(errands->asked, 1);
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
    if (!errands->checker ||
        !wakes_add(&errands->wakes, checker_fd(errands->checker), on_checked,
                   errands)) {
        config_fail(error, "the system gives no thread for passwords: %s",
                    strerror(errno));
        return false;
    }
    host->verify = verify;
    return true;
}

static bool
watch_users(struct errands *errands, const char *path)
{
    struct wakes *wakes = &errands->wakes;
    errands->settled =
        timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    errands->watch = watch_new(path);
    return errands->settled >= 0 && errands->watch &&
           wakes_add(wakes, errands->settled, on_settled, errands) &&
           wakes_add(wakes, watch_fd(errands->watch), on_users, errands);
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

bool
errands_found(struct errands *errands, int fd, struct config_error *error)
{
    if (!wakes_add(&errands->wakes, fd, on_found, errands)) {
        config_fail(error, "the system does not tell of searches: %s",
                    strerror(errno));
        return false;
    }
    return true;
}

void
errands_run(struct errands *errands)
{
    wakes_run(&errands->wakes);
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
    wakes_fini(&errands->wakes);
}
