/* SPDX-License-Identifier: MPL-2.0 */
/*
 * link_inner: the inside of a link, for link*.c only.
 */
#ifndef CONFAB_LINK_INNER_H
#define CONFAB_LINK_INNER_H

#include <zmq.h>

#include "link.h"
#include "link_watch.h"
#include "proto/os.h"

enum {
    RECONNECT_MIN = 100,  /* ms */
    RECONNECT_MAX = 5000, /* ms */
    ENDPOINT_MAX = 512,
};

enum { DEALER, SUB }; /* where there is one for each */

struct link {
    void *context;
    void *dealer;
    void *sub;
    struct watch dealer_watch;
    struct watch sub_watch;
    int64_t look_at;  /* ms: when to look at the connections */
    bool cut;         /* the DEALER's was shut by us */
    bool topics_down; /* the SUB's has ended, and nobody was told yet */
    bool gone[2];  /* libzmq has given up the DEALER's connection, the SUB's */
    int64_t again; /* ms: how long we waited with making it anew, */
    int64_t again_at; /* and until when */
    struct os_bell wake;
    bool topics_next;
    bool skipping[2]; /* the rest of a message, of the DEALER and the SUB */
    bool frame_open;
    zmq_msg_t frame;
    char url[ENDPOINT_MAX];
    char publisher[ENDPOINT_MAX]; /* "": not known yet */
};

/* tcp or ipc, and not too long. */
bool link_is_endpoint(const char *url);
void link_close_frame(struct link *link);

#endif
