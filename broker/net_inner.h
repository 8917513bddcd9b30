/* SPDX-License-Identifier: MPL-2.0 */
/*
 * net_inner: what the files of net share, and nobody else includes.
 */
#ifndef CONFAB_NET_INNER_H
#define CONFAB_NET_INNER_H

#include <zmq.h>

#include "gate.h"
#include "guard.h"
#include "net.h"
#include "net_origin.h"
#include "net_topics.h"
#include "portion.h"

enum {
    NET_ENDPOINT = 256, /* bytes of an endpoint */

    /* A turn ends here even if more waits: the hub must commit and answer. A
     * frame may hold many messages, so time counts, too: ZeroMQ takes the peers
     * in turn, and nobody waits much longer than this for his. Its bytes are
     * bounded by how long its commit will take (portion.h). */
    NET_TURN_MS = 5,
    NET_TURN_FRAMES = 2048,
    NET_TURN_TOPICS = 2048, /* subscriptions */

    /* Above so many listeners all topics together have less room, down to a
     * part: they are walked through for each of the listeners when all end at
     * once. 16 times 64 KiB take 50 to 100 ms. */
    NET_FEW_LISTENERS = 16,
    NET_LEAST_ROOM = 16,
    NET_TURN_CUTS = 16, /* for too many topics */

    NET_PARTS_MOST = 16, /* parts of a message before its sender is shut */

    /* ms */
    NET_MUTE = 10000,     /* a connection may say nothing at first */
    NET_LAST_WORDS = 100, /* between a kick and the end */
    NET_GONE_LEAST = 1,   /* a closed connection's messages may still come */
    NET_GONE_MOST = 500,  /* the same while the socket is never empty */
    NET_LOOK = 50,        /* between two walks of the guard */
    NET_LOOK_EARLY = 15,  /* sooner, where the loop is awake anyhow */
    NET_LOOK_AGAIN = 10,  /* at a suspect, when nothing else happens */

    NET_ROUND = 100, /* walks, in which each is looked at once at least */
    NET_SUSPECTS = 64,

    CURVE_EXTRA = 33, /* bytes that encryption adds to a frame */
};

struct link;

/* Connections that will be shut if nothing happens, the next one first. */
struct line {
    struct link *first, *last;
    unsigned count;
};

/* One connection, from ACCEPTED until its DISCONNECTED was seen and all it had
 * sent was handed on. */
struct link {
    struct link *older; /* on the same descriptor, closed before */
    struct link *next;  /* among the gone */
    struct line *line;  /* it stands in this one; NULL: in none */
    struct link *before, *after;
    int fd;
    bool curve;       /* encrypted, with a key that is proven */
    bool gone;        /* closed: the descriptor may be another's already */
    bool shut;        /* by us; what still comes is dropped */
    bool lost;        /* nobody is behind its id: what still comes is dropped */
    bool listed;      /* among the suspects */
    uint8_t id_len;   /* 0: it has said nothing yet */
    uint8_t *id;      /* routing id */
    uint64_t since;   /* ms */
    uint64_t empties; /* net->empties when it was accepted */
    uint64_t shut_at; /* ms: it was kicked */
    uint64_t gone_at; /* ms */
    uint64_t round;   /* in which it was served last */
    struct listener listener;
    struct peer *peer; /* the hub's, or NULL */
    struct guard guard;
    struct origin origin;
    char key[Z85_KEY + 1]; /* "": it has none, or has said nothing yet */
};

/* A socket, bound once or twice, and its connections, by descriptor. */
struct wire {
    void *socket;
    void *monitor;
    char endpoint[NET_ENDPOINT];
    char plain[NET_ENDPOINT]; /* the second one, not encrypted; "": none */
    struct link **links;
    int slots;
    int looked; /* the guard's place */
    unsigned count;
    struct line strangers; /* that have said nothing yet, and are not shut */
    bool asks;             /* the ROUTER */
    bool used;             /* sent on, since the loop last slept */
};

struct net {
    void *context;
    struct gate *gate; /* NULL: everybody may connect */
    struct wire router, pub;
    char pub_told[NET_ENDPOINT];
    struct logger *logger;
    struct hub *hub;
    const struct wakes *wakes; /* net_run returns for them */
    unsigned most;             /* connections */
    unsigned system;           /* the same, by the limit of open files */
    unsigned per_address;
    uint64_t rate_connect;  /* of one address, a second */
    unsigned handshakes;    /* strangers */
    unsigned subscriptions; /* of one connection */
    size_t topic_bytes;     /* of all together */
    struct topics topics;
    struct crowd *crowd;
    struct line kicked;
    struct link *gone;
    struct now now;
    uint64_t sweep_at, look_at;
    size_t portion, taken; /* bytes: what a turn may take, what this one took */
    uint64_t empties;      /* how often the ROUTER was found empty */
    uint64_t rounds;       /* in which it served everybody, see guard.h */
    int suspects[NET_SUSPECTS]; /* descriptors; may have another owner now */
    int suspected;
    int64_t io_used; /* us of CPU, by libzmq's threads */
    bool asked;      /* more may wait at the gate */
    zmq_msg_t id, body;
    bool skipping; /* in the middle of a message that is thrown away */
};

static inline struct slice
msg_slice(zmq_msg_t *msg)
{
    return slice_of(zmq_msg_data(msg), zmq_msg_size(msg));
}

/* net_open.c: options, monitors, bind. False: `error` says why. */
[[nodiscard]] bool net_open(struct net *net, const struct config *config,
                            const struct keypair *key,
                            struct config_error *error);

/* net_take.c: what comes in. */
/* Frames for the hub. True: there are no more; false: there may be. */
bool net_drain(struct net *net);
/* gate.h: `self` is the net. */
bool net_judge(void *self, const struct gate_question *question);

/* net_hear.c: subscriptions. */
/* Takes them, if it was told that there may be some; the same. */
bool net_hear(struct net *net, bool told);

/* net_link.c: who is there. */
/* Takes over all that the monitors have told. */
void net_events(struct net *net);
/* The one that has the descriptor now, or NULL. */
struct link *link_open(const struct wire *wire, int fd);
/* All that were ever on it and are remembered, newest first, or NULL. */
struct link *link_first(const struct wire *wire, int fd);
void net_shut(struct net *net, struct link *link, const char *why);
/* The same a moment later: its last answers are still on their way. */
void net_shut_later(struct net *net, struct link *link);
/* It has said something. */
void link_known(struct link *link);
/* Takes it out of the line that it stands in. */
void link_leave(struct link *link);
/* Ends those whose messages have all been handed on. */
void net_reap(struct net *net, bool drained);
void net_links_free(struct net *net, struct wire *wire);

/* net_whose.c: which of them has sent a message. */
/* Of the ROUTER. NULL: it is gone, or shut. */
struct link *net_whose(struct net *net, zmq_msg_t *body, struct slice id);
/* Of the XPUB. NULL: the same, or not known. */
struct link *net_whose_topic(struct net *net, zmq_msg_t *topic);

/* net_look.c: what has to be looked after. */
/* At the suspects, and at the others when it is time. */
void net_look(struct net *net, bool drained);
/* Whether the hub wants it here, by key and address. */
bool net_admits(const struct net *net, const struct wire *wire,
                const struct link *link);
/* Shuts those that the hub does not admit any more. `self` is the net. */
void net_review(void *self);

#endif
