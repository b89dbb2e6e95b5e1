/* Prediction of whole volumes with networks of a store: what validation and trained models share. */
#ifndef SEPTUM_MODEL_PREDICTOR_H
#define SEPTUM_MODEL_PREDICTOR_H

#include "septum/model.h"

typedef struct sep_predictor sep_predictor;

/* A model's networks: its students from 0 on, then, where there are any, the moving averages of these in their order.
 * One of them for `batch` slices at a time, on the store's tensors of scope student_<i> or average_<i>; nothing is
 * allocated for it. The graph is destroyed by the caller, also after a failure. */
typedef struct sep_network_graph {
    sep_graph *graph;
    sep_node *image;
    sep_net_output output; /* the logits are kept */
} sep_network_graph;
sep_status sep_network_build(sep_store *store, const sep_net_spec *spec, int students, int network, int batch,
                             sep_network_graph *built) SEP_MUST_CHECK;

/* SEP_ERR_ARGUMENT where there are no such networks. */
sep_status sep_answer_check(sep_answer answer, int students, bool averages) SEP_MUST_CHECK;

/* One graph per network, compiled for `batch` slices at a time. SEP_ERR_MEMORY where they would take more than
 * sep_memory_limit, before anything is allocated for them. */
sep_status sep_predictor_create(sep_store *store, const sep_net_spec *spec, int students, bool averages, int batch,
                                sep_zoom zoom, sep_predictor **predictor) SEP_MUST_CHECK;
void sep_predictor_destroy(sep_predictor *predictor);
/* What the networks were trained on: slices with pixels of that size (mm along x and y; 0: as they are), whole or in
 * windows. Without this call whole ones as they are. */
void sep_predictor_see(sep_predictor *predictor, sep_patch_view view, const float spacing[2]);
/* Whether its patches have these symmetries: quarter turns need square ones. */
bool sep_predictor_takes(const sep_predictor *predictor, sep_tta tta);
/* Whether it brings probabilities back to the volume's grid, not labels, even where nobody asks for it. */
bool sep_predictor_is_smooth(const sep_predictor *predictor);
/* SEP_ERR_ARGUMENT where the volume has another number of channels than networks look at. */
sep_status sep_check_channels(int channels, const sep_volume *volume) SEP_MUST_CHECK;
/* As sep_model_segment, on a volume whose intensities are normalised already. */
sep_status sep_predictor_segment(sep_predictor *predictor, const sep_volume *volume, const sep_segment_options *options,
                                 sep_labels *labels, sep_volume *probabilities) SEP_MUST_CHECK;
/* One of several ways of segmenting a volume, and what is made of it so; NULL: not asked for. */
typedef struct sep_way {
    sep_tta tta;
    bool smooth;
    sep_labels *labels;
    sep_volume *probabilities, *confidence; /* one a class; one in all */
} sep_way;
enum { SEP_MOST_WAYS = 2 * (SEP_TTA_ALL + 1) };
/* Each way as it would be by itself, bit for bit, from the passes of the one that has the most: at most eight for each
 * network. SEP_ERR_MEMORY where the outputs would take more than sep_memory_limit. */
sep_status sep_predictor_segment_ways(sep_predictor *predictor, const sep_volume *volume, sep_answer answer,
                                      const sep_way *way, int count) SEP_MUST_CHECK;
/* The same labels, each with its probability, the largest of its voxel's. */
sep_status sep_predictor_segment_surely(sep_predictor *predictor, const sep_volume *volume,
                                        const sep_segment_options *options, sep_labels *labels,
                                        sep_volume *confidence) SEP_MUST_CHECK;

#endif
