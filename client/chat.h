/* SPDX-License-Identifier: MPL-2.0 */
/*
 * chat: `confab chat`, the state and its parts.
 *
 * What happens becomes entries of conversations (buffer.h) in one place,
 * chat_event.c, and what is typed becomes messages and questions in one place,
 * chat_typed.c and the table of slash commands. How it looks is the view's
 * matter: chat_full.c has the whole terminal, chat_plain.c prints each entry as
 * it comes and keeps the typed line below it; without a terminal the same
 * program reads plain lines and prints plain lines.
 *
 * The loop (chat_loop.c) looks at the keys between small batches of events, so
 * that a flood never keeps a key waiting, and draws when something changed.
 */
#ifndef CONFAB_CHAT_H
#define CONFAB_CHAT_H

#include "cmd.h"
#include "cmd_lines.h"
#include "cmd_pending.h"
#include "complete.h"
#include "marks.h"

enum {
    CHAT_BATCH_MS = 5,    /* events are taken so long, then come the keys */
    CHAT_DRAW_MS = 33,    /* between two pictures that no key asked for */
    CHAT_MARKS_MS = 3000, /* after a change, what was read is written down */
    CHAT_PAUSE_MS = 1000, /* of the keyboard, for that */
    CHAT_MARKS_LAST_MS = 15000, /* without such a pause */
    CHAT_MAIL_MS = 300,      /* quiet so long, mail that waited is all there */
    CHAT_BELL_MS = 2000,     /* between two bells */
    CHAT_INVITED_MS = 10000, /* between two that one has to look at */
    CHAT_PAGE = 200,    /* messages of history that are asked for at once */
    CHAT_UNREAD = 2000, /* as many are fetched to reach the marker */
    CHAT_FEW = 50,      /* with fewer, a person's history is asked for */
    CHAT_WAITERS = 8,   /* senders of waiting mail that are named */
    CHAT_ROOMS = 1000,  /* rooms whose names are known, for Tab */
    CHAT_FOUND = 50,    /* messages that /search shows */
    CHAT_HISTORY = 20,  /* messages that /history prints in line mode */
};

struct chat;

/* Somebody came or went. */
struct chat_coming {
    const char *id;
    bool enters;
    const char *why; /* NULL: by himself */
    uint64_t time;
};

/* How a chat is seen. */
struct chat_view {
    bool history; /* what is opened is filled from the log */
    /* Takes the terminal. 0, or an exit code after saying why not; `*fault`
     * is set instead when line mode can do it. */
    int (*open)(struct chat *ch, const char **fault);
    void (*close)(struct chat *ch);
    /* An entry has come, or (TICK_WAITING) was just typed. */
    void (*entry)(struct chat *ch, struct chat_buffer *b,
                  const struct entry *e);
    void (*coming)(struct chat *ch, struct chat_buffer *b,
                   const struct chat_coming *coming);
    /* Messages that were asked for and belong to no conversation that is open,
     * or are shown again. */
    void (*page)(struct chat *ch, const confab_event *messages, size_t len);
    void (*draw)(struct chat *ch);
    void (*resized)(struct chat *ch);
    void (*command)(struct chat *ch, enum line_command command);
    void (*clear)(struct chat *ch);
    void (*bell)(struct chat *ch);
};
extern const struct chat_view chat_plain, chat_full;

/* Mail that was waiting when we came. */
struct chat_mail {
    uint64_t before; /* sent before this time, the broker's */
    int64_t tell_at; /* 0: nothing to tell */
    unsigned count;
    struct {
        char id[LIMIT_NAME + 1];
        unsigned count;
    } from[CHAT_WAITERS];
    size_t len;
};

/* What was pasted: first it is asked about, then said. */
struct chat_paste {
    char *text; /* owned; NULL: none */
    size_t len, at;
    size_t lines;
    bool asking;           /* the keys answer */
    enum buffer_kind kind; /* for whom it is; */
    char name[LIMIT_NAME + 1];
    char question[LIMIT_NAME + 160];
};

/* The bottom row of line mode, as it was drawn last. */
struct chat_row {
    bool drawn;
    unsigned column; /* of the cursor */
    size_t len, cursor;
    char text[LIMIT_TEXT + 1];
    char prompt[LIMIT_NAME + 8];
};

