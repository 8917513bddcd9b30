/* SPDX-License-Identifier: MPL-2.0 */
/*
 * net_handed: see net_handed.h.
 *
 * libzmq believes whatever descriptor it is given: it listens there whatever
 * address it is told besides, and one that does not listen ends the process at
 * the first look (4.3.4). So all of that is checked here. Only addresses in
 * numbers are compared: a name means what somebody else says, and not each time
 * the same.
 */
#include "net_handed.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    HANDED_FIRST = 3,    /* descriptor of the first */
    ENDPOINT_TEXT = 160, /* bytes of an endpoint that is told */
};

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un local;
    struct sockaddr_storage room;
};

/* How many there are for us; -1: `error` says what is wrong. */
static int
handed_count(struct config_error *error)
{
    const char *whose = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
    char *end;
    if (!whose || !count || strtol(whose, NULL, 10) != (long)getpid()) {
        return 0;
    }
    long number = strtol(count, &end, 10);
    if (end == count || *end || number < 0 || number > HANDED_MOST) {
        config_fail(error,
                    "LISTEN_FDS is '%s': it must be a number of "
                    "sockets, at most %d",
                    count, HANDED_MOST);
        return -1;
    }
    return (int)number;
}

static void
forget_variables(void)
{
    (void)unsetenv("LISTEN_PID");
    (void)unsetenv("LISTEN_FDS");
    (void)unsetenv("LISTEN_FDNAMES");
}

/* As the configuration would name it; "": it has no such name. */
static void
endpoint_of(const union address *address, char text[static ENDPOINT_TEXT])
{
    char host[INET6_ADDRSTRLEN];
    text[0] = '\0';
    switch (address->any.sa_family) {
    case AF_INET:
        (void)inet_ntop(AF_INET, &address->v4.sin_addr, host, sizeof host);
        (void)snprintf(text, ENDPOINT_TEXT, "tcp://%s:%u", host,
                       ntohs(address->v4.sin_port));
        break;
    case AF_INET6:
        (void)inet_ntop(AF_INET6, &address->v6.sin6_addr, host, sizeof host);
        (void)snprintf(text, ENDPOINT_TEXT, "tcp://[%s]:%u", host,
                       ntohs(address->v6.sin6_port));
        break;
    case AF_UNIX:
        if (address->local.sun_path[0]) {
            (void)snprintf(text, ENDPOINT_TEXT, "ipc://%s",
                           address->local.sun_path);
        }
        break;
    default:
        break;
    }
}

/* tcp://HOST:PORT with both in numbers. */
static bool
endpoint_read(const char *endpoint, union address *address)
{
    static const char tcp[] = "tcp://";
    char host[INET6_ADDRSTRLEN + sizeof "[]"];
    const char *colon = strrchr(endpoint, ':');
    if (strncmp(endpoint, tcp, strlen(tcp)) != 0 ||
        colon < endpoint + strlen(tcp)) {
        return false;
    }
    const char *at = endpoint + strlen(tcp);
    if ((size_t)(colon - at) >= sizeof host) {
        return false;
    }
    size_t len = (size_t)(colon - at);
    in_port_t port = htons((in_port_t)strtoul(colon + 1, NULL, 10));
    bool brackets = len > 2 && at[0] == '[' && at[len - 1] == ']';
    (void)snprintf(host, sizeof host, "%.*s", (int)(brackets ? len - 2 : len),
                   at + brackets);
    *address = (union address){0};
    if (brackets) {
        address->v6.sin6_family = AF_INET6;
        address->v6.sin6_port = port;
        return inet_pton(AF_INET6, host, &address->v6.sin6_addr) == 1;
    }
    address->v4.sin_family = AF_INET;
    address->v4.sin_port = port;
    return inet_pton(AF_INET, host, &address->v4.sin_addr) == 1;
}

/* The configured endpoint means this address. */
static bool
stands_for(const char *endpoint, const char *handed)
{
    static const char any[] = "tcp://*:";
    static const char *const all[] = {"tcp://0.0.0.0:", "tcp://[::]:"};
    char text[ENDPOINT_TEXT];
    union address address;
    if (!strcmp(endpoint, handed)) {
        return true;
    }
    for (size_t i = 0; i < 2; i++) {
        if (!strncmp(endpoint, any, strlen(any)) &&
            !strncmp(handed, all[i], strlen(all[i])) &&
            !strcmp(endpoint + strlen(any), handed + strlen(all[i]))) {
            return true;
        }
    }
    if (!endpoint_read(endpoint, &address)) {
        return false;
    }
    endpoint_of(&address, text);
    return !strcmp(text, handed);
}

static struct place *
place_of(struct place *places, const char *handed)
{
    for (size_t i = 0; i < PLACES && handed[0]; i++) {
        if (places[i].fd < 0 && stands_for(places[i].endpoint, handed)) {
            return &places[i];
        }
    }
    return NULL;
}

/* Its address; false: it is no socket that streams can be accepted from. */
static bool
listens(int fd, union address *address)
{
    int type = 0, accepts = 0;
    socklen_t len = sizeof type, size = sizeof accepts, room = sizeof *address;
    *address = (union address){0};
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
           getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &size) == 0 &&
           type == SOCK_STREAM && accepts &&
           getsockname(fd, &address->any, &room) == 0;
}

static bool
take(struct place *places, int fd, struct config_error *error)
{
    char text[ENDPOINT_TEXT];
    union address address;
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || !listens(fd, &address) ||
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0) {
        config_fail(error,
                    "what was handed over as descriptor %d is no socket that "
                    "listens: confabd.socket needs ListenStream= and Accept=no",
                    fd);
        return false;
    }
    endpoint_of(&address, text);
    struct place *place = place_of(places, text);
    if (!place) {
        config_fail(error,
                    "a socket was handed over that listens on %s, and that is "
                    "neither bind (%s) nor pub (%s): let ListenStream= of "
                    "confabd.socket and the configuration name the same "
                    "addresses, each once, in numbers",
                    text[0] ? text : "an address of another kind",
                    places[PLACE_BIND].endpoint, places[PLACE_PUB].endpoint);
        return false;
    }
    place->fd = fd;
    return true;
}

bool
net_places(const struct config *config, struct place places[static PLACES],
           struct config_error *error)
{
    const struct place fresh[PLACES] = {
        [PLACE_BIND] = {"bind", config->bind, -1},
        [PLACE_PLAIN_BIND] = {"plain/bind", config->plain_bind, -1},
        [PLACE_PUB] = {"pub", config->pub, -1},
        [PLACE_PLAIN_PUB] = {"plain/pub", config->plain_pub, -1},
    };
    memcpy(places, fresh, sizeof fresh);
    int count = handed_count(error);
    forget_variables();
    for (int i = 0; i < count; i++) {
        if (!take(places, HANDED_FIRST + i, error)) {
            return false;
        }
    }
    return count >= 0;
}
