/* SPDX-License-Identifier: MPL-2.0 */
/*
 * keyfile: reading and making the file of a key pair.
 *
 * A key is made once and lost for good with its file, so a new file appears
 * whole, under its name, on the disk, or not at all: it is written beside, and
 * then linked to where it belongs, which fails when something is there. Of two
 * programs that make the same key at once one wins, and the other is told to
 * read what there is.
 *
 * Of ZPL only what it takes is understood: the section `curve` and the two keys
 * in it. Whatever else the file says (zcert's metadata) is skipped.
 */
#include "keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "os.h"

enum {
    TRIES = 100, /* names for the file that is written beside */
    TEXT_MAX = 512,
};

static const char form[] =
    "# A secret key of confab: who has this file is its owner. Keep it to\n"
    "# yourself (mode 0600); hand on only the public key.\n"
    "curve\n"
    "    public-key = \"%s\"\n"
    "    secret-key = \"%s\"\n";

/* --- the text --- */

static bool
is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static struct slice
trim(struct slice s)
{
    while (s.len > 0 && is_blank(s.data[0]))
        s = slice_of(s.data + 1, s.len - 1);
    while (s.len > 0 && is_blank(s.data[s.len - 1]))
        s.len--;
    return s;
}

/* A value in quotes, or bare. What follows a closing quote is no matter. */
static struct slice
value_of(struct slice s)
{
    if (s.len == 0 || (s.data[0] != '"' && s.data[0] != '\''))
        return s;
    const uint8_t *close = memchr(s.data + 1, s.data[0], s.len - 1);
    return close ? slice_of(s.data + 1, (size_t)(close - s.data) - 1) : s;
}

/* One line of the section `curve`. NULL, or what is wrong. */
static const char *
take_key(struct slice line, struct keypair *pair)
{
    const uint8_t *equals = memchr(line.data, '=', line.len);
    if (!equals)
        return NULL;
    size_t at = (size_t)(equals - line.data);
    struct slice name = trim(slice_of(line.data, at));
    struct slice value =
        value_of(trim(slice_of(equals + 1, line.len - at - 1)));
    uint8_t bytes[KEY_BYTES];
    char *key = slice_eq(name, slice_str("public-key"))   ? pair->public_key
                : slice_eq(name, slice_str("secret-key")) ? pair->secret_key
                                                          : NULL;
    if (!key)
        return NULL;
    if (*key)
        return "a key stands in it twice";
    bool good = z85_decode(value, bytes);
    os_wipe(bytes, sizeof bytes);
    if (!good)
        return "a key in it is not 40 characters of Z85";
    memcpy(key, value.data, Z85_KEY);
    return NULL;
}

const char *
keyfile_parse(struct slice text, struct keypair *pair)
{
    const char *fault = NULL;
    bool inside = false;

    *pair = (struct keypair){0};
    while (text.len > 0 && !fault) {
        struct slice line = slice_line(&text);
        struct slice words = trim(line);
        if (words.len == 0 || words.data[0] == '#')
            continue;
        if (!is_blank(line.data[0]))
            inside = slice_eq(words, slice_str("curve"));
        else if (inside)
            fault = take_key(words, pair);
    }
    if (!fault && (!*pair->public_key || !*pair->secret_key))
        fault = "it has not both keys, public-key and secret-key, under curve";
    if (fault)
        os_wipe(pair, sizeof *pair);
    return fault;
}

/* --- reading --- */

/* Gives `code` back, and says why. */
static int
fail(char fault[static KEYFILE_FAULT], int code, const char *path,
     const char *why)
{
    (void)snprintf(fault, KEYFILE_FAULT, "%s: %s", path, why);
    return code;
}

/* Reads to the end; -1: errno says why, EFBIG when it is more than `max`. */
static ssize_t
read_all(int fd, char *text, size_t max)
{
    size_t len = 0;
    for (;;) {
        ssize_t got = read(fd, text + len, max - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? got : (ssize_t)len;
        len += (size_t)got;
        if (len == max) {
            errno = EFBIG;
            return -1;
        }
    }
}

static int
load_open(int fd, const char *path, struct keypair *pair,
          char fault[static KEYFILE_FAULT])
{
    struct stat status;
    char text[KEYFILE_MAX + 1];
    if (fstat(fd, &status) < 0)
        return fail(fault, errno, path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return fail(fault, EINVAL, path, "is not a file");
    if (status.st_mode & (S_IRWXG | S_IRWXO))
        return fail(fault, EPERM, path,
                    "others may read it, so its key is no secret: make a new "
                    "one; if nobody has read it, chmod 600 will do");
    ssize_t len = read_all(fd, text, sizeof text);
    if (len < 0)
        return errno == EFBIG
                   ? fail(fault, EINVAL, path, "is too large for a key file")
                   : fail(fault, errno, path, strerror(errno));
    const char *why = keyfile_parse(slice_of(text, (size_t)len), pair);
    os_wipe(text, sizeof text);
    return why ? fail(fault, EINVAL, path, why) : 0;
}

int
keyfile_load(const char *path, struct keypair *pair,
             char fault[static KEYFILE_FAULT])
{
    *pair = (struct keypair){0};
    /* Not to wait for whoever writes into a pipe. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return fail(fault, errno, path, strerror(errno));
    int code = load_open(fd, path, pair, fault);
    (void)close(fd);
    return code;
}

/* --- making --- */

/* A new file beside `path`. -1: errno says why. */
static int
open_beside(const char *path, char name[static PATH_MAX])
{
    int fd = -1;
    errno = EEXIST;
    for (int i = 0; i < TRIES && fd < 0 && errno == EEXIST; i++) {
        int len =
            snprintf(name, PATH_MAX, "%s.%ld-%d", path, (long)getpid(), i);
        if (len >= PATH_MAX) {
            errno = ENAMETOOLONG;
            return -1;
        }
        fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    }
    if (fd < 0 && errno == EEXIST)
        errno = EBUSY; /* it is not `path` that is there */
    return fd;
}

static bool
write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t done = write(fd, text, len);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        text += done;
        len -= (size_t)done;
    }
    return true;
}

static bool
write_pair(int fd, const struct keypair *pair)
{
    char text[TEXT_MAX];
    int len =
        snprintf(text, sizeof text, form, pair->public_key, pair->secret_key);
    bool done = write_all(fd, text, (size_t)len) && fsync(fd) == 0;
    os_wipe(text, sizeof text);
    return done;
}

/* Gives what is in `from` the name `to`, unless that is taken. */
static bool
give_name(const char *from, const char *to)
{
    if (link(from, to) == 0) {
        (void)unlink(from);
        return true;
    }
    if (errno == EEXIST)
        return false;
    /* A file system without links. */
    return os_rename_new(from, to);
}

int
keyfile_save(const char *path, const struct keypair *pair,
             char fault[static KEYFILE_FAULT])
{
    char beside[PATH_MAX];
    folder_make(path);
    int fd = open_beside(path, beside);
    if (fd < 0)
        return fail(fault, errno, path, strerror(errno));
    bool done = write_pair(fd, pair);
    int code = done ? 0 : errno;
    (void)close(fd);
    if (done && !give_name(beside, path))
        code = errno;
    if (code)
        (void)unlink(beside);
    else if (!folder_sync(path))
        code = errno;
    if (code == EEXIST)
        return fail(fault, code, path, "it is there already");
    return code ? fail(fault, code, path, strerror(code)) : 0;
}
