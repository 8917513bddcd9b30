/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_reach: why a broker cannot be reached.
 *
 * libconfab only knows that it is not there yet, since it goes on trying. When
 * the time is over and a person is to be told, it is worth a look: does the
 * host have an address, does anything listen there?
 */
#ifndef CONFAB_CMD_REACH_H
#define CONFAB_CMD_REACH_H

enum {
    REACH_FAULT = 200,
    REACH_MS = 500, /* as long as one look takes at most */
};

/* Looks at the broker's address once; `fault` says what is wrong, and what to
 * do about it. */
void reach_fault(const char *url, char fault[static REACH_FAULT]);

#endif
