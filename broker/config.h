/* SPDX-License-Identifier: MPL-2.0 */
/*
 * config: what an operator may set.
 *
 * One table (config_rows.c) has a row per key: type, range, default and help.
 * From it come reading and checking the file (ZPL, as czmq's certificates are),
 * --print-config, and the options of the command line that set the same key.
 * Another (config_list.c) has the sections that are lists, each line under a
 * label of the operator's. Later wins: default, file, command line.
 *
 * Nothing here opens a socket or touches a file other than the one to read.
 */
#ifndef CONFAB_CONFIG_H
#define CONFAB_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "config_error.h"
#include "quantity.h"
#include "retention.h"
#include "rules.h"

enum {
    CONFIG_TEXT = 256,       /* bytes of a text value, with its NUL */
    CONFIG_PATH = 512,       /* of a path: SQLite opens no longer one */
    CONFIG_FILE_MAX = 65536, /* bytes of a file */
    CONFIG_LINE_MAX = 1000,  /* bytes of a line: zconfig cuts at 1024 */
};

/* Enums (access, sync, log_level, log_format) hold the place of their name. */
struct config {
    char bind[CONFIG_TEXT];
    char pub[CONFIG_TEXT];
    char log[CONFIG_TEXT];
    char plain_bind[CONFIG_TEXT]; /* "": none */
    char plain_pub[CONFIG_TEXT];
    char key[CONFIG_TEXT]; /* "": in the usual place */
    char users[CONFIG_TEXT];
    uint64_t access; /* enum access_mode */
    uint64_t sync;
    uint64_t insecure;
    uint64_t search;
    uint64_t beat; /* ms */
    uint64_t io_threads;
    uint64_t log_level;  /* enum log_level */
    uint64_t log_format; /* enum log_format */
    uint64_t connections;
    uint64_t per_address;   /* connections of one address */
    uint64_t handshakes;    /* connections that are not through with theirs */
    uint64_t subscriptions; /* of one connection */
    uint64_t topics;        /* bytes, of all connections */
    uint64_t sessions;
    uint64_t rooms;
    uint64_t joined;
    uint64_t ids;
    uint64_t ids_expire; /* ms */
    uint64_t mail_count;
    uint64_t mail_bytes;
    uint64_t rulings;
    uint64_t rate_say; /* a second; 0: no bound */
    uint64_t rate_ask;
    uint64_t rate_change;
    uint64_t rate_connect; /* connections of one address */
    struct retention retention;
    struct rules rules;
};

enum config_type {
    CONFIG_BOOL,     /* yes, no */
    CONFIG_INT,      /* decimal */
    CONFIG_DURATION, /* ms: 500ms, 10s, 5m, 1h, 90d, 2w */
    CONFIG_SIZE,     /* bytes: 500, 64K, 64M, 1G */
    CONFIG_ENUM,     /* one of `names` */
    CONFIG_ENDPOINT, /* tcp://HOST:PORT, ipc://PATH */
    CONFIG_FILE,     /* a path; without one the usual place */
    CONFIG_LOG,      /* sqlite:, sqlite:PATH, memory:, memory:64M */
};

struct config_row {
    const char *key; /* with its section: "limits/rooms" */
    enum config_type type;
    size_t offset;            /* in struct config */
    const char *text;         /* default of texts; "": not set */
    uint64_t number;          /* default of all others */
    uint64_t least, most;     /* of numbers */
    const char *const *names; /* of an enum, ends in NULL */
    const char *option;       /* the long option that sets it, or NULL */
    bool reloads;             /* SIGHUP takes it over */
    const char *help;
};

/* A section whose keys are labels. */
struct config_list {
    const char *section;
    const char *help; /* lines, as they stand in a file */
    /* Takes a line's value. On false nothing has changed and `error` says why,
     * without naming the label. */
    bool (*add)(struct config *config, const char *label, const char *value,
                struct config_error *error);
    /* All of its lines, as they are read. */
    void (*print)(const struct config *config, FILE *file);
};

enum config_log { CONFIG_LOG_MEMORY, CONFIG_LOG_SQLITE };

/* The table; `*count` rows. Sections are together. */
const struct config_row *config_rows(size_t *count);
/* The row of a key, or NULL. */
const struct config_row *config_find(const char *key);
/* The known key or list that looks most like this one, or NULL. */
const char *config_nearest(const char *key);
/* The lists; `*count` of them. */
const struct config_list *config_lists(size_t *count);
/* The list in whose section the key "SECTION/LABEL" or "SECTION" is, or NULL.
 */
const struct config_list *config_list_of(const char *key);

/* INT, DURATION or SIZE; these have a unit. */
bool config_is_number(const struct config_row *row);
enum quantity config_quantity(const struct config_row *row);

/* Of the key's value in struct config. */
size_t config_bytes(const struct config_row *row);

void config_defaults(struct config *config);

/* Sets one key from text. On false the key is as it was and `error` says why,
 * without naming the key. */
[[nodiscard]] bool config_set(struct config *config,
                              const struct config_row *row, const char *value,
                              struct config_error *error);

/* Adds a line to a list: its key is "SECTION/LABEL", and there is such a
 * section. Like config_set. */
[[nodiscard]] bool config_add(struct config *config, const char *key,
                              const char *value, struct config_error *error);
/* What holds for every value, of keys and of lists. */
[[nodiscard]] bool config_text_check(const char *value,
                                     struct config_error *error);

/* Sets what the file at `path` sets. On false, `error` names file, line and
 * key; `config` may be half set. */
[[nodiscard]] bool config_load(struct config *config, const char *path,
                               struct config_error *error);

/* What no single key can tell, such as a public endpoint without `insecure`. */
[[nodiscard]] bool config_check(const struct config *config,
                                struct config_error *error);

/* The whole configuration as a file that config_load reads, each key with its
 * help as a comment. */
void config_print(const struct config *config, FILE *file);
/* The file to begin with: the same with defaults, each as a comment. */
void config_print_default(FILE *file);

/* One value, as it stands in such a file, without quotes. Gives `text`. */
const char *config_value_text(const struct config *config,
                              const struct config_row *row,
                              char text[static CONFIG_TEXT]);

/* Only this machine can reach it: ipc, or a loopback address. */
bool config_is_local(const char *endpoint);

/* A value of `log`. */
[[nodiscard]] bool config_log_check(const char *value,
                                    struct config_error *error);
enum config_log config_log_kind(const struct config *config);
/* Bytes that the memory log may take. */
uint64_t config_log_bound(const struct config *config);
/* The database's path when the value names one, or NULL. */
const char *config_log_file(const struct config *config);

/* The paths of the database, the broker's key and the file of users. What the
 * configuration does not name has its usual place, which comes from the
 * environment as it is now and need not be there yet; key and users lie beside
 * a database that has a place of its own. False when there is no usual place,
 * and for the database of a memory log. */
[[nodiscard]] bool config_log_path(const struct config *config,
                                   char path[static CONFIG_PATH],
                                   struct config_error *error);
[[nodiscard]] bool config_key_path(const struct config *config,
                                   char path[static CONFIG_PATH],
                                   struct config_error *error);
[[nodiscard]] bool config_users_path(const struct config *config,
                                     char path[static CONFIG_PATH],
                                     struct config_error *error);

#endif
