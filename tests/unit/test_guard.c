/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The guard's judgement, look by look: rows are what the kernel counted and
 * what the hub was given by then. The honest must never be shut; a message
 * without end, a flood of subscriptions and a listener that takes nothing or is
 * not through its handshake must be.
 */
#include "broker/guard.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/os.h"

enum { KB = 1 << 10, MB = 1 << 20, LOOKS = 6 };

struct asker_look {
    uint64_t received, unread, delivered;
    bool busy;       /* the socket was not drained */
    unsigned rounds; /* since the last look, if it was not */
    enum guard_verdict want;
};

static const struct {
    const char *what;
    struct asker_look looks[LOOKS];
} askers[] = {
    {"idle", {{.received = 200}, {.received = 200}, {.received = 200}}},
    {"all handed on",
     {{.received = 5 * MB, .delivered = 5 * MB},
      {.received = 90 * MB, .delivered = 90 * MB}}},
    {"a queue that moves",
     {{.received = 5 * MB, .delivered = 1 * MB, .busy = true},
      {.received = 9 * MB, .delivered = 3 * MB, .busy = true, .rounds = 9},
      {.received = 14 * MB, .delivered = 6 * MB, .busy = true, .rounds = 9}}},
    {"not served yet, as others are before it",
     {{.received = 6 * MB, .delivered = 29, .busy = true},
      {.received = 6 * MB, .delivered = 29, .busy = true, .rounds = 1},
      {.received = 6 * MB, .delivered = 29, .busy = true, .rounds = 1},
      {.received = 6 * MB, .delivered = 99, .busy = true, .rounds = 1},
      {.received = 6 * MB, .delivered = 99, .busy = true, .rounds = 2}}},
    {"much that came when all was just handed on",
     {{.received = 29, .delivered = 29},
      {.received = 6 * MB, .delivered = 29},
      {.received = 9 * MB, .delivered = 6 * MB},
      {.received = 12 * MB, .delivered = 9 * MB}}},
    {"unread in the kernel, because of a full queue",
     {{.received = 6 * MB, .unread = 5900 * KB, .busy = true, .rounds = 9},
      {.received = 6 * MB, .unread = 5900 * KB, .busy = true, .rounds = 9}}},
    {"a message without end",
     {{.received = 200 * KB},
      {.received = 300 * KB},
      {.received = 600 * KB, .want = GUARD_ENDLESS}}},
    {"a message without end after honest ones",
     {{.received = 9 * MB, .delivered = 9 * MB},
      {.received = 9500 * KB, .delivered = 9 * MB},
      {.received = 10 * MB, .delivered = 9 * MB, .want = GUARD_ENDLESS}}},
    {"one behind a queue that moved a last time",
     {{.received = 1 * MB, .delivered = 100},
      {.received = 1 * MB, .delivered = 200},
      {.received = 1 * MB, .delivered = 200, .want = GUARD_ENDLESS}}},
    {"had its turns, though others keep the socket full",
     {{.received = 1 * MB, .busy = true, .rounds = 9},
      {.received = 2 * MB, .busy = true, .rounds = 2},
      {.received = 3 * MB, .busy = true, .rounds = 1, .want = GUARD_ENDLESS}}},
    {"turns that it had before it was a suspect",
     {{.received = 100 * KB, .busy = true, .rounds = 9},
      {.received = 2 * MB, .busy = true, .rounds = 9},
      {.received = 3 * MB, .busy = true, .rounds = 2},
      {.received = 3 * MB, .busy = true, .rounds = 1, .want = GUARD_ENDLESS}}},
    {"more than any queue, moving or not",
     {{.received = 13 * MB, .delivered = 100, .want = GUARD_FLOOD}}},
    {"heartbeats of many years are forgiven with each message",
     {{.received = 100 * KB, .delivered = 10},
      {.received = 200 * KB, .delivered = 20},
      {.received = 300 * KB, .delivered = 30},
      {.received = 800 * KB, .delivered = 30},
      {.received = 900 * KB, .delivered = 30, .want = GUARD_ENDLESS}}},
    {"what came in that moment is forgiven, and no credit",
     {{.received = 100 * KB, .delivered = 10},
      {.received = 200 * KB, .delivered = 100 * KB},
      {.received = 200 * KB, .delivered = 200 * KB},
      {.received = 460 * KB, .delivered = 200 * KB},
      {.received = 460 * KB, .delivered = 200 * KB, .want = GUARD_ENDLESS}}},
    {"handed on more than counted",
     {{.received = 10, .delivered = 20}, {.received = 10, .delivered = 20}}},
};

