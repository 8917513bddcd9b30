/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A path leads to a value, a test compares it. A path that leads nowhere is a
 * value that is not there, which `KEY=-` expects and everything else refuses.
 */
#include "match.h"

#include <ctype.h>
#include <stdlib.h>

enum { SHOW_TEXT = 60 };

static bool
text_is(const msgpack_object *object, const char *text, size_t len)
{
    return object->type == MSGPACK_OBJECT_STR && object->via.str.size == len &&
           !memcmp(object->via.str.ptr, text, len);
}

bool
match_is_text(const msgpack_object *object, const char *text)
{
    return object && text_is(object, text, strlen(text));
}

static const msgpack_object *
map_get(const msgpack_object *map, const char *key, size_t len)
{
    if (map->type != MSGPACK_OBJECT_MAP)
        return NULL;
    for (uint32_t i = 0; i < map->via.map.size; i++)
        if (text_is(&map->via.map.ptr[i].key, key, len))
            return &map->via.map.ptr[i].val;
    return NULL;
}

const msgpack_object *
match_get(const msgpack_object *map, const char *key)
{
    return map_get(map, key, strlen(key));
}

/* Follows a path. `count` is for `#`, which is no object of the message. */
static const msgpack_object *
path_find(const msgpack_object *at, const char *path, msgpack_object *count)
{
    while (at && *path) {
        size_t len = strcspn(path, ".");
        if (*path == '#' && len == 1) {
            *count = (msgpack_object){.type = MSGPACK_OBJECT_POSITIVE_INTEGER};
            count->via.u64 = at->type == MSGPACK_OBJECT_MAP
                                 ? at->via.map.size
                                 : at->via.array.size;
            at = count;
        } else if (at->type == MSGPACK_OBJECT_ARRAY) {
            size_t i = strtoul(path, NULL, 10);
            at = i < at->via.array.size ? &at->via.array.ptr[i] : NULL;
        } else {
            at = map_get(at, path, len);
        }
        path += len + (path[len] == '.');
    }
    return at;
}

/* --- tests --- */

static bool
num_test(char test, uint64_t came, uint64_t wanted)
{
    switch (test) {
    case '<':
        return came < wanted;
    case '>':
        return came > wanted;
    default:
        return came == wanted;
    }
}

static bool
raw_is(const msgpack_object *object, struct slice raw)
{
    msgpack_sbuffer buffer;
    msgpack_sbuffer_init(&buffer);
    msgpack_packer packer;
    msgpack_packer_init(&packer, &buffer, msgpack_sbuffer_write);
    msgpack_pack_object(&packer, *object);
    bool same = slice_eq(slice_of(buffer.data, buffer.size), raw);
    msgpack_sbuffer_destroy(&buffer);
    return same;
}

static bool
list_is(const msgpack_object *object, struct slice list)
{
    if (object->type != MSGPACK_OBJECT_ARRAY)
        return false;
    const char *at = (const char *)list.data;
    const char *end = at + list.len;
    uint32_t i = 0;
    while (at < end) {
        size_t len = strcspn(at, " ]");
        if (i == object->via.array.size ||
            !text_is(&object->via.array.ptr[i++], at, len))
            return false;
        at += len + strspn(at + len, " ");
    }
    return i == object->via.array.size;
}

static void
capture(const struct words *w, const msgpack_object *object,
        const struct worth *unset)
{
    struct worth worth = {.kind = WORTH_NUM};
    if (object->type == MSGPACK_OBJECT_STR) {
        worth.kind = WORTH_TEXT;
        worth.bytes = slice_of(object->via.str.ptr, object->via.str.size);
    } else {
        worth.num = object->via.u64;
    }
    vars_set(w->vars, unset->name, &worth);
}

/* Equal, or for numbers as `test` says. */
static bool
object_test(const struct words *w, const msgpack_object *object, char test,
            const struct worth *worth)
{
    bool num = object->type == MSGPACK_OBJECT_POSITIVE_INTEGER;
    switch (worth->kind) {
    case WORTH_NUM:
        return num && num_test(test, object->via.u64, worth->num);
    case WORTH_TEXT:
        return text_is(object, (const char *)worth->bytes.data,
                       worth->bytes.len);
    case WORTH_BOOL:
        return object->type == MSGPACK_OBJECT_BOOLEAN &&
               object->via.boolean == worth->yes;
    case WORTH_NIL:
        return object->type == MSGPACK_OBJECT_NIL;
    case WORTH_RAW:
        return raw_is(object, worth->bytes);
    case WORTH_LIST:
        return list_is(object, worth->bytes);
    case WORTH_UNSET:
        if (test == '=')
            capture(w, object, worth);
        return test == '=';
    case WORTH_THERE:
        return true;
    case WORTH_ABSENT:
        return false;
    }
    return false;
}

static bool
word_matches(const struct words *w, const struct sentence *s,
             const struct word *word, const msgpack_object *message)
{
    struct worth worth;
    if (!worth_read(w, word->value, &worth))
        return false;
    const msgpack_object *at = message;
    const char *list = op_list(s->op);
    if (list && (isdigit((unsigned char)*word->key) || *word->key == '#'))
        at = match_get(message, list);
    msgpack_object count;
    at = path_find(at, word->key, &count);
    if (!at)
        return worth.kind == WORTH_ABSENT || word->test == '!';
    if (word->test == '!')
        return !object_test(w, at, '=', &worth);
    return object_test(w, at, word->test, &worth);
}

bool
match_message(const struct words *w, const struct sentence *s,
              const msgpack_object *message)
{
    unsigned names = w->vars->count;
    bool same = match_is_text(match_get(message, "op"), s->op);
    for (unsigned i = 0; same && i < s->count; i++)
        same = word_matches(w, s, &s->words[i], message);
    if (!same)
        w->vars->count = names;
    return same;
}

/* --- showing --- */

static void
show_text(FILE *out, const msgpack_object *text)
{
    uint32_t len = text->via.str.size;
    fprintf(out, "\"%.*s%s\"", (int)(len < SHOW_TEXT ? len : SHOW_TEXT),
            text->via.str.ptr, len < SHOW_TEXT ? "" : "...");
}

static void show(FILE *out, const msgpack_object *object);

static void
show_map(FILE *out, const msgpack_object *map)
{
    for (uint32_t i = 0; i < map->via.map.size; i++) {
        const msgpack_object_kv *pair = &map->via.map.ptr[i];
        if (match_is_text(&pair->key, "limits"))
            continue;
        if (i)
            putc(' ', out);
        if (!match_is_text(&pair->key, "op")) {
            fprintf(out, "%.*s=", (int)pair->key.via.str.size,
                    pair->key.via.str.ptr);
            show(out, &pair->val);
        } else {
            fprintf(out, "%.*s", (int)pair->val.via.str.size,
                    pair->val.via.str.ptr);
        }
    }
}

static void
show(FILE *out, const msgpack_object *object)
{
    switch (object->type) {
    case MSGPACK_OBJECT_STR:
        show_text(out, object);
        break;
    case MSGPACK_OBJECT_MAP:
        putc('{', out);
        show_map(out, object);
        putc('}', out);
        break;
    case MSGPACK_OBJECT_ARRAY:
        putc('[', out);
        for (uint32_t i = 0; i < object->via.array.size; i++) {
            if (i)
                putc(' ', out);
            show(out, &object->via.array.ptr[i]);
        }
        putc(']', out);
        break;
    default:
        msgpack_object_print(out, *object);
    }
}

void
match_show(FILE *out, const msgpack_object *message)
{
    show_map(out, message);
}
