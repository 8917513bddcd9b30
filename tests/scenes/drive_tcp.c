/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The real broker: started for the scene, spoken to with libzmq as a client in
 * any language would.
 *
 * A connection is a queue, and so is a subscription: what is answered behind
 * something is known to come after it. So a question that changes nothing (an
 * op that no broker knows) behind what an actor has sent tells that it has been
 * dealt with, and a word in the room ~ that all subscribers have got everything
 * before it. The one who says it is the prompter; he has a session of his own
 * and, when a connection is dropped, finds out when the broker has noticed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <zmq.h>

#include "broker/xmem.h"
#include "cast.h"
#include "compose.h"
#include "confabd.h"
#include "drive.h"
#include "match.h"

enum {
    DEADLINE = 20000, /* ms; only a broken broker takes as long */
    SUBSCRIBE_EVERY = 20,
    DROP_EVERY = 5,
    RECEIVE_MAX = 1 << 20,
};

struct tcp {
    struct stage *stage;
    struct confabd confabd;
    void *context;
    struct actor prompter;
    uint64_t echo;
    uint8_t *frame; /* RECEIVE_MAX bytes */
};

const char *drive_confabd;

static uint64_t
now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* --- sockets --- */

static void
receive_all(struct tcp *t, struct actor *actor)
{
    for (;;) {
        int len = zmq_recv(actor->link, t->frame, RECEIVE_MAX, ZMQ_DONTWAIT);
        if (len < 0)
            return;
        int more = 0;
        size_t size = sizeof more;
        zmq_getsockopt(actor->link, ZMQ_RCVMORE, &more, &size);
        if (more || len > RECEIVE_MAX)
            stage_fail(t->stage, "%s got more than one frame", actor->name);
        else
            stage_receive(t->stage, actor, slice_of(t->frame, (size_t)len),
                          actor->subscriber);
    }
}

/* Takes in what comes within `ms`, or at once when something does. */
static void
pump(struct tcp *t, uint64_t ms)
{
    zmq_pollitem_t items[ACTORS_MAX + 1];
    struct actor *owners[ACTORS_MAX + 1];
    int count = 0;
    for (unsigned i = 0; i <= t->stage->actor_count; i++) {
        struct actor *actor = i < t->stage->actor_count ? &t->stage->actors[i]
                                                        : &t->prompter;
        if (!actor->link)
            continue;
        owners[count] = actor;
        items[count++] =
            (zmq_pollitem_t){.socket = actor->link, .events = ZMQ_POLLIN};
    }
    if (zmq_poll(items, count, (long)ms) <= 0)
        return;
    for (int i = 0; i < count; i++)
        if (items[i].revents)
            receive_all(t, owners[i]);
}

/* Who only listens is nobody: he brings the prompter's key. */
static bool
socket_dress(const struct tcp *t, const struct actor *actor, void *socket)
{
    struct cast_key key;
    const char *whose = actor->key[0]       ? actor->key
                        : actor->subscriber ? t->prompter.name
                                            : actor->name;
    if (!t->confabd.key[0])
        return true;
    cast_key(whose, &key);
    return !zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, t->confabd.key,
                           sizeof key.open) &&
           !zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, key.open,
                           sizeof key.open) &&
           !zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, key.secret,
                           sizeof key.secret);
}

static void *
socket_open(struct tcp *t, const struct actor *actor, int type,
            const char *endpoint)
{
    void *socket = zmq_socket(t->context, type);
    int zero = 0;
    if (!socket || zmq_setsockopt(socket, ZMQ_LINGER, &zero, sizeof zero) ||
        !socket_dress(t, actor, socket) || zmq_connect(socket, endpoint)) {
        stage_fail(t->stage, "cannot connect to %s: %s", endpoint,
                   zmq_strerror(errno));
        return NULL;
    }
    return socket;
}

static void
tcp_connect(void *self, struct actor *actor)
{
    struct tcp *t = self;
    actor->link = socket_open(t, actor, ZMQ_DEALER, t->confabd.bind);
}

static void
tcp_send(void *self, struct actor *actor, const struct slice *parts,
         unsigned count)
{
    struct tcp *t = self;
    for (unsigned i = 0; i < count; i++) {
        int flags = i + 1 < count ? ZMQ_SNDMORE : 0;
        if (actor->link &&
            zmq_send(actor->link, parts[i].data, parts[i].len, flags) < 0)
            stage_fail(t->stage, "%s cannot send: %s", actor->name,
                       zmq_strerror(errno));
    }
}

/* Sends a written message that is none of the scene's. */
static void
send_aside(struct tcp *t, struct actor *actor, const char *text)
{
    struct words words = {.pool = &t->stage->pool, .vars = &t->stage->vars};
    struct slice frame;
    const char *fault;
    if (compose_frame(&words, "~", &text, &frame, &fault))
        tcp_send(t, actor, &frame, 1);
    else
        stage_fail(t->stage, "the driver itself makes no sense: %s", fault);
}

/* --- knowing what has been dealt with --- */

static void
wait_echo(struct tcp *t, const struct actor *actor, uint64_t echo)
{
    uint64_t deadline = now_ms() + DEADLINE;
    while (actor->echo < echo && !t->stage->failed) {
        uint64_t now = now_ms();
        if (now >= deadline) {
            stage_fail(t->stage, "%s gets no answers any more", actor->name);
            return;
        }
        pump(t, deadline - now);
    }
}

