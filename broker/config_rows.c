/* SPDX-License-Identifier: MPL-2.0 */
/*
 * config_rows: every key, in one table.
 *
 * To add a key: a field in struct config, a row here, and its text in the
 * manual page. Nothing else.
 */
#include "config.h"

#include "log.h"
#include "logger.h"
#include "proto/limits.h"

static const char *const access_names[] = {"open", "claim", "keys", NULL};
static const char *const sync_names[] = {"full", "normal", "off", NULL};
static const char *const level_names[] = {
    [LOG_ERROR] = "error",
    [LOG_WARN] = "warn",
    [LOG_INFO] = "info",
    [LOG_DEBUG] = "debug",
    NULL,
};
static const char *const format_names[] = {
    [LOG_FORMAT_TEXT] = "text",
    [LOG_FORMAT_JSON] = "json",
    NULL,
};

#define HOUR (UINT64_C(3600) * 1000) /* ms */
#define DAY (24 * HOUR)
#define KIB (UINT64_C(1) << 10)
#define MIB (UINT64_C(1) << 20)
#define AT(field) offsetof(struct config, field)

static const struct config_row rows[] = {
    {.key = "bind",
     .type = CONFIG_ENDPOINT,
     .offset = AT(bind),
     .text = "tcp://127.0.0.1:7480",
     .option = "bind",
     .help = "Where clients ask: tcp://HOST:PORT or ipc://PATH. "
             "PORT * takes a free one."},
    {.key = "pub",
     .type = CONFIG_ENDPOINT,
     .offset = AT(pub),
     .text = "tcp://127.0.0.1:7481",
     .option = "pub",
     .help = "Where clients listen to public rooms. "
             "Whoever can connect can read them."},
    {.key = "access",
     .type = CONFIG_ENUM,
     .offset = AT(access),
     .names = access_names,
     .option = "access",
     .help = "Who may use an id. open: whoever comes first. claim: the first "
             "key to use it owns it. keys: those listed with `confabd user`. "
             "With claim and keys everything is encrypted."},
    {.key = "insecure",
     .type = CONFIG_BOOL,
     .offset = AT(insecure),
     .most = 1,
     .option = "insecure",
     .help = "With access open: bind addresses that other machines reach."},
    {.key = "log",
     .type = CONFIG_LOG,
     .offset = AT(log),
     .text = "sqlite:",
     .option = "log",
     .help = "Where messages are kept: sqlite:PATH is a file, sqlite: the one "
             "in the usual place. memory:SIZE keeps the newest, until the "
             "broker stops."},
    {.key = "sync",
     .type = CONFIG_ENUM,
     .offset = AT(sync),
     .names = sync_names,
     .option = "sync",
     .help = "What an ok means, with a log on disk. full: it is on disk. "
             "normal: it survives the broker, not the machine. off: the "
             "system writes when it likes."},
    {.key = "search",
     .type = CONFIG_BOOL,
     .offset = AT(search),
     .number = 1,
     .most = 1,
     .help = "Messages can be searched. A log on disk has an index for it in a "
             "file beside it, which may be deleted when no broker runs."},
    {.key = "key",
     .type = CONFIG_FILE,
     .offset = AT(key),
     .text = "",
     .option = "key",
     .help = "The file with the broker's own key, made at the first start; "
             "server.key beside the database when not set."},
    {.key = "users",
     .type = CONFIG_FILE,
     .offset = AT(users),
     .text = "",
     .option = "users",
     .help = "The file that `confabd user` edits; users beside the database "
             "when not set."},
    {.key = "beat",
     .type = CONFIG_DURATION,
     .offset = AT(beat),
     .number = BEAT_DEFAULT,
     .least = BEAT_MIN,
     .most = BEAT_MAX,
     .help = "A client silent for three beats is gone. "
             "It may ask for another beat."},
    {.key = "io-threads",
     .type = CONFIG_INT,
     .offset = AT(io_threads),
     .number = 1,
     .least = 1,
     .most = 8,
     .help = "Threads that move bytes. 2 helps large rooms "
             "where cores are free."},
    {.key = "log-level",
     .type = CONFIG_ENUM,
     .offset = AT(log_level),
     .number = LOG_INFO,
     .names = level_names,
     .reloads = true,
     .help = "What is written to stderr."},
    {.key = "log-format",
     .type = CONFIG_ENUM,
     .offset = AT(log_format),
     .number = LOG_FORMAT_TEXT,
     .names = format_names,
     .option = "log-format",
     .help = "How it is written: text (logfmt) or json, a line an event."},
    {.key = "limits/connections",
     .type = CONFIG_INT,
     .offset = AT(connections),
     .number = 32768,
     .least = 4,
     .most = 1000000,
     .reloads = true,
     .help = "Connections, most clients have two. Less where the system "
             "allows fewer open files."},
    {.key = "limits/per-address",
     .type = CONFIG_INT,
     .offset = AT(per_address),
     .number = 1024,
     .least = 2,
     .most = 1000000,
     .reloads = true,
     .help = "Connections from one address (of IPv6, from one /64). Those from "
             "this machine do not count."},
    {.key = "limits/handshakes",
     .type = CONFIG_INT,
     .offset = AT(handshakes),
     .number = 4096,
     .least = 16,
     .most = 1000000,
     .reloads = true,
     .help = "Connections that have not said yet who they are; beyond it the "
             "oldest go."},
    {.key = "limits/subscriptions",
     .type = CONFIG_INT,
     .offset = AT(subscriptions),
     .number = 512,
     .least = 16,
     .most = 100000,
     .reloads = true,
     .help = "Rooms that one connection may listen to."},
    {.key = "limits/topics",
     .type = CONFIG_SIZE,
     .offset = AT(topics),
     .number = 64 * KIB,
     .least = KIB / 4,
     .most = 256 * MIB,
     .reloads = true,
     .help = "Names of all different rooms that anybody listens to, less with "
             "more than 16 listeners; beyond it who brings most is shut."},
    {.key = "limits/rulings",
     .type = CONFIG_INT,
     .offset = AT(rulings),
     .number = LIMIT_RULINGS,
     .least = 16,
     .most = 1000000,
     .help = "Bans, mutes, invitations and subjects of rooms. A quarter of "
             "them is for what is about the whole broker."},
    {.key = "limits/sessions",
     .type = CONFIG_INT,
     .offset = AT(sessions),
     .number = LIMIT_SESSIONS,
     .least = 1,
     .most = 1000000,
     .help = "Sessions at one time."},
    {.key = "limits/rooms",
     .type = CONFIG_INT,
     .offset = AT(rooms),
     .number = LIMIT_ROOMS,
     .least = 1,
     .most = 1000000,
     .help = "Rooms."},
    {.key = "limits/joined",
     .type = CONFIG_INT,
     .offset = AT(joined),
     .number = LIMIT_JOINED,
     .least = 1,
     .most = LIMIT_JOINED,
     .help = "Rooms that one session may be in."},
    {.key = "limits/ids",
     .type = CONFIG_INT,
     .offset = AT(ids),
     .number = LIMIT_IDS,
     .least = 1,
     .most = 4000000,
     .help = "Ids that the broker remembers, with their mail."},
    {.key = "ids/expire",
     .type = CONFIG_DURATION,
     .offset = AT(ids_expire),
     .number = 90 * DAY,
     .least = HOUR,
     .most = 3650 * DAY,
     .help = "An id without unread mail that nobody used for so long is "
             "forgotten, unless a key owns it."},
    {.key = "mail/count",
     .type = CONFIG_INT,
     .offset = AT(mail_count),
     .number = 10000,
     .least = 16,
     .most = 1000000,
     .help = "Unread messages that a mailbox holds; of one sender at most a "
             "quarter."},
    /* a quarter of the least is one frame: any message fits */
    {.key = "mail/bytes",
     .type = CONFIG_SIZE,
     .offset = AT(mail_bytes),
     .number = 64 * MIB,
     .least = MIB / 4,
     .most = 16384 * MIB,
     .help = "Their bytes; of one sender at most a quarter."},
    {.key = "rates/say",
     .type = CONFIG_INT,
     .offset = AT(rate_say),
     .number = 2000,
     .most = 1000000,
     .reloads = true,
     .help = "Messages that an id may say or tell in a second; five times "
             "as many at once. 0: no bound. With access open and only local "
             "endpoints none of the rates applies."},
    {.key = "rates/ask",
     .type = CONFIG_INT,
     .offset = AT(rate_ask),
     .number = 500,
     .most = 1000000,
     .reloads = true,
     .help = "The same of questions; a history counts as 5, who and rooms as "
             "10, a search as 20."},
    {.key = "rates/change",
     .type = CONFIG_INT,
     .offset = AT(rate_change),
     .number = 200,
     .most = 1000000,
     .reloads = true,
     .help = "The same of joins, leaves, new rooms (5) and what moderators "
             "do."},
    {.key = "rates/connect",
     .type = CONFIG_INT,
     .offset = AT(rate_connect),
     .number = 200,
     .most = 1000000,
     .reloads = true,
     .help = "Connections that may come from one address (of IPv6, from one "
             "/64) in a second; five times as many at once. Those from this "
             "machine do not count."},
    {.key = "plain/bind",
     .type = CONFIG_ENDPOINT,
     .offset = AT(plain_bind),
     .text = "",
     .help = "With claim and keys: a second place where clients ask, without "
             "encryption, for those that log in by password. Local only."},
    {.key = "plain/pub",
     .type = CONFIG_ENDPOINT,
     .offset = AT(plain_pub),
     .text = "",
     .help = "The same for clients that listen."},
};

enum { ROWS = sizeof rows / sizeof *rows };

const struct config_row *
config_rows(size_t *count)
{
    *count = ROWS;
    return rows;
}
