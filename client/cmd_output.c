/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_output: see cmd_output.h.
 *
 * The mark is a text: which file, where its end was, and whether the command
 * had ended in order. A file is known by its inode and by the last bytes before
 * that end (an inode may be used again, a device be another one after a
 * reboot). Only when it had not is something cut off; what others have appended
 * to the file since stays. As a batch is bounded, so is what can be cut off:
 * where there is more, it is not ours.
 */
#define _GNU_SOURCE /* O_APPEND with fcntl, readlink */
#include "cmd_output.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/os.h"

enum {
    BATCH_BYTES = 1048576,       /* printed at most, before they are done */
    AHEAD_MAX = 2 * BATCH_BYTES, /* with the message that filled the batch */
    TAIL = 256,                  /* bytes by which a file is known again */
    LINE_OVERHEAD = 256,         /* of a message, beside its text */
    ESCAPED = 6,                 /* bytes that one byte may become */
};

struct place {
    uint64_t device;
    uint64_t inode;
    uint64_t end;
    uint64_t tail; /* a sum of the last bytes before the end, 0: not known */
    bool closed;
};

static bool
mark_read(const struct cmd *cmd, struct place *place)
{
    char text[CONFAB_MARK_MAX + 1];
    size_t len = confab_mark(cmd->c, text, sizeof text - 1);
    text[len] = '\0';
    uint64_t *const numbers[] = {&place->device, &place->inode, &place->end,
                                 &place->tail};
    char *at = text;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char *begin = at;
        *numbers[i] = strtoull(begin, &at, 10);
        if (at == begin)
            return false;
    }
    place->closed = strcmp(at, " closed") == 0;
    return true;
}

static size_t
mark_write(const struct place *place, char text[static CONFAB_MARK_MAX])
{
    int len = snprintf(text, CONFAB_MARK_MAX,
                       "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %s",
                       place->device, place->inode, place->end, place->tail,
                       place->closed ? "closed" : "open");
    return (size_t)len;
}

