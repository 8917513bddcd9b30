/* SPDX-License-Identifier: MPL-2.0 */
/*
 * term: see term.h.
 *
 * Signal handlers must reach what is to be restored, so it is static. They
 * call tcsetattr, write and raise only, which POSIX allows there. There is one
 * way out, term_fini, for the usual end too: so it is tried every day. Handlers
 * of crashes have a stack of their own, since one way to crash is to run out of
 * it.
 */
#define _GNU_SOURCE /* TIOCGWINSZ */
#include "term.h"

#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define PASTE_ON "\x1b[?2004h"
#define PASTE_OFF "\x1b[?2004l"

enum { MODE_BYTES = 256, STACK_BYTES = 64 * 1024 };

static struct termios found; /* as it was before us */
static struct termios ours;
static volatile sig_atomic_t is_ours;
static volatile sig_atomic_t has_stopped;
static char mode_enter[MODE_BYTES]; /* of term_screen; empty: lines only */
static char mode_leave[MODE_BYTES];
static char crash_stack[STACK_BYTES];

static void
put(const char *text)
{
    ssize_t written = write(STDOUT_FILENO, text, strlen(text));
    (void)written; /* a terminal that is gone needs no restoring */
}

static void
give_back(void)
{
    put(PASTE_OFF);
    put(mode_leave);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &found);
}

void
term_fini(void)
{
    if (!is_ours)
        return;
    is_ours = 0;
    if (!has_stopped)
        give_back();
    mode_enter[0] = mode_leave[0] = '\0';
}

void
term_end(int number)
{
    term_fini();
    raise(number); /* the handler is the default one by now */
}

/* Ctrl-Z: the shell gets its terminal back before we stop. SIGCONT brings
 * term_again. */
static void
on_stop(int number)
{
    (void)number;
    if (is_ours && !has_stopped) {
        has_stopped = 1;
        give_back();
        if (!mode_leave[0])
            put("\r\n");
    }
    raise(SIGSTOP);
}

static void
catch_signals(void)
{
    struct sigaction stop = {.sa_handler = on_stop, .sa_flags = SA_RESTART};
    sigemptyset(&stop.sa_mask);
    sigaction(SIGTSTP, &stop, NULL);
    stack_t stack = {.ss_sp = crash_stack, .ss_size = sizeof crash_stack};
    sigaltstack(&stack, NULL);
    static const int crashes[] = {SIGSEGV, SIGBUS,  SIGFPE, SIGILL,
                                  SIGABRT, SIGQUIT, SIGSYS, SIGTRAP};
    struct sigaction action = {
        .sa_handler = term_end,
        .sa_flags = (int)(SA_RESETHAND | SA_NODEFER | SA_ONSTACK)};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
        sigaction(crashes[i], &action, NULL);
}

bool
term_init(void)
{
    if (tcgetattr(STDIN_FILENO, &found))
        return false;
    ours = found;
    ours.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IGNCR | IXON | ISTRIP);
    ours.c_lflag &= ~(tcflag_t)(ICANON | ECHO | IEXTEN);
    ours.c_cc[VMIN] = 1;
    ours.c_cc[VTIME] = 0;
    catch_signals();
    if (tcsetattr(STDIN_FILENO, TCSADRAIN, &ours))
        return false;
    is_ours = 1;
    put(PASTE_ON);
    return true;
}

bool
term_screen(const char *enter, const char *leave)
{
    if (strlen(enter) >= MODE_BYTES || strlen(leave) >= MODE_BYTES)
        return false;
    memcpy(mode_enter, enter, strlen(enter) + 1);
    memcpy(mode_leave, leave, strlen(leave) + 1);
    catch_signals();
    return true;
}

void
term_again(void)
{
    if (!is_ours)
        return;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &ours);
    if (has_stopped) {
        has_stopped = 0;
        put(mode_enter);
    }
    put(PASTE_ON);
}

void
term_size(unsigned *rows, unsigned *columns)
{
    struct winsize size = {0};
    bool tells = !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    *rows = tells && size.ws_row ? size.ws_row : 24;
    *columns = tells && size.ws_col ? size.ws_col : 80;
}

unsigned
term_columns(void)
{
    unsigned rows = 0;
    unsigned columns = 0;
    term_size(&rows, &columns);
    return columns;
}
