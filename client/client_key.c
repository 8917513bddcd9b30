/* SPDX-License-Identifier: MPL-2.0 */
/*
 * client_key: whether a client encrypts, with which keys, and what it makes of
 * a handshake that failed.
 *
 * The broker's key is the one that the user gives, or that of the address, or
 * what a broker on this machine has published. Only the last may change while
 * we run: the broker may have been started after us, or with a new key. Once
 * there is a key, we never go back to speaking in the open.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "client.h"
#include "nearby.h"

enum {
    MISMATCH_PATIENCE = 400, /* ms: a broker that just starts publishes its key
                                a moment after it can be reached */
    FAILED_PATIENCE = 1000,  /* ms: it may be stopped just now */
    DENIED_TEXT = 512,
};

static struct link_keys
link_keys_of(const struct client_keys *k)
{
    return (struct link_keys){
        .server = k->server,
        .public_key = k->own.public_key,
        .secret_key = k->own.secret_key,
    };
}

static int
take_server_key(struct client_keys *k, const char *text)
{
    uint8_t bytes[KEY_BYTES];
    if (!z85_decode(slice_str(text), bytes))
        return client_fail(CONFAB_EINVALID,
                           "server_key is not 40 characters of Z85");
    memcpy(k->server, text, Z85_KEY + 1);
    return CONFAB_OK;
}

/* What is no address is taken as it is: the link says what is wrong with it. */
int
client_read_url(const char *url, struct address *address)
{
    *address = (struct address){0};
    const char *fault = address_is(url) ? address_read(url, address) : NULL;
    if (fault)
        return client_fail(CONFAB_EINVALID, "url: %s", fault);
    return CONFAB_OK;
}

static int
take_url(struct confab *c, const char *url)
{
    struct address address;
    int error = client_read_url(url, &address);
    if (error)
        return error;
    c->keys.endpoint = strdup(address_is(url) ? address.endpoint : url);
    memcpy(c->keys.server, address.key, sizeof c->keys.server);
    return c->keys.endpoint ? CONFAB_OK
                            : client_fail(CONFAB_ENOMEM, "no memory");
}

/* Our own pair, which is only looked for when it is needed. */
static int
take_own(struct client_keys *k)
{
    char fault[KEYFILE_FAULT] = "";
    bool made = false;
    if (!k->path)
        return client_fail(CONFAB_EKEY, "no place for a key: HOME is not set");
    if (keys_get(k->path, &k->own, &made, fault))
        return CONFAB_OK;
    return client_fail(CONFAB_EKEY, "%s", fault);
}

/* Who does not encrypt tells his password to the whole network. */
static int
check_password(const struct confab *c, const struct confab_options *options)
{
    if (!options->password || c->keys.server[0] || nearby_is(c->keys.endpoint))
        return CONFAB_OK;
    return client_fail(CONFAB_EINVALID,
                       "a password is not sent over a network unencrypted: "
                       "use the broker's confab:// address, or a tunnel");
}

int
client_keys_init(struct confab *c, const struct confab_options *options,
                 const char *url)
{
    struct client_keys *k = &c->keys;
    int error = take_url(c, url);
    if (!error && options->server_key)
        error = take_server_key(k, options->server_key);
    if (error)
        return error;
    k->given = k->server[0] != '\0';
    if (!k->given)
        (void)nearby_key(k->endpoint, k->server);
    snprintf(k->id, sizeof k->id, "%s", options->id);
    k->path = options->key ? strdup(options->key) : keys_path(options->id);
    error = check_password(c, options);
    return error || !k->server[0] ? error : take_own(k);
}

void
client_keys_fini(struct confab *c)
{
    sodium_memzero(&c->keys.own, sizeof c->keys.own);
    free(c->keys.endpoint);
    free(c->keys.path);
}

int
client_keys_open(struct confab *c)
{
    struct link_keys keys = link_keys_of(&c->keys);
    char fault[LINK_FAULT];
    return link_open(&c->link, c->keys.endpoint,
                     c->keys.server[0] ? &keys : NULL, fault)
               ? CONFAB_OK
               : client_fail(CONFAB_EINVALID, "%s", fault);
}

/* True: there is another key on this machine than the one we tried, and it is
 * tried now. */
static bool
has_another(struct confab *c)
{
    struct client_keys *k = &c->keys;
    char found[Z85_KEY + 1];
    if (k->given || !nearby_key(k->endpoint, found) ||
        !strcmp(found, k->server))
        return false;
    if (!k->own.public_key[0] && take_own(k))
        return false;
    memcpy(k->server, found, sizeof found);
    struct link_keys keys = link_keys_of(k);
    link_secure(c->link, &keys);
    return true;
}

/* A broker that does not encrypt may have banned our address. */
static void
deny(struct confab *c)
{
    const struct client_keys *k = &c->keys;
    char text[DENIED_TEXT] = "the broker lets nobody in from this address";
    if (k->own.public_key[0])
        snprintf(text, sizeof text,
                 "the broker does not take the key in %.200s; its operator "
                 "lists it by: confabd user add %s '%s'",
                 k->path, k->id, k->own.public_key);
    session_denied(c->session, text);
}

/* Of two ends that do not agree on encryption, the one that notices first shuts
 * the connection, and the other cannot know why. */
static const char *
hindrance(const struct confab *c, enum link_news news)
{
    bool secure = c->keys.server[0] != '\0';
    if (news == LINK_MISMATCH)
        return secure ? "the broker is not encrypted, and this client has a "
                        "key of it: is this another broker?"
                      : "the broker wants to be known by its key: use the "
                        "confab://...?key=... address that its operator has";
    return secure ? "the handshake fails: is the broker's key a wrong one, or "
                    "the broker not encrypted?"
                  : "the handshake fails: if the broker wants to be known by "
                    "its key, use the confab://...?key=... address that its "
                    "operator has";
}

void
client_handshake_failed(struct confab *c, enum link_news news, struct now now)
{
    struct client_keys *k = &c->keys;
    uint64_t patience = news == LINK_MISMATCH ? MISMATCH_PATIENCE
                                              : FAILED_PATIENCE;
    if (has_another(c))
        return;
    if (news == LINK_DENIED) {
        deny(c);
        return;
    }
    if (!k->failing_since)
        k->failing_since = now.ms;
    unsigned told = 1U << news;
    if (k->failures_told & told || now.ms - k->failing_since < patience)
        return;
    k->failures_told |= told;
    session_hindered(c->session,
                     news == LINK_MISMATCH ? "encryption" : "handshake",
                     hindrance(c, news));
}

void
client_handshake_done(struct confab *c)
{
    c->keys.failing_since = 0;
    c->keys.failures_told = 0;
}
