/* SPDX-License-Identifier: MPL-2.0 */
/*
 * nearby: see nearby.h.
 *
 * The file is looked at through one descriptor from its lock to its last byte,
 * so it cannot be exchanged in between.
 */
#define _GNU_SOURCE /* flock */
#include "nearby.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"

static const char tcp[] = "tcp://";
enum { TCP = sizeof tcp - 1, PORT_DIGITS = 5 };

/* The host of a tcp endpoint; empty: it is none. `port` stands behind it. */
static struct slice
host_of(const char *endpoint, const char **port)
{
    const char *colon = strrchr(endpoint, ':');
    if (strncmp(endpoint, tcp, TCP) != 0 || !colon || colon < endpoint + TCP)
        return slice_of(NULL, 0);
    *port = colon + 1;
    return slice_of(endpoint + TCP, (size_t)(colon - endpoint - TCP));
}

static bool
is_loopback(struct slice host)
{
    static const char net[] = "127.";
    return slice_eq(host, slice_str("localhost")) ||
           slice_eq(host, slice_str("[::1]")) ||
           (host.len >= sizeof net && memcmp(host.data, net, 4) == 0 &&
            strspn((const char *)host.data, "0123456789.") >= host.len);
}

bool
nearby_is(const char *endpoint)
{
    const char *port = NULL;
    return strncmp(endpoint, "ipc://", 6) == 0 ||
           is_loopback(host_of(endpoint, &port));
}

static bool
is_held(int fd)
{
    if (flock(fd, LOCK_SH | LOCK_NB) == 0)
        return false; /* closing it lets go of our lock */
    return errno == EWOULDBLOCK;
}

/* `owner` may write to the folder; -1: nobody but root and us is believed. */
static bool
is_trusted(int fd, uid_t owner)
{
    struct stat file;
    if (fstat(fd, &file) < 0 || !S_ISREG(file.st_mode) ||
        file.st_mode & (S_IWGRP | S_IWOTH))
        return false;
    return file.st_uid == 0 || file.st_uid == geteuid() || file.st_uid == owner;
}

static bool
read_key(int fd, char key[static Z85_KEY + 1])
{
    char text[ADDRESS_TEXT];
    struct address address;
    ssize_t len = read(fd, text, sizeof text - 1);
    if (len <= 0)
        return false;
    text[len] = '\0';
    text[strcspn(text, "\n")] = '\0';
    if (!address_is(text) || address_read(text, &address) || !address.key[0])
        return false;
    memcpy(key, address.key, sizeof address.key);
    return true;
}

static bool
look_into(const char *folder, bool of_system, const char *name,
          char key[static Z85_KEY + 1])
{
    int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat owner = {.st_uid = (uid_t)-1};
    if (dir < 0)
        return false;
    if (of_system && fstat(dir, &owner) < 0)
        owner.st_uid = (uid_t)-1;
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool found = fd >= 0 &&
                 is_trusted(fd, of_system ? owner.st_uid : (uid_t)-1) &&
                 is_held(fd) && read_key(fd, key);
    if (fd >= 0)
        close(fd);
    close(dir);
    return found;
}

/* In the folder of the user's that the variable names. */
static bool
look_at_home(const char *variable, const char *usual, const char *name,
             char key[static Z85_KEY + 1])
{
    char *home = folder_home(variable, usual);
    char *folder = NULL;
    bool found = home && asprintf(&folder, "%s/confab", home) >= 0 &&
                 look_into(folder, false, name, key);
    free(home ? folder : NULL);
    free(home);
    return found;
}

bool
nearby_key(const char *endpoint, char key[static Z85_KEY + 1])
{
    const char *port = "";
    char name[PORT_DIGITS + sizeof ".address"];
    size_t digits = 0;
    if (is_loopback(host_of(endpoint, &port)))
        digits = strspn(port, "0123456789");
    if (!digits || digits > PORT_DIGITS || port[digits])
        return false;
    snprintf(name, sizeof name, "%s.address", port);
    return look_at_home("XDG_RUNTIME_DIR", NULL, name, key) ||
           look_at_home("XDG_STATE_HOME", ".local/state", name, key) ||
           look_into("/run/confab", true, name, key);
}
