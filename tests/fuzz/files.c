/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What cannot be done to a file here is the machine's fault: the target stops.
 */
#include "files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agree.h"
#include "broker/xmem.h"

static struct files *the_files;

static void
remove_files(void)
{
    files_empty(the_files);
    rmdir(the_files->path);
}

void
files_make(struct files *files)
{
    struct stat shm;
    bool memory = !stat("/dev/shm", &shm) && S_ISDIR(shm.st_mode);
    (void)snprintf(files->path, sizeof files->path, "%s/confab-fuzz-XXXXXX",
                   memory ? "/dev/shm" : "/tmp");
    MUST(mkdtemp(files->path));
    the_files = files;
    atexit(remove_files);
}

void
files_empty(const struct files *files)
{
    DIR *dir = opendir(files->path);
    MUST(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            MUST(!unlinkat(dirfd(dir), entry->d_name, 0));
    closedir(dir);
}

const char *
files_path(struct files *files, const char *name)
{
    (void)snprintf(files->file, sizeof files->file, "%s/%s", files->path, name);
    return files->file;
}

struct bytes
files_read(struct files *files, const char *name)
{
    struct stat status;
    struct bytes bytes = {.data = NULL};
    FILE *file = fopen(files_path(files, name), "rb");
    if (!file)
        return bytes;
    MUST(!fstat(fileno(file), &status));
    bytes.len = (size_t)status.st_size;
    bytes.data = xmalloc(bytes.len + 1);
    MUST(fread(bytes.data, 1, bytes.len, file) == bytes.len);
    fclose(file);
    return bytes;
}

void
files_write(struct files *files, const char *name, const struct bytes *bytes)
{
    FILE *file = fopen(files_path(files, name), "wb");
    MUST(file);
    MUST(fwrite(bytes->data, 1, bytes->len, file) == bytes->len);
    MUST(!fclose(file));
}
