/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_search: `confab search`, and `confab stats`.
 *
 * The broker finds the newest first, page by page; people read the oldest
 * first, as in a history. So the pages are held until there are enough and then
 * printed from the last to the first. What is held is bounded: by -n, and -n by
 * SEARCH_MAX.
 */
#define _GNU_SOURCE /* open_memstream */
#include <stdlib.h>

#include <utf8proc.h>

#include "cmd.h"
#include "cmd_text.h"

enum {
    SEARCH_STANDARD = 100, /* messages, unless -n is given */
    SEARCH_MAX = 10000,    /* the most that -n may ask for */
};

struct found {
    confab_event **pages; /* newest first, as their messages are */
    size_t count, cap;
    uint64_t messages;
    bool incomplete;
};

static void
found_free(struct found *f)
{
    for (size_t i = 0; i < f->count; i++)
        confab_event_free(&f->pages[i]);
    free(f->pages);
}

/* Takes over the page. False: no memory. */
static bool
found_add(struct found *f, confab_event **page)
{
    if (f->count == f->cap) {
        size_t cap = f->cap ? 2 * f->cap : 8;
        confab_event **pages = realloc(f->pages, cap * sizeof(confab_event *));
        if (!pages)
            return false;
        f->pages = pages;
        f->cap = cap;
    }
    f->messages += (*page)->messages_len;
    f->incomplete = f->incomplete || !(*page)->complete;
    f->pages[f->count++] = *page;
    *page = NULL;
    return true;
}

/* The words with a space between them. NULL: no memory. */
static char *
join_words(const struct args *args)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (!out)
        return NULL;
    for (int i = 0; i < args->word_count; i++)
        fprintf(out, "%s%s", i ? " " : "", args->words[i]);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

static uint64_t
since_when(const struct since *since)
{
    uint64_t now = cmd_wall();
    if (since->type == SINCE_AGO)
        return since->value < now ? now - since->value : 1;
    return since->type == SINCE_AT ? since->value : 0;
}

/* Asks until there are `most`, or no more. */
static int
search_pages(struct cmd *cmd, struct found *f, struct confab_search *search,
             uint64_t most)
{
    bool more = true;
    while (more && f->messages < most) {
        uint64_t number = 0;
        uint64_t left = most - f->messages;
        confab_event *e = NULL;
        search->limit = left < LIMIT_PAGE ? (unsigned)left : LIMIT_PAGE;
        int error = confab_search(cmd->c, search, &number);
        if (error)
            return cmd_failed(cmd, error, "search");
        int code = cmd_answer(cmd, number, "search", &e);
        if (code)
            return code;
        /* A page that leads nowhere would be asked for again, for ever. */
        more = e->more && e->upto &&
               (!search->before || e->upto < search->before);
        search->before = e->upto;
        if (!found_add(f, &e)) {
            confab_event_free(&e);
            return cmd_failed(cmd, CONFAB_ENOMEM, "search");
        }
    }
    return 0;
}

/* The oldest first; the newest `most` of them. */
static void
print_found(const struct cmd *cmd, const struct found *f, uint64_t most)
{
    uint64_t skip = f->messages > most ? f->messages - most : 0;
    for (size_t i = f->count; i-- > 0;) {
        const confab_event *page = f->pages[i];
        for (size_t k = page->messages_len; k-- > 0;) {
            if (skip)
                skip--;
            else
                cmd_print_message(cmd, &page->messages[k]);
        }
    }
}

/* What does not go together; NULL: all does. */
static const char *
check(const struct args *args)
{
    const struct since *since = &args->since;
    if (args->room && args->with)
        return "--room or --with, not both";
    if (since->type == SINCE_NEWEST ||
        (since->type == SINCE_SEQ && since->value))
        return "search: --since takes a time here: 10m, 2026-11-22T10:00 or "
               "begin; -n says how many";
    if (args->count > SEARCH_MAX)
        return "search: -n is at most 10000";
    return NULL;
}

/* Letters, digits and symbols are looked for, and signs of money that stand for
 * letters. In doubt it is one: what words are is the broker's to say. */
static bool
has_letter(const char *text, size_t len)
{
    while (len) {
        utf8proc_int32_t point = -1;
        utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text,
                                              (utf8proc_ssize_t)len, &point);
        utf8proc_category_t category = utf8proc_category(point);
        bool letter = category >= UTF8PROC_CATEGORY_LU &&
                      category <= UTF8PROC_CATEGORY_NO;
        bool sign = category == UTF8PROC_CATEGORY_SO ||
                    (category == UTF8PROC_CATEGORY_SC && point >= 0x80);
        if (n <= 0 || letter || sign)
            return true;
        text += n;
        len -= (size_t)n;
    }
    return false;
}

/* Whether there is anything to look for: a word, or a phrase in quotes, without
 * a - before it. */
static bool
has_word(const char *text)
{
    static const char spaces[] = " \t\n\r\v\f";
    if (strstr(text, "\u3000")) /* a space, too: in doubt */
        return true;
    while (*(text += strspn(text, spaces)) != '\0') {
        bool without = *text == '-';
        text += without;
        bool quoted = *text == '"';
        text += quoted;
        size_t len = strcspn(text, quoted ? "\"" : spaces);
        if (!without && has_letter(text, len))
            return true;
        text += len;
        text += quoted && *text;
    }
    return false;
}

static int
search_run(struct cmd *cmd, const char *text)
{
    const struct args *args = cmd->args;
    struct found f = {0};
    uint64_t most = args->count ? args->count : SEARCH_STANDARD;
    struct confab_search search = {.text = text,
                                   .room = args->room,
                                   .with = args->with,
                                   .from = args->from,
                                   .before = args->before,
                                   .since = since_when(&args->since)};
    int code = cmd_open(cmd, CMD_SENDING, NULL, NULL);
    if (!code)
        code = search_pages(cmd, &f, &search, most);
    print_found(cmd, &f, most);
    if (!code && f.incomplete)
        cmd_note(cmd, "search: not all that is kept could be searched");
    if (!code && !f.messages)
        cmd_note(cmd, "search: nothing found");
    if (!code && !f.messages)
        code = EXIT_NOT_FOUND;
    found_free(&f);
    return code;
}

int
cmd_search(struct cmd *cmd)
{
    const char *wrong = check(cmd->args);
    if (wrong) {
        cmd_error(cmd, "%s", wrong);
        return EXIT_USAGE;
    }
    int code = EXIT_USAGE;
    char *text = join_words(cmd->args);
    if (!text)
        code = cmd_failed(cmd, CONFAB_ENOMEM, "search");
    else if (has_word(text))
        code = search_run(cmd, text);
    else
        cmd_error(cmd, "search: no word to look for: name at least one without "
                       "a - before it; see confab search --help");
    free(text);
    return code;
}

static void
print_stats(const confab_event *e)
{
    for (size_t i = 0; i < e->counters_len; i++) {
        text_clean_str(stdout, e->counters[i].name);
        printf(" %llu\n", (unsigned long long)e->counters[i].value);
    }
}

int
cmd_stats(struct cmd *cmd)
{
    uint64_t number = 0;
    confab_event *e = NULL;
    int code = cmd_open(cmd, CMD_SENDING, NULL, NULL);
    int error = code ? 0 : confab_stats(cmd->c, &number);
    if (error)
        return cmd_failed(cmd, error, "stats");
    if (!code)
        code = cmd_answer(cmd, number, "stats", &e);
    if (code)
        return code;
    if (cmd->args->json)
        cmd_print_json(e);
    else
        print_stats(e);
    confab_event_free(&e);
    return 0;
}
