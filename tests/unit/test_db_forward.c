/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Reading on over pages of the file that are damaged: one bad leaf costs the
 * rows in it, for names also those of the same beginning, and no more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "broker/db_forward.h"
#include "broker/db_state.h"
#include "disk.h"

enum { CLIENTS = 3000, PAGES = 40, TRIES = 12 };

static const struct {
    enum forward_table table;
    const char *name;
    unsigned rows;
    unsigned factor; /* leaves that one bad leaf may cost */
} tables[] = {
    {FORWARD_CLIENTS, "clients", CLIENTS, 4},
    {FORWARD_LANES, "lanes", CLIENTS, 4},
    {FORWARD_PAGES, "pages", PAGES, 1},
    {FORWARD_TURNS, "turns", CLIENTS, 1},
    {FORWARD_RULINGS, "rulings", CLIENTS, 1},
    {FORWARD_AUDIT, "audit", CLIENTS, 1},
};

static struct disk *
make(void)
{
    struct disk *disk = disk_new();
    disk_open(disk);
    disk_run(disk, "BEGIN");
    for (unsigned i = 0; i < CLIENTS; i++) {
        char id[LIMIT_NAME + 1];
        (void)snprintf(id, sizeof id, "%c%u-someone", 'a' + (int)(i % 26), i);
        struct log_state state = {
            .kind = STATE_CLIENT, .name = slice_str(id), .used = i};
        assert_true(db_state_put(&disk->db, &state));
        state.kind = STATE_LANE;
        state.lane = slice_str("lane");
        assert_true(db_state_put(&disk->db, &state));
        disk_turn(disk, "lobby", 0);
        disk_ruling(
            disk,
            &(struct record){.ruling = RULING_MUTE, .token = slice_str(id)},
            false);
    }
    (void)disk_channel(disk, "lobby", PAGES, 1);
    disk_run(disk, "COMMIT");
    return disk;
}

static unsigned
read_all(struct disk *disk, enum forward_table table, unsigned *skips)
{
    struct forward f;
    unsigned rows = 0;
    assert_true(forward_open(&f, &disk->db, table));
    while (forward_next(&f))
        rows++;
    *skips = f.skips;
    forward_close(&f);
    return rows;
}

static uint64_t
leaf(struct disk *disk, const char *name, unsigned which, uint64_t *cells)
{
    char sql[256];
    static const char from[] = "FROM dbstat WHERE pagetype = 'leaf' AND name =";
    (void)snprintf(sql, sizeof sql, "SELECT count(*) %s '%s'", from, name);
    uint64_t leaves = disk_number(disk, sql);
    assert_true(leaves > 1);
    uint64_t at = which * (leaves - 1) / (TRIES - 1);
    (void)snprintf(sql, sizeof sql, "SELECT max(ncell) %s '%s'", from, name);
    *cells = disk_number(disk, sql);
    (void)snprintf(sql, sizeof sql, "SELECT pageno %s '%s' LIMIT 1 OFFSET %u",
                   from, name, (unsigned)at);
    return disk_number(disk, sql);
}

static void
test_all_rows_of_a_sound_table(void **state)
{
    (void)state;
    struct disk *disk = make();
    unsigned skips;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        assert_int_equal(read_all(disk, tables[i].table, &skips),
                         tables[i].rows);
        assert_int_equal(skips, 0);
    }
    disk_free(disk);
}

/* The first, the last, and some between. */
static void
test_a_bad_leaf_costs_its_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        for (unsigned try = 0; try < TRIES; try++) {
            struct disk *disk = make();
            uint64_t cells;
            unsigned skips;
            uint64_t page = leaf(disk, tables[i].name, try, &cells);
            disk_close(disk);
            disk_damage(disk->path, (size_t)(page - 1) * DB_PAGE, DB_PAGE, try);
            disk_open(disk);
            unsigned rows = read_all(disk, tables[i].table, &skips);
            assert_in_range(rows, tables[i].rows - cells * tables[i].factor,
                            tables[i].rows - 1);
            assert_in_range(skips, 1, 4);
            disk_free(disk);
        }
    }
}

static void
test_begins_where_it_is_told(void **state)
{
    (void)state;
    struct disk *disk = make();
    struct forward f;
    assert_true(forward_open(&f, &disk->db, FORWARD_PAGES));
    forward_seek(&f, (UINT64_C(1) << 32) + 30);
    assert_true(forward_next(&f));
    assert_true(f.at == (UINT64_C(1) << 32) + 31);
    forward_seek(&f, UINT64_C(9) << 32);
    assert_false(forward_next(&f));
    assert_false(forward_next(&f));
    forward_close(&f);
    disk_free(disk);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_rows_of_a_sound_table),
        cmocka_unit_test(test_a_bad_leaf_costs_its_rows),
        cmocka_unit_test(test_begins_where_it_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
