/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_key: `confab keygen`, and the secrets that a command needs.
 *
 * No secret stands on a command line, where every user of the machine can read
 * it: a key is in its file, a password in a file or typed.
 */
#define _GNU_SOURCE /* fdopen */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "cmd.h"

enum { QUOTED = 4 * LIMIT_NAME + 3 }; /* bytes of a quoted id, with the NUL */

/* The word as a shell takes it: an id may be "rm *" or "it's". */
static void
quote(const char *word, char quoted[static QUOTED])
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    char *out = quoted;
    if (word[strspn(word, plain)] == '\0') {
        snprintf(quoted, QUOTED, "%s", word);
        return;
    }
    *out++ = '\'';
    for (; *word; word++) {
        size_t n = *word == '\'' ? 4 : 1;
        memcpy(out, n == 4 ? "'\\''" : word, n);
        out += n;
    }
    memcpy(out, "'", 2);
}

int
cmd_keygen(struct cmd *cmd)
{
    char path[PATH_MAX] = "";
    char key[CONFAB_KEY_SIZE];
    char word[QUOTED];
    bool made = false;
    const char *id = cmd->args->id ? cmd->args->id : cmd_user();
    if (cmd->args->key)
        snprintf(path, sizeof path, "%s", cmd->args->key);
    int error = *path ? 0 : confab_key_path(id, path, sizeof path);
    if (!error)
        error = confab_key(path, key, &made);
    if (error)
        return cmd_failed(cmd, error, "keygen");
    cmd_note(cmd, "%s %s", made ? "made" : "there is already", path);
    quote(id, word);
    cmd_note(cmd, "the broker's operator lists it by: confabd user add %s '%s'",
             word, key);
    puts(key);
    return 0;
}

/* The first line of what is open in `fd`, without its end. False: see errno. */
static bool
read_line(int fd, char line[static CMD_PASSWORD])
{
    size_t len = 0;
    ssize_t n = 1;
    errno = 0;
    while (n > 0 && len < CMD_PASSWORD) {
        n = read(fd, line + len, CMD_PASSWORD - len);
        len += n > 0 ? (size_t)n : 0;
        if (memchr(line, '\n', len))
            break;
    }
    char *end = memchr(line, '\n', len);
    if (!end && len == CMD_PASSWORD)
        errno = EFBIG;
    line[end ? (size_t)(end - line) : len < CMD_PASSWORD ? len : 0] = '\0';
    return n >= 0 && !errno;
}

static int
ask_terminal(const struct cmd *cmd, char password[static CMD_PASSWORD])
{
    struct termios before, quiet;
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (tty < 0 || tcgetattr(tty, &before) < 0) {
        cmd_error(cmd, "there is no terminal to ask for the password: "
                       "--password-file FILE");
        if (tty >= 0)
            close(tty);
        return EXIT_GENERAL;
    }
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    quiet.c_lflag |= ECHONL;
    dprintf(tty, "Password of %s: ", cmd->id);
    tcsetattr(tty, TCSAFLUSH, &quiet);
    bool ok = read_line(tty, password);
    tcsetattr(tty, TCSAFLUSH, &before);
    close(tty);
    if (cmd_signal())
        return cmd_signal_code();
    if (!ok)
        cmd_error(cmd, "the password cannot be read: %s", strerror(errno));
    return ok ? 0 : EXIT_GENERAL;
}

static const char *
read_file(const char *path, char password[static CMD_PASSWORD])
{
    struct stat file;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return strerror(errno);
    const char *fault = NULL;
    bool regular = fstat(fd, &file) == 0 && S_ISREG(file.st_mode);
    if (regular && file.st_mode & (S_IRWXG | S_IRWXO))
        fault = "others may read it; chmod 600 it";
    else if (!read_line(fd, password))
        fault = strerror(errno);
    else if (!*password)
        fault = "its first line is empty";
    close(fd);
    return fault;
}

int
cmd_password(const struct cmd *cmd, char password[static CMD_PASSWORD])
{
    const char *path = cmd->args->password_file;
    password[0] = '\0';
    if (!path)
        return 0;
    if (strcmp(path, "-") == 0)
        return ask_terminal(cmd, password);
    const char *fault = read_file(path, password);
    if (fault)
        cmd_error(cmd, "the password in %s: %s", path, fault);
    return fault ? EXIT_GENERAL : 0;
}
