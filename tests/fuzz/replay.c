/* SPDX-License-Identifier: MPL-2.0 */
/*
 * replay: plays a corpus once through a fuzz target, without libFuzzer.
 *
 * Any compiler and sanitizer will do, so `make test` can hold every input that
 * ever crashed against the code. Arguments are files and directories; each file
 * is given in a block of its exact size. A crash ends the program as a crash; a
 * run that found no file at all has failed.
 */
#include <dirent.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static unsigned passed, failed;

static void
play_file(const char *path, size_t len)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(len ? len : 1);

    if (file && data && fread(data, 1, len, file) == len) {
        LLVMFuzzerTestOneInput(data, len);
        passed++;
    } else {
        perror(path);
        failed++;
    }
    free(data);
    if (file)
        fclose(file);
}

static void play(const char *path);

static void
play_directory(const char *path)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;
    char name[PATH_MAX];

    if (!directory) {
        perror(path);
        failed++;
        return;
    }
    while ((entry = readdir(directory))) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        play(name);
    }
    closedir(directory);
}

static void
play(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0) {
        perror(path);
        failed++;
    } else if (S_ISDIR(status.st_mode)) {
        play_directory(path);
    } else {
        play_file(path, (size_t)status.st_size);
    }
}

int
main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        play(argv[i]);
    printf("%u passed, %u failed\n", passed, failed);
    return failed > 0 || passed == 0;
}
