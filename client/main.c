/* SPDX-License-Identifier: MPL-2.0 */
/*
 * confab: talk over a confab broker from the command line.
 *
 * The table of commands, and the frame around each of them: read the command
 * line (args), run the row (cmd_*, chat), close, and end with its exit code.
 */
#define _GNU_SOURCE /* isatty, fileno */
#include <stdlib.h>
#include <unistd.h>

#include "cmd.h"

static const struct subcommand completion_subs[] = {
    {"bash", "", "eval \"$(confab completion bash)\""},
    {"zsh", "", "a file _confab in the fpath"},
    {"fish", "", "confab completion fish | source"},
    {NULL, NULL, NULL},
};

const struct command commands[COMMAND_COUNT] = {
    [COMMAND_CHAT] = {"chat", "[ROOM...]", "talk; the default on a terminal",
                      "confab -i ann chat lobby\n"
                      "confab chat lobby dev\n"
                      "confab chat --theme light lobby\n"
                      "confab chat --plain lobby",
                      0, -1, -1, cmd_chat, NULL},
    [COMMAND_SAY] = {"say", "ROOM [TEXT...|-]",
                     "say something in a room; no text: all of stdin",
                     "confab say lobby \"build is done\"\n"
                     "uptime | confab say lobby\n"
                     "tail -f app.log | confab say -l log",
                     1, -1, 1, cmd_say, NULL},
    [COMMAND_TELL] = {"tell", "ID [TEXT...|-]",
                      "say something to one client alone",
                      "confab tell bob hello\n"
                      "confab -i ann tell bob --no-keep \"are you there?\"",
                      1, -1, 1, cmd_tell, NULL},
    [COMMAND_LISTEN] = {"listen", "[ROOM...]",
                        "print what is said, as it comes",
                        "confab listen lobby\n"
                        "confab listen lobby --since 10m\n"
                        "confab listen -r -C 1 deploys\n"
                        "confab -i ann listen --mail\n"
                        "confab -i log listen --state log.state lobby >> log",
                        0, -1, -1, cmd_listen, NULL},
    [COMMAND_HISTORY] = {"history", "[ROOM]", "print what was said",
                         "confab history lobby -n 20\n"
                         "confab history lobby --since 1h --json\n"
                         "confab history lobby -n 20 -f\n"
                         "confab -i ann history --with bob",
                         0, 1, 1, cmd_history, NULL},
    [COMMAND_WHO] = {"who", "[ROOM]", "who is there",
                     "confab who lobby\n"
                     "confab who",
                     0, 1, 1, cmd_who, NULL},
    [COMMAND_ROOMS] = {"rooms", "", "which rooms there are",
                       "confab rooms\n"
                       "confab rooms --json",
                       0, 0, 0, cmd_rooms, NULL},
    [COMMAND_PING] = {"ping", "", "does the broker answer, and how fast",
                      "confab ping\n"
                      "confab -b tcp://10.0.0.1:7480 ping -C 5",
                      0, 0, 0, cmd_ping, NULL},
    [COMMAND_PIPE] = {"pipe", "", "JSON lines both ways: a bot in any language",
                      "confab -i bot pipe\n"
                      "echo '{\"op\":\"say\",\"room\":\"lobby\","
                      "\"text\":\"hi\",\"ref\":1}' | confab pipe",
                      0, 0, 0, cmd_pipe, NULL},
    [COMMAND_ADMIN] = {"admin", "WHAT ...",
                       "what moderators and owners of rooms do",
                       "confab -i ann admin kick eve --reason \"come back "
                       "tomorrow\"\n"
                       "confab -i ann admin ban eve --for 7d --reason floods\n"
                       "confab -i ann admin mute eve --room lobby --for 10m\n"
                       "confab -i ann admin invite staff bob\n"
                       "confab -i ann admin about lobby where it all begins\n"
                       "confab -i ann admin list bans",
                       1, -1, -1, cmd_admin, admin_subs},
    [COMMAND_KEYGEN] = {"keygen", "",
                        "make a key pair, or show its public half",
                        "confab -i ann keygen\n"
                        "confab keygen -k robot.key",
                        0, 0, 0, cmd_keygen, NULL},
    [COMMAND_COMPLETION] = {"completion", "bash|zsh|fish",
                            "print the completion script of a shell",
                            "eval \"$(confab completion bash)\"", 1, 1, 0,
                            cmd_completion, completion_subs},
};

int
cmd_completion(struct cmd *cmd)
{
    if (args_completion(stdout, cmd->args->words[0]))
        return 0;
    cmd_error(cmd, "completion: \"%s\" is none of bash, zsh and fish",
              cmd->args->words[0]);
    return EXIT_USAGE;
}

static bool
wants_color(const struct args *args, bool terminal)
{
    const char *no_color = getenv("NO_COLOR");
    if (args->color != COLOR_AUTO)
        return args->color == COLOR_ALWAYS;
    return terminal && !args->json && !(no_color && *no_color);
}

static int
run_command(const struct args *args)
{
    bool terminal = isatty(STDOUT_FILENO);
    struct cmd cmd = {
        .args = args,
        .terminal = terminal,
        .color = wants_color(args, terminal),
    };
    cmd_signals();
    return cmd_close(&cmd, args->command->run(&cmd));
}

/* --help and --version. */
static int
print_about(const struct args *args)
{
    if (args->help)
        args_help(stdout, args->command);
    else
        printf("confab %s\n", confab_version());
    if (fflush(stdout) == 0)
        return EXIT_DONE;
    perror("confab: cannot write to stdout");
    return EXIT_GENERAL;
}

static int
run(struct args *args)
{
    if (args->help || args->version)
        return print_about(args);
    if (!args->command && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
        args->command = &commands[COMMAND_CHAT];
    if (args->command)
        return run_command(args);
    args_help(stderr, NULL);
    return EXIT_USAGE;
}

int
main(int argc, char **argv)
{
    struct args args;
    int code = args_parse(&args, argc, argv);
    if (!code)
        code = run(&args);
    args_fini(&args);
    return code;
}
