/* SPDX-License-Identifier: MPL-2.0 */
/*
 * pretend: a client's session with a pretended broker, clock and user.
 *
 * What the session sends is kept as messages, in order, what it gives the user
 * as events; a test takes them one by one and fails on what it did not expect.
 * The clock moves only by pretend_wait, which stops at every deadline in
 * between as the real thread would.
 */
#ifndef CONFAB_TEST_PRETEND_H
#define CONFAB_TEST_PRETEND_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/session.h"

enum { PRETEND_MAX = 2048 }; /* of anything that waits to be looked at */

struct pretend {
    struct session *session;
    struct now now;
    struct message sent[PRETEND_MAX];
    size_t sent_first, sent_last;
    uint8_t *frames[PRETEND_MAX]; /* what the messages borrow from */
    size_t frame_count;
    struct event *events[PRETEND_MAX];
    size_t event_first, event_last;
    struct event *shown; /* the last event given to the test */
    char topics[64][80]; /* "+name " or "-name " */
    size_t topic_first, topic_last;
    char publisher[256];
    unsigned reconnects;
    bool refuse;                     /* takes no frames */
    struct record kept[PRETEND_MAX]; /* names and bytes are copies */
    size_t kept_count;
    unsigned rewrites;
};

static inline bool
is(struct slice text, const char *expected)
{
    return slice_eq(text, slice_str(expected));
}

/* A session of "ann" before its connection, with a state to keep. */
struct pretend *pretend_new(void);
struct pretend *pretend_new_of(const struct session_options *options);
void pretend_free(struct pretend *p);

/* Lets `ms` pass. */
void pretend_wait(struct pretend *p, uint64_t ms);
/* The user says it in lobby. Its number in the lane. */
uint64_t say(struct pretend *p, const char *text);
/* For session_snapshot: the session of `owner`, another run, restores it. */
bool restore_to(void *owner, const struct record *record);
/* Another run, with what the first one kept. */
struct pretend *next_run(const struct pretend *p);
/* The user is through with a room, or with NULL his mail, up to `seq`. */
void pretend_done(struct pretend *p, const char *room, uint64_t seq);
/* What is due at this moment happens. */
void pretend_turn(struct pretend *p);

/* The broker sends a message on the DEALER, or on a room's topic. Bits of `has`
 * are set for every field that is not zero; give the others in m.has. */
void broker_says(struct pretend *p, struct message m);
void topic_says(struct pretend *p, const char *room, struct message m);
/* What the broker says to what was sent: a refusal (0: not there), an ok. */
struct message error_of(const char *code, uint64_t ref, uint64_t n,
                        uint64_t wait);
struct message ok_of(uint64_t n);
/* Answers the hello that must be there; with `n`, the highest in the lane. */
void broker_welcomes(struct pretend *p, const char *epoch);
void broker_welcomes_lane(struct pretend *p, const char *epoch, uint64_t n);
/* Connected, said hello, welcomed; nothing is left to be taken. */
struct pretend *pretend_online(void);
/* The answer to a join that must be there. */
void broker_joins(struct pretend *p, const char *room, uint64_t head);
/* A tick of lobby. */
struct message tick_of(uint64_t head, uint64_t rv);
/* Online and in lobby, rv 5, with all up to `head`; nothing is left. */
struct pretend *in_lobby(uint64_t head);
/* The history page of `count` says of the room (NULL: ann's mail), `first` and
 * then in steps of 10, answering `ref`. */
struct page {
    const char *room;
    uint64_t ref;
    uint64_t first;
    unsigned count;
    uint64_t upto;
    bool more;
    bool incomplete;
};
void broker_pages(struct pretend *p, struct page page);
/* A say of `room` with this seq and prev, as text "SEQ". */
struct message said(const char *room, uint64_t seq, uint64_t prev);
struct message told_to_ann(uint64_t seq, uint64_t prev);

/* The next thing that was sent, which must be an `op`. Valid to the end. */
const struct message *sent(struct pretend *p, enum op op);
void sent_nothing(struct pretend *p);
/* The next event, which must be of the type. Valid until the next one. */
const confab_event *told(struct pretend *p, enum confab_event_type type);
void told_nothing(struct pretend *p);
/* The next SAYs of the room, from seq `first` to `last` in steps of 10. */
void told_says(struct pretend *p, uint64_t first, uint64_t last);
void topic_was(struct pretend *p, const char *change);

#endif
