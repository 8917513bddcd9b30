/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_pager: see cmd_pager.h.
 */
#include "cmd_pager.h"

static int
ask(struct pager *p, confab *c, struct confab_range range)
{
    range.room = p->room;
    range.with = p->with;
    range.limit = p->left < LIMIT_PAGE ? (unsigned)p->left : LIMIT_PAGE;
    return confab_history(c, &range, &p->number);
}

int
pager_resume(struct pager *p, confab *c)
{
    p->done = false;
    p->back = false;
    return ask(p, c,
               (struct confab_range){.after = p->last, .from_after = true});
}

static int
ask_back(struct pager *p, confab *c, uint64_t before)
{
    uint64_t wanted = p->left;
    p->back = true;
    p->left = wanted - p->found;
    int error = ask(p, c, (struct confab_range){.before = before});
    p->left = wanted;
    return error;
}

/* When to begin, in ms since 1970; 0: by seq or number. */
static uint64_t
moment(const struct since *since)
{
    uint64_t now = cmd_wall();
    if (since->type == SINCE_AT)
        return since->value;
    if (since->type != SINCE_AGO)
        return 0;
    return since->value < now ? now - since->value : 1;
}

int
pager_start(struct pager *p, struct cmd *cmd, uint64_t standard)
{
    const struct args *args = cmd->args;
    const struct since *since = &args->since;
    bool forward = args->has_after || (since->type != SINCE_NOTHING &&
                                       since->type != SINCE_NEWEST);
    p->before = args->before;
    p->left = args->command - commands == COMMAND_HISTORY ? args->count : 0;
    if (!p->left && since->type == SINCE_NEWEST)
        p->left = since->value;
    if (!p->left && !forward)
        p->left = standard;
    if (!p->left)
        p->left = UINT64_MAX;
    uint64_t at = moment(since);
    if (at)
        return ask(p, cmd->c, (struct confab_range){.since = at});
    p->last = args->has_after ? args->after : since->value;
    if (forward || p->left == UINT64_MAX)
        return pager_resume(p, cmd->c);
    p->last = 0;
    return ask_back(p, cmd->c, p->before);
}

/* Shows the page; false when that was enough. */
static bool
show_page(struct pager *p, const confab_event *answer)
{
    for (size_t i = 0; i < answer->messages_len; i++) {
        const confab_event *message = &answer->messages[i];
        if (p->before && message->seq >= p->before)
            return false;
        if (message->seq <= p->last)
            continue;
        if (!p->show(p->context, message))
            return false;
        p->last = message->seq;
        if (--p->left == 0)
            return false;
    }
    return true;
}

static int
answer_back(struct pager *p, confab *c, const confab_event *answer)
{
    bool first = p->found == 0;
    p->found += answer->messages_len;
    if (answer->messages_len)
        p->earliest = answer->messages[0].seq;
    bool enough = p->found >= p->left || !answer->more || !answer->messages_len;
    if (!enough)
        return ask_back(p, c, p->earliest);
    if (!first || !answer->messages_len) {
        p->last = p->earliest ? p->earliest - 1 : answer->head;
        if (p->earliest)
            return pager_resume(p, c);
        p->done = true;
        return 0;
    }
    p->done = true;
    if (show_page(p, answer) && !p->before)
        p->last = answer->head > p->last ? answer->head : p->last;
    return 0;
}

int
pager_answer(struct pager *p, confab *c, const confab_event *answer)
{
    if (p->back)
        return answer_back(p, c, answer);
    uint64_t before = p->last;
    /* A page that leads nowhere would be asked for again, for ever. */
    p->done = !show_page(p, answer) || !answer->more || p->last == before;
    if (!p->done)
        return pager_resume(p, c);
    if (!answer->more && p->last < answer->head && p->left && !p->before)
        p->last = answer->head;
    return 0;
}
