/* SPDX-License-Identifier: MPL-2.0 */
/*
 * net_topics: see net_topics.h.
 *
 * A topic does not have a list of its listeners, which may be thousands. It has
 * their number and their addresses, all in one by exclusive or; when one is
 * left, that is its address.
 */
#include "net_topics.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "hash.h"

struct topic {
    UT_hash_handle hh;
    unsigned count; /* listeners */
    uintptr_t who;  /* all of them */
    size_t len;
    uint8_t name[]; /* key */
};

struct pair {
    struct listener *listener;
    struct topic *topic;
};

struct topic_use {
    UT_hash_handle hh;
    struct pair pair;              /* key */
    struct topic_use *prev, *next; /* of the same listener */
};

static size_t
cost(const struct topic *topic)
{
    return topic->len + 1;
}

static struct topic *
topic_find(const struct topics *topics, struct slice name)
{
    struct topic *found;
    HASH_FIND(hh, topics->all, name.data, name.len, found);
    return found;
}

static struct topic *
topic_new(struct topics *topics, struct slice name)
{
    struct topic *topic = xcalloc(1, sizeof *topic + name.len);
    topic->len = name.len;
    memcpy(topic->name, name.data, name.len);
    HASH_ADD_KEYPTR(hh, topics->all, topic->name, topic->len, topic);
    topics->bytes += cost(topic);
    return topic;
}

static void
topic_free(struct topics *topics, struct topic *topic)
{
    topics->bytes -= cost(topic);
    HASH_DEL(topics->all, topic);
    free(topic);
}

static struct topic_use *
use_find(const struct topics *topics, struct listener *listener,
         struct topic *topic)
{
    const struct pair pair = {listener, topic};
    struct topic_use *found;
    HASH_FIND(hh, topics->uses, &pair, sizeof pair, found);
    return found;
}

static struct listener *
only_one(const struct topic *topic)
{
    return topic->count == 1 ? (struct listener *)topic->who : NULL;
}

/* One more, or one less. Of two that become one, or one that becomes two, the
 * topic becomes, or was, the one's own. */
static void
topic_change(struct topic *topic, struct listener *listener, int by)
{
    struct listener *one = only_one(topic);
    if (one) {
        one->own -= cost(topic);
    }
    topic->who ^= (uintptr_t)listener;
    topic->count += (unsigned)by;
    one = only_one(topic);
    if (one) {
        one->own += cost(topic);
    }
}

void
topics_begin(struct topics *topics, struct listener *listener,
             struct slice name)
{
    struct topic *topic = topic_find(topics, name);
    if (topic && use_find(topics, listener, topic)) {
        return;
    }
    if (!topic) {
        topic = topic_new(topics, name);
    }
    struct topic_use *use = xcalloc(1, sizeof *use);
    use->pair = (struct pair){listener, topic};
    HASH_ADD(hh, topics->uses, pair, sizeof use->pair, use);
    if (!listener->uses) {
        DL_APPEND(topics->listeners, listener);
    }
    DL_APPEND(listener->uses, use);
    listener->count++;
    topics->count++;
    topic_change(topic, listener, 1);
}

static void
use_end(struct topics *topics, struct topic_use *use)
{
    struct listener *listener = use->pair.listener;
    struct topic *topic = use->pair.topic;
    assert(topics->all && topics->uses); /* these two are in there */
    topic_change(topic, listener, -1);
    if (topic->count == 0) {
        topic_free(topics, topic);
    }
    topics->count--;
    listener->count--;
    DL_DELETE(listener->uses, use);
    if (!listener->uses) {
        DL_DELETE(topics->listeners, listener);
    }
    HASH_DEL(topics->uses, use);
    free(use);
}

void
topics_end(struct topics *topics, struct listener *listener, struct slice name)
{
    struct topic *topic = topic_find(topics, name);
    struct topic_use *use = topic ? use_find(topics, listener, topic) : NULL;
    if (use) {
        use_end(topics, use);
    }
}

void
topics_leave(struct topics *topics, struct listener *listener)
{
    struct topic_use *use, *next;
    DL_FOREACH_SAFE (listener->uses, use, next) {
        use_end(topics, use);
    }
}

static bool
is_heavier(const struct listener *listener, const struct listener *than,
           bool own)
{
    if (!than) {
        return true;
    }
    if (own && listener->own != than->own) {
        return listener->own > than->own;
    }
    return listener->count > than->count;
}

struct listener *
topics_excess(const struct topics *topics, size_t bytes)
{
    struct listener *heaviest = NULL, *listener;
    bool many = topics->count > TOPICS_MOST;
    if (!many && topics->bytes <= bytes) {
        return NULL;
    }
    DL_FOREACH (topics->listeners, listener) {
        if (is_heavier(listener, heaviest, !many)) {
            heaviest = listener;
        }
    }
    return heaviest;
}

bool
topics_is_empty(const struct topics *topics)
{
    return !topics->all && !topics->uses && !topics->listeners &&
           topics->bytes == 0 && topics->count == 0;
}
