/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The gate: which questions it reads and which it does not, the order of the
 * ids that it gives, and its answers, asked as libzmq asks.
 */
#include "broker/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

#include <cmocka.h>

#define KEY32 "0123456789abcdef0123456789abcdef"
#define KEY33 "0123456789abcdef0123456789abcdef0"

enum { MOST = 64, FRAMES_MOST = 12, SHORT = 100, FOREVER = 5000 /* ms */ };

static const struct {
    const char *what;
    const char *frames[FRAMES_MOST]; /* up to NULL */
    bool read, has_key, has_number;
} questions[] = {
    {"with a key",
     {"1.0", "1", "confab", "10.0.0.1", "", "CURVE", KEY32},
     true,
     true,
     true},
    {"without",
     {"1.0", "7", "confab", "10.0.0.1", "id", "NULL"},
     true,
     false,
     true},
    {"nothing", {NULL}, false, false, false},
    {"cut short", {"1.0", "1", "confab", "10.0.0.1", ""}, false, false, false},
    {"another version",
     {"1.1", "1", "confab", "10.0.0.1", "", "CURVE", KEY32},
     false,
     false,
     false},
    {"a long number",
     {"1.0", "123456789012345678901234567890123", "confab", "", "", "NULL"},
     false,
     false,
     false},
    {"another domain",
     {"1.0", "1", "global", "10.0.0.1", "", "CURVE", KEY32},
     false,
     false,
     true},
    {"no domain", {"1.0", "1", "", "10.0.0.1", "", "NULL"}, false, false, true},
    {"half a key",
     {"1.0", "1", "confab", "10.0.0.1", "", "CURVE", "0123456789abcdef"},
     false,
     false,
     true},
    {"a longer key",
     {"1.0", "1", "confab", "10.0.0.1", "", "CURVE", KEY33},
     false,
     false,
     true},
    {"CURVE without a key",
     {"1.0", "1", "confab", "10.0.0.1", "", "CURVE"},
     false,
     false,
     true},
    {"NULL with a key",
     {"1.0", "1", "confab", "10.0.0.1", "", "NULL", KEY32},
     false,
     false,
     true},
    {"a frame more",
     {"1.0", "1", "confab", "10.0.0.1", "", "CURVE", KEY32, ""},
     false,
     false,
     false},
    {"a password",
     {"1.0", "1", "confab", "10.0.0.1", "", "PLAIN", "ann", "secret"},
     false,
     false,
     false},
    {"a ticket",
     {"1.0", "1", "confab", "10.0.0.1", "", "GSSAPI", "ann"},
     false,
     false,
     true},
    {"a likely name",
     {"1.0", "1", "confab", "10.0.0.1", "", "CURVE2", KEY32},
     false,
     false,
     true},
};

static void
test_questions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        struct slice frames[FRAMES_MOST];
        struct gate_question question;
        unsigned count = 0;
        while (questions[i].frames[count]) {
            frames[count] = slice_str(questions[i].frames[count]);
            count++;
        }
        if (gate_read(frames, count, &question) != questions[i].read ||
            !!question.key[0] != questions[i].has_key ||
            !!question.number.len != questions[i].has_number) {
            fail_msg("%s", questions[i].what);
        }
    }
}

