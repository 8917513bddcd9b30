/* SPDX-License-Identifier: MPL-2.0 */
/*
 * db_dump: every stored message once, as a line of JSON.
 *
 * The keys are those of the wire, in its order, made from the protocol's own
 * table; `data` is `msgpack64`, base64 of its encoding. Rooms come in byte
 * order, then mailboxes, each by seq: pages first, then what is in turns only.
 *
 * A conversation has the messages that two mailboxes have. It is looked through
 * for those that retention has taken from a mailbox before.
 */
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>

#include "db_look.h"
#include "db_row.h"
#include "escape.h"
#include "tool.h"

enum {
    BASE64 =
        sodium_base64_ENCODED_LEN(LIMIT_FRAME, sodium_base64_VARIANT_ORIGINAL)
};

struct dump {
    struct look look;
    struct db_channel mail[2]; /* of the conversation */
};

/* --- a message --- */

static void
write_data(struct slice data)
{
    static char text[BASE64];
    sodium_bin2base64(text, sizeof text, data.data, data.len,
                      sodium_base64_VARIANT_ORIGINAL);
    printf(",\"msgpack64\":\"%s\"", text);
}

static void
write_field(const struct message *m, const struct field_row *row)
{
    const char *member = (const char *)m + row->offset;
    struct slice text;
    if (row->type == TYPE_UINT) {
        uint64_t num;
        memcpy(&num, member, sizeof num);
        printf(",\"%s\":%" PRIu64, row->key, num);
    } else if (row->type == TYPE_BOOL) {
        printf(",\"%s\":%s", row->key,
               *(const bool *)member ? "true" : "false");
    } else {
        memcpy(&text, member, sizeof text);
        if (row->type == TYPE_DATA) {
            write_data(text);
            return;
        }
        printf(",\"%s\":", row->key);
        escape_string(stdout, text);
    }
}

static void
write_message(struct dump *dump, struct slice wire)
{
    struct message m;
    struct fault fault;
    struct reader reader = reader_open(wire);
    if (message_read(&reader, SIDE_BROKER, &m, &fault)) {
        look_problem(&dump->look, "a message is not readable: %s", fault.text);
        return;
    }
    const struct shape *shape = message_shape(SIDE_BROKER, m.op);
    printf("{\"op\":\"%s\"", op_name(m.op));
    for (unsigned i = 0; i < shape->count; i++) {
        enum field field = (enum field)shape->fields[i].field;
        if (message_has(&m, field))
            write_field(&m, &field_rows[field]);
    }
    puts("}");
}

/* --- channels --- */

static bool
is_shown(struct dump *dump, const struct db_channel *channel,
         const struct db_message *m)
{
    (void)dump;
    return m->seq > channel->trimmed.seq;
}

/* Whether the mailbox that the message was in has lost it. Of one without a
 * row, what it had is gone, but for messages that wait: those are known. */
static bool
is_left_over(struct dump *dump, const struct db_channel *channel,
             const struct db_message *m)
{
    struct message whole;
    struct fault fault;
    struct reader reader = reader_open(m->wire);
    if (!is_shown(dump, channel, m) ||
        message_read(&reader, SIDE_BROKER, &whole, &fault))
        return false;
    bool second = !slice_eq(whole.to, channel_key_name(channel->key.bytes));
    const struct db_channel *mail = &dump->mail[second];
    if (mail->id)
        return m->seq <= mail->trimmed.seq;
    sqlite3_stmt *waiting = look_waiting(&dump->look, CHANNEL_MAIL, whole.to);
    bool waits = false;
    while (!waits && db_next(&dump->look.db, waiting) == SQLITE_ROW)
        waits = row_get_int(waiting, WAITING_SEQ) == m->seq;
    sqlite3_finalize(waiting);
    return !waits;
}

