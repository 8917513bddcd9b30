/* SPDX-License-Identifier: MPL-2.0 */
/*
 * test_args_guess: what may stand at the end of a line that is being typed, and
 * which broker the line means.
 */
#include "client/args_guess.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { WORDS = 12 };

/* The words of a line; "_" is an empty one. */
static int
split(char *line, const char **words)
{
    int count = 0;
    char *at = NULL;
    for (char *word = strtok_r(line, " ", &at); word && count < WORDS;
         word = strtok_r(NULL, " ", &at))
        words[count++] = strcmp(word, "_") == 0 ? "" : word;
    return count;
}

static const struct {
    const char *line;
    enum guess_kind kind;
    const char *stem;
    int before;
} rows[] = {
    {"confab", GUESS_COMMANDS, "", 0},
    {"confab _", GUESS_COMMANDS, "", 0},
    {"confab sa", GUESS_COMMANDS, "sa", 0},
    {"confab shout _", GUESS_COMMANDS, "", 0},
    {"confab -v -b URL _", GUESS_COMMANDS, "", 0},
    {"confab -qvb URL _", GUESS_COMMANDS, "", 0},
    {"confab -qvbURL _", GUESS_COMMANDS, "", 0},
    {"confab --broker=URL _", GUESS_COMMANDS, "", 0},
    {"confab -", GUESS_OPTIONS, "-", 0},
    {"confab say --ki", GUESS_OPTIONS, "--ki", 0},
    {"confab -b _", GUESS_NOTHING, "", 0},
    {"confab -k _", GUESS_FILES, "", 0},
    {"confab --key=x", GUESS_FILES, "x", 6},
    {"confab -p _", GUESS_PROFILES, "", 0},
    {"confab -i _", GUESS_IDS, "", 0},
    {"confab --color _", GUESS_VALUES, "", 0},
    {"confab --color=al", GUESS_VALUES, "al", 8},
    {"confab --shout=al", GUESS_NOTHING, "al", 8},
    {"confab --json=al", GUESS_NOTHING, "al", 7},
    {"confab say _", GUESS_ROOMS, "", 0},
    {"confab say lobby _", GUESS_NOTHING, "", 0},
    {"confab say -- -x", GUESS_ROOMS, "-x", 0},
    {"confab tell b", GUESS_IDS, "b", 0},
    {"confab listen a b c", GUESS_ROOMS, "c", 0},
    {"confab -r listen _", GUESS_ROOMS, "", 0},
    {"confab listen --since _", GUESS_NOTHING, "", 0},
    {"confab who _", GUESS_ROOMS, "", 0},
    {"confab who lobby _", GUESS_NOTHING, "", 0},
    {"confab rooms _", GUESS_NOTHING, "", 0},
    {"confab run a -- c", GUESS_FILES, "c", 0},
    {"confab run a -- cat -x", GUESS_FILES, "-x", 0},
    {"confab run a b", GUESS_ROOMS, "b", 0},
    {"confab admin _", GUESS_SUBS, "", 0},
    {"confab admin invite _", GUESS_ROOMS, "", 0},
    {"confab admin invite room _", GUESS_IDS, "", 0},
    {"confab admin invite room bob _", GUESS_NOTHING, "", 0},
    {"confab admin --room r mute _", GUESS_IDS, "", 0},
    {"confab admin list _", GUESS_VALUES, "", 0},
    {"confab admin shout _", GUESS_NOTHING, "", 0},
    {"confab admin invite --role _", GUESS_VALUES, "", 0},
    {"confab admin mute e --for _", GUESS_NOTHING, "", 0},
    {"confab completion _", GUESS_SUBS, "", 0},
    {"confab search --with _", GUESS_IDS, "", 0},
    {"confab search _", GUESS_NOTHING, "", 0},
};

static void
test_kinds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[128];
        const char *words[WORDS];
        snprintf(line, sizeof line, "%s", rows[i].line);
        int count = split(line, words);
        struct guess g = args_guess(words, count);
        if (g.kind != rows[i].kind || g.before != rows[i].before ||
            strcmp(g.stem, rows[i].stem) != 0)
            fail_msg("%s: kind %d, stem \"%s\", before %d", rows[i].line,
                     (int)g.kind, g.stem, g.before);
    }
}

static void
test_no_words(void **state)
{
    (void)state;
    struct guess g = args_guess(NULL, 0);
    assert_int_equal(g.kind, GUESS_COMMANDS);
    assert_string_equal(g.stem, "");
}

static void
test_where(void **state)
{
    (void)state;
    static const struct {
        const char *line, *where;
    } lines[] = {
        {"confab say _", ""},
        {"confab -b URL -v say --kind k -i ann _", " -b URL -i ann"},
        {"confab --broker=URL -pwork say _", " --broker=URL -pwork"},
        {"confab -b", ""},
        {"confab say -b _", ""},
        {"confab say --since 5 _", ""},
        {"confab run r -- cmd -b URL _", ""},
        {"confab - -- _", ""},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char line[128];
        char found[128] = "";
        const char *words[WORDS];
        char *argv[WORDS + 1];
        size_t len = 0;
        snprintf(line, sizeof line, "%s", lines[i].line);
        int count = split(line, words);
        int argc = args_guess_where(words, count, argv);
        assert_null(argv[argc]);
        for (int k = 0; k < argc; k++)
            len += (size_t)snprintf(found + len, sizeof found - len, " %s",
                                    argv[k]);
        assert_string_equal(found, lines[i].where);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_no_words),
        cmocka_unit_test(test_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
