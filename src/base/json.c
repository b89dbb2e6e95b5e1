/* Memory for jansson: a failed allocation is remembered, and reading ends well after one. */
#include "base/json.h"

#include "base/clean_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- memory ------------------------------------------------------------------------------------------------------ */

/* What allocations that fail while a document is read are served from. */
typedef struct reserve {
    char *start;
    size_t size, used;
} reserve;

static json_malloc_t take_before;
static json_free_t release_before;
static _Thread_local bool failed; /* an allocation, since the last document was written, or in the one that is read */
static _Thread_local reserve spare;

static void *take_spare(size_t size)
{
    size_t begin = (spare.used + SEP_ALIGNMENT - 1) / SEP_ALIGNMENT * SEP_ALIGNMENT;

    if (begin > spare.size || size > spare.size - begin)
        return NULL;
    spare.used = begin + size;
    return spare.start + begin;
}

static void *take(size_t size)
{
    void *memory = take_before(size);

    if (memory)
        return memory;
    failed = true;
    return take_spare(size);
}

static void release(void *memory)
{
    char *at = memory;

    if (!spare.start || at < spare.start || at >= spare.start + spare.size)
        release_before(memory);
}

/* Through the functions that a program may have given jansson before, since its values may meet ours. */
__attribute__((constructor)) static void watch_jansson(void)
{
    json_get_alloc_funcs(&take_before, &release_before);
    json_set_alloc_funcs(take, release);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

typedef struct source {
    const char *text;
    size_t count, at;
} source;

/* One byte a call, and none once memory has run out: jansson then meets the end before it needs much more. */
static size_t next_byte(void *buffer, size_t size, void *context)
{
    source *from = context;

    (void)size;
    if (failed || from->at == from->count)
        return 0;
    *(char *)buffer = from->text[from->at++];
    return 1;
}

static sep_status load(source *from, size_t flags, json_error_t *error, json_t **root)
{
    *root = json_load_callback(next_byte, from, flags, error);
    if (failed) {
        json_decref(*root);
        *root = NULL;
        return sep_fail(SEP_ERR_MEMORY, "out of memory for %zu bytes of JSON", from->count);
    }
    return *root ? SEP_OK : sep_fail(SEP_ERR_FORMAT, "line %d: %s", error->line, error->text);
}

/* While it reads a number or a word jansson takes for granted that its buffer could grow (it aborts else). That buffer
 * doubles and holds no more than the text, so the reserve has room for one more of it. */
sep_status sep_json_load(const char *text, size_t count, size_t flags, json_error_t *error, json_t **root)
{
    source from = {.text = text, .count = count};
    json_error_t place;

    bool failed_before = failed;

    *root = NULL;
    char *room = count < SIZE_MAX / 4 ? sep_calloc(2 * count + 4096, 1) : NULL;
    if (!room)
        return sep_fail(SEP_ERR_MEMORY, "out of memory for %zu bytes of JSON", count);
    failed = false;
    spare = (reserve){.start = room, .size = 2 * count + 4096};
    sep_status status = load(&from, flags, error ? error : &place, root);
    spare = (reserve){0};
    failed = failed_before;
    sep_free(room);
    return status;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static bool is_passed_control(const char *at, size_t length)
{
    return (unsigned char)*at >= 0x7f && sep_is_control(at, length);
}

static unsigned character(const char *text, size_t length)
{
    const unsigned char *at = (const unsigned char *)text;

    return length == 1   ? at[0]
           : length == 2 ? (at[0] & 0x1fU) << 6 | (at[1] & 0x3fU)
                         : (at[0] & 0x0fU) << 12 | (at[1] & 0x3fU) << 6 | (at[2] & 0x3fU);
}

/* A copy in which controls beyond ASCII's first 32, which jansson escapes, are \uXXXX too. They stand in strings only.
 */
static char *copy_escaped(const char *text)
{
    size_t controls = 0;

    for (const char *at = text; *at; at += sep_utf8_length(at) ? sep_utf8_length(at) : 1)
        controls += is_passed_control(at, sep_utf8_length(at));
    char *copy = sep_calloc(strlen(text) + 6 * controls + 1, 1), *to = copy;
    for (const char *at = text; copy && *at;) {
        size_t length = sep_utf8_length(at);
        if (is_passed_control(at, length)) {
            to += snprintf(to, 7, "\\u%04x", character(at, length));
        } else {
            length = length ? length : 1;
            memcpy(to, at, length);
            to += length;
        }
        at += length;
    }
    return copy;
}

static sep_status dump(const json_t *root, size_t flags, char **text)
{
    char *written = root && !failed ? json_dumps(root, flags) : NULL;

    if (failed || (root && !written)) {
        release(written);
        return sep_fail(SEP_ERR_MEMORY, "out of memory for a JSON document");
    }
    if (!root)
        return sep_fail(SEP_ERR_FORMAT, "JSON can't hold text that is not UTF-8 or numbers that are not finite");
    *text = copy_escaped(written);
    release(written);
    return *text ? SEP_OK : SEP_ERR_MEMORY;
}

sep_status sep_json_dump(json_t *root, size_t flags, char **text)
{
    *text = NULL;
    sep_status status = dump(root, flags, text);
    json_decref(root);
    failed = false;
    return status;
}
