/* SPDX-License-Identifier: MPL-2.0 */
/*
 * link_watch: see link_watch.h.
 *
 * Between "there is nothing to read" and the look at the counters frames may
 * have come; so a connection is shut only when it was suspect at the look
 * before and nothing of it was given to us since, although we were there to
 * take it. What ZeroMQ says to itself (heartbeats) is little and forgiven each
 * time.
 */
#include "link_watch.h"

#include <string.h>
#include <zmq.h>

#include "proto/os.h"

enum {
    AHEAD_MAX = 1 << 20,  /* bytes received and in no message */
    REST_MAX = 256 << 10, /* of them what a message under way may be */
    QUEUE_MAX = 96 << 20, /* the same while there are messages to be read */
    SHORT_FRAME = 255,    /* ZMTP: bytes, up to which a header has 2, */
    SHORT_HEADER = 2,     /* and else 9 */
    LONG_HEADER = 9,
    ZAP_DENIED = 400, /* the status that the broker's gate gives */
};

bool
watch_open(struct watch *w, void *context, void *socket, const char *name)
{
    int events = ZMQ_EVENT_CONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                 ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                 ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                 ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
    int no_linger = 0;
    *w = (struct watch){.fd = -1};
    w->monitor = zmq_socket(context, ZMQ_PAIR);
    return w->monitor &&
           zmq_setsockopt(w->monitor, ZMQ_LINGER, &no_linger,
                          sizeof no_linger) == 0 &&
           zmq_socket_monitor(socket, name, events) == 0 &&
           zmq_connect(w->monitor, name) == 0;
}

void
watch_close(struct watch *w)
{
    if (w->monitor)
        zmq_close(w->monitor);
    w->monitor = NULL;
}

/* The next event of the monitor; 0: there is none. It comes in two frames, of
 * which the second (the endpoint) is always ours. */
static int
monitor_event(struct watch *w, int *value)
{
    zmq_msg_t part;
    zmq_msg_init(&part);
    int event = 0;
    if (zmq_msg_recv(&part, w->monitor, ZMQ_DONTWAIT) < 0) {
        zmq_msg_close(&part);
        return 0;
    }
    if (zmq_msg_size(&part) == 6) {
        uint16_t number;
        int32_t fd;
        const uint8_t *data = zmq_msg_data(&part);
        memcpy(&number, data, sizeof number);
        memcpy(&fd, data + sizeof number, sizeof fd);
        event = number;
        *value = fd;
    }
    while (zmq_msg_more(&part) &&
           zmq_msg_recv(&part, w->monitor, ZMQ_DONTWAIT) >= 0)
        ;
    zmq_msg_close(&part);
    return event;
}

static bool
is_failure(int event)
{
    return event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH ||
           event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ||
           event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
}

static enum watch_news
failure(int event, int value)
{
    if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH && value == ZAP_DENIED)
        return WATCH_DENIED;
    if (event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL &&
        value == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH)
        return WATCH_MISMATCH;
    return event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL ? WATCH_FAILED
                                                         : WATCH_BROKEN;
}

/* A late DISCONNECTED of a connection before ours is told by its descriptor. */
enum watch_news
watch_news(struct watch *w)
{
    int event, value = -1;
    while ((event = monitor_event(w, &value))) {
        if (event == ZMQ_EVENT_CONNECTED)
            *w = (struct watch){
                .monitor = w->monitor, .fd = value, .extra = w->extra};
        if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
            return WATCH_UP;
        if (is_failure(event))
            return failure(event, value);
        if (event == ZMQ_EVENT_DISCONNECTED && value == w->fd) {
            w->fd = -1;
            return WATCH_DOWN;
        }
    }
    return WATCH_NOTHING;
}

void
watch_took(struct watch *w, size_t len)
{
    len += w->extra;
    w->delivered += len + (len > SHORT_FRAME ? LONG_HEADER : SHORT_HEADER);
}

bool
watch_judge(struct watch *w, uint64_t received, bool drained)
{
    bool moves = w->delivered != w->before;
    bool suspect = w->suspect && !moves;
    w->before = w->delivered;
    w->suspect = false;
    if (received < w->delivered + w->forgiven) /* a message was under way */
        w->forgiven = received > w->delivered ? received - w->delivered : 0;
    uint64_t ahead = received - w->delivered - w->forgiven;
    if (received < w->delivered)
        return false;
    if (!drained)
        return ahead > QUEUE_MAX;
    if (ahead <= REST_MAX)
        w->forgiven += ahead;
    w->suspect = ahead > AHEAD_MAX;
    return w->suspect && suspect;
}

/* Bytes of the connection that libzmq has read. False: it is none of TCP. */
static bool
count(int fd, uint64_t *received)
{
    struct os_counts counts;
    if (!os_counts(fd, &counts))
        return false;
    uint64_t unread = os_unread(fd);
    *received = counts.received -
                (unread < counts.received ? unread : counts.received);
    return true;
}

bool
watch_look(struct watch *w, bool drained)
{
    uint64_t received;
    return count(w->fd, &received) && watch_judge(w, received, drained);
}
