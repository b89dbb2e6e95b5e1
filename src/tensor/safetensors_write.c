/* Writing the safetensors format: the header from what was collected, then the data straight from where it lies. */
#include "tensor/safetensors_file.h"

#include "base/clean_text.h"

#include <stdlib.h>
#include <string.h>

typedef struct part {
    struct part *next;
    const char *name;
    sep_stored_type type;
    sep_shape shape;
    const void *data;               /* or, where that is NULL, */
    sep_safetensors_source *source; /* who has it */
    void *context;
} part;

struct sep_safetensors_writer {
    sep_arena *arena;
    part *first, *last; /* in the order of adding */
    json_t *names;      /* a set: keys only */
    json_t *notes;
};

sep_safetensors_writer *sep_safetensors_writer_create(void)
{
    sep_safetensors_writer *writer = sep_calloc(1, sizeof *writer);

    if (!writer)
        return NULL;
    writer->arena = sep_arena_create();
    writer->names = json_object();
    writer->notes = json_object();
    if (!writer->arena || !writer->names || !writer->notes) {
        sep_fail(SEP_ERR_MEMORY, "no memory to write a safetensors file");
        sep_safetensors_writer_destroy(writer);
        return NULL;
    }
    return writer;
}

void sep_safetensors_writer_destroy(sep_safetensors_writer *writer)
{
    if (!writer)
        return;
    sep_arena_destroy(writer->arena);
    json_decref(writer->names);
    json_decref(writer->notes);
    sep_free(writer);
}

/* ---- collecting -------------------------------------------------------------------------------------------------- */

/* jansson has refused a text: it is not UTF-8, or there was no memory for it. */
static sep_status fail_text(const char *what, const char *text, bool sound)
{
    return sound ? sep_fail(SEP_ERR_MEMORY, "out of memory for %s '%s'", what, text)
                 : sep_fail(SEP_ERR_ARGUMENT, "%s '%s' is not UTF-8", what, text);
}

static sep_status check_name(const sep_safetensors_writer *writer, const char *name)
{
    if (strcmp(name, SEP_STORED_NOTES_KEY) == 0)
        return sep_fail(SEP_ERR_ARGUMENT, "a tensor can't be named '%s'", name);
    if (json_object_get(writer->names, name))
        return sep_fail(SEP_ERR_ARGUMENT, "two tensors are named '%s'", name);
    if (json_object_set_new(writer->names, name, json_true()) != 0)
        return fail_text("the tensor name", name, sep_is_utf8(name));
    return SEP_OK;
}

static sep_status add_part(sep_safetensors_writer *writer, const part *wanted)
{
    SEP_TRY(sep_shape_check(&wanted->shape));
    SEP_TRY(check_name(writer, wanted->name));

    part *added = sep_arena_alloc(writer->arena, sizeof *added);
    const char *copy = sep_arena_format(writer->arena, "%s", wanted->name);
    if (!added || !copy)
        return SEP_ERR_MEMORY;
    *added = *wanted;
    added->name = copy;
    if (writer->last)
        writer->last->next = added;
    else
        writer->first = added;
    writer->last = added;
    return SEP_OK;
}

sep_status sep_safetensors_add(sep_safetensors_writer *writer, const char *name, sep_stored_type type,
                               const sep_shape *shape, const void *data)
{
    return add_part(writer, &(part){.name = name, .type = type, .shape = *shape, .data = data});
}

sep_status sep_safetensors_add_source(sep_safetensors_writer *writer, const char *name, sep_stored_type type,
                                      const sep_shape *shape, sep_safetensors_source *source, void *context)
{
    return add_part(writer, &(part){.name = name, .type = type, .shape = *shape, .source = source, .context = context});
}

