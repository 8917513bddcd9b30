/* SPDX-License-Identifier: MPL-2.0 */
/* config_text: see config_text.h. */
#include "config_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

bool
config_text(struct config *config, const char *text, struct config_error *error)
{
    char path[] = "/tmp/confab-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    config_defaults(config);
    memset(error, 0, sizeof *error);
    bool loaded = config_load(config, path, error);
    unlink(path);
    return loaded;
}
