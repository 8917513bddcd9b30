/* SPDX-License-Identifier: MPL-2.0 */
/*
 * marks: the file of a chat, read and replaced; see marks.h.
 *
 *     {"version": 1, "current": 1,
 *      "conversations": [{"room": "lobby", "read": 1795355500000001},
 *                        {"person": "bob", "read": 0}],
 *      "ignored": ["eve"]}
 *
 * A file is checked as a whole before anything is made of it: it may come from
 * another version, a full disk, or somebody else. What is not understood is
 * set aside, never repaired.
 */
#define _GNU_SOURCE /* mkstemp, asprintf */
#include "marks.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "proto/folder.h"
#include "proto/name.h"

enum {
    MARKS_BROKER = 180, /* bytes of a broker in a file's name; then a hash: */
    MARKS_HASH = 17,    /* bytes */
};

/* A name of a folder that is short enough, and still another one for another
 * broker. */
static void
shorten(char *name, const char *broker)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    if (strlen(name) <= MARKS_BROKER)
        return;
    for (const char *at = broker; *at; at++)
        hash = (hash ^ (uint8_t)*at) * UINT64_C(1099511628211);
    snprintf(name + MARKS_BROKER, MARKS_HASH + 1, "-%016llx",
             (unsigned long long)hash);
}

static void
find_path(struct marks *m, const char *broker, const char *id)
{
    char *home = folder_home("XDG_STATE_HOME", ".local/state");
    char *folder = malloc(FOLDER_ESCAPED * strlen(broker) + MARKS_HASH + 1);
    char *file = malloc(FOLDER_ESCAPED * strlen(id) + 1);
    m->path[0] = '\0';
    if (home && folder && file) {
        folder_escape(broker, folder);
        shorten(folder, broker);
        folder_escape(id, file);
        int len = snprintf(m->path, sizeof m->path, "%s/confab/chat/%s/%s.json",
                           home, folder, file);
        if (len < 0 || (size_t)len >= sizeof m->path)
            m->path[0] = '\0';
    }
    free(home);
    free(folder);
    free(file);
}

/* All of a plain file of at most MARKS_FILE bytes. NULL: errno says why. */
static char *
read_file(const char *path, size_t *len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    char *bytes = NULL;
    *len = 0;
    if (fd < 0)
        return NULL;
    if (fstat(fd, &st) == 0) {
        errno = EFBIG;
        if (S_ISREG(st.st_mode) && st.st_size <= MARKS_FILE)
            bytes = malloc(MARKS_FILE);
    }
    ssize_t n = bytes ? 1 : 0;
    while (n > 0 && *len < MARKS_FILE) {
        n = read(fd, bytes + *len, MARKS_FILE - *len);
        if (n > 0)
            *len += (size_t)n;
        else if (n < 0 && errno == EINTR)
            n = 1;
    }
    if (n < 0) {
        free(bytes);
        bytes = NULL;
    }
    close(fd);
    return bytes;
}

static bool
is_name(const json_t *value)
{
    return json_is_string(value) &&
           json_string_length(value) == strlen(json_string_value(value)) &&
           !name_fault(slice_str(json_string_value(value)));
}

static bool
is_number(const json_t *value, json_int_t most)
{
    return json_is_integer(value) && json_integer_value(value) >= 0 &&
           json_integer_value(value) <= most;
}

static enum buffer_kind
kind_of(const json_t *row, const char **name)
{
    *name = json_string_value(json_object_get(row, "room"));
    if (*name)
        return BUFFER_ROOM;
    *name = json_string_value(json_object_get(row, "person"));
    return BUFFER_PERSON;
}

static bool
is_conversation(const json_t *row)
{
    const json_t *room = json_object_get(row, "room");
    const json_t *person = json_object_get(row, "person");
    return json_object_size(row) == 2 && is_name(room ? room : person) &&
           is_number(json_object_get(row, "read"), WIRE_INT_MAX);
}

