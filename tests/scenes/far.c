/* SPDX-License-Identifier: MPL-2.0 */
/* far: see far.h. What stays in the message besides text and keep is its name.
 */
#include "far.h"

static const struct {
    const char *op;
    enum record_kind kind;
} kinds[] = {
    {"say", RECORD_SAY},
    {"tell", RECORD_TELL},
    {"join", RECORD_JOIN},
    {"leave", RECORD_LEAVE},
};

bool
far_read(struct far *far, const struct words *words, const struct sentence *s)
{
    bool known = false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].op, s->op) != 0)
            continue;
        far->kind = kinds[i].kind;
        known = true;
    }
    for (unsigned i = 0; i < s->count; i++) {
        struct worth worth;
        known = known && worth_read(words, s->words[i].value, &worth);
        if (known && !strcmp(s->words[i].key, "text"))
            far->text = worth.bytes;
        else if (known && !strcmp(s->words[i].key, "keep"))
            far->keep = worth.yes;
        else if (known)
            far->name = worth.bytes;
    }
    return known;
}
