/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A process of `confab run` that says more than it is read: each step ends, so
 * that its time can be over and signals are seen.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/cmd_job.h"

enum { PATIENCE = 20 }; /* s, then SIGALRM ends the test */

static void
test_answer_without_end(void **state)
{
    (void)state;
    struct job job = {.pid = getpid(), /* no child of ours: it runs on */
                      .in = -1,
                      .out = open("/dev/zero", O_RDONLY | O_CLOEXEC),
                      .json = strdup("{}"),
                      .answer = malloc(JOB_TEXT + 2),
                      .kill_at = INT64_MAX};
    assert_true(job.out >= 0 && job.json && job.answer);
    alarm(PATIENCE);
    job_step(&job);
    job_step(&job);
    alarm(0);
    assert_false(job.over);
    assert_true(job.answer_long);
    assert_int_equal(job.answer_len, JOB_TEXT + 1);
    job_fini(&job);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answer_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
