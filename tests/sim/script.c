/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Most acts follow each other within some milliseconds, so that they meet; now
 * and then there is a pause in which things come to rest.
 */
#include "script.h"

#include <string.h>

enum { GAP = 40, PAUSE = 4000, DICE_SETUP = 1, DICE_SCRIPT = 2 };

static const char *const names[] = {"ann", "bob", "cid", "dan", "eve"};
/* One is the beginning of another, as topics are found by what they begin
 * with. */
static const char *const rooms[ROOMS_MAX] = {"dev", "devops", "lobby", "ops"};

static const struct {
    unsigned weight;
    const char *words;
} table[ACT_COUNT] = {
#define ACT_ROW(name, weight, words) [name] = {weight, words},
    ACT_TABLE(ACT_ROW)
#undef ACT_ROW
};

const char *
script_room(unsigned room)
{
    return rooms[room];
}

bool
script_is_closed(const struct setup *setup, unsigned room)
{
    return setup->entry != ENTRY_OPEN && room == CLOSED_ROOM;
}

static void
setup_make(struct setup *setup, uint64_t seed)
{
    struct dice d = dice_of(seed, DICE_SETUP);
    unsigned inboxes = 2 + (unsigned)dice_below(&d, 4);
    unsigned senders = (unsigned)dice_below(&d, 3);
    *setup = (struct setup){
        .seed = seed,
        .luck = seed,
        .persons = inboxes + senders,
        .second = dice_one_in(&d, 4) ? inboxes + senders : 0,
        .rooms = 1 + (unsigned)dice_below(&d, ROOMS_MAX),
        .quota = dice_one_in(&d, 4) ? 12 : 10000,
        .one_step = dice_one_in(&d, 2),
        .save_before = dice_one_in(&d, 2),
        .small_frames = !dice_one_in(&d, 3),
    };
    for (unsigned i = 0; i < setup->persons; i++) {
        struct part *p = &setup->parts[i];
        p->sending = i >= inboxes;
        p->id = p->sending ? names[dice_below(&d, inboxes)] : names[i];
        if (p->sending && dice_one_in(&d, 2))
            p->id = i == inboxes ? "robot" : "clock";
        p->manual = !p->sending && dice_one_in(&d, 3);
        p->beat = 500 + (unsigned)dice_below(&d, 2500);
    }
    if (setup->second) {
        setup->parts[setup->persons] = setup->parts[0];
        setup->parts[setup->persons++].second = true;
    }
    setup->entry = (enum entry)dice_below(&d, ENTRIES);
}

/* --- acts --- */

static enum act_kind
pick(struct dice *d)
{
    unsigned all = 0;
    for (unsigned i = 0; i < ACT_COUNT; i++)
        all += table[i].weight;
    uint64_t at = dice_below(d, all);
    unsigned i = 0;
    while (at >= table[i].weight)
        at -= table[i++].weight;
    return (enum act_kind)i;
}

static unsigned
burst(struct dice *d)
{
    if (dice_one_in(d, 40))
        return 1 + (unsigned)dice_below(d, BURST_MAX);
    return dice_one_in(d, 4) ? 1 + (unsigned)dice_below(d, 8) : 1;
}

/* Mostly short, sometimes beyond every timer. */
static unsigned
duration(struct dice *d)
{
    static const unsigned most[] = {20, 200, 200, 1500, 1500, 5000};
    return 1 + (unsigned)dice_below(d, most[dice_below(d, 6)]);
}

/* What moderators do. */
static void
act_rule(struct act *act, const struct setup *setup, unsigned room,
         unsigned person)
{
    switch (act->kind) {
    case ACT_REDACT:
    case ACT_ABOUT:
        act->a = room;
        act->b = act->kind == ACT_ABOUT ? act->b % 3 == 0 : act->b;
        break;
    case ACT_INVITE:
        act->a = person;
        act->b = act->b < 25;
        break;
    case ACT_KICK:
        act->a = person;
        act->b %= setup->rooms + 1;
        break;
    case ACT_BAN:
    case ACT_MUTE:
        act->b = act->a;
        act->a = person;
        break;
    default:
        break;
    }
}

