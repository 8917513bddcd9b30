/* SPDX-License-Identifier: MPL-2.0 */
/*
 * net_inner: what the files of net share, and nobody else includes.
 */
#ifndef CONFAB_NET_INNER_H
#define CONFAB_NET_INNER_H

#include <zmq.h>

#include "guard.h"
#include "net.h"

enum {
    NET_ENDPOINT = 256, /* bytes of an endpoint */

    /* A turn ends here even if more waits: the hub must commit and answer. A
     * frame may hold many messages, so time counts, too: ZeroMQ takes the peers
     * in turn, and nobody waits much longer than this for his. */
    NET_TURN_MS = 5,
    NET_TURN_FRAMES = 2048,
    NET_TURN_BYTES = 4 << 20,

    NET_PARTS_MOST = 16, /* parts of a message before its sender is shut */

    /* ms */
    NET_MUTE = 10000,     /* a connection may say nothing at first */
    NET_LAST_WORDS = 100, /* between a kick and the end */
    NET_GONE_LEAST = 1,   /* a closed connection's messages may still come */
    NET_GONE_MOST = 500,  /* the same while the socket is never empty */
    NET_LOOK = 50,        /* between two rounds of the guard */

    NET_LOOKS = 500,      /* connections looked at in a round, 1 us each */
    NET_QUIET = 2000,     /* us of CPU that libzmq's threads used in a round */
    NET_QUIET_LOOKS = 10, /* then every tenth look asks the kernel */
};

/* One connection, from ACCEPTED until its DISCONNECTED was seen and all it had
 * sent was handed on. */
struct link {
    struct link *older; /* on the same descriptor, closed before */
    struct link *next;  /* among the gone */
    int fd;
    bool gone;        /* closed: the descriptor may be another's already */
    bool shut;        /* by us; what still comes is dropped */
    bool lost;        /* nobody is behind its id: what still comes is dropped */
    uint8_t id_len;   /* 0: it has said nothing yet */
    uint8_t *id;      /* routing id */
    uint64_t since;   /* ms */
    uint64_t empties; /* net->empties when it was accepted */
    uint64_t shut_at; /* ms: it was kicked; 0: it was not */
    uint64_t gone_at; /* ms */
    unsigned looks;   /* of the guard */
    struct peer *peer; /* the hub's, or NULL */
    struct guard guard;
};

/* A bound socket and its connections, by descriptor. */
struct wire {
    void *socket;
    void *monitor;
    char endpoint[NET_ENDPOINT];
    struct link **links;
    int slots;
    int looked; /* the guard's place */
    unsigned count;
    bool asks; /* the ROUTER */
};

struct net {
    void *context;
    struct wire router, pub;
    char pub_told[NET_ENDPOINT];
    struct logger *logger;
    struct hub *hub;
    int wake;        /* when it can be read, net_run returns */
    unsigned most;   /* connections */
    unsigned system; /* the same, by the limit of open files */
    struct link *gone;
    struct now now;
    uint64_t sweep_at, look_at;
    uint64_t empties; /* how often the ROUTER was found empty */
    uint64_t io_used; /* us of CPU, by libzmq's threads */
    bool quiet;       /* they did little in the last round */
    zmq_msg_t id, body;
    bool sent;     /* on the ROUTER, since the loop last slept */
    bool skipping; /* in the middle of a message that is thrown away */
};

/* net_open.c: options, monitors, bind. False: `error` says why. */
[[nodiscard]] bool net_open(struct net *net, const struct config *config,
                            struct config_error *error);

/* net_link.c */
/* Takes over all that the monitors have told. */
void net_events(struct net *net);
/* The connection that a message came from; NULL: it is gone, or shut. */
struct link *net_whose(struct net *net, int fd, struct slice id);
void net_shut(struct net *net, struct link *link, const char *why);
/* Ends those whose messages have all been handed on. */
void net_reap(struct net *net, bool drained);
/* A round of the guard, when it is due. */
void net_look(struct net *net, bool drained);
void net_links_free(struct wire *wire);

#endif
