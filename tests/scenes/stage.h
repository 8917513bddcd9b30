/* SPDX-License-Identifier: MPL-2.0 */
/*
 * stage: who plays in a scene, and what each of them has got so far.
 *
 * A driver brings frames; the stage takes them apart, checks that each message
 * is one that PROTOCOL.md lets a broker send, and puts it into its actor's
 * tray. Answers to a driver's own questions (a `ref` that begins with ~, what
 * is said in the room ~) are kept away from the trays: they are its echoes.
 */
#ifndef SCENES_STAGE_H
#define SCENES_STAGE_H

#include <msgpack.h>

#include "scene.h"
#include "word.h"

enum { ACTORS_MAX = 64, TOPICS_MAX = 8 };

struct letter {
    struct letter *next;
    msgpack_object message;
};

struct actor {
    char name[32];
    bool open;       /* has a connection */
    bool subscriber; /* with these topics */
    struct slice topics[TOPICS_MAX];
    unsigned topic_count;
    bool closed; /* the broker has shut it */
    bool sent;   /* something since the driver last settled */
    void *link;  /* the driver's */
    uint64_t echo;
    bool sends_only;  /* its hello asked for no inbox */
    char id[65];      /* of its inbox session; "" when it has none */
    char key[32];     /* whose key it brings: see cast.h; "": its own */
    char address[64]; /* from where it comes; "": this machine */
    struct letter *tray, **tray_end;
};

struct stage {
    const struct scene *scene;
    struct pool pool;
    msgpack_zone *zone;
    struct vars vars;
    struct actor actors[ACTORS_MAX];
    unsigned actor_count;
    bool failed;
    char fault[1600]; /* the first thing that went wrong */
};

void stage_init(struct stage *stage, const struct scene *scene);
void stage_fini(struct stage *stage);
/* Makes it when there is none. */
struct actor *stage_actor(struct stage *stage, const char *name);
/* A frame (borrowed) has come; `pub`: on the topic socket. */
void stage_receive(struct stage *stage, struct actor *actor, struct slice frame,
                   bool pub);
/* Forgets what the actor has got. */
void stage_clear(struct actor *actor);
/* Keeps the first only. */
void stage_fail(struct stage *stage, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
