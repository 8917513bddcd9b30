/* SPDX-License-Identifier: MPL-2.0 */
/*
 * errands: what the broker does between the turns of its sockets.
 *
 * A signal has come, an admin has asked for a reload, the file of users was
 * changed, a password has been checked: all of these may change what the hub
 * is in the middle of, so they wait until it is not. net_run returns for them,
 * and errands_run does what there is to do.
 */
#ifndef CONFAB_ERRANDS_H
#define CONFAB_ERRANDS_H

#include "proto/os.h"
#include "reload.h"
#include "service.h"
#include "wakes.h"

struct errands {
    struct wakes wakes;
    int signals;             /* see signals.h */
    struct os_bell asked;    /* a reload is wanted */
    int ended;               /* the signal that ends the broker; 0: none yet */
    struct reload reload;    /* set it once there is a hub */
    struct watch *watch;     /* of the file of users; NULL: none */
    bool settling;           /* it will be read in a moment */
    struct checker *checker; /* of passwords; NULL: none */
    struct service service;  /* who runs it, and hears of it */
};

/* From now on signals wait for errands_run. Before any thread is there: those
 * that come later get none. False: `error` says why. */
[[nodiscard]] bool errands_open(struct errands *errands,
                                struct config_error *error);
/* From now on whoever runs the broker as a service is told. After errands_open.
 */
void errands_serve(struct errands *errands, struct logger *logger);
/* What the hub may ask for, where `config` has passwords. False: `error` says
 * why. */
[[nodiscard]] bool errands_host(struct errands *errands,
                                const struct config *config, struct host *host,
                                struct config_error *error);
/* Watches the file of users, where there may be one. Before it is read, so that
 * no change is missed. */
void errands_watch(struct errands *errands, const struct config *config,
                   struct logger *logger);
/* What was searched is to be handed over when `fd` (borrowed) can be read. */
void errands_found(struct errands *errands, int fd);
/* Whatever has come, without waiting. `now` in ms. */
void errands_run(struct errands *errands, uint64_t now);
void errands_close(struct errands *errands);

#endif
