/* SPDX-License-Identifier: MPL-2.0 */
/*
 * net_handed: where the broker is to be reached, and sockets that it is handed.
 *
 * systemd may have bound the sockets before the broker is there, and hand them
 * over (sd_listen_fds(3)): clients that come meanwhile wait instead of being
 * refused. Which is which is told by their addresses and by nothing else, so
 * what the configuration says of an endpoint, and was checked for, is true of
 * the socket that stands for it.
 */
#ifndef CONFAB_NET_HANDED_H
#define CONFAB_NET_HANDED_H

#include "config.h"

enum place_id {
    PLACE_BIND,
    PLACE_PLAIN_BIND, /* behind the one it goes with */
    PLACE_PUB,
    PLACE_PLAIN_PUB,
    PLACES,
};

enum { HANDED_MOST = 16 }; /* sockets */

struct place {
    const char *key;      /* of the configuration */
    const char *endpoint; /* borrowed from it; "": there is none */
    int fd;               /* that was handed over and listens there; or -1 */
};

/* Fills `places` from the configuration, and with what was handed over, which
 * is ours from then on. The variables that tell of it are taken out of the
 * environment. False: a socket has no place, or is none that listens; `error`
 * says which. */
[[nodiscard]] bool net_places(const struct config *config,
                              struct place places[static PLACES],
                              struct config_error *error);

#endif
