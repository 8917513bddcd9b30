/* SPDX-License-Identifier: MPL-2.0 */
/*
 * network_sub: frames on their way (struct flow), and one person's SUB socket.
 *
 * A flow keeps its order: a frame never overtakes the one before it. What the
 * broker publishes reaches a subscription only when it has heard of the topic,
 * and only with luck while frames are dropped.
 */
#ifndef CONFAB_SIM_NETWORK_SUB_H
#define CONFAB_SIM_NETWORK_SUB_H

#include "world.h"

enum { TOPIC_MAX = 16 };

struct frame {
    struct frame *next;
    uint64_t at;
    size_t len;
    uint8_t bytes[];
};

struct flow {
    struct frame *first, **end;
    uint64_t last_at;
};

struct topic {
    char name[TOPIC_MAX]; /* "": none */
    bool on;              /* as the person wants it */
    bool was;             /* as the broker knew it, */
    uint64_t heard_at;    /* until then */
};

struct sub {
    struct dice dice;
    struct flow flow;
    bool wanted, up;
    uint64_t connect_at;
    struct topic topics[ROOMS_MAX];
    uint64_t drop_until;
    unsigned percent;
};

void flow_add(struct flow *f, uint64_t at, struct slice frame);
/* The first frame, when it is due; the caller frees it. */
struct frame *flow_take(struct flow *f, uint64_t now);
void flow_clear(struct flow *f);

void sub_init(struct sub *s, uint64_t seed, unsigned person);
void sub_fini(struct sub *s);
void sub_open(struct sub *s, uint64_t at);
void sub_shut(struct sub *s);
void sub_topic(struct sub *s, struct slice topic, bool on, uint64_t at);
/* The connection breaks; the socket makes another one from `at` on. */
void sub_lose(struct sub *s, uint64_t at);
/* The same, but what is under way arrives. */
void sub_end(struct sub *s, uint64_t at);
void sub_drop(struct sub *s, uint64_t until, unsigned percent);
void sub_heal(struct sub *s);
void sub_connect(struct sub *s, uint64_t now, bool broker);
/* Whether this frame goes to it. */
bool sub_takes(struct sub *s, struct slice frame, uint64_t now);
uint64_t sub_deadline(const struct sub *s);

#endif
