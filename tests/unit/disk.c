/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A mistake here is a mistake of the test: everything is asserted.
 */
#include "disk.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/db_ruling.h"
#include "broker/xmem.h"

struct disk *
disk_new(void)
{
    struct disk *disk = xcalloc(1, sizeof *disk);
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(disk->folder, sizeof disk->folder, "%s/confab-db-XXXXXX",
                   tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(disk->folder));
    (void)snprintf(disk->path, sizeof disk->path, "%s/log.db", disk->folder);
    disk->seq = 1000;
    return disk;
}

static bool
ends_in(const char *name, const char *end)
{
    size_t len = strlen(name);
    return len > strlen(end) && !strcmp(name + len - strlen(end), end);
}

unsigned
disk_files(const struct disk *disk, const char *prefix, bool all)
{
    unsigned count = 0;
    DIR *dir = opendir(disk->folder);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        bool beside = ends_in(entry->d_name, "-wal") ||
                      ends_in(entry->d_name, "-shm");
        count += !strncmp(entry->d_name, prefix, strlen(prefix)) &&
                 (all || !beside);
    }
    closedir(dir);
    return count;
}

void
disk_free(struct disk *disk)
{
    db_close(&disk->db);
    DIR *dir = opendir(disk->folder);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_name[0] != '.')
            assert_int_equal(unlinkat(dirfd(dir), entry->d_name, 0), 0);
    closedir(dir);
    assert_int_equal(rmdir(disk->folder), 0);
    free(disk);
}

void
disk_open(struct disk *disk)
{
    assert_int_equal(db_open(&disk->db, disk->path, DB_OWN, "OFF"), SQLITE_OK);
}

void
disk_close(struct disk *disk)
{
    db_close(&disk->db);
    disk->db = (struct db){.file = -1, .lock = -1};
}

/* --- messages --- */

struct slice
disk_message(struct disk *disk, const char *to, uint64_t seq, uint64_t prev,
             size_t size)
{
    static char text[4096];
    bool tell = to[0] == '@';
    struct buffer out = {.data = disk->wire, .cap = sizeof disk->wire};
    struct message m = {
        .op = tell ? OP_TELL : OP_SAY,
        .seq = seq,
        .prev = prev,
        .time = seq * 10,
        .from = slice_str("ann"),
        .has = MESSAGE_BIT(FIELD_SEQ) | MESSAGE_BIT(FIELD_PREV) |
               MESSAGE_BIT(FIELD_TIME) | MESSAGE_BIT(FIELD_FROM) |
               MESSAGE_BIT(FIELD_TEXT) |
               MESSAGE_BIT(tell ? FIELD_TO : FIELD_ROOM),
    };
    memset(text, 'x', sizeof text);
    m.text = slice_of(text, size < sizeof text ? size : sizeof text);
    if (tell)
        m.to = slice_str(to + 1);
    else
        m.room = slice_str(to);
    assert_true(message_write(&out, SIDE_BROKER, &m));
    return slice_of(out.data, out.len);
}

static void
key_of(struct channel_key *key, const char *to)
{
    struct slice nobody = {0};
    if (to[0] == '@')
        channel_key(key, CHANNEL_MAIL, slice_str(to + 1), nobody);
    else if (to[0] == '&')
        channel_key(key, CHANNEL_TALK, slice_str("ann"), slice_str(to + 1));
    else
        channel_key(key, CHANNEL_ROOM, slice_str(to), nobody);
}

static void
page_add(struct disk *disk, struct db_channel *row, const char *to,
         unsigned each)
{
    static uint8_t bytes[DB_PAGE_MOST + LIMIT_FRAME];
    char as[LIMIT_NAME + 2];
    struct db_page page = {.messages = {.data = bytes}};
    (void)snprintf(as, sizeof as, "%s%s", to[0] == '&' ? "@" : "",
                   to + (to[0] == '&'));
    for (unsigned i = 0; i < each; i++) {
        uint64_t seq = disk->seq += 10;
        struct slice wire = disk_message(disk, as, seq, row->head.seq, 200);
        memcpy(bytes + page.messages.len, wire.data, wire.len);
        page.messages.len += wire.len;
        row->head = page.last = (struct mark){seq, seq * 10};
        if (!page.count++)
            page.first = page.last;
        row->first_time = row->first ? row->first_time : seq * 10;
        row->first = row->first ? row->first : seq;
        row->count++;
        row->bytes += wire.len;
    }
    assert_true(db_page_put(&disk->db, row, row->next_page++, &page));
}

struct db_channel
disk_channel(struct disk *disk, const char *to, unsigned pages, unsigned each)
{
    struct db_channel row = {.id = 0};
    key_of(&row.key, to);
    row.id = disk_number(disk, "SELECT coalesce(max(id), 0) + 1 FROM channels");
    for (unsigned i = 0; i < pages; i++)
        page_add(disk, &row, to, each);
    assert_true(db_channel_put(&disk->db, &row));
    return row;
}

void
disk_turn(struct disk *disk, const char *to, uint64_t prev)
{
    struct turn turn = {.len = 0};
    uint64_t seq = disk->seq += 10;
    bool tell = to[0] == '@';
    struct record r = {
        .kind = tell ? RECORD_TELL : RECORD_SAY,
        .from = slice_str("ann"),
        .name = slice_str(to + tell),
        .wire = disk_message(disk, to, seq, prev, 200),
        .seq = seq,
        .prev = prev,
    };
    turn.first = turn.last = seq;
    turn_add(&turn, &r);
    assert_true(turn_put(&disk->db, &turn));
    turn_fini(&turn);
}

void
disk_ruling(struct disk *disk, const struct record *what, bool in_turn)
{
    struct turn turn = {.len = 0};
    struct record r = *what;
    r.kind = RECORD_RULING;
    r.from = slice_str("ann");
    r.seq = disk->seq += 10;
    r.time = r.seq * 10;
    r.upto = r.seq + 5;
    turn.first = turn.last = r.seq;
    turn_add(&turn, &r);
    assert_true(!in_turn || turn_put(&disk->db, &turn));
    assert_true(db_ruling_put(&disk->db, &r));
    turn_fini(&turn);
}

/* --- the file --- */

size_t
disk_size(const char *path)
{
    struct stat file;
    return stat(path, &file) ? 0 : (size_t)file.st_size;
}

void
disk_damage(const char *path, size_t at, size_t len, unsigned seed)
{
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, (long)at, SEEK_SET), 0);
    for (uint32_t value = seed * 2654435761U + 1; len; len--) {
        value = value * 1664525U + 1013904223U;
        assert_int_not_equal(fputc((int)(value >> 24), file), EOF);
    }
    assert_int_equal(fclose(file), 0);
}

uint64_t
disk_number(struct disk *disk, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    assert_int_equal(
        sqlite3_prepare_v2(disk->db.sql, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    uint64_t value = (uint64_t)sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

void
disk_run(struct disk *disk, const char *sql)
{
    assert_true(db_exec(&disk->db, sql));
}
