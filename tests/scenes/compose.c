/* SPDX-License-Identifier: MPL-2.0 */
/*
 * One buffer per frame, given to the scene's pool when it is complete.
 */
#include "compose.h"

#include <msgpack.h>

static void
pack_text(msgpack_packer *packer, struct slice text)
{
    msgpack_pack_str(packer, text.len);
    msgpack_pack_str_body(packer, text.data, text.len);
}

static bool
pack_worth(msgpack_packer *packer, const struct worth *worth)
{
    switch (worth->kind) {
    case WORTH_NUM:
        msgpack_pack_uint64(packer, worth->num);
        return true;
    case WORTH_TEXT:
        pack_text(packer, worth->bytes);
        return true;
    case WORTH_BOOL:
        if (worth->yes)
            msgpack_pack_true(packer);
        else
            msgpack_pack_false(packer);
        return true;
    case WORTH_NIL:
        msgpack_pack_nil(packer);
        return true;
    case WORTH_RAW:
        packer->callback(packer->data, (const char *)worth->bytes.data,
                         worth->bytes.len);
        return true;
    default:
        return false;
    }
}

static bool
has_word(const struct sentence *s, const char *key)
{
    for (unsigned i = 0; i < s->count; i++)
        if (!strcmp(s->words[i].key, key))
            return true;
    return false;
}

static void
default_word(struct sentence *s, const char *key, const char *value)
{
    if (!has_word(s, key) && s->count < WORDS_MAX)
        s->words[s->count++] =
            (struct word){.key = key, .test = '=', .value = value};
}

static bool
is_absent(const struct word *word)
{
    return !strcmp(word->value, "-");
}

static bool
pack_sentence(const struct words *w, const struct sentence *s,
              msgpack_packer *packer, const char **fault)
{
    size_t pairs = 1;
    for (unsigned i = 0; i < s->count; i++)
        pairs += !is_absent(&s->words[i]);
    msgpack_pack_map(packer, pairs);
    pack_text(packer, slice_str("op"));
    pack_text(packer, slice_str(s->op));
    for (unsigned i = 0; i < s->count; i++) {
        const struct word *word = &s->words[i];
        if (is_absent(word))
            continue;
        struct worth worth;
        *fault = word->value;
        pack_text(packer, slice_str(word->key));
        if (word->test != '=' || !worth_read(w, word->value, &worth) ||
            !pack_worth(packer, &worth))
            return false;
    }
    return true;
}

static bool
pack_message(const struct words *w, const char *actor, const char *text,
             msgpack_packer *packer, const char **fault)
{
    if (*text == '@') {
        struct worth raw;
        *fault = text;
        return worth_read(w, text, &raw) && pack_worth(packer, &raw);
    }
    struct sentence s;
    if (!sentence_read(w->pool, text, &s, fault))
        return false;
    if (!strcmp(s.op, "hello")) {
        default_word(&s, "v", "1");
        default_word(&s, "id", actor);
    }
    return pack_sentence(w, &s, packer, fault);
}

static unsigned
message_count(const char *text)
{
    unsigned count = 1;
    for (const char *end; *(end = message_end(text)); text = end + 3)
        count++;
    return count;
}

static bool
pack_messages(const struct words *w, const char *actor, const char *text,
              msgpack_packer *packer, const char **fault)
{
    msgpack_pack_array(packer, message_count(text));
    for (const char *end;; text = end + 3) {
        end = message_end(text);
        const char *one = pool_text(w->pool, text, (size_t)(end - text));
        if (!pack_message(w, actor, one, packer, fault))
            return false;
        if (!*end)
            return true;
    }
}

bool
compose_frame(const struct words *w, const char *actor, const char **text,
              struct slice *frame, const char **fault)
{
    const char *end = message_end(*text);
    size_t len = (size_t)(end - *text);
    const char *messages = pool_text(w->pool, *text, len);
    if (**text == '[' && end[-1] == ']')
        messages = pool_text(w->pool, *text + 1, len - 2);
    msgpack_sbuffer buffer;
    msgpack_sbuffer_init(&buffer);
    msgpack_packer packer;
    msgpack_packer_init(&packer, &buffer, msgpack_sbuffer_write);
    bool right = pack_messages(w, actor, messages, &packer, fault);
    uint8_t *bytes = pool_alloc(w->pool, buffer.size);
    if (buffer.size)
        memcpy(bytes, buffer.data, buffer.size);
    *frame = slice_of(bytes, buffer.size);
    msgpack_sbuffer_destroy(&buffer);
    *text = *end ? end + 3 : end;
    return right;
}

bool
compose_raw(struct pool *pool, const char *text,
            struct slice parts[static PARTS_MAX], unsigned *count)
{
    *count = 0;
    for (;;) {
        size_t len = strcspn(text, " |");
        if (*count == PARTS_MAX || !hex_read(pool, text, len, &parts[*count]))
            return false;
        ++*count;
        text += len + strspn(text + len, " ");
        if (!*text)
            return true;
        if (*text++ != '|')
            return false;
        text += strspn(text, " ");
    }
}
