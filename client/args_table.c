/* SPDX-License-Identifier: MPL-2.0 */
/*
 * args_table: the options of `confab`, a row each.
 *
 * How a row is read is in args.c and args_value.c, how it is shown in
 * args_help.c. A new option is a new row here and a field of struct args. Two
 * rows may share a letter when no command takes both and both take a value, or
 * neither does.
 */
#include "args.h"

#include <assert.h>

#define AT(member) offsetof(struct args, member)
#define FOR(command) (1U << COMMAND_##command)
#define FOR_SENDING (FOR(SAY) | FOR(TELL))
#define FOR_LISTENING (FOR(LISTEN) | FOR(RUN))
#define FOR_READING (FOR(LISTEN) | FOR(HISTORY))
#define FOR_ASKING (FOR(HISTORY) | FOR(SEARCH))
#define FOR_MEMBERS (FOR_LISTENING | FOR(CHAT))

const struct arg_option arg_options[] = {
    {"broker", 'b', ARG_TEXT, AT(broker), "URL", "CONFAB_BROKER", 0,
     "the broker: tcp://... or confab://..."},
    {"id", 'i', ARG_NAME, AT(id), "ID", "CONFAB_ID", 0,
     "who you are (user name and a number)"},
    {"key", 'k', ARG_TEXT, AT(key), "FILE", "CONFAB_KEY", 0,
     "the file of your keys (made at need)"},
    {"password-file", 0, ARG_TEXT, AT(password_file), "FILE",
     "CONFAB_PASSWORD_FILE", 0, "your password; -: ask for it"},
    {"profile", 'p', ARG_TEXT, AT(profile), "NAME", "CONFAB_PROFILE", 0,
     "settings under [NAME] in your file"},
    {"json", 'j', ARG_TRUE, AT(json), NULL, NULL, 0,
     "every line a message of the protocol, in JSON"},
    {"timeout", 't', ARG_SECONDS, AT(timeout), "SEC", "CONFAB_TIMEOUT", 0,
     "how long to wait for the broker (5)"},
    {"quiet", 'q', ARG_TRUE, AT(quiet), NULL, NULL, 0,
     "no notices on stderr, only errors"},
    {"verbose", 'v', ARG_TRUE, AT(verbose), NULL, NULL, 0,
     "say more: seq numbers, who comes and goes"},
    {"color", 0, ARG_CHOICE, AT(color), "auto|always|never", "CONFAB_COLOR", 0,
     "colours (auto: not with NO_COLOR)"},
    {"version", 'V', ARG_TRUE, AT(version), NULL, NULL, 0, "print the version"},
    {"help", 'h', ARG_TRUE, AT(help), NULL, NULL, 0, "print this help"},
    {"lines", 'l', ARG_TRUE, AT(lines), NULL, NULL, FOR_SENDING,
     "each line of stdin is a message"},
    {"kind", 0, ARG_TEXT, AT(kind), "KIND", NULL, FOR_SENDING,
     "the message's kind: action, notice, ..."},
    {"re", 0, ARG_SEQ, AT(re), "SEQ", NULL, FOR_SENDING,
     "the message that this one answers"},
    {"keep", 0, ARG_TRUE, AT(keep), NULL, NULL, FOR_SENDING,
     "store it (the default)"},
    {"no-keep", 0, ARG_FALSE, AT(keep), NULL, NULL, FOR_SENDING,
     "do not store it: who is not there misses it"},
    {"once", 0, ARG_NAME, AT(once), "KEY", NULL, FOR_SENDING,
     "said again under this key, it is not stored again"},
    {"receipt", 0, ARG_TRUE, AT(receipt), NULL, NULL, FOR(TELL),
     "tell the inbox of your id when it was received"},
    {"count", 'C', ARG_COUNT, AT(count), "COUNT", NULL,
     FOR_LISTENING | FOR(PING), "stop after so many"},
    {"number", 'n', ARG_COUNT, AT(count), "COUNT", NULL, FOR_ASKING,
     "how many messages at most"},
    {"wait", 'W', ARG_SECONDS, AT(wait), "SEC", NULL, FOR_LISTENING,
     "stop after so many seconds, with exit code 124"},
    {"end", 'e', ARG_TRUE, AT(end), NULL, NULL, FOR_LISTENING,
     "only what is there, then stop"},
    {"follow", 'f', ARG_TRUE, AT(follow), NULL, NULL, FOR_READING,
     "go on with what comes (listen does anyway)"},
    {"since", 0, ARG_SINCE, AT(since), "SEQ|-N|10m|TIME|begin", NULL,
     FOR_READING | FOR(SEARCH) | FOR(RUN),
     "behind SEQ, the newest N, from 10 minutes ago on"},
    {"state", 0, ARG_TEXT, AT(state), "FILE", NULL, FOR_READING | FOR(RUN),
     "remember in FILE what was done with, go on behind it"},
    {"after", 0, ARG_SEQ, AT(after), "SEQ", NULL, FOR(HISTORY),
     "only messages behind SEQ, the oldest first"},
    {"before", 0, ARG_SEQ, AT(before), "SEQ", NULL, FOR_ASKING,
     "only messages before SEQ, the newest of them"},
    {"with", 0, ARG_NAME, AT(with), "ID", NULL, FOR_ASKING,
     "the direct messages between you and ID"},
    {"mail", 0, ARG_TRUE, AT(mail), NULL, NULL, FOR_READING | FOR(RUN),
     "direct messages to you"},
    {"from", 0, ARG_NAME, AT(from), "ID", NULL, FOR(SEARCH),
     "only what ID has said"},
    {"raw", 'r', ARG_TRUE, AT(raw), NULL, NULL, FOR_READING | FOR(SEARCH),
     "only the text of each message"},
    {"reply", 'r', ARG_TRUE, AT(reply), NULL, NULL, FOR(RUN),
     "what CMD prints is said as the answer"},
    {"parallel", 'P', ARG_COUNT, AT(parallel), "COUNT", NULL, FOR(RUN),
     "so many at a time (1: in order)"},
    {"retry", 0, ARG_SEQ, AT(retry), "COUNT", NULL, FOR(RUN),
     "try a CMD that fails again, so often (0)"},
    {"kill-after", 0, ARG_SECONDS, AT(kill_after), "SEC", NULL, FOR(RUN),
     "end a CMD that runs longer (never)"},
    {"own", 0, ARG_TRUE, AT(own), NULL, NULL, FOR(RUN),
     "your own messages, too"},
    {"format", 0, ARG_TEXT, AT(format), "TEMPLATE", NULL,
     FOR_READING | FOR(SEARCH) | FOR(WHO) | FOR(ROOMS),
     "what a line looks like: '{time:%H:%M} {from}: {text}'"},
    {"direct", 0, ARG_TRUE, AT(direct), NULL, NULL, FOR_MEMBERS,
     "everything over one connection, no second socket"},
    {"plain", 0, ARG_TRUE, AT(plain), NULL, NULL, FOR(CHAT),
     "line by line: for screen readers, and slow lines"},
    {"theme", 0, ARG_CHOICE, AT(theme), "auto|dark|light|mono", "CONFAB_THEME",
     FOR(CHAT), "colours of the full screen"},
    {"manual-ack", 0, ARG_TRUE, AT(manual_ack), NULL, NULL, FOR(PIPE),
     "direct messages wait for your ack lines"},
    {"room", 0, ARG_NAME, AT(room), "ROOM", NULL, FOR(ADMIN) | FOR(SEARCH),
     "in this room alone, not everywhere"},
    {"for", 0, ARG_SPAN, AT(lasts), "10m|2h|7d", NULL, FOR(ADMIN),
     "how long (for ever)"},
    {"reason", 0, ARG_TEXT, AT(reason), "TEXT", NULL, FOR(ADMIN),
     "why; it is kept, and told to whom it is about"},
    {"role", 0, ARG_TEXT, AT(role), "member|owner", NULL, FOR(ADMIN),
     "invite: owners may invite others, too"},
    {"public-key", 0, ARG_TEXT, AT(public_key), "KEY", NULL, FOR(ADMIN),
     "ban, unban: a key, whatever id it takes"},
    {"address", 0, ARG_TEXT, AT(address), "IP[/BITS]", NULL, FOR(ADMIN),
     "ban, unban: an IP address or a network"},
};
const size_t arg_option_count = sizeof arg_options / sizeof *arg_options;
static_assert(sizeof arg_options / sizeof *arg_options <= ARG_OPTION_MAX,
              "more options than struct args can note");
