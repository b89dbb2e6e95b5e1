/* septum: the networks. Each is a readable recipe of operations in src/nets/. */
#ifndef SEPTUM_NETS_H
#define SEPTUM_NETS_H

#include "septum/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sep_net_kind { SEP_U_NET = 0, SEP_SWIN_UNET, SEP_CS_UNET, SEP_NET_KINDS } sep_net_kind;

/* The largest that a network may be. Classes are those that 8 bits name, the background among them. */
enum {
    SEP_MOST_CLASSES = 256,
    SEP_MOST_SIDE = 8192,
    SEP_MOST_BASE = 1024,
    SEP_MOST_DEPTH = 64,
    SEP_MOST_WINDOW = 16,
    SEP_MOST_HEAD_CHANNELS = 1024
};

/* What a network is, as written into its checkpoint. Zero in a field means the published value. */
typedef struct sep_net_spec {
    sep_net_kind kind;
    int classes;       /* background included */
    int height, width; /* of the images it sees */
    int base;          /* channels of the first level: U-Net 16, the Transformers 96 */
    int depth;         /* blocks a stage of the Transformers: 2 */
    int window;        /* 7 */
    int head_channels; /* 32 */
    bool transposed;   /* U-Net: 2x2 transposed convolutions instead of 1x1 + bilinear */
    bool no_dropout;   /* dropout and drop path off everywhere (tests against references) */
    float layer_scale; /* CS-Unet: 0.7 as in the released code; the thesis prints 1e-6 */
} sep_net_spec;

/* "u-net", "swin-unet", "cs-unet". */
const char *sep_net_name(sep_net_kind kind);
/* SEP_NET_KINDS when there is none of that name. */
sep_net_kind sep_net_find(const char *name);
/* Fills the zeros with the published values, and checks that they are within the limits and that the image fits the
 * network's grid (U-Net: multiples of 16; the Transformers: multiples of 32 * window, 224 as published). */
sep_status sep_net_complete(sep_net_spec *spec) SEP_MUST_CHECK;

typedef struct sep_net_output {
    sep_node *logits; /* [N, H, W, classes] */
    /* Feature maps for contrastive losses: the last before the head at full size, at 1/4 and at 1/8 of it. */
    sep_node *full, *quarter, *eighth;
} sep_net_output;

/* Builds the network on x [N, H, W, 1] in the graph's current scope. */
sep_status sep_net_build(sep_graph *graph, const sep_net_spec *spec, sep_node *x,
                         sep_net_output *output) SEP_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
