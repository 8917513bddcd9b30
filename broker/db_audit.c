/* SPDX-License-Identifier: MPL-2.0 */
/*
 * db_audit: what was ruled, and by whom, as lines of JSON.
 *
 * Oldest first, of a moment of the database; of a running broker all that was
 * acknowledged is in it. Keys are those of the protocol where it has them; the
 * message that was redacted is `re`, as in the notice to its room.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "db_look.h"
#include "db_ruling.h"
#include "escape.h"
#include "tool.h"

static void
write_text(const char *key, struct slice text)
{
    if (!text.len)
        return;
    printf(",\"%s\":", key);
    escape_string(stdout, text);
}

/* "id:ann", "key:...", "address:...": what it is about stands before it. */
static void
write_banned(struct slice subject)
{
    static const char *const keys[] = {"id", "key", "address"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        size_t len = strlen(keys[i]);
        if (subject.len > len && subject.data[len] == ':' &&
            !memcmp(subject.data, keys[i], len)) {
            write_text(keys[i],
                       slice_of(subject.data + len + 1, subject.len - len - 1));
            return;
        }
    }
    write_text("subject", subject);
}

static void
write_subject(const struct audit *audit)
{
    const struct record r = {
        .kind = RECORD_RULING, .ruling = audit->kind, .token = audit->subject};
    if (audit->kind == RULING_BAN)
        write_banned(audit->subject);
    else if (log_redacted(&r))
        printf(",\"re\":%" PRIu64, log_redacted(&r));
    else
        write_text("id", audit->subject);
}

static void
write_audit(const struct audit *audit)
{
    static const char *const values[RULING_KINDS] = {
        [RULING_CLAIM] = "key", [RULING_MEMBER] = "role"};
    const char *value = values[audit->kind];
    printf("{\"seq\":%" PRIu64 ",\"time\":%" PRIu64, audit->seq, audit->time);
    write_text("by", audit->by);
    printf(",\"ruling\":\"%s\"", ruling_word(audit->kind));
    write_text("room", audit->room);
    write_subject(audit);
    if (audit->until)
        printf(",\"until\":%" PRIu64, audit->until);
    if (audit->lifted)
        printf(",\"lifted\":true");
    write_text(value ? value : "text", audit->value);
    puts("}");
}

int
db_audit(const char *path)
{
    static const char sql[] = "SELECT * FROM audit ORDER BY seq";
    struct look look;
    struct audit audit;
    if (!look_open(&look, path))
        return EXIT_FAILURE;
    sqlite3_stmt *all = look_statement(&look, sql);
    int code = SQLITE_DONE;
    while (all && (code = db_next(&look.db, all)) == SQLITE_ROW) {
        if (db_audit_row(all, &audit))
            write_audit(&audit);
        else
            look_problem(&look, "audit: row %" PRIu64 " is damaged",
                         audit.number);
    }
    if (code != SQLITE_DONE)
        look_fault(&look, "audit");
    sqlite3_finalize(all);
    bool written = !fflush(stdout) && !ferror(stdout);
    if (!written)
        perror("the output cannot be written");
    uint64_t problems = look.problems;
    look_close(&look);
    return written && !problems ? EXIT_SUCCESS : EXIT_FAILURE;
}
