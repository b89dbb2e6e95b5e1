/* An ONNX graph as it is written: nodes, constants, inputs and outputs, and how septum's operations become nodes. */
#ifndef SEPTUM_ONNX_WRITER_H
#define SEPTUM_ONNX_WRITER_H

#include "graph/internal.h"
#include "onnx/proto.h"

/* A value's name: v12, or what an input or an output is called. */
typedef struct sep_onnx_name {
    char text[48];
} sep_onnx_name;

/* What a node of septum's graph became: [N, H, W, C], as septum has it, or [N, C, H, W], as ONNX's convolutions want
 * it, or both; an empty name is one that nobody asked for yet. */
typedef struct sep_onnx_value {
    sep_onnx_name last, first; /* channels last, channels first */
} sep_onnx_value;

typedef struct sep_onnx_writer {
    const sep_store *store;
    sep_proto nodes, constants, inputs, outputs; /* fields of a GraphProto */
    int values;                                  /* names given so far */
    sep_onnx_value *value;                       /* of each node of the graph that is walked, by its id */
    sep_status status;                           /* of the first failure */
} sep_onnx_writer;

/* An attribute of an ONNX node; the kind says which member holds it. A name of NULL ends a list. */
typedef struct sep_onnx_attribute {
    const char *name;
    enum { SEP_ONNX_INT, SEP_ONNX_INTS, SEP_ONNX_FLOAT, SEP_ONNX_TEXT } kind;
    int64_t integer; /* or how many `integers` there are */
    const int64_t *integers;
    float number;
    const char *text;
} sep_onnx_attribute;

#define SEP_ONNX_MOST_INPUTS 8

/* A node of one output, which gets a new name. Inputs end at the first empty name. */
sep_onnx_name sep_onnx_node(sep_onnx_writer *w, const char *type, const sep_onnx_name *input,
                            const sep_onnx_attribute *attribute);
sep_onnx_name sep_onnx_unary(sep_onnx_writer *w, const char *type, sep_onnx_name x);
sep_onnx_name sep_onnx_binary(sep_onnx_writer *w, const char *type, sep_onnx_name a, sep_onnx_name b);
sep_onnx_name sep_onnx_transpose(sep_onnx_writer *w, sep_onnx_name x, int rank, const int64_t *order);
/* To `rank` axes; an axis of -1 is what is left. */
sep_onnx_name sep_onnx_reshape(sep_onnx_writer *w, sep_onnx_name x, int rank, const int64_t *shape);
/* Along `axis`: x cut to [begin, end), and a before b. */
sep_onnx_name sep_onnx_cut(sep_onnx_writer *w, sep_onnx_name x, int axis, int64_t begin, int64_t end);
sep_onnx_name sep_onnx_concat(sep_onnx_writer *w, sep_onnx_name a, sep_onnx_name b, int axis);
/* What is called `from` under the name `to`: for outputs. */
void sep_onnx_rename(sep_onnx_writer *w, sep_onnx_name from, const char *to);

/* Constants. Values of NULL are those that could not be read: the writer has failed. */
sep_onnx_name sep_onnx_floats(sep_onnx_writer *w, int rank, const int64_t *shape, const float *values);
sep_onnx_name sep_onnx_float(sep_onnx_writer *w, float value);
sep_onnx_name sep_onnx_integers(sep_onnx_writer *w, int count, const int64_t *values);

typedef enum sep_onnx_type { SEP_ONNX_FLOAT32 = 1, SEP_ONNX_INT64 = 7 } sep_onnx_type;
/* An input or output of the graph; an axis of -1 is the batch, which may be of any size. */
sep_onnx_name sep_onnx_input(sep_onnx_writer *w, const char *name, int rank, const int64_t *shape);
void sep_onnx_output(sep_onnx_writer *w, const char *name, sep_onnx_type type, int rank, const int64_t *shape);

/* The values of a tensor of the store, freed with sep_free; NULL, and the writer has failed. */
float *sep_onnx_tensor(sep_onnx_writer *w, const sep_node *node);
void sep_onnx_fail(sep_onnx_writer *w, sep_status status);

/* ---- septum's operations ----------------------------------------------------------------------------------------- */

/* A node's value in one of the two orders; it is transposed where only the other is there. */
sep_onnx_name sep_onnx_channels_last(sep_onnx_writer *w, const sep_node *node);
sep_onnx_name sep_onnx_channels_first(sep_onnx_writer *w, const sep_node *node);

/* How one operation is written: gives the value of `node`, whose inputs have theirs. */
typedef sep_onnx_value sep_onnx_recipe(sep_onnx_writer *w, const sep_node *node);
/* The operation's row, or NULL: there is none (operations.c). */
sep_onnx_recipe *sep_onnx_recipe_of(sep_op op);
/* The error that names an operation without a row. */
sep_status sep_onnx_unsupported(const sep_node *node);

sep_onnx_recipe sep_onnx_conv2d, sep_onnx_conv_transpose2d, sep_onnx_depthwise, sep_onnx_max_pool, sep_onnx_max_pool2d,
    sep_onnx_upsample_bilinear, sep_onnx_upsample_nearest;                                             /* maps.c */
sep_onnx_recipe sep_onnx_batch_apply, sep_onnx_batch_stats, sep_onnx_group_apply, sep_onnx_layer_norm; /* norms.c */
sep_onnx_recipe sep_onnx_window_partition, sep_onnx_window_reverse, sep_onnx_space_to_depth, sep_onnx_depth_to_space,
    sep_onnx_transpose_map, sep_onnx_window_attention, sep_onnx_token_attention;            /* windows.c */
sep_onnx_recipe sep_onnx_choose_windows, sep_onnx_gather_windows, sep_onnx_scatter_windows; /* chosen_windows.c */

/* Sets wanted[id] of each node that is written for `output`, from it back; the others are false when it is called. */
void sep_onnx_mark(const sep_graph *graph, const sep_node *output, bool *wanted);
/* Walks a graph that was built, not planned: every node that is wanted. SEP_ERR_UNSUPPORTED, naming it, where
 * an operation has no row. `image` is the value of the graph's one input, channels last. */
sep_status sep_onnx_walk(sep_onnx_writer *w, const sep_graph *graph, const sep_node *output, sep_onnx_name image,
                         sep_onnx_name *result) SEP_MUST_CHECK;

#endif
