/* septum: the graph. A network, its losses, their gradients and the optimiser's step are nodes; a graph is built once
 * for one batch shape, compiled (fusion, order, memory plan) for a device, then run many times without any allocation.
 *
 * Building never needs error checks at every line: a function that can't build its node records why in the graph and
 * returns NULL, functions given NULL return NULL, and sep_graph_status (or sep_graph_compile) reports the first cause.
 */
#ifndef SEPTUM_GRAPH_H
#define SEPTUM_GRAPH_H

#include "septum/device.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sep_graph sep_graph;
typedef struct sep_node sep_node;
typedef struct sep_store sep_store;

/* ---- the store: named tensors that outlive a step (parameters, running statistics, optimiser state) -------------- */

typedef enum sep_role {
    SEP_ROLE_PARAMETER, /* learned */
    SEP_ROLE_STATE,     /* part of the model, not learned by gradients: running statistics */
    SEP_ROLE_OPTIMISER, /* momenta: needed to resume, not to predict */
    SEP_ROLE_MEMORY     /* what a method keeps from step to step: likewise */
} sep_role;

typedef enum sep_init_kind {
    SEP_INIT_CONSTANT = 0,
    SEP_INIT_UNIFORM,
    SEP_INIT_NORMAL,
    SEP_INIT_TRUNCATED_NORMAL,
    SEP_INIT_RUNNING_STATISTICS /* [2, C]: means 0, variances 1 */
} sep_init_kind;

/* How a tensor starts: `value` is the constant, the bound of U(-value, value), or the standard deviation (truncated at
 * +-2 as PyTorch's trunc_normal_ does). Drawn from Philox with the stream of the tensor's name. */
typedef struct sep_init {
    sep_init_kind kind;
    float value;
} sep_init;

typedef struct sep_tensor {
    const char *name; /* "u_net.encoder_0.conv_0.weight" */
    sep_shape shape;
    sep_dtype dtype;
    sep_role role;
    sep_init init;
    const char *starts_as; /* the name whose random stream it starts from: its own, or that of the tensor it copies */
    sep_buffer *buffer;    /* NULL until sep_store_allocate */
} sep_tensor;

/* A store on `device`; tensors start as `seed` says. Without a device (NULL) for names and shapes only. */
sep_status sep_store_create(sep_device *device, uint64_t seed, sep_store **store) SEP_MUST_CHECK;
void sep_store_destroy(sep_store *store);
sep_device *sep_store_device(const sep_store *store);
int sep_store_count(const sep_store *store);
sep_tensor *sep_store_tensor(const sep_store *store, int index);
sep_tensor *sep_store_find(const sep_store *store, const char *name); /* NULL if there is none */
/* The tensor of wanted->name, added as `wanted` says if new (its starts_as and buffer don't count); an error when it is
 * there with another shape or element type. */
sep_status sep_store_require(sep_store *store, const sep_tensor *wanted, sep_tensor **tensor) SEP_MUST_CHECK;
/* Gives every tensor that has none its buffer and its starting values. */
sep_status sep_store_allocate(sep_store *store) SEP_MUST_CHECK;
/* Every tensor of an allocated store as it would start from that seed. */
sep_status sep_store_restart(sep_store *store, uint64_t seed) SEP_MUST_CHECK;
/* Host copies: float, or int32_t or uint16_t (sep_half_of) where the tensor's dtype is SEP_I32 or SEP_F16. */
sep_status sep_tensor_read(const sep_store *store, const sep_tensor *tensor, void *values) SEP_MUST_CHECK;
sep_status sep_tensor_write(sep_store *store, sep_tensor *tensor, const void *values) SEP_MUST_CHECK;
size_t sep_tensor_bytes(const sep_tensor *tensor);
sep_status sep_tensor_read_part(const sep_store *store, const sep_tensor *tensor, size_t offset, size_t bytes,
                                void *to) SEP_MUST_CHECK;
/* Hands a tensor's bytes over in pieces of SEP_TENSOR_PIECE at most, in order, so that no second copy of a large one is
 * ever there. */
