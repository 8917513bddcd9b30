/* SPDX-License-Identifier: MPL-2.0 */
/*
 * link: see link.h.
 *
 * IMMEDIATE keeps a frame from waiting for a broker that is not there, and so
 * from reaching the next one unannounced; PROBE_ROUTER has a broker that does
 * not know us say so. Heartbeats find a connection that is only half dead; no
 * TTL goes with them, since it would cost the broker a timer for each client.
 *
 * A message of more than one frame is no message of ours: it is read to its end
 * and dropped. Read and dropped, too, are the monitor's events that say nothing
 * of a connection that works or no longer does.
 */
#include "link.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <zmq.h>

#include "proto/limits.h"

enum {
    RECONNECT_MIN = 100,         /* ms */
    RECONNECT_MAX = 5000,        /* ms */
    CONNECT_WAIT = 5000,         /* ms for a connection to be made */
    HEARTBEAT_EVERY = 10000,     /* ms */
    HEARTBEAT_WAIT = 30000,      /* ms without any traffic */
    LINGER = 500,                /* ms for what was sent, at the end */
    FRAME_MAX = 2 * LIMIT_FRAME, /* more closes the connection */
    TOPIC_FRAMES = 1000,      /* of the SUB socket that may wait to be read */
    SUBSCRIPTIONS_MAX = 4096, /* that may wait to be sent */
    ENDPOINT_MAX = 512,
};

static const char monitor_name[] = "inproc://monitor";

struct link {
    void *context;
    void *dealer;
    void *sub;
    void *monitor;
    int wake;
    int fd; /* of the DEALER's connection, -1: none */
    bool topics_next;
    bool frame_open;
    zmq_msg_t frame;
    char url[ENDPOINT_MAX];
    char publisher[ENDPOINT_MAX]; /* "": not known yet */
};

static bool
set(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

static bool
set_common(struct link *link, void *socket)
{
    int64_t frame_max = FRAME_MAX;
    bool ipv6 = strchr(link->url, '[') != NULL;
    return set(socket, ZMQ_LINGER, LINGER) &&
           set(socket, ZMQ_RECONNECT_IVL, RECONNECT_MIN) &&
           set(socket, ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX) &&
           set(socket, ZMQ_CONNECT_TIMEOUT, CONNECT_WAIT) &&
           set(socket, ZMQ_HEARTBEAT_IVL, HEARTBEAT_EVERY) &&
           set(socket, ZMQ_HEARTBEAT_TIMEOUT, HEARTBEAT_WAIT) &&
           set(socket, ZMQ_IPV6, ipv6) &&
           zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &frame_max,
                          sizeof frame_max) == 0;
}

static bool
open_monitor(struct link *link)
{
    int events = ZMQ_EVENT_CONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                 ZMQ_EVENT_DISCONNECTED;
    link->monitor = zmq_socket(link->context, ZMQ_PAIR);
    return link->monitor && set(link->monitor, ZMQ_LINGER, 0) &&
           zmq_socket_monitor(link->dealer, monitor_name, events) == 0 &&
           zmq_connect(link->monitor, monitor_name) == 0;
}

static bool
open_sockets(struct link *link)
{
    link->context = zmq_ctx_new();
    if (!link->context)
        return false;
    link->dealer = zmq_socket(link->context, ZMQ_DEALER);
    link->sub = zmq_socket(link->context, ZMQ_SUB);
    return link->dealer && link->sub && set_common(link, link->dealer) &&
           set_common(link, link->sub) && set(link->dealer, ZMQ_IMMEDIATE, 1) &&
           set(link->dealer, ZMQ_PROBE_ROUTER, 1) &&
           set(link->sub, ZMQ_RCVHWM, TOPIC_FRAMES) &&
           set(link->sub, ZMQ_SNDHWM, SUBSCRIPTIONS_MAX) &&
           open_monitor(link) && zmq_connect(link->dealer, link->url) == 0;
}

static bool
is_endpoint(const char *url)
{
    return strlen(url) < ENDPOINT_MAX &&
           (!strncmp(url, "tcp://", 6) || !strncmp(url, "ipc://", 6));
}

bool
link_open(struct link **link, const char *url, char fault[static LINK_FAULT])
{
    *link = NULL;
    if (!is_endpoint(url)) {
        snprintf(fault, LINK_FAULT, "url is not tcp://HOST:PORT or ipc://PATH");
        return false;
    }
    struct link *l = calloc(1, sizeof *l);
    if (!l) {
        snprintf(fault, LINK_FAULT, "no memory");
        return false;
    }
    l->fd = -1;
    snprintf(l->url, sizeof l->url, "%s", url);
    l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (l->wake >= 0 && open_sockets(l)) {
        *link = l;
        return true;
    }
    snprintf(fault, LINK_FAULT, "url %.100s: %s", url, zmq_strerror(errno));
    link_close(l);
    return false;
}

static void
close_frame(struct link *link)
{
    if (link->frame_open)
        zmq_msg_close(&link->frame);
    link->frame_open = false;
}

void
link_shut(struct link *link)
{
    close_frame(link);
    if (!link->context)
        return;
    void *sockets[] = {link->monitor, link->sub, link->dealer};
    for (size_t i = 0; i < sizeof sockets / sizeof sockets[0]; i++)
        if (sockets[i])
            zmq_close(sockets[i]);
    while (zmq_ctx_term(link->context) < 0 && errno == EINTR)
        ;
    link->context = link->dealer = link->sub = link->monitor = NULL;
}

