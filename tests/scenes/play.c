/* SPDX-License-Identifier: MPL-2.0 */
/*
 * play: plays scenes.
 *
 *     play SCENE...                  in process, with every engine
 *     play --tcp CONFABD SCENE...    against that program, over TCP
 *     play --only DRIVER ...         with one of memory, late, sqlite, paged,
 * tcp
 *
 * A line for each that fails; the last line counts.
 */
#include <stdio.h>
#include <stdlib.h>

#include "perform.h"

static bool
play_one(const char *path, const struct driver *driver, unsigned counts[2])
{
    struct pool pool = {NULL};
    struct scene scene;
    char fault[200];
    bool good = scene_read(&scene, &pool, path, fault);
    if (!good) {
        puts(fault);
        counts[1]++;
    } else if (scene_is_for(&scene, driver->name)) {
        good = perform(&scene, driver);
        counts[good ? 0 : 1]++;
    }
    fflush(stdout);
    pool_fini(&pool);
    return good;
}

int
main(int argc, char **argv)
{
    const struct driver *drivers[] = {&drive_memory, &drive_late, &drive_sqlite,
                                      &drive_paged, NULL};
    const char *only = NULL;
    int first = 1;
    for (; first + 1 < argc && !strncmp(argv[first], "--", 2); first += 2) {
        if (!strcmp(argv[first], "--tcp")) {
            drive_confabd = argv[first + 1];
            drivers[0] = &drive_tcp;
            drivers[1] = NULL;
        } else if (!strcmp(argv[first], "--only")) {
            only = argv[first + 1];
        } else {
            break;
        }
    }
    if (first >= argc || argv[first][0] == '-') {
        fputs("usage: play [--tcp CONFABD] [--only DRIVER] SCENE...\n", stderr);
        return 2;
    }
    unsigned counts[2] = {0, 0};
    for (unsigned d = 0; drivers[d]; d++)
        for (int i = first; i < argc; i++)
            if (!only || !strcmp(only, drivers[d]->name))
                play_one(argv[i], drivers[d], counts);
    printf("%u passed, %u failed\n", counts[0], counts[1]);
    return counts[1] || !counts[0] ? EXIT_FAILURE : EXIT_SUCCESS;
}
