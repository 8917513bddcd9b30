/* SPDX-License-Identifier: MPL-2.0 */
/*
 * confab: talk over a confab broker from the command line.
 *
 * The frame around each command: read the command line (args), run its row of
 * the table (cmd_table), close, and end with its exit code.
 */
#define _GNU_SOURCE /* isatty, fileno */
#include <stdlib.h>
#include <unistd.h>

#include "cmd.h"
#include "cmd_format.h"
#include "proto/os.h"

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
    int code = format_check(&cmd);
    if (code)
        return code;
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
    os_keep_stdio();
    int code = args_parse(&args, argc, argv);
    if (!code)
        code = run(&args);
    args_fini(&args);
    return code;
}
