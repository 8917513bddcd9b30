/* SPDX-License-Identifier: MPL-2.0 */
/*
 * mailbox: the direct messages of one id, and how far they have come.
 *
 * The messages themselves are in the log (CHANNEL_MAIL); here is only where its
 * chain ends, what the owner has acknowledged, and who waits for a receipt.
 */
#ifndef CONFAB_MAILBOX_H
#define CONFAB_MAILBOX_H

#include "hub.h"

struct client;
struct session;

/* A tell that asked for a receipt and has not been acknowledged. */
struct receipt {
    struct client *sender; /* held */
    uint64_t seq;
};

/* Beyond these the mailbox's oldest is forgotten. */
enum {
    RECEIPTS_MAX = 1024,       /* per mailbox */
    RECEIPTS_ALL = 256 * 1024, /* in all mailboxes */
};

struct mailbox {
    struct quota quota;
    uint64_t placed; /* newest seq that has its place in the log */
    uint64_t head;   /* newest seq committed */
    uint64_t acked;
    struct receipt *receipts; /* a ring, oldest at `begin` */
    uint32_t begin, count, cap;
};

/* A tell to `c` is committed. False: it is not stored, and nobody took it. */
bool mailbox_deliver(struct hub *hub, struct client *c, const struct record *r);
void mailbox_ack(struct hub *hub, struct client *c, uint64_t upto);
/* Gives the inbox session what it can take. */
void mailbox_pump(struct hub *hub, struct client *c);
/* From what is unread on, again: its client may not have what it was given. */
void mailbox_again(struct hub *hub, struct session *s);
/* A page that mailbox_pump asked for. */
void mailbox_page(struct hub *hub, const struct log_query *q,
                  const struct log_page *page);
/* A stored tell has its place: NULL when the mailbox takes it, else why not. */
const char *mailbox_place(struct hub *hub, struct client *c,
                          const struct record *r);
/* It will not be stored after all. */
void mailbox_revoke(struct hub *hub, struct client *c, const struct record *r);
/* A page that counting asked for. */
void mailbox_count_page(struct hub *hub, const struct log_query *q,
                        const struct log_page *page);
void mailbox_fini(struct mailbox *mail);

#endif
