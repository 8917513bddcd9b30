/* SPDX-License-Identifier: MPL-2.0 */
/*
 * term: see term.h.
 *
 * Signal handlers must reach what is to be restored, so it is static. They
 * call tcsetattr, write and raise only, which POSIX allows there.
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

static struct termios found; /* as it was before us */
static struct termios ours;
static volatile sig_atomic_t is_ours;

static void
put(const char *text)
{
    ssize_t written = write(STDOUT_FILENO, text, strlen(text));
    (void)written; /* a terminal that is gone needs no restoring */
}

void
term_fini(void)
{
    if (!is_ours)
        return;
    is_ours = 0;
    put(PASTE_OFF);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &found);
}

static void
on_crash(int number)
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
    if (!is_ours)
        return;
    put(PASTE_OFF "\r\n");
    tcsetattr(STDIN_FILENO, TCSADRAIN, &found);
    raise(SIGSTOP);
}

static void
catch_signals(void)
{
    struct sigaction stop = {.sa_handler = on_stop, .sa_flags = SA_RESTART};
    sigemptyset(&stop.sa_mask);
    sigaction(SIGTSTP, &stop, NULL);
    static const int crashes[] = {SIGSEGV, SIGBUS,  SIGFPE, SIGILL,
                                  SIGABRT, SIGQUIT, SIGSYS, SIGTRAP};
    struct sigaction action = {.sa_handler = on_crash,
                               .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};
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

void
term_again(void)
{
    if (!is_ours)
        return;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &ours);
    put(PASTE_ON);
}

unsigned
term_columns(void)
{
    struct winsize size = {0};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_col == 0)
        return 80;
    return size.ws_col;
}
