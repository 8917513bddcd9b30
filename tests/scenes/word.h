/* SPDX-License-Identifier: MPL-2.0 */
/*
 * word: a message as scenes write it.
 *
 *     say dev "hi" n=1 data=@93010203 re=$a
 *
 * The op; then a word without a key is what the op is about (the room of a say,
 * the code of an error, see word.c), and one in quotes is the text. The others
 * are KEY=VALUE; where messages are expected also KEY!=VALUE, KEY<VALUE,
 * KEY>VALUE. A value is
 *
 *     12  true  false  nil  word
 *     "text with \" \\ \n \xff"      "x"*500   500 times; $i in it counts
 *     @93010203                      any MessagePack, in hex
 *     $a  $a+1  $a-1                 a name's value; expected for the first
 *                                    time, the name gets the value that came
 *     [ann bob]                      a list
 *     *  -                           there, not there
 *
 * A key may be a path: limits.text=16384, heads.dev.0=$h, and inside the list
 * that an answer is about, #=2 (how many), 0.seq=$a, 1.text="hi".
 */
#ifndef SCENES_WORD_H
#define SCENES_WORD_H

#include "pool.h"

enum { WORDS_MAX = 64, VARS_MAX = 128 };

struct word {
    const char *key; /* where the op says what it is, too */
    char test;       /* = ! < > */
    const char *value;
};

struct sentence {
    const char *op;
    struct word words[WORDS_MAX];
    unsigned count;
};

enum worth_kind {
    WORTH_NUM,
    WORTH_TEXT,
    WORTH_BOOL,
    WORTH_NIL,
    WORTH_RAW,
    WORTH_LIST, /* bytes: what stands between the brackets */
    WORTH_THERE,
    WORTH_ABSENT,
    WORTH_UNSET, /* a name without a value yet */
};

struct worth {
    enum worth_kind kind;
    bool yes;
    uint64_t num;
    struct slice bytes;
    const char *name; /* of WORTH_UNSET */
};

struct vars {
    struct {
        const char *name;
        struct worth worth;
    } all[VARS_MAX];
    unsigned count;
};

/* What there is to read a value: names, memory, the number of the repetition.
 */
struct words {
    struct pool *pool;
    struct vars *vars;
    unsigned turn;
};

/* False: `fault` is the word that makes no sense. */
[[nodiscard]] bool sentence_read(struct pool *pool, const char *text,
                                 struct sentence *s, const char **fault);
[[nodiscard]] bool worth_read(const struct words *w, const char *text,
                              struct worth *worth);
/* Hex digits to bytes; false when they are none. */
[[nodiscard]] bool hex_read(struct pool *pool, const char *text, size_t len,
                            struct slice *bytes);
void vars_set(struct vars *vars, const char *name, const struct worth *worth);
/* NULL when it has no value. */
const struct worth *vars_find(const struct vars *vars, const char *name,
                              size_t len);
/* Where the next " / " outside of quotes and brackets stands, or the end. */
const char *message_end(const char *text);
/* The key that the op is about: the first, the second. NULL: none. */
const char *op_subject(const char *op, unsigned which);
/* The key of the list that an answer is about. NULL: none. */
const char *op_list(const char *op);

#endif
