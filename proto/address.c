/* SPDX-License-Identifier: MPL-2.0 */
/*
 * address: reading and writing confab://HOST:PORT/?key=KEY.
 *
 * People hand addresses on by mail, in scripts and on paper, so reading is
 * generous in form and strict in substance: the key as it is or with escapes
 * for any of its characters, the slash or none, the port or none; but nothing
 * else may stand anywhere, and what comes out is one endpoint and one key in
 * the only form they have. A key of 40 characters is taken as it is; an escape
 * makes it longer, so one text never means two keys.
 */
#include "address.h"

#include <assert.h>
#include <stdio.h>

enum {
    PORT_MAX = 65535,
    PORT_DIGITS = 5,
    HOST_MAX = 240, /* bytes, with brackets: fits with scheme and port */
};

static const char confab[] = "confab://";
static const char tcp[] = "tcp://";
static const char ipc[] = "ipc://";
static const char query[] = "?key=";

static const char digits[] = "0123456789";
static const char host_chars[] = "0123456789abcdefghijklmnopqrstuvwxyz"
                                 "ABCDEFGHIJKLMNOPQRSTUVWXYZ.-_";
static const char ip6_chars[] = "0123456789abcdefABCDEF:.";

#define BEGINS(text, with) (!strncmp(text, with, sizeof(with) - 1))

bool
address_is(const char *text)
{
    return BEGINS(text, confab);
}

/* Bytes of [...] at the beginning of `text`; 0: it is no such thing. */
static size_t
bracketed_len(const char *text)
{
    size_t len = 1 + strspn(text + 1, ip6_chars);
    if (len == 1)
        return 0;
    if (text[len] == '%') /* the interface of a link-local address */
        len += 1 + strspn(text + len + 1, host_chars);
    return text[len] == ']' ? len + 1 : 0;
}

/* The host at the beginning of `text`, which ends where host and port do. */
static const char *
host_fault(struct slice place, size_t *len)
{
    const char *text = (const char *)place.data;
    const uint8_t *colon = memchr(place.data, ':', place.len);
    size_t after = colon ? (size_t)(place.data + place.len - colon) - 1 : 0;

    if (place.len == 0)
        return "it has no host";
    if (*text != '[' && colon && memchr(colon + 1, ':', after))
        return "an IPv6 address stands in brackets, as in [::1]:7480";
    if (colon == place.data)
        return "it has no host";
    *len = *text == '[' ? bracketed_len(text) : strspn(text, host_chars);
    if (*len == 0 || (*len < place.len && text[*len] != ':'))
        return "the host has characters that no host has";
    return *len > HOST_MAX ? "the host is too long" : NULL;
}

/* `text` is all of the port. */
static const char *
port_fault(struct slice text, unsigned *port)
{
    static const char wrong[] = "the port is not a number from 1 to 65535";
    *port = 0;
    if (text.len == 0 || text.len > PORT_DIGITS)
        return wrong;
    for (size_t i = 0; i < text.len; i++) {
        if (!memchr(digits, text.data[i], sizeof digits - 1))
            return wrong;
        *port = *port * 10 + (unsigned)(text.data[i] - '0');
    }
    return *port == 0 || *port > PORT_MAX ? wrong : NULL;
}

/* HOST[:PORT], behind which `*text` stands then. */
static const char *
read_place(const char **text, struct address *address)
{
    struct slice place = slice_of(*text, strcspn(*text, "/?"));
    size_t host = 0;
    unsigned port = ADDRESS_PORT;
    const char *fault = host_fault(place, &host);
    if (!fault && host < place.len)
        fault = port_fault(
            slice_of(place.data + host + 1, place.len - host - 1), &port);
    if (fault)
        return fault;
    (void)snprintf(address->endpoint, sizeof address->endpoint, "%s%.*s:%u",
                   tcp, (int)host, *text, port);
    *text += place.len;
    return NULL;
}

/* Value of a hexadecimal digit, -1: it is none. */
static int
hex_value(char c)
{
    static const char hex[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c ? strchr(hex, c) : NULL;
    return at ? (int)((at - hex) % 16) : -1;
}

/* Takes the escapes out; false: more than a key, or a broken escape. */
static bool
unescape(const char *text, char key[static Z85_KEY + 1])
{
    size_t len = 0;
    while (*text && len < Z85_KEY) {
        int high = -1, low = -1;
        if (*text != '%') {
            key[len++] = *text++;
            continue;
        }
        if ((high = hex_value(text[1])) < 0 || (low = hex_value(text[2])) < 0)
            return false;
        key[len++] = (char)(high * 16 + low);
        text += 3;
    }
    key[len] = 0;
    return !*text;
}

/* [/]?key=KEY, which is all that is left of an address. */
static const char *
read_key(const char *text, struct address *address)
{
    uint8_t bytes[KEY_BYTES];
    char *key = address->key;

    text += *text == '/';
    if (!*text)
        return "it has no key; without encryption it is tcp://HOST:PORT";
    if (!BEGINS(text, query))
        return "behind host and port only /?key=KEY may stand";
    text += sizeof query - 1;
    if (strlen(text) == Z85_KEY)
        memcpy(key, text, Z85_KEY + 1);
    else if (!unescape(text, key))
        return "the key is not 40 characters of Z85";
    return z85_decode(slice_str(key), bytes)
               ? NULL
               : "the key is not 40 characters of Z85";
}

static const char *
read_ipc(const char *text, struct address *address)
{
    if (!text[sizeof ipc - 1])
        return "it has no path";
    if (strlen(text) >= sizeof address->endpoint)
        return "the path is too long";
    memcpy(address->endpoint, text, strlen(text) + 1);
    return NULL;
}

static const char *
read_any(const char *text, struct address *address)
{
    bool keyed = address_is(text);
    if (BEGINS(text, ipc))
        return read_ipc(text, address);
    if (!keyed && !BEGINS(text, tcp))
        return "it is none of confab://HOST:PORT/?key=KEY, tcp://HOST:PORT "
               "and ipc://PATH";
    text += keyed ? sizeof confab - 1 : sizeof tcp - 1;
    const char *fault = read_place(&text, address);
    if (fault)
        return fault;
    if (keyed)
        return read_key(text, address);
    return *text ? "something follows host and port; a key is only in "
                   "confab://HOST:PORT/?key=KEY"
                 : NULL;
}

const char *
address_read(const char *text, struct address *address)
{
    struct address fresh = {0};
    const char *fault = read_any(text, &fresh);
    if (fault)
        fresh = (struct address){0};
    *address = fresh;
    return fault;
}

void
address_print(const struct address *address, char text[static ADDRESS_TEXT])
{
    static const char plain[] = "0123456789abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const char *endpoint = address->endpoint;
    if (BEGINS(endpoint, tcp))
        endpoint += sizeof tcp - 1;
    int len = snprintf(text, ADDRESS_TEXT, "%s%s/%s", confab, endpoint, query);
    for (const char *key = address->key; *key; key++)
        len += snprintf(text + len, ADDRESS_TEXT - (size_t)len,
                        strchr(plain, *key) ? "%c" : "%%%02X",
                        (unsigned char)*key);
}

static_assert(sizeof confab + ADDRESS_ENDPOINT + sizeof query + 3 * Z85_KEY <=
                  ADDRESS_TEXT,
              "every address fits");
