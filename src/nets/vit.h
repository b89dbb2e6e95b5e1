/* The Vision Transformer (Dosovitskiy et al. 2021) as an encoder, and the decoder that TransUNet (Chen et al. 2021) set
 * on it: what `vit`, and networks that put a convolutional encoder ahead of it, are made of. */
#ifndef SEPTUM_NETS_VIT_H
#define SEPTUM_NETS_VIT_H

#include "septum/nets.h"
#include "septum/ops.h"

/* The member `vit` of such a network's own struct of options. */
typedef struct sep_vit_options {
    int hidden, heads, layers, mlp, decoder;
    bool no_dropout;
} sep_vit_options;

#define SEP_VIT_INT(type, member, fallback, low, high, gloss)                                                          \
    SEP_SETTING_NAMED(#member, type, vit.member, SEP_SETTING_IS_INT, fallback, low, high, NULL, gloss, fallback)
#define SEP_VIT_SETTINGS(type)                                                                                         \
    SEP_VIT_INT(type, hidden, 768, 1, 4096, "channels of a token"),                                                    \
        SEP_VIT_INT(type, heads, 12, 1, 64, "of the attention"),                                                       \
        SEP_VIT_INT(type, layers, 12, 1, 64, "of the Transformer"),                                                    \
        SEP_VIT_INT(type, mlp, 3072, 1, 16384, "channels within a block's perceptron"),                                \
        SEP_VIT_INT(type, decoder, 256, 16, 1024, "channels of its first step, in multiples of 16"),                   \
        SEP_SETTING_NAMED("no_dropout", type, vit.no_dropout, SEP_SETTING_IS_BOOL, false, 0, 1, NULL,                  \
                          "dropout off everywhere", false)

/* Sides in multiples of 16, heads that share the channels, a decoder that can be halved. */
sep_status sep_vit_check(const sep_net_spec *spec, const sep_vit_options *o);

/* Embedded tokens [N, H / 16, W / 16, hidden]: a learned position is added, then `layers` blocks of attention over all
 * tokens and a perceptron, each behind a norm and around a residual, and a norm at the end. Same shape. */
sep_node *sep_vit_encode(sep_graph *g, const sep_vit_options *o, sep_node *tokens);

/* From the tokens, the last of `maps`, up to the logits in four steps: twice the size, joined by the map of that size
 * where there is one among `maps` (finest first), two convolutions. */
sep_net_output sep_vit_decode(sep_graph *g, const sep_vit_options *o, int classes, const sep_maps *maps);

#endif
