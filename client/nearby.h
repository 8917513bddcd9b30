/* SPDX-License-Identifier: MPL-2.0 */
/*
 * nearby: the key of a broker on this machine.
 *
 * A broker that encrypts publishes its address for its neighbours in a file
 * PORT.address, on which it holds a lock while it runs. So nobody has to copy a
 * key to talk to his own machine. The file is believed when the lock is held
 * (it is not what a broker of yesterday has left) and when it is root's or
 * one's own, or, where only root can make folders, the folder's owner's.
 */
#ifndef CONFAB_CLIENT_NEARBY_H
#define CONFAB_CLIENT_NEARBY_H

#include "proto/address.h"

/* Whether the endpoint is on this machine: ipc, or tcp to loopback. */
bool nearby_is(const char *endpoint);
/* The key that the broker at this endpoint has published. False: none. */
bool nearby_key(const char *endpoint, char key[static Z85_KEY + 1]);

#endif
