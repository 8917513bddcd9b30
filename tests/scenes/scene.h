/* SPDX-License-Identifier: MPL-2.0 */
/*
 * scene: a conversation in a file, as steps.
 *
 *     option joined=2 beat=500    limits of the broker, before the first step
 *     option rights=keys          who may do what: see cast.h
 *     only memory late: why       not played by the other drivers
 *
 *     ann: hello / join dev       ann sends; each message is a frame of its own
 *     ann: [ping / ping]          one frame
 *     ann: raw 93c0 | 00          bytes; `|` begins another part; none: empty
 *     s: sub dev                  s subscribes to the topic of room dev
 *     +bob: ping                  at once: what was sent before is on its way
 *     130x ann: tell bob "no $i"  so many times; $i counts from 1
 *
 *     bob< say dev from=ann       the next message that bob got
 *     bob<* say dev               one of those he got; the others stay
 *     bob<! say dev               none of those he got
 *     bob< nothing                there is no more
 *     bob< ...                    whatever there is: forgotten
 *     bob< closed                 the broker has shut the connection
 *     bob< exit ann within 3s     time may pass until it comes
 *
 *     wait 3s                     time passes
 *     key ann2 eve                his next connection brings the key of eve,
 *     key ann2 none               or none (cast.h); else it is his own
 *     from ann2 10.1.2.3          where it comes from
 *     drop ann                    her connection breaks
 *     vanish ann                  the same, but the broker has to find out
 *     stall ann / unstall ann     her connection takes nothing
 *     zoe@far: say dev "hi"       zoe is a client of another broker
 *
 * A line that begins with a space goes on with the line before. What stands in
 * a message explains word.h.
 */
#ifndef SCENES_SCENE_H
#define SCENES_SCENE_H

#include "pool.h"

enum step_kind {
    STEP_SEND,
    STEP_RAW,
    STEP_SUB,
    STEP_EXPECT,
    STEP_FORGET,
    STEP_NOTHING,
    STEP_CLOSED,
    STEP_WAIT,
    STEP_DROP,
    STEP_VANISH,
    STEP_STALL,
    STEP_UNSTALL,
    STEP_RESTART,
    STEP_FAR,
    STEP_KEY,
    STEP_FROM,
};

enum pick { PICK_NEXT, PICK_ANY, PICK_NONE };

struct step {
    unsigned line, times;
    bool at_once;
    enum step_kind kind;
    enum pick pick;
    const char *actor;
    const char *text; /* of the messages; whose key, what address */
    uint64_t ms;      /* to wait, or within which it must come */
};

struct option {
    const char *key;
    uint64_t value;
};

struct scene {
    const char *path, *name; /* of the file; without folder and ending */
    const char *only;        /* names of drivers, NULL: all */
    struct option options[16];
    unsigned option_count;
    struct step *steps;
    unsigned count;
};

/* Reads a file. False: `fault` says what is wrong with it, and where. */
[[nodiscard]] bool scene_read(struct scene *scene, struct pool *pool,
                              const char *path, char fault[static 200]);
/* The option's value, or `preset`. */
uint64_t scene_option(const struct scene *scene, const char *key,
                      uint64_t preset);
bool scene_is_for(const struct scene *scene, const char *driver);

#endif
