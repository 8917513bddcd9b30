/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_reach: see cmd_reach.h. It connects to nothing for longer than the look
 * takes, and sends nothing.
 *
 * It looks where libzmq does: at the first address of the family that the URL
 * says (IPv6 stands in brackets), or it would tell of a place that nobody
 * tries.
 */
#define _GNU_SOURCE /* getaddrinfo */
#include "cmd_reach.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "confab.h"
#include "proto/address.h"

struct place {
    char host[ADDRESS_ENDPOINT];
    const char *port; /* in host, behind its end */
    int family;
};

/* tcp://HOST:PORT, also tcp://[::1]:PORT; false: it is something else. */
static bool
read_place(const char *url, struct place *place)
{
    struct address address;
    if (address_read(url, &address) ||
        strncmp(address.endpoint, "tcp://", strlen("tcp://")) != 0)
        return false;
    const char *host = address.endpoint + strlen("tcp://");
    bool bracket = *host == '[';
    snprintf(place->host, sizeof place->host, "%s", host + bracket);
    char *colon = strrchr(place->host, ':');
    if (!colon)
        return false;
    if (bracket && colon > place->host)
        colon[-1] = '\0';
    *colon = '\0';
    place->port = colon + 1;
    place->family = bracket ? AF_INET6 : AF_INET;
    return true;
}

/* 0, or the errno of a connection that was tried. */
static int
try_connect(const struct addrinfo *to)
{
    int error = 0;
    socklen_t size = sizeof error;
    int fd = socket(to->ai_family, SOCK_STREAM, 0);
    if (fd < 0)
        return errno;
    struct timeval wait = {.tv_usec = REACH_MS * 1000};
    /* Linux bounds connect(2) by it; elsewhere the system's own time holds. */
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    if (connect(fd, to->ai_addr, to->ai_addrlen))
        error = errno;
    else
        (void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    close(fd);
    return error == EINPROGRESS || error == EAGAIN ? ETIMEDOUT : error;
}

/* The host has no address that libzmq would take, or none at all. */
static void
tell_no_address(const struct place *place, char fault[static REACH_FAULT])
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int error = getaddrinfo(place->host, place->port, &hints, &found);
    if (error == EAI_NONAME)
        snprintf(fault, REACH_FAULT, "there is no host called \"%.100s\"",
                 place->host);
    else if (error)
        snprintf(fault, REACH_FAULT, "no address of \"%.80s\" is found: %s",
                 place->host, gai_strerror(error));
    else
        snprintf(fault, REACH_FAULT,
                 "\"%.80s\" has addresses of IPv6 only: write one of them, in "
                 "brackets",
                 place->host);
    if (!error)
        freeaddrinfo(found);
}

/* What a connection came to; `keyed`: the broker's key is known. */
static const char *
words_of(int error, bool keyed)
{
    switch (error) {
    case ECONNREFUSED:
        return "nothing listens there: does confabd run, on this port?";
    case ETIMEDOUT:
        return "there is no answer: is the machine on, and does a firewall "
               "let the port through?";
    case 0:
        return keyed ? "something listens there, and does not talk to us: is "
                       "it confabd, is it encrypted, and is the key its own?"
                     : "something listens there, and says nothing: is it "
                       "confabd? One that is encrypted wants its confab:// "
                       "address";
    default:
        return strerror(error);
    }
}

static void
look(const struct place *place, bool keyed, char fault[static REACH_FAULT])
{
    struct addrinfo hints = {.ai_family = place->family,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (getaddrinfo(place->host, place->port, &hints, &found) != 0) {
        tell_no_address(place, fault);
        return;
    }
    snprintf(fault, REACH_FAULT, "%s", words_of(try_connect(found), keyed));
    freeaddrinfo(found);
}

void
reach_fault(const char *url, char fault[static REACH_FAULT])
{
    struct place place;
    char key[CONFAB_KEY_SIZE];
    bool keyed = confab_server_key(url, key) == 0;
    if (read_place(url, &place))
        look(&place, keyed, fault);
    else
        snprintf(fault, REACH_FAULT, "does confabd run there?");
}
