/* SPDX-License-Identifier: MPL-2.0 */
/*
 * fuzz_store: a database that a disk, a crash or a hand has changed.
 *
 * The first byte chooses one of a few small databases, as a broker that was
 * killed or stopped has left them; then each few bytes of the input change
 * something in the database or its -wal. A broker is started on that. It may
 * refuse; otherwise all that it gives out must have been said, and where it
 * says that nothing is missing nothing is. Then it takes one message more, is
 * killed or stopped, and the next one must have that message.
 *
 * Inputs whose first byte is odd change columns of rows, and their sums with
 * them: no disk does that. Nothing is promised then about what is served, but
 * the broker must not fall.
 */
#include <stdlib.h>

#include "files.h"
#include "party.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
    SEEDS = 4,
    CHANGES = 12,
    SECOND = 1000, /* ms */
};

static const uint64_t BEGIN = 1700000000000; /* ms since 1970 */

struct seed {
    struct book book;
    struct bytes db, wal;
};

static struct seed seeds[SEEDS];
static struct files files;

/* --- the databases --- */

static void
talk(struct party *p, unsigned messages)
{
    for (unsigned i = 0; i < messages; i++)
        MUST(party_say(p, i % PARTY_IDS, i * 7 / 3 % PARTY_PLACES));
}

static void
keep(struct seed *seed)
{
    seed->db = files_read(&files, "log.db");
    seed->wal = files_read(&files, "log.db-wal");
}

static struct party *
start(struct book *book, uint64_t seconds)
{
    return party_open(files_path(&files, "log.db"), book,
                      BEGIN + seconds * SECOND);
}

static struct party *
must_start(struct book *book, uint64_t seconds)
{
    struct party *p = start(book, seconds);
    MUST(p);
    return p;
}

/* Killed in its first minute; after a stop; killed in its second life, between
 * rounds of the pager; and behind some more of them, without mail. */
static void
make_seeds(void)
{
    files_make(&files);
    struct book book = {.count = 0};
    struct party *p = must_start(&book, 0);
    talk(p, 9);
    MUST(party_redact(p, 0) && party_rule(p, 1, false));
    keep(&seeds[0]);
    seeds[0].book = book;
    MUST(party_rule(p, 1, true));
    talk(p, 40);
    party_rest(p);
    party_close(&p);
    keep(&seeds[1]);
    seeds[1].book = book;
    p = must_start(&book, 100);
    party_ack(p, 1);
    talk(p, 5);
    party_rest(p);
    talk(p, 5);
    MUST(party_redact(p, 14) && party_rule(p, 2, false));
    keep(&seeds[2]);
    seeds[2].book = book;
    for (unsigned i = 0; i < PARTY_IDS; i++)
        party_ack(p, i);
    party_bye(p, 2);
    MUST(party_rule(p, 2, true));
    talk(p, 30);
    party_rest(p);
    keep(&seeds[3]);
    seeds[3].book = book;
    party_close(&p);
}

/* --- one input --- */

static void
write_files(const struct seed *seed, struct input *in, bool rows)
{
    struct bytes db = bytes_copy(&seed->db);
    struct bytes wal = bytes_copy(&seed->wal);
    files_empty(&files);
    for (unsigned i = 0; !rows && i < CHANGES && in->at < in->end; i++) {
        uint8_t how = input_byte(in);
        bytes_change(how & 1 ? &wal : &db, how >> 1, in);
    }
    files_write(&files, "log.db", &db);
    if (wal.len)
        files_write(&files, "log.db-wal", &wal);
    for (unsigned i = 0; rows && i < CHANGES && in->at < in->end; i++)
        rows_change(files_path(&files, "log.db"), in);
    free(db.data);
    free(wal.data);
}

/* As the disk is when the broker is killed. */
static void
kill_party(struct party **p)
{
    struct bytes db = files_read(&files, "log.db");
    struct bytes wal = files_read(&files, "log.db-wal");
    party_close(p);
    files_empty(&files);
    files_write(&files, "log.db", &db);
    if (wal.len)
        files_write(&files, "log.db-wal", &wal);
    free(db.data);
    free(wal.data);
}

static void
live(struct book *book, bool killed, unsigned place)
{
    struct party *p = start(book, 200);
    if (!p)
        return;
    party_look(p);
    bool said = party_say(p, 0, place);
    party_rest(p);
    party_look(p);
    if (killed)
        kill_party(&p);
    else
        party_close(&p);
    p = start(book, 300);
    MUST(p || !book);
    if (!p)
        return;
    if (said && book)
        party_finds_last(p);
    party_close(&p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint8_t key[16] = {1};
    struct input in = {.at = data, .end = data + len};
    if (!seeds[0].db.len) {
        hash_seed(key);
        make_seeds();
    }
    uint8_t first = input_byte(&in);
    uint8_t second = input_byte(&in);
    const struct seed *seed = &seeds[first >> 1 & 3];
    struct book book = seed->book;
    bool rows = first & 1;
    book.changed = in.at < in.end;
    write_files(seed, &in, rows);
    live(rows ? NULL : &book, second & 1, second / 2 % PARTY_PLACES);
    return 0;
}
