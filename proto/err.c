/* SPDX-License-Identifier: MPL-2.0 */
/*
 * err: the names and meanings of the error codes, straight from ERR_TABLE.
 *
 * Both strings are plain ASCII without anything that needs escaping, so they
 * may go to a terminal, a log line and the wire as they are. Order is that of
 * the table; nothing else may depend on the numbers.
 */
#include "err.h"

#include <assert.h>

static const char *const names[ERR_COUNT] = {[ERR_NONE] = "",
#define ERR_NAME(name, wire, meaning) [name] = (wire),
                                             ERR_TABLE(ERR_NAME)
#undef ERR_NAME
};

static const char *const meanings[ERR_COUNT] = {[ERR_NONE] = "",
#define ERR_MEANING(name, wire, meaning) [name] = (meaning),
                                                ERR_TABLE(ERR_MEANING)
#undef ERR_MEANING
};

const char *
err_name(enum err code)
{
    assert(code < ERR_COUNT);
    return names[code];
}

const char *
err_meaning(enum err code)
{
    assert(code < ERR_COUNT);
    return meanings[code];
}

enum err
err_find(struct slice wire)
{
    for (unsigned i = ERR_NONE + 1; i < ERR_COUNT; i++)
        if (slice_eq(wire, slice_str(names[i])))
            return (enum err)i;
    return ERR_COUNT;
}
