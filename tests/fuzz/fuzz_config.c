/* SPDX-License-Identifier: MPL-2.0 */
/*
 * fuzz_config: any text as the configuration.
 *
 * It is refused in words that a log can carry, or taken; and what was taken and
 * printed is taken again and printed the same.
 */
#define _GNU_SOURCE /* memfd_create */

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agree.h"
#include "broker/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { PATH_BYTES = 32, NAME_BYTES = 40 };

/* A file in memory with this text, under a name to open it by. */
static void
put_text(const void *text, size_t len, char path[static PATH_BYTES])
{
    static int fd = -1;
    if (fd < 0)
        fd = memfd_create("config", MFD_CLOEXEC);
    MUST(fd >= 0 && !ftruncate(fd, 0));
    MUST(pwrite(fd, text, len, 0) == (ssize_t)len);
    (void)snprintf(path, PATH_BYTES, "/proc/self/fd/%d", fd);
}

static bool
load(struct config *config, const void *text, size_t len)
{
    char path[PATH_BYTES];
    struct config_error error = {.text = ""};
    put_text(text, len, path);
    config_defaults(config);
    bool done = config_load(config, path, &error);
    MUST(done == !error.text[0]);
    MUST(strlen(error.text) < sizeof error.text);
    /* What zconfig does not like is found before, with its line. */
    MUST(strncmp(error.text, path, strlen(path)) != 0 ||
         strcmp(error.text + strlen(path), ": not a ZPL file") != 0);
    return done;
}

static char *
print(const struct config *config, size_t *len)
{
    char *text = NULL;
    FILE *file = open_memstream(&text, len);
    MUST(file);
    config_print(config, file);
    MUST(!fclose(file));
    return text;
}

static bool
is_text(const uint8_t *data, size_t len)
{
    return !memchr(data, 0, len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct config config, again;
    struct config_error error;
    size_t first_len = 0, second_len = 0;
    if (!load(&config, data, len))
        return 0;
    MUST(is_text(data, len));
    (void)config_check(&config, &error);
    (void)config_log_kind(&config);
    char *first = print(&config, &first_len);
    MUST(load(&again, first, first_len));
    char *second = print(&again, &second_len);
    MUST(first_len == second_len && !memcmp(first, second, first_len));
    free(first);
    free(second);
    for (enum act act = ACT_JOIN; act < ACTS; act++)
        (void)rules_may(&config.rules, ROLE_MEMBER, slice_str("ann"), act,
                        slice_of(data, len < NAME_BYTES ? len : NAME_BYTES));
    return 0;
}