sep_status sep_safetensors_add_note(sep_safetensors_writer *writer, const char *key, const char *value)
{
    if (json_object_get(writer->notes, key))
        return sep_fail(SEP_ERR_ARGUMENT, "two notes have the key '%s'", key);
    if (json_object_set_new(writer->notes, key, json_string(value)) != 0)
        return fail_text("the note", key, sep_is_utf8(key) && sep_is_utf8(value));
    return SEP_OK;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static size_t part_bytes(const part *stored)
{
    return (size_t)sep_shape_count(&stored->shape) * sep_stored_type_size(stored->type);
}

/* Calls `visit` for each part, those of wide elements first: so every one lies aligned for programs that map the file.
 */
static sep_status for_each_part(const sep_safetensors_writer *writer, sep_status (*visit)(void *, const part *),
                                void *context)
{
    for (size_t width = 8; width > 0; width /= 2)
        for (const part *stored = writer->first; stored; stored = stored->next)
            if (sep_stored_type_size(stored->type) == width)
                SEP_TRY(visit(context, stored));
    return SEP_OK;
}

typedef struct header_state {
    json_t *header;
    size_t offset;
} header_state;

static json_t *shape_array(const sep_shape *shape)
{
    json_t *array = json_array();

    for (int axis = 0; axis < shape->rank; axis++)
        if (json_array_append_new(array, json_integer(shape->dim[axis])) != 0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

static sep_status describe_part(void *context, const part *stored)
{
    header_state *state = context;
    size_t end = state->offset + part_bytes(stored);
    json_t *entry = json_pack("{s:s, s:o, s:[I, I]}", "dtype", sep_stored_type_name(stored->type), "shape",
                              shape_array(&stored->shape), "data_offsets", (json_int_t)state->offset, (json_int_t)end);

    state->offset = end;
    if (json_object_set_new(state->header, stored->name, entry) != 0)
        return sep_fail(SEP_ERR_MEMORY, "no memory for the header of a safetensors file");
    return SEP_OK;
}

/* The header as JSON text; freed with free. */
static sep_status make_header(const sep_safetensors_writer *writer, char **text)
{
    header_state state = {.header = json_object()};
    sep_status status = SEP_OK;

    if (json_object_size(writer->notes) > 0 && json_object_set(state.header, SEP_STORED_NOTES_KEY, writer->notes) != 0)
        status = sep_fail(SEP_ERR_MEMORY, "no memory for the header of a safetensors file");
    if (status == SEP_OK)
        status = for_each_part(writer, describe_part, &state);
    *text = status == SEP_OK ? json_dumps(state.header, JSON_COMPACT) : NULL;
    if (status == SEP_OK && !*text)
        status = sep_fail(SEP_ERR_MEMORY, "no memory for the header of a safetensors file");
    json_decref(state.header);
    return status;
}

#define PIECE_BYTES ((size_t)4 << 20)

static sep_status write_pieces(sep_atomic_file *file, const part *stored)
{
    const size_t all = part_bytes(stored), most = all < PIECE_BYTES ? all : PIECE_BYTES;
    void *piece = sep_malloc(most, 1);
    sep_status status = piece ? SEP_OK : SEP_ERR_MEMORY;

    for (size_t offset = 0; offset < all && status == SEP_OK; offset += most) {
        const size_t count = all - offset < most ? all - offset : most;
        status = stored->source(stored->context, offset, count, piece);
        if (status == SEP_OK)
            status = sep_atomic_write(file, piece, count);
    }
    sep_free(piece);
    return status;
}

static sep_status write_part(void *context, const part *stored)
{
    if (!stored->data)
        return write_pieces(context, stored);
    return sep_atomic_write(context, stored->data, part_bytes(stored));
}

/* Spaces fill the header up to the alignment, so that the data begins on it. */
static void write_header(sep_atomic_file *file, const char *text)
{
    size_t length = strlen(text);
    size_t padding = (SEP_ALIGNMENT - (sizeof(uint64_t) + length) % SEP_ALIGNMENT) % SEP_ALIGNMENT;
    uint64_t stored_length = length + padding;

    sep_atomic_write(file, &stored_length, sizeof stored_length);
    sep_atomic_print(file, "%s%*s", text, (int)padding, "");
}

/* What the file itself can't take sticks in it, and its commit reports that too. */
static sep_status write_file(const sep_safetensors_writer *writer, const char *text, sep_atomic_file *file)
{
    write_header(file, text);
    sep_status status = for_each_part(writer, write_part, file);
    if (status == SEP_OK)
        return sep_atomic_commit(file);
    sep_atomic_abort(file);
    return status;
}

sep_status sep_safetensors_write(const sep_safetensors_writer *writer, const char *path)
{
    char *text = NULL;
    sep_atomic_file *file = NULL;

    sep_status status = make_header(writer, &text);
    if (status == SEP_OK)
        status = sep_atomic_begin(path, &file);
    if (status == SEP_OK)
        status = write_file(writer, text, file);
    free(text);
    return status;
}
