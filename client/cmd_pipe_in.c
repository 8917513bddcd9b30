/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_pipe_in: a line of JSON becomes a call of confab.h.
 *
 * The line is turned into MessagePack and read by message_read, as the broker
 * would, so what is valid is decided by the protocol's own tables, and the
 * error says which key and which limit. One table row per op says what to call.
 * What libconfab does by itself (hello, sync, n) is refused, not ignored.
 */
#include "cmd_pipe.h"

static void
print_error(const struct pipe *p, json_t *ref, const char *code,
            const char *text)
{
    json_t *line = json_pack("{s:s}", "op", "error");
    if (line && ref)
        json_object_set(line, "ref", ref);
    if (line)
        json_object_set_new(line, "code", json_string(code));
    if (line)
        json_object_set_new(line, "text", json_string(text));
    if (line)
        json_object_set_new(line, "line",
                            json_integer((json_int_t)p->in.number));
    json_line(stdout, line);
    json_decref(line);
}

/* Copies with a NUL behind; NULL when the field is not there. */
static const char *
text_of(char *to, struct slice from)
{
    if (!from.data)
        return NULL;
    memcpy(to, from.data, from.len);
    to[from.len] = '\0';
    return to;
}

static struct confab_extra
extra_of(struct pipe *p, const struct message *m)
{
    return (struct confab_extra){
        .data = m->data.data,
        .data_len = m->data.len,
        .kind = text_of(p->kind, m->kind),
        .re = m->re,
        .fleeting = message_has(m, FIELD_KEEP) && !m->keep,
        .receipt = m->receipt,
    };
}

static int
do_say(struct pipe *p, const struct message *m, uint64_t *number)
{
    struct confab_extra extra = extra_of(p, m);
    return confab_say(p->cmd->c, text_of(p->name, m->room),
                      text_of(p->text, m->text), &extra, number);
}

static int
do_tell(struct pipe *p, const struct message *m, uint64_t *number)
{
    struct confab_extra extra = extra_of(p, m);
    return confab_tell(p->cmd->c, text_of(p->name, m->to),
                       text_of(p->text, m->text), &extra, number);
}

static int
do_join(struct pipe *p, const struct message *m, uint64_t *number)
{
    (void)number;
    return confab_join(p->cmd->c, text_of(p->name, m->room),
                       m->direct ? CONFAB_DIRECT : 0);
}

static int
do_leave(struct pipe *p, const struct message *m, uint64_t *number)
{
    (void)number;
    int error = confab_leave(p->cmd->c, text_of(p->name, m->room));
    struct question q;
    while (!error && pending_take(&p->pending, 0, OP_JOIN, p->name, &q)) {
        print_error(p, q.ref, err_name(ERR_BAD_STATE),
                    "left before it was joined");
        json_decref(q.ref);
    }
    return error;
}

/* Without --manual-ack the mail was acknowledged when it was printed. */
static int
do_ack(struct pipe *p, const struct message *m, uint64_t *number)
{
    (void)number;
    return p->cmd->args->manual_ack ? confab_ack(p->cmd->c, m->seq) : 0;
}

static int
do_history(struct pipe *p, const struct message *m, uint64_t *number)
{
    struct confab_range range = {
        .room = text_of(p->name, m->room),
        .with = text_of(p->with, m->with),
        .after = m->after,
        .from_after = message_has(m, FIELD_AFTER),
        .before = m->before,
        .since = m->since,
        .limit = message_has(m, FIELD_LIMIT) ? (unsigned)m->limit : 0,
    };
    return confab_history(p->cmd->c, &range, number);
}

static int
do_who(struct pipe *p, const struct message *m, uint64_t *number)
{
    return confab_who(p->cmd->c, text_of(p->name, m->room),
                      text_of(p->with, m->after_name), number);
}

static int
do_rooms(struct pipe *p, const struct message *m, uint64_t *number)
{
    return confab_rooms(p->cmd->c, text_of(p->with, m->after_name), number);
}

static int
do_admin(struct pipe *p, const struct message *m, uint64_t *number)
{
    static const enum confab_act acts[OP_COUNT] = {
        [OP_INVITE] = CONFAB_DO_INVITE, [OP_KICK] = CONFAB_DO_KICK,
        [OP_BAN] = CONFAB_DO_BAN,       [OP_MUTE] = CONFAB_DO_MUTE,
        [OP_REDACT] = CONFAB_DO_REDACT, [OP_ABOUT] = CONFAB_DO_ABOUT,
        [OP_RULINGS] = CONFAB_DO_LIST,  [OP_RELOAD] = CONFAB_DO_RELOAD,
    };
    struct confab_order order = {
        .act = acts[m->op],
        .room = text_of(p->name, m->room),
        .id = text_of(p->with, m->id),
        .key = text_of(p->key, m->key),
        .address = text_of(p->address, m->address),
        .role = text_of(p->role, m->role),
        .kind = text_of(p->kind, m->kind),
        .about = text_of(p->about, m->about),
        .text = text_of(p->text, m->text),
        .seq = m->op == OP_RULINGS ? m->after : m->seq,
        .lasts = m->lasts,
        .limited = message_has(m, FIELD_FOR),
        .limit = message_has(m, FIELD_LIMIT) ? (unsigned)m->limit : 0,
    };
    return confab_admin(p->cmd->c, &order, number);
}