static void
test_order(void **state)
{
    (void)state;
    static const struct {
        const char *older, *newer;
    } rows[] = {
        {"c00000000ffffffffffffffff", "c000000010000000000000000"},
        {"c000000090123456789abcdef", "c0000000a0123456789abcdef"},
        {"c0fffffff0123456789abcdef", "c100000000123456789abcdef"},
        {"cffffffff0123456789abcdef", "c000000000123456789abcdef"},
        {"cfffffff00123456789abcdef", "c0000ffff0123456789abcdef"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct slice older = slice_str(rows[i].older);
        struct slice newer = slice_str(rows[i].newer);
        assert_true(gate_is_id(older));
        assert_true(gate_is_older(older, newer));
        assert_false(gate_is_older(newer, older));
        assert_false(gate_is_older(older, older));
    }
    assert_false(gate_is_id(slice_str("c000000000123456789abcde")));
    assert_false(gate_is_id(slice_str("d000000000123456789abcdef")));
    assert_false(gate_is_id(slice_of("\0\1\2\3\4", 5)));
}

/* --- the gate itself --- */

struct table {
    void *context;
    struct gate *gate;
    void *asker;
    bool admits;
    unsigned judged;
};

static bool
judge(void *self, const struct gate_question *question)
{
    struct table *table = self;
    table->judged++;
    assert_true(slice_eq(question->address, slice_str("10.0.0.1")));
    return table->admits;
}

static int
open_table(void **state)
{
    struct table *table = calloc(1, sizeof *table);
    int none = 0;
    table->context = zmq_ctx_new();
    table->gate = gate_new(table->context, judge, table);
    assert_non_null(table->gate);
    table->asker = zmq_socket(table->context, ZMQ_DEALER);
    zmq_setsockopt(table->asker, ZMQ_LINGER, &none, sizeof none);
    assert_int_equal(zmq_connect(table->asker, "inproc://zeromq.zap.01"), 0);
    *state = table;
    return 0;
}

static int
close_table(void **state)
{
    struct table *table = *state;
    gate_free(&table->gate);
    zmq_close(table->asker);
    zmq_ctx_term(table->context);
    free(table);
    return 0;
}

static void
ask(struct table *table, const char *const *frames)
{
    zmq_send(table->asker, "", 0, ZMQ_SNDMORE);
    for (; *frames; frames++) {
        zmq_send(table->asker, *frames, strlen(*frames),
                 frames[1] ? ZMQ_SNDMORE : 0);
    }
}

/* The parts of an answer; 0: none came in time. */
static int
hear(struct table *table, char parts[FRAMES_MOST][256], size_t *last, int ms)
{
    zmq_pollitem_t item = {table->asker, 0, ZMQ_POLLIN, 0};
    int count = 0, more = 1;
    size_t size = sizeof more;
    *last = 0;
    if (zmq_poll(&item, 1, ms) != 1) {
        return 0;
    }
    while (more) {
        int len = zmq_recv(table->asker, parts[count], 255, 0);
        assert_in_range(len, 0, 255);
        parts[count][len] = 0;
        *last = (size_t)len;
        count++;
        zmq_getsockopt(table->asker, ZMQ_RCVMORE, &more, &size);
    }
    return count;
}

static const char *const good[] = {"1.0", "1",     "confab", "10.0.0.1",
                                   "",    "CURVE", KEY32,    NULL};
static const char *const other[] = {"1.0", "1",     "other", "10.0.0.1",
                                    "",    "CURVE", KEY32,   NULL};
static const char *const plain[] = {"1.0", "1",    "confab", "10.0.0.1",
                                    "",    "NULL", NULL};

enum { EMPTY, VERSION, NUMBER, STATUS, TEXT, USER, METADATA, PARTS };

/* Waits for the question, not for a time: it comes through a thread. */
static void
take(struct table *table, unsigned most, uint64_t now)
{
    zmq_pollitem_t item = {NULL, gate_fd(table->gate), ZMQ_POLLIN, 0};
    uint64_t due = gate_due(table->gate);
    unsigned judged = table->judged;
    while (gate_due(table->gate) == due && table->judged == judged &&
           zmq_poll(&item, 1, SHORT) == 1) {
        assert_true(gate_run(table->gate, most, now));
    }
}

static void
test_answer_is_held(void **state)
{
    struct table *table = *state;
    char parts[FRAMES_MOST][256];
    char key[Z85_KEY + 1];
    size_t last;
    table->admits = true;
    assert_true(gate_due(table->gate) == UINT64_MAX);
    ask(table, good);
    take(table, MOST, 1000);
    assert_int_equal(table->judged, 1);
    assert_true(gate_due(table->gate) == 1000 + GATE_HOLD);
    assert_true(gate_run(table->gate, MOST, 1000 + GATE_HOLD - 1));
    assert_int_equal(hear(table, parts, &last, SHORT), 0);
    assert_true(gate_run(table->gate, MOST, 1000 + GATE_HOLD));
    assert_int_equal(hear(table, parts, &last, FOREVER), PARTS);
    assert_string_equal(parts[EMPTY], "");
    assert_string_equal(parts[VERSION], "1.0");
    assert_string_equal(parts[NUMBER], "1");
    assert_string_equal(parts[STATUS], "200");
    z85_encode((const uint8_t *)KEY32, key);
    assert_string_equal(parts[USER], key);
    assert_int_equal(last, 1 + strlen("Identity") + 4 + GATE_ID);
    assert_memory_equal(parts[METADATA], "\10Identity\0\0\0\31c", 14);
    assert_true(gate_due(table->gate) == UINT64_MAX);
}

static void
test_refused(void **state)
{
    struct table *table = *state;
    char parts[FRAMES_MOST][256];
    size_t last;
    const char *const *const asked[] = {good, other};
    for (int i = 0; i < 2; i++) {
        ask(table, asked[i]);
        take(table, MOST, 0);
        assert_true(gate_run(table->gate, MOST, GATE_HOLD));
        assert_int_equal(hear(table, parts, &last, FOREVER), PARTS);
        assert_string_equal(parts[STATUS], "400");
        assert_string_equal(parts[USER], "");
        assert_int_equal(last, 0);
    }
    assert_int_equal(table->judged, 1);
}

static void
test_without_a_key(void **state)
{
    struct table *table = *state;
    char parts[FRAMES_MOST][256];
    size_t last;
    table->admits = true;
    ask(table, plain);
    take(table, MOST, 0);
    assert_true(gate_run(table->gate, MOST, GATE_HOLD));
    assert_int_equal(hear(table, parts, &last, FOREVER), PARTS);
    assert_string_equal(parts[STATUS], "200");
    assert_string_equal(parts[USER], "");
    assert_int_equal(last, 0); /* it keeps the id that it has */
}

/* More than may wait: no answer. And the queue grows while it goes round. */
static void
test_many(void **state)
{
    struct table *table = *state;
    char parts[FRAMES_MOST][256], before[GATE_ID + 1] = "", id[GATE_ID + 1];
    size_t last;
    unsigned answers = 0;
    enum { ALL = 3 * MOST, ALLOWED = 2 * MOST + 10 };
    table->admits = true;
    for (unsigned i = 0; i < ALL; i++) {
        ask(table, good);
        take(table, ALLOWED, i < 20 ? 0 : 1 + GATE_HOLD);
    }
    assert_int_equal(table->judged, 20 + ALLOWED);
    assert_true(gate_run(table->gate, ALLOWED, 1 + 2 * GATE_HOLD));
    while (answers < 20 + ALLOWED &&
           hear(table, parts, &last, FOREVER) == PARTS) {
        memcpy(id, parts[METADATA] + last - GATE_ID, sizeof id);
        assert_true(!before[0] ||
                    gate_is_older(slice_str(before), slice_str(id)));
        memcpy(before, id, sizeof id);
        answers++;
    }
    assert_int_equal(answers, 20 + ALLOWED);
    assert_int_equal(hear(table, parts, &last, SHORT), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_questions),
        cmocka_unit_test(test_order),
        cmocka_unit_test_setup_teardown(test_answer_is_held, open_table,
                                        close_table),
        cmocka_unit_test_setup_teardown(test_refused, open_table, close_table),
        cmocka_unit_test_setup_teardown(test_without_a_key, open_table,
                                        close_table),
        cmocka_unit_test_setup_teardown(test_many, open_table, close_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
