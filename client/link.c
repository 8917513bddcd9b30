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
 * and dropped. One that has no end is noticed by link_watch, and its connection
 * made anew.
 */
#include "link.h"
#include "link_watch.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
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
    DEALER_FRAMES = 256,         /* of the DEALER that may wait to be read, */
    TOPIC_FRAMES = 1000,         /* and of the SUB socket */
    PARTS = 16,               /* of a message that is none of ours, at once */
    LOOK_EVERY = 1000,        /* ms between looks at the connections' bytes */
    LOOK_AGAIN = 50,          /* ms, when one is suspect */
    SUBSCRIPTIONS_MAX = 4096, /* that may wait to be sent */
    ENDPOINT_MAX = 512,
};

struct link {
    void *context;
    void *dealer;
    void *sub;
    struct watch dealer_watch;
    struct watch sub_watch;
    int64_t look_at; /* ms: when to look at the connections */
    bool cut;        /* the DEALER's was shut by us */
    int wake;
    bool topics_next;
    bool skipping[2]; /* the rest of a message, of the DEALER and the SUB */
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
           set(link->dealer, ZMQ_RCVHWM, DEALER_FRAMES) &&
           set(link->sub, ZMQ_SNDHWM, SUBSCRIPTIONS_MAX) &&
           watch_open(&link->dealer_watch, link->context, link->dealer,
                      "inproc://dealer") &&
           watch_open(&link->sub_watch, link->context, link->sub,
                      "inproc://sub") &&
           zmq_connect(link->dealer, link->url) == 0;
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
    watch_close(&link->dealer_watch);
    watch_close(&link->sub_watch);
    void *sockets[] = {link->sub, link->dealer};
    for (size_t i = 0; i < sizeof sockets / sizeof sockets[0]; i++)
        if (sockets[i])
            zmq_close(sockets[i]);
    while (zmq_ctx_term(link->context) < 0 && errno == EINTR)
        ;
    link->context = link->dealer = link->sub = NULL;
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

static int64_t
clock_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Disconnecting drops the parts that have come. The socket is not touched by
 * its descriptor, which may be another one's by now. */
static void
make_anew(void *socket, const char *endpoint)
{
    zmq_disconnect(socket, endpoint);
    zmq_connect(socket, endpoint);
}

/* A connection on which a message has no end is made anew. */
static void
look(struct link *link, bool dealer_drained, bool sub_drained)
{
    struct watch *dealer = &link->dealer_watch, *sub = &link->sub_watch;
    if (watch_look(dealer, dealer_drained)) {
        link->cut = true;
        dealer->fd = -1;
        make_anew(link->dealer, link->url);
    }
    if (watch_look(sub, sub_drained) && link->publisher[0]) {
        sub->fd = -1;
        make_anew(link->sub, link->publisher);
    }
    bool suspect = dealer->suspect || sub->suspect;
    link->look_at = clock_ms() + (suspect ? LOOK_AGAIN : LOOK_EVERY);
}

/* True: something has come. */
static bool
wait_once(struct link *link, int want, int64_t ms)
{
    short in = want & LINK_READ ? ZMQ_POLLIN : 0;
    short out = want & LINK_WRITE ? ZMQ_POLLOUT : 0;
    enum { WAKE, MONITOR, TOPICS_MONITOR, DEALER, SUB, COUNT };
    zmq_pollitem_t items[COUNT] = {
        [WAKE] = {.fd = link->wake, .events = ZMQ_POLLIN},
        [MONITOR] = {.socket = link->dealer_watch.monitor,
                     .events = ZMQ_POLLIN},
        [TOPICS_MONITOR] = {.socket = link->sub_watch.monitor,
                            .events = ZMQ_POLLIN},
        [DEALER] = {.socket = link->dealer, .events = (short)(in | out)},
        [SUB] = {.socket = link->sub, .events = in},
    };
    /* An interrupted wait is a wait that ended: the caller looks around. */
    bool came = zmq_poll(items, COUNT, (long)ms) != 0;
    uint64_t wakes;
    if (items[WAKE].revents && read(link->wake, &wakes, sizeof wakes) < 0)
        assert(errno == EAGAIN);
    if (clock_ms() >= link->look_at)
        look(link, in && !(items[DEALER].revents & ZMQ_POLLIN),
             in && !(items[SUB].revents & ZMQ_POLLIN));
    return came || link->cut;
}

void
link_wait(struct link *link, int want, int64_t ms)
{
    int64_t end = ms < 0 ? INT64_MAX : clock_ms() + ms;
    int64_t now;
    do {
        now = clock_ms();
        int64_t left = link->look_at > now ? link->look_at - now : 0;
        if (end - now < left)
            left = end > now ? end - now : 0;
        if (wait_once(link, want, left))
            return;
        now = clock_ms();
    } while (now < end);
}

void
link_wake(struct link *link)
{
    /* Full means that a wake is waiting, and that is what was wanted. */
    ssize_t n = write(link->wake, &(uint64_t){1}, sizeof(uint64_t));
    (void)n;
}

/* Receives a message of one frame. One of more is dropped, a few frames at a
 * time, so that who sends nothing else does not keep us here. */
static bool
receive(struct link *link, bool topics, struct slice *frame)
{
    struct watch *watch = topics ? &link->sub_watch : &link->dealer_watch;
    bool *skipping = &link->skipping[topics];
    close_frame(link);
    for (int i = 0; i < PARTS; i++) {
        zmq_msg_t part;
        zmq_msg_init(&part);
        if (zmq_msg_recv(&part, topics ? link->sub : link->dealer,
                         ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(&part);
            return false;
        }
        watch_took(watch, zmq_msg_size(&part));
        bool more = zmq_msg_more(&part), whole = !more && !*skipping;
        *skipping = more;
        if (whole) {
            link->frame = part;
            link->frame_open = true;
            *frame = slice_of(zmq_msg_data(&link->frame),
                              zmq_msg_size(&link->frame));
            return true;
        }
        zmq_msg_close(&part);
    }
    return false;
}

static enum link_news
connection_news(struct link *link)
{
    enum watch_news news = watch_news(&link->dealer_watch);
    while (watch_news(&link->sub_watch) != WATCH_NOTHING)
        continue; /* what a room misses by it, it notices */
    if (link->cut) {
        link->cut = false;
        return LINK_DOWN;
    }
    return news == WATCH_UP     ? LINK_UP
           : news == WATCH_DOWN ? LINK_DOWN
                                : LINK_NOTHING;
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
        if (receive(link, topics, frame))
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
    link->dealer_watch.fd = -1;
    make_anew(link->dealer, link->url);
    if (link->publisher[0])
        make_anew(link->sub, link->publisher);
}
