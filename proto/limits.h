/* SPDX-License-Identifier: MPL-2.0 */
/*
 * limits: every limit of the wire, in one table.
 *
 * A row is the constant, the key under which `welcome.limits` tells it, its
 * value and what it bounds. Those that an operator may lower or raise
 * (sessions, rooms) are defaults here; the broker tells the ones in force.
 */
#ifndef CONFAB_LIMITS_H
#define CONFAB_LIMITS_H

#define LIMIT_TABLE(X)                                                         \
    X(LIMIT_FRAME, "frame", 65536, "bytes in a frame, either way")             \
    X(LIMIT_BATCH, "batch", 256, "messages in a frame")                        \
    X(LIMIT_TEXT, "text", 16384, "bytes of `text`")                            \
    X(LIMIT_BODY, "body", 49152, "bytes of `text` and `data` together")        \
    X(LIMIT_NAME, "name", 64, "bytes of an id, a room or a lane")              \
    X(LIMIT_JOINED, "joined", 256, "rooms one session is in")                  \
    X(LIMIT_SESSIONS, "sessions", 16384, "sessions of the broker")             \
    X(LIMIT_ROOMS, "rooms", 65536, "rooms of the broker")                      \
    X(LIMIT_IDS, "ids", 262144, "known ids of the broker")                     \
    X(LIMIT_MEMBERS, "members", 500, "members listed in one answer")           \
    X(LIMIT_PAGE, "page", 500, "messages in one `history` answer")             \
    X(LIMIT_WINDOW, "window", 256, "highest `n` minus lowest unanswered")      \
    X(LIMIT_MAIL, "mail", 128, "direct messages in flight, unacknowledged")    \
    X(LIMIT_KEYS, "keys", 32, "keys in one message")                           \
    X(LIMIT_DEPTH, "depth", 8, "nesting of MessagePack values")                \
    X(LIMIT_REF, "ref", 64, "bytes of a `ref` string")                         \
    X(LIMIT_KIND, "kind", 32, "bytes of `kind`")                               \
    X(LIMIT_REASON, "reason", 256, "bytes of `text` in what a moderator does") \
    X(LIMIT_RULINGS, "rulings", 65536, "bans, mutes, invitations and subjects")

enum limit {
#define LIMIT_ENUM(name, wire, value, meaning) name = (value),
    LIMIT_TABLE(LIMIT_ENUM)
#undef LIMIT_ENUM
};

/* Of one form only: they need not be told. */
enum {
    LIMIT_ABOUT = 1024, /* bytes: the subject of a room */
    LIMIT_KEY = 40,     /* bytes: a CURVE key in Z85 */
    LIMIT_ADDRESS = 64, /* bytes: an IP address, or a network with its prefix */
    LIMIT_QUERY = 512,  /* bytes: the words of a search */
    LIMIT_TERMS = 64,   /* words, parts of words and characters in them */
};

/* The largest integer on the wire: what every language holds exactly. */
#define WIRE_INT_MAX ((UINT64_C(1) << 53) - 1)

#define PROTOCOL_VERSION 1

/* Milliseconds. A beat outside the range is moved to its nearer end. */
#define BEAT_DEFAULT 10000
#define BEAT_MIN 200
#define BEAT_MAX 300000

#define PAGE_DEFAULT 100

#endif
