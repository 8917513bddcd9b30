/* SPDX-License-Identifier: MPL-2.0 */
/*
 * frame: what goes over a socket at once: an array of 1 to 256 messages.
 *
 * A received frame is opened here and then read message by message; frame_end
 * says whether anything stood behind the last one. A frame to be sent is built
 * behind three reserved bytes, since only at the end it is known how many
 * messages it has; the array 16 header fits whatever the number. On PUB the
 * room's name and one space go before it, for ZeroMQ to filter by.
 */
#include "message_inner.h"
#include "name.h"

static enum err
unreadable(struct fault *fault, const char *why)
{
    fault_broken(fault, why);
    return fault->code;
}

enum err
frame_open(struct slice frame, struct reader *r, uint32_t *count,
           struct fault *fault)
{
    fault_clear(fault);
    *count = 0;
    *r = reader_open(frame);
    if (frame.len > LIMIT_FRAME) {
        fault_set(fault, ERR_TOO_LARGE,
                  "the frame is %zu bytes, the limit is %d", frame.len,
                  LIMIT_FRAME);
        fault->broken = true;
        return fault->code;
    }
    if (frame.len == 0)
        return unreadable(fault, "the frame is empty");
    if (!reader_array(r, count))
        return unreadable(fault, "the frame is not an array of messages");
    if (*count == 0)
        return unreadable(fault, "the frame has no messages");
    if (*count > LIMIT_BATCH)
        return unreadable(fault, "the frame has more than 256 messages");
    return ERR_NONE;
}

static_assert(LIMIT_BATCH == 256, "frame_open says 256 messages");

enum err
frame_end(const struct reader *r, struct fault *fault)
{
    fault_clear(fault);
    if (reader_done(r))
        return ERR_NONE;
    return unreadable(fault, "bytes follow the last message");
}

void
frame_close(uint8_t at[static FRAME_HEADER], unsigned count)
{
    assert(count >= 1 && count <= UINT16_MAX);
    at[0] = 0xdc;
    at[1] = (uint8_t)(count >> 8);
    at[2] = (uint8_t)count;
}

bool
frame_split(struct slice pub, struct slice *room, struct slice *frame)
{
    const uint8_t *space = pub.len ? memchr(pub.data, ' ', pub.len) : NULL;

    if (!space)
        return false;
    *room = slice_of(pub.data, (size_t)(space - pub.data));
    *frame = slice_of(space + 1, pub.len - room->len - 1);
    return room->len > 0 && room->len <= LIMIT_NAME && utf8_valid(*room);
}
