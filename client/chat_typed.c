/* SPDX-License-Identifier: MPL-2.0 */
/*
 * chat_typed: what is typed: text for the conversation that is looked at, or a
 * command. A text that is to begin with a slash is typed with two.
 *
 * What is said waits at the end of its conversation until the broker has it,
 * online or not. Without a terminal nobody can be asked to say it again later,
 * so there a full outbox is waited for.
 */
#include "chat_slash.h"

void
chat_ask(struct chat *ch, int error, struct question question)
{
    char name[LIMIT_NAME + 1];
    memcpy(name, question.name, sizeof name);
    if (!error && !pending_add(&ch->pending, question))
        error = CONFAB_ENOMEM;
    if (error)
        (void)cmd_failed(ch->cmd, error, name); /* told; the chat goes on */
}

static int
put(struct chat *ch, const struct chat_buffer *b, const char *text,
    const struct confab_extra *extra, uint64_t *number)
{
    if (b->kind == BUFFER_ROOM)
        return confab_say(ch->cmd->c, b->name, text, extra, number);
    return confab_tell(ch->cmd->c, b->name, text, extra, number);
}

int
chat_speak(struct chat *ch, struct chat_buffer *b, const char *text,
           const char *kind)
{
    struct confab_extra extra = {.kind = kind,
                                 .receipt = b->kind == BUFFER_PERSON};
    struct question q = {.op = b->kind == BUFFER_ROOM ? OP_SAY : OP_TELL};
    int error = put(ch, b, text, &extra, &q.number);
    if (error == CONFAB_EFULL)
        return error;
    snprintf(q.name, sizeof q.name, "%s", b->name);
    chat_ask(ch, error, q);
    if (error)
        return error;
    bool acts = kind && strcmp(kind, "action") == 0;
    struct entry entry = {
        .time = cmd_wall(),
        .number = q.number,
        .kind = acts ? ENTRY_ACTION : ENTRY_MESSAGE,
        .tick = TICK_WAITING,
        .own = true,
        .from = ch->cmd->id,
        .text = text,
        .text_len = strlen(text),
    };
    const struct entry *e = buffer_wait(b, &entry);
    if (e)
        ch->view->entry(ch, b, e);
    chat_changed(ch);
    return 0;
}

/* Takes one event, however long it takes. */
static int
take_event(struct chat *ch)
{
    confab_event *e = NULL;
    int code = cmd_next(ch->cmd, &e, INT64_MAX);
    if (!code)
        chat_event(ch, e);
    confab_event_free(&e);
    return code;
}

/* Without a terminal: as soon as the outbox takes it. */
static int
speak_soon(struct chat *ch, const char *text, const char *kind)
{
    struct chat_buffer *b = buffers_current(&ch->buffers);
    int error = chat_speak(ch, b, text, kind);
    while (error == CONFAB_EFULL && !ch->line && take_event(ch) == 0) {
        b = buffers_current(&ch->buffers); /* the one before may be closed */
        if (b->kind == BUFFER_PROGRAM)
            break;
        error = chat_speak(ch, b, text, kind);
    }
    return error;
}

bool
chat_speak_here(struct chat *ch, const char *text, const char *kind)
{
    const struct chat_buffer *b = buffers_current(&ch->buffers);
    if (b->kind == BUFFER_PROGRAM) {
        chat_say(ch, ch->buffers.len == 1
                         ? "you are in no room: /join ROOM"
                         : "nobody is here: Ctrl-N goes to the next window, "
                           "/join ROOM opens one");
        return false;
    }
    if (b->kind == BUFFER_ROOM && !b->wanted) {
        chat_wrong(ch, "you are not in %s any more: /join %s", b->name,
                   b->name);
        return false;
    }
    int error = speak_soon(ch, text, kind);
    if (error == CONFAB_EFULL)
        chat_wrong(ch,
                   "%zu messages wait to be sent, and no more can: this "
                   "one stays in the line",
                   confab_unsent(ch->cmd->c));
    return !error;
}

static bool
command(struct chat *ch, char *text)
{
    char *words = NULL;
    const char *name = slash_word(text, &words);
    const struct slash *row = slash_find(name);
    if (row) {
        row->run(ch, words);
        return true;
    }
    const char *guess = slash_guess(name);
    if (guess)
        chat_wrong(ch,
                   "there is no /%s; did you mean /%s? /help tells what "
                   "there is",
                   name, guess);
    else
        chat_wrong(ch, "there is no /%s; /help tells what there is", name);
    return true;
}

bool
chat_typed(struct chat *ch, char *text)
{
    if (text[0] == '/' && text[1] != '/')
        return command(ch, text + 1);
    if (text[0] == '/')
        text++;
    return !*text || chat_speak_here(ch, text, NULL);
}
