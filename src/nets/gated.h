/* The parts of Attention U-Net and of what decodes the hybrid ResNet: convolutions behind which a batch norm follows,
 * and additive gates on skip connections (Oktay et al. 2018). */
#ifndef SEPTUM_NETS_GATED_H
#define SEPTUM_NETS_GATED_H

#include "septum/ops.h"

/* A convolution, then batch norm: name.conv, name.norm. */
sep_node *sep_normed_conv(sep_graph *g, const char *name, sep_node *x, const sep_conv *conv);
/* Two 3x3 convolutions, each with batch norm and ReLU: layer_0, layer_1. */
sep_node *sep_two_convs(sep_graph *g, sep_node *x, int channels);
/* Nearest upsampling by two, a 3x3 convolution, batch norm, ReLU: up. */
sep_node *sep_up_conv(sep_graph *g, sep_node *x, int channels);
/* skip * sigmoid(BN(conv(ReLU(BN(conv(asking)) + BN(conv(skip)))))), 1x1 convolutions: one weight a pixel, through half
 * of the skip's channels; `asking` has its size: gate. */
sep_node *sep_gated_skip(sep_graph *g, sep_node *asking, sep_node *skip);

#endif
