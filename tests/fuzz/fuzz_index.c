/* SPDX-License-Identifier: MPL-2.0 */
/*
 * fuzz_index: what is searched, while the log grows and brokers come and go.
 *
 * The first byte chooses what there is to begin with; then each few bytes of
 * the input are something that happens: messages, redactions, an id that is
 * forgotten, a stop, a kill that leaves as much as it likes of what the index
 * had written, an index that is gone, an old copy of it, and searches. Each
 * finds what history has.
 *
 * Other inputs change bytes of the index, or of the log. Then something may be
 * missed; but never is anything found that history does not have, and no broker
 * falls. An index that is gone after that is made again, and knows everything.
 */
#include <stdlib.h>

#include "broker/hash.h"
#include "files.h"
#include "party.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
    SEEDS = 4,
    FILES = 4,
    MOST = 24,     /* that happens */
    MANY = 32,     /* messages of one act */
    SECOND = 1000, /* ms */
};

static const uint64_t BEGIN = 1700000000000; /* ms since 1970 */
static const uint64_t YEAR = 31536000000;    /* ms */

enum file { FILE_LOG, FILE_LOG_WAL, FILE_INDEX, FILE_INDEX_WAL };
static const char *const names[FILES] = {
    [FILE_LOG] = "log.db",
    [FILE_LOG_WAL] = "log.db-wal",
    [FILE_INDEX] = "log.db.search",
    [FILE_INDEX_WAL] = "log.db.search-wal",
};

struct disk {
    struct bytes files[FILES];
};

static struct seed {
    struct book book;
    struct disk disk;
} seeds[SEEDS];

static struct files files;

struct life {
    struct party *party;
    struct book book;
    struct disk disk; /* while there is no party */
    struct disk old;  /* an earlier state of it */
    uint64_t wall;
    struct input *in;
};

/* --- files --- */

static struct disk
disk_read(void)
{
    struct disk disk;
    for (unsigned i = 0; i < FILES; i++)
        disk.files[i] = files_read(&files, names[i]);
    return disk;
}

static void
disk_write(const struct disk *disk)
{
    files_empty(&files);
    for (unsigned i = 0; i < FILES; i++)
        if (disk->files[i].len)
            files_write(&files, names[i], &disk->files[i]);
}

static struct disk
disk_copy(const struct disk *disk)
{
    struct disk copy;
    for (unsigned i = 0; i < FILES; i++)
        copy.files[i] = bytes_copy(&disk->files[i]);
    return copy;
}

static void
disk_free(struct disk *disk)
{
    for (unsigned i = 0; i < FILES; i++)
        free(disk->files[i].data);
    *disk = (struct disk){0};
}

static void
file_copy(struct disk *to, const struct disk *from, enum file file)
{
    free(to->files[file].data);
    to->files[file] = bytes_copy(&from->files[file]);
}

/* --- brokers --- */

static void
begin(struct life *life)
{
    disk_write(&life->disk);
    life->wall += 100 * (uint64_t)SECOND;
    life->party = party_open(files_path(&files, names[FILE_LOG]), &life->book,
                             life->wall);
    MUST(life->party || life->book.changed);
    if (life->party)
        party_searches(life->party);
}

static void
keep(struct life *life)
{
    disk_free(&life->old);
    life->old = life->disk;
    life->disk = disk_read();
}

static void
stop(struct life *life)
{
    party_close(&life->party);
    keep(life);
}

static void
kill_party(struct life *life)
{
    keep(life);
    party_close(&life->party);
}

/* --- what happens --- */

static void
do_say(struct life *life)
{
    unsigned how = input_byte(life->in);
    unsigned many = 1 + input_byte(life->in) % MANY;
    for (unsigned i = 0; i < many; i++)
        (void)party_say(life->party, (how + i / 3) % PARTY_IDS,
                        how / PARTY_IDS % PARTY_PLACES);
}

static void
do_redact(struct life *life)
{
    unsigned number = input_byte(life->in);
    if (number < life->book.count)
        (void)party_redact(life->party, number);
}

static void
do_rest(struct life *life)
{
    party_rest(life->party);
}

static void
do_find(struct life *life)
{
    unsigned how = input_byte(life->in);
    unsigned number = input_byte(life->in);
    bool whole = party_find(life->party, how % PARTY_IDS,
                            how / PARTY_IDS % (PARTY_PLACES + 1), number,
                            how & 128);
    MUST(whole || life->book.doubted || life->book.changed);
}