static void
dump_pages(struct dump *dump, const struct db_channel *channel,
           bool (*wanted)(struct dump *dump, const struct db_channel *channel,
                          const struct db_message *m))
{
    for (uint32_t i = channel->first_page; i < channel->next_page; i++) {
        struct db_page page;
        struct db_message m;
        if (!db_page_get(&dump->look.db, channel, i, &page)) {
            look_fault(&dump->look, "messages are missing here");
            continue;
        }
        while (db_message_next(&page.messages, &m)) {
            if (wanted(dump, channel, &m))
                write_message(dump, m.wire);
        }
        if (page.messages.len)
            look_problem(&dump->look,
                         "messages are missing here: page %" PRIu32
                         " is not readable",
                         i);
    }
}

/* False: there is nothing of it. */
static bool
dump_channel(struct dump *dump, enum channel_kind kind, struct slice name)
{
    struct look *look = &dump->look;
    struct slice nobody = {0};
    struct db_channel channel;
    struct channel_key key;
    channel_key(&key, kind, name, nobody);
    int code = db_channel_find(&look->db, &key, &channel);
    bool there = code == SQLITE_ROW;
    if (there)
        dump_pages(dump, &channel, is_shown);
    else if (code != SQLITE_DONE)
        look_fault(look, "a room or mailbox is missing here");
    sqlite3_stmt *waiting = look_waiting(look, kind, name);
    while (db_next(&look->db, waiting) == SQLITE_ROW) {
        write_message(dump, row_get_bytes(waiting, WAITING_MESSAGE));
        there = true;
    }
    sqlite3_finalize(waiting);
    return there;
}

static void
dump_kind(struct dump *dump, enum channel_kind kind)
{
    struct db *db = &dump->look.db;
    sqlite3_stmt *names = look_names(&dump->look, kind);
    int code = SQLITE_DONE;
    while (names && (code = db_next(db, names)) == SQLITE_ROW) {
        struct slice name = row_get_bytes(names, 0);
        if (name.len <= LIMIT_NAME)
            (void)dump_channel(dump, kind, name);
    }
    if (code != SQLITE_DONE)
        look_fault(&dump->look, "rooms or mailboxes are missing here");
    sqlite3_finalize(names);
}

/* --- what conversations have alone --- */

static void
dump_talk(struct dump *dump, const struct db_channel *talk)
{
    struct slice nobody = {0};
    bool lost = false;
    for (unsigned i = 0; i < 2; i++) {
        const struct channel_key *both = &talk->key;
        struct channel_key key;
        channel_key(&key, CHANNEL_MAIL,
                    i ? channel_key_with(both->bytes, both->len)
                      : channel_key_name(both->bytes),
                    nobody);
        (void)db_channel_find(&dump->look.db, &key, &dump->mail[i]);
        lost = lost || !dump->mail[i].id || dump->mail[i].trimmed.seq;
    }
    if (lost)
        dump_pages(dump, talk, is_left_over);
}

static void
dump_talks(struct dump *dump)
{
    struct db_channel channel = {.id = 0};
    uint64_t id = 0;
    while (db_channel_next(&dump->look.db, id, &channel) == SQLITE_ROW) {
        id = channel.id;
        if (channel_key_kind(channel.key.bytes) == CHANNEL_TALK)
            dump_talk(dump, &channel);
    }
}

/* --- the command --- */

static void
dump_room(struct dump *dump, const char *room)
{
    struct slice name = slice_str(room);
    if (name.len > LIMIT_NAME || !dump_channel(dump, CHANNEL_ROOM, name))
        look_problem(&dump->look, "has no messages of a room '%s'", room);
}

static void
dump_all(struct dump *dump)
{
    dump_kind(dump, CHANNEL_ROOM);
    dump_kind(dump, CHANNEL_MAIL);
    dump_talks(dump);
}

int
db_dump(const char *path, const char *room)
{
    struct dump dump;
    if (!look_open(&dump.look, path))
        return EXIT_FAILURE;
    look_turns(&dump.look);
    if (room)
        dump_room(&dump, room);
    else
        dump_all(&dump);
    bool written = !fflush(stdout) && !ferror(stdout);
    if (!written)
        perror("the output cannot be written");
    uint64_t problems = dump.look.problems;
    look_close(&dump.look);
    return written && !problems ? EXIT_SUCCESS : EXIT_FAILURE;
}
