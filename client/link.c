/* SPDX-License-Identifier: MPL-2.0 */
/*
 * link: see link.h.
 *
 * A message of more than one frame is no message of ours: it is read to its end
 * and dropped. One that has no end is noticed by link_watch, and its connection
 * made anew.
 *
 * libzmq gives a connection up for good when its handshake went wrong by the
 * protocol, the broker's no among it. Then it is made anew by us, ever later.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "link_inner.h"
#include "proto/clock.h"

enum {
    HANDSHAKE_AGAIN = 300, /* ms after one that failed, the first time */
    PARTS = 16,            /* of a message that is none of ours, at once */
    LOOK_EVERY = 1000,     /* ms between looks at the connections' bytes */
    LOOK_AGAIN = 50,       /* ms, when one is suspect */
};

static int64_t
now_ms(void)
{
    return (int64_t)clock_ms(CLOCK_MONOTONIC);
}

/* Disconnecting drops the parts that have come. The socket is not touched by
 * its descriptor, which may be another one's by now. */
static void
make_anew(void *socket, const char *endpoint)
{
    zmq_disconnect(socket, endpoint);
    zmq_connect(socket, endpoint);
}

static void
make_again(struct link *link)
{
    bool gone = link->gone[DEALER] || link->gone[SUB];
    if (!gone || now_ms() < link->again_at)
        return;
    if (link->gone[DEALER])
        make_anew(link->dealer, link->url);
    if (link->gone[SUB] && link->publisher[0])
        make_anew(link->sub, link->publisher);
    link->gone[DEALER] = link->gone[SUB] = false;
}

/* A connection on which a message has no end is made anew, and one that libzmq
 * has given up. */
static void
look(struct link *link, bool dealer_drained, bool sub_drained)
{
    struct watch *dealer = &link->dealer_watch, *sub = &link->sub_watch;
    make_again(link);
    if (watch_look(dealer, dealer_drained)) {
        link->cut = true;
        dealer->fd = -1;
        make_anew(link->dealer, link->url);
    }
    if (watch_look(sub, sub_drained) && link->publisher[0]) {
        sub->fd = -1;
        link->topics_down = true;
        make_anew(link->sub, link->publisher);
    }
    bool suspect = dealer->suspect || sub->suspect;
    link->look_at = now_ms() + (suspect ? LOOK_AGAIN : LOOK_EVERY);
}

/* True: something has come. */
static bool
wait_once(struct link *link, int want, int64_t ms)
{
    short in = want & LINK_READ ? ZMQ_POLLIN : 0;
    short out = want & LINK_WRITE ? ZMQ_POLLOUT : 0;
    enum { WAKE = SUB + 1, MONITOR, TOPICS_MONITOR, COUNT };
    zmq_pollitem_t items[COUNT] = {
        [WAKE] = {.fd = link->wake.fd, .events = ZMQ_POLLIN},
        [MONITOR] = {.socket = link->dealer_watch.monitor,
                     .events = ZMQ_POLLIN},
        [TOPICS_MONITOR] = {.socket = link->sub_watch.monitor,
                            .events = ZMQ_POLLIN},
        [DEALER] = {.socket = link->dealer, .events = (short)(in | out)},
        [SUB] = {.socket = link->sub, .events = in},
    };
    /* An interrupted wait is a wait that ended: the caller looks around. */
    bool came = zmq_poll(items, COUNT, (long)ms) != 0;
    if (items[WAKE].revents)
        (void)os_bell_hush(&link->wake);
    if (now_ms() >= link->look_at)
        look(link, in && !(items[DEALER].revents & ZMQ_POLLIN),
             in && !(items[SUB].revents & ZMQ_POLLIN));
    return came || link->cut;
}

void
link_wait(struct link *link, int want, int64_t ms)
{
    int64_t end = ms < 0 ? INT64_MAX : now_ms() + ms;
    int64_t now;
    do {
        now = now_ms();
        int64_t left = link->look_at > now ? link->look_at - now : 0;
        if (end - now < left)
            left = end > now ? end - now : 0;
        if (wait_once(link, want, left))
            return;
        now = now_ms();
    } while (now < end);
}

void
link_wake(struct link *link)
{
    os_bell_ring(&link->wake);
}

/* Receives a message of one frame. One of more is dropped, a few frames at a
 * time, so that who sends nothing else does not keep us here. */
static bool
receive(struct link *link, bool topics, struct slice *frame)
{
    struct watch *watch = topics ? &link->sub_watch : &link->dealer_watch;
    bool *skipping = &link->skipping[topics];
    link_close_frame(link);
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

/* Notes that libzmq does not try again, if that is what was said. */
static void
note_given_up(struct link *link, enum watch_news news, bool *gone)
{
    if (news == WATCH_UP)
        link->again = 0;
    if (news != WATCH_DENIED && news != WATCH_MISMATCH && news != WATCH_BROKEN)
        return;
    *gone = true;
    link->again = link->again ? 2 * link->again : HANDSHAKE_AGAIN;
    if (link->again > RECONNECT_MAX)
        link->again = RECONNECT_MAX;
    link->again_at = now_ms() + link->again;
    if (link->again_at < link->look_at)
        link->look_at = link->again_at;
}

static enum link_news
connection_news(struct link *link)
{
    static const enum link_news names[] = {
        [WATCH_NOTHING] = LINK_NOTHING,   [WATCH_UP] = LINK_UP,
        [WATCH_DOWN] = LINK_DOWN,         [WATCH_DENIED] = LINK_DENIED,
        [WATCH_MISMATCH] = LINK_MISMATCH, [WATCH_BROKEN] = LINK_FAILED,
        [WATCH_FAILED] = LINK_FAILED,
    };
    enum watch_news news;
    while ((news = watch_news(&link->sub_watch)) != WATCH_NOTHING) {
        note_given_up(link, news, &link->gone[SUB]);
        link->topics_down |= news == WATCH_DOWN;
    }
    news = watch_news(&link->dealer_watch);
    note_given_up(link, news, &link->gone[DEALER]);
    if (news != WATCH_NOTHING)
        return names[news];
    if (link->cut) {
        link->cut = false;
        return LINK_DOWN;
    }
    if (link->topics_down) {
        link->topics_down = false;
        return LINK_TOPICS_DOWN;
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
    if (!strcmp(resolved, link->publisher) || !link_is_endpoint(resolved))
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
    link->gone[DEALER] = link->gone[SUB] = false;
    link->dealer_watch.fd = -1;
    make_anew(link->dealer, link->url);
    if (link->publisher[0])
        make_anew(link->sub, link->publisher);
}