static void
do_forget(struct life *life)
{
    for (unsigned i = 0; i < PARTY_IDS; i++)
        party_ack(life->party, i);
    party_forget(life->party);
    life->wall += YEAR;
}

static void
do_stop(struct life *life)
{
    stop(life);
    begin(life);
}

/* What it wrote last is not there. */
static void
do_kill(struct life *life)
{
    kill_party(life);
    struct bytes *wal = &life->disk.files[FILE_INDEX_WAL];
    wal->len -= wal->len * (input_byte(life->in) & 127) / 128;
    begin(life);
}

static void
do_lose(struct life *life)
{
    stop(life);
    life->disk.files[FILE_INDEX].len = 0;
    life->disk.files[FILE_INDEX_WAL].len = 0;
    life->book.doubted = false;
    begin(life);
}

static void
do_old(struct life *life)
{
    stop(life);
    file_copy(&life->disk, &life->old, FILE_INDEX);
    file_copy(&life->disk, &life->old, FILE_INDEX_WAL);
    begin(life);
}

static void
change(struct life *life, enum file first, bool killed)
{
    if (killed)
        kill_party(life);
    else
        stop(life);
    for (unsigned i = 1 + input_byte(life->in) % 4; i; i--) {
        unsigned how = input_byte(life->in);
        bytes_change(&life->disk.files[first + (how & 1)], how >> 1, life->in);
    }
}

static void
do_change_index(struct life *life)
{
    change(life, FILE_INDEX, input_byte(life->in) & 1);
    life->book.doubted = true;
    begin(life);
}

static void
do_change_log(struct life *life)
{
    change(life, FILE_LOG, input_byte(life->in) & 1);
    life->book.changed = true;
    begin(life);
}

static void (*const acts[])(struct life *) = {
    do_say,          do_redact, do_find,   do_rest,       do_find, do_kill,
    do_find,         do_stop,   do_forget, do_lose,       do_find, do_old,
    do_change_index, do_find,   do_say,    do_change_log,
};
enum { ACT_KINDS = sizeof acts / sizeof *acts };

/* --- what there is to begin with --- */

static void
talk(struct life *life, unsigned messages)
{
    for (unsigned i = 0; i < messages; i++)
        MUST(party_say(life->party, i % PARTY_IDS, i * 7 / 3 % PARTY_PLACES));
}

static void
keep_seed(struct life *life, unsigned number)
{
    seeds[number].disk = disk_copy(&life->disk);
    seeds[number].book = life->book;
}

/* Nothing; pages and turns, killed; indexed and stopped; with redactions, and
 * more than one page of a room, killed when it was indexed. */
static void
make_seeds(void)
{
    struct life life = {.wall = BEGIN};
    files_make(&files);
    begin(&life);
    keep_seed(&life, 0);
    talk(&life, 50);
    party_rest(life.party);
    talk(&life, 7);
    kill_party(&life);
    keep_seed(&life, 1);
    begin(&life);
    MUST(party_find(life.party, 0, PARTY_PLACES, 1, true));
    stop(&life);
    keep_seed(&life, 2);
    begin(&life);
    for (unsigned i = 0; i < 120; i++)
        MUST(party_say(life.party, i % 2, 0));
    party_rest(life.party);
    MUST(party_find(life.party, 1, 0, 1, true));
    MUST(party_redact(life.party, 61));
    MUST(party_find(life.party, 2, PARTY_PLACES, 6, true));
    kill_party(&life);
    keep_seed(&life, 3);
    disk_free(&life.disk);
    disk_free(&life.old);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint8_t key[16] = {1};
    static bool made;
    struct input in = {.at = data, .end = data + len};
    if (!made) {
        hash_seed(key);
        make_seeds();
        made = true;
    }
    const struct seed *seed = &seeds[input_byte(&in) % SEEDS];
    struct life life = {.book = seed->book,
                        .disk = disk_copy(&seed->disk),
                        .old = disk_copy(&seed->disk),
                        .wall = BEGIN + 1000 * (uint64_t)SECOND,
                        .in = &in};
    begin(&life);
    for (unsigned i = 0; life.party && i < MOST && in.at < in.end; i++)
        acts[input_byte(&in) % ACT_KINDS](&life);
    if (life.party)
        party_close(&life.party);
    disk_free(&life.disk);
    disk_free(&life.old);
    return 0;
}
