/* SPDX-License-Identifier: MPL-2.0 */
/*
 * ruling_act: what a ruling does to those who are there.
 */
#ifndef CONFAB_RULING_ACT_H
#define CONFAB_RULING_ACT_H

#include "ruling.h"

/* It is in force, or lifted: sessions end, members leave, the room is told. */
void ruling_act(struct hub *hub, const struct record *r);

#endif
