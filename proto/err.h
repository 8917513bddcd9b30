/* SPDX-License-Identifier: MPL-2.0 */
/*
 * err: the error codes of the wire, and the only ones the broker's core uses.
 *
 * One table: the name that travels in `error.code`, and what it means in words
 * for a person who never read PROTOCOL.md. ERR_NONE is success.
 */
#ifndef CONFAB_ERR_H
#define CONFAB_ERR_H

#include "slice.h"

#define ERR_TABLE(X)                                                           \
    X(ERR_BAD_MESSAGE, "bad-message", "the message cannot be read")            \
    X(ERR_BAD_VERSION, "bad-version", "another version is spoken here")        \
    X(ERR_BAD_NAME, "bad-name", "not a valid name")                            \
    X(ERR_BAD_STATE, "bad-state", "not possible in this state")                \
    X(ERR_NO_SESSION, "no-session", "say hello first")                         \
    X(ERR_IN_USE, "in-use", "this id is in use")                               \
    X(ERR_UNKNOWN_OP, "unknown-op", "no such op")                              \
    X(ERR_DENIED, "denied", "not allowed")                                     \
    X(ERR_NO_CLIENT, "no-client", "nobody by this id is known")                \
    X(ERR_NO_ROOM, "no-room", "there is no such room")                         \
    X(ERR_OFFLINE, "offline", "not connected at the moment")                   \
    X(ERR_FULL, "full", "no room left for more")                               \
    X(ERR_TOO_LARGE, "too-large", "larger than the limit")                     \
    X(ERR_TOO_MANY, "too-many", "more than the limit")                         \
    X(ERR_RATE, "rate", "too much at once")                                    \
    X(ERR_INTERNAL, "internal", "the broker failed")

enum err {
    ERR_NONE,
#define ERR_ENUM(name, wire, meaning) name,
    ERR_TABLE(ERR_ENUM)
#undef ERR_ENUM
        ERR_COUNT
};

/* The wire name ("bad-message"); "" for ERR_NONE. Static. */
const char *err_name(enum err code);
/* What it means, in a few words. Static. */
const char *err_meaning(enum err code);
/* The code behind a wire name; ERR_COUNT for one that is not in the table
 * (a later broker may have more). */
enum err err_find(struct slice wire);

#endif
