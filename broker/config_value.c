/* SPDX-License-Identifier: MPL-2.0 */
/*
 * config_value: one value, from text.
 *
 * One parser a type; each knows what a person can get wrong and answers with
 * what would have been right. Endpoints are held to the two transports that are
 * safe here: ws and wss skip authentication in libzmq, inproc and pgm make no
 * sense, abstract ipc names have no permissions.
 */
#include "config.h"

#include <string.h>

#include "quantity.h"

enum {
    IPC_PATH_MAX = 100, /* sun_path has 108 bytes */
    PORT_MAX = 65535,
};

static bool
set_number(struct config *config, const struct config_row *row, uint64_t number)
{
    memcpy((char *)config + row->offset, &number, sizeof number);
    return true;
}

static bool
set_text(struct config *config, const struct config_row *row, const char *text)
{
    char *field = (char *)config + row->offset;
    memset(field, 0, CONFIG_TEXT);
    memcpy(field, text, strlen(text));
    return true;
}

static bool
set_ranged(struct config *config, const struct config_row *row,
           const char *value, struct config_error *error)
{
    static const char *const right[] = {
        [QUANTITY_COUNT] = "a number",
        [QUANTITY_DURATION] = "a duration (write 500ms, 10s, 5m, 1h or 90d)",
        [QUANTITY_SIZE] = "a size (write 512K, 64M or 1G)",
    };
    enum quantity kind = config_quantity(row);
    char least[QUANTITY_TEXT], most[QUANTITY_TEXT];
    uint64_t number;
    if (!quantity_read(kind, value, &number)) {
        config_fail(error, "'%s' is not %s", value, right[kind]);
        return false;
    }
    if (number < row->least || number > row->most) {
        config_fail(error, "'%s' is out of range: %s to %s", value,
                    quantity_print(kind, row->least, least),
                    quantity_print(kind, row->most, most));
        return false;
    }
    return set_number(config, row, number);
}

static bool
set_bool(struct config *config, const struct config_row *row, const char *value,
         struct config_error *error)
{
    static const char *const words[] = {"no", "yes", "off",   "on",
                                        "0",  "1",   "false", "true"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!strcmp(value, words[i])) {
            return set_number(config, row, i % 2);
        }
    }
    config_fail(error, "'%s' is neither yes nor no", value);
    return false;
}

static bool
set_enum(struct config *config, const struct config_row *row, const char *value,
         struct config_error *error)
{
    char known[128] = "";
    for (size_t i = 0; row->names[i]; i++) {
        if (!strcmp(value, row->names[i])) {
            return set_number(config, row, i);
        }
        size_t len = strlen(known);
        (void)snprintf(known + len, sizeof known - len, "%s%s", i ? ", " : "",
                       row->names[i]);
    }
    config_fail(error, "'%s' is not available in this version: %s", value,
                known);
    return false;
}

static bool
set_log(struct config *config, const struct config_row *row, const char *value,
        struct config_error *error)
{
    return config_log_check(value, error) && set_text(config, row, value);
}

static bool
set_file(struct config *config, const struct config_row *row, const char *value,
         struct config_error *error)
{
    if (value[0] == '~' || value[strlen(value) - 1] == '/') {
        config_fail(error, "'%s' is not the whole path of a file", value);
        return false;
    }
    return set_text(config, row, value);
}

static bool
check_tcp(const char *address, struct config_error *error)
{
    uint64_t port;
    const char *colon = strrchr(address, ':');
    if (!colon || colon == address) {
        config_fail(error, "'tcp://%s' has no port: write tcp://HOST:PORT",
                    address);
        return false;
    }
    size_t host = (size_t)(colon - address);
    bool bracketed = address[0] == '[' && address[host - 1] == ']';
    if (memchr(address, ':', host) && !bracketed) {
        config_fail(error, "'tcp://%s': write an IPv6 address in brackets",
                    address);
        return false;
    }
    if (strspn(address,
               "0123456789abcdefghijklmnopqrstuvwxyz"
               "ABCDEFGHIJKLMNOPQRSTUVWXYZ.-_*%[]:") != strlen(address)) {
        config_fail(error, "'tcp://%s' has characters no host has", address);
        return false;
    }
    if (strcmp(colon + 1, "*") != 0 &&
        (!quantity_read(QUANTITY_COUNT, colon + 1, &port) || port > PORT_MAX)) {
        config_fail(error,
                    "'%s' is not a port: 1 to 65535, or * for a free one",
                    colon + 1);
        return false;
    }
    return true;
}

static bool
check_ipc(const char *path, struct config_error *error)
{
    if (path[0] != '/' || path[1] == 0 || strlen(path) > IPC_PATH_MAX) {
        config_fail(error,
                    "'ipc://%s': a whole path of at most %d bytes is needed, "
                    "as in ipc:///run/confab/broker",
                    path, IPC_PATH_MAX);
        return false;
    }
    return true;
}

static bool
set_endpoint(struct config *config, const struct config_row *row,
             const char *value, struct config_error *error)
{
    if (!strncmp(value, "tcp://", 6)) {
        return check_tcp(value + 6, error) && set_text(config, row, value);
    }
    if (!strncmp(value, "ipc://", 6)) {
        return check_ipc(value + 6, error) && set_text(config, row, value);
    }
    config_fail(error, "'%s' is not an endpoint: tcp://HOST:PORT or ipc://PATH",
                value);
    return false;
}

bool
config_text_check(const char *value, struct config_error *error)
{
    if (!value[0]) {
        config_fail(error, "it has no value");
        return false;
    }
    for (const char *c = value; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == '"' || *c == 0x7f) {
            config_fail(error, "control characters and quotes cannot stand "
                               "in a value");
            return false;
        }
    }
    if (strlen(value) >= CONFIG_TEXT) {
        config_fail(error, "a value has at most %d bytes", CONFIG_TEXT - 1);
        return false;
    }
    return true;
}

bool
config_set(struct config *config, const struct config_row *row,
           const char *value, struct config_error *error)
{
    static bool (*const setters[])(struct config *, const struct config_row *,
                                   const char *, struct config_error *) = {
        [CONFIG_BOOL] = set_bool,       [CONFIG_INT] = set_ranged,
        [CONFIG_DURATION] = set_ranged, [CONFIG_SIZE] = set_ranged,
        [CONFIG_ENUM] = set_enum,       [CONFIG_ENDPOINT] = set_endpoint,
        [CONFIG_LOG] = set_log,         [CONFIG_FILE] = set_file,
    };
    return config_text_check(value, error) &&
           setters[row->type](config, row, value, error);
}
