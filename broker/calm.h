/* SPDX-License-Identifier: MPL-2.0 */
/*
 * calm: a thread that lets the others go first.
 */
#ifndef CONFAB_CALM_H
#define CONFAB_CALM_H

/* This thread, from now on, where the system can do that for one. */
void calm_thread(void);

#endif
