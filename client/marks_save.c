/* SPDX-License-Identifier: MPL-2.0 */
/*
 * marks_save: the file of a chat, written beside the old one and put in its
 * place, so that whatever happens one of them is there whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "marks.h"
#include "proto/folder.h"
#include "proto/os.h"

static json_t *
json_conversation(const struct chat_buffer *b)
{
    return json_pack("{s:s, s:I}", b->kind == BUFFER_ROOM ? "room" : "person",
                     b->name, "read", (json_int_t)b->read);
}

/* NULL: no memory. */
static char *
text_of(const struct buffers *bs)
{
    json_t *rows = json_array();
    json_t *ignored = json_array();
    bool done = rows && ignored;
    for (size_t i = 1; i < bs->len && done; i++)
        done = json_array_append_new(rows, json_conversation(bs->rows[i])) == 0;
    for (size_t i = 0; i < bs->ignored_len && done; i++)
        done = json_array_append_new(ignored, json_string(bs->ignored[i])) == 0;
    json_t *file = json_pack("{s:i, s:I, s:o, s:o}", "version", MARKS_VERSION,
                             "current", (json_int_t)bs->current,
                             "conversations", rows, "ignored", ignored);
    char *text = file && done ? json_dumps(file, JSON_INDENT(1)) : NULL;
    json_decref(file);
    return text;
}

static bool
write_all(int fd, const char *text)
{
    for (size_t left = strlen(text); left;) {
        ssize_t n = write(fd, text, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        text += n;
        left -= (size_t)n;
    }
    return os_sync(fd);
}

/* mkstemp makes it 0600. */
static bool
replace(const char *path, const char *text)
{
    char fresh[PATH_MAX];
    int len = snprintf(fresh, sizeof fresh, "%s.XXXXXX", path);
    if (len < 0 || (size_t)len >= sizeof fresh) {
        errno = ENAMETOOLONG;
        return false;
    }
    folder_make(path);
    int fd = mkstemp(fresh);
    if (fd < 0)
        return false;
    bool done = fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && write_all(fd, text);
    int error = errno;
    if (close(fd) < 0 && done) {
        error = errno;
        done = false;
    }
    if (done && rename(fresh, path) == 0)
        return folder_sync(path);
    error = done ? errno : error;
    unlink(fresh);
    errno = error;
    return false;
}

bool
marks_save(const struct marks *m, const struct buffers *bs,
           char fault[static MARKS_FAULT])
{
    if (!m->path[0])
        return true; /* marks_load has told why */
    char *text = text_of(bs);
    errno = ENOMEM;
    bool done = text && replace(m->path, text);
    if (!done)
        snprintf(fault, MARKS_FAULT, "cannot write %.100s: %s", m->path,
                 strerror(errno));
    free(text);
    return done;
}
