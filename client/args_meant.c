/* SPDX-License-Identifier: MPL-2.0 */
/*
 * args_meant: see args_meant.h.
 *
 * A guess that is far off is worse than none, so there are few: a beginning of
 * the word, or one with a letter or two wrong that is right for the most part.
 */
#include "args_meant.h"

#include <string.h>

#include "args.h"
#include "cmd_text.h"
#include "proto/near.h"

enum { MEANT_FAR = 2 /* letters that may be wrong */ };

/* Twice the letters that are wrong: a beginning is near, and nobody errs in the
 * first letter. */
static size_t
far(const char *typed, const char *word)
{
    size_t len = strlen(typed);
    if (len >= 2 && strncmp(word, typed, len) == 0)
        return 0;
    return 2 * near_distance(slice_str(typed), slice_str(word)) +
           (*typed != *word);
}

void
args_meant_look(struct meant *meant, const char *word)
{
    size_t found = far(meant->typed, word);
    /* With half of it wrong it is another word. */
    if (found > 2 * MEANT_FAR || found > strlen(meant->typed) ||
        (meant->word && found >= meant->far))
        return;
    meant->word = word;
    meant->far = found;
}

/* The rest of the line: what was meant, and where help is. */
static int
say_rest(const struct meant *meant, const char *before)
{
    if (meant->word)
        fprintf(stderr, ", did you mean %s%s?", before, meant->word);
    fputs(meant->word ? " See confab --help\n" : "; see confab --help\n",
          stderr);
    return EXIT_USAGE;
}

int
args_no_command(const char *word)
{
    struct meant meant = {.typed = word};
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        args_meant_look(&meant, commands[i].name);
    fputs("confab: \"", stderr);
    text_clean_str(stderr, word);
    fputs("\" is not a command", stderr);
    return say_rest(&meant, "");
}

int
args_no_option(const char *option)
{
    char name[NEAR_LONGEST] = "";
    struct meant meant = {.typed = name};
    if (strncmp(option, "--", 2) == 0)
        snprintf(name, sizeof name, "%.*s", (int)strcspn(option + 2, "="),
                 option + 2);
    for (size_t i = 0; *name && i < arg_option_count; i++)
        args_meant_look(&meant, arg_options[i].name);
    fputs("confab: ", stderr);
    text_clean_str(stderr, option);
    fputs(" is not an option", stderr);
    return say_rest(&meant, "--");
}
