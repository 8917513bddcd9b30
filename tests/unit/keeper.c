/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A mistake here is a mistake of the test: everything is asserted.
 */
#define _GNU_SOURCE /* memmem */
#include "keeper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/db_channel.h"
#include "broker/xmem.h"

static bool
stamp(void *self, struct record *r, uint64_t seq)
{
    struct keeper *k = self;
    r->seq = seq;
    r->prev = k->head;
    if (r->kind != RECORD_SAY)
        return true;
    k->head = seq;
    const struct stamp stamp = {
        .op = OP_SAY, .seq = &r->seq, .prev = &r->prev, .time = &r->time};
    uint8_t *at = message_stamp(r->body, r->pairs, &stamp);
    r->wire = slice_of(at, (size_t)(r->body + r->body_len - at));
    return true;
}

static void
committed(void *self, const struct record *r)
{
    (void)self;
    (void)r;
}

static void
page(void *self, const struct log_query *q, const struct log_page *p)
{
    (void)q;
    struct keeper *k = self;
    k->texts[0] = '\0';
    assert_true(p->complete);
    for (unsigned i = 0; i < p->count; i++) {
        struct message m;
        struct fault fault;
        struct reader reader = reader_open(p->messages[i]);
        size_t len = strlen(k->texts);
        assert_int_equal(message_read(&reader, SIDE_BROKER, &m, &fault), 0);
        (void)snprintf(k->texts + len, sizeof k->texts - len, "%.*s;",
                       SLICE_ARG(m.gone ? slice_str("gone") : m.text));
    }
}

static void
tell(struct keeper *k, const char *how, enum ruling_kind kind,
     struct slice subject)
{
    size_t len = strlen(k->told);
    (void)snprintf(k->told + len, sizeof k->told - len, "%s %s %.*s;", how,
                   ruling_word(kind), SLICE_ARG(subject));
}

static void
restore(void *self, const struct log_state *state)
{
    if (state->kind == STATE_RULING)
        tell(self, "in force", state->ruling, state->lane);
}

static void
replay(void *self, const struct record *r)
{
    struct keeper *k = self;
    if (r->kind == RECORD_RULING)
        tell(k, r->lifted ? "lifted" : "made", r->ruling, r->token);
    if (r->kind == RECORD_SAY)
        k->head = r->seq;
}

static void
take_back(void *self, struct record *r)
{
    struct keeper *k = self;
    if (r->kind == RECORD_SAY)
        k->head = r->prev;
}

static void
refused(void *self, const struct record *r, enum err err)
{
    (void)r;
    struct keeper *k = self;
    assert_int_not_equal(err, ERR_NONE);
    k->refused++;
}

static size_t
changes(void *self)
{
    (void)self;
    return 0;
}

static void
marks(void *self, struct log_state *state)
{
    (void)self;
    *state = (struct log_state){.kind = STATE_MARKS};
}

static void
saved(void *self, bool done)
{
    (void)self;
    (void)done;
}

static void
keeper_start(struct keeper *k)
{
    char fault[LOG_FAULT];
    struct log_sqlite_options options = {
        .path = k->disk->path, .sync = LOG_SYNC_OFF, .now_us = 1000};
    k->log = log_sqlite_new(&options, fault);
    if (!k->log) {
        fail_msg("%s", fault);
        return;
    }
    k->log->owner = (struct log_owner){
        .self = k,
        .stamp = stamp,
        .committed = committed,
        .page = page,
        .restore = restore,
        .replay = replay,
        .revoke = take_back,
        .refused = refused,
        .changes = changes,
        .marks = marks,
        .saved = saved,
    };
    k->told[0] = '\0';
    assert_true(k->log->engine->load(k->log));
}

struct keeper *
keeper_new(void)
{
    struct keeper *k = xcalloc(1, sizeof *k);
    k->disk = disk_new();
    k->disk->db.file = k->disk->db.lock = -1;
    keeper_start(k);
    return k;
}

void
keeper_stop(struct keeper *k)
{
    log_free(&k->log);
}

void
keeper_free(struct keeper *k)
{
    log_free(&k->log);
    disk_free(k->disk);
    free(k);
}

void
keeper_restart(struct keeper *k)
{
    log_free(&k->log);
    keeper_start(k);
}

static char *
read_file(const char *name, size_t *size)
{
    *size = disk_size(name);
    FILE *file = fopen(name, "r");
    if (!file)
        return NULL;
    char *bytes = xmalloc(*size + 1);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    assert_int_equal(fclose(file), 0);
    return bytes;
}

