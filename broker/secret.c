/* SPDX-License-Identifier: MPL-2.0 */
/*
 * secret: see secret.h.
 *
 * Whoever presses Ctrl-C at the prompt must get back a terminal that shows what
 * he types: so a signal ends only the reading, the terminal is put right, and
 * then the signal does what it should have done.
 */
#include "secret.h"

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "proto/reader.h"

struct secret {
    char text[USER_PASSWORD + 4]; /* and what shows that it is too long */
    size_t len;
};

static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
enum { ENDING = sizeof ending / sizeof *ending };

static volatile sig_atomic_t caught;

static void
on_signal(int number)
{
    caught = number;
}

/* One line from stdin, as far as it fits; false: nothing came. */
static bool
read_line(struct secret *secret)
{
    char byte = 0;
    ssize_t got;
    secret->len = 0;
    while ((got = read(STDIN_FILENO, &byte, 1)) == 1 && byte != '\n') {
        if (secret->len < sizeof secret->text) {
            secret->text[secret->len++] = byte;
        }
    }
    if (secret->len > 0 && secret->text[secret->len - 1] == '\r') {
        secret->len--;
    }
    return got == 1 || (got == 0 && secret->len > 0);
}

/* The same from a terminal that does not show it. */
static bool
read_hidden(const char *prompt, struct secret *secret)
{
    struct termios shown, hidden;
    struct sigaction action = {.sa_handler = on_signal}, before[ENDING];
    if (tcgetattr(STDIN_FILENO, &shown) < 0) {
        return false;
    }
    caught = 0;
    for (size_t i = 0; i < ENDING; i++) {
        (void)sigaction(ending[i], &action, &before[i]);
    }
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    fputs(prompt, stderr);
    bool done = tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0 &&
                read_line(secret);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    fputc('\n', stderr);
    for (size_t i = 0; i < ENDING; i++) {
        (void)sigaction(ending[i], &before[i], NULL);
    }
    if (caught) {
        (void)raise(caught);
    }
    return done && !caught;
}

static bool
check(const struct secret *secret, struct config_error *error)
{
    struct slice text = slice_of(secret->text, secret->len);
    if (text.len == 0) {
        config_fail(error, "the password is empty");
        return false;
    }
    if (text.len > USER_PASSWORD) {
        config_fail(error, "the password is longer than %d bytes",
                    USER_PASSWORD);
        return false;
    }
    if (!utf8_valid(text) || memchr(text.data, 0, text.len)) {
        config_fail(error, "the password is not text in UTF-8");
        return false;
    }
    return true;
}

static bool
ask(struct secret *secret, struct config_error *error)
{
    struct secret again = {.len = 0};
    bool terminal = isatty(STDIN_FILENO);
    if (!(terminal ? read_hidden("Password: ", secret) : read_line(secret))) {
        config_fail(error, "no password came from %s",
                    terminal ? "the terminal" : "standard input");
        return false;
    }
    if (!check(secret, error)) {
        return false;
    }
    if (!terminal) {
        return true;
    }
    bool same = read_hidden("Once more: ", &again) &&
                again.len == secret->len &&
                sodium_memcmp(again.text, secret->text, again.len) == 0;
    sodium_memzero(&again, sizeof again);
    if (!same) {
        config_fail(error, "the two passwords are not the same");
    }
    return same;
}

bool
secret_hash(char hash[static USER_HASH], struct config_error *error)
{
    struct secret secret;
    bool done = ask(&secret, error);
    if (done && crypto_pwhash_str(hash, secret.text, secret.len,
                                  crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                  crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0) {
        config_fail(error, "no memory for the hash of the password (%zu MiB)",
                    (size_t)crypto_pwhash_MEMLIMIT_INTERACTIVE >> 20);
        done = false;
    }
    sodium_memzero(&secret, sizeof secret);
    return done;
}