static void
act_fill(struct act *act, const struct setup *setup, struct dice *d)
{
    act->kind = pick(d);
    act->who = (unsigned)dice_below(d, setup->persons);
    /* Mostly who may. */
    if (act->kind >= ACT_INVITE && !dice_one_in(d, 4))
        act->who = 0;
    act->a = duration(d);
    act->b = (unsigned)dice_below(d, 100);
    uint64_t room = dice_below(d, setup->rooms);
    uint64_t person = dice_below(d, setup->persons);
    unsigned many = burst(d);
    switch (act->kind) {
    case ACT_JOIN:
    case ACT_LEAVE:
    case ACT_WHO:
        act->a = (unsigned)room;
        act->b = act->b < 30;
        break;
    case ACT_SAY:
    case ACT_FLEETING:
        act->a = (unsigned)room;
        act->b = many;
        break;
    case ACT_TELL:
    case ACT_TELL_FLEETING:
        act->a = (unsigned)person;
        act->b = many;
        break;
    case ACT_HISTORY:
        act->a = (unsigned)room;
        break;
    case ACT_TALK:
        act->a = (unsigned)person;
        break;
    case ACT_MOVE:
        act->who = act->b % 2 ? setup->second : 0;
        break;
    case ACT_SAVE:
        act->a = 1 + (unsigned)dice_below(d, 12);
        break;
    case ACT_SLOW:
        act->b *= 5;
        break;
    case ACT_CLOCK:
        act->b %= 2;
        break;
    default:
        act_rule(act, setup, (unsigned)room, (unsigned)person);
        break;
    }
}

static uint64_t
gap(struct dice *d)
{
    if (dice_one_in(d, 25))
        return dice_below(d, PAUSE);
    return dice_one_in(d, 3) ? 0 : dice_below(d, GAP);
}

/* Everybody enters something first, or half of the runs would be about empty
 * rooms. */
static void
begin(struct script *script, struct dice *d)
{
    const struct setup *setup = &script->setup;
    for (unsigned i = 0; i < setup->persons; i++)
        for (unsigned room = 0; room < setup->rooms; room++) {
            if (setup->parts[i].sending || dice_one_in(d, 3))
                continue;
            script->acts[script->count++] = (struct act){
                .at = dice_below(d, 50),
                .kind = ACT_JOIN,
                .who = i,
                .a = room,
                .b = dice_one_in(d, 4),
            };
        }
}

void
script_make(struct script *script, uint64_t seed)
{
    memset(script, 0, sizeof *script);
    setup_make(&script->setup, seed);
    struct dice d = dice_of(seed, DICE_SCRIPT);
    begin(script, &d);
    unsigned many = script->count + 20 + (unsigned)dice_below(&d, 280);
    uint64_t at = 50;
    while (script->count < many) {
        struct act *act = &script->acts[script->count];
        act->at = at += gap(&d);
        act_fill(act, &script->setup, &d);
        act->serial = script->count * SERIALS_PER_ACT;
        script->count++;
    }
}

/* --- in words --- */

static void
print_person(FILE *to, const struct part *part)
{
    fprintf(to, "%s%s", part->id,
            part->sending  ? "'s sender"
            : part->second ? "'s other machine"
                           : "");
}

void
script_print_act(FILE *to, const struct setup *setup, const struct act *act)
{
    const char *words = table[act->kind].words;
    fprintf(to, "%8llu ms  ", (unsigned long long)act->at);
    for (; *words; words++) {
        if (*words != '%') {
            fputc(*words, to);
            continue;
        }
        switch (*++words) {
        case 'w':
            print_person(to, &setup->parts[act->who]);
            break;
        case 'r':
            fputs(rooms[act->a], to);
            break;
        case 'p':
            fputs(setup->parts[act->a].id, to);
            break;
        case 'a':
            fprintf(to, "%u", act->a);
            break;
        case 'b':
            fprintf(to, "%u", act->b);
            break;
        default:
            fputc('%', to);
            break;
        }
    }
    fputc('\n', to);
}

void
script_print_setup(FILE *to, const struct setup *setup)
{
    static const char *const entries[] = {"open", "claim", "keys"};
    fprintf(to, "seed %llu: %s, %u rooms, mailboxes of %u;",
            (unsigned long long)setup->seed, entries[setup->entry],
            setup->rooms, setup->quota);
    for (unsigned i = 0; i < setup->persons; i++) {
        fputc(' ', to);
        print_person(to, &setup->parts[i]);
        fputs(setup->parts[i].manual ? " (acks by hand)" : "", to);
    }
    fputc('\n', to);
}
