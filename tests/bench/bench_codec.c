/* SPDX-License-Identifier: MPL-2.0 */
/*
 * bench_codec: what it costs to read and to write one `say`.
 *
 * Two messages of 8 keys and 212 bytes: as a client sends it and as the broker
 * does; the same body written in two steps, as the broker writes it; and what
 * msgpack-c takes to unpack and pack it. A round is many repetitions; of 401
 * short rounds the median and the fastest are printed, in nanoseconds per
 * message. The mark: read and written in 120 ns, 200 at most. The message
 * changes a little every time, so nothing can be computed once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <msgpack.h>

#include "proto/message.h"

enum { ROUNDS = 401, TIMES = 2000, SAY_BYTES = 212 };

static const char words[] =
    "The quick brown fox jumps over the lazy dog, and then, since nobody "
    "stopped it, goes on to do the same with every other dog in town. And "
    "so on, to the end of the day.";

struct job {
    const char *name;
    enum side from;
    struct message message;
    uint8_t bytes[512];
    struct buffer out;
    uint64_t sum; /* so that nothing is optimised away */
};

static double
now_ns(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec * 1e9 + (double)at.tv_nsec;
}

static void
run_read(struct job *job)
{
    struct reader r = reader_open(slice_of(job->out.data, job->out.len));
    struct message m;
    struct fault fault;

    if (message_read(&r, job->from, &m, &fault) != ERR_NONE) {
        fprintf(stderr, "bench_codec: %s\n", fault.text);
        exit(1);
    }
    job->sum += m.text.len + m.has;
}

static void
run_write(struct job *job)
{
    job->message.re++;
    job->out.len = 0;
    if (!message_write(&job->out, job->from, &job->message))
        exit(1);
    job->sum += job->out.data[job->out.len - 1];
}

static void
run_both(struct job *job)
{
    run_read(job);
    run_write(job);
}

/* As the broker does: the body when the say arrives, the head when it is
 * placed. */
static void
run_stamp(struct job *job)
{
    struct message *m = &job->message;
    unsigned pairs;

    m->seq++;
    job->out.len = MESSAGE_HEADROOM;
    if (!message_write_body(&job->out, job->from, m, &pairs))
        exit(1);
    const struct stamp stamp = {m->op, &m->seq, &m->prev, &m->time};
    uint8_t *start =
        message_stamp(job->bytes + MESSAGE_HEADROOM, pairs, &stamp);
    job->sum += *start;
}

/* For comparison, in the same minute: msgpack-c to objects and back, unchecked.
 */
static void
run_msgpack(struct job *job)
{
    static msgpack_sbuffer out;
    static msgpack_unpacked in;
    msgpack_packer pk;
    size_t at = 0;

    if (msgpack_unpack_next(&in, (const char *)job->out.data, job->out.len,
                            &at) != MSGPACK_UNPACK_SUCCESS)
        exit(1);
    msgpack_sbuffer_clear(&out);
    msgpack_packer_init(&pk, &out, msgpack_sbuffer_write);
    msgpack_pack_object(&pk, in.data);
    job->sum += out.size;
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void
measure(struct job *job, const char *what, void (*run)(struct job *))
{
    double ns[ROUNDS];

    for (unsigned round = 0; round < ROUNDS; round++) {
        double start = now_ns();
        for (unsigned i = 0; i < TIMES; i++)
            run(job);
        ns[round] = (now_ns() - start) / TIMES;
    }
    qsort(ns, ROUNDS, sizeof *ns, compare);
    printf("%-8s %-12s %4zu bytes  median %6.1f ns  fastest %6.1f ns\n",
           job->name, what, job->out.len, ns[ROUNDS / 2], ns[0]);
}

/* Makes the text as long as it takes for a message of SAY_BYTES. */
static void
prepare(struct job *job, const char *name, enum side from, uint64_t fields)
{
    struct message *m = &job->message;

    *m = (struct message){.op = OP_SAY,
                          .room = slice_str("lobby"),
                          .from = slice_str("ann"),
                          .kind = slice_str("notice"),
                          .data = slice_str("\xc3"),
                          .seq = UINT64_C(1795355500000007),
                          .prev = UINT64_C(1795355500000003),
                          .re = UINT64_C(1795355500000001),
                          .time = UINT64_C(1795355500123),
                          .ref = {.num = 70000},
                          .n = 4711,
                          .keep = true,
                          .has = fields};
    job->name = name;
    job->from = from;
    job->out = (struct buffer){.data = job->bytes, .cap = sizeof job->bytes};
    m->text = slice_of(words, 100);
    run_write(job);
    m->text.len += SAY_BYTES - job->out.len;
    run_write(job);
}

int
main(void)
{
    const uint64_t body = MESSAGE_BIT(FIELD_ROOM) | MESSAGE_BIT(FIELD_TEXT) |
                          MESSAGE_BIT(FIELD_KIND);
    static struct job client, broker;

    prepare(&client, "client", SIDE_CLIENT,
            body | MESSAGE_BIT(FIELD_REF) | MESSAGE_BIT(FIELD_DATA) |
                MESSAGE_BIT(FIELD_RE) | MESSAGE_BIT(FIELD_N));
    prepare(&broker, "broker", SIDE_BROKER,
            body | MESSAGE_BIT(FIELD_SEQ) | MESSAGE_BIT(FIELD_PREV) |
                MESSAGE_BIT(FIELD_TIME) | MESSAGE_BIT(FIELD_FROM));
    measure(&client, "read", run_read);
    measure(&client, "write", run_write);
    measure(&client, "read+write", run_both);
    measure(&broker, "read", run_read);
    measure(&broker, "write", run_write);
    measure(&broker, "read+write", run_both);
    measure(&broker, "body+stamp", run_stamp);
    broker.out.len = 0;
    run_write(&broker);
    measure(&broker, "msgpack-c", run_msgpack);
    return client.sum + broker.sum == 0;
}
