/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_signal: see cmd_signal.h. The statics are what a signal handler can
 * reach, and nothing else is static in the program.
 *
 * The first signal that ends us is a request, and the program goes in order:
 * flush, restore the terminal, say bye. The handler is then the default one
 * again, so a second Ctrl-C ends a program that takes too long.
 */
#define _GNU_SOURCE /* SIGWINCH, pipe2 */
#include "cmd_signal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "cmd.h"

static volatile sig_atomic_t ending;
static volatile sig_atomic_t resized;
static int signal_pipe[2] = {-1, -1};

static void
wake(void)
{
    int saved = errno;
    ssize_t written = write(signal_pipe[1], "", 1);
    (void)written; /* a full pipe wakes as well */
    errno = saved;
}

static void
on_end(int number)
{
    ending = number;
    wake();
}

static void
on_resize(int number)
{
    (void)number;
    resized = 1;
    wake();
}

static void
on_child(int number)
{
    (void)number;
    wake();
}

static void catch (int number, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

void
cmd_signals(void)
{
    if (pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK))
        return; /* signals then have their default, which ends us, too */
    catch (SIGINT, on_end, (int)SA_RESETHAND);
    catch (SIGTERM, on_end, (int)SA_RESETHAND);
    catch (SIGHUP, on_end, (int)SA_RESETHAND);
    catch (SIGWINCH, on_resize, SA_RESTART);
    catch (SIGCONT, on_resize, SA_RESTART);
    catch (SIGCHLD, on_child, (int)SA_RESTART | SA_NOCLDSTOP);
    catch (SIGPIPE, SIG_IGN, 0);
}

int
cmd_signal(void)
{
    return ending;
}

int
cmd_signal_code(void)
{
    return 128 + ending;
}

bool
cmd_resized(void)
{
    bool was = resized;
    resized = 0;
    return was;
}

int
signal_fd(void)
{
    return signal_pipe[0];
}

void
signal_drain(void)
{
    char bytes[64];
    while (read(signal_pipe[0], bytes, sizeof bytes) > 0)
        continue;
}
