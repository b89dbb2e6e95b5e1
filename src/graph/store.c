/* Named tensors that outlive a step: parameters, running statistics, optimiser state, memories. */
#include "graph/internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct sep_store {
    sep_device *device;
    uint64_t seed, version;
    sep_arena *arena; /* tensors and names */
    sep_tensor **tensor;
    int count, capacity;
};

sep_status sep_store_create(sep_device *device, uint64_t seed, sep_store **store)
{
    sep_store *s = sep_calloc(1, sizeof *s);

    if (s != NULL)
        s->arena = sep_arena_create();
    if (s == NULL || s->arena == NULL) {
        sep_free(s);
        return sep_fail(SEP_ERR_MEMORY, "no memory for a parameter store");
    }
    s->device = device;
    s->seed = seed;
    s->version = 1;
    *store = s;
    return SEP_OK;
}

void sep_store_destroy(sep_store *store)
{
    if (store == NULL)
        return;
    for (int i = 0; i < store->count; i++)
        if (store->tensor[i]->buffer != NULL)
            store->device->backend->buffer_destroy(store->device, store->tensor[i]->buffer);
    sep_arena_destroy(store->arena);
    sep_free(store->tensor);
    sep_free(store);
}

sep_device *sep_store_device(const sep_store *store)
{
    return store->device;
}

uint64_t sep_store_version(const sep_store *store)
{
    return store->version;
}

void sep_store_touch(sep_store *store)
{
    store->version++;
}

int sep_store_count(const sep_store *store)
{
    return store->count;
}

sep_tensor *sep_store_tensor(const sep_store *store, int index)
{
    return store->tensor[index];
}

sep_tensor *sep_store_find(const sep_store *store, const char *name)
{
    for (int i = 0; i < store->count; i++)
        if (strcmp(store->tensor[i]->name, name) == 0)
            return store->tensor[i];
    return NULL;
}

static sep_status store_grow(sep_store *store)
{
    if (store->count < store->capacity)
        return SEP_OK;
    int capacity = store->capacity == 0 ? 256 : 2 * store->capacity;
    sep_tensor **grown = sep_grown(store->tensor, (size_t)store->count, (size_t)capacity, sizeof *grown);
    if (grown == NULL)
        return SEP_ERR_MEMORY;
    store->tensor = grown;
    store->capacity = capacity;
    return SEP_OK;
}

static sep_status check_same(const sep_tensor *have, const sep_tensor *want)
{
    static const char *const elements[] = {"floats", "whole numbers", "halves"};
    char is[SEP_SHAPE_TEXT], wanted[SEP_SHAPE_TEXT];

    if (!sep_shape_equal(&have->shape, &want->shape))
        return sep_fail(SEP_ERR_SHAPE, "tensor '%s' is %s, the network wants %s", have->name,
                        sep_shape_text(&have->shape, is), sep_shape_text(&want->shape, wanted));
    if (have->dtype != want->dtype)
        return sep_fail(SEP_ERR_SHAPE, "tensor '%s' holds %s, %s are wanted", have->name, elements[have->dtype],
                        elements[want->dtype]);
    return SEP_OK;
}

sep_status sep_store_require(sep_store *store, const sep_tensor *wanted, sep_tensor **tensor)
{
    sep_tensor *t = sep_store_find(store, wanted->name);

    if (t != NULL)
        SEP_TRY(check_same(t, wanted));
    if (t == NULL) {
        SEP_TRY(store_grow(store));
        t = sep_arena_alloc(store->arena, sizeof *t);
        if (t != NULL)
            t->name = sep_arena_format(store->arena, "%s", wanted->name);
        if (t == NULL || t->name == NULL)
            return sep_fail(SEP_ERR_MEMORY, "no memory for tensor '%s'", wanted->name);
        t->shape = wanted->shape;
        t->dtype = wanted->dtype;
        t->role = wanted->role;
        t->init = wanted->init;
        t->starts_as = t->name;
        store->tensor[store->count++] = t;
    }
    *tensor = t;
    return SEP_OK;
}

/* A standard normal cut at +-2: redrawn from further words of the same element until it fits. */
static float truncated_normal(const sep_random *random, uint64_t element)
{
    sep_random attempt = *random;

    for (;;) {
        float value = sep_random_normal(&attempt, element);
        if (fabsf(value) <= 2.0f)
            return value;
        attempt.iteration++;
    }
}

static float initial_value(const sep_init *init, const sep_random *random, uint64_t element, uint64_t count)
{
    switch (init->kind) {
    case SEP_INIT_UNIFORM:
        return init->value * (2.0f * sep_random_uniform(random, element) - 1.0f);
    case SEP_INIT_NORMAL:
        return init->value * sep_random_normal(random, element);
    case SEP_INIT_TRUNCATED_NORMAL:
        return init->value * truncated_normal(random, element);
    case SEP_INIT_RUNNING_STATISTICS:
        return element < count / 2 ? 0.0f : 1.0f;
    case SEP_INIT_CONSTANT:
        break;
    }
    return init->value;
}

static bool starts_as_zeros(const sep_tensor *tensor)
{
    return tensor->init.kind == SEP_INIT_CONSTANT && tensor->init.value == 0.0f;
}