#define SEP_TENSOR_PIECE ((size_t)4 << 20)
typedef sep_status sep_tensor_visitor(void *context, const void *bytes, size_t count);
sep_status sep_tensor_visit(const sep_store *store, const sep_tensor *tensor, sep_tensor_visitor *visit,
                            void *context) SEP_MUST_CHECK;
/* Of all tensors of a role. */
size_t sep_store_bytes(const sep_store *store, sep_role role);
/* Elements of all tensors of a role whose name starts with `prefix` ("" = all). */
int64_t sep_store_elements(const sep_store *store, sep_role role, const char *prefix);
/* FNV-1a over names and bits of all tensors but the optimiser's, in name order: the run's fingerprint. */
sep_status sep_store_hash(const sep_store *store, uint64_t *hash) SEP_MUST_CHECK;

/* ---- building ---------------------------------------------------------------------------------------------------- */

/* `training` decides what dropout, drop path and batch norm mean. */
sep_graph *sep_graph_create(sep_store *store, bool training);
void sep_graph_destroy(sep_graph *graph);
/* Call before anything is built: no operation is fused with another. The same bits, slower: for tests and for looking
 * at each operation by itself. */
void sep_graph_keep_unfused(sep_graph *graph);
sep_status sep_graph_status(const sep_graph *graph);
/* For who builds: records the first failure with the scope where it happened, and returns NULL; the same with the text
 * of the error now held. */
sep_node *sep_graph_fail(sep_graph *graph, sep_status status, const char *format, ...) SEP_PRINTF(3, 4);
sep_node *sep_graph_fail_as_held(sep_graph *graph, sep_status status);

/* Names of what is built until the matching pop: "u_net", then "encoder_0" gives "u_net.encoder_0.". */
void sep_scope_push(sep_graph *graph, const char *format, ...) SEP_PRINTF(2, 3);
void sep_scope_pop(sep_graph *graph);

/* What is built until the matching pop works as it will in prediction: no dropout, batch norm by the running statistics
 * (those that the step began with, forward and in gradients) and without moving them. Gradients flow. */
void sep_inference_push(sep_graph *graph);
void sep_inference_pop(sep_graph *graph);
/* Parameters that are first met until the matching pop get no gradients: those of a teacher. */
void sep_frozen_push(sep_graph *graph);
void sep_frozen_pop(sep_graph *graph);

/* What the host feeds before each run; a tensor of the store, differentiated if it is a parameter. */
sep_node *sep_input(sep_graph *graph, const char *name, sep_shape shape, sep_dtype dtype);
sep_node *sep_parameter(sep_graph *graph, const char *name, sep_shape shape, sep_init init);
sep_node *sep_state(sep_graph *graph, const char *name, sep_shape shape, sep_role role, sep_init init);
/* A tensor of role MEMORY, zero at the start: SEP_MEMORY_SCOPE before its name, whatever the scope. One of halves
 * (SEP_F16) takes half the room: sep_put rounds rows of floats, sep_gather gives floats, and nothing else reads it. */
#define SEP_MEMORY_SCOPE "memory."
sep_node *sep_memory_tensor(sep_graph *graph, const char *name, sep_shape shape, sep_dtype dtype);

/* The same elements under another shape (gradient flows); a stretch of the outermost axis. No memory moves. */
sep_node *sep_reshape(sep_graph *graph, sep_node *x, sep_shape shape);
sep_node *sep_batch_range(sep_graph *graph, sep_node *x, int begin, int count);
/* The same value, through which no gradient flows. */
sep_node *sep_detach(sep_graph *graph, sep_node *x);

const sep_shape *sep_node_shape(const sep_node *node);
/* d loss / d node after sep_graph_differentiate; NULL if the loss does not depend on it. */
sep_node *sep_gradient(const sep_node *node);
/* Keeps the node's value until the end of the run, so that sep_fetch can read it. Call before sep_graph_differentiate
 * or sep_graph_plan, whichever is first: nodes that nobody keeps may be fused away. */
void sep_keep(sep_graph *graph, sep_node *node);
/* A scalar that must be finite: see sep_graph_run and sep_graph_check. */
void sep_guard(sep_graph *graph, sep_node *scalar);

/* Appends the nodes that compute d loss / d parameter for all parameters. Call once, after all losses are built (add
 * them: each student's loss reaches its own parameters only). Fuses the forward nodes first. */
