/* SPDX-License-Identifier: MPL-2.0 */
/*
 * notice: see notice.h.
 *
 * The file is written and locked under another name and then renamed, so it is
 * never seen half, or without its lock. At the end it is removed only if it is
 * still ours: two brokers may have one port, on two addresses.
 */
#include "notice.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/address.h"
#include "proto/folder.h"

/* A folder from the environment, NULL when it names none. */
static const char *
folder(const char *variable)
{
    const char *path = getenv(variable);
    return path && path[0] == '/' ? path : NULL;
}

/* The folder of notices. False: there is no place. */
static bool
place(char path[static CONFIG_PATH])
{
    static const struct {
        const char *variable, *below;
    } places[] = {
        {"RUNTIME_DIRECTORY", ""},
        {"XDG_RUNTIME_DIR", "/confab"},
        {"XDG_STATE_HOME", "/confab"},
        {"HOME", "/.local/state/confab"},
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const char *at = folder(places[i].variable);
        if (at) { /* systemd divides several folders by colons */
            int len = i > 0 ? (int)strlen(at) : (int)strcspn(at, ":");
            return snprintf(path, CONFIG_PATH, "%.*s%s", len, at,
                            places[i].below) < CONFIG_PATH;
        }
    }
    return false;
}

/* The port of an endpoint that clients of this machine reach by a loopback
 * address, or 0. */
static unsigned
local_port(const char *endpoint)
{
    static const char *const all[] = {"tcp://0.0.0.0:", "tcp://[::]:"};
    bool reached = config_is_local(endpoint);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        reached |= !strncmp(endpoint, all[i], strlen(all[i]));
    }
    const char *colon = strrchr(endpoint, ':');
    if (!reached || strncmp(endpoint, "tcp://", strlen("tcp://")) != 0) {
        return 0;
    }
    return (unsigned)strtoul(colon + 1, NULL, 10);
}

static bool
notice_path(const char *endpoint, char path[static CONFIG_PATH])
{
    char at[CONFIG_PATH];
    unsigned port = local_port(endpoint);
    if (port == 0 || !place(at)) {
        return false;
    }
    return snprintf(path, CONFIG_PATH, "%s/%u.address", at, port) < CONFIG_PATH;
}

/* Somebody else's broker holds it. */
static bool
is_held(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    bool held = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    return held;
}

/* The broker that has the port is this one, whatever address is meant. */
static bool
write_notice(int fd, const char *path, const struct keypair *pair)
{
    char text[ADDRESS_TEXT];
    struct address address;
    (void)snprintf(address.endpoint, sizeof address.endpoint,
                   "tcp://127.0.0.1:%lu",
                   strtoul(strrchr(path, '/') + 1, NULL, 10));
    memcpy(address.key, pair->public_key, sizeof address.key);
    address_print(&address, text);
    return fchmod(fd, 0644) == 0 && dprintf(fd, "%s\n", text) > 0 &&
           flock(fd, LOCK_EX | LOCK_NB) == 0;
}

/* False: errno says why. */
static bool
post(struct notice *notice, const struct keypair *pair)
{
    char beside[CONFIG_PATH + sizeof ".XXXXXX"];
    folder_make(notice->path);
    (void)snprintf(beside, sizeof beside, "%s.XXXXXX", notice->path);
    notice->fd = mkstemp(beside);
    if (notice->fd < 0) {
        return false;
    }
    (void)fcntl(notice->fd, F_SETFD, FD_CLOEXEC);
    if (write_notice(notice->fd, notice->path, pair) &&
        rename(beside, notice->path) == 0) {
        return true;
    }
    int code = errno;
    (void)close(notice->fd);
    (void)unlink(beside);
    errno = code;
    return false;
}

void
notice_post(struct notice *notice, const char *endpoint,
            const struct keypair *pair, struct logger *logger)
{
    notice->posted = false;
    if (!notice_path(endpoint, notice->path)) {
        return;
    }
    if (is_held(notice->path)) {
        LOG(logger, LOG_WARN, "notice.held", LOG_TEXT("path", notice->path),
            LOG_TEXT("by", "another broker on the same port"));
        return;
    }
    if (!pair) {
        (void)unlink(notice->path);
        return;
    }
    notice->posted = post(notice, pair);
    if (!notice->posted) {
        LOG(logger, LOG_WARN, "notice.failed", LOG_TEXT("path", notice->path),
            LOG_TEXT("why", strerror(errno)));
    }
}

void
notice_remove(struct notice *notice)
{
    struct stat ours, there;
    if (!notice->posted) {
        return;
    }
    if (fstat(notice->fd, &ours) == 0 && lstat(notice->path, &there) == 0 &&
        ours.st_ino == there.st_ino && ours.st_dev == there.st_dev) {
        (void)unlink(notice->path);
    }
    (void)close(notice->fd);
    notice->posted = false;
}
