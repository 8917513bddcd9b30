/* SPDX-License-Identifier: MPL-2.0 */
/*
 * log_sqlite_ruling: what rulings change in the file, besides their entry.
 *
 * A step of the pager in the same transaction may have moved a message from
 * memory into a page, body and all, so redactions come behind it. The copy in
 * memory is redacted when the turn is committed.
 */
#include "db_redact.h"
#include "db_ruling.h"
#include "db_scrub.h"
#include "log_sqlite_inner.h"

static bool
rule(struct log_sqlite *s, const struct record *r)
{
    uint64_t redacted = log_redacted(r);
    return db_ruling_put(&s->db, r) &&
           (!redacted ||
            (db_redact(&s->db, r->name, redacted) && db_scrub_mark(&s->db)));
}

bool
log_rule(struct log_sqlite *s)
{
    if (!s->rules)
        return true;
    for (const struct record *r = s->batch; r; r = r->next) {
        if (r->stored && r->kind == RECORD_RULING && !rule(s, r))
            return false;
    }
    return true;
}
