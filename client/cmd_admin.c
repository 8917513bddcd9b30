/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_admin: `confab admin`, what moderators, owners of rooms and admins do.
 *
 * Two tables with the same rows: admin_subs is what --help and the shells say,
 * `deeds` which words and options make which order of libconfab's. What is done
 * is silent, as `confab say` is; --json prints the broker's answer.
 */
#define _GNU_SOURCE /* localtime_r */
#include <stdlib.h>
#include <time.h>

#include "args_meant.h"
#include "cmd.h"
#include "cmd_text.h"

enum deed_id {
    DEED_INVITE,
    DEED_REMOVE,
    DEED_KICK,
    DEED_BAN,
    DEED_UNBAN,
    DEED_MUTE,
    DEED_UNMUTE,
    DEED_REDACT,
    DEED_ABOUT,
    DEED_LIST,
    DEED_RELOAD,
    DEED_COUNT,
};

const struct subcommand admin_subs[] = {
    [DEED_INVITE] = {"invite", "ROOM ID", "onto the list of a closed room"},
    [DEED_REMOVE] = {"remove", "ROOM ID", "off that list, and out of it"},
    [DEED_KICK] = {"kick", "ID", "end its sessions; --room: put it out"},
    [DEED_BAN] = {"ban", "ID", "keep out; also --public-key, --address"},
    [DEED_UNBAN] = {"unban", "ID", "let in again"},
    [DEED_MUTE] = {"mute", "ID", "may read and not speak"},
    [DEED_UNMUTE] = {"unmute", "ID", "may speak again"},
    [DEED_REDACT] = {"redact", "ROOM SEQ", "take a message away"},
    [DEED_ABOUT] = {"about", "ROOM [TEXT...]", "set or remove the subject"},
    [DEED_LIST] = {"list", "bans|mutes|members|claims",
                   "bans, mutes, claims; members of --room"},
    [DEED_RELOAD] = {"reload", "", "the broker reads its files again"},
    [DEED_COUNT] = {NULL, NULL, NULL},
};

enum takes {
    TAKES_ROOM = 1 << 0,
    TAKES_FOR = 1 << 1,
    TAKES_REASON = 1 << 2,
    TAKES_ROLE = 1 << 3,
    TAKES_WHOM = 1 << 4, /* a key or an address in place of the id */
};

enum words {
    WORDS_NONE,
    WORDS_ID,
    WORDS_ROOM_ID,
    WORDS_SEQ,
    WORDS_TEXT,
    WORDS_KIND
};

static const struct deed {
    enum confab_act act;
    enum words words;
    unsigned takes;
    bool back; /* takes back what was done */
} deeds[DEED_COUNT] = {
    [DEED_INVITE] = {CONFAB_DO_INVITE, WORDS_ROOM_ID, TAKES_FOR | TAKES_ROLE,
                     false},
    [DEED_REMOVE] = {CONFAB_DO_INVITE, WORDS_ROOM_ID, 0, true},
    [DEED_KICK] = {CONFAB_DO_KICK, WORDS_ID, TAKES_ROOM | TAKES_REASON, false},
    [DEED_BAN] = {CONFAB_DO_BAN, WORDS_ID,
                  TAKES_ROOM | TAKES_FOR | TAKES_REASON | TAKES_WHOM, false},
    [DEED_UNBAN] = {CONFAB_DO_BAN, WORDS_ID,
                    TAKES_ROOM | TAKES_REASON | TAKES_WHOM, true},
    [DEED_MUTE] = {CONFAB_DO_MUTE, WORDS_ID,
                   TAKES_ROOM | TAKES_FOR | TAKES_REASON, false},
    [DEED_UNMUTE] = {CONFAB_DO_MUTE, WORDS_ID, TAKES_ROOM | TAKES_REASON, true},
    [DEED_REDACT] = {CONFAB_DO_REDACT, WORDS_SEQ, TAKES_REASON, false},
    [DEED_ABOUT] = {CONFAB_DO_ABOUT, WORDS_TEXT, 0, false},
    [DEED_LIST] = {CONFAB_DO_LIST, WORDS_KIND, TAKES_ROOM, false},
    [DEED_RELOAD] = {CONFAB_DO_RELOAD, WORDS_NONE, 0, false},
};

/* The row with this name, -1: none. */
static int
deed_find(const char *name)
{
    for (int i = 0; i < DEED_COUNT; i++) {
        if (strcmp(admin_subs[i].name, name) == 0)
            return i;
    }
    return -1;
}

static int
no_deed(struct cmd *cmd)
{
    struct meant meant = {.typed = cmd->args->words[0]};
    for (int i = 0; i < DEED_COUNT; i++)
        args_meant_look(&meant, admin_subs[i].name);
    cmd_error(
        cmd, "admin: \"%s\" is nothing that can be done%s%s%s", meant.typed,
        meant.word ? ", did you mean " : "", meant.word ? meant.word : "",
        meant.word ? "? See confab admin --help" : "; see confab admin --help");
    return EXIT_USAGE;
}

/* The first option that was given and does not go with the deed. */
static const char *
option_fault(const struct args *args, const struct deed *deed)
{
    const struct {
        bool given;
        enum takes takes;
        const char *name;
    } rows[] = {
        {args->room, TAKES_ROOM, "--room"},
        {args->lasts.given, TAKES_FOR, "--for"},
        {args->reason, TAKES_REASON, "--reason"},
        {args->role, TAKES_ROLE, "--role"},
        {args->public_key, TAKES_WHOM, "--public-key"},
        {args->address, TAKES_WHOM, "--address"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].given && !(deed->takes & rows[i].takes))
            return rows[i].name;
    }
    return NULL;
}

