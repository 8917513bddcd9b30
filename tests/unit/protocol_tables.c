/* SPDX-License-Identifier: MPL-2.0 */
/*
 * protocol_tables: keeps the tables of PROTOCOL.md as the code has them.
 *
 * proto/PROTOCOL.md is written by hand but for the blocks between
 *     <!-- table: NAME -->  and  <!-- end -->
 * which say what proto/ enforces. Without arguments this program prints them
 * all; --check FILE compares (exit 1 names each block that is stale, missing or
 * unknown), --update FILE writes the stale ones anew. It is run in the
 * project's root.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/bytes.h"
#include "tests/unit/protocol_print.h"

static struct block *blocks;
static unsigned block_count;

static struct block *
block_find(struct slice name)
{
    for (unsigned i = 0; i < block_count; i++)
        if (slice_eq(name, slice_str(blocks[i].name)))
            return &blocks[i];
    return NULL;
}

enum state {
    STATE_STALE,
    STATE_UNKNOWN,
    STATE_MISSING,
    STATE_OPEN,
    STATE_GOOD,
};

/* How many blocks are in which state; only the stale ones can be renewed. */
struct tally {
    unsigned of[STATE_GOOD + 1];
};

static void
complain(struct tally *tally, const char *file, enum state state,
         struct slice name)
{
    static const char *const words[] = {"is stale", "has no table in the code",
                                        "is missing", "has no end"};

    tally->of[state]++;
    fprintf(stderr, "%s: the block \"%.*s\" %s\n", file, SLICE_ARG(name),
            words[state]);
}

/* The block whose marker begins at `name`: what stands before it and the block
 * as it should be go to `out`. Returns what comes next, or NULL. */
static const char *
renew_block(struct tally *tally, const char *file, const char *name, FILE *out)
{
    const char *stop = strstr(name, " -->\n");
    const char *end = stop ? strstr(stop, "<!-- end -->") : NULL;

    if (!end) {
        complain(tally, file, STATE_OPEN, slice_of(name, strcspn(name, " \n")));
        return NULL;
    }
    const char *body = stop + sizeof " -->\n" - 1;
    struct slice is = slice_of(body, (size_t)(end - body));
    struct slice title = slice_of(name, (size_t)(stop - name));
    struct block *block = block_find(title);
    if (!block) {
        complain(tally, file, STATE_UNKNOWN, title);
        return NULL;
    }
    block->found = true;
    if (!slice_eq(is, slice_str(block->text)))
        complain(tally, file, STATE_STALE, title);
    else
        tally->of[STATE_GOOD]++;
    fwrite(name, 1, (size_t)(body - name), out);
    fputs(block->text, out);
    return end;
}

/* Copies `text` to `out` with every block as it should be. */
static struct tally
renew(const char *file, const char *text, FILE *out)
{
    static const char begin[] = "<!-- table: ";
    struct tally tally = {{0}};
    const char *at;

    while ((at = strstr(text, begin))) {
        const char *name = at + sizeof begin - 1;
        fwrite(text, 1, (size_t)(name - text), out);
        text = renew_block(&tally, file, name, out);
        if (!text)
            return tally;
    }
    fputs(text, out);
    for (unsigned i = 0; i < block_count; i++)
        if (!blocks[i].found)
            complain(&tally, file, STATE_MISSING, slice_str(blocks[i].name));
    return tally;
}

static bool
write_file(const char *file, const char *text, size_t len)
{
    FILE *out = fopen(file, "wb");

    if (!out)
        return false;
    bool whole = fwrite(text, 1, len, out) == len;
    return fclose(out) == 0 && whole;
}

static int
check(const char *file, bool update)
{
    struct bytes document = bytes_of_file(file);
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    struct tally tally = renew(file, (const char *)document.data, out);
    bool sound = !tally.of[STATE_UNKNOWN] && !tally.of[STATE_MISSING] &&
                 !tally.of[STATE_OPEN];

    fclose(out);
    bytes_free(&document);
    if (update && !tally.of[STATE_UNKNOWN] && !tally.of[STATE_OPEN] &&
        !write_file(file, text, len)) {
        perror(file);
        sound = false;
    }
    free(text);
    if (!update && tally.of[STATE_STALE]) {
        fprintf(stderr, "`make protocol` writes the stale blocks anew\n");
        sound = false;
    }
    if (!update)
        printf("%u passed, %u failed\n", tally.of[STATE_GOOD],
               tally.of[STATE_STALE] + tally.of[STATE_MISSING] +
                   tally.of[STATE_UNKNOWN] + tally.of[STATE_OPEN]);
    return sound ? 0 : 1;
}

int
main(int argc, char **argv)
{
    blocks = blocks_make(&block_count);
    if (argc == 3 && !strcmp(argv[1], "--check"))
        return check(argv[2], false);
    if (argc == 3 && !strcmp(argv[1], "--update"))
        return check(argv[2], true);
    for (unsigned i = 0; i < block_count; i++)
        printf("<!-- table: %s -->\n%s<!-- end -->\n\n", blocks[i].name,
               blocks[i].text);
    return 0;
}
