/* SPDX-License-Identifier: MPL-2.0 */
/*
 * bench_layout: how the log should lie in a SQLite file.
 *
 * Writes the same messages (200 bytes: 128 of text, encoded) in each of the
 * layouts of layouts.c, in turns of 1, 100 and 1000, over 1, 100 and 1000
 * rooms whose activity is Zipf's (s = 1), with every commit synced; then reads
 * pages of 100 messages of one room from the middle half of the history, each
 * with a new connection, and compares them with what was written.
 *
 *     bench_layout [SCALE [LAYOUTS]]    as: bench_layout 100 CD
 *
 * SCALE is a percentage; 100 are two million messages and less, four minutes.
 * us: one whole transaction, waiting for the checkpoint thread included.
 * CPU: of this process, all threads. No mark: the figures are for choosing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "layouts.h"
#include "load.h"

enum {
    PAGES = 200,        /* read per case */
    SEGMENT = 65536,    /* messages that are indexed or moved at once */
    SEGMENTS_LEAST = 4, /* in a case; a short one has smaller segments */
};
#define FIRST_SEQ UINT64_C(1795355500000000)

static const struct size {
    unsigned turn, messages;
} sizes[] = {{1, 40000}, {100, 1000000}, {1000, 2000000}};
static const unsigned rooms[] = {1, 100, 1000};

struct trial {
    const struct layout *layout;
    unsigned turn, rooms, messages;
    uint16_t *channels; /* by message */
    double *us;         /* by turn */
    struct store store;
};

static uint64_t random_state;

static uint64_t
random_next(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* Room r is as often as 1 / (r + 1). */
static void
draw_channels(struct trial *t)
{
    double *sums = calloc(t->rooms, sizeof *sums);
    double sum = 0;
    for (unsigned r = 0; r < t->rooms; r++)
        sums[r] = sum += 1.0 / (r + 1);
    for (unsigned i = 0; i < t->messages; i++) {
        double at = (double)(random_next() >> 11) * 0x1p-53 * sum;
        unsigned low = 0;
        for (unsigned high = t->rooms - 1; low < high;) {
            unsigned middle = (low + high) / 2;
            if (sums[middle] > at)
                high = middle;
            else
                low = middle + 1;
        }
        t->channels[i] = (uint16_t)low;
    }
    free(sums);
}

/* --- writing --- */

static void
fill_turn(const struct trial *t, struct turn *turn, unsigned first)
{
    turn->count = t->turn;
    for (unsigned i = 0; i < t->turn; i++) {
        struct message_head head = {.seq = FIRST_SEQ + first + i,
                                    .channel = t->channels[first + i]};
        memcpy(turn->bytes[i], &head, sizeof head);
    }
}

static double
cpu_seconds(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void
write_turns(struct trial *t, struct writer *w)
{
    static struct turn turn;
    memset(turn.bytes, 'x', sizeof turn.bytes);
    for (unsigned i = 0; i < t->messages / t->turn; i++) {
        fill_turn(t, &turn, i * t->turn);
        double start = seconds();
        store_begin(&t->store);
        t->layout->put(w, &turn);
        store_commit(&t->store);
        t->us[i] = (seconds() - start) * 1e6;
    }
}

static void
trial_write(struct trial *t)
{
    unsigned turns = t->messages / t->turn;
    unsigned segment = t->messages / SEGMENTS_LEAST;
    store_open(&t->store, t->layout->name, t->layout->schema);
    struct writer *w = t->layout->open(&t->store, t->rooms,
                                       segment < SEGMENT ? segment : SEGMENT);
    double start = seconds();
    double cpu = cpu_seconds();
    write_turns(t, w);
    double took = seconds() - start;
    double used = cpu_seconds() - cpu;
    t->layout->close(w);
    store_finish(&t->store);
    double p50 = median(t->us, turns); /* sorts */
    printf("%-6s %4u %5u %8.0f %6.2f %6.0f %6.0f %6.0f %6.0f %5.0f",
           t->layout->name, t->turn, t->rooms, t->messages / took,
           used / t->messages * 1e6, p50, t->us[turns / 100 * 99],
           t->us[turns - 1 - turns / 1000], t->us[turns - 1],
           (double)store_size(&t->store) / t->messages);
}

/* --- reading --- */

static void
check_page(const struct trial *t, const struct page *page, unsigned at)
{
    uint16_t channel = t->channels[at];
    unsigned count = 0;
    for (unsigned i = at + 1; i < t->messages && count < PAGE_MESSAGES; i++) {
        if (t->channels[i] != channel)
            continue;
        struct message_head head = message_head(page->bytes[count]);
        if (count >= page->count || head.channel != channel ||
            head.seq != FIRST_SEQ + i)
            fail("%s: not what was written at %u", t->layout->name, i);
        count++;
    }
    if (count != page->count)
        fail("%s: %u messages read, %u written", t->layout->name, page->count,
             count);
}

/* A message of a room, each room as likely, in the middle half. */
static unsigned
random_place(const struct trial *t)
{
    uint64_t room = random_next() % t->rooms;
    unsigned at = t->messages / 4 + (unsigned)(random_next() % t->messages) / 2;
    for (unsigned tries = t->messages / 2; tries > 0; tries--) {
        if (t->channels[at] == room)
            return at;
        if (++at >= t->messages / 4 * 3)
            at = t->messages / 4;
    }
    return at;
}

static void
trial_read(struct trial *t)
{
    static struct page page;
    double us[PAGES];
    for (unsigned i = 0; i < PAGES; i++) {
        unsigned at = random_place(t);
        sqlite3 *db = store_reader(&t->store);
        double start = seconds();
        page.count = 0;
        t->layout->page(db, t->channels[at], FIRST_SEQ + at, &page);
        us[i] = (seconds() - start) * 1e6;
        sqlite3_close(db);
        check_page(t, &page, at);
    }
    double p50 = median(us, PAGES);
    printf(" %6.0f %6.0f\n", p50, us[PAGES - 1]);
}

static void
run(const struct layout *layout, const struct size *size, unsigned room_count,
    unsigned scale)
{
    struct trial t = {
        .layout = layout, .turn = size->turn, .rooms = room_count};
    t.messages = size->messages / 100 * scale / 4000 * 4000;
    t.channels = calloc(t.messages, sizeof *t.channels);
    t.us = calloc(t.messages / t.turn, sizeof *t.us);
    if (!t.messages || !t.channels || !t.us)
        fail("not that size");
    random_state = 88172645463325252U; /* the same for each layout */
    draw_channels(&t);
    trial_write(&t);
    trial_read(&t);
    store_close(&t.store);
    free(t.channels);
    free(t.us);
}

/* The layouts side by side, so that a noisy minute meets all of them. */
static void
run_each(const struct size *size, unsigned room_count, unsigned scale,
         const char *names)
{
    for (unsigned i = 0; i < LAYOUTS; i++)
        if (strchr(names, *layouts[i].name))
            run(&layouts[i], size, room_count, scale);
}

int
main(int argc, char **argv)
{
    unsigned long scale = argc > 1 ? strtoul(argv[1], NULL, 10) : 10;
    const char *names = argc > 2 ? argv[2] : "ABCD";
    if (scale < 10 || scale > 10000)
        fail("bench_layout [SCALE [LAYOUTS]]: a scale from 10 to 10000");
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("layout turn rooms    msg/s  CPU/M  p50us    p99  p99.9    max B/msg"
           "  page us  max\n");
    for (unsigned s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (unsigned r = 0; r < sizeof rooms / sizeof *rooms; r++)
            run_each(&sizes[s], rooms[r], (unsigned)scale, names);
    return 0;
}
