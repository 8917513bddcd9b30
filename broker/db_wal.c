/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The format is SQLite's, https://www.sqlite.org/fileformat2.html#walformat: a
 * header of 32 bytes; then frames, each a header of 24 and a page. The checksum
 * goes on from frame to frame. The salts are those of the header and change
 * whenever the file is begun anew.
 */
#include "db_wal.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "db.h"
#include "xmem.h"

enum {
    HEADER = 32,
    FRAME = 24,
    SUMMED = 8, /* bytes of a frame's header that are in its sum */
    PAGE_LEAST = 512,
    PAGE_MOST = 65536,
    LOST = 2, /* transactions */
};

static const uint32_t magic = 0x377f0682; /* its last bit: big-endian sums */

struct wal {
    FILE *file;
    bool big;
    uint32_t page;
    uint8_t salts[8];
    uint32_t sum[2];
    uint8_t *frame;
};

static uint32_t
big_endian(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
           (uint32_t)at[2] << 8 | at[3];
}

static uint32_t
little_endian(const uint8_t *at)
{
    return (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 |
           (uint32_t)at[1] << 8 | at[0];
}

static void
add(struct wal *wal, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i += 8) {
        uint32_t first = wal->big ? big_endian(bytes + i)
                                  : little_endian(bytes + i);
        uint32_t second = wal->big ? big_endian(bytes + i + 4)
                                   : little_endian(bytes + i + 4);
        wal->sum[0] += first + wal->sum[1];
        wal->sum[1] += second + wal->sum[0];
    }
}

static bool
sum_is(const struct wal *wal, const uint8_t *at)
{
    return wal->sum[0] == big_endian(at) && wal->sum[1] == big_endian(at + 4);
}

static bool
read_header(struct wal *wal)
{
    uint8_t header[HEADER];
    if (fread(header, 1, sizeof header, wal->file) != sizeof header)
        return false;
    wal->big = big_endian(header) & 1;
    wal->page = big_endian(header + 8);
    memcpy(wal->salts, header + 16, sizeof wal->salts);
    add(wal, header, HEADER - 8);
    return (big_endian(header) | 1) == (magic | 1) &&
           sum_is(wal, header + HEADER - 8) && wal->page >= PAGE_LEAST &&
           wal->page <= PAGE_MOST && wal->page % 8 == 0;
}

static bool
read_frame(struct wal *wal)
{
    size_t len = FRAME + wal->page;
    return fread(wal->frame, 1, len, wal->file) == len;
}

static bool
is_ours(const struct wal *wal)
{
    return !memcmp(wal->frame + 8, wal->salts, sizeof wal->salts);
}

static bool
is_good(struct wal *wal)
{
    add(wal, wal->frame, SUMMED);
    add(wal, wal->frame + FRAME, wal->page);
    return is_ours(wal) && sum_is(wal, wal->frame + 16);
}

/* The last frame of a transaction says how large the database is then. */
static bool
has_lost(struct wal *wal)
{
    unsigned commits = 0;
    bool there;
    while ((there = read_frame(wal)) && is_good(wal)) {
    }
    for (; there; there = read_frame(wal))
        commits += is_ours(wal) && big_endian(wal->frame + 4) != 0;
    return commits >= LOST;
}

bool
wal_is_damaged(const char *path)
{
    char name[DB_PATH + 8];
    (void)snprintf(name, sizeof name, "%s-wal", path);
    struct wal wal = {.file = fopen(name, "re")};
    if (!wal.file)
        return false;
    bool damaged = false;
    if (read_header(&wal)) {
        wal.frame = xmalloc(FRAME + wal.page);
        damaged = has_lost(&wal);
        free(wal.frame);
    } else {
        /* without its header nothing of it is read */
        damaged = !fseek(wal.file, 0, SEEK_END) &&
                  ftell(wal.file) > HEADER + FRAME + PAGE_LEAST;
    }
    (void)fclose(wal.file);
    return damaged;
}
