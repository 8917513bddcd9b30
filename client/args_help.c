/* SPDX-License-Identifier: MPL-2.0 */
/*
 * args_help: the tables of args.h, written out for people and for shells.
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
    if (command)
        fprintf(out, "\nOptions of %s:\n", command->name);
    for (size_t i = 0; command && i < arg_option_count; i++) {
        if (arg_options[i].commands && args_takes(&arg_options[i], command))
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
    fprintf(out, "%s\n\nconfab %s [OPTION...] %s\n  %s\n", command->examples,
            command->name, command->words, command->summary);
    for (const struct subcommand *sub = command->subs; sub && sub->name; sub++)
        fprintf(out, "%s  %s %-*s %s\n", sub == command->subs ? "\n" : "",
                sub->name, 26 - (int)strlen(sub->name), sub->words,
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
          "\nconfab [OPTION...] COMMAND ...\n\nCommands:\n",
          out);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        char left[64];
        snprintf(left, sizeof left, "%s %s", commands[i].name,
                 commands[i].words);
        fprintf(out, "  %-28s %s\n", left, commands[i].summary);
    }
    print_options(out, NULL);
    fputs("\nconfab COMMAND --help tells the options of a command.\n"
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

/* Calls `print` for each option that `command` has of its own (NULL: for those
 * that all have). */
static void
each_option(FILE *out, const struct command *command,
            void (*print)(FILE *, const struct arg_option *))
{
    for (size_t i = 0; i < arg_option_count; i++) {
        const struct arg_option *row = &arg_options[i];
        if (command ? row->commands && args_takes(row, command)
                    : !row->commands)
            print(out, row);
    }
}

static void
bash_option(FILE *out, const struct arg_option *row)
{
    fprintf(out, " --%s", row->name);
    if (row->letter)
        fprintf(out, " -%c", row->letter);
}

/* The words that a command takes first, where they are fixed. */
static void
sub_names(FILE *out, const struct command *command)
{
    for (const struct subcommand *sub = command->subs; sub && sub->name; sub++)
        fprintf(out, "%s%s", sub == command->subs ? "" : " ", sub->name);
}

static void
complete_bash(FILE *out)
{
    fputs("_confab() {\n    local words=\"", out);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        fprintf(out, "%s%s", i ? " " : "", commands[i].name);
    each_option(out, NULL, bash_option);
    fputs("\" word\n    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
          "        case $word in\n",
          out);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        fprintf(out, "        %s) words=\"", commands[i].name);
        sub_names(out, &commands[i]);
        each_option(out, &commands[i], bash_option);
        each_option(out, NULL, bash_option);
        fputs("\"; break ;;\n", out);
    }
    fputs("        esac\n    done\n"
          "    COMPREPLY=($(compgen -W \"$words\" -- "
          "\"${COMP_WORDS[COMP_CWORD]}\"))\n}\n"
          "complete -F _confab confab\n",
          out);
}

/* A text between single quotes of a shell: a quote in it ends, is, begins. */
static void
shell_quote(FILE *out, const char *text)
{
    fputc('\'', out);
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else
            fputc(*text, out);
    }
    fputc('\'', out);
}

static void
zsh_option(FILE *out, const struct arg_option *row)
{
    char spec[256];
    snprintf(spec, sizeof spec, "--%s[%s]%s%s", row->name, row->help,
             row->value ? ":" : "", row->value ? row->name : "");
    fputc(' ', out);
    shell_quote(out, spec);
    if (!row->letter)
        return;
    snprintf(spec, sizeof spec, "-%c[%s]%s%s", row->letter, row->help,
             row->value ? ":" : "", row->value ? row->name : "");
    fputc(' ', out);
    shell_quote(out, spec);
}

static void
complete_zsh(FILE *out)
{
    fputs("#compdef confab\n_confab() {\n    local -a commands=(\n", out);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        char pair[128];
        snprintf(pair, sizeof pair, "%s:%s", commands[i].name,
                 commands[i].summary);
        fputs("        ", out);
        shell_quote(out, pair);
        fputc('\n', out);
    }
    fputs("    )\n    local -a all=(", out);
    each_option(out, NULL, zsh_option);
    fputs(")\n    local word\n    for word in ${words[2,CURRENT-1]}; do\n"
          "        case $word in\n",
          out);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        fprintf(out, "        %s) _arguments $all", commands[i].name);
        each_option(out, &commands[i], zsh_option);
        fputs(" '*:word:(", out);
        sub_names(out, &commands[i]);
        fputs(")'; return ;;\n", out);
    }
    fputs("        esac\n    done\n"
          "    _arguments $all '1:command:{_describe command commands}'\n}\n"
          /* A file in the fpath is called when it is wanted first. */
          "if [[ ${funcstack[1]} == _confab ]]; then _confab \"$@\"\n"
          "else compdef _confab confab; fi\n",
          out);
}

static void
fish_option(FILE *out, const struct arg_option *row)
{
    fprintf(out, " -l %s", row->name);
    if (row->letter)
        fprintf(out, " -s %c", row->letter);
    if (row->value)
        fputs(" -r", out);
    fputs(" -d ", out);
    shell_quote(out, row->help);
    fputc('\n', out);
}

static void
complete_fish(FILE *out)
{
    fputs("complete -c confab -f\n", out);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        fprintf(out, "complete -c confab -n __fish_use_subcommand -a %s -d ",
                commands[i].name);
        shell_quote(out, commands[i].summary);
        fputc('\n', out);
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (!commands[i].subs)
            continue;
        fprintf(out,
                "complete -c confab -n '__fish_seen_subcommand_from %s' -a '",
                commands[i].name);
        sub_names(out, &commands[i]);
        fputs("'\n", out);
    }
    for (size_t i = 0; i < arg_option_count; i++) {
        const struct arg_option *row = &arg_options[i];
        fputs("complete -c confab", out);
        if (row->commands)
            fputs(" -n '__fish_seen_subcommand_from", out);
        for (size_t k = 0; row->commands && k < COMMAND_COUNT; k++) {
            if (args_takes(row, &commands[k]))
                fprintf(out, " %s", commands[k].name);
        }
        fputs(row->commands ? "'" : "", out);
        fish_option(out, row);
    }
}

bool
args_completion(FILE *out, const char *shell)
{
    static const struct {
        const char *name;
        void (*print)(FILE *);
    } shells[] = {{"bash", complete_bash},
                  {"zsh", complete_zsh},
                  {"fish", complete_fish}};
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        if (strcmp(shell, shells[i].name) == 0) {
            shells[i].print(out);
            return true;
        }
    }
    return false;
}
