/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Frames to letters. What is wrong with a frame fails the scene, whatever the
 * scene is about.
 */
#include "stage.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "match.h"
#include "proto/message.h"

void
stage_init(struct stage *stage, const struct scene *scene)
{
    *stage = (struct stage){.scene = scene};
    stage->zone = msgpack_zone_new(MSGPACK_ZONE_CHUNK_SIZE);
    if (!stage->zone)
        abort();
}

void
stage_fini(struct stage *stage)
{
    msgpack_zone_free(stage->zone);
    pool_fini(&stage->pool);
}

void
stage_fail(struct stage *stage, const char *format, ...)
{
    if (stage->failed)
        return;
    stage->failed = true;
    va_list args;
    va_start(args, format);
    vsnprintf(stage->fault, sizeof stage->fault, format, args);
    va_end(args);
}

struct actor *
stage_actor(struct stage *stage, const char *name)
{
    for (unsigned i = 0; i < stage->actor_count; i++)
        if (!strcmp(stage->actors[i].name, name))
            return &stage->actors[i];
    if (stage->actor_count == ACTORS_MAX)
        abort();
    struct actor *actor = &stage->actors[stage->actor_count++];
    *actor = (struct actor){.open = false};
    snprintf(actor->name, sizeof actor->name, "%s", name);
    stage_clear(actor);
    return actor;
}

void
stage_clear(struct actor *actor)
{
    actor->tray = NULL;
    actor->tray_end = &actor->tray;
}

/* Each message must be readable by the rules, and of the topic's room. */
static bool
check_frame(struct stage *stage, const struct actor *actor, struct slice frame,
            const struct slice *room)
{
    struct reader r;
    uint32_t count;
    struct fault fault;
    if (frame.len > LIMIT_FRAME || frame_open(frame, &r, &count, &fault)) {
        stage_fail(stage, "%s got a frame that cannot be read", actor->name);
        return false;
    }
    for (; count; count--) {
        struct message m;
        if (message_read(&r, SIDE_BROKER, &m, &fault)) {
            stage_fail(stage, "%s got what no broker may send: %s", actor->name,
                       fault.text);
            return false;
        }
        if (room && !slice_eq(m.room, *room)) {
            stage_fail(stage, "%s got another room's message on a topic",
                       actor->name);
            return false;
        }
    }
    return true;
}

/* The number of a driver's own question that this answers, else 0. */
static uint64_t
echo_of(const msgpack_object *message)
{
    const msgpack_object *mark = match_get(message, "ref");
    if (match_is_text(match_get(message, "room"), "~"))
        mark = match_get(message, "text");
    if (!mark || mark->type != MSGPACK_OBJECT_STR || !mark->via.str.size ||
        mark->via.str.ptr[0] != '~')
        return 0;
    char number[24] = {0};
    size_t len = mark->via.str.size - 1;
    memcpy(number, mark->via.str.ptr + 1,
           len < sizeof number ? len : sizeof number - 1);
    return strtoull(number, NULL, 10);
}

/* An inbox session begins with `welcome` and ends with `bye`. */
static void
note_session(struct actor *actor, const msgpack_object *message)
{
    const msgpack_object *op = match_get(message, "op");
    const msgpack_object *id = match_get(message, "id");
    if (match_is_text(op, "bye"))
        actor->id[0] = '\0';
    if (match_is_text(op, "welcome") && id && !actor->sends_only &&
        id->via.str.size < sizeof actor->id)
        snprintf(actor->id, sizeof actor->id, "%.*s", (int)id->via.str.size,
                 id->via.str.ptr);
}

static void
take_message(struct stage *stage, struct actor *actor,
             const msgpack_object *message)
{
    uint64_t echo = echo_of(message);
    if (echo) {
        actor->echo = echo;
        return;
    }
    note_session(actor, message);
    struct letter *letter = pool_alloc(&stage->pool, sizeof *letter);
    letter->message = *message;
    *actor->tray_end = letter;
    actor->tray_end = &letter->next;
}

void
stage_receive(struct stage *stage, struct actor *actor, struct slice frame,
              bool pub)
{
    struct slice room = {0};
    if (pub && !frame_split(frame, &room, &frame)) {
        stage_fail(stage, "%s got a frame without a topic", actor->name);
        return;
    }
    if (!check_frame(stage, actor, frame, pub ? &room : NULL))
        return;
    /* The objects point into the bytes. */
    char *bytes = pool_text(&stage->pool, (const char *)frame.data, frame.len);
    msgpack_object array;
    size_t at = 0;
    if (msgpack_unpack(bytes, frame.len, &at, stage->zone, &array) !=
        MSGPACK_UNPACK_SUCCESS) {
        stage_fail(stage, "%s got what msgpack-c cannot read", actor->name);
        return;
    }
    for (uint32_t i = 0; i < array.via.array.size; i++)
        take_message(stage, actor, &array.via.array.ptr[i]);
}
