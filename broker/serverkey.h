/* SPDX-License-Identifier: MPL-2.0 */
/*
 * serverkey: the broker's own CURVE key, by which clients know that it is he.
 *
 * It is made at the first start and stays: a client that has the public part
 * (in a confab:// address) talks to nobody else. Who has the file can take the
 * broker's place, so it is readable for its owner alone (proto/keyfile.h).
 */
#ifndef CONFAB_SERVERKEY_H
#define CONFAB_SERVERKEY_H

#include "config_error.h"
#include "proto/address.h"
#include "proto/keyfile.h"

/* The pair in the file at `path`, which is made, with the folders that lead to
 * it, when there is none. False: `error` says why and what to do. */
[[nodiscard]] bool serverkey_load(const char *path, struct keypair *pair,
                                  struct config_error *error);
/* The same, but nothing is made. */
[[nodiscard]] bool serverkey_read(const char *path, struct keypair *pair,
                                  struct config_error *error);

/* What people are given to connect: the endpoint and the public key in one. Of
 * an endpoint that means all addresses it is the name of this machine. Without
 * a key (NULL), and for ipc, it is the endpoint. */
void serverkey_address(const char *endpoint, const struct keypair *pair,
                       char text[static ADDRESS_TEXT]);

#endif
