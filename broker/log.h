/* SPDX-License-Identifier: MPL-2.0 */
/*
 * log: the bus. What is not in the log has not happened.
 *
 * A verb fills a record and appends it; that is all it does. The engine behind
 * this header gives the record its place (`stamp`: the hub computes what
 * depends on the log so far and completes the bytes), makes it safe, and hands
 * it back
 * (`committed`: the hub delivers and acknowledges). Placing and committing
 * happen in one order, the same for everybody, possibly long after the append,
 * possibly for records that somebody else appended. Reads are answered through
 * `page`, now or later.
 *
 * What the hub knows besides messages (heads, mailboxes, lanes) is a function
 * of all records so far. An engine that keeps them saves it now and then, so
 * that a start is `restore` of what was saved and `replay` of what came since.
 *
 * Records live in chunks, first in, first out: a chunk goes when its last
 * record has gone, so neither an append nor a memory engine's tail allocates or
 * copies per message.
 */
#ifndef CONFAB_LOG_H
#define CONFAB_LOG_H

#include "proto/message.h"

enum record_kind {
    /* stored, unless keep is false */
    RECORD_SAY,    /* from, name = room, n, lane, body; upto: of the news of a
                      redaction, the seq that is gone */
    RECORD_TELL,   /* from, name = to, n, lane, body */
    RECORD_ACK,    /* from, upto: its mail up to there is safe */
    RECORD_RULING, /* from, name = room, token = subject, ruling, upto = until,
                      lifted, body = value (no headroom) */
    /* volatile: they take their place, and what `stamp` says of them is stored
     * says no more than from and lane */
    RECORD_HELLO, /* from, name = agent, lane, token, beat, inbox */
    RECORD_END,   /* from, lane, why: the session of `origin` has ended */
    RECORD_GRACE, /* from: memberships left behind for too long */
    RECORD_JOIN,  /* from, name = room, direct */
    RECORD_LEAVE, /* from, name = room */
};

/*
 * What somebody with the right to it has decided. Those in force are known by
 * kind, room and subject: a later one of the same replaces it, a lifted one
 * ends it. An engine that keeps records keeps those in force (restored at a
 * start) and a list of all that were made, newest last, for whoever asks later
 * who has done what.
 *
 * Their numbers are on the disk: a new one goes to the end.
 */
#define RULING_TABLE(X)                                                        \
    X(RULING_CLAIM, "claim")   /* subject: id; value: the key that owns it */  \
    X(RULING_MEMBER, "member") /* room; subject: id; value: owner, member */   \
    X(RULING_BAN, "ban")       /* room or none; subject: see ruling.h */       \
    X(RULING_MUTE, "mute")     /* room or none; subject: id */                 \
    X(RULING_ABOUT, "about")   /* room; value: the text */                     \
    /* never in force: what was done once */                                   \
    X(RULING_KICK, "kick")     /* room or none; subject: id */                 \
    X(RULING_REDACT, "redact") /* room; subject: the seq, in decimal */        \
    X(RULING_RELOAD, "reload")

enum ruling_kind {
#define RULING_ENUM(name, wire) name,
    RULING_TABLE(RULING_ENUM)
#undef RULING_ENUM
        RULING_KINDS
};

enum verdict {
    VERDICT_NEW,    /* goes on */
    VERDICT_REPEAT, /* this n was accepted before: seq, time are the first's */
    VERDICT_STALE,  /* this n is too far behind to tell */
    VERDICT_FULL,   /* the mailbox takes no more; its n was not accepted */
    VERDICT_DENIED, /* the same, since it is `denied` and no repeat */
};

/* Who must hear what became of it. */
enum answer {
    ANSWER_NONE,
    ANSWER_OK,
};

struct record {
    /* the engine's and the arena's */
    struct record *next;
    struct chunk *chunk;
    union {
        struct {
            uint8_t *free_at, *free_end; /* not yet given by record_copy */
        };
        struct channel *channels[2]; /* of a kept one: where it is found */
    };
    /* the question */
    uint64_t origin; /* handle of the connection that asked, 0: none here */
    enum record_kind kind;
    enum answer answer;
    struct ref ref;
    bool has_ref;
    struct slice from, name, lane, token;
    const char *why;
    uint64_t n, upto, beat;
    unsigned password; /* HELLO: see review_password; 0: by none */
    bool keep, receipt, inbox, direct;
    bool denied; /* SAY, TELL: only if it is a repeat; else it may not */
    bool spent;  /* END: the lane is not used again */
    bool lifted; /* RULING: ends the one in force */
    bool first;  /* RULING_MEMBER: only if the room has no list */
    bool sure;   /* RULING, lifted: also when none is known to be in force */
    enum ruling_kind ruling;
    uint8_t *body; /* MESSAGE_HEADROOM writable bytes stand before it */
    uint32_t body_len, pairs;
    /* the place, from stamp on */
    enum verdict verdict;
    bool stored;
    uint64_t seq, prev, time; /* time is the append's until then */
    struct slice wire;        /* the message as it is stored and sent */
};