static void
ask_echo(struct tcp *t, struct actor *actor)
{
    char text[64];
    snprintf(text, sizeof text, "are-you-there ref=\"~%llu\"",
             (unsigned long long)++t->echo);
    send_aside(t, actor, text);
}

static void
tcp_settle(void *self)
{
    struct tcp *t = self;
    for (unsigned i = 0; i < t->stage->actor_count; i++) {
        struct actor *actor = &t->stage->actors[i];
        if (!actor->sent || !actor->link)
            continue;
        actor->sent = false;
        ask_echo(t, actor);
        wait_echo(t, actor, t->echo);
    }
}

/* The last of the prompter's answers is about `op`. */
static bool
prompter_got(struct tcp *t, const char *op)
{
    const struct letter *last = t->prompter.tray;
    while (last && last->next)
        last = last->next;
    return last && match_is_text(match_get(&last->message, "op"), op);
}

static void
prompter_enter(struct tcp *t)
{
    if (t->prompter.link)
        return;
    tcp_connect(t, &t->prompter);
    send_aside(t, &t->prompter, "hello inbox=false");
    uint64_t deadline = now_ms() + DEADLINE;
    while (!prompter_got(t, "welcome") && now_ms() < deadline &&
           !t->stage->failed)
        pump(t, DROP_EVERY);
}

static void
publish_echo(struct tcp *t)
{
    char text[64];
    snprintf(text, sizeof text, "say ~ \"~%llu\" keep=false",
             (unsigned long long)++t->echo);
    send_aside(t, &t->prompter, text);
}

static void
tcp_quiet(void *self, struct actor *actor)
{
    struct tcp *t = self;
    if (!actor->link)
        return;
    if (actor->subscriber)
        publish_echo(t);
    else
        ask_echo(t, actor);
    wait_echo(t, actor, t->echo);
}

static void
tcp_subscribe(void *self, struct actor *actor, struct slice topic)
{
    struct tcp *t = self;
    prompter_enter(t);
    if (!actor->link)
        actor->link = socket_open(t, actor, ZMQ_SUB, t->confabd.pub);
    if (!actor->link)
        return;
    zmq_setsockopt(actor->link, ZMQ_SUBSCRIBE, topic.data, topic.len);
    /* Once for each topic: they arrive in order. */
    zmq_setsockopt(actor->link, ZMQ_UNSUBSCRIBE, "~ ", 2);
    zmq_setsockopt(actor->link, ZMQ_SUBSCRIBE, "~ ", 2);
    uint64_t deadline = now_ms() + DEADLINE;
    uint64_t first = t->echo + 1;
    while (actor->echo < first && now_ms() < deadline && !t->stage->failed) {
        publish_echo(t);
        pump(t, SUBSCRIBE_EVERY);
    }
    wait_echo(t, actor, t->echo);
}

static uint64_t
tcp_pass(void *self, uint64_t most)
{
    uint64_t begin = now_ms();
    pump(self, most);
    uint64_t passed = now_ms() - begin;
    return passed ? passed : 1;
}

static void
tcp_drop(void *self, struct actor *actor, bool hidden)
{
    struct tcp *t = self;
    if (hidden)
        stage_fail(t->stage, "a connection cannot vanish over TCP");
    zmq_close(actor->link);
    actor->link = NULL;
    if (!*actor->id)
        return;
    prompter_enter(t);
    char text[128];
    snprintf(text, sizeof text, "tell %s \"\" keep=false ref=drop", actor->id);
    uint64_t deadline = now_ms() + DEADLINE;
    do {
        stage_clear(&t->prompter);
        send_aside(t, &t->prompter, text);
        while (!t->prompter.tray && now_ms() < deadline && !t->stage->failed)
            pump(t, DROP_EVERY);
        if (now_ms() >= deadline)
            stage_fail(t->stage, "the broker does not notice that %s is gone",
                       actor->name);
    } while (!t->stage->failed && !prompter_got(t, "error"));
}

/* --- beginning and end --- */

static void
tcp_close(void *self)
{
    struct tcp *t = self;
    for (unsigned i = 0; i < t->stage->actor_count; i++)
        if (t->stage->actors[i].link)
            zmq_close(t->stage->actors[i].link);
    if (t->prompter.link)
        zmq_close(t->prompter.link);
    zmq_ctx_term(t->context);
    char fault[800];
    if (!confabd_stop(&t->confabd, fault, sizeof fault))
        stage_fail(t->stage, "%s", fault);
    free(t->frame);
    free(t);
}

static void *
tcp_open(struct stage *stage)
{
    struct tcp *t = xcalloc(1, sizeof *t);
    t->stage = stage;
    char fault[800];
    if (!confabd_start(&t->confabd, drive_confabd, stage->scene, fault,
                       sizeof fault)) {
        stage_fail(stage, "%s", fault);
        free(t);
        return NULL;
    }
    t->context = zmq_ctx_new();
    t->frame = xmalloc(RECEIVE_MAX);
    snprintf(t->prompter.name, sizeof t->prompter.name, "~");
    stage_clear(&t->prompter);
    return t;
}

const struct driver drive_tcp = {
    .name = "tcp",
    .patience = DEADLINE / 2,
    .open = tcp_open,
    .close = tcp_close,
    .connect = tcp_connect,
    .subscribe = tcp_subscribe,
    .send = tcp_send,
    .settle = tcp_settle,
    .quiet = tcp_quiet,
    .pass = tcp_pass,
    .drop = tcp_drop,
};
