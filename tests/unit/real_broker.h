/* SPDX-License-Identifier: MPL-2.0 */
/*
 * real_broker: a confabd of one's own, for tests of the library.
 *
 * The program is $CONFABD, which `make test` sets. It listens on free ports,
 * which it gets again when it is started again; its log goes to a file in the
 * test's folder.
 */
#ifndef CONFAB_TEST_REAL_BROKER_H
#define CONFAB_TEST_REAL_BROKER_H

#include <stdbool.h>
#include <sys/types.h>

struct real_broker {
    pid_t pid;
    char url[64]; /* "" before the first start */
    char pub[64];
};

/* False: it said nothing of being ready. */
bool real_broker_start(struct real_broker *b, const char *folder);
/* With SIGTERM or SIGKILL; waits until it is gone. */
void real_broker_stop(struct real_broker *b, int signal);

#endif