/* Messages are found by channel. A conversation (CHANNEL_TALK) is the tells
 * between two ids, in both directions. */
enum channel_kind { CHANNEL_ROOM, CHANNEL_MAIL, CHANNEL_TALK, CHANNEL_KINDS };

/* A place in the log. */
struct mark {
    uint64_t seq, time;
};

enum range { RANGE_NEWEST, RANGE_AFTER, RANGE_BEFORE, RANGE_SINCE };
enum purpose { PURPOSE_HISTORY, PURPOSE_MAIL, PURPOSE_COUNT, PURPOSE_REDACT };

struct log_query {
    uint64_t origin;      /* handle of the connection that asked */
    enum purpose purpose; /* what the hub does with the page */
    enum channel_kind channel;
    uint8_t name_len, with_len, ref_len;
    uint8_t name[LIMIT_NAME]; /* the room, or whose mail */
    uint8_t with[LIMIT_NAME]; /* the other one of a conversation */
    bool has_ref, ref_is_str;
    uint8_t ref[LIMIT_REF];
    uint64_t ref_num;
    enum range range;
    uint64_t bound;    /* a seq, or ms for RANGE_SINCE */
    struct mark floor; /* what is not newer is not shown */
    unsigned limit;    /* messages, at most LIMIT_PAGE */
    size_t bytes;      /* of messages, together */
    uint64_t turn;     /* the hub's, whose allowance was charged */
    /* PURPOSE_REDACT: which message is to go, and why */
    uint64_t target;
    uint16_t text_len;
    uint8_t text[LIMIT_REASON];
};

struct log_page {
    const struct slice *messages; /* ascending, as they were sent */
    unsigned count;
    uint64_t head;  /* newest seq of the channel, 0: never had one */
    uint64_t first; /* oldest seq that is still there, 0: none */
    uint64_t upto;  /* the answer is final up to this seq */
    bool more;      /* there is more in the asked direction */
    bool complete;  /* nothing behind the bound has been removed */
};

/* A search, all in one piece, so that it can be answered later and elsewhere:
 * see search.h. */
struct log_search;
struct log_found;
struct counters;

/* What the hub keeps of a room, an id or a lane. In the marks, head and acked
 * are the highest of those that were forgotten. */
enum state_kind {
    STATE_MARKS,
    STATE_ROOM,
    STATE_CLIENT,
    STATE_LANE,
    STATE_RULING
};

struct log_state {
    enum state_kind kind;
    bool gone;         /* client, lane: forgotten; only the names count */
    bool known;        /* client: had an inbox session once */
    struct slice name; /* room or id */
    struct slice lane;
    uint64_t head;    /* newest seq of the room or mailbox */
    uint64_t first;   /* room: oldest seq that is still there, 0: none */
    uint64_t acked;   /* client */
    struct mark born; /* client: became known; older mail is not his */
    uint64_t used;    /* client, lane: when last, ms since 1970 */
    uint64_t time;    /* marks: the newest given out */
    uint64_t high;    /* lane: highest n accepted */
    uint64_t accepted[LIMIT_WINDOW / 64];
    /* ruling: name is its room (or empty), lane its subject, time when it was
     * made, head its seq */
    enum ruling_kind ruling;
    struct slice by;    /* the id that made it */
    struct slice value; /* bytes as the record had them */
    uint64_t until;     /* ms since 1970, 0: no end */
};

/* Who is told; the hub. `stamp` says whether to store. A page shows what has
 * been handed back as committed, or is being so, and nothing later: mail is
 * given once. All that is passed is borrowed for the call. */
struct log_owner {
    void *self;
    bool (*stamp)(void *self, struct record *r, uint64_t seq);
    void (*committed)(void *self, const struct record *r);
    void (*page)(void *self, const struct log_query *q,
                 const struct log_page *page);
    /* The answer to a search, within the call or later. */
    void (*found)(void *self, const struct log_search *search,
                  const struct log_found *found);
    /* Messages of a room went (retention); the oldest that is left. */
    void (*trimmed)(void *self, struct slice room, uint64_t first);