static void
copy_file(const char *from, const char *to, const char *end)
{
    char name[DISK_PATH + 16];
    size_t size;
    (void)snprintf(name, sizeof name, "%s%s", from, end);
    char *bytes = read_file(name, &size);
    assert_non_null(bytes);
    (void)snprintf(name, sizeof name, "%s%s", to, end);
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    free(bytes);
}

/* What a kill -9 leaves. */
void
keeper_die(struct keeper *k)
{
    char aside[DISK_PATH + 8];
    char name[DISK_PATH + 16];
    (void)snprintf(aside, sizeof aside, "%s.aside", k->disk->path);
    copy_file(k->disk->path, aside, "");
    copy_file(k->disk->path, aside, "-wal");
    log_free(&k->log);
    copy_file(aside, k->disk->path, "");
    copy_file(aside, k->disk->path, "-wal");
    (void)snprintf(name, sizeof name, "%s-wal", aside);
    assert_int_equal(unlink(aside) + unlink(name), 0);
    keeper_start(k);
}

/* --- what is put in --- */

uint64_t
keeper_say(struct keeper *k, const char *text)
{
    struct message m = {
        .op = OP_SAY,
        .has = MESSAGE_BIT(FIELD_FROM) | MESSAGE_BIT(FIELD_ROOM) |
               MESSAGE_BIT(FIELD_TEXT),
        .from = slice_str("ann"),
        .room = slice_str("lobby"),
        .text = slice_str(text),
    };
    struct record *r =
        log_record(k->log, RECORD_SAY, MESSAGE_HEADROOM + LIMIT_TEXT + 512);
    r->from = record_copy(r, m.from);
    r->name = record_copy(r, m.room);
    struct buffer body = {.data = r->free_at + MESSAGE_HEADROOM,
                          .cap = LIMIT_TEXT + 256};
    assert_true(message_write_body(&body, SIDE_BROKER, &m, &r->pairs));
    r->body = body.data;
    r->body_len = (uint32_t)body.len;
    r->keep = true;
    assert_int_equal(log_append(k->log, r), ERR_NONE);
    log_commit(k->log);
    return k->head;
}

enum err
keeper_rule(struct keeper *k, enum ruling_kind kind, const char *subject,
            bool lifted)
{
    struct record *r = log_record(k->log, RECORD_RULING, 256);
    r->ruling = kind;
    r->from = record_copy(r, slice_str("ann"));
    r->name = record_copy(r, slice_str("lobby"));
    r->token = record_copy(r, slice_str(subject));
    r->keep = true;
    r->lifted = lifted;
    return log_append(k->log, r);
}

void
keeper_redact(struct keeper *k, uint64_t seq)
{
    char subject[32];
    (void)snprintf(subject, sizeof subject, "%llu", (unsigned long long)seq);
    assert_int_equal(keeper_rule(k, RULING_REDACT, subject, false), ERR_NONE);
    log_commit(k->log);
}

void
keeper_look(struct keeper *k)
{
    assert_int_equal(sqlite3_open(k->disk->path, &k->disk->db.sql), SQLITE_OK);
}

void
keeper_look_away(struct keeper *k)
{
    sqlite3_close(k->disk->db.sql);
    k->disk->db.sql = NULL;
}

void
keeper_settle(struct keeper *k)
{
    uint64_t turns = 1;
    log_sqlite_bounds(k->log, 0, 1);
    for (int i = 0; i < 100 && turns; i++) {
        log_commit(k->log);
        keeper_look(k);
        turns = disk_number(k->disk, "SELECT count(*) FROM turns");
        keeper_look_away(k);
    }
    assert_int_equal(turns, 0);
    log_sqlite_bounds(k->log, 64 << 20, 64 << 20);
}

/* --- and what comes out --- */

void
keeper_shows(struct keeper *k, const char *want)
{
    struct log_query q = {.channel = CHANNEL_ROOM,
                          .name_len = 5,
                          .name = "lobby",
                          .range = RANGE_AFTER,
                          .limit = 100,
                          .bytes = LIMIT_FRAME};
    k->texts[0] = '\0';
    log_read(k->log, &q);
    assert_string_equal(k->texts, want);
}

bool
keeper_has(const struct keeper *k, const char *end, const char *text)
{
    char name[DISK_PATH + 8];
    size_t size;
    (void)snprintf(name, sizeof name, "%s%s", k->disk->path, end);
    char *bytes = read_file(name, &size);
    bool has = bytes && memmem(bytes, size, text, strlen(text));
    free(bytes);
    return has;
}
