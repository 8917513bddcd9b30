/* SPDX-License-Identifier: MPL-2.0 */
/*
 * session_hello: becoming and staying welcome.
 *
 * hello goes out with each connection and each `no-session`, and again when
 * nothing answers it. A refusal of the very first one ends the session, so that
 * a program can tell its user at once that the id is taken; once it has been
 * welcome, `in-use` only means that the broker has not yet noticed the end of
 * our former connection, and is tried again. So it is for a lane that is used
 * once: whoever used it before us is most likely gone.
 */
#include "session_state.h"

/* No outbox comes so far, and numbers above it must be left. */
#define LANE_HIGHEST (WIRE_INT_MAX / 2)

/* A sending session beside this id's inbox needs that one's token; its own is
 * of use against its own former connection. So they take turns. */
static const char *
token(struct session *s)
{
    if (!s->sending || !s->sink.token)
        return s->resume;
    const char *inbox = s->sink.token(s->sink.owner);
    if (!inbox || !inbox[0])
        return s->resume;
    return s->resume[0] && s->hellos % 2 ? s->resume : inbox;
}

static void
add(struct message *m, enum field field, struct slice *to, const char *text)
{
    if (!text || !text[0])
        return;
    *to = slice_str(text);
    m->has |= MESSAGE_BIT(field);
}

void
session_say_hello(struct session *s, struct now now)
{
    if (s->hello_sent && now.ms < s->hello_at)
        return;
    struct message m = {
        .op = OP_HELLO,
        .has = MESSAGE_BIT(FIELD_REF) | MESSAGE_BIT(FIELD_V) |
               MESSAGE_BIT(FIELD_ID),
        .ref = {.num = s->numbers + 1},
        .v = PROTOCOL_VERSION,
        .id = slice_str(s->id),
        .beat = s->ask_beat,
    };
    if (s->sending)
        m.has |= MESSAGE_BIT(FIELD_INBOX); /* false */
    if (s->ask_beat)
        m.has |= MESSAGE_BIT(FIELD_BEAT);
    add(&m, FIELD_LANE, &m.lane, s->lane);
    add(&m, FIELD_RESUME, &m.resume, token(s));
    add(&m, FIELD_AGENT, &m.agent, s->agent);
    add(&m, FIELD_PASSWORD, &m.password, s->password);
    if (!session_write(s, &m))
        return;
    s->hello_ref = ++s->numbers;
    s->hello_sent = true;
    s->hellos++;
    s->hello_at = now.ms + (s->password ? HELLO_CHECKED : HELLO_AGAIN);
}

static void
keep_text(struct session *s, enum keep kind, char *to, size_t size,
          struct slice text)
{
    if (text.len >= size || slice_eq(slice_str(to), text))
        return;
    memcpy(to, text.data, text.len);
    to[text.len] = '\0';
    session_keep(s, &(struct record){.kind = kind, .bytes = text});
}

/*
 * The broker has accepted numbers, up to `n`, that we do not know to have sent:
 * our state file is an old copy, or somebody else uses one. What may have been
 * sent before the copy was made is said again under its number, and the broker
 * knows. Nobody can tell of what has left its window; nor of what had not been
 * sent when an earlier run ended: it was said under this number if the copy was
 * made later, and if it was made before, the number is another message's.
 */
static void
refuse_unknown(struct session *s, uint64_t n)
{
    struct message m = {
        .op = OP_NONE,
        .code = slice_str(err_name(ERR_BAD_STATE)),
        .text = slice_str("the state file is an old copy: it is not known "
                          "whether this was said"),
    };
    struct outbox *o = &s->outbox;
    uint64_t sent = o->highest;
    if (o->highest < s->run_from - 1)
        o->highest = s->run_from - 1;
    for (m.n = o->base; m.n < s->run_from; m.n++) {
        if (m.n > sent || m.n + LIMIT_WINDOW <= n)
            session_answered(s, CONFAB_REFUSED, &m, slice_of(NULL, 0));
    }
}

static void
check_lane(struct session *s, const struct message *m)
{
    bool queued = outbox_next(&s->outbox) > s->unsent_from;
    s->unsent_from = NEVER;
    if (s->once || m->n > LANE_HIGHEST)
        return;
    if (m->n > s->outbox.highest) {
        refuse_unknown(s, m->n);
        (void)session_renumber(s, m->n);
    } else if (queued) {
        session_keep(s, &(struct record){.kind = KEEP_NEXT,
                                         .number = outbox_next(&s->outbox)});
    }
}