static void
test_askers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof askers / sizeof *askers; i++) {
        struct guard guard = {0};
        uint64_t rounds = 1;
        for (int n = 0; n < LOOKS && askers[i].looks[n].received; n++) {
            const struct asker_look *look = &askers[i].looks[n];
            struct guard_counts counts = {.received = look->received,
                                          .unread = (uint32_t)look->unread};
            guard.delivered = look->delivered;
            rounds += look->busy ? look->rounds : GUARD_ROUNDS;
            if (guard_asker(&guard, &counts, rounds, !look->busy) !=
                look->want) {
                fail_msg("%s, look %d", askers[i].what, n);
            }
        }
    }
}

struct listener_look {
    uint64_t seconds, received, acked;
    uint32_t unsent;
    enum guard_verdict want;
};

static const struct {
    const char *what;
    struct listener_look looks[LOOKS];
    unsigned topics;
} listeners[] = {
    {"a few topics",
     {{1, 500, 0, 0, GUARD_FINE}, {90, 900, 9, 0, GUARD_FINE}},
     0},
    {"five hundred at once", {{1, 60 * KB, 0, 0, GUARD_FINE}}, 0},
    {"a flood", {{1, 70 * KB, 0, 0, GUARD_TOPICS}}, 0},
    {"as much over an hour", {{3600, 900 * KB, 0, 0, GUARD_FINE}}, 0},
    {"years", {{90000000, 5 * MB, 0, 0, GUARD_TOPICS}}, 0},
    {"as many as are allowed", {{1, 500 * KB, 0, 0, GUARD_FINE}}, 4096},
    {"more", {{1, 520 * KB, 0, 0, GUARD_TOPICS}}, 4096},
    {"as many as can be allowed",
     {{1, 12 * MB, 0, 0, GUARD_FINE}, {2, 13 * MB, 0, 0, GUARD_TOPICS}},
     100000},
    {"slow, but taking",
     {{1, 500, 10, 900, GUARD_FINE},
      {10, 500, 20, 900, GUARD_FINE},
      {19, 500, 30, 900, GUARD_FINE},
      {28, 500, 40, 900, GUARD_FINE}},
     0},
    {"stopped for a while",
     {{1, 500, 10, 900, GUARD_FINE},
      {10, 500, 10, 900, GUARD_FINE},
      {11, 500, 40, 900, GUARD_FINE},
      {20, 500, 40, 900, GUARD_FINE},
      {21, 500, 40, 900, GUARD_DEAF}},
     0},
    {"nothing to take for long, then stopped",
     {{1, 500, 10, 0, GUARD_FINE},
      {500, 500, 10, 900, GUARD_FINE},
      {509, 500, 10, 900, GUARD_FINE},
      {510, 500, 10, 900, GUARD_DEAF}},
     0},
};

static void
test_listeners(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof listeners / sizeof *listeners; i++) {
        struct guard guard = {0};
        for (int n = 0; n < LOOKS && listeners[i].looks[n].received; n++) {
            const struct listener_look *look = &listeners[i].looks[n];
            struct guard_counts counts = {.received = look->received,
                                          .acked = look->acked,
                                          .unsent = look->unsent};
            uint64_t since = 1000000;
            if (guard_listener(&guard, &counts, listeners[i].topics, since,
                               since + look->seconds * 1000) != look->want) {
                fail_msg("%s, look %d", listeners[i].what, n);
            }
        }
    }
}

enum { BEFORE = GUARD_SHAKE - 1, ALMOST = GUARD_ADMITTED - 1 };

