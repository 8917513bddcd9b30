/* SPDX-License-Identifier: MPL-2.0 */
/*
 * term_keys: from the bytes a terminal sends to what a key does.
 *
 * One state machine for escape sequences and UTF-8, one table per kind of key.
 * What is in no table does nothing, however long it is: a strange key, or an
 * answer of the terminal, must never put rubbish into the line.
 *
 * ESC is a key and the beginning of others; which of them it was, only time
 * tells (line_idle).
 */
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "term_line.h"

#define CONTROL(letter) ((letter)&0x1f)

enum {
    ESCAPE = 0x1b,
    DELETE = 0x7f,
    CANCEL = 0x18,
    MOUSE_BYTES = 3,
    FIRST_PRINTED = 0xa0, /* behind the C1 controls */
};

typedef void key_action(struct line *);

/* What a key does: something to the line, or something the owner knows. */
struct key {
    key_action *run;
    enum line_command command;
};

#define RUN(action)                                                            \
    {                                                                          \
        .run = (action)                                                        \
    }
#define DO(what)                                                               \
    {                                                                          \
        .command = LINE_DO_##what                                              \
    }

static void
new_line(struct line *l)
{
    line_insert(l, (const uint8_t *)"\n", 1);
}

static const struct key control_keys[DELETE + 1] = {
    [CONTROL('A')] = RUN(line_home),
    [CONTROL('B')] = RUN(line_left),
    [CONTROL('D')] = RUN(line_delete),
    [CONTROL('E')] = RUN(line_end),
    [CONTROL('F')] = RUN(line_right),
    [CONTROL('G')] = DO(CANCEL),
    [CONTROL('H')] = RUN(line_backspace),
    [CONTROL('I')] = DO(COMPLETE),
    [CONTROL('K')] = RUN(line_kill_right),
    [CONTROL('L')] = DO(REDRAW),
    [CONTROL('N')] = DO(NEXT),
    [CONTROL('P')] = DO(PREVIOUS),
    [CONTROL('T')] = RUN(line_transpose),
    [CONTROL('U')] = RUN(line_kill_left),
    [CONTROL('W')] = RUN(line_kill_word),
    [CONTROL('Y')] = RUN(line_yank),
    [CONTROL('_')] = RUN(line_undo),
    [DELETE] = RUN(line_backspace),
};

static const struct key alt_keys[DELETE + 1] = {
    ['b'] = RUN(line_word_left),
    ['f'] = RUN(line_word_right),
    ['d'] = RUN(line_kill_next),
    [DELETE] = RUN(line_kill_word),
    [CONTROL('H')] = RUN(line_kill_word),
    ['\r'] = RUN(new_line),
    ['\n'] = RUN(new_line),
    ['a'] = DO(ACTIVE),
    ['n'] = DO(MEMBERS),
    ['<'] = DO(TOP),
    ['>'] = DO(BOTTOM),
};

/* What stands behind ESC. In brackets: who sends it, unless most do. */
static const struct {
    const char *sequence;
    struct key key;
} sequence_keys[] = {
    {"[A", RUN(line_older)},
    {"[B", RUN(line_newer)},
    {"[C", RUN(line_right)},
    {"[D", RUN(line_left)},
    {"OA", RUN(line_older)},
    {"OB", RUN(line_newer)},
    {"OC", RUN(line_right)},
    {"OD", RUN(line_left)},
    {"[H", RUN(line_home)},
    {"[F", RUN(line_end)},
    {"OH", RUN(line_home)},
    {"OF", RUN(line_end)},
    {"[1~", RUN(line_home)}, /* (the console, tmux) */
    {"[4~", RUN(line_end)},
    {"[7~", RUN(line_home)}, /* (rxvt) */
    {"[8~", RUN(line_end)},
    {"[3~", RUN(line_delete)},
    {"[1;5C", RUN(line_word_right)},
    {"[1;5D", RUN(line_word_left)},
    {"[1;3C", RUN(line_word_right)},
    {"[1;3D", RUN(line_word_left)},
    {"Oc", RUN(line_word_right)}, /* (rxvt) */
    {"Od", RUN(line_word_left)},
    {"[3;5~", RUN(line_kill_next)},
    {"[3;3~", RUN(line_kill_next)},
    {"[3^", RUN(line_kill_next)}, /* (rxvt) */
    {"[13;3u", RUN(new_line)},    /* Alt-Enter, Shift-Enter (kitty, foot) */
    {"[13;2u", RUN(new_line)},
    {"[27;3;13~", RUN(new_line)}, /* the same (xterm) */
    {"[27;2;13~", RUN(new_line)},
    {"[Z", DO(COMPLETE_BACK)},
    {"[5~", DO(PAGE_UP)},
    {"[6~", DO(PAGE_DOWN)},
    {"[1;5H", DO(TOP)},
    {"[1;5F", DO(BOTTOM)},
    {"[7^", DO(TOP)}, /* (rxvt) */
    {"[8^", DO(BOTTOM)},
    {"[20~", DO(MEMBERS)}, /* F9 */
};