/* More than can be open at once. */
static bool
is_too_many(const json_t *rows)
{
    size_t at = 0;
    size_t rooms = 0;
    const json_t *row = NULL;
    json_array_foreach(rows, at, row)
    {
        rooms += json_object_get(row, "room") != NULL;
    }
    return rooms > LIMIT_JOINED ||
           json_array_size(rows) - rooms > BUFFERS_PERSONS;
}

/* What is wrong with it; NULL: nothing. */
static const char *
fault_of(const json_t *file)
{
    const json_t *rows = json_object_get(file, "conversations");
    const json_t *ignored = json_object_get(file, "ignored");
    size_t at = 0;
    const json_t *row = NULL;
    if (json_integer_value(json_object_get(file, "version")) != MARKS_VERSION)
        return "it is of no version that is known";
    if (!json_is_array(rows) || json_array_size(rows) >= BUFFERS_MAX)
        return "\"conversations\" is no list of them";
    if (!json_is_array(ignored) || json_array_size(ignored) > BUFFERS_IGNORED)
        return "\"ignored\" is no list of ids";
    if (!is_number(json_object_get(file, "current"),
                   (json_int_t)json_array_size(rows)))
        return "\"current\" is no number of a conversation";
    json_array_foreach(rows, at, row)
    {
        if (!is_conversation(row))
            return "a conversation is none";
    }
    if (is_too_many(rows))
        return "it has more rooms or persons than can be open";
    json_array_foreach(ignored, at, row)
    {
        if (!is_name(row))
            return "an ignored id is none";
    }
    return NULL;
}

static bool
take(const json_t *file, struct buffers *bs)
{
    const json_t *rows = json_object_get(file, "conversations");
    const json_t *ignored = json_object_get(file, "ignored");
    size_t at = 0;
    const json_t *row = NULL;
    json_array_foreach(rows, at, row)
    {
        const char *name = NULL;
        enum buffer_kind kind = kind_of(row, &name);
        struct chat_buffer *b = buffers_open(bs, kind, name);
        if (!b)
            return false;
        b->read = (uint64_t)json_integer_value(json_object_get(row, "read"));
    }
    json_array_foreach(ignored, at, row)
    {
        if (!buffers_ignore(bs, json_string_value(row), true))
            return false;
    }
    size_t current =
        (size_t)json_integer_value(json_object_get(file, "current"));
    return buffers_go(bs, current < bs->len ? current : 0);
}

static bool
set_aside(const char *path, const char *why, char fault[static MARKS_FAULT])
{
    char *aside = NULL;
    bool moved = asprintf(&aside, "%s.damaged", path) >= 0;
    moved = moved && rename(path, aside) == 0;
    snprintf(fault, MARKS_FAULT, "%.100s %s (%.60s)", path,
             moved ? "was damaged and is set aside as *.damaged"
                   : "is damaged and cannot be moved",
             why);
    free(aside);
    return false;
}

bool
marks_load(struct marks *m, struct buffers *bs, const char *broker,
           char fault[static MARKS_FAULT])
{
    size_t len = 0;
    find_path(m, broker, bs->id);
    if (!m->path[0]) {
        snprintf(fault, MARKS_FAULT,
                 "there is no place for it: neither XDG_STATE_HOME nor HOME "
                 "is a folder");
        return false;
    }
    char *bytes = read_file(m->path, &len);
    if (!bytes && errno == ENOENT)
        return true;
    if (!bytes && errno == EFBIG)
        return set_aside(m->path, "it is no file, or too large", fault);
    if (!bytes) {
        snprintf(fault, MARKS_FAULT, "cannot read %.100s: %s", m->path,
                 strerror(errno));
        m->path[0] = '\0';
        return false;
    }
    json_t *file = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, NULL);
    const char *why = file ? fault_of(file) : "it is no JSON";
    free(bytes);
    bool done = !why && take(file, bs);
    json_decref(file);
    if (why)
        return set_aside(m->path, why, fault);
    if (done)
        return true;
    snprintf(fault, MARKS_FAULT, "no memory for all that was open");
    m->path[0] = '\0';
    return false;
}
