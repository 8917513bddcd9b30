/* SPDX-License-Identifier: MPL-2.0 */
/*
 * hub_log: what the hub does with what the log hands back; see struct
 * log_owner.
 */
#ifndef CONFAB_HUB_LOG_H
#define CONFAB_HUB_LOG_H

#include "log.h"

/* The record has its place: completes it. True when it is to be stored. */
bool hub_stamp(void *hub, struct record *r, uint64_t seq);
/* The record is safe: delivers and acknowledges. */
void hub_committed(void *hub, const struct record *r);
/* It will not be stored after all: undoes hub_stamp, newest first. */
void hub_revoke(void *hub, struct record *r);
/* And this is what the asker is told. */
void hub_refused(void *hub, const struct record *r, enum err err);
uint64_t hub_acked(void *hub, struct slice id);
void hub_page(void *hub, const struct log_query *q,
              const struct log_page *page);
void hub_trimmed(void *hub, struct slice room, uint64_t first);

#endif
