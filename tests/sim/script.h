/* SPDX-License-Identifier: MPL-2.0 */
/*
 * script: what is done in a run, and when: a list of acts.
 *
 * A seed gives a setup (who is there) and a script. The script can be played
 * with acts taken out, which is how a failure is made short. An act keeps its
 * number when others go, and with it the names of the messages it says.
 */
#ifndef CONFAB_SIM_SCRIPT_H
#define CONFAB_SIM_SCRIPT_H

#include <stdio.h>

#include "dice.h"

enum {
    PERSONS_MAX = 8,
    ROOMS_MAX = 4,
    ACTS_MAX = 400,
    BURST_MAX = 400, /* messages said by one act */
    SERIALS_PER_ACT = 512,
};

/* X(ACT, how often, words; %w: who, %a, %b: its numbers, %r: room a,
 * %p: person a) */
#define ACT_TABLE(X)                                                           \
    X(ACT_JOIN, 10, "%w joins %r, direct=%b")                                  \
    X(ACT_LEAVE, 4, "%w leaves %r")                                            \
    X(ACT_SAY, 40, "%w says %b messages in %r")                                \
    X(ACT_FLEETING, 4, "%w says %b messages in %r, keep=false")                \
    X(ACT_TELL, 20, "%w tells %p %b messages")                                 \
    X(ACT_TELL_FLEETING, 2, "%w tells %p %b messages, keep=false")             \
    X(ACT_ACK, 6, "%w acks what was taken, if by hand")                        \
    X(ACT_HISTORY, 5, "%w asks history of %r, range %b")                       \
    X(ACT_TALK, 3, "%w asks history with %p, range %b")                        \
    X(ACT_SEARCH, 4, "%w searches what begins with a digit, place %a, how %b") \
    X(ACT_WHO, 4, "%w asks who is in %r")                                      \
    X(ACT_PING, 2, "%w pings")                                                 \
    X(ACT_BYE, 2, "%w says bye, is back after %a ms")                          \
    X(ACT_KILL, 4, "%w is killed, is back after %a ms")                        \
    X(ACT_LOSE, 2, "%w is killed and loses its state, is back after %a ms")    \
    X(ACT_POWER, 2, "%w loses its power, is back after %a ms")                 \
    X(ACT_COPY, 2, "the state of %w is copied")                                \
    X(ACT_OLD, 2, "%w is killed, is back with the copy after %a ms")           \
    X(ACT_SLEEP, 3, "the program of %w is stopped for %a ms")                  \
    X(ACT_MOVE, 3, "%w goes on where the other program of its id was")         \
    X(ACT_NAP, 3, "%w takes no events for %a ms")                              \
    X(ACT_CUT, 6, "the connection of %w is cut for %a ms")                     \
    X(ACT_SUBCUT, 3, "the subscription of %w is cut for %a ms")                \
    X(ACT_DROP, 4, "%b%% of what is published misses %w for %a ms")            \
    X(ACT_SLOW, 4, "the network of %w is %b ms slower for %a ms")              \
    X(ACT_STALL, 4, "nothing goes to %w for %a ms")                            \
    X(ACT_CLOG, 2, "nothing goes from %w for %a ms")                           \
    X(ACT_CRASH, 4, "the broker crashes, is back after %a ms")                 \
    X(ACT_STOP, 2, "the broker is stopped, is back after %a ms")               \
    X(ACT_CLOCK, 2, "the broker's clock jumps by %a ms, back=%b")              \
    X(ACT_FREEZE, 2, "the broker stands still for %a ms")                      \
    X(ACT_FULL, 3, "the disk is full for %a ms, error %b")                     \
    X(ACT_LATE, 3, "the disk takes %b ms for %a ms")                           \
    X(ACT_SAVE, 8, "the log saves %a changes")                                 \
    X(ACT_REDACT, 5, "%w redacts the message at %b%% of %r")                   \
    X(ACT_ABOUT, 2, "%w names the subject of %r, empty=%b")                    \
    X(ACT_INVITE, 6, "%w invites %p to the closed room, off=%b")               \
    X(ACT_KICK, 3, "%w kicks %p, from room %b if there is one")                \
    X(ACT_BAN, 2, "%w bans %p for %b ms")                                      \
    X(ACT_MUTE, 3, "%w mutes %p for %b ms, in the closed room if even")

enum act_kind {
#define ACT_ENUM(name, weight, words) name,
    ACT_TABLE(ACT_ENUM)
#undef ACT_ENUM
        ACT_COUNT
};

struct act {
    uint64_t at; /* ms since the beginning */
    enum act_kind kind;
    unsigned who, a, b;
    uint32_t serial; /* of its first message */
};

/* What it takes to come in; in the order of enum access_mode. */
enum entry { ENTRY_OPEN, ENTRY_CLAIM, ENTRY_KEYS, ENTRIES };

/* How a person takes part. */
struct part {
    const char *id;
    bool sending; /* a sending session */
    bool second;  /* another machine of the first one's id */
    bool manual;  /* acks mail by hand */
    unsigned beat;
};

struct setup {
    uint64_t seed;
    uint64_t luck; /* the seed of all that is not in the script */
    struct part parts[PERSONS_MAX];
    unsigned persons, rooms;
    unsigned second;   /* the person that is another's other machine, 0: none */
    unsigned quota;    /* messages a mailbox holds */
    bool one_step;     /* the log commits once in a turn, else until empty */
    bool save_before;  /* changes are taken before the records are placed */
    bool small_frames; /* messages are short */
    enum entry entry;  /* with keys the first person is a moderator */
};

struct script {
    struct setup setup;
    struct act acts[ACTS_MAX];
    unsigned count;
};

void script_make(struct script *script, uint64_t seed);
/* The act in words, with its time. */
void script_print_act(FILE *to, const struct setup *setup,
                      const struct act *act);
void script_print_setup(FILE *to, const struct setup *setup);
const char *script_room(unsigned room);
/* With keys there is one closed room. */
enum { CLOSED_ROOM = 1 };
bool script_is_closed(const struct setup *setup, unsigned room);

#endif
