/* SPDX-License-Identifier: MPL-2.0 */
/*
 * room_to_stdout: prints what is said in a room, one line a message.
 *
 *     room_to_stdout ID ROOM [COUNT [URL]]
 *
 * With COUNT it ends after so many messages. Nothing is missing, nothing is
 * there twice, also when the broker is restarted in between; what cannot be had
 * any more is told on stderr.
 */
#include <stdio.h>
#include <stdlib.h>

#include "client/confab.h"

/* Others' text may hold control characters, which are not for a terminal. */
static void
print(const confab_event *e)
{
    printf("%s: ", e->from);
    for (size_t i = 0; i < e->text_len; i++)
        putchar((unsigned char)e->text[i] < ' ' ? ' ' : e->text[i]);
    putchar('\n');
    fflush(stdout);
}

int
main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: room_to_stdout ID ROOM [COUNT [URL]]\n");
        return 2;
    }
    long left = argc > 3 ? strtol(argv[3], NULL, 10) : -1;
    struct confab_options options = {
        .id = argv[1],
        .url = argc > 4 ? argv[4] : NULL,
    };
    confab *c = NULL;
    if (confab_open(&c, &options) || confab_join(c, argv[2], 0)) {
        fprintf(stderr, "room_to_stdout: %s\n", confab_last_error());
        confab_close(&c, 0);
        return 1;
    }
    confab_event *e = NULL;
    while (left && !confab_next(c, &e, -1)) {
        if (e->type == CONFAB_JOINED)
            fprintf(stderr, "room_to_stdout: in %s\n", e->room);
        if (e->type == CONFAB_LOST)
            fprintf(stderr, "room_to_stdout: lost some\n");
        if (e->type == CONFAB_SAY) {
            print(e);
            left -= left > 0;
        }
        confab_event_free(&e);
    }
    confab_close(&c, 0);
    return left > 0; /* ended by the broker before COUNT */
}
