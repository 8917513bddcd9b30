/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Ids and rooms are those of watch.h; "devops" and "é" are closed here and
 * there.
 */
#include "law.h"

#include <stdio.h>
#include <stdlib.h>

#include "agree.h"
#include "broker/xmem.h"

const char *const law_keys[LAW_KEYS] = {
    "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID",
    "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7",
    "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6",
    "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs",
    "",
};
const char *const law_addresses[LAW_ADDRESSES] = {"10.0.0.1", "10.0.0.2",
                                                  "2001:db8::1", ""};

#define KEY0 "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define KEY1 "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define KEY2 "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"
#define KEY3 "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"
#define HASH                                                                   \
    "$argon2id$v=19$m=65536,t=2,p=1$8o0mOPSfhNOKKuGMgGRrHw$"                   \
    "ZjXDDsHRSVHnVJwSkYdkE7B0dgHOjgfNs3YKpOzIr1E"

enum { RULES = 4 };

static const struct text {
    enum access_mode mode;
    const char *users;
    const char *closed; /* a pattern, or NULL */
    const char *rules[RULES];
    uint64_t rates[PACES];
} texts[LAW_MODES - 1][LAW_VARIANTS] = {
    {
        {.mode = ACCESS_OPEN, .closed = "devops"},
        {.mode = ACCESS_OPEN, .rates = {0, 20, 10, 5}},
        {.mode = ACCESS_OPEN, .rules = {"deny member say lobby"}},
    },
    {
        {.mode = ACCESS_CLAIM,
         .users = "ann role=admin key=" KEY0 "\nbob role=moderator key=" KEY1
                  "\n",
         .closed = "devops"},
        {.mode = ACCESS_CLAIM,
         .users = "ann role=admin key=" KEY0 "\n",
         .closed = "*",
         .rules = {"allow moderator create *", "deny id:cyd say,tell *"}},
        {.mode = ACCESS_CLAIM,
         .users = "bob role=admin key=" KEY1 " key=" KEY0 "\n",
         .rates = {0, 20, 10, 5}},
    },
    {
        {.mode = ACCESS_KEYS,
         .users = "ann role=admin key=" KEY0 "\nbob role=moderator key=" KEY1
                  "\ncyd key=" KEY2 "\ndan password=" HASH "\n",
         .closed = "devops"},
        {.mode = ACCESS_KEYS,
         .users = "ann key=" KEY0 "\ncyd role=admin key=" KEY2
                  "\ndan role=moderator password=" HASH "\n",
         .closed = "dev*",
         .rules = {"deny member join,read devops", "deny id:dan tell *"}},
        {.mode = ACCESS_KEYS,
         .users = "Ann key=" KEY0 " password=" HASH "\nbob role=admin key=" KEY3
                  "\n",
         .closed = "\u00e9"},
    },
};

static struct access *
make(const struct text *text)
{
    struct access *access = xcalloc(1, sizeof *access);
    struct config_error error;
    access->mode = text->mode;
    memcpy(access->rates, text->rates, sizeof access->rates);
    if (text->users)
        MUST(users_read(&access->users, slice_str(text->users), "", &error));
    if (text->closed)
        MUST(rules_add_closed(&access->rules, "closed", text->closed, &error));
    for (unsigned i = 0; i < RULES && text->rules[i]; i++) {
        char label[] = {(char)('a' + (int)i), '\0'};
        MUST(rules_add(&access->rules, label, text->rules[i], &error));
    }
    return access;
}

const struct access *
law_access(unsigned mode, unsigned variant)
{
    static struct access *made[LAW_MODES][LAW_VARIANTS];
    struct access **access = &made[mode % LAW_MODES][variant % LAW_VARIANTS];
    if (mode % LAW_MODES == 0)
        return NULL;
    if (!*access)
        *access = make(&texts[mode % LAW_MODES - 1][variant % LAW_VARIANTS]);
    return *access;
}

struct caller
law_caller(struct input *in)
{
    uint8_t byte = input_byte(in);
    return (struct caller){
        .key = slice_str(law_keys[byte % LAW_KEYS]),
        .address = slice_str(law_addresses[byte / 8 % LAW_ADDRESSES]),
        .confidential = byte < 128,
    };
}

bool
law_is(const struct access *access, struct slice id, struct slice key,
       bool verified)
{
    const struct user *user = users_find(&access->users, id);
    if (!user)
        return access->mode != ACCESS_KEYS && key.len;
    for (unsigned i = 0; i < user->key_count; i++)
        if (slice_eq(key, slice_str(user->keys[i])))
            return true;
    return verified && user->hash[0];
}