/* Only floats start as anything but zeros. */
static sep_status write_start(sep_store *store, sep_tensor *tensor, uint64_t seed)
{
    const int64_t count = sep_shape_count(&tensor->shape);
    const sep_random random = {.seed = seed, .stream = sep_stream(tensor->starts_as)};
    float *values = sep_calloc((size_t)count, sizeof *values);

    if (values == NULL)
        return SEP_ERR_MEMORY;
    if (!starts_as_zeros(tensor))
        for (int64_t i = 0; i < count; i++)
            values[i] = initial_value(&tensor->init, &random, (uint64_t)i, (uint64_t)count);
    sep_status status = sep_tensor_write(store, tensor, values);
    sep_free(values);
    return status;
}

static sep_status tensor_allocate(sep_store *store, sep_tensor *tensor)
{
    const sep_backend *backend = store->device->backend;

    tensor->buffer = backend->buffer_create(store->device, sep_tensor_bytes(tensor));
    if (tensor->buffer == NULL)
        return sep_fail_within(SEP_ERR_MEMORY, "tensor '%s'", tensor->name);
    return starts_as_zeros(tensor) ? SEP_OK /* as buffers do */ : write_start(store, tensor, store->seed);
}

sep_status sep_store_allocate(sep_store *store)
{
    for (int i = 0; i < store->count; i++)
        if (store->tensor[i]->buffer == NULL)
            SEP_TRY(tensor_allocate(store, store->tensor[i]));
    return SEP_OK;
}

sep_status sep_store_restart(sep_store *store, uint64_t seed)
{
    for (int i = 0; i < store->count; i++)
        SEP_TRY(write_start(store, store->tensor[i], seed));
    return SEP_OK;
}

size_t sep_tensor_bytes(const sep_tensor *tensor)
{
    return (size_t)sep_shape_count(&tensor->shape) * sep_dtype_size(tensor->dtype);
}

sep_status sep_tensor_read_part(const sep_store *store, const sep_tensor *tensor, size_t offset, size_t bytes, void *to)
{
    if (tensor->buffer == NULL)
        return sep_fail(SEP_ERR_ARGUMENT, "tensor '%s' has no values yet", tensor->name);
    return store->device->backend->download(store->device, tensor->buffer, offset, to, bytes);
}

sep_status sep_tensor_read(const sep_store *store, const sep_tensor *tensor, void *values)
{
    return sep_tensor_read_part(store, tensor, 0, sep_tensor_bytes(tensor), values);
}

sep_status sep_tensor_write(sep_store *store, sep_tensor *tensor, const void *values)
{
    if (tensor->buffer == NULL)
        return sep_fail(SEP_ERR_ARGUMENT, "tensor '%s' has no memory yet", tensor->name);
    sep_store_touch(store);
    return store->device->backend->upload(store->device, tensor->buffer, 0, values, sep_tensor_bytes(tensor));
}

sep_status sep_tensor_visit(const sep_store *store, const sep_tensor *tensor, sep_tensor_visitor *visit, void *context)
{
    const size_t all = sep_tensor_bytes(tensor), most = all < SEP_TENSOR_PIECE ? all : SEP_TENSOR_PIECE;
    void *piece = sep_malloc(most, 1);
    sep_status status = piece != NULL ? SEP_OK : SEP_ERR_MEMORY;

    for (size_t offset = 0; offset < all && status == SEP_OK; offset += most) {
        const size_t bytes = all - offset < most ? all - offset : most;
        status = sep_tensor_read_part(store, tensor, offset, bytes, piece);
        if (status == SEP_OK)
            status = visit(context, piece, bytes);
    }
    sep_free(piece);
    return status;
}

size_t sep_store_bytes(const sep_store *store, sep_role role)
{
    size_t bytes = 0;

    for (int i = 0; i < store->count; i++)
        if (store->tensor[i]->role == role)
            bytes += sep_tensor_bytes(store->tensor[i]);
    return bytes;
}

int64_t sep_store_elements(const sep_store *store, sep_role role, const char *prefix)
{
    int64_t elements = 0;

    for (int i = 0; i < store->count; i++)
        if (store->tensor[i]->role == role && strncmp(store->tensor[i]->name, prefix, strlen(prefix)) == 0)
            elements += sep_shape_count(&store->tensor[i]->shape);
    return elements;
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(sep_tensor *const *)a)->name, (*(sep_tensor *const *)b)->name);
}

static sep_status add_to_hash(void *hash, const void *bytes, size_t count)
{
    *(uint64_t *)hash = sep_hash(*(uint64_t *)hash, bytes, count);
    return SEP_OK;
}

static sep_status hash_tensor(const sep_store *store, const sep_tensor *tensor, uint64_t *hash)
{
    *hash = sep_hash(*hash, tensor->name, strlen(tensor->name) + 1);
    return sep_tensor_visit(store, tensor, add_to_hash, hash);
}

sep_status sep_store_hash(const sep_store *store, uint64_t *hash)
{
    sep_tensor **sorted = sep_calloc((size_t)store->count + 1, sizeof(sep_tensor *));
    sep_status status = SEP_OK;

    if (sorted == NULL)
        return SEP_ERR_MEMORY;
    if (store->count > 0)
        memcpy(sorted, store->tensor, (size_t)store->count * sizeof *sorted);
    qsort(sorted, (size_t)store->count, sizeof *sorted, by_name);
    *hash = SEP_HASH_START;
    for (int i = 0; i < store->count && status == SEP_OK; i++)
        if (sorted[i]->role != SEP_ROLE_OPTIMISER)
            status = hash_tensor(store, sorted[i], hash);
    sep_free(sorted);
    return status;
}