struct chat {
    struct cmd *cmd;
    const struct chat_view *view;
    struct buffers buffers;
    struct line *line;   /* NULL: no terminal */
    struct line *answer; /* what is typed while a paste asks */
    struct lines in;     /* without a terminal this is read */
    struct complete complete;
    struct marks marks;
    struct pending pending;
    struct chat_paste paste;
    struct chat_mail mail;
    struct chat_row row;
    char *rooms[CHAT_ROOMS + 1]; /* all names that we heard of; NULL ends */
    size_t room_count;
    char found[512];      /* what Tab has to choose from, "": nothing */
    char last_words[512]; /* the notice that came last */
    char told_away[LIMIT_NAME + 1]; /* who is known to be away */
    bool dirty;                     /* the picture is not what it should be */
    bool more;                      /* events are waiting */
    bool members;                   /* their list is shown */
    bool keeps_marks;      /* a terminal: what was read is remembered */
    int64_t draw_at;       /* not before */
    int64_t key_at;        /* the last byte of the keyboard came */
    int64_t marks_at;      /* 0: nothing changed */
    uint64_t minute;       /* of the time of day that is shown, since 1970 */
    int64_t bell_at;       /* not before */
    int64_t invited_at;    /* not before */
    int64_t offline_since; /* 0: never, or online */
    bool quit;
};

/* chat_loop.c: runs until the end. 0 or an exit code. */
[[nodiscard]] int chat_loop(struct chat *ch);
/* Something is to be drawn, and remembered. */
void chat_changed(struct chat *ch);

/* chat_event.c: what the broker says. */
void chat_event(struct chat *ch, const confab_event *e);
/* A message as an entry that borrows from `e`, and `*made`, which is to be
 * freed. False: it is not to be seen. */
bool chat_entry(struct chat *ch, const confab_event *e, struct entry *entry,
                char **made);
/* Tells of the mail that waited, when it is all there. */
void chat_mail_due(struct chat *ch, int64_t now);

/* chat_answer.c: what it answers. */
void chat_answer(struct chat *ch, const confab_event *e);

/* chat_notice.c: what this program says. "-- ..." in the conversation that is
 * looked at; the first is a cmd->show, so its context is a chat. */
void chat_notice(void *context, const char *line);
void chat_say(struct chat *ch, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void chat_wrong(struct chat *ch, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* In the conversation `b`. */
void chat_news(struct chat *ch, struct chat_buffer *b, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "2026-11-22 ", nothing for what is of today; how many columns that is. */
unsigned chat_day(FILE *out, uint64_t time);
/* "lobby (2): ann, bob" */
void chat_list(struct chat *ch, struct chat_buffer *b, const confab_event *e,
               const char *what);

/* chat_history.c */
/* Asks for older messages than those that are there. */
void chat_older(struct chat *ch, struct chat_buffer *b, unsigned limit);
/* A conversation is looked at: a person's is filled. */
void chat_fill(struct chat *ch, struct chat_buffer *b);
/* A page has come; one that is not waited for is dropped. */
void chat_page(struct chat *ch, struct chat_buffer *b, const confab_event *e);

/* chat_window.c: which conversation is looked at. */
void chat_show(struct chat *ch, struct chat_buffer *b);
void chat_step(struct chat *ch, int step);
void chat_go(struct chat *ch, size_t number);
void chat_active(struct chat *ch);
void chat_close(struct chat *ch, struct chat_buffer *b);
/* Joins the room, or goes to it when `shows`. */
void chat_join(struct chat *ch, const char *name, bool shows);
/* Opens and gives the conversation with a person. NULL after saying why. */
struct chat_buffer *chat_person(struct chat *ch, const char *id);
/* The room that is looked at, NULL: it is none. */
struct chat_buffer *chat_room(const struct chat *ch);

/* chat_typed.c: a whole line was typed: says it, or does what it commands.
 * False: it was not taken, and why has been told. */
bool chat_typed(struct chat *ch, char *text);
/* Says it in the conversation, whatever it begins with. CONFAB_EFULL has not
 * been told. */
int chat_speak(struct chat *ch, struct chat_buffer *b, const char *text,
               const char *kind);
/* Says it in the conversation that is looked at. False after saying why not. */
bool chat_speak_here(struct chat *ch, const char *text, const char *kind);
/* Notes the question `number` about `name`, or tells why it could not be put.
 */
void chat_ask(struct chat *ch, int error, struct question question);

/* chat_paste.c */
void chat_pasted(struct chat *ch, const char *text, size_t len);
/* A byte of the keyboard, while it asks. */
void chat_paste_key(struct chat *ch, uint8_t byte);
/* No further byte came. */
void chat_paste_idle(struct chat *ch);
/* Says what fits into the outbox. */
void chat_paste_go_on(struct chat *ch);
void chat_paste_drop(struct chat *ch);

/* chat_tab.c */
void chat_tab(struct chat *ch, int step);
void chat_tab_end(struct chat *ch);
/* Learns names of rooms. */
void chat_learn(struct chat *ch, const confab_event *e);
void chat_tab_fini(struct chat *ch);

#endif
