/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_table: the commands of `confab`, a row each.
 *
 * A row says what stands behind the command, what it does, and shows how it is
 * used. The examples are what most people read of a manual, so they show each
 * option of the command once; a test looks.
 */
#include "cmd.h"

static const struct subcommand completion_subs[] = {
    {"bash", "", "eval \"$(confab completion bash)\""},
    {"zsh", "", "a file _confab in the fpath"},
    {"fish", "", "confab completion fish | source"},
    {NULL, NULL, NULL},
};

const struct command commands[COMMAND_COUNT] = {
    [COMMAND_CHAT] =
        {
            .name = "chat",
            .words = "[ROOM...]",
            .summary = "talk; the default on a terminal",
            .examples =
                "confab -i ann chat lobby\n"
                "confab chat lobby dev\n"
                "confab chat --theme light lobby\n"
                "confab chat --plain lobby\n"
                "confab -b tcp://chat.example.org:7480 chat --direct lobby",
            .max_words = -1,
            .names = -1,
            .run = cmd_chat,
        },
    [COMMAND_SAY] =
        {
            .name = "say",
            .words = "ROOM [TEXT...|-]",
            .summary = "say something in a room; no text: all of stdin",
            .examples =
                "confab say lobby \"the build is done\"\n"
                "uptime | confab say lobby\n"
                "tail -f app.log | confab say -l log\n"
                "confab say lobby --kind action \"waves\"\n"
                "confab -v say lobby \"prints its seq\"\n"
                "confab say lobby --re 1795355500000001 \"an answer\"\n"
                "confab -i ci say --once build-1207 deploys \"1207 is out\"\n"
                "confab say lobby --no-keep \"gone when nobody hears it\"\n"
                "confab say lobby --keep \"stored, as it is anyway\"",
            .min_words = 1,
            .max_words = -1,
            .names = 1,
            .run = cmd_say,
        },
    [COMMAND_TELL] =
        {
            .name = "tell",
            .words = "ID [TEXT...|-]",
            .summary = "say something to one client alone",
            .examples =
                "confab tell bob hello\n"
                "confab -i ann tell bob --no-keep \"are you there?\"\n"
                "confab -i ann tell bob --receipt \"tell me when you have "
                "it\"\n"
                "confab tell bob -l --kind notice < report.txt\n"
                "confab tell bob --re 1795355500000001 \"an answer\"\n"
                "confab -i cron tell bob --once backup-17 \"the backup "
                "failed\"\n"
                "confab tell bob --keep \"waits until he comes, as it does "
                "anyway\"",
            .min_words = 1,
            .max_words = -1,
            .names = 1,
            .run = cmd_tell,
        },
    [COMMAND_LISTEN] =
        {
            .name = "listen",
            .words = "[ROOM...]",
            .summary = "print what is said, as it comes",
            .examples = "confab listen lobby\n"
                        "confab listen lobby dev --since 10m\n"
                        "confab listen -r -C 1 deploys\n"
                        "confab listen -e --since -20 lobby\n"
                        "confab listen -W 60 lobby\n"
                        "confab listen --format '{seq} {from} {text}' lobby\n"
                        "confab -i ann listen --mail\n"
                        "confab -i log listen --state log.state lobby >> log\n"
                        "confab listen -f --direct lobby\n"
                        "confab listen --json lobby | jq -r .text",
            .max_words = -1,
            .names = -1,
            .run = cmd_listen,
        },
    [COMMAND_RUN] =
        {
            .name = "run",
            .words = "[ROOM...] -- CMD [ARG...]",
            .summary = "run CMD for each message, which is on its stdin",
            .examples = "confab run deploys -- ./deployed.sh\n"
                        "confab run lobby -- jq -r .text\n"
                        "confab -i bot run -r lobby -- "
                        "sh -c 'echo \"hi $CONFAB_FROM\"'\n"
                        "confab -i bot run --mail --reply -- ./answer.py\n"
                        "confab -i ci run --state ci.state --retry 3 builds -- "
                        "./build.sh\n"
                        "confab run -P 4 --kill-after 60 jobs -- ./work.py\n"
                        "confab run -e --since 1d --own lobby -- ./count.py\n"
                        "confab run -C 1 -W 600 --direct deploys -- ./go.sh",
            .max_words = -1,
            .names = -1,
            .run = cmd_run,
        },
    [COMMAND_HISTORY] =
        {
            .name = "history",
            .words = "[ROOM]",
            .summary = "print what was said",
            .examples =
                "confab history lobby -n 20\n"
                "confab history lobby --since 1h --json\n"
                "confab history lobby --since 2026-11-22T10:00\n"
                "confab history lobby -n 20 -f\n"
                "confab history lobby --after 1795355500000001\n"
                "confab history lobby --before 1795355500000001 -n 5\n"
                "confab history lobby -r\n"
                "confab --color always history lobby | less -R\n"
                "confab history lobby --format '{time:%H:%M} {from}: "
                "{text}'\n"
                "confab -i ann history --with bob\n"
                "confab -i ann history --mail\n"
                "confab -i log history lobby -f --state log.state >> log",
            .max_words = 1,
            .names = 1,
            .run = cmd_history,
        },
    [COMMAND_SEARCH] =
        {
            .name = "search",
            .words = "WORD...",
            .summary = "find what was said",
            .examples =
                "confab search deploy failed\n"
                "confab search '\"green build\"' --room builds -n 5\n"
                "confab search --from ann --since 7d 'releas*'\n"
                "confab -i ann search --with bob -- lunch -monday\n"
                "confab search --before 1795355500000001 deploy\n"
                "confab search -r 東京\n"
                "confab search --format '{room} {seq}' deploy\n"
                "confab search --json deploy | jq -r .from | sort | uniq -c",
            .min_words = 1,
            .max_words = -1,
            .run = cmd_search,
        },
    [COMMAND_WHO] =
        {
            .name = "who",
            .words = "[ROOM]",
            .summary = "who is there",
            .examples = "confab who lobby\n"
                        "confab who\n"
                        "confab who --format '{id} is here' lobby\n"
                        "confab who --json lobby",
            .max_words = 1,
            .names = 1,
            .run = cmd_who,
        },
    [COMMAND_ROOMS] =
        {
            .name = "rooms",
            .words = "",
            .summary = "which rooms there are",
            .examples = "confab rooms\n"
                        "confab rooms --format '{members}\\t{room}'\n"
                        "confab -p work rooms\n"
                        "confab rooms --json",
            .run = cmd_rooms,
        },
    [COMMAND_PING] =
        {
            .name = "ping",
            .words = "",
            .summary = "does the broker answer, and how fast",
            .examples = "confab ping\n"
                        "confab -b tcp://10.0.0.1:7480 ping -C 5\n"
                        "confab -t 1 -q ping && echo up\n"
                        "confab -i ann --password-file ~/.confab-password ping",
            .run = cmd_ping,
        },
    [COMMAND_STATS] =
        {
            .name = "stats",
            .summary = "what the broker counts",
            .words = "",
            .examples = "confab stats\n"
                        "confab stats --json | jq .counters.sessions\n"
                        "confab stats | awk '$1 == \"said\" {print $2}'",
            .run = cmd_stats,
        },
    [COMMAND_PIPE] =
        {
            .name = "pipe",
            .words = "",
            .summary = "JSON lines both ways: a bot in any language",
            .examples = "confab -i bot pipe\n"
                        "echo "
                        "'{\"op\":\"say\",\"room\":\"lobby\",\"text\":\"hi\","
                        "\"ref\":1}' | confab pipe\n"
                        "confab -i bot pipe --manual-ack",
            .run = cmd_pipe,
        },
    [COMMAND_ADMIN] =
        {
            .name = "admin",
            .words = "WHAT ...",
            .summary = "what moderators and owners of rooms do",
            .examples = "confab -i ann admin kick eve --reason \"come back "
                        "tomorrow\"\n"
                        "confab -i ann admin ban eve --for 7d --reason floods\n"
                        "confab -i ann admin ban --address 192.0.2.0/24\n"
                        "confab -i ann admin unban --public-key "
                        "'Yne@$w-vo<fVvi]a<NY6...'\n"
                        "confab -i ann admin mute eve --room lobby --for 10m\n"
                        "confab -i ann admin invite staff bob --role owner\n"
                        "confab -i ann admin about lobby where it all begins\n"
                        "confab -i ann admin list bans",
            .min_words = 1,
            .max_words = -1,
            .names = -1,
            .run = cmd_admin,
            .subs = admin_subs,
        },
    [COMMAND_KEYGEN] =
        {
            .name = "keygen",
            .words = "",
            .summary = "make a key pair, or show its public half",
            .examples = "confab -i ann keygen\n"
                        "confab keygen -k robot.key",
            .run = cmd_keygen,
        },
    [COMMAND_COMPLETION] =
        {
            .name = "completion",
            .words = "bash|zsh|fish",
            .summary = "print the completion script of a shell",
            .examples = "eval \"$(confab completion bash)\"\n"
                        "confab completion zsh > ~/.zfunc/_confab\n"
                        "confab completion fish > "
                        "~/.config/fish/completions/confab.fish",
            .min_words = 1,
            .max_words = -1,
            .run = cmd_completion,
            .subs = completion_subs,
        },
    [COMMAND_HELP] =
        {
            .name = "help",
            .words = "[COMMAND]",
            .summary = "what confab can do, or one of its commands",
            .examples = "confab help\n"
                        "confab help listen",
            .max_words = 1,
        },
};
