/* SPDX-License-Identifier: MPL-2.0 */
/*
 * args_shell: the completion scripts of bash, zsh and fish.
 *
 * They are thin: the words of the line go to `confab completion SHELL --`, what
 * comes back is offered. Its first line says "files" when the shell is to offer
 * files, and "words" otherwise; then a word a line, in the form in which this
 * shell takes it, for zsh and fish with a tab and a description. No script
 * evaluates a word: names are chosen by strangers.
 *
 * bash ends words also at : and =, and replaces only what stands behind the
 * last of them. So its words are put together again as they stand on the line,
 * and what it does not replace is taken off.
 */
#include "args.h"

#include <string.h>

static const char bash[] =
    "_confab() {\n"
    "    local rest=$COMP_LINE word whole=() gone= how= line i\n"
    "    for ((i = 0; i <= COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        if [[ $i -gt 0 && -n $word && $rest == \"$word\"* ]]; then\n"
    "            whole[${#whole[@]} - 1]+=$word\n"
    "        else\n"
    "            whole+=(\"$word\")\n"
    "            rest=${rest#\"${rest%%[![:space:]]*}\"}\n"
    "        fi\n"
    "        rest=${rest#\"$word\"}\n"
    "    done\n"
    "    word=${whole[${#whole[@]} - 1]}\n"
    "    for i in : =; do\n"
    "        if [[ $COMP_WORDBREAKS == *$i* && $word != [\\'\\\"]* &&\n"
    "              ${word##*\"$i\"} != \"$word\" ]]; then\n"
    "            line=${word%\"${word##*\"$i\"}\"}\n"
    "            [[ ${#line} -gt ${#gone} ]] && gone=$line\n"
    "        fi\n"
    "    done\n"
    "    COMPREPLY=()\n"
    "    while IFS= read -r line; do\n"
    "        if [[ -n $how ]]; then\n"
    "            COMPREPLY+=(\"${line#\"$gone\"}\")\n"
    "        else\n"
    "            how=$line\n"
    "        fi\n"
    "    done < <(confab completion bash -- \"${whole[@]}\" 2>/dev/null)\n"
    "    [[ $how == files ]] && compopt -o default 2>/dev/null\n"
    "    return 0\n"
    "}\n"
    "complete -F _confab confab\n";

static const char zsh[] = "#compdef confab\n"
                          "_confab() {\n"
                          "    local -a lines names shown\n"
                          "    local line\n"
                          "    lines=(\"${(@f)$(confab completion zsh -- "
                          "\"${(@Q)words[1,CURRENT-1]}\" \"${(Q)PREFIX}\" "
                          "2>/dev/null)}\")\n"
                          "    if [[ $lines[1] == files ]]; then\n"
                          "        _files\n"
                          "        return\n"
                          "    fi\n"
                          "    for line in \"${(@)lines[2,-1]}\"; do\n"
                          "        names+=(\"${line%%$'\\t'*}\")\n"
                          "        shown+=(\"${line/$'\\t'/  -- }\")\n"
                          "    done\n"
                          "    (( $#names )) && compadd -l -d shown -a names\n"
                          "}\n"
                          "if [[ $funcstack[1] == _confab ]]; then\n"
                          "    _confab \"$@\"\n"
                          "else\n"
                          "    compdef _confab confab\n"
                          "fi\n";

static const char fish[] =
    "function __confab_complete\n"
    "    set -l words (commandline -opc) (commandline -ct)\n"
    "    set -l lines (confab completion fish -- $words 2>/dev/null)\n"
    "    if test (count $lines) -eq 0\n"
    "        return 1\n"
    "    end\n"
    "    set -l how $lines[1]\n"
    "    set -e lines[1]\n"
    "    if test $how = files\n"
    "        __fish_complete_path (commandline -ct)\n"
    "    else if test (count $lines) -gt 0\n"
    "        printf '%s\\n' $lines\n"
    "    end\n"
    "end\n"
    "complete -c confab -f -a '(__confab_complete)'\n";

bool
args_completion(FILE *out, const char *shell)
{
    static const struct {
        const char *name, *script;
    } shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        if (strcmp(shell, shells[i].name) == 0) {
            fputs(shells[i].script, out);
            return true;
        }
    }
    return false;
}
