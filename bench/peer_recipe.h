/* How a pass of a problem is said to oneDNN. For the files of the peer only. */
#ifndef SEPTUM_BENCH_PEER_RECIPE_H
#define SEPTUM_BENCH_PEER_RECIPE_H

#include "bench/problem.h"

#include <oneapi/dnnl/dnnl.h>

/* The description of an operation, whichever it is. */
typedef union peer_description {
    dnnl_convolution_desc_t convolution;
    dnnl_deconvolution_desc_t deconvolution;
    dnnl_inner_product_desc_t inner_product;
    dnnl_batch_normalization_desc_t batch_norm;
    dnnl_layer_normalization_desc_t layer_norm;
    dnnl_eltwise_desc_t eltwise;
    dnnl_softmax_desc_t softmax;
    dnnl_pooling_desc_t pooling;
    dnnl_resampling_desc_t resampling;
    dnnl_binary_desc_t binary;
    dnnl_reduction_desc_t reduction;
} peer_description;

#define PEER_ARGUMENTS 6

/* An argument, the case's tensor that it comes from, and how that tensor lies in memory. */
typedef struct peer_argument {
    int number; /* DNNL_ARG_SRC, ... */
    const char *tensor;
    dnnl_memory_desc_t layout;
} peer_argument;

typedef struct peer_recipe {
    peer_description forward, backward;
    bool is_backward;  /* `backward` is measured, `forward` is its hint */
    bool run_forward;  /* once before: for the statistics or the workspace that the backward pass reads */
    bool incomparable; /* the same work, but other numbers come out */
    int arguments;     /* the last one is the result */
    peer_argument argument[PEER_ARGUMENTS];
} peer_recipe;

/* False where oneDNN has nothing like it. */
bool peer_recipe_find(const bench_problem *problem, bench_pass pass, peer_recipe *recipe);

#endif
