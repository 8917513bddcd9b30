/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Pages of names. A page ends at the asked length or where the frame would; the
 * reader asks on behind the last name it got.
 */
#include "listing.h"

#include <assert.h>
#include <string.h>

struct buffer
listing_begin(struct hub *hub)
{
    return (struct buffer){.data = hub->list, .cap = sizeof hub->list};
}

struct buffer
listing_array(struct hub *hub)
{
    struct buffer list = listing_begin(hub);
    list.len = FRAME_HEADER; /* an array of messages is a frame's twin */
    return list;
}

struct slice
listing_close(struct buffer *list, unsigned count)
{
    uint8_t bytes[FRAME_HEADER];
    struct buffer header = {.data = bytes, .cap = sizeof bytes};
    list_put_array(&header, count); /* of 0, too */
    assert(!header.overflow);
    size_t unused = FRAME_HEADER - header.len;
    memcpy(list->data + unused, bytes, header.len);
    return slice_of(list->data + unused, list->len - unused);
}

struct slice
listing_roll(struct hub *hub, const struct roll *roll, size_t at, size_t limit,
             bool *more)
{
    struct buffer list = listing_array(hub);
    unsigned count = 0;
    while (at < roll->count && count < limit &&
           list.len + LIMIT_NAME + 2 <= LISTING_LIMIT) {
        list_put_str(&list, roll->name(roll->items[at++]));
        count++;
    }
    if (more)
        *more = at < roll->count;
    return listing_close(&list, count);
}
