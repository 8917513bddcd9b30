/* SPDX-License-Identifier: MPL-2.0 */
/*
 * echo_bot: says in a room what others say to it in private.
 *
 *     echo_bot [URL [ROOM]]      then: confab tell echo hello
 *
 * A bot never answers a notice, and what it says itself is one: so two bots
 * cannot talk each other to death.
 */
#include <stdio.h>
#include <string.h>

#include "client/confab.h"

static void
echo(confab *c, const char *room, const confab_event *e)
{
    static const struct confab_extra notice = {.kind = "notice"};
    bool asked = e->type == CONFAB_TELL && e->text &&
                 (!e->kind || strcmp(e->kind, "notice") != 0);
    if (!asked)
        return;
    if (confab_say(c, room, e->text, &notice, NULL) ||
        confab_tell(c, e->from, "said it", &notice, NULL))
        fprintf(stderr, "echo_bot: %s\n", confab_last_error());
}

int
main(int argc, char **argv)
{
    const char *room = argc > 2 ? argv[2] : "lobby";
    struct confab_options options = {
        .id = "echo",
        .url = argc > 1 ? argv[1] : NULL,
        .agent = "echo_bot",
    };
    confab *c = NULL;
    if (confab_open(&c, &options) || confab_join(c, room, 0)) {
        fprintf(stderr, "echo_bot: %s\n", confab_last_error());
        confab_close(&c, 0);
        return 1;
    }
    confab_event *e = NULL;
    while (!confab_next(c, &e, -1)) {
        echo(c, room, e);
        if (e->type == CONFAB_JOINED)
            fprintf(stderr, "echo_bot: in %s\n", e->room);
        if (e->type == CONFAB_BYE)
            fprintf(stderr, "echo_bot: %s %s\n", e->why,
                    e->text ? e->text : "");
        confab_event_free(&e);
    }
    confab_close(&c, 1000);
    return 1; /* it only ends when the broker wants it to */
}
