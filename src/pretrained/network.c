/* A network's tensors from a file of elsewhere, and what is said of it. */
#include "pretrained/pretrained.h"

#include <stdio.h>
#include <string.h>

/* ---- tensors ----------------------------------------------------------------------------------------------------- */

static bool find(const sep_pretrained *p, const sep_net_spec *spec, const char *own, const sep_tensor *tensor,
                 sep_pretrained_source *source)
{
    const sep_pretrained_use *use = sep_pretrained_use_of(p, spec->net);

    return use != NULL && tensor->role == SEP_ROLE_PARAMETER && sep_pretrained_find(p, use, own, source);
}

/* *values is NULL where the tensor has no source. */
static sep_status read_values(const sep_pretrained *p, const sep_net_spec *spec, const char *own,
                              const sep_tensor *tensor, float **values)
{
    sep_pretrained_source source;

    *values = NULL;
    if (!find(p, spec, own, tensor, &source))
        return SEP_OK;
    *values = sep_malloc((size_t)sep_shape_count(&tensor->shape), sizeof **values);
    return *values != NULL ? sep_pretrained_read(p, &source, spec, own, &tensor->shape, *values) : SEP_ERR_MEMORY;
}

sep_status sep_pretrained_check(const sep_pretrained *pretrained, const sep_net_spec *spec, const char *own,
                                const sep_tensor *tensor)
{
    float *values;
    const sep_status status = read_values(pretrained, spec, own, tensor, &values);

    sep_free(values);
    return status;
}

sep_status sep_pretrained_copy(const sep_pretrained *pretrained, const sep_net_spec *spec, const char *own,
                               sep_store *store, sep_tensor *tensor)
{
    float *values;
    sep_status status = read_values(pretrained, spec, own, tensor, &values);

    if (status == SEP_OK && values != NULL)
        status = sep_tensor_write(store, tensor, values);
    sep_free(values);
    return status;
}

/* ---- what is said ------------------------------------------------------------------------------------------------ */

enum { GROUPS = 24, GROUP_NAME = 48, LINE = 1024 };

/* Tensors by the first part of their names. */
typedef struct groups {
    int count, size[GROUPS];
    char name[GROUPS][GROUP_NAME];
} groups;

static void count_in(groups *g, const char *name)
{
    const int length = (int)strcspn(name, "./");
    char part[GROUP_NAME];
    int i = 0;

    snprintf(part, sizeof part, "%.*s", length, name);
    while (i < g->count && strcmp(g->name[i], part) != 0)
        i++;
    if (i == GROUPS) /* the last has the rest */
        snprintf(g->name[--i], GROUP_NAME, "others");
    else if (i == g->count) {
        snprintf(g->name[i], GROUP_NAME, "%s", part);
        g->count++;
    }
    g->size[i]++;
}

/* "embed (5), norm (2)" */
static void write_groups(const groups *g, char text[LINE])
{
    size_t used = 0;

    for (int i = 0; i < g->count && used < LINE; i++)
        used += (size_t)snprintf(text + used, LINE - used, "%s%s (%d)", i > 0 ? ", " : "", g->name[i], g->size[i]);
}

static void log_groups(const groups *g, const char *file, const char *what)
{
    char text[LINE] = "";
    int all = 0;

    for (int i = 0; i < g->count; i++)
        all += g->size[i];
    write_groups(g, text);
    if (all > 0)
        sep_log(SEP_LOG_INFO, "%s: %d tensors %s: %s", file, all, what, text);
}

typedef struct tally {
    groups encoder, decoder, seeded, left;
    bool *used; /* of each of the file's tensors */
} tally;

static void mark_used(const sep_pretrained *p, tally *t, const char *name)
{
    for (int i = 0; i < sep_safetensors_count(p->file); i++)
        if (strcmp(sep_safetensors_at(p->file, i)->name, name) == 0)
            t->used[i] = true;
}

static void count_tensor(const sep_pretrained *p, const sep_net_spec *spec, const sep_tensor *tensor, const char *own,
                         tally *t)
{
    sep_pretrained_source source;

    if (tensor->role != SEP_ROLE_PARAMETER)
        return;
    if (!find(p, spec, own, tensor, &source)) {
        count_in(&t->seeded, own);
        sep_log(SEP_LOG_DEBUG, "  %s: as the seed says", own);
        return;
    }
    count_in(source.mirrored ? &t->decoder : &t->encoder, own);
    mark_used(p, t, source.name);
    sep_log(SEP_LOG_DEBUG, "  %s: %s", own, source.name);
}

static void count_left(const sep_pretrained *p, tally *t)
{
    for (int i = 0; i < sep_safetensors_count(p->file); i++) {
        const char *name = sep_safetensors_at(p->file, i)->name;
        if (t->used[i] || sep_pretrained_is_computed(name))
            continue;
        count_in(&t->left, strncmp(name, p->prefix, strlen(p->prefix)) == 0 ? name + strlen(p->prefix) : name);
        sep_log(SEP_LOG_DEBUG, "  not taken: %s", name);
    }
}

static void log_tally(const sep_pretrained *p, const sep_net_spec *spec, int student, const tally *t)
{
    const char *file = sep_file_name(p->path);

    sep_log(SEP_LOG_INFO, "student %d (%s) starts from %s, weights of %s:", student, spec->net->name, p->path,
            p->family->name);
    log_groups(&t->encoder, file, "taken for the encoder");
    log_groups(&t->decoder, file, "mirrored into the decoder");
    log_groups(&t->left, file, "not taken");
    log_groups(&t->seeded, file, "not in the file, which start as the seed says");
}

sep_status sep_pretrained_log(const sep_pretrained *pretrained, const sep_net_spec *spec, const sep_store *store,
                              int student)
{
    tally *t;
    char scope[32];

    if (sep_pretrained_use_of(pretrained, spec->net) == NULL) {
        sep_log(SEP_LOG_INFO, "student %d (%s) starts as the seed says", student, spec->net->name);
        return SEP_OK;
    }
    t = sep_calloc(1, sizeof *t);
    if (t != NULL)
        t->used = sep_calloc((size_t)sep_safetensors_count(pretrained->file), sizeof *t->used);
    if (t == NULL || t->used == NULL) {
        sep_free(t);
        return SEP_ERR_MEMORY;
    }
    snprintf(scope, sizeof scope, "student_%d.", student);
    for (int i = 0; i < sep_store_count(store); i++) {
        const sep_tensor *tensor = sep_store_tensor(store, i);
        if (strncmp(tensor->name, scope, strlen(scope)) == 0)
            count_tensor(pretrained, spec, tensor, tensor->name + strlen(scope), t);
    }
    count_left(pretrained, t);
    log_tally(pretrained, spec, student, t);
    sep_free(t->used);
    sep_free(t);
    return SEP_OK;
}