static bool
is_key(const struct key *key)
{
    return key->run || key->command;
}

static enum line_result
press(struct line *l, const struct key *key)
{
    l->typing = false;
    if (key->command) {
        l->command = key->command;
        return LINE_COMMAND;
    }
    if (key->run != line_undo)
        line_keep(l);
    key->run(l);
    return LINE_CHANGED;
}

/* The wheel, in SGR's form: ESC [ < button ; column ; row M. */
static enum line_result
mouse(struct line *l)
{
    char *end = NULL;
    unsigned long button = strtoul(l->sequence + 2, &end, 10);
    if (*end != ';' || l->sequence[l->sequence_len - 1] != 'M')
        return LINE_NOTHING;
    enum line_command command = button == 64   ? LINE_DO_WHEEL_UP
                                : button == 65 ? LINE_DO_WHEEL_DOWN
                                               : LINE_DO_NOTHING;
    l->command = command;
    return command ? LINE_COMMAND : LINE_NOTHING;
}

static enum line_result
run_sequence(struct line *l)
{
    l->key = IN_GROUND;
    l->sequence[l->sequence_len] = '\0';
    if (strcmp(l->sequence, "[200~") == 0) {
        line_paste_begin(l);
        return LINE_NOTHING;
    }
    if (strcmp(l->sequence, "[201~") == 0)
        return line_paste_end(l);
    if (l->pasting)
        return LINE_NOTHING;
    if (strncmp(l->sequence, "[<", 2) == 0)
        return mouse(l);
    if (strcmp(l->sequence, "[M") == 0) {
        l->key = IN_MOUSE;
        l->sequence_len = 0;
        return LINE_NOTHING;
    }
    for (size_t i = 0; i < sizeof sequence_keys / sizeof *sequence_keys; i++) {
        if (strcmp(l->sequence, sequence_keys[i].sequence) == 0)
            return press(l, &sequence_keys[i].key);
    }
    return LINE_NOTHING;
}

static bool
is_last(const struct line *l, uint8_t byte)
{
    if (l->key == IN_CSI && l->sequence_len == 1 && byte == '[')
        return false; /* the console: ESC [ [ A is F1 */
    if (byte == '$')  /* (rxvt), but not in an answer of the terminal */
        return l->sequence_len > 1 &&
               !memchr(l->sequence, '?', l->sequence_len);
    return byte >= 0x40 && byte < DELETE;
}

static enum line_result
feed_sequence(struct line *l, uint8_t byte)
{
    bool last = is_last(l, byte);
    if (l->sequence_len < LINE_SEQUENCE - 1)
        l->sequence[l->sequence_len++] = (char)byte;
    return last ? run_sequence(l) : LINE_NOTHING;
}

/* Up to BEL or ESC \; the ESC is seen in line_feed. */
static enum line_result
feed_string(struct line *l, uint8_t byte)
{
    if (byte == CONTROL('G') || byte == CANCEL)
        l->key = IN_GROUND;
    return LINE_NOTHING;
}

static enum line_result
feed_mouse(struct line *l)
{
    if (++l->sequence_len == MOUSE_BYTES)
        l->key = IN_GROUND;
    return LINE_NOTHING;
}

