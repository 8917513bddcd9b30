/* SPDX-License-Identifier: MPL-2.0 */
/*
 * signals: those that end a broker or have it read its files anew, as a
 * descriptor that the loop polls.
 *
 * They stay blocked in every thread, so that nothing is ever interrupted by
 * one; what writes into a broken pipe, or beyond a limit of the system, gets an
 * error instead of a signal.
 */
#ifndef CONFAB_SIGNALS_H
#define CONFAB_SIGNALS_H

/* Before any thread is there: those that come later get none. A descriptor that
 * can be read when there is one; -1: errno says why. */
[[nodiscard]] int signals_open(void);
/* SIGTERM, SIGINT or SIGHUP, if one has come; else 0. Never waits. */
int signals_take(int fd);

#endif