/* How far a listener has come in how many ms. */
static const struct {
    const char *what;
    uint64_t ms, received, acked;
    bool curve, heard;
    enum guard_verdict want;
} handshakes[] = {
    {"nothing, yet", BEFORE, 0, 0, false, false, GUARD_FINE},
    {"nothing", GUARD_SHAKE, 0, 10, false, false, GUARD_MUTE},
    {"a greeting", GUARD_SHAKE, 64, 92, false, false, GUARD_MUTE},
    {"all but a byte", GUARD_SHAKE, 90, 92, false, false, GUARD_MUTE},
    {"all, and nothing to listen to", GUARD_SHAKE, 91, 92, false, false,
     GUARD_FINE},
    {"an old way of greeting, and a topic", GUARD_SHAKE, 30, 14, false, true,
     GUARD_FINE},
    {"met, yet", BEFORE, 9999, 234, true, false, GUARD_FINE},
    {"met, and much that is no INITIATE", GUARD_SHAKE, 9999, 234, true, false,
     GUARD_MUTE},
    {"met and refused", GUARD_SHAKE, 551, 246, true, false, GUARD_MUTE},
    {"not all of READY", GUARD_SHAKE, 551, ALMOST, true, false, GUARD_MUTE},
    {"let in, and nothing to listen to", GUARD_SHAKE, 551, GUARD_ADMITTED, true,
     false, GUARD_FINE},
};

static void
test_handshakes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof handshakes / sizeof *handshakes; i++) {
        struct guard guard = {.curve = handshakes[i].curve,
                              .heard = handshakes[i].heard};
        struct guard_counts counts = {.received = handshakes[i].received,
                                      .acked = handshakes[i].acked};
        if (guard_listener(&guard, &counts, 0, 1000, 1000 + handshakes[i].ms) !=
            handshakes[i].want) {
            fail_msg("%s", handshakes[i].what);
        }
    }
}

/* The counters of a real connection: ten bytes come, four are read. */
static void
test_counts(void **state)
{
    (void)state;
    if (!os_counts_are_told()) {
        skip();
    }
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    struct guard_counts counts;
    char bytes[10] = "0123456789", big[200 * KB] = {0};
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    int room = 4 * sizeof big;
    assert_int_equal(
        setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &room, sizeof room), 0);
    assert_int_equal(
        setsockopt(client, SOL_SOCKET, SO_SNDBUF, &room, sizeof room), 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len),
                     0);
    assert_int_equal(connect(client, (struct sockaddr *)&address, len), 0);
    int server = accept(listener, NULL, NULL);
    assert_true(server >= 0);
    assert_int_equal(send(client, bytes, 10, 0), 10);
    assert_int_equal(recv(server, bytes, 10, MSG_WAITALL), 10);
    assert_true(guard_count(server, &counts));
    assert_int_equal(counts.received, 10);
    assert_int_equal(counts.unread, 0);
    assert_int_equal(send(client, big, sizeof big, 0), sizeof big);
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    do {
        assert_true(guard_count(server, &counts));
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (counts.received < 10 + sizeof big &&
             now.tv_sec - start.tv_sec < 5);
    assert_int_equal(counts.received, 10 + sizeof big);
    assert_int_equal(counts.unread, sizeof big);
    close(client);
    close(server);
    close(listener);
    assert_false(guard_count(server, &counts));
}

/* In one walk after another: what libzmq's threads have used, and the looks.
 * The difference of two clocks may go back; it never stands for much work. */
static void
test_looks(void **state)
{
    static const struct {
        int64_t used;
        unsigned want;
    } walks[] = {
        {-1, 0},
        {0, 0},
        {19, 0},
        {40, 1},
        {39, 0},
        {38, 0},
        {58, 0},
        {80, 1},
        {80 + 20 * 4999, 4999},
        {300 * KB, GUARD_LOOKS},
        {300 * KB - 1, 0},
        {300 * KB + 20, 1},
    };
    int64_t seen = 0;
    (void)state;
    for (size_t i = 0; i < sizeof walks / sizeof *walks; i++) {
        assert_int_equal(guard_looks(&seen, walks[i].used), walks[i].want);
    }
}

static void
test_every_verdict_has_a_word(void **state)
{
    (void)state;
    for (int i = 0; i < GUARD_VERDICTS; i++) {
        assert_non_null(guard_word((enum guard_verdict)i));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_askers),
        cmocka_unit_test(test_listeners),
        cmocka_unit_test(test_handshakes),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_looks),
        cmocka_unit_test(test_every_verdict_has_a_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
