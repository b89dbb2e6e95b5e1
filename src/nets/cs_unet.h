/* CS-Unet's settings, and what may stand in the place of its feed-forward module. */
#ifndef SEPTUM_NETS_CS_UNET_H
#define SEPTUM_NETS_CS_UNET_H

#include "nets/stages.h"

typedef enum sep_forward {
    SEP_FORWARD_DSF,
    SEP_FORWARD_PERCEPTRON,
    SEP_FORWARD_CONVOLUTION,
    SEP_FORWARD_RESIDUAL,
    SEP_FORWARD_PRE_ACTIVATION,
    SEP_FORWARD_RESNEXT
} sep_forward;

typedef struct sep_cs_unet_options {
    sep_stage_options stages;
    float layer_scale;
    int embedding, projection, attention_output, decoder; /* SEP_CONVOLUTION or SEP_LINEAR */
    bool position_bias;
    int feed_forward;
} sep_cs_unet_options;

enum { SEP_CONVOLUTION, SEP_LINEAR };

sep_conv sep_transformer_conv3x3(int channels, int stride);
sep_conv sep_transformer_depthwise(int channels, int kernel, bool bias);
/* What a block does behind its attention, residual connection and all. */
sep_node *sep_feed_forward(sep_graph *g, sep_node *x, const sep_block *b);

#endif
