/* SPDX-License-Identifier: MPL-2.0 */
/*
 * nftw removes what is there, links as links.
 */
#define _XOPEN_SOURCE 700 /* nftw */

#include "scratch.h"

#include <dirent.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

enum { PATHS = 32, PATH_BYTES = 256, TEXT_BYTES = 1 << 20, FDS = 8 };

static char folder[] = "/tmp/confab-unit.XXXXXX";

int
scratch_make(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int
remove_one(const char *path, const struct stat *status, int kind,
           struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

int
scratch_remove(void **state)
{
    (void)state;
    return nftw(folder, remove_one, FDS, FTW_DEPTH | FTW_PHYS);
}

const char *
scratch_path(const char *name)
{
    static char paths[PATHS][PATH_BYTES];
    char path[PATH_BYTES];
    size_t i = 0;
    (void)snprintf(path, PATH_BYTES, "%s%s%s", folder, *name ? "/" : "", name);
    while (i < PATHS - 1 && *paths[i] && strcmp(paths[i], path) != 0)
        i++;
    assert_true(i < PATHS - 1);
    memcpy(paths[i], path, PATH_BYTES);
    return paths[i];
}

void
scratch_write(const char *name, const char *text, mode_t mode)
{
    const char *path = scratch_path(name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

char *
scratch_read(const char *name)
{
    FILE *file = fopen(scratch_path(name), "r");
    char *text = calloc(1, TEXT_BYTES);
    assert_non_null(file);
    assert_non_null(text);
    assert_true(fread(text, 1, TEXT_BYTES - 1, file) < TEXT_BYTES - 1);
    assert_int_equal(fclose(file), 0);
    return text;
}

unsigned
scratch_count(const char *name)
{
    unsigned count = 0;
    DIR *dir = opendir(scratch_path(name));
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        count += strcmp(entry->d_name, ".") != 0 &&
                 strcmp(entry->d_name, "..") != 0;
    (void)closedir(dir);
    return count;
}

mode_t
scratch_mode(const char *name)
{
    struct stat status;
    assert_int_equal(stat(scratch_path(name), &status), 0);
    return status.st_mode & 07777;
}
