/* septum: the networks. A network is a recipe of operations in two halves, encoder and decoder. Each is one file in
 * src/nets/ and one word of the table there. */
#ifndef SEPTUM_NETS_H
#define SEPTUM_NETS_H

#include "septum/graph.h"
#include "septum/settings.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The largest that a network may be. Classes are those that 8 bits name, the background among them. */
enum { SEP_MOST_CLASSES = 256, SEP_MOST_CHANNELS = 64, SEP_MOST_SIDE = 8192, SEP_MOST_MAPS = 8 };

#define SEP_NET_OPTIONS 64 /* bytes of a network's own struct of options, at most */

typedef struct sep_net sep_net;

/* What a network is, as written into its checkpoint. */
typedef struct sep_net_spec {
    const sep_net *net;
    int classes;       /* background included */
    int channels;      /* of the images it sees; 0 means 1 */
    int height, width; /* of these; 0 means as published */
    union {
        double aligned;
        unsigned char bytes[SEP_NET_OPTIONS];
    } options; /* the network's own struct, filled by sep_net_spec_read or by sep_settings_read */
} sep_net_spec;

/* What an encoder makes of images, finest first: all that its decoder asks for. */
typedef struct sep_maps {
    int count;
    sep_node *map[SEP_MOST_MAPS]; /* [N, H / k, W / k, C] */
} sep_maps;

/* Further logits, which only training looks at (deep supervision). */
#define SEP_MOST_SIDES 4
typedef struct sep_side {
    sep_node *logits; /* [N, H / k, W / k, classes] */
    float weight;     /* of their loss: above 0, below 1 */
} sep_side;

typedef struct sep_net_output {
    sep_node *logits; /* [N, H, W, classes] */
    /* Feature maps for contrastive losses: the last before the head at full size, at 1/4 and at 1/8 of it. */
    sep_node *full, *quarter, *eighth;
    int sides; /* their weights and that of the loss of `logits` are 1 together */
    sep_side side[SEP_MOST_SIDES];
} sep_net_output;

/* `spec` is complete wherever a network is given one. */
struct sep_net {
    const char *name, *summary;
    const sep_setting *settings; /* keys of a section [student_<i>] */
    size_t options_size;         /* of the struct that they fill */
    int height, width;           /* of the images of the published network */
    bool loose_maps;             /* whether its maps at a quarter and an eighth leave a stage without a norm */
    /* Whether images and settings fit each other; each by itself is within its limits. */
    sep_status (*check)(const sep_net_spec *spec);
    sep_maps (*encode)(sep_graph *graph, const sep_net_spec *spec, sep_node *x);
    sep_net_output (*decode)(sep_graph *graph, const sep_net_spec *spec, const sep_maps *maps);
};

/* All networks, NULL at the end; and the one of that name, or NULL. */
extern const sep_net *const sep_nets[];
const sep_net *sep_net_find(const char *name);

/* The network of that name, with the settings that `settings` has as lines of an option file ("base = 8", NULL: none)
 * and else with the published ones. Classes and sizes are left to the caller, as 0. */
sep_status sep_net_spec_read(const char *name, const char *settings, sep_net_spec *spec) SEP_MUST_CHECK;
/* The same of settings in a list ("base=8"), for square images, and completed. */
sep_status sep_net_spec_of(const char *name, const sep_strings *settings, int classes, int size,
                           sep_net_spec *spec) SEP_MUST_CHECK;
/* Fills the zeros with what they mean, and checks that all is within its limits and that the images fit the network's
 * grid (multiples of 16; of mt-unet of 32; of swin-unet and cs-unet of 32 * window, 224 as published). */
sep_status sep_net_complete(sep_net_spec *spec) SEP_MUST_CHECK;

/* Builds the network on x [N, H, W, channels] in the graph's current scope. */
sep_status sep_net_build(sep_graph *graph, const sep_net_spec *spec, sep_node *x,
                         sep_net_output *output) SEP_MUST_CHECK;
/* The same in two halves, for who has something to do with the maps in between. */
sep_status sep_net_encode(sep_graph *graph, const sep_net_spec *spec, sep_node *x, sep_maps *maps) SEP_MUST_CHECK;
sep_status sep_net_decode(sep_graph *graph, const sep_net_spec *spec, const sep_maps *maps,
                          sep_net_output *output) SEP_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