void
link_close(struct link *link)
{
    if (!link)
        return;
    link_shut(link);
    if (link->wake >= 0)
        close(link->wake);
    free(link);
}

void
link_wait(struct link *link, int want, int64_t ms)
{
    short in = want & LINK_READ ? ZMQ_POLLIN : 0;
    short out = want & LINK_WRITE ? ZMQ_POLLOUT : 0;
    zmq_pollitem_t items[] = {
        {.fd = link->wake, .events = ZMQ_POLLIN},
        {.socket = link->monitor, .events = ZMQ_POLLIN},
        {.socket = link->dealer, .events = (short)(in | out)},
        {.socket = link->sub, .events = in},
    };
    /* An interrupted wait is a wait that ended: the caller looks around. */
    (void)zmq_poll(items, sizeof items / sizeof items[0], (long)ms);
    uint64_t wakes;
    if (items[0].revents && read(link->wake, &wakes, sizeof wakes) < 0)
        assert(errno == EAGAIN);
}

void
link_wake(struct link *link)
{
    /* Full means that a wake is waiting, and that is what was wanted. */
    ssize_t n = write(link->wake, &(uint64_t){1}, sizeof(uint64_t));
    (void)n;
}

/* Receives a message of one frame. One of more is dropped, and ends the try, so
 * that who sends nothing else does not keep us here. */
static bool
receive(struct link *link, void *socket, struct slice *frame)
{
    close_frame(link);
    for (bool first = true;; first = false) {
        zmq_msg_t part;
        zmq_msg_init(&part);
        if (zmq_msg_recv(&part, socket, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(&part);
            return false;
        }
        bool more = zmq_msg_more(&part);
        if (first && !more) {
            link->frame = part;
            link->frame_open = true;
            *frame = slice_of(zmq_msg_data(&link->frame),
                              zmq_msg_size(&link->frame));
            return true;
        }
        zmq_msg_close(&part);
        if (!more)
            return false;
    }
}

/* The next event of the monitor; 0: there is none. It comes in two frames, of
 * which the second (the endpoint) is always ours. */
static int
monitor_event(struct link *link, int *value)
{
    zmq_msg_t part;
    zmq_msg_init(&part);
    int event = 0;
    if (zmq_msg_recv(&part, link->monitor, ZMQ_DONTWAIT) < 0) {
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
           zmq_msg_recv(&part, link->monitor, ZMQ_DONTWAIT) >= 0)
        ;
    zmq_msg_close(&part);
    return event;
}

/* A late DISCONNECTED of a connection before ours is told by its descriptor. */
static enum link_news
connection_news(struct link *link)
{
    int event, value = -1;
    while ((event = monitor_event(link, &value))) {
        if (event == ZMQ_EVENT_CONNECTED)
            link->fd = value;
        if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
            return LINK_UP;
        if (event == ZMQ_EVENT_DISCONNECTED && value == link->fd) {
            link->fd = -1;
            return LINK_DOWN;
        }
    }
    return LINK_NOTHING;
}

enum link_news
link_next(struct link *link, bool read, struct slice *frame)
{
    enum link_news news = connection_news(link);
    if (news != LINK_NOTHING || !read)
        return news;
    for (int i = 0; i < 2; i++) {
        bool topics = link->topics_next;
        link->topics_next = !topics;
        if (receive(link, topics ? link->sub : link->dealer, frame))
            return topics ? LINK_TOPIC : LINK_DEALER;
    }
    return LINK_NOTHING;
}

bool
link_send(struct link *link, struct slice frame)
{
    return zmq_send(link->dealer, frame.data, frame.len, ZMQ_DONTWAIT) >= 0;
}

void
link_subscribe(struct link *link, struct slice topic, bool on)
{
    int rc = zmq_setsockopt(link->sub, on ? ZMQ_SUBSCRIBE : ZMQ_UNSUBSCRIBE,
                            topic.data, topic.len);
    assert(rc == 0);
    (void)rc;
}

/* A tcp endpoint whose host is `*` with the host of `url`; others as they are.
 */
static void
resolve(const struct link *link, struct slice endpoint,
        char resolved[static ENDPOINT_MAX])
{
    static const char anyone[] = "tcp://*:";
    enum { PREFIX = sizeof anyone - 1 };
    const char *colon = strrchr(link->url, ':');
    bool any = endpoint.len > PREFIX &&
               !memcmp(endpoint.data, anyone, PREFIX) &&
               !strncmp(link->url, "tcp://", 6);
    if (any)
        snprintf(resolved, ENDPOINT_MAX, "%.*s:%.*s", (int)(colon - link->url),
                 link->url, (int)(endpoint.len - PREFIX),
                 (const char *)endpoint.data + PREFIX);
    else
        snprintf(resolved, ENDPOINT_MAX, "%.*s", SLICE_ARG(endpoint));
}

void
link_publisher(struct link *link, struct slice endpoint)
{
    char resolved[ENDPOINT_MAX];
    resolve(link, endpoint, resolved);
    if (!strcmp(resolved, link->publisher) || !is_endpoint(resolved))
        return;
    if (link->publisher[0])
        zmq_disconnect(link->sub, link->publisher);
    link->publisher[0] = '\0';
    if (zmq_connect(link->sub, resolved) == 0)
        memcpy(link->publisher, resolved, sizeof resolved);
}

void
link_reconnect(struct link *link)
{
    link->fd = -1;
    zmq_disconnect(link->dealer, link->url);
    zmq_connect(link->dealer, link->url);
    if (!link->publisher[0])
        return;
    zmq_disconnect(link->sub, link->publisher);
    zmq_connect(link->sub, link->publisher);
}