static enum line_result
feed_escape(struct line *l, uint8_t byte)
{
    l->sequence[0] = (char)byte;
    l->sequence_len = 1;
    l->key = byte == '['                            ? IN_CSI
             : byte == 'O'                          ? IN_SS3
             : byte < 0x80 && strchr("]PX^_", byte) ? IN_STRING
                                                    : IN_GROUND;
    if (l->key != IN_GROUND || byte > DELETE || l->pasting)
        return LINE_NOTHING;
    if (byte >= '0' && byte <= '9') {
        l->go = byte == '0' ? 10 : (unsigned)(byte - '0');
        l->command = LINE_DO_GO;
        return LINE_COMMAND;
    }
    return is_key(&alt_keys[byte]) ? press(l, &alt_keys[byte]) : LINE_NOTHING;
}

/* A whole character: typed, or pasted. */
static enum line_result
take_text(struct line *l)
{
    if (l->pasting) {
        line_paste(l, l->partial, l->partial_len);
        return LINE_NOTHING;
    }
    if (!l->typing || l->partial[0] == ' ')
        line_keep(l);
    l->typing = true;
    line_insert(l, l->partial, l->partial_len);
    return LINE_CHANGED;
}

/* Adds the byte to the character that is coming. What is no UTF-8, or a
 * control, is dropped. */
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
    enum line_result result = LINE_NOTHING;
    if (point < 0x80 || point >= FIRST_PRINTED)
        result = take_text(l);
    l->partial_len = 0;
    return result;
}

/* A return, a line feed behind which or not. */
static enum line_result
feed_return(struct line *l, uint8_t byte)
{
    bool again = byte == '\n' && l->after_return;
    l->after_return = byte == '\r';
    if (again)
        return LINE_NOTHING;
    if (l->pasting || (l->stale && l->burst))
        return feed_text(l, '\n');
    l->stale = l->typing = false;
    return LINE_ENTER;
}

static enum line_result
feed_control(struct line *l, uint8_t byte)
{
    if (byte == '\r' || byte == '\n')
        return feed_return(l, byte);
    l->after_return = false;
    if (l->pasting)
        return byte == '\t' ? feed_text(l, byte) : LINE_NOTHING;
    if (byte == CONTROL('D') && l->len == 0)
        return LINE_CLOSE;
    return is_key(&control_keys[byte]) ? press(l, &control_keys[byte])
                                       : LINE_NOTHING;
}

static enum line_result
feed_ground(struct line *l, uint8_t byte)
{
    l->key = IN_GROUND;
    if (byte < 0x20 || byte == DELETE)
        return feed_control(l, byte);
    l->after_return = false;
    return feed_text(l, byte);
}

static enum line_result
feed(struct line *l, uint8_t byte)
{
    if (byte == ESCAPE && l->key != IN_MOUSE) {
        l->key = IN_ESCAPE; /* whatever had begun */
        l->partial_len = 0;
        return LINE_NOTHING;
    }
    switch (l->key) {
    case IN_ESCAPE:
        return feed_escape(l, byte);
    case IN_CSI:
    case IN_SS3:
        return byte < 0x20 || byte >= DELETE ? feed_ground(l, byte)
                                             : feed_sequence(l, byte);
    case IN_STRING:
        return feed_string(l, byte);
    case IN_MOUSE:
        return feed_mouse(l);
    case IN_GROUND:
        break;
    }
    return feed_ground(l, byte);
}

enum line_result
line_feed(struct line *l, uint8_t byte)
{
    enum line_result result = feed(l, byte);
    l->burst = true;
    l->idles = 0;
    return result;
}

bool
line_waits(const struct line *l)
{
    return l->key != IN_GROUND || l->pasting || (l->stale && l->burst);
}

enum line_result
line_idle(struct line *l)
{
    bool escape = l->key == IN_ESCAPE;
    l->burst = false;
    if (l->pasting && ++l->idles < LINE_STALE)
        return LINE_NOTHING; /* its end may be half here */
    l->key = IN_GROUND;
    if (l->pasting) {
        enum line_result result = line_paste_end(l);
        l->stale = true;
        return result;
    }
    if (!escape)
        return LINE_NOTHING;
    l->command = LINE_DO_CANCEL;
    return LINE_COMMAND;
}
