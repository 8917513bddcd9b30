/* SPDX-License-Identifier: MPL-2.0 */
/*
 * law: who may do what in a conversation of fuzz_hub, and who calls.
 *
 * A few accesses, made of the text that an operator would write. Those of one
 * mode are variants, one of which takes the place of another while the broker
 * runs. And a few keys and addresses, of which a connection has one each.
 */
#ifndef FUZZ_LAW_H
#define FUZZ_LAW_H

#include "broker/access.h"
#include "broker/hub.h"
#include "input.h"

enum { LAW_MODES = 4, LAW_VARIANTS = 3, LAW_KEYS = 5, LAW_ADDRESSES = 4 };

/* The last key is none, the last address this machine's. */
extern const char *const law_keys[LAW_KEYS];
extern const char *const law_addresses[LAW_ADDRESSES];

/* What passwords are; any other is wrong. */
#define LAW_PASSWORD "right"

/* Lives on. NULL for mode 0: open, and nobody has written anything. */
const struct access *law_access(unsigned mode, unsigned variant);

/* Somebody calls. */
struct caller law_caller(struct input *in);

/* He may be the id, by his key, or by the password if that was verified. */
bool law_is(const struct access *access, struct slice id, struct slice key,
            bool verified);

#endif
