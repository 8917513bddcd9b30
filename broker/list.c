/* SPDX-License-Identifier: MPL-2.0 */
/*
 * msgpack-c's packer writing into a bounded buffer. An element that does not fit
 * marks the buffer as overflown; callers stop before that by LIST_LIMIT.
 */
#include "list.h"

static int
list_write(void *data, const char *bytes, size_t len)
{
    struct buffer *list = data;
    if (len > list->cap - list->len) {
        list->overflow = true;
        return -1;
    }
    memcpy(list->data + list->len, bytes, len);
    list->len += len;
    return 0;
}

struct buffer
list_begin(struct hub *hub)
{
    return (struct buffer){.data = hub->list, .cap = sizeof hub->list};
}

msgpack_packer
list_packer(struct buffer *list)
{
    return (msgpack_packer){.data = list, .callback = list_write};
}

void
list_str(msgpack_packer *packer, struct slice text)
{
    msgpack_pack_str(packer, text.len);
    msgpack_pack_str_body(packer, text.data, text.len);
}

void
list_array(struct buffer *list)
{
    list->len += FRAME_HEADER;
}

struct slice
list_close(struct buffer *list, unsigned count)
{
    frame_close(list->data, count);
    return slice_of(list->data, list->len);
}

struct slice
list_roll(struct hub *hub, const struct roll *roll, size_t at, size_t limit,
          bool *more)
{
    struct buffer list = list_begin(hub);
    msgpack_packer packer = list_packer(&list);
    unsigned count = 0;
    list_array(&list);
    while (at < roll->count && count < limit &&
           list.len + LIMIT_NAME + 2 <= LIST_LIMIT) {
        list_str(&packer, roll->name(roll->items[at++]));
        count++;
    }
    if (more)
        *more = at < roll->count;
    return list_close(&list, count);
}
