/* SPDX-License-Identifier: MPL-2.0 */
/* court: see court.h. */
#include "court.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct access court_access;

static const char users_text[] = "ann role=admin key=" ANN_KEY "\n"
                                 "mia role=moderator key=" MIA_KEY "\n"
                                 "bob key=" BOB_KEY "\n"
                                 "eve key=" EVE_KEY "\n";

void
court_fill(struct access *access, enum access_mode mode, const char *text)
{
    struct config_error error;
    *access = (struct access){.mode = mode};
    assert_true(users_read(&access->users, slice_str(text), "users", &error));
    assert_true(rules_add_closed(&access->rules, "staff", "staff*", &error));
    assert_true(
        rules_add(&access->rules, "news", "allow moderator say news", &error));
}

struct hub_options
court_options(enum access_mode mode)
{
    struct hub_options options;
    court_fill(&court_access, mode, users_text);
    hub_defaults(&options);
    options.access = &court_access;
    return options;
}

struct local *
court_new(enum access_mode mode)
{
    return local_new(court_options(mode));
}

void
court_free(struct local *l)
{
    local_free(l);
    users_free(&court_access.users);
}

struct caller
court_caller(const char *key, const char *address)
{
    return (struct caller){.key = slice_str(key),
                           .address = slice_str(address),
                           .confidential = true};
}

enum op
court_enter(struct local *l, unsigned i, const char *key, const char *id)
{
    const struct caller caller = court_caller(key, "10.0.0.1");
    local_call(l, i, &caller);
    local_hello(l, i, id);
    enum op op = l->boxes[i].last.op;
    return op;
}

void
court_everybody(struct local *l)
{
    assert_int_equal(court_enter(l, ANN, ANN_KEY, "ann"), OP_WELCOME);
    assert_int_equal(court_enter(l, MIA, MIA_KEY, "mia"), OP_WELCOME);
    assert_int_equal(court_enter(l, BOB, BOB_KEY, "bob"), OP_WELCOME);
    assert_int_equal(court_enter(l, EVE, EVE_KEY, "eve"), OP_WELCOME);
}

enum err
court_code(const struct local *l, unsigned i)
{
    const struct message *m = &l->boxes[i].last;
    return m->op == OP_ERROR ? err_find(m->code) : ERR_NONE;
}

enum err
court_ask(struct local *l, unsigned i, const struct message *m)
{
    local_clear(l);
    local_feed(l, i, m);
    local_turn(l);
    return court_code(l, i);
}

struct message
about_room(enum op op, const char *room)
{
    struct message m = {.op = op};
    WITH(&m, FIELD_REF, ref, ((struct ref){.num = 7}));
    if (room)
        WITH(&m, FIELD_ROOM, room, slice_str(room));
    return m;
}

struct message
about_id(enum op op, const char *room, const char *id)
{
    struct message m = about_room(op, room);
    WITH(&m, FIELD_ID, id, slice_str(id));
    return m;
}

enum err
court_join(struct local *l, unsigned i, const char *room)
{
    struct message m = about_room(OP_JOIN, room);
    return court_ask(l, i, &m);
}

enum err
court_say(struct local *l, unsigned i, const char *room)
{
    struct message m = about_room(OP_SAY, room);
    WITH(&m, FIELD_TEXT, text, slice_str("hello"));
    return court_ask(l, i, &m);
}

enum err
court_history(struct local *l, unsigned i, const char *room)
{
    struct message m = about_room(OP_HISTORY, room);
    return court_ask(l, i, &m);
}

enum err
court_rule(struct local *l, unsigned i, enum op op, const char *room,
           const char *id)
{
    struct message m = about_id(op, room, id);
    return court_ask(l, i, &m);
}
