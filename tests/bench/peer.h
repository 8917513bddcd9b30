/* SPDX-License-Identifier: MPL-2.0 */
/*
 * peer: clients of a running confabd, for the benchmarks.
 *
 * They speak the protocol with proto/ alone and do nothing else, so that the
 * load costs as little as it can. Everything here ends the benchmark with a
 * sentence on stderr when it fails.
 */
#ifndef CONFAB_BENCH_PEER_H
#define CONFAB_BENCH_PEER_H

#include "load.h"
#include "proto/message.h"

struct broker {
    struct program program;
    char bind[200], pub[200];
    char key[41]; /* "": nothing is encrypted */
};

/* A frame that is being written. */
struct outgoing {
    unsigned count;
    struct buffer out;
    uint8_t bytes[LIMIT_FRAME];
};

/* Starts it, with the log of that URL, and waits until it is ready. */
void broker_start(struct broker *broker, const char *confabd, const char *log);

/* The same with a configuration file. */
void broker_start_with(struct broker *broker, const char *confabd,
                       const char *file);

/* Gives a connected socket: zmq_close. */
void *peer_open(void *ctx, int type, const char *endpoint);
/* The same, encrypted with a key pair of its own, unless the key is "". */
void *peer_open_to(void *ctx, int type, const char *endpoint, const char *key);
/* Says hello with a lane and waits for the welcome. */
void peer_hello(void *s, const char *id, bool inbox);
/* Waits for the answer `op`; others on the way are skipped. */
void peer_await(void *s, enum op op);
/* The message `count` times, each with the next n, in one frame. */
void peer_send(void *s, struct message *m, unsigned count);
/* How many messages are in the frame; `r` is at the first. */
unsigned peer_read(struct slice frame, struct reader *r);

void outgoing_begin(struct outgoing *o);
void outgoing_add(struct outgoing *o, const struct message *m);
/* Nothing when it is empty. */
void outgoing_send(struct outgoing *o, void *s);

#endif