    /* For engines that keep records. At the start: what was saved, then each
     * record since, oldest first (the hub may know it already). */
    void (*restore)(void *self, const struct log_state *state);
    void (*replay)(void *self, const struct record *r);
    /* A stamped record will not be stored after all: as if it had never been
     * stamped. Newest first. */
    void (*revoke)(void *self, struct record *r);
    /* Instead of `committed`: the store did not take it, for this reason. */
    void (*refused)(void *self, const struct record *r, enum err err);
    /* How many states have changed since they were given to the engine (less
     * later, when something goes that was never saved); the
     * next of them, longest ago first; whether those that were given are saved
     * now, or are to be given again. */
    size_t (*changes)(void *self);
    void (*change)(void *self, struct log_state *state);
    void (*marks)(void *self, struct log_state *state);
    void (*saved)(void *self, bool saved);
    /* All mail of the id up to this seq was read. */
    uint64_t (*acked)(void *self, struct slice id);
};

/* The oldest chunks hold the oldest records. */
struct arena {
    struct chunk *newest;
    struct chunk *spare;
    size_t bytes; /* in all chunks but the spare one */
};

struct log {
    const struct log_engine *engine;
    struct log_owner owner;
    struct arena arena;
    char epoch[33];         /* hex: which store this is */
    const char *durability; /* full, normal, off, memory */
    const char *fault;      /* why it takes no messages now, in words */
    bool finds;             /* it can be searched */
};

struct log_engine {
    /* The owner is there: gives it what was kept. NULL: nothing ever is. False:
     * it cannot be read; `fault` says why. */
    bool (*load)(struct log *log);
    /* Takes the record. Not ERR_NONE: the store takes no more, the record was
     * freed and the asker is told. Volatile records are never refused. */
    enum err (*append)(struct log *log, struct record *r);
    /* Called when the socket is drained: places and commits what it can. */
    void (*commit)(struct log *log);
    void (*read)(struct log *log, const struct log_query *q);
    /* Takes the search: it frees it when it is answered. False: too many wait,
     * and it is still yours. Only of one that finds. */
    bool (*search)(struct log *log, struct log_search *search);
    /* Hands over what was found meanwhile, where `search` does not answer
     * itself. NULL: it does. */
    void (*answer)(struct log *log);
    /* What it counts; may be NULL. */
    void (*count)(struct log *log, struct counters *counters);
    void (*free)(struct log *log);
};

/*
 * A redaction is a RECORD_RULING of kind RULING_REDACT, which the hub appends
 * when it has read the message. From its commit on every page has in the
 * message's place what log_gone makes of it: seq, prev, time, room and from
 * stay, `gone` stands for the rest. An engine with a disk rewrites what it has
 * there in the same transaction or, at the latest, before the ruling's entry
 * leaves the log; until then it remembers. That the message is not there any
 * more (retention) is no error.
 *
 * Writes the message without its body to `out`, which has room for wire.len
 * bytes; gives its length, never more than that. 0: it is no say of ours.
 */
size_t log_gone(struct slice wire, uint8_t *out);
/* The seq that a RULING_REDACT names; 0: none. */
uint64_t log_redacted(const struct record *r);
/* "claim", "member", ... Static. */
const char *ruling_word(enum ruling_kind kind);
/* Whether one of this kind is in force until it is lifted. */
bool ruling_lasts(enum ruling_kind kind);
/* A zeroed record with room for `bytes` of record_copy; abort without memory.
 */
struct record *log_record(struct log *log, enum record_kind kind, size_t bytes);
/* Copies bytes into the record's own storage and gives the copy. */
struct slice record_copy(struct record *r, struct slice bytes);
/* Gives back a record, in any order. Engines call it. */
void record_free(struct log *log, struct record *r);

static inline enum err
log_append(struct log *log, struct record *r)
{
    return log->engine->append(log, r);
}

static inline void
log_commit(struct log *log)
{
    log->engine->commit(log);
}

static inline void
log_read(struct log *log, const struct log_query *q)
{
    log->engine->read(log, q);
}

/* Frees the engine and all its records. `*log` becomes NULL. */
void log_free(struct log **log);
/* What an engine's free does last: all chunks. */
void log_fini(struct log *log);

/* The engine that keeps the newest messages in at most `bound` bytes, index and
 * all. `now_us`: microseconds since 1970, where the seqs begin. */
struct log *log_memory_new(size_t bound, uint64_t now_us);
/* The least bound: room for a few of the largest messages. */
enum { LOG_MEMORY_LEAST = 1 << 20 };

#endif
