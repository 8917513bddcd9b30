/* SPDX-License-Identifier: MPL-2.0 */
/*
 * guard: which connection is shut because of its bytes.
 *
 * libzmq bounds messages, not memory: a multipart message may have any number
 * of parts and is handed over only when the last one is there, and every
 * subscription is kept. So the broker looks at what the kernel counted:
 *
 *   one that asks (ROUTER)    has sent much more than was handed to the hub,
 *                             and had its turn since, and nothing came: it is
 *                             sending a message that has no end
 *   one that listens (PUB)    has sent more than subscriptions can explain,
 *                             takes nothing of what waits for it, or is not
 *                             through its handshake
 *
 * The judgement is a pure function of counters and the time; reading the
 * counters of a descriptor is apart. It must never shut one that is only busy,
 * so it takes two looks: the first makes a suspect, and only when all who had
 * something complete were served since, and this one was not, the second shuts
 * it. ZeroMQ serves its peers in turn: while one waits nobody else is served
 * more than twice. So net counts rounds. One begins when somebody is served for
 * the second time in the last one, and GUARD_ROUNDS begin when the socket is
 * found empty; in GUARD_ROUNDS everybody was served who waited.
 */
#ifndef CONFAB_GUARD_H
#define CONFAB_GUARD_H

#include <stdbool.h>
#include <stdint.h>

enum {
    GUARD_ROUNDS = 3,         /* in which everybody is served who waits */
    GUARD_AHEAD = 256 << 10,  /* received beyond what was handed on */
    GUARD_REST = 128 << 10,   /* of it what commands and buffers explain */
    GUARD_QUEUE = 12 << 20,   /* more than any queue holds */
    GUARD_BURST = 64 << 10,   /* from a listener, at once, at least */
    GUARD_TOPIC = 128,        /* for each topic that it may have; with CURVE */
    GUARD_REFILL = 256,       /* bytes that a listener may add in a second */
    GUARD_LIFETIME = 4 << 20, /* from a listener, ever */
    GUARD_STUCK = 10000,      /* ms that a listener may take nothing */
    GUARD_SHAKE = 5000,       /* ms that a listener's handshake may take */

    /* Bytes of a handshake: what a listener has sent at least, in the clear
     * (greeting and READY), and with CURVE what it was sent, of which the last
     * part is for those who are let in (greeting, WELCOME, READY). */
    GUARD_GREETED = 64 + 27,
    GUARD_ADMITTED = 64 + 170 + 52,

    /* A look takes about 1 us: there is one for 20 us that libzmq's threads
     * have used, and so many at once at most. */
    GUARD_LOOK_EACH = 20,
    GUARD_LOOKS = 5000,
};

/* What the kernel has counted for one connection. */
struct guard_counts {
    uint64_t received; /* bytes, ever */
    uint64_t acked;    /* bytes that the other side has, ever */
    uint32_t unread;   /* bytes received that libzmq has not read */
    uint32_t unsent;   /* bytes that the kernel could not send yet */
};

/* What is remembered of one connection. Zeroed at its start. */
struct guard {
    uint64_t delivered; /* bytes handed to the hub; net adds to it */
    uint64_t before;    /* delivered, at the last look */
    uint64_t rounds;    /* of net, when it became a suspect */
    bool suspect;       /* it was far ahead at the last look */
    uint64_t forgiven;  /* received, and explained otherwise */
    uint64_t acked;     /* at the last look */
    uint64_t moved;     /* when unsent bytes last moved */
    bool waiting;       /* there were unsent bytes at the last look */
    bool curve;         /* it is encrypted; set by net */
    bool heard;         /* something of it was handed on; set by net */
};

enum guard_verdict {
    GUARD_FINE,
    GUARD_ENDLESS, /* a message without end */
    GUARD_FLOOD,   /* more waiting than any queue explains */
    GUARD_TOPICS,  /* subscriptions beyond the budget */
    GUARD_DEAF,    /* takes nothing */
    GUARD_MUTE,    /* not through its handshake */
    GUARD_VERDICTS
};

/* A word for the log. Static. */
const char *guard_word(enum guard_verdict verdict);

/* Fills `counts` for a TCP descriptor. False: it has none (ipc, closed). */
[[nodiscard]] bool guard_count(int fd, struct guard_counts *counts);

/* Whether a suspect had its turns and nothing came of it, so that another look
 * tells. */
bool guard_is_due(const struct guard *guard, uint64_t rounds);
/* `rounds`: of net, so far. `drained`: the socket is empty. */
enum guard_verdict guard_asker(struct guard *guard,
                               const struct guard_counts *counts,
                               uint64_t rounds, bool drained);
/* `topics`: how many it may have. `now` and `since` (when the connection came)
 * in ms. */
enum guard_verdict guard_listener(struct guard *guard,
                                  const struct guard_counts *counts,
                                  unsigned topics, uint64_t since,
                                  uint64_t now);

/* How many connections to look at, when libzmq's threads have used so much in
 * all (us); `seen`: up to where that was counted, 0 at first. What they have
 * used is the difference of two clocks that are read one after the other, so it
 * may be a little less than the last time: then that is none. */
unsigned guard_looks(int64_t *seen, int64_t used);

#endif
