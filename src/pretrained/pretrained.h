/* Weights of elsewhere, in the safetensors files of other programs, for the encoders of networks. */
#ifndef SEPTUM_PRETRAINED_PRETRAINED_H
#define SEPTUM_PRETRAINED_PRETRAINED_H

#include "pretrained/families.h"
#include "septum/graph.h"
#include "septum/nets.h"
#include "septum/safetensors.h"

enum { SEP_PRETRAINED_NAME = 256, SEP_PRETRAINED_PREFIX = 64 };

/* A file whose names are known. */
typedef struct sep_pretrained {
    const char *path;
    const sep_safetensors *file; /* both the caller's */
    const sep_pretrained_family *family;
    char prefix[SEP_PRETRAINED_PREFIX]; /* before all names: "model." */
} sep_pretrained;

/* Which tensor of the file one of a network's starts from. */
typedef struct sep_pretrained_source {
    char name[SEP_PRETRAINED_NAME];
    sep_pretrained_kind kind;
    bool mirrored; /* an encoder's, for the decoder */
} sep_pretrained_source;

/* SEP_ERR_FORMAT where no family has these names. */
sep_status sep_pretrained_recognise(const char *path, const sep_safetensors *file,
                                    sep_pretrained *pretrained) SEP_MUST_CHECK;
/* How that network takes the family's weights; NULL: it has no part of them. */
const sep_pretrained_use *sep_pretrained_use_of(const sep_pretrained *pretrained, const sep_net *net);
/* The error of a run none of whose networks has, `net` among them. */
sep_status sep_pretrained_refuse(const sep_pretrained *pretrained, const sep_net *net);
/* Where a network's tensor of that name ("encoder_0.merge.norm.gamma") is to be found, whether it is there or not;
 * false where it starts as it would without. */
bool sep_pretrained_find(const sep_pretrained *pretrained, const sep_pretrained_use *use, const char *name,
                         sep_pretrained_source *source);
/* Fills `values`, of a network's tensor of that name and shape. SEP_ERR_SHAPE where the file's does not fit,
 * SEP_ERR_FORMAT where it is missing, SEP_ERR_NUMERIC where it holds values that are not finite.
 *
 * Kernels are transposed. The first layer's input channels: those of the file in turn, as many as the images have,
 * times theirs / ours, so that sums stay as large (timm's rule). Positions: bicubic (as PyTorch's, corners not aligned)
 * where the grid is another one, without the class token. */
sep_status sep_pretrained_read(const sep_pretrained *pretrained, const sep_pretrained_source *source,
                               const sep_net_spec *spec, const char *name, const sep_shape *shape,
                               float *values) SEP_MUST_CHECK;
/* Whether a file's tensor is computed or counted, not learned: it is no loss when nothing takes it. */
bool sep_pretrained_is_computed(const char *name);

/* One tensor of a network, which is called `own` within it: as it would be read, and into a store. Nothing happens
 * where it has no source. */
sep_status sep_pretrained_check(const sep_pretrained *pretrained, const sep_net_spec *spec, const char *own,
                                const sep_tensor *tensor) SEP_MUST_CHECK;
sep_status sep_pretrained_copy(const sep_pretrained *pretrained, const sep_net_spec *spec, const char *own,
                               sep_store *store, sep_tensor *tensor) SEP_MUST_CHECK;
/* Logs what the network student_<student> of the store starts from and what not, in a line for each; all names as
 * details. */
sep_status sep_pretrained_log(const sep_pretrained *pretrained, const sep_net_spec *spec, const sep_store *store,
                              int student) SEP_MUST_CHECK;

#endif
