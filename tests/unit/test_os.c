/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What systems do not have in common: means the same, whichever way it is done.
 */
#include "proto/os.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "scratch.h"

static bool
rings(const struct os_bell *bell)
{
    struct pollfd fd = {.fd = bell->fd, .events = POLLIN};
    return poll(&fd, 1, 0) == 1;
}

/* However often it is rung: nobody waits, and once hushed it is quiet. */
static void
test_bell(void **state)
{
    (void)state;
    enum { OFTEN = 20000 }; /* more than a pipe holds */
    struct os_bell bell;
    assert_true(os_bell_open(&bell));
    assert_true(fcntl(bell.fd, F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(bell.ring, F_GETFD) & FD_CLOEXEC);
    assert_false(rings(&bell));
    assert_false(os_bell_hush(&bell));
    for (int often = 1; often <= OFTEN; often *= 100) {
        errno = EDOM;
        for (int i = 0; i < often; i++) {
            os_bell_ring(&bell);
        }
        assert_int_equal(errno, EDOM);
        assert_true(rings(&bell));
        assert_true(os_bell_hush(&bell));
        assert_false(rings(&bell));
        assert_false(os_bell_hush(&bell));
    }
    for (int i = 0; i < OFTEN; i++) {
        os_bell_ring(&bell);
    }
    assert_true(os_bell_hush(&bell));
    assert_false(rings(&bell));
    os_bell_close(&bell);
    assert_int_equal(bell.fd, -1);
    os_bell_close(&bell);
}

static void
test_pipe(void **state)
{
    (void)state;
    int ends[2];
    char byte;
    assert_true(os_pipe(ends));
    for (int i = 0; i < 2; i++) {
        assert_true(fcntl(ends[i], F_GETFD) & FD_CLOEXEC);
        assert_true(fcntl(ends[i], F_GETFL) & O_NONBLOCK);
    }
    assert_int_equal(read(ends[0], &byte, 1), -1);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_int_equal(close(ends[0]) | close(ends[1]), 0);
}

static void
test_wipe(void **state)
{
    (void)state;
    char secret[] = "[secret]", zero[sizeof secret - 2] = {0};
    os_wipe(secret + 1, sizeof secret - 3);
    assert_int_equal(secret[0], '[');
    assert_memory_equal(secret + 1, zero, sizeof secret - 3);
    assert_int_equal(secret[sizeof secret - 2], ']');
}

static void
test_random(void **state)
{
    (void)state;
    uint8_t first[256], second[256];
    assert_true(os_random(first, sizeof first));
    assert_true(os_random(second, sizeof second));
    assert_memory_not_equal(first, second, sizeof first);
}

static void
test_sync(void **state)
{
    (void)state;
    scratch_write("file", "x", 0600);
    int fd = open(scratch_path("file"), O_WRONLY | O_CLOEXEC);
    assert_true(os_sync(fd));
    assert_int_equal(close(fd), 0);
    assert_false(os_sync(fd));
    assert_int_equal(errno, EBADF);
}

/* Nothing that is there is ever replaced. */
static void
test_rename_new(void **state)
{
    (void)state;
    char from[1024], to[1024];
    scratch_write("from", "x", 0600);
    scratch_write("to", "y", 0600);
    (void)snprintf(from, sizeof from, "%s", scratch_path("from"));
    (void)snprintf(to, sizeof to, "%s", scratch_path("to"));
    assert_false(os_rename_new(from, to));
    assert_int_equal(errno, OS_LINUX ? EEXIST : ENOTSUP);
    assert_int_equal(unlink(to), 0);
    assert_int_equal(os_rename_new(from, to), OS_LINUX);
    assert_int_equal(access(to, F_OK), OS_LINUX ? 0 : -1);
}

/* A wait that nobody ends is over in time. */
static void
test_cond(void **state)
{
    (void)state;
    pthread_cond_t cond;
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct timespec start, end;
    os_cond_init(&cond);
    clock_gettime(OS_COND_CLOCK, &start);
    end = start;
    end.tv_sec += end.tv_nsec >= 980000000;
    end.tv_nsec = (end.tv_nsec + 20000000) % 1000000000;
    pthread_mutex_lock(&lock);
    while (pthread_cond_timedwait(&cond, &lock, &end) != ETIMEDOUT)
        continue;
    pthread_mutex_unlock(&lock);
    clock_gettime(OS_COND_CLOCK, &start);
    assert_true(start.tv_sec > end.tv_sec ||
                (start.tv_sec == end.tv_sec && start.tv_nsec >= end.tv_nsec));
    pthread_cond_destroy(&cond);
}

static void *
blocked_here(void *owner)
{
    pthread_sigmask(SIG_SETMASK, NULL, owner);
    return NULL;
}

/* The new thread takes no signal, this one takes those that it took before. */
static void
test_thread(void **state)
{
    (void)state;
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGCHLD};
    pthread_t thread;
    sigset_t there, here;
    sigemptyset(&there);
    assert_int_equal(os_thread(&thread, blocked_here, &there), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_sigmask(SIG_SETMASK, NULL, &here);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        assert_int_equal(sigismember(&there, signals[i]), 1);
        assert_int_equal(sigismember(&here, signals[i]), 0);
    }
}

static void
test_boot(void **state)
{
    (void)state;
    assert_int_equal(os_boot() != 0, OS_LINUX);
    assert_true(os_boot() == os_boot());
}

/* What is left of a process without stdin, stdout and stderr. */
static int
without_stdio(void)
{
    char byte = 0;
    for (int fd = 0; fd < 3; fd++)
        close(fd);
    os_keep_stdio();
    int next = open("/dev/null", O_RDWR);
    bool kept = next > STDERR_FILENO && read(0, &byte, 1) == -1 &&
                errno == EBADF && write(1, &byte, 1) == -1 && errno == EBADF &&
                write(2, &byte, 1) == -1 && errno == EBADF;
    os_keep_stdio(); /* nothing is closed: nothing is opened */
    return kept && open("/dev/null", O_RDWR) == next + 1 ? 0 : 1;
}

static void
test_keep_stdio(void **state)
{
    (void)state;
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        _exit(without_stdio());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bell),       cmocka_unit_test(test_pipe),
        cmocka_unit_test(test_wipe),       cmocka_unit_test(test_random),
        cmocka_unit_test(test_sync),       cmocka_unit_test(test_rename_new),
        cmocka_unit_test(test_cond),       cmocka_unit_test(test_boot),
        cmocka_unit_test(test_keep_stdio), cmocka_unit_test(test_thread),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
