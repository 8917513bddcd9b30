/* SPDX-License-Identifier: MPL-2.0 */
/*
 * service: what whoever runs the broker as a service wants to hear of it.
 *
 * systemd (and others, who took it over) gives a socket in NOTIFY_SOCKET; lines
 * on it say that the broker is ready, reads its files again, stops, and is
 * alive. Without the variable nobody asks, and nothing is said. The protocol
 * is three lines of text, so there is no library for it here: sd_notify(3).
 */
#ifndef CONFAB_SERVICE_H
#define CONFAB_SERVICE_H

#include <stdint.h>

#include "logger.h"

enum { SERVICE_STATUS = 256 }; /* bytes of what is told about it */

struct service {
    int fd;              /* -1: nobody asks */
    uint64_t alive_each; /* ms between two signs of life; 0: none is wanted */
    char serving[SERVICE_STATUS]; /* for people who look at it */
};

/* Reads the environment and takes these variables out of it: no other program
 * is to speak for us. Before any thread is there. */
void service_open(struct service *service, struct logger *logger);
void service_close(struct service *service);

/* It serves on these endpoints. */
void service_ready(struct service *service, const char *bind, const char *pub);
/* It reads its files again; and has done so, or not, for that reason. */
void service_reloading(const struct service *service);
void service_reloaded(const struct service *service, const char *refused);
void service_stopping(const struct service *service);
void service_alive(const struct service *service);

#endif
