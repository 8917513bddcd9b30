/* SPDX-License-Identifier: MPL-2.0 */
/* Frames in the trace: the op of each message and the fields that tell most. */
#include "proto/message.h"
#include "world.h"

enum { SHOWN = 6 };

static int
put_message(char *at, size_t size, const struct message *m)
{
    int len = snprintf(at, size, " %s", op_name(m->op));
    const struct {
        enum field field;
        const char *name;
        uint64_t value;
    } nums[] = {
        {FIELD_N, "n", m->n},          {FIELD_SEQ, "seq", m->seq},
        {FIELD_PREV, "prev", m->prev}, {FIELD_HEAD, "head", m->head},
        {FIELD_RV, "rv", m->rv},       {FIELD_AFTER, "after", m->after},
        {FIELD_UPTO, "upto", m->upto}, {FIELD_ACKED, "acked", m->acked},
    };
    const struct {
        enum field field;
        struct slice text;
    } texts[] = {
        {FIELD_ROOM, m->room}, {FIELD_TO, m->to},     {FIELD_ID, m->id},
        {FIELD_CODE, m->code}, {FIELD_TEXT, m->text}, {FIELD_WHY, m->why},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (message_has(m, texts[i].field) && (size_t)len < size)
            len +=
                snprintf(at + len, size - (size_t)len, " %.*s",
                         texts[i].text.len < 24 ? (int)texts[i].text.len : 24,
                         (const char *)texts[i].text.data);
    for (size_t i = 0; i < sizeof nums / sizeof *nums; i++)
        if (message_has(m, nums[i].field) && (size_t)len < size)
            len += snprintf(at + len, size - (size_t)len, " %s=%llu",
                            nums[i].name, (unsigned long long)nums[i].value);
    return len;
}

void
world_note_frame(struct world *w, const char *how, unsigned person,
                 struct slice frame)
{
    char text[1024] = "";
    size_t at = 0;
    struct reader r;
    struct fault fault;
    uint32_t count = 0;
    struct slice room, messages;
    bool up = how[0] == 'u';
    if (!w->trace)
        return;
    if (how[0] == 'p' && frame_split(frame, &room, &messages))
        frame = messages;
    if (frame.len && frame_open(frame, &r, &count, &fault))
        return;
    for (uint32_t i = 0; i < count && i < SHOWN; i++) {
        struct message m;
        if (message_read(&r, up ? SIDE_CLIENT : SIDE_BROKER, &m, &fault))
            break;
        int len = put_message(text + at, sizeof text - at, &m);
        at += (size_t)len < sizeof text - at ? (size_t)len
                                             : sizeof text - at - 1;
    }
    fprintf(w->trace, "%8llu     %s %s: [%u]%s\n", (unsigned long long)w->now,
            how, w->setup->parts[person].id, count, text);
}
