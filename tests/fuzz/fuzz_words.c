/* SPDX-License-Identifier: MPL-2.0 */
/*
 * fuzz_words: any text, and any words that somebody looks for in it.
 *
 * Up to the first NUL the input is what is looked for, behind it the text; with
 * nothing behind it the words are the text, too, and must be found there. The
 * question that is made of them is always one that FTS5 takes, and FTS5 and our
 * own look at the message say the same. A text has the same words wherever it
 * stands, though it is folded in pieces.
 */
#include <sqlite3.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "agree.h"
#include "broker/terms.h"
#include "broker/xmem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Pages: the text, and the same with more before it. */
enum { ALONE = 1, BEHIND = 2 };

static sqlite3 *db;
static sqlite3_stmt *insert, *empty, *find;

/* As in db_index.c. */
static void
make_table(void)
{
    MUST(!sqlite3_open(":memory:", &db));
    MUST(!sqlite3_exec(db,
                       "CREATE VIRTUAL TABLE t USING fts5 (words, content='',"
                       " columnsize=0, tokenize=\"ascii tokenchars '_'\")",
                       NULL, NULL, NULL));
    MUST(!sqlite3_prepare_v2(db, "INSERT INTO t (rowid, words) VALUES (?, ?)",
                             -1, &insert, NULL));
    MUST(!sqlite3_prepare_v2(db, "INSERT INTO t (t) VALUES ('delete-all')", -1,
                             &empty, NULL));
    MUST(!sqlite3_prepare_v2(db, "SELECT rowid FROM t WHERE t MATCH ?", -1,
                             &find, NULL));
}

/* --- words --- */

/* Each is between two spaces, and nothing else is there. */
static void
check_words(const struct words *words)
{
    unsigned count = 0;
    MUST(!words->inside && (!words->len || utf8_valid(words_all(words))));
    MUST(!words->len || words->data[0] == ' ');
    MUST(!words->len || words->data[words->len - 1] == ' ');
    for (size_t i = 1; i < words->len; i++) {
        uint8_t byte = words->data[i];
        bool letter = (byte >= 'a' && byte <= 'z') ||
                      (byte >= '0' && byte <= '9') || byte >= 0x80;
        MUST(letter || (byte == ' ' && words->data[i - 1] != ' '));
        count += byte == ' ';
    }
    MUST(count == words->count);
}

/* What nothing before it can take in, as far as it matters here. */
static bool
begins_anew(utf8proc_int32_t point)
{
    utf8proc_category_t category = utf8proc_category(point);
    bool korean = (point >= 0x1100 && point <= 0x11ff) ||
                  (point >= 0x3131 && point <= 0x318e) ||
                  (point >= 0xa960 && point <= 0xa97f) ||
                  (point >= 0xd7b0 && point <= 0xd7ff) ||
                  (point >= 0xff9e && point <= 0xffdc);
    bool mark = category >= UTF8PROC_CATEGORY_MN &&
                category <= UTF8PROC_CATEGORY_ME;
    return !korean && !mark && category != UTF8PROC_CATEGORY_CN &&
           category != UTF8PROC_CATEGORY_CF;
}

/* It has a place, at least every so many bytes, where it may be cut. */
static bool
can_be_cut(struct slice text)
{
    enum { OFTEN = 100 };
    size_t together = 0;
    for (size_t at = 0; at < text.len && together < OFTEN;) {
        utf8proc_int32_t point;
        utf8proc_ssize_t len = utf8proc_iterate(
            text.data + at, (utf8proc_ssize_t)(text.len - at), &point);
        MUST(len > 0);
        together = begins_anew(point) ? 0 : together + (size_t)len;
        at += (size_t)len;
    }
    return together < OFTEN;
}

/* Characters that are words by themselves, before the text, move the borders of
 * the pieces. */