static void
open_mail(struct session *s, const struct message *m, struct now now)
{
    if (s->sending)
        return;
    if (!s->mail.known || s->new_epoch || m->acked > s->mail.last)
        s->mail.last = m->acked;
    s->mail.known = true;
    s->mail_acked = s->mail_base = m->acked;
    if (s->mail_done < m->acked)
        s->mail_done = m->acked;
    if (s->new_epoch && s->mail_done > m->acked) {
        s->mail_done = m->acked;
        session_keep(s,
                     &(struct record){.kind = KEEP_MAIL, .number = m->acked});
    }
    chain_open(s, &s->mail, 0, now);
}

void
session_use_topics(struct session *s)
{
    if (s->topics_used || !s->publisher[0])
        return;
    s->topics_used = true;
    s->sink.publisher(s->sink.owner, slice_str(s->publisher));
}

/* A client without a room on a topic lives with one connection. */
static void
keep_publisher(struct session *s, struct slice pub)
{
    if (pub.len >= sizeof s->publisher)
        return;
    if (pub.len)
        memcpy(s->publisher, pub.data, pub.len);
    s->publisher[pub.len] = '\0';
    if (s->topics_used)
        s->sink.publisher(s->sink.owner, slice_str(s->publisher));
}

void
session_on_welcome(struct session *s, const struct message *m, struct slice raw,
                   struct now now)
{
    if (s->stage != STAGE_HELLO)
        return; /* the second answer, to a hello that was repeated */
    s->stage = STAGE_ONLINE;
    s->beat = m->beat < BEAT_MIN   ? BEAT_MIN
              : m->beat > BEAT_MAX ? BEAT_MAX
                                   : m->beat;
    s->pinged = now.ms;
    s->new_epoch = s->epoch[0] && !slice_eq(slice_str(s->epoch), m->epoch);
    for (size_t i = 0; s->new_epoch && i < s->room_count; i++)
        s->rooms[i]->foreign = true;
    keep_text(s, KEEP_EPOCH, s->epoch, sizeof s->epoch, m->epoch);
    keep_text(s, KEEP_RESUME, s->resume, sizeof s->resume, m->resume);
    keep_publisher(s, m->pub);
    struct message online = {
        .op = OP_NONE,
        .id = m->id,
        .text = m->durability,
        .time = m->time,
        .role = m->role,
        .again = s->welcomed,
    };
    s->welcomed = true;
    session_emit(s, CONFAB_ONLINE, &online, raw);
    struct message epoch = {.op = OP_NONE};
    if (s->new_epoch)
        session_emit(s, CONFAB_EPOCH, &epoch, slice_of(NULL, 0));
    check_lane(s, m);
    open_mail(s, m, now);
    s->work = true;
}

/* What is worth another try, without the user's doing. */
static bool
may_retry(const struct session *s, enum err code)
{
    switch (code) {
    case ERR_IN_USE:
        return s->welcomed || s->once;
    case ERR_TOO_MANY:
    case ERR_FULL:
    case ERR_RATE:
    case ERR_INTERNAL:
    case ERR_NO_SESSION:
        return true;
    default:
        return false;
    }
}

void
session_denied(struct session *s, const char *text)
{
    struct message m = {
        .op = OP_NONE,
        .why = slice_str("refused"),
        .code = slice_str(err_name(ERR_DENIED)),
        .text = slice_str(text),
    };
    if (s->stage != STAGE_ENDED)
        session_end(s, &m);
}

void
session_hindered(struct session *s, const char *code, const char *text)
{
    struct message m = {
        .op = OP_NONE,
        .code = slice_str(code),
        .text = slice_str(text),
    };
    if (s->stage != STAGE_ENDED)
        session_emit(s, CONFAB_REFUSED, &m, slice_of(NULL, 0));
}

void
session_hello_refused(struct session *s, const struct message *m,
                      struct now now)
{
    struct message event = {
        .op = OP_NONE, .code = m->code, .text = m->text, .wait = m->wait};
    enum err code = err_find(m->code);
    if (!may_retry(s, code)) {
        event.why = slice_str("refused");
        session_end(s, &event);
        return;
    }
    bool first = s->once && s->hellos == 1;
    if ((code != ERR_IN_USE && code != ERR_NO_SESSION) || first)
        session_emit(s, CONFAB_REFUSED, &event, slice_of(NULL, 0));
    s->stage = STAGE_PAUSE;
    s->hello_sent = false;
    s->hello_at = now.ms + (m->wait ? m->wait : RETRY_WAIT);
    /* The one before us said no bye; its connection will end any moment. */
    if (code == ERR_IN_USE && s->once)
        s->hello_at = now.ms + ONCE_WAIT;
}
