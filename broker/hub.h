/* SPDX-License-Identifier: MPL-2.0 */
/*
 * hub: the broker without its sockets.
 *
 * A state machine: frames and the time go in, frames come out through a sink.
 * No socket, no clock, no thread, no file. Tests, fuzzers and the simulator
 * call it exactly as net does:
 *
 *     hub_connect     a connection has appeared
 *     hub_input       one frame from it
 *     hub_turn        the socket is drained: commit, deliver, flush
 *     hub_sweep       time has passed
 *     hub_disconnect  it is gone
 *
 * The sink may refuse a frame (SENT_AGAIN): answers then wait here, bounded,
 * room messages are skipped and announced by a tick. Nothing is freed while a
 * message is being handed out; what has ended goes at the end of the turn.
 */
#ifndef CONFAB_HUB_H
#define CONFAB_HUB_H

#include "log.h"
#include "logger.h"
#include "quota.h"

struct access;
struct counters;
struct hub;
struct peer; /* one connection */

/* Both in milliseconds; `mono` never jumps, `wall` counts from 1970. */
struct now {
    uint64_t mono;
    uint64_t wall;
};

enum sent {
    SENT_OK,
    SENT_AGAIN, /* its queue is full: later */
    SENT_GONE,  /* there is no such connection any more */
};

/* Who is at the other end, as far as the connection itself tells. Borrowed for
 * the call. */
struct caller {
    struct slice key;     /* in Z85, proven by CURVE; empty: none */
    struct slice address; /* "10.0.0.1", "2001:db8::1"; empty: this machine's */
    bool confidential;    /* nobody else can read along: encrypted, or local */
    const char *pub; /* where it is told to listen; NULL: the usual place */
};

/* Where frames go. `link` is what hub_connect was given. The slices are
 * borrowed for the call. None of these may call the hub. */
struct sink {
    void *self;
    enum sent (*send)(void *self, void *link, struct slice frame);
    void (*publish)(void *self, struct slice frame);
    /* Shut this connection; the peer is freed after the call, so no
     * hub_disconnect for it. */
    void (*kick)(void *self, void *link);
    /* Who may connect has changed: hub_admits is to be asked again for every
     * connection, of listeners hub_hears, and those that may not are shut. */
    void (*review)(void *self);
};

/* What the hub asks of its host, and gets an answer to later. NULL: the host
 * cannot do it. */
struct host {
    void *self;
    /* Is this the password behind the hash (empty: no user, spend the same
     * time)? Answered by hub_verified. False: too much waits, ask later. Both
     * are copied. */
    bool (*verify)(void *self, uint64_t handle, struct slice hash,
                   struct slice password);
    /* The configuration is to be read again. Answered by hub_reloaded. */
    void (*reload)(void *self);
    /* Adds what it counts itself. */
    void (*count)(void *self, struct counters *counters);
};

struct hub_options {
    struct sink sink;
    struct host host;
    const struct access *access; /* who may do what; borrowed. See hub_access */
    struct log *log;             /* taken: freed by hub_free */
    struct logger *logger;
    const char *pub;   /* PUB endpoint told in welcome, borrowed */
    unsigned beat;     /* ms, when hello asks for none */
    unsigned sessions; /* limits, see proto/limits.h */
    unsigned rooms;
    unsigned joined;
    unsigned ids;
    unsigned rulings;
    struct quota_limits mail; /* unread, a mailbox */
    uint64_t expire;          /* ms: a known id without mail, unused */
    unsigned grace;           /* ms that a broken session's memberships wait */
    unsigned hello_wait;      /* ms to say hello */
    void (*random)(void *bytes, size_t len);
};

/* The defaults for everything that is a number. */
void hub_defaults(struct hub_options *options);

/* NULL: what the log has kept cannot be read. The log is then the caller's, and
 * its `fault` says why. */
struct hub *hub_new(const struct hub_options *options, struct now now);
void hub_free(struct hub **hub);

/* Gives a peer that lives until hub_disconnect, a kick or SENT_GONE. Without a
 * caller it is somebody on this machine. */
struct peer *hub_connect(struct hub *hub, void *link,
                         const struct caller *caller, struct now now);
/* May somebody with this key (in Z85, or empty) connect from this address? */
bool hub_admits(const struct hub *hub, struct slice key, struct slice address);
/* May it listen to what is published? One whose id is banned may not; it is let
 * in only as far as the hello that tells it why. */
bool hub_hears(const struct hub *hub, struct slice key, struct slice address);
void hub_disconnect(struct hub *hub, struct peer *peer);

/* One frame (borrowed). `parts` is how many ZeroMQ parts it came in: more than
 * one is an offence. */
void hub_input(struct hub *hub, struct peer *peer, struct slice frame,
               unsigned parts, struct now now);
/* Commits what was appended and hands out what is due. */
void hub_turn(struct hub *hub, struct now now);
/* Deadlines: beats, grace, ticks, refused frames. Call it at least as often as
 * hub_timeout says, then hub_turn. */
void hub_sweep(struct hub *hub, struct now now);
/* Milliseconds until hub_sweep is next needed, at least 1. */
int hub_timeout(const struct hub *hub, struct now now);
/* Tells every session `bye restart`, come back in `wait` ms; flushes. */
void hub_stop(struct hub *hub, unsigned wait, struct now now);

/* Others may do other things from now on: sessions that may not be there any
 * more end (`bye kicked`), members leave rooms that they may not be in. The old
 * one may be freed afterwards. */
void hub_access(struct hub *hub, const struct access *access, struct now now);
/* The answers of the host. `fault` NULL: done. */
void hub_verified(struct hub *hub, uint64_t handle, bool right, struct now now);
void hub_reloaded(struct hub *hub, const char *fault, struct now now);
/* The log has found something. */
void hub_found(struct hub *hub, struct now now);

struct hub_stats {
    unsigned peers, sessions, rooms, clients, lanes, blocked;
    uint64_t frames_in, messages_in, frames_out, published, errors;
    uint64_t said, told, searches;
};
struct hub_stats hub_stats(const struct hub *hub);

#endif
