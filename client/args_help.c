/* SPDX-License-Identifier: MPL-2.0 */
/*
 * args_help: the tables of args.h, written out for people.
 *
 * Examples come first, since that is what most people look for. Nothing is
 * written here that a row does not say.
 */
#include "args.h"

#include <string.h>

static void
print_option(FILE *out, const struct arg_option *row)
{
    char left[64];
    snprintf(left, sizeof left, "%c%c%c --%s%s%s", row->letter ? '-' : ' ',
             row->letter ? row->letter : ' ', row->letter ? ',' : ' ',
             row->name, row->value ? " " : "", row->value ? row->value : "");
    if (strlen(left) > 24)
        fprintf(out, "  %s\n  %-24s %s", left, "", row->help);
    else
        fprintf(out, "  %-24s %s", left, row->help);
    if (row->env)
        fprintf(out, " [%s]", row->env);
    fputc('\n', out);
}

static void
print_options(FILE *out, const struct command *command)
{
    bool any = false;
    for (size_t i = 0; command && i < arg_option_count; i++) {
        if (!arg_options[i].commands || !args_takes(&arg_options[i], command))
            continue;
        if (!any)
            fprintf(out, "\nOptions of %s:\n", command->name);
        any = true;
        print_option(out, &arg_options[i]);
    }
    fputs("\nOptions of every command:\n", out);
    for (size_t i = 0; i < arg_option_count; i++) {
        if (!arg_options[i].commands)
            print_option(out, &arg_options[i]);
    }
}

static void
help_command(FILE *out, const struct command *command)
{
    fprintf(out, "%s\n\nconfab %s [OPTION...]%s%s\n  %s\n", command->examples,
            command->name, *command->words ? " " : "", command->words,
            command->summary);
    for (const struct subcommand *sub = command->subs; sub && sub->name; sub++)
        fprintf(out, "%s  %s %-*s %s\n", sub == command->subs ? "\n" : "",
                sub->name, 29 - (int)strlen(sub->name), sub->words,
                sub->summary);
    print_options(out, command);
}

static void
help_program(FILE *out)
{
    fputs("confab -i ann chat lobby            talk in the room lobby\n"
          "confab say lobby \"build is done\"    one message\n"
          "confab tell bob hello               one message to bob alone\n"
          "confab listen lobby                 print what is said\n"
          "confab search deploy failed         find what was said\n"
          "confab run lobby -- ./bot.py        a program for each message\n"
          "\nconfab [OPTION...] COMMAND ...\n\nCommands:\n",
          out);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        char left[64];
        snprintf(left, sizeof left, "%s %s", commands[i].name,
                 commands[i].words);
        fprintf(out, "  %-29s %s\n", left, commands[i].summary);
    }
    print_options(out, NULL);
    fputs(
        "\nconfab help COMMAND, or confab COMMAND --help, tells its options.\n"
        "\nExit codes:\n",
        out);
#define EXIT_PRINT(name, value, meaning)                                       \
    fprintf(out, "  %3d  %s\n", (int)(value), meaning);
    EXIT_TABLE(EXIT_PRINT)
#undef EXIT_PRINT
}

void
args_help(FILE *out, const struct command *command)
{
    if (command)
        help_command(out, command);
    else
        help_program(out);
}
