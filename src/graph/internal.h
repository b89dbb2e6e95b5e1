/* The graph's insides, shared by src/graph and src/ops, and read by src/onnx, only. */
#ifndef SEPTUM_GRAPH_INTERNAL_H
#define SEPTUM_GRAPH_INTERNAL_H

#include "septum/graph.h"

typedef enum sep_node_kind {
    SEP_NODE_OPERATION,
    SEP_NODE_VIEW,  /* other shape or a stretch of input[0]; no call */
    SEP_NODE_INPUT, /* fed by the host */
    SEP_NODE_TENSOR /* of the store */
} sep_node_kind;

struct sep_node {
    sep_node_kind kind;
    sep_op op;
    sep_attributes attributes;
    sep_shape shape;
    sep_dtype dtype;
    int inputs;
    sep_node *input[SEP_MAX_INPUTS];
    int id;            /* position in the graph's list: inputs always come before */
    const char *scope; /* where it was built: "u_net.encoder_0." */
    uint32_t stream;   /* random stream (dropout) */
    bool differentiable, kept;
    bool updated;                /* a parameter that an optimiser moves */
    bool constant;               /* an operation that the store's tensors alone decide (constants.c) */
    sep_node *leader, *follower; /* computed along with it, in one call of the device (follow.c) */
    bool joined;                 /* a concatenation whose parts are written in place: no call (join.c) */
    sep_node *whole;             /* the concatenation that this is a part of, from which byte of its pixels on */
    size_t whole_offset;
    sep_node *gradient;
    sep_tensor *tensor; /* SEP_NODE_TENSOR */
    size_t view_offset; /* SEP_NODE_VIEW: bytes from the start of input[0] */

    /* The plan: for a node that owns memory (not a view), where and for how long. */
    sep_node *owner;        /* the node whose memory holds this value */
    size_t owner_offset;    /* bytes from the owner's start */
    int pitch;              /* floats from a row to the next; 0: dense */
    int position, last_use; /* in the order of calls; -1: never run */
    size_t offset;          /* of the owner in the arena */
    sep_buffer *buffer;     /* inputs: their own */
};

struct sep_graph {
    sep_store *store;
    bool training, differentiated, planned, compiled;
    sep_status status;
    char *status_text;
    sep_arena *arena;
    sep_node **node;
    int nodes, node_capacity;
    char scope[256];
    int inference, frozen; /* how many pushes are open */
    int fused;
    bool unfused; /* nothing is fused: for tests of what is */

    sep_node *guard[8];
    int guards;

    /* The plan. */
    sep_node **order; /* operations in the order of their calls */
    sep_call *call;
    int calls, forward_calls; /* the first forward_calls are needed for the guards */
    size_t arena_bytes;
    sep_buffer *memory;
    bool borrows; /* the memory is another graph's */
    bool updates; /* runs change the store */

    /* Where `settled` is the store's version, constants are in the arena and weights in `packed`. */
    sep_buffer *packed;
    uint64_t settled;

    sep_memory_plan plan;

    sep_observer *observer;
    void *observer_context;
};

/* What an operation family declares about itself. */
typedef struct sep_rule {
    /* Adds the gradients of node's inputs through sep_accumulate; NULL: not differentiable. */
    void (*gradient)(sep_graph *graph, sep_node *node, sep_node *dy);
    /* The result may take the place of input[0] when nobody needs that any more. */
    bool may_overwrite_input;
    /* Multiply-adds of one call; NULL: counted as none. */
    int64_t (*multiply_adds)(const sep_node *node);
    /* Writes over input[0], a tensor of the store. It runs after all that read the old value, wherever they were built,
     * and after the guards. */
    bool updates;
} sep_rule;

extern const sep_rule sep_rules[SEP_OP_COUNT];

/* ---- for src/ops ------------------------------------------------------------------------------------------------- */

/* Whether what is built now works as in training: see sep_inference_push. */
bool sep_builds_training(const sep_graph *graph);

/* A new operation node; NULL if an input is NULL. */
sep_node *sep_apply(sep_graph *graph, sep_op op, const sep_attributes *attributes, sep_shape shape, int inputs,
                    sep_node *const *input);
#define SEP_APPLY(graph, op, attributes, shape, ...)                                                                   \
    sep_apply(graph, op, attributes, shape, (int)(sizeof((sep_node *[]){__VA_ARGS__}) / sizeof(sep_node *)),           \
              (sep_node *[]){__VA_ARGS__})

/* A tensor of the store by its full name, whatever the scope: the fields that sep_store_require reads. */
sep_node *sep_tensor_node(sep_graph *graph, const sep_tensor *wanted);
/* Adds `gradient` (NULL: nothing) to what is known of d loss / d node, if node needs one. */
void sep_accumulate(sep_graph *graph, sep_node *node, sep_node *gradient);
bool sep_needs_gradient(const sep_node *node);
/* Elements [begin, begin + shape) of x's flat order under another shape, no memory moved, no gradient. */
sep_node *sep_view(sep_graph *graph, sep_node *x, size_t begin, sep_shape shape);
/* A random stream of its own for a node built now: depends on the scope and the order within it only. */
uint32_t sep_new_stream(sep_graph *graph);

/* ---- between the files of src/graph ------------------------------------------------------------------------------ */

/* Rewrites batch norm -> activation -> dropout into one operation (fuse.c). */
void sep_graph_fuse(sep_graph *graph);
/* Rewrites activation -> linear into one operation (fuse_linear.c). consumers[i]: how many inputs node i is. */
void sep_graph_fuse_linear(sep_graph *graph, const int *consumers);
/* Lets operations run along with the one whose result they read, where the device can; counts them (follow.c). */
void sep_graph_find_followers(sep_graph *graph, const bool *live);
/* Makes concatenations and slices disappear where the device can step over channels (join.c). */
void sep_graph_join_channels(sep_graph *graph, const bool *live);
/* Decides which operations run and in which order (order.c). */
sep_status sep_graph_order(sep_graph *graph);
/* Finds what need not be computed in every run of a graph that only predicts (constants.c). */
void sep_graph_find_constants(sep_graph *graph);
/* Whether the device may keep a call's input[1] packed. */
bool sep_packs(const sep_graph *graph, const sep_node *node);
/* Computes the constants and packs the weights, unless that was done and the store has not changed since. */
sep_status sep_graph_settle(sep_graph *graph, const sep_step_info *step) SEP_MUST_CHECK;
/* Another number whenever a tensor of the store may have got other values; never 0. */
uint64_t sep_store_version(const sep_store *store);
void sep_store_touch(sep_store *store);
/* Whether a node is an operation that updates a tensor of the store. */
bool sep_updates(const sep_node *node);
/* The node whose memory a view looks at; any other node itself. */
sep_node *sep_view_root(sep_node *node);
sep_operand sep_node_operand(const sep_graph *graph, const sep_node *node);

#endif
