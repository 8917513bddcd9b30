/* SPDX-License-Identifier: MPL-2.0 */
/*
 * entry: the rights of the simulated broker.
 *
 * Apart from broker.c, since the hub's acts and the script's share names.
 */
#ifndef CONFAB_SIM_ENTRY_H
#define CONFAB_SIM_ENTRY_H

struct access;

/* `mode` is an enum access_mode; `users` in the form of their file; the room is
 * closed. */
struct access *entry_new(unsigned mode, const char *users, const char *room);
void entry_free(struct access *access);

#endif