static int
do_ping(struct pipe *p, const struct message *m, uint64_t *number)
{
    (void)m;
    return confab_ping(p->cmd->c, number);
}

static int
do_bye(struct pipe *p, const struct message *m, uint64_t *number)
{
    (void)m;
    (void)number;
    p->bye = true;
    return 0;
}

static const struct row {
    int (*run)(struct pipe *, const struct message *, uint64_t *number);
    enum { ANSWER_NONE, ANSWER_NOW, ANSWER_LATER } answer;
} rows[OP_COUNT] = {
    [OP_SAY] = {do_say, ANSWER_LATER},
    [OP_TELL] = {do_tell, ANSWER_LATER},
    [OP_JOIN] = {do_join, ANSWER_LATER},
    [OP_LEAVE] = {do_leave, ANSWER_NOW},
    [OP_ACK] = {do_ack, ANSWER_NONE},
    [OP_HISTORY] = {do_history, ANSWER_LATER},
    [OP_WHO] = {do_who, ANSWER_LATER},
    [OP_ROOMS] = {do_rooms, ANSWER_LATER},
    [OP_PING] = {do_ping, ANSWER_LATER},
    [OP_INVITE] = {do_admin, ANSWER_LATER},
    [OP_KICK] = {do_admin, ANSWER_LATER},
    [OP_BAN] = {do_admin, ANSWER_LATER},
    [OP_MUTE] = {do_admin, ANSWER_LATER},
    [OP_REDACT] = {do_admin, ANSWER_LATER},
    [OP_ABOUT] = {do_admin, ANSWER_LATER},
    [OP_RULINGS] = {do_admin, ANSWER_LATER},
    [OP_RELOAD] = {do_admin, ANSWER_LATER},
    [OP_BYE] = {do_bye, ANSWER_NOW},
};

/* False after printing why the message is not one that can be done. */
static bool
can_do(const struct pipe *p, const struct message *m, json_t *ref)
{
    if (!rows[m->op].run) {
        print_error(p, ref, err_name(ERR_BAD_STATE),
                    "confab pipe does this by itself");
        return false;
    }
    if (message_has(m, FIELD_N)) {
        print_error(p, ref, err_name(ERR_BAD_MESSAGE),
                    "n: confab pipe numbers what it sends by itself; use ref");
        return false;
    }
    if (m->text.len && memchr(m->text.data, 0, m->text.len)) {
        print_error(p, ref, err_name(ERR_BAD_MESSAGE),
                    "text: cannot have a NUL here");
        return false;
    }
    return true;
}

/* Reads the object as the broker would; false after printing what is wrong. */
static bool
read_object(struct pipe *p, json_t *object, struct message *m)
{
    struct buffer out = {.data = p->packed, .cap = sizeof p->packed};
    json_t *ref = json_object_get(object, "ref");
    const char *wrong = json_to_message(object, &out);
    if (wrong) {
        bool large = out.overflow;
        print_error(p, ref, err_name(large ? ERR_TOO_LARGE : ERR_BAD_MESSAGE),
                    wrong);
        return false;
    }
    struct reader r = reader_open(slice_of(out.data, out.len));
    struct fault fault = {0};
    enum err err = message_read(&r, SIDE_CLIENT, m, &fault);
    if (err == ERR_NONE)
        return can_do(p, m, ref);
    print_error(p, ref, err_name(err), fault.text);
    return false;
}

static int
remember(struct pipe *p, const struct message *m, json_t *ref, uint64_t number)
{
    struct question q = {
        .number = number, .op = m->op, .ref = json_incref(ref)};
    if (m->op == OP_JOIN)
        memcpy(q.name, p->name, sizeof q.name);
    return pending_add(&p->pending, q) ? 0 : CONFAB_ENOMEM;
}

static int
do_message(struct pipe *p, const struct message *m, json_t *ref)
{
    uint64_t number = 0;
    const struct row *row = &rows[m->op];
    int error = row->run(p, m, &number);
    if (error == CONFAB_EINVALID || error == CONFAB_ETOOLARGE) {
        bool large = error == CONFAB_ETOOLARGE;
        print_error(p, ref, err_name(large ? ERR_TOO_LARGE : ERR_BAD_MESSAGE),
                    confab_last_error());
        return 0;
    }
    if (error)
        return error;
    if (row->answer == ANSWER_NOW)
        pipe_ok(ref);
    return row->answer == ANSWER_LATER ? remember(p, m, ref, number) : 0;
}

int
pipe_line(struct pipe *p, const char *line, size_t len)
{
    json_error_t fault;
    struct message m;
    if (strspn(line, " \t\r") == len)
        return 0; /* an empty line is nothing */
    json_t *object = json_loadb(line, len, JSON_REJECT_DUPLICATES, &fault);
    if (!object) {
        print_error(p, NULL, err_name(ERR_BAD_MESSAGE), fault.text);
        return 0;
    }
    int error = 0;
    if (read_object(p, object, &m))
        error = do_message(p, &m, json_object_get(object, "ref"));
    json_decref(object);
    return error;
}

void
pipe_long(struct pipe *p)
{
    print_error(p, NULL, err_name(ERR_TOO_LARGE), "the line is too long");
}
