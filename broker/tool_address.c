/* SPDX-License-Identifier: MPL-2.0 */
/*
 * tool_address: `confabd address`, what to give to those who are to connect.
 *
 * It needs the configuration and the key file and no running broker. It makes
 * no key: run by another user than the broker, root for one, it would make one
 * that the broker may not read. Of a port that the start takes as it finds it
 * nobody knows yet.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "serverkey.h"
#include "tool.h"

int
tool_address(const struct options *options, const struct config *config,
             const char *self)
{
    char path[CONFIG_PATH], text[ADDRESS_TEXT];
    struct keypair pair;
    struct config_error error;
    (void)options;
    if (config->access == ACCESS_OPEN) {
        printf("%s\n", config->bind);
        return EXIT_SUCCESS;
    }
    if (!strncmp(config->bind, "tcp://", 6) && strstr(config->bind, ":*")) {
        fprintf(stderr,
                "%s: bind is %s, so the port is known when the broker has "
                "started: the line broker.start of its log has the address\n",
                self, config->bind);
        return EXIT_FAILURE;
    }
    if (sodium_init() < 0 || !config_key_path(config, path, &error) ||
        !serverkey_read(path, &pair, &error)) {
        fprintf(stderr, "%s: %s\n", self, error.text);
        return EXIT_FAILURE;
    }
    serverkey_address(config->bind, &pair, text);
    sodium_memzero(&pair, sizeof pair);
    printf("%s\n", text);
    return EXIT_SUCCESS;
}