/* False: not so many words. */
static bool
word_count_fits(const struct args *args, const struct deed *deed)
{
    bool whom = args->public_key || args->address;
    int count = args->word_count - 1;
    switch (deed->words) {
    case WORDS_NONE:
        return count == 0;
    case WORDS_ID:
        return count == (whom ? 0 : 1) && !(args->public_key && args->address);
    case WORDS_KIND:
        return count == 1;
    case WORDS_ROOM_ID:
    case WORDS_SEQ:
        return count == 2;
    case WORDS_TEXT:
        return count >= 1;
    }
    return false;
}

static const char *
kind_of(const char *word)
{
    static const char *const rows[][2] = {{"bans", "ban"},
                                          {"mutes", "mute"},
                                          {"members", "member"},
                                          {"claims", "claim"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(word, rows[i][0]) == 0)
            return rows[i][1];
    }
    return NULL;
}

/* The words from the second on, with a space between; to be freed. */
static char *
join_words(const struct args *args)
{
    size_t size = 1;
    for (int i = 2; i < args->word_count; i++)
        size += strlen(args->words[i]) + 1;
    char *text = calloc(size, 1);
    size_t at = 0;
    for (int i = 2; text && i < args->word_count; i++)
        at += (size_t)snprintf(text + at, size - at, "%s%s", i > 2 ? " " : "",
                               args->words[i]);
    return text;
}

/* Puts the words into the order. False: one of them is not what it should be.
 */
static bool
take_words(const struct args *args, const struct deed *deed,
           struct confab_order *order, char **made)
{
    const char **words = args->words + 1;
    char *end = NULL;
    switch (deed->words) {
    case WORDS_NONE:
        return true;
    case WORDS_ID:
        order->id = args->word_count > 1 ? words[0] : NULL;
        return true;
    case WORDS_ROOM_ID:
        order->room = words[0];
        order->id = words[1];
        return true;
    case WORDS_SEQ:
        order->room = words[0];
        order->seq = strtoull(words[1], &end, 10);
        return order->seq && !*end && *words[1] != '-';
    case WORDS_TEXT:
        order->room = words[0];
        order->about = *made = join_words(args);
        return *made;
    case WORDS_KIND:
        order->kind = kind_of(words[0]);
        return order->kind;
    }
    return false;
}

static void
print_moment(uint64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm = {0};
    char text[32] = "?";
    if (localtime_r(&seconds, &tm))
        strftime(text, sizeof text, "%Y-%m-%d %H:%M", &tm);
    fputs(text, stdout);
}

/* seq, whom, since when, until when, by whom, and more, with tabs between. */
static void
print_ruling(const struct confab_ruling *r)
{
    const char *whom = r->id ? r->id : r->key ? r->key : r->address;
    printf("%llu\t", (unsigned long long)r->seq);
    text_clean_str(stdout, whom ? whom : "?");
    putchar('\t');
    print_moment(r->time);
    putchar('\t');
    if (r->until)
        print_moment(r->until);
    else
        putchar('-');
    putchar('\t');
    text_clean_str(stdout, r->by ? r->by : "?");
    putchar('\t');
    text_clean_str(stdout, r->role ? r->role : r->text ? r->text : "");
    putchar('\n');
}

static void
print_answer(const struct cmd *cmd, const confab_event *e)
{
    if (cmd->args->json) {
        cmd_print_json(e);
        return;
    }
    for (size_t i = 0; i < e->rulings_len; i++)
        print_ruling(&e->rulings[i]);
}

/* Gives the order, of a list page after page. */
static int
give_order(struct cmd *cmd, struct confab_order *order, const char *doing)
{
    bool more = true;
    while (more) {
        uint64_t number = 0;
        confab_event *e = NULL;
        int error = confab_admin(cmd->c, order, &number);
        if (error)
            return cmd_failed(cmd, error, doing);
        int code = cmd_answer(cmd, number, doing, &e);
        if (code)
            return code;
        print_answer(cmd, e);
        more = e->more && e->rulings_len;
        if (more)
            order->seq = e->rulings[e->rulings_len - 1].seq;
        confab_event_free(&e);
    }
    return 0;
}

static int
usage(const struct cmd *cmd, int row)
{
    cmd_error(cmd, "usage: confab admin %s %s; see confab admin --help",
              admin_subs[row].name, admin_subs[row].words);
    return EXIT_USAGE;
}

static int
run_deed(struct cmd *cmd, int row, char **made)
{
    const struct args *args = cmd->args;
    const struct deed *deed = &deeds[row];
    struct confab_order order = {
        .act = deed->act,
        .room = args->room,
        .key = args->public_key,
        .address = args->address,
        .role = args->role,
        .text = args->reason,
        .lasts = args->lasts.ms,
        .limited = deed->back,
    };
    char doing[64];
    if (!word_count_fits(args, deed) || !take_words(args, deed, &order, made))
        return usage(cmd, row);
    snprintf(doing, sizeof doing, "admin %s", admin_subs[row].name);
    int code = cmd_open(cmd, CMD_SENDING, NULL, NULL);
    return code ? code : give_order(cmd, &order, doing);
}

int
cmd_admin(struct cmd *cmd)
{
    const struct args *args = cmd->args;
    char *made = NULL;
    int row = deed_find(args->words[0]);
    if (row < 0)
        return no_deed(cmd);
    const char *fault = option_fault(args, &deeds[row]);
    if (fault) {
        cmd_error(cmd, "admin %s takes no %s; see confab admin --help",
                  admin_subs[row].name, fault);
        return EXIT_USAGE;
    }
    int code = run_deed(cmd, row, &made);
    free(made);
    return code;
}
