/* SPDX-License-Identifier: MPL-2.0 */
/*
 * follower: see follower.h.
 */
#include "follower.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/db_state.h"

struct follower *
follower_new(void)
{
    struct follower *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->disk = disk_new();
    disk_open(f->disk);
    assert_true(db_store_begin(&f->disk->db));
    assert_true(index_init(&f->ix, f->disk->path, &f->stop));
    f->ix.most = MOST;
    f->ix.every = 0;
    assert_true(index_open(&f->ix));
    return f;
}

void
follower_free(struct follower *f)
{
    char path[DISK_PATH + 16];
    index_fini(&f->ix);
    (void)snprintf(path, sizeof path, "%s.search", f->disk->path);
    assert_int_equal(unlink(path), 0);
    disk_close(f->disk);
    disk_free(f->disk);
    free(f);
}

void
follow(struct follower *f)
{
    bool more = true;
    int steps = 0;
    while (more) {
        bool tidies, walks = false;
        assert_true(index_enter(&f->ix));
        assert_true(index_tidy(&f->ix, &tidies));
        assert_true(!index_is_behind(&f->ix) || index_step(&f->ix, 1, &walks));
        index_leave(&f->ix);
        assert_true(batch_write(&f->ix));
        more = tidies || walks;
        assert_true(++steps < 1000);
    }
    assert_true(index_enter(&f->ix));
    assert_false(index_is_behind(&f->ix));
    index_leave(&f->ix);
}

uint64_t
number(struct follower *f, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_prepare_v2(f->ix.sql, sql, -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    uint64_t value = (uint64_t)sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

uint64_t
live(struct follower *f)
{
    return number(f, "SELECT coalesce(sum(live), 0) FROM docs");
}

uint64_t
docs(struct follower *f)
{
    return number(f, "SELECT count(*) FROM docs");
}
