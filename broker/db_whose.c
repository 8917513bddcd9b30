/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The keys are in the order of enum channel_kind: the mailbox first.
 */
#include "db_whose.h"

unsigned
whose_keys(struct slice wire, struct channel_key keys[static 2])
{
    struct message m;
    struct fault fault;
    struct slice nobody = {0};
    struct reader reader = reader_open(wire);
    if (message_read(&reader, SIDE_BROKER, &m, &fault))
        return 0;
    if (m.op == OP_SAY) {
        channel_key(&keys[0], CHANNEL_ROOM, m.room, nobody);
        return 1;
    }
    if (m.op != OP_TELL)
        return 0;
    channel_key(&keys[0], CHANNEL_MAIL, m.to, nobody);
    channel_key(&keys[1], CHANNEL_TALK, m.from, m.to);
    return 2;
}

bool
whose_is(struct slice wire, const struct channel_key *key)
{
    struct channel_key keys[2];
    unsigned count = whose_keys(wire, keys);
    for (unsigned i = 0; i < count; i++) {
        if (keys[i].len == key->len &&
            !memcmp(keys[i].bytes, key->bytes, key->len))
            return true;
    }
    return false;
}
