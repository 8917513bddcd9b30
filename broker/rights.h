/* SPDX-License-Identifier: MPL-2.0 */
/*
 * rights: may this session do that, now?
 *
 * The operator's rules (access.h), what is in force (ruling.h) and the lists of
 * closed rooms, put together: one function an act, asked at every act.
 */
#ifndef CONFAB_RIGHTS_H
#define CONFAB_RIGHTS_H

#include "core.h"

/* code ERR_NONE: it may. `text` is static. */
struct refusal {
    enum err code;
    const char *text;
};

struct refusal rights_join(struct hub *hub, const struct session *s,
                           struct slice room);
struct refusal rights_say(struct hub *hub, const struct session *s,
                          struct slice room);
struct refusal rights_tell(struct hub *hub, const struct session *s,
                           struct slice to);
/* History; a stranger is not told that a closed room is there. */
struct refusal rights_read(struct hub *hub, const struct session *s,
                           struct slice room);
/* Once it is decided: a closed room is only for those on its list, whoever
 * might have made it. */
struct refusal rights_stay(struct hub *hub, const struct session *s,
                           struct slice room);
/* On the closed room's list, and not banned from it. */
bool rights_is_in(const struct hub *hub, struct slice room, struct slice id);
/* May say nothing there, or with an empty name to nobody. */
bool rights_is_muted(const struct hub *hub, const struct session *s,
                     struct slice room);
/* Whether it is shown this room in lists. */
bool rights_see(struct hub *hub, const struct session *s,
                const struct room *room);
/* May it see what the broker counts: where everybody is equal, everybody. */
struct refusal rights_stats(const struct hub *hub, const struct session *s);
/* May it moderate: the room, or with an empty name the broker? `target` is the
 * id it is about, or empty. */
struct refusal rights_moderate(struct hub *hub, const struct session *s,
                               struct slice room, struct slice target);

#endif