/* Where stdout is now; false: it is no file. */
static bool
place_find(struct place *place)
{
    struct stat st;
    if (fstat(STDOUT_FILENO, &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    *place = (struct place){
        .device = st.st_dev, .inode = st.st_ino, .end = (uint64_t)st.st_size};
    return true;
}

/* What is in the file is not what we have printed: others must decide. */
static int
does_not_fit(const struct cmd *cmd, uint64_t now, uint64_t printed)
{
    char name[PATH_MAX] = "stdout";
    ssize_t len = readlink(OS_STDOUT, name, sizeof name - 1);
    if (len > 0)
        name[len] = '\0';
    cmd_error(cmd,
              "%s has %" PRIu64 " bytes, but confab printed %" PRIu64
              " to it; empty it or name another file, and confab goes on "
              "behind what was printed",
              name, now, printed);
    return EXIT_GENERAL;
}

/* Writes go behind what is there, wherever the descriptor stands; this makes
 * it tell where the end is. */
static int
go_to(const struct cmd *cmd, uint64_t offset)
{
    if (lseek(STDOUT_FILENO, (off_t)offset, SEEK_SET) >= 0)
        return 0;
    cmd_error(cmd, "stdout: %s", strerror(errno));
    return EXIT_GENERAL;
}

/* What was printed behind the mark will be printed again. */
static int
cut(const struct cmd *cmd, uint64_t from, uint64_t to)
{
    if (to < from && ftruncate(STDOUT_FILENO, (off_t)to) != 0) {
        cmd_error(cmd, "stdout cannot be cut to %" PRIu64 " bytes: %s", to,
                  strerror(errno));
        return EXIT_GENERAL;
    }
    if (to < from)
        cmd_note(cmd,
                 "confab was killed in the middle: the last %" PRIu64
                 " bytes of the file are cut off, and printed again as far as "
                 "they were its own",
                 from - to);
    return go_to(cmd, to);
}

/* The same file as last time. */
static int
go_on(struct cmd *cmd, const struct place *now, const struct place *kept)
{
    bool cut_short = now->end < kept->end;
    bool not_ours = !kept->closed && now->end > kept->end + AHEAD_MAX;
    if (cut_short || not_ours)
        return does_not_fit(cmd, now->end, kept->end);
    return kept->closed ? go_to(cmd, now->end) : cut(cmd, now->end, kept->end);
}

/* 0: it cannot be read. */
static uint64_t
tail_sum(const struct cmd *cmd, uint64_t end)
{
    uint8_t bytes[TAIL];
    size_t len = end < TAIL ? (size_t)end : TAIL;
    uint64_t sum = UINT64_C(14695981039346656037);
    if (pread(cmd->read_fd, bytes, len, (off_t)(end - len)) != (ssize_t)len)
        return 0;
    for (size_t i = 0; i < len; i++)
        sum = (sum ^ bytes[i]) * UINT64_C(1099511628211);
    return sum ? sum : 1;
}

static bool
same_file(const struct cmd *cmd, const struct place *now,
          const struct place *kept)
{
    uint64_t tail = now->end < kept->end ? 0 : tail_sum(cmd, kept->end);
    if (!now->end || now->inode != kept->inode)
        return false;
    return tail && kept->tail ? tail == kept->tail
                              : now->device == kept->device;
}

int
output_open(struct cmd *cmd)
{
    struct place now, kept;
    int code = 0;
    cmd->to_file = place_find(&now);
    cmd->read_fd = cmd->to_file ? open(OS_STDOUT, O_RDONLY | O_CLOEXEC) : -1;
    if (cmd->to_file && mark_read(cmd, &kept) && same_file(cmd, &now, &kept))
        code = go_on(cmd, &now, &kept);
    else if (cmd->to_file && fcntl(STDOUT_FILENO, F_GETFL) & O_APPEND)
        code = go_to(cmd, now.end);
    cmd->keeps = !code;
    cmd->printed_to = UINT64_MAX;
    return code;
}

/* Some file systems have no such thing. */
static bool
sync_output(void)
{
    return os_sync(STDOUT_FILENO) || errno == EINVAL || errno == ENOSYS ||
           errno == EOPNOTSUPP;
}

/* All that was printed is in the file, and on its disk. */
static bool
written(struct cmd *cmd, struct place *place)
{
    cmd_flush(cmd);
    if (cmd->output_error || !cmd->to_file)
        return !cmd->output_error;
    off_t end = lseek(STDOUT_FILENO, 0, SEEK_CUR);
    bool synced = (uint64_t)end == cmd->printed_to || sync_output();
    if (end < 0 || !synced || !place_find(place)) {
        cmd->output_error = errno ? errno : EIO;
        return false;
    }
    place->end = cmd->printed_to = (uint64_t)end;
    place->tail = tail_sum(cmd, place->end);
    return true;
}

/* A confab_error. */
static int
done(struct cmd *cmd, bool closed)
{
    struct place place;
    char mark[CONFAB_MARK_MAX];
    if (!written(cmd, &place))
        return CONFAB_OK; /* cmd_next ends the command, cmd_close tells why */
    place.closed = closed;
    size_t len = cmd->to_file ? mark_write(&place, mark) : 0;
    cmd->undone = 0;
    return confab_done(cmd->c, mark, len);
}

int
output_next(struct cmd *cmd, confab_event **event, int64_t deadline)
{
    size_t most = cmd->to_file ? BATCH_BYTES : 1; /* what may come twice */
    int code = cmd->undone < most ? cmd_next(cmd, event, 0) : EXIT_TIMEOUT;
    if (code == EXIT_TIMEOUT) {
        int error = cmd->undone ? done(cmd, false) : CONFAB_OK;
        code = error ? cmd_failed(cmd, error, "state file")
                     : cmd_next(cmd, event, deadline);
    }
    if (*event)
        cmd->undone += LINE_OVERHEAD + ESCAPED * (*event)->raw_len;
    return code;
}

int
output_close(struct cmd *cmd, int code)
{
    if (!cmd->keeps || !cmd->c || (!cmd->to_file && !cmd->undone))
        return code;
    int error = done(cmd, true);
    if (cmd->read_fd >= 0)
        close(cmd->read_fd);
    if (error && !code)
        return cmd_failed(cmd, error, "state file");
    return code;
}
