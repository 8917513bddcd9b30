/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Themes: that colours can be read on their ground is counted (WCAG's
 * contrast), and that an id always has the same one.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/cmd_text.h"
#include "client/theme.h"

enum { COLORS_MOST = 10 };

/* What xterm and all others have behind numbers 16 to 255. */
static double
luminance(int color)
{
    static const int steps[] = {0, 95, 135, 175, 215, 255};
    static const double weights[] = {0.2126, 0.7152, 0.0722};
    int parts[3];
    double sum = 0;
    assert_in_range(color, 16, 255);
    for (int i = 0; i < 3; i++)
        parts[i] = 8 + (color - 232) * 10;
    for (int i = 2, rest = color - 16; i >= 0 && color < 232; i--, rest /= 6)
        parts[i] = steps[rest % 6];
    for (int i = 0; i < 3; i++) {
        double x = parts[i] / 255.0;
        x = x <= 0.03928 ? x / 12.92 : pow((x + 0.055) / 1.055, 2.4);
        sum += weights[i] * x;
    }
    return sum;
}

/* Of all colours of a theme, on a ground of this luminance. */
static void
assert_readable(const char *theme, double ground, double contrast)
{
    for (enum theme_role role = 0; role < ROLE_COUNT; role++) {
        int color = theme_color(theme, role);
        if (color < 0)
            continue;
        double one = luminance(color) + 0.05;
        double other = ground + 0.05;
        double found = one > other ? one / other : other / one;
        if (found < contrast)
            print_message("%s: role %d, %d: %.2f\n", theme, (int)role, color,
                          found);
        assert_true(found >= contrast);
    }
}

static void
test_contrast(void **state)
{
    (void)state;
    assert_readable("auto", 0, 3.9);
    assert_readable("auto", 1, 3.9);
    assert_readable("dark", 0, 7);
    assert_readable("light", 1, 5);
}

static void
test_few_colors(void **state)
{
    (void)state;
    for (size_t i = 0; theme_names[i]; i++) {
        int seen[ROLE_COUNT];
        size_t count = 0;
        for (enum theme_role role = 0; role < ROLE_COUNT; role++) {
            int color = theme_color(theme_names[i], role);
            size_t at = 0;
            while (at < count && seen[at] != color)
                at++;
            if (at == count && color >= 0)
                seen[count++] = color;
        }
        assert_in_range(count, 0, COLORS_MOST);
    }
}

static void
test_names(void **state)
{
    (void)state;
    assert_string_equal(theme_names[0], "auto");
    for (size_t i = 0; theme_names[i]; i++)
        assert_true(theme_is(theme_names[i]));
    assert_true(theme_is(NULL));
    assert_false(theme_is(""));
    assert_false(theme_is("solarized"));
    assert_int_equal(theme_color("mono", ROLE_ERROR), -1);
}

/* What listen and line mode write has the same colour. */
static void
assert_line(const char *id, int color)
{
    char want[64];
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    text_id(out, id, true);
    fclose(out);
    snprintf(want, sizeof want, "\x1b[%dm%s\x1b[0m", color, id);
    assert_string_equal(text, want);
    free(text);
}

/* Written down, so that nobody's colour changes with a version. */
static void
test_ids(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        int color;
    } ids[] = {{"ann", 1}, {"bob", 4}, {"eve", 2}, {"你好", 4}, {"", 3}};
    static const int lines[ROLE_IDS] = {32, 36, 34, 35, 33, 31};
    unsigned seen = 0;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        assert_int_equal(theme_id(ids[i].id), ROLE_ID + ids[i].color);
        assert_line(ids[i].id, lines[ids[i].color]);
    }
    for (char id[] = "a"; *id <= 'z'; ++*id)
        seen |= 1U << (theme_id(id) - ROLE_ID);
    assert_int_equal(seen, (1U << ROLE_IDS) - 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contrast),
        cmocka_unit_test(test_few_colors),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
