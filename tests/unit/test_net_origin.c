/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Where a connection comes from: one spelling for each address, what is this
 * machine's own, and who is counted together.
 */
#include "broker/net_origin.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static const struct {
    const char *told, *text;
    bool local;
} addresses[] = {
    {"10.0.0.1", "10.0.0.1", false},
    {"::ffff:10.0.0.1", "10.0.0.1", false},
    {"::FFFF:0a00:0001", "10.0.0.1", false},
    {"127.0.0.1", "127.0.0.1", true},
    {"127.8.9.1", "127.8.9.1", true},
    {"128.0.0.1", "128.0.0.1", false},
    {"::ffff:127.0.0.1", "127.0.0.1", true},
    {"::1", "::1", true},
    {"::2", "::2", false},
    {"2001:DB8:0:0::1", "2001:db8::1", false},
    {"fe80::1%eth0", "fe80::1", false},
    {"", "", false},
    {":1000:1000:4711", "", false}, /* of ipc: a user and a process */
    {"10.0.0.1:80", "", false},
    {"10.0.0.256", "", false},
    {"example.org", "", false},
    {"1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:"
     "1111:1111:1111:1111:1111",
     "", false},
};

static void
test_one_spelling(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        struct origin origin = origin_read(slice_str(addresses[i].told));
        if (strcmp(origin.text, addresses[i].text) != 0 ||
            origin.local != addresses[i].local) {
            fail_msg("%s: %s", addresses[i].told, origin.text);
        }
    }
}

static unsigned
add(struct crowd **crowd, const char *address)
{
    const struct origin origin = origin_read(slice_str(address));
    return crowd_add(crowd, &origin);
}

static void
take(struct crowd **crowd, const char *address)
{
    const struct origin origin = origin_read(slice_str(address));
    crowd_remove(crowd, &origin);
}

static void
test_counted_together(void **state)
{
    (void)state;
    struct crowd *crowd = NULL;
    assert_int_equal(add(&crowd, "10.0.0.1"), 1);
    assert_int_equal(add(&crowd, "10.0.0.2"), 1);
    assert_int_equal(add(&crowd, "::ffff:10.0.0.1"), 2);
    assert_int_equal(add(&crowd, "2001:db8:1:2::1"), 1);
    assert_int_equal(add(&crowd, "2001:db8:1:2:ffff::9"), 2);
    assert_int_equal(add(&crowd, "2001:db8:1:3::1"), 1);
    assert_int_equal(add(&crowd, "127.0.0.1"), 0);
    assert_int_equal(add(&crowd, "::1"), 0);
    assert_int_equal(add(&crowd, ""), 0);
    take(&crowd, "10.0.0.1");
    assert_int_equal(add(&crowd, "10.0.0.1"), 2);
    take(&crowd, "10.0.0.1");
    take(&crowd, "10.0.0.1");
    take(&crowd, "10.0.0.1"); /* one too often */
    take(&crowd, "127.0.0.1");
    assert_int_equal(add(&crowd, "10.0.0.1"), 1);
    assert_int_equal(add(&crowd, "10.0.0.2"), 2);
    crowd_free(&crowd);
    assert_null(crowd);
}

/* How many of so many are let in at this moment; all have gone behind it. */
static unsigned
come(struct crowd **crowd, const char *address, unsigned count, uint64_t now)
{
    const struct origin origin = origin_read(slice_str(address));
    unsigned let_in = 0;
    for (unsigned i = 0; i < count; i++) {
        (void)crowd_add(crowd, &origin);
        let_in += crowd_pace(crowd, &origin, 10, now);
        crowd_remove(crowd, &origin);
    }
    return let_in;
}

static void
test_come_and_go(void **state)
{
    (void)state;
    struct crowd *crowd = NULL;
    assert_int_equal(come(&crowd, "10.0.0.1", 80, 1000), 50);
    assert_int_equal(come(&crowd, "2001:db8:1:2::1", 30, 1000), 30);
    assert_int_equal(come(&crowd, "2001:db8:1:2:ffff::9", 30, 1000), 20);
    assert_int_equal(come(&crowd, "2001:db8:1:3::1", 30, 1000), 30);
    assert_int_equal(come(&crowd, "127.0.0.1", 80, 1000), 80);
    assert_int_equal(come(&crowd, "10.0.0.1", 5, 1099), 0);
    assert_int_equal(come(&crowd, "10.0.0.1", 5, 1300), 3);
    assert_int_equal(come(&crowd, "10.0.0.1", 80, 9000), 50);
    crowd_free(&crowd);
}

/* Who comes from everywhere is not remembered for ever. */
static void
test_crowd_is_bounded(void **state)
{
    enum { ADDRESSES = 20000, EACH = 2 /* ms */, ROOM = 5000 / EACH + 2 };
    (void)state;
    struct crowd *crowd = NULL;
    char address[INET_ADDRSTRLEN];
    unsigned most = 0;
    for (unsigned i = 0; i < ADDRESSES; i++) {
        (void)snprintf(address, sizeof address, "10.1.%u.%u", i / 256, i % 256);
        assert_int_equal(come(&crowd, address, 1, 10000 + i * EACH), 1);
        unsigned size = crowd_size(crowd);
        most = size > most ? size : most;
    }
    assert_in_range(most, ROOM / 2, 2 * ROOM);
    crowd_free(&crowd);
}

/* A real connection, from an address that it has bound. */
static struct origin
origin_by(int family, const struct sockaddr *from, struct sockaddr *to,
          socklen_t len)
{
    socklen_t size = len;
    int listener = socket(family, SOCK_STREAM, 0);
    int client = socket(from->sa_family, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, to, len), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, to, &size), 0);
    struct sockaddr_in v4 = {.sin_family = AF_INET,
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    v4.sin_port = ((struct sockaddr_in *)to)->sin_port; /* as of v6 */
    assert_int_equal(bind(client, from, sizeof v4), 0);
    assert_int_equal(connect(client, (struct sockaddr *)&v4, sizeof v4), 0);
    int server = accept(listener, NULL, NULL);
    struct origin origin = origin_of(server);
    close(server);
    close(client);
    close(listener);
    return origin;
}

static void
test_of_a_connection(void **state)
{
    (void)state;
    struct sockaddr_in from = {.sin_family = AF_INET}, v4 = from;
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6}; /* all of both */
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 6);
    struct origin origin = origin_by(AF_INET, (struct sockaddr *)&from,
                                     (struct sockaddr *)&v4, sizeof v4);
    assert_string_equal(origin.text, "127.0.0.7");
    assert_true(origin.local && origin.port > 0);
    int probe = socket(AF_INET6, SOCK_STREAM, 0);
    if (probe >= 0) { /* a machine without IPv6 */
        close(probe);
        origin = origin_by(AF_INET6, (struct sockaddr *)&from,
                           (struct sockaddr *)&v6, sizeof v6);
        assert_string_equal(origin.text, "127.0.0.7");
        assert_true(origin.local && origin.port > 0);
    }
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    origin = origin_of(pair[0]);
    assert_string_equal(origin.text, "");
    assert_true(origin.local);
    close(pair[0]);
    close(pair[1]);
    origin = origin_of(-1);
    assert_string_equal(origin.text, "");
    assert_false(origin.local);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_spelling),
        cmocka_unit_test(test_counted_together),
        cmocka_unit_test(test_come_and_go),
        cmocka_unit_test(test_crowd_is_bounded),
        cmocka_unit_test(test_of_a_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
