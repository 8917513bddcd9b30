/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A folder of its own holds the configuration and what the broker writes to
 * stderr, which is shown when it does not end well: there a sanitizer speaks.
 */
#include "confabd.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cast.h"

extern char **environ;

/* How a scene names a limit, and how the configuration does. */
static const struct {
    const char *option, *section, *key;
} keys[] = {
    {"beat", NULL, "beat"},       {"sessions", "limits", "sessions"},
    {"rooms", "limits", "rooms"}, {"joined", "limits", "joined"},
    {"ids", "limits", "ids"},
};

static bool
write_users(const char *folder)
{
    char path[100];
    snprintf(path, sizeof path, "%s/users", folder);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!file)
        return false;
    cast_users(file);
    return fclose(file) == 0;
}

/* What stands before the sections. */
static void
write_access(FILE *file, const char *folder, uint64_t mode)
{
    static const char *const modes[] = {"open", "claim", "keys"};
    fprintf(file, "access = %s\n", modes[mode]);
    fprintf(file, "key = \"%s/server.key\"\n", folder);
    fprintf(file, "users = \"%s/users\"\n", folder);
}

static bool
write_config(const char *folder, const char *path, const struct scene *scene)
{
    uint64_t rights = scene_option(scene, "rights", 0);
    FILE *file = fopen(path, "w");
    if (!file)
        return false;
    if (rights)
        write_access(file, folder, rights);
    const char *section = NULL;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        uint64_t value = scene_option(scene, keys[i].option, 0);
        if (!value)
            continue;
        if (keys[i].section && !section)
            fprintf(file, "%s\n", keys[i].section);
        section = keys[i].section;
        fprintf(file, "%s%s = %llu%s\n", section ? "    " : "", keys[i].key,
                (unsigned long long)value, section ? "" : "ms");
    }
    if (rights)
        cast_rules(file);
    return fclose(file) == 0 && (!rights || write_users(folder));
}

static bool
spawn(struct confabd *c, const char *program, const char *config,
      const char *errors)
{
    int ends[2];
    if (pipe(ends))
        return false;
    c->out = ends[0];
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&files, ends[1]);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, errors,
                                     O_WRONLY | O_CREAT, 0600);
    const char *const args[] = {program,
                                "-c",
                                config,
                                "--bind",
                                "tcp://127.0.0.1:*",
                                "--pub",
                                "tcp://127.0.0.1:*",
                                "--log",
                                "memory:",
                                NULL};
    int error = posix_spawn(&c->pid, program, &files, NULL,
                            (char *const *)(uintptr_t)args, environ);
    posix_spawn_file_actions_destroy(&files);
    close(ends[1]);
    return error == 0;
}

/* The value behind `key` in the ready line. */
static bool
ready_value(const char *line, const char *key, char value[static 80])
{
    const char *at = strstr(line, key);
    if (!at)
        return false;
    at += strlen(key);
    size_t len = strcspn(at, " \n");
    if (len >= 80)
        return false;
    memcpy(value, at, len);
    value[len] = '\0';
    return true;
}

static void
read_errors(const struct confabd *c, char *text, size_t size)
{
    char path[100];
    snprintf(path, sizeof path, "%s/stderr", c->folder);
    FILE *file = fopen(path, "r");
    size_t len = file ? fread(text, 1, size - 1, file) : 0;
    text[len] = '\0';
    if (file)
        fclose(file);
}

static void
clean_up(struct confabd *c)
{
    static const char *const names[] = {"stderr", "conf", "users",
                                        "server.key"};
    char path[100];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", c->folder, names[i]);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/confab", c->folder);
    rmdir(path); /* where it told its address */
    rmdir(c->folder);
    close(c->out);
}

bool
confabd_start(struct confabd *c, const char *program, const struct scene *scene,
              char *fault, size_t size)
{
    *c = (struct confabd){.out = -1, .folder = "/tmp/confab-scene-XXXXXX"};
    char config[100];
    char errors[100];
    snprintf(fault, size, "cannot start %s", program);
    if (!mkdtemp(c->folder))
        return false;
    snprintf(config, sizeof config, "%s/conf", c->folder);
    snprintf(errors, sizeof errors, "%s/stderr", c->folder);
    bool ready = false;
    setenv("XDG_RUNTIME_DIR", c->folder, 1);
    if (write_config(c->folder, config, scene) &&
        spawn(c, program, config, errors)) {
        char line[400] = "";
        size_t len = 0;
        while (len < sizeof line - 1 && !strchr(line, '\n') &&
               read(c->out, line + len, 1) == 1)
            len++;
        ready = ready_value(line, "bind=", c->bind) &&
                ready_value(line, "pub=", c->pub);
        if (!ready_value(line, "key=", c->key))
            c->key[0] = '\0';
        if (!ready) {
            read_errors(c, fault, size);
            kill(c->pid, SIGKILL);
            waitpid(c->pid, NULL, 0);
        }
    }
    if (!ready)
        clean_up(c);
    return ready;
}

bool
confabd_stop(struct confabd *c, char *fault, size_t size)
{
    int status = 0;
    kill(c->pid, SIGTERM);
    bool good = waitpid(c->pid, &status, 0) == c->pid && WIFEXITED(status) &&
                WEXITSTATUS(status) == 0;
    if (!good) {
        int head =
            snprintf(fault, size, "the broker ended with status %d: ", status);
        read_errors(c, fault + head, size - (size_t)head);
    }
    clean_up(c);
    return good;
}
