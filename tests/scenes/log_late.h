/* SPDX-License-Identifier: MPL-2.0 */
/*
 * log_late: a log engine as far from the memory engine as log.h allows.
 *
 * Nothing happens when it is asked for: records get their place some commits
 * later, many at once, and are handed back later still; a read is answered
 * later than that. Seqs have gaps. Before and behind what this broker appends
 * come records that another broker appended: says, tells and joins of ids and
 * rooms that no scene looks at, or what a scene has somebody `@far` do.
 */
#ifndef SCENES_LOG_LATE_H
#define SCENES_LOG_LATE_H

#include "broker/log.h"

struct log *log_late_new(uint64_t now_us, bool noise);
/* True while something is on its way. */
bool log_late_busy(const struct log *log);

/* What somebody at another broker does; all borrowed. */
struct far {
    enum record_kind kind; /* say, tell, join or leave */
    struct slice from, name, text;
    bool keep;
    uint64_t time; /* ms since 1970 */
};
void log_late_far(struct log *log, const struct far *far);

#endif
