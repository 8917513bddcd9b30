/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The list of what was ruled is told again, from its beginning.
 *
 * Where rulings in force may be lost it brings them back, as far as it goes:
 * the last word on each is the right one whatever was left of the table. And
 * what was redacted is redacted once more: a row may have been found by now
 * that could not be read then.
 */
#include "db_redact.h"
#include "db_ruling.h"
#include "db_salvage_inner.h"

static bool
rule_again(struct salvage *s, const struct audit *audit)
{
    const struct log_state state = {
        .kind = STATE_RULING,
        .gone = audit->lifted,
        .name = audit->room,
        .lane = audit->subject,
        .head = audit->seq,
        .time = audit->time,
        .ruling = audit->kind,
        .by = audit->by,
        .value = audit->value,
        .until = audit->until,
    };
    return !ruling_lasts(audit->kind) || db_ruling_state(&s->fresh, &state);
}

static bool
redact_again(struct salvage *s, const struct audit *audit)
{
    const struct record r = {
        .kind = RECORD_RULING, .ruling = audit->kind, .token = audit->subject};
    uint64_t seq = log_redacted(&r);
    return !seq || db_redact(&s->fresh, audit->room, seq);
}

bool
salvage_rulings(struct salvage *s)
{
    static const char sql[] = "SELECT * FROM audit ORDER BY number";
    bool lost = s->suspect[FORWARD_RULINGS] || s->suspect[FORWARD_TURNS];
    sqlite3_stmt *all = NULL;
    struct audit audit;
    if (sqlite3_prepare_v2(s->fresh.sql, sql, -1, &all, NULL))
        return db_failed(&s->fresh);
    bool done = true;
    while (done && sqlite3_step(all) == SQLITE_ROW)
        done = !db_audit_row(all, &audit) ||
               ((!lost || rule_again(s, &audit)) && redact_again(s, &audit));
    sqlite3_finalize(all);
    return done;
}
