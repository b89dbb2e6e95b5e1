/* The peer: primitives of oneDNN, made, given the case's values, and run. */
#include "bench/peer.h"

#include "config.h"

#if SEP_HAVE_DNNL
#include "bench/peer_recipe.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>

/* Every argument that a primitive may ask for. */
static const int known_arguments[] = {
    DNNL_ARG_SRC_0,     DNNL_ARG_SRC_1,      DNNL_ARG_DST,        DNNL_ARG_WEIGHTS,
    DNNL_ARG_BIAS,      DNNL_ARG_MEAN,       DNNL_ARG_VARIANCE,   DNNL_ARG_SCALE,
    DNNL_ARG_SHIFT,     DNNL_ARG_WORKSPACE,  DNNL_ARG_DIFF_SRC,   DNNL_ARG_DIFF_DST,
    DNNL_ARG_DIFF_BIAS, DNNL_ARG_DIFF_SCALE, DNNL_ARG_DIFF_SHIFT, DNNL_ARG_DIFF_WEIGHTS};

#define ARGUMENTS ((int)(sizeof known_arguments / sizeof known_arguments[0]))

struct bench_peer {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_t primitive;
    int threads;
    peer_recipe recipe;
    int arguments;
    dnnl_exec_arg_t argument[ARGUMENTS];
};

const char *bench_peer_name(void)
{
    static char name[32];
    const dnnl_version_t *version = dnnl_version();

    snprintf(name, sizeof name, "oneDNN %d.%d.%d", version->major, version->minor, version->patch);
    return name;
}

sep_status bench_peer_confine(const char *isa)
{
    static const struct {
        const char *isa;
        dnnl_cpu_isa_t limit;
    } limits[] = {{"avx2", dnnl_cpu_isa_avx2}, {"avx512", dnnl_cpu_isa_avx512_core}};

    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        if (strcmp(limits[i].isa, isa) == 0 && dnnl_set_max_cpu_isa(limits[i].limit) != dnnl_success)
            return sep_fail(SEP_ERR_UNSUPPORTED, "oneDNN can't be confined to %s", isa);
    return SEP_OK;
}

/* ---- memory -------------------------------------------------------------------------------------------------------
 */

static dnnl_memory_t find_memory(const bench_peer *peer, int number)
{
    for (int i = 0; i < peer->arguments; i++)
        if (peer->argument[i].arg == number)
            return peer->argument[i].memory;
    return NULL;
}

/* Memory for whatever the primitive takes, in the layouts that it chose. */
static bool add_memory(bench_peer *peer, const_dnnl_primitive_desc_t description)
{
    for (int i = 0; i < ARGUMENTS; i++) {
        const dnnl_memory_desc_t *layout =
            dnnl_primitive_desc_query_md(description, dnnl_query_exec_arg_md, known_arguments[i]);
        dnnl_exec_arg_t *argument = &peer->argument[peer->arguments];
        if (!layout || layout->ndims == 0 || find_memory(peer, known_arguments[i]))
            continue;
        argument->arg = known_arguments[i];
        if (dnnl_memory_create(&argument->memory, layout, peer->engine, DNNL_MEMORY_ALLOCATE) != dnnl_success)
            return false;
        peer->arguments++;
    }
    return true;
}

/* Between the library's layout and ours. */
static bool reorder(const bench_peer *peer, dnnl_memory_t from, dnnl_memory_t to)
{
    const dnnl_memory_desc_t *from_layout, *to_layout;
    dnnl_primitive_desc_t description = NULL;
    dnnl_primitive_t primitive = NULL;

    bool done = dnnl_memory_get_memory_desc(from, &from_layout) == dnnl_success &&
                dnnl_memory_get_memory_desc(to, &to_layout) == dnnl_success &&
                dnnl_reorder_primitive_desc_create(&description, from_layout, peer->engine, to_layout, peer->engine,
                                                   NULL) == dnnl_success &&
                dnnl_primitive_create(&primitive, description) == dnnl_success;
    if (done) {
        dnnl_exec_arg_t arguments[2] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
        done = dnnl_primitive_execute(primitive, peer->stream, 2, arguments) == dnnl_success &&
               dnnl_stream_wait(peer->stream) == dnnl_success;
    }
    dnnl_primitive_destroy(primitive);
    dnnl_primitive_desc_destroy(description);
    return done;
}

/* Copies a tensor of the case to an argument, or (`back`) the argument into `values`. */
static bool exchange(const bench_peer *peer, const peer_argument *argument, void *values, bool back)
{
    dnnl_memory_t inside = find_memory(peer, argument->number), outside = NULL;

    if (!inside || !values || dnnl_memory_create(&outside, &argument->layout, peer->engine, values) != dnnl_success)
        return false;
    bool done = back ? reorder(peer, inside, outside) : reorder(peer, outside, inside);
    dnnl_memory_destroy(outside);
    return done;
}

static bool give_values(const bench_peer *peer, const bench_case *c)
{
    for (int i = 0; i + 1 < peer->recipe.arguments; i++) {
        const peer_argument *argument = &peer->recipe.argument[i];
        void *values = bench_case_read(c, bench_layout_find(&c->layout, argument->tensor));
        bool done = exchange(peer, argument, values, false);
        sep_free(values);
        if (!done)
            return false;
    }
    return true;
}

