/* SPDX-License-Identifier: MPL-2.0 */
/*
 * chat_tab: what Tab has to choose from: the table of commands says what the
 * first word behind each of them is, the broker which rooms there are.
 */
#define _GNU_SOURCE /* strdup */
#include <stdlib.h>

#include "chat_slash.h"

/* What the word at the cursor may be: the command itself, what the command says
 * of its first word, or anybody. */
static enum complete_what
what_of(const struct line *l)
{
    static const enum complete_what whats[] = {
        [TAKES_NOTHING] = COMPLETE_IDS,
        [TAKES_ROOM] = COMPLETE_ROOMS,
        [TAKES_ID] = COMPLETE_IDS,
        [TAKES_COMMAND] = COMPLETE_COMMANDS,
    };
    char name[32];
    size_t first = strcspn(l->text, " ");
    if (l->text[0] != '/' || l->text[1] == '/')
        return COMPLETE_IDS;
    if (l->cursor <= first)
        return COMPLETE_COMMANDS;
    size_t word = first + strspn(l->text + first, " ");
    snprintf(name, sizeof name, "%.*s", (int)first - 1, l->text + 1);
    const struct slash *row = slash_find(name);
    if (!row || l->cursor > word + strcspn(l->text + word, " "))
        return COMPLETE_IDS;
    return whats[row->takes];
}

/* "ann, anna, annika" as far as there is room. */
static void
list_found(struct chat *ch)
{
    const struct complete *c = &ch->complete;
    size_t at = 0;
    *ch->found = '\0';
    for (size_t i = 0; c->len > 1 && i < c->len; i++) {
        size_t need = strlen(c->found[i]) + 8;
        if (at + need > sizeof ch->found) {
            snprintf(ch->found + at, sizeof ch->found - at, ", ...");
            return;
        }
        at += (size_t)snprintf(ch->found + at, sizeof ch->found - at, "%s%s",
                               i ? ", " : "", c->found[i]);
    }
}

void
chat_tab(struct chat *ch, int step)
{
    const char *names[SLASH_MOST + 1];
    size_t count = 0;
    bool again = ch->complete.active;
    for (size_t i = 0; i < slash_count; i++)
        names[count++] = slashes[i].name;
    names[count] = NULL;
    struct complete_source source = {
        .buffers = &ch->buffers,
        .commands = names,
        .rooms = (const char *const *)ch->rooms,
        .what = what_of(ch->line),
    };
    if (!complete_step(&ch->complete, ch->line, step, &source))
        chat_tab_end(ch);
    else
        list_found(ch);
    if (*ch->found && !again && !ch->view->history)
        chat_say(ch, "%s", ch->found);
    chat_changed(ch);
}

void
chat_tab_end(struct chat *ch)
{
    if (!ch->complete.active && !*ch->found)
        return;
    complete_end(&ch->complete);
    *ch->found = '\0';
    chat_changed(ch);
}

static bool
is_known(const struct chat *ch, const char *name)
{
    for (size_t i = 0; i < ch->room_count; i++) {
        if (strcmp(ch->rooms[i], name) == 0)
            return true;
    }
    return false;
}

void
chat_learn(struct chat *ch, const confab_event *e)
{
    for (size_t i = 0; i < e->rooms_len && ch->room_count < CHAT_ROOMS; i++) {
        char *name = is_known(ch, e->rooms[i].name) ? NULL
                                                    : strdup(e->rooms[i].name);
        if (name)
            ch->rooms[ch->room_count++] = name;
    }
}

void
chat_tab_fini(struct chat *ch)
{
    for (size_t i = 0; i < ch->room_count; i++)
        free(ch->rooms[i]);
    ch->room_count = 0;
    complete_end(&ch->complete);
}
