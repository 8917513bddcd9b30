/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_signal: see cmd_signal.h. The statics are what a signal handler can
 * reach, and nothing else is static in the program.
 *
 * The first signal that ends us is a request, and the program goes in order:
 * flush, restore the terminal, say bye. The next one of its kind has what it
 * has by default, so a second Ctrl-C ends a program that takes too long; but
 * the terminal is given back first. Who has others to end before (signal_keep)
 * is told of the second, and the third ends us.
 */
#define _GNU_SOURCE /* SIGWINCH */
#include "cmd_signal.h"

#include <signal.h>

#include "cmd.h"
#include "proto/os.h"
#include "term.h"

static volatile sig_atomic_t ending;
static volatile sig_atomic_t again; /* the same came twice */
static volatile sig_atomic_t keeping;
static volatile sig_atomic_t resized;
static struct os_bell bell = {-1, -1};

static void catch (int number, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

static void
on_end(int number)
{
    again = again || (keeping && number == ending);
    ending = number;
    catch (number, term_end, (int)(SA_RESETHAND | SA_NODEFER));
    os_bell_ring(&bell);
}

static void
on_resize(int number)
{
    (void)number;
    resized = 1;
    os_bell_ring(&bell);
}

static void
on_child(int number)
{
    (void)number;
    os_bell_ring(&bell);
}

void
cmd_signals(void)
{
    if (!os_bell_open(&bell))
        return; /* signals then have their default, which ends us, too */
    catch (SIGINT, on_end, 0);
    catch (SIGTERM, on_end, 0);
    catch (SIGHUP, on_end, 0);
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
    return bell.fd;
}

void
signal_keep(void)
{
    keeping = 1;
    if (ending)
        catch (ending, on_end, 0);
}

bool
signal_again(void)
{
    return again;
}

void
signal_drain(void)
{
    (void)os_bell_hush(&bell);
}
