#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
#
# A bot in shell: it answers "!date" and "!echo WORDS" in a room. `confab
# pipe` keeps the connection; the bot reads and writes lines of JSON with jq.
#
#   examples/shell/bot.sh ROOM [ID]
#
# CONFAB_BROKER names another broker, CONFAB another program than `confab`.
set -eu
room=${1:?usage: bot.sh ROOM [ID]}
id=${2:-bot}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
mkfifo "$folder/answers"

# say TEXT REPLY_TO: kind "notice" means that no bot answers it.
say() {
    jq -cn --arg room "$room" --arg text "$1" --argjson re "$2" \
        '{op: "say", room: $room, text: $text, kind: "notice", re: $re}'
}

# What is said to the bot goes in as "SEQ COMMAND WORDS", one a line.
answer() {
    jq -cn --arg room "$room" '{op: "join", room: $room}'
    while read -r seq command words; do
        case $command in
        '!date') say "$(date)" "$seq" ;;
        '!echo') say "$words" "$seq" ;;
        esac
    done
}

"${CONFAB:-confab}" -i "$id" pipe <"$folder/answers" |
    jq --unbuffered -r 'select(.op == "say" and .kind != "notice") |
        "\(.seq) \(.text // "" | split("\n")[0])"' |
    answer >"$folder/answers"