sep_status sep_graph_differentiate(sep_graph *graph, sep_node *loss) SEP_MUST_CHECK;

/* Parameters of this graph in order of creation. */
int sep_graph_parameter_count(const sep_graph *graph);
sep_node *sep_graph_parameter(const sep_graph *graph, int index);
const sep_tensor *sep_node_tensor(const sep_node *node); /* NULL if it is none of the store's */

/* ---- running ----------------------------------------------------------------------------------------------------- */

typedef struct sep_memory_plan {
    size_t activations; /* the one arena that all intermediate values share, bytes */
    size_t unshared;    /* what they would take side by side */
    size_t packed;      /* weights as the device's kernels read them, of a graph that only predicts */
    size_t parameters, states, optimiser, memory, inputs;
    size_t total;     /* peak of the device's memory for this graph and its store */
    int nodes, fused; /* calls of the device; operations that need none of their own */
} sep_memory_plan;

/* Fuses, orders and plans; allocates nothing, so that the peak is known first. */
sep_status sep_graph_plan(sep_graph *graph, sep_memory_plan *plan) SEP_MUST_CHECK;
/* Between the two, where memory is short: weights are laid out anew in every run, with the same bits, and plan.packed
 * is 0. */
void sep_graph_leave_unpacked(sep_graph *graph);
/* Plans (if that was not done), allocates arena, inputs and the store's new tensors. */
sep_status sep_graph_compile(sep_graph *graph) SEP_MUST_CHECK;
/* The same of graphs on one store of which one runs at a time: they share one arena, that of the largest. What is kept
 * of a run is there until another of them runs. Of graphs for training. */
sep_status sep_graphs_compile(sep_graph *const *graphs, int count) SEP_MUST_CHECK;
sep_status sep_feed(sep_graph *graph, const sep_node *input, const void *values) SEP_MUST_CHECK;
/* One pass over all nodes. What the store's tensors alone decide in a graph that only predicts is computed, and weights
 * are packed, in the first run and in the next after the store has changed, not in every one. On the CPU guarded
 * scalars are checked before the gradients start: SEP_ERR_NUMERIC with the first operation that gave a non-finite
 * value; then no tensor of the store has changed. A device with a queue is left to work when the pass is enqueued and
 * the one before is done. */
sep_status sep_graph_run(sep_graph *graph, const sep_step_info *step) SEP_MUST_CHECK;
/* Waits for the last run and reads the guarded scalars. SEP_ERR_NUMERIC where one is not finite. For devices with a
 * queue, whose runs do not check: before anything is kept of what they computed. */
sep_status sep_graph_check(sep_graph *graph, const sep_step_info *step) SEP_MUST_CHECK;
/* The value of a kept node, an input or a tensor, after a run. */
sep_status sep_fetch(sep_graph *graph, const sep_node *node, void *values) SEP_MUST_CHECK;

/* ---- looking at it ----------------------------------------------------------------------------------------------- */

/* One row per operation in the order in which it runs (before sep_graph_plan: as built). */
typedef struct sep_node_info {
    const char *scope, *op;
    sep_shape shape;
    int64_t multiply_adds;
    int64_t parameters; /* elements of the parameters that it reads */
    bool constant;      /* not computed in every run (sep_graph_run) */
} sep_node_info;
int sep_graph_node_count(const sep_graph *graph);
void sep_graph_node_info(const sep_graph *graph, int index, sep_node_info *info);
int64_t sep_graph_multiply_adds(const sep_graph *graph);
/* The call of operation `index` after sep_graph_plan: shapes and attributes. It can be run once the graph is compiled.
 */
const sep_call *sep_graph_call(const sep_graph *graph, int index);

/* Told after each call of a run which operation it was and how many seconds it took, a sum that follows it (device.h)
 * included: of that nothing is told. The device's queue is emptied before and after, so a run that is watched is
 * slower. NULL: nobody. */
typedef void sep_observer(void *context, int index, double seconds);
void sep_graph_observe(sep_graph *graph, sep_observer *observer, void *context);

#ifdef __cplusplus
}
#endif
#endif
