/* SPDX-License-Identifier: MPL-2.0 */
/*
 * config_check: what no single key can tell.
 *
 * The broker does not start with a setting that promises what it cannot keep:
 * strangers on an open broker, roles where nobody can prove who he is, rooms
 * that are published and secret. Each refusal says what would be right.
 */
#include <string.h>

#include "access.h"
#include "config.h"

bool
config_is_local(const char *endpoint)
{
    static const char *const hosts[] = {
        "tcp://127.", "tcp://[::1]:", "tcp://localhost:", "tcp://lo:"};
    if (!strncmp(endpoint, "ipc://", 6)) {
        return true;
    }
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        if (!strncmp(endpoint, hosts[i], strlen(hosts[i]))) {
            /* 127. must be an address, not the start of a name */
            return i > 0 || strspn(endpoint + 6, "0123456789.") ==
                                strcspn(endpoint + 6, ":");
        }
    }
    return false;
}

static bool
check_public(const struct config *config, struct config_error *error)
{
    const char *const endpoints[] = {config->bind, config->pub};
    bool open = config->access == ACCESS_OPEN && !config->insecure;
    for (size_t i = 0; i < 2 && open; i++) {
        if (!config_is_local(endpoints[i])) {
            config_fail(error,
                        "%s can be reached from other machines, and with "
                        "access open anybody there can speak under any free "
                        "id and read every public room, unencrypted. Say "
                        "--access keys or --access claim, and everything is "
                        "encrypted; or bind 127.0.0.1 or an ipc path and let "
                        "people come through ssh or a VPN; or say --insecure "
                        "(insecure = yes) if everybody in that network may do "
                        "that",
                        endpoints[i]);
            return false;
        }
    }
    return true;
}

/* The unencrypted endpoints of an encrypted broker. */
static bool
check_plain(const struct config *config, struct config_error *error)
{
    const char *const endpoints[] = {config->plain_bind, config->plain_pub};
    if (!endpoints[0][0] && !endpoints[1][0]) {
        return true;
    }
    if (!endpoints[0][0] || !endpoints[1][0]) {
        config_fail(error,
                    "plain/bind and plain/pub belong together: a client needs "
                    "both, and plain/%s is not set",
                    endpoints[0][0] ? "pub" : "bind");
        return false;
    }
    if (config->access == ACCESS_OPEN) {
        config_fail(error, "plain/bind is for passwords, and with access open "
                           "there are none: bind and pub are unencrypted "
                           "themselves. Set access to claim or keys, or leave "
                           "the section 'plain' out");
        return false;
    }
    for (size_t i = 0; i < 2; i++) {
        if (!config_is_local(endpoints[i])) {
            config_fail(error,
                        "plain/%s is %s, which can be reached from other "
                        "machines, and passwords would go there unencrypted: "
                        "take 127.0.0.1 or an ipc path, and let a tunnel end "
                        "there",
                        i ? "pub" : "bind", endpoints[i]);
            return false;
        }
    }
    return true;
}

/* No two sockets in one place; a port of * is another one each time. */
static bool
check_different(const struct config *config, struct config_error *error)
{
    const struct {
        const char *key, *endpoint;
    } places[] = {{"bind", config->bind},
                  {"pub", config->pub},
                  {"plain/bind", config->plain_bind},
                  {"plain/pub", config->plain_pub}};
    enum { PLACES = sizeof places / sizeof *places };
    for (size_t i = 0; i < PLACES; i++) {
        for (size_t j = 0; j < i; j++) {
            if (places[i].endpoint[0] && !strstr(places[i].endpoint, ":*") &&
                !strcmp(places[i].endpoint, places[j].endpoint)) {
                config_fail(error, "%s and %s are the same endpoint, %s",
                            places[j].key, places[i].key, places[i].endpoint);
                return false;
            }
        }
    }
    return true;
}

/* With access open everybody is a member, whatever he calls himself. */
static bool
check_rules(const struct config *config, struct config_error *error)
{
    const struct rules *rules = &config->rules;
    for (unsigned i = 0; i < rules->count && config->access == ACCESS_OPEN;
         i++) {
        const struct rule *rule = &rules->rules[i];
        if (rule->id[0] || rule->role != ROLE_MEMBER) {
            config_fail(error,
                        "rules/%s is about %s%s, and with access open nobody "
                        "can prove who he is: whoever comes is a member, under "
                        "any free id. Set access to claim or keys, or let the "
                        "rule be about member",
                        rule->label, rule->id[0] ? "id:" : "",
                        rule->id[0] ? rule->id : role_word(rule->role));
            return false;
        }
    }
    return rules_check(rules, error);
}

bool
config_check(const struct config *config, struct config_error *error)
{
    return check_public(config, error) && check_plain(config, error) &&
           check_different(config, error) && check_rules(config, error);
}