static void
check_moved(struct slice text, const struct words *words)
{
    enum { MOST = 64 };
    static const uint8_t lone[] = {0xe4, 0xbc, 0x9a};
    size_t before = text.len % MOST * sizeof lone;
    if (!can_be_cut(text))
        return;
    uint8_t *moved = xmalloc(before + text.len + 1);
    struct words all = {.len = 0};
    for (size_t i = 0; i < before; i++)
        moved[i] = lone[i % sizeof lone];
    if (text.len)
        memcpy(moved + before, text.data, text.len);
    words_add(&all, slice_of(moved, before + text.len));
    MUST(all.count == words->count + before / sizeof lone);
    MUST(all.len >= words->len);
    MUST(!words->len ||
         !memcmp(all.data + all.len - words->len, words->data, words->len));
    words_fini(&all);
    free(moved);
}

/* --- what is found --- */

static void
put_page(int number, const struct words *words)
{
    sqlite3_bind_int(insert, 1, number);
    sqlite3_bind_text(insert, 2, (const char *)words->data, (int)words->len,
                      SQLITE_STATIC);
    MUST(sqlite3_step(insert) == SQLITE_DONE);
    sqlite3_reset(insert);
}

static void
put_pages(struct slice text, struct slice other)
{
    struct words page = {.len = 0};
    MUST(sqlite3_step(empty) == SQLITE_DONE);
    sqlite3_reset(empty);
    words_mark(&page, "1");
    words_add(&page, text);
    put_page(ALONE, &page);
    words_clear(&page);
    words_mark(&page, "1");
    words_add(&page, other);
    words_add(&page, text);
    put_page(BEHIND, &page);
    words_fini(&page);
}

/* Which of the pages FTS5 finds. */
static int
ask(const struct terms *terms)
{
    int found = 0, code;
    char *question = terms_ask(terms);
    sqlite3_bind_text(find, 1, question, -1, SQLITE_STATIC);
    while ((code = sqlite3_step(find)) == SQLITE_ROW)
        found |= sqlite3_column_int(find, 0);
    MUST(code == SQLITE_DONE);
    sqlite3_reset(find);
    free(question);
    return found;
}

/* Without the terms that must not be there. */
static bool
matches_wanted(const struct terms *terms, struct slice words)
{
    struct terms wanted = {.words = terms->words};
    for (unsigned i = 0; i < terms->count; i++)
        if (!terms->all[i].without)
            wanted.all[wanted.count++] = terms->all[i];
    MUST(wanted.count);
    return terms_match(&wanted, words);
}

static void
look(const struct terms *terms, struct slice text, struct slice query)
{
    struct words words = {.len = 0};
    words_add(&words, text);
    check_words(&words);
    check_moved(text, &words);
    put_pages(text, query);
    int found = ask(terms);
    bool wanted = matches_wanted(terms, words_all(&words));
    MUST(wanted == ((found & ALONE) != 0));
    MUST(!wanted || found & BEHIND);
    MUST(wanted || !terms_match(terms, words_all(&words)));
    bool all = true;
    for (unsigned i = 0; i < terms->count; i++)
        all = all && !terms->all[i].without;
    if (all && slice_eq(text, query))
        MUST(wanted);
    words_fini(&words);
}

static void
check_terms(const struct terms *terms)
{
    MUST(terms->count && terms->count <= LIMIT_TERMS);
    MUST(terms->words.count <= LIMIT_TERMS);
    for (unsigned i = 0; i < terms->count; i++) {
        const struct term *term = &terms->all[i];
        MUST(term->len && term->at + term->len <= terms->words.len);
        MUST(terms->words.data[term->at] == ' ');
    }
}

/* As much as may come in one message, and only what is text. */
static struct slice
text_of(const uint8_t *data, size_t len, size_t most)
{
    struct slice text = slice_of(data, len < most ? len : most);
    return utf8_valid(text) ? text : slice_of(data, 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct terms terms;
    char fault[TERMS_FAULT] = "";
    size_t end = 0;
    if (!db)
        make_table();
    while (end < len && data[end])
        end++;
    struct slice query = text_of(data, end, LIMIT_QUERY);
    struct slice text = query;
    if (end + 1 < len)
        text = text_of(data + end + 1, len - end - 1, LIMIT_TEXT);
    if (terms_read(&terms, query, fault)) {
        MUST(fault[0] && strlen(fault) < sizeof fault);
    } else {
        check_terms(&terms);
        look(&terms, text, query);
    }
    terms_fini(&terms);
    return 0;
}