/* ---- primitives ---------------------------------------------------------------------------------------------------
 */

static bool execute(const bench_peer *peer, dnnl_primitive_t primitive)
{
    return dnnl_primitive_execute(primitive, peer->stream, peer->arguments, peer->argument) == dnnl_success &&
           dnnl_stream_wait(peer->stream) == dnnl_success;
}

/* The forward primitive, once, for what the backward one reads of it. */
static bool run_forward(const bench_peer *peer, const_dnnl_primitive_desc_t description)
{
    dnnl_primitive_t primitive;

    if (dnnl_primitive_create(&primitive, description) != dnnl_success)
        return false;
    bool done = execute(peer, primitive);
    dnnl_primitive_destroy(primitive);
    return done;
}

static bool create_primitive(bench_peer *peer, const bench_case *c)
{
    const peer_recipe *r = &peer->recipe;
    dnnl_primitive_desc_t forward = NULL, backward = NULL;

    bool done = dnnl_primitive_desc_create(&forward, &r->forward, NULL, peer->engine, NULL) == dnnl_success;
    if (done && r->is_backward)
        done = dnnl_primitive_desc_create(&backward, &r->backward, NULL, peer->engine, forward) == dnnl_success;
    if (done && (!r->is_backward || r->run_forward))
        done = add_memory(peer, forward);
    if (done && r->is_backward)
        done = add_memory(peer, backward);
    done = done && give_values(peer, c) && (!r->run_forward || run_forward(peer, forward)) &&
           dnnl_primitive_create(&peer->primitive, r->is_backward ? backward : forward) == dnnl_success;
    dnnl_primitive_desc_destroy(backward);
    dnnl_primitive_desc_destroy(forward);
    return done;
}

/* What oneDNN can't do on this processor is no error: there is no peer then. */
sep_status bench_peer_create(const bench_case *c, int threads, bench_peer **created)
{
    bench_peer *peer = sep_calloc(1, sizeof *peer);

    *created = NULL;
    if (!peer)
        return SEP_ERR_MEMORY;
    peer->threads = threads;
    omp_set_num_threads(threads);
    if (peer_recipe_find(&c->problem, c->pass, &peer->recipe) &&
        dnnl_engine_create(&peer->engine, dnnl_cpu, 0) == dnnl_success &&
        dnnl_stream_create(&peer->stream, peer->engine, dnnl_stream_default_flags) == dnnl_success &&
        create_primitive(peer, c))
        *created = peer;
    else
        bench_peer_destroy(peer);
    return SEP_OK;
}

void bench_peer_destroy(bench_peer *peer)
{
    if (!peer)
        return;
    dnnl_primitive_destroy(peer->primitive);
    for (int i = 0; i < peer->arguments; i++)
        dnnl_memory_destroy(peer->argument[i].memory);
    dnnl_stream_destroy(peer->stream);
    dnnl_engine_destroy(peer->engine);
    sep_free(peer);
}

sep_status bench_peer_run(void *context)
{
    const bench_peer *peer = context;

    omp_set_num_threads(peer->threads);
    if (!execute(peer, peer->primitive))
        return sep_fail(SEP_ERR_UNSUPPORTED, "oneDNN failed to run what it had agreed to");
    return SEP_OK;
}

sep_status bench_peer_difference(const bench_peer *peer, const bench_case *c, double *difference)
{
    const peer_argument *result = &peer->recipe.argument[peer->recipe.arguments - 1];
    int index = bench_layout_find(&c->layout, result->tensor);
    int64_t count = sep_shape_count(&c->layout.tensor[index].shape);
    float *ours = bench_case_read(c, index), *theirs = sep_calloc((size_t)count, sizeof *theirs);
    double largest = 0.0;

    *difference = 0.0;
    bool done = ours && theirs && exchange(peer, result, theirs, true);
    for (int64_t i = 0; done && !peer->recipe.incomparable && i < count; i++) {
        largest = fmax(largest, fabs((double)ours[i]));
        *difference = fmax(*difference, fabs((double)ours[i] - (double)theirs[i]));
    }
    if (largest > 0.0)
        *difference /= largest;
    sep_free(ours);
    sep_free(theirs);
    return done ? SEP_OK : sep_fail(SEP_ERR_UNSUPPORTED, "oneDNN's result can't be read");
}

#else

const char *bench_peer_name(void)
{
    return "";
}

sep_status bench_peer_confine(const char *isa)
{
    (void)isa;
    return SEP_OK;
}

sep_status bench_peer_create(const bench_case *c, int threads, bench_peer **peer)
{
    (void)c;
    (void)threads;
    *peer = NULL;
    return SEP_OK;
}

void bench_peer_destroy(bench_peer *peer)
{
    (void)peer;
}

sep_status bench_peer_run(void *peer)
{
    (void)peer;
    return SEP_OK;
}

sep_status bench_peer_difference(const bench_peer *peer, const bench_case *c, double *difference)
{
    (void)peer;
    (void)c;
    *difference = 0.0;
    return SEP_OK;
}

#endif
