/* A network as a graph that can be run: a training step, or inference. For the files of whole networks only. */
#ifndef SEPTUM_BENCH_NETWORK_H
#define SEPTUM_BENCH_NETWORK_H

#include "bench/job.h"
#include "train/step.h"

typedef struct bench_network {
    sep_store *store;
    sep_graph *graph;
    int height, width;
    /* Of a training step. */
    sep_options *options; /* own the configuration's strings */
    sep_train_config config;
    sep_step_graph step;
    sep_dataset *dataset;
    sep_loader *loader; /* owns the batch */
    const sep_batch *batch;
    /* Of inference; image is NULL in a training step. */
    sep_node *image;
    float *drawn;
} bench_network;

/* Builds the graph on `device`. bench_network_close also after a failure. */
sep_status bench_network_open(const bench_net *net, sep_device *device, bench_network *network) SEP_MUST_CHECK;
void bench_network_close(bench_network *network);
/* Allocates, and makes up images: phantoms with labels to train on, noise to predict. */
sep_status bench_network_prepare(const bench_net *net, bench_network *network) SEP_MUST_CHECK;
/* One step of training, or one batch predicted. */
sep_status bench_network_run(void *network) SEP_MUST_CHECK;
/* Multiply-adds of the planned calls: gradients too, elementwise operations not. */
double bench_network_work(const bench_network *network);
/* Whether the operation is not computed in every run. */
bool bench_is_constant(const sep_graph *graph, int index);

/* Runs some steps call by call; *profile says where the time goes: by operation, part and shape, the dearest first,
 * beside the least time that `peak` (may be NULL) allows. */
sep_status bench_profile(bench_network *network, const bench_peak *peak, json_t **profile) SEP_MUST_CHECK;

#endif
