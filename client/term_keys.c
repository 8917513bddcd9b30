/* SPDX-License-Identifier: MPL-2.0 */
/*
 * term_keys: from the bytes a terminal sends to what a key does.
 *
 * One state machine for escape sequences and UTF-8, one table per kind of key.
 * What is in no table does nothing: a strange key must never put rubbish into
 * the line.
 */
#include <string.h>
#include <utf8proc.h>

#include "term_line.h"

#define CONTROL(letter) ((letter)&0x1f)

enum { ESCAPE = 0x1b, DELETE = 0x7f };

typedef void key_action(struct line *);

static key_action *const control_keys[] = {
    [CONTROL('A')] = line_home,       [CONTROL('B')] = line_left,
    [CONTROL('D')] = line_delete,     [CONTROL('E')] = line_end,
    [CONTROL('F')] = line_right,      [CONTROL('H')] = line_backspace,
    [CONTROL('K')] = line_kill_right, [CONTROL('N')] = line_newer,
    [CONTROL('P')] = line_older,      [CONTROL('U')] = line_kill_left,
    [CONTROL('W')] = line_kill_word,  [CONTROL('Y')] = line_yank,
    [DELETE] = line_backspace,
};

static key_action *const alt_keys[DELETE + 1] = {
    ['b'] = line_word_left,
    ['f'] = line_word_right,
    ['d'] = line_kill_next,
    [DELETE] = line_kill_word,
};

static void
paste_on(struct line *l)
{
    l->pasting = true;
}

static void
paste_off(struct line *l)
{
    l->pasting = false;
}

/* What stands behind ESC [ or ESC O. */
static const struct {
    const char *sequence;
    key_action *run;
} sequence_keys[] = {
    {"A", line_older},        {"B", line_newer},
    {"C", line_right},        {"D", line_left},
    {"H", line_home},         {"F", line_end},
    {"1~", line_home},        {"4~", line_end},
    {"7~", line_home},        {"8~", line_end},
    {"3~", line_delete},      {"1;5C", line_word_right},
    {"1;5D", line_word_left}, {"1;3C", line_word_right},
    {"1;3D", line_word_left}, {"200~", paste_on},
    {"201~", paste_off},
};

static enum line_result
feed_sequence(struct line *l, uint8_t byte)
{
    if (l->sequence_len < LINE_SEQUENCE - 1)
        l->sequence[l->sequence_len++] = (char)byte;
    if (byte < 0x40 || byte > 0x7e)
        return LINE_NOTHING; /* parameters go on */
    l->sequence[l->sequence_len] = '\0';
    l->key = KEY_GROUND;
    for (size_t i = 0; i < sizeof sequence_keys / sizeof *sequence_keys; i++) {
        if (strcmp(l->sequence, sequence_keys[i].sequence) == 0) {
            sequence_keys[i].run(l);
            return LINE_CHANGED;
        }
    }
    return LINE_NOTHING;
}

static enum line_result
feed_escape(struct line *l, uint8_t byte)
{
    l->sequence_len = 0;
    l->key = byte == '[' ? KEY_CSI : byte == 'O' ? KEY_SS3 : KEY_GROUND;
    if (l->key != KEY_GROUND || byte > DELETE || !alt_keys[byte])
        return LINE_NOTHING;
    alt_keys[byte](l);
    return LINE_CHANGED;
}

/* Adds the byte to the character that is coming; inserts it when complete. */
static enum line_result
feed_text(struct line *l, uint8_t byte)
{
    utf8proc_int32_t point = -1;
    if (byte < 0x80 || byte >= 0xc0)
        l->partial_len = 0; /* a new character: what was begun is lost */
    if (l->partial_len == sizeof l->partial)
        return LINE_NOTHING;
    l->partial[l->partial_len++] = byte;
    if (utf8proc_iterate(l->partial, (utf8proc_ssize_t)l->partial_len,
                         &point) != (utf8proc_ssize_t)l->partial_len)
        return LINE_NOTHING;
    line_insert(l, l->partial, l->partial_len);
    l->partial_len = 0;
    return LINE_CHANGED;
}

static enum line_result
feed_control(struct line *l, uint8_t byte)
{
    bool was_return = l->after_return;
    l->after_return = byte == '\r';
    if (byte == '\n' && was_return)
        return LINE_NOTHING;
    if (byte == '\r' || byte == '\n')
        return LINE_ENTER;
    if (byte == '\t' && l->pasting)
        return feed_text(l, byte);
    if (l->pasting)
        return LINE_NOTHING;
    if (byte == CONTROL('L'))
        return LINE_CLEAR;
    if (byte == CONTROL('D') && l->len == 0)
        return LINE_CLOSE;
    if (!control_keys[byte])
        return LINE_NOTHING;
    control_keys[byte](l);
    return LINE_CHANGED;
}

enum line_result
line_feed(struct line *l, uint8_t byte)
{
    switch (l->key) {
    case KEY_ESCAPE:
        return feed_escape(l, byte);
    case KEY_CSI:
    case KEY_SS3:
        return feed_sequence(l, byte);
    case KEY_GROUND:
        break;
    }
    if (byte == ESCAPE) {
        l->key = KEY_ESCAPE;
        return LINE_NOTHING;
    }
    if (byte < 0x20 || byte == DELETE)
        return feed_control(l, byte);
    l->after_return = false;
    return feed_text(l, byte);
}
