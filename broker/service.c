/* SPDX-License-Identifier: MPL-2.0 */
/*
 * service: see service.h.
 *
 * A message that cannot be sent is dropped: the broker must not wait for who
 * watches it, and the next one says all there is to know. Sign of life is what
 * comes from between two turns, so a loop that hangs gives none.
 */
#include "service.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    SERVICE_TEXT = 512, /* bytes of a message */

    /* Signs of life in the time in which one must come. */
    SERVICE_SIGNS = 3,
};

/* A path, or with @ a name that is in no folder. -1: errno says why. */
static int
reach(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(name);
    if ((name[0] != '/' && name[0] != '@') || len >= sizeof address.sun_path) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    memcpy(address.sun_path, name, len);
    if (name[0] == '@') {
        address.sun_path[0] = '\0';
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    if (fd >= 0 && (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
                    fcntl(fd, F_SETFL, O_NONBLOCK) != 0 ||
                    connect(fd, (struct sockaddr *)&address, size) != 0)) {
        int code = errno;
        (void)close(fd);
        errno = code;
        return -1;
    }
    return fd;
}

/* 0: no sign is wanted, or not of us. */
static uint64_t
signs_each(void)
{
    const char *span = getenv("WATCHDOG_USEC"), *whose = getenv("WATCHDOG_PID");
    if (!span || (whose && strtol(whose, NULL, 10) != (long)getpid())) {
        return 0;
    }
    uint64_t each = strtoull(span, NULL, 10) / 1000 / SERVICE_SIGNS;
    return each > 0 ? each : 1;
}

void
service_open(struct service *service, struct logger *logger)
{
    const char *name = getenv("NOTIFY_SOCKET");
    *service = (struct service){.fd = -1};
    if (!name) {
        return;
    }
    service->fd = reach(name);
    if (service->fd < 0) {
        LOG(logger, LOG_WARN, "service.unreachable",
            LOG_TEXT("NOTIFY_SOCKET", name), LOG_TEXT("why", strerror(errno)));
    } else {
        service->alive_each = signs_each();
    }
    (void)unsetenv("NOTIFY_SOCKET");
    (void)unsetenv("WATCHDOG_USEC");
    (void)unsetenv("WATCHDOG_PID");
}

void
service_close(struct service *service)
{
    if (service->fd >= 0) {
        (void)close(service->fd);
    }
    service->fd = -1;
}

static void
say(const struct service *service, const char *text)
{
    if (service->fd >= 0) {
        (void)!send(service->fd, text, strlen(text), 0);
    }
}

/* A line feed in the status would begin another word to systemd. */
static void
say_ready(const struct service *service, const char *more, const char *why)
{
    char text[SERVICE_TEXT];
    int head = snprintf(text, sizeof text, "READY=1\nSTATUS=");
    (void)snprintf(text + head, sizeof text - (size_t)head, "%s%s%s",
                   service->serving, more, why);
    for (char *c = text + head; *c; c++) {
        *c = (unsigned char)*c < ' ' ? ' ' : *c;
    }
    say(service, text);
}

void
service_ready(struct service *service, const char *bind, const char *pub)
{
    (void)snprintf(service->serving, sizeof service->serving, "%s, %s", bind,
                   pub);
    say_ready(service, "", "");
}

void
service_reloaded(const struct service *service, const char *refused)
{
    say_ready(service, refused ? "; a reload was refused: " : "",
              refused ? refused : "");
}

void
service_reloading(const struct service *service)
{
    char text[SERVICE_TEXT];
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    (void)snprintf(text, sizeof text,
                   "RELOADING=1\nSTATUS=reading its files again\n"
                   "MONOTONIC_USEC=%llu",
                   (unsigned long long)now.tv_sec * 1000000 +
                       (unsigned long long)now.tv_nsec / 1000);
    say(service, text);
}

void
service_stopping(const struct service *service)
{
    say(service, "STOPPING=1\nSTATUS=telling everybody");
}

void
service_alive(const struct service *service)
{
    say(service, "WATCHDOG=1");
}
