/* SPDX-License-Identifier: MPL-2.0 */
/*
 * court: a hub with keys, and those who come before it.
 *
 * ann is an admin, mia a moderator, bob and eve are listed; rooms staff* are
 * closed, and in news only moderators speak. One at a time.
 */
#ifndef UNIT_COURT_H
#define UNIT_COURT_H

#include "broker/access.h"
#include "broker/core.h"
#include "local.h"

/* 40 characters; what stands before tells whose it is. */
#define KEY_REST "23456789012345678901234567890123456789"
#define ANN_KEY "aa" KEY_REST
#define MIA_KEY "mm" KEY_REST
#define BOB_KEY "bb" KEY_REST
#define EVE_KEY "ee" KEY_REST

enum { ANN, MIA, BOB, EVE, OTHER };

/* The rights of the hub; to be changed before anybody asks. */
extern struct access court_access;

/* With these users, in the form of their file. */
void court_fill(struct access *access, enum access_mode mode,
                const char *users);
/* The options of court_new, which may be changed. */
struct hub_options court_options(enum access_mode mode);
struct local *court_new(enum access_mode mode);
void court_free(struct local *l);
/* Who comes with this key ("": none) from this address. */
struct caller court_caller(const char *key, const char *address);
/* Connects with the key and says hello; gives the answer's op. */
enum op court_enter(struct local *l, unsigned i, const char *key,
                    const char *id);
/* The four, in boxes ANN to EVE. */
void court_everybody(struct local *l);
/* The code of the last error; ERR_NONE when something else came. */
enum err court_code(const struct local *l, unsigned i);
/* Sends one message and takes a turn; gives the code of the answer. */
enum err court_ask(struct local *l, unsigned i, const struct message *m);

/* An op about a room (NULL: none), with ref 7. */
struct message about_room(enum op op, const char *room);
struct message about_id(enum op op, const char *room, const char *id);
enum err court_join(struct local *l, unsigned i, const char *room);
enum err court_say(struct local *l, unsigned i, const char *room);
enum err court_history(struct local *l, unsigned i, const char *room);
enum err court_rule(struct local *l, unsigned i, enum op op, const char *room,
                    const char *id);

#endif
