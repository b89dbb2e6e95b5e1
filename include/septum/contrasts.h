/* septum: contrastive losses on the feature maps of a training step. Each is one file in src/contrasts/ and one word of
 * the table there; `train.contrast` chooses one, for any method whose networks' predictions are compared (mean-teacher,
 * uamt, dct, cct, cps, cross-teaching), and the methods mcsc and mcsc-v2 are cross teaching with the contrast of that
 * name.
 *
 * A contrast sees, at each of its scales, the maps of one network or of two: a row is a pixel of a map, of all samples,
 * labelled and unlabelled. Its label is the truth where there is one; of an unlabelled sample it is what the network's
 * judge says: the other network (Mean Teacher: the teacher), or itself (cross = no). Labels and probabilities are
 * brought to the scale by the nearest pixel; no gradient flows into them.
 *
 * Rows are projected (scope projector_<scale>): a linear layer of each network's own, ReLU, a linear layer that both
 * share, length 1. Only the rows that take part are: what a projection does to a pixel depends on no other.
 *
 * With s_ij = <f_i, f_j> / temperature, y labels, n_c the rows of class c in a group:
 *
 * mcsc, balanced, scl, glcl: groups of patches. The maps' square patches are shuffled, each map by itself, and the k-th
 * patches of all maps are a group. In a group
 *
 *     l_i = -mean_{p != i, y_p = y_i} s_ip + ln(Z_i + 1e-6),
 *     Z_i = sum_{k: y_k != y_i} e^{s_ik} / n_{y_k} + sum_{k != i, y_k = y_i} e^{s_ik} / (n_{y_i} - 1),
 *
 * without these denominators where classes are not balanced. The mean over the rows that have a label and another of
 * their class; groups of nothing but background do not count. glcl's patches stay where they are, its projector has no
 * ReLU. Liu et al.: Multi-scale cross contrastive learning for semi-supervised medical image segmentation, BMVC 2023;
 * Hu et al.: Semi-supervised contrastive learning for label-efficient medical image segmentation, MICCAI 2021 (glcl).
 *
 * mcsc-v2: for each class c, anchors are drawn from the rows of label c with p_c > confidence, of unlabelled samples
 * only where the entropy is at most its (1 - u) quantile over them, u = share (1 - t / T): where they are certain. The
 * positive a_c is the mean of the drawn anchors, of length 1. Negatives of c, with r the place of c among the row's
 * probabilities (0: the largest): labelled rows of other classes with r < rank_certain; unlabelled ones with
 * r >= rank_certain where they are certain, r >= rank_uncertain elsewhere. They go into a first-in-first-out memory of
 * c, from which `keys` are drawn before; one into which a step would push no row is refused, as it would stay empty.
 *
 *     l_i = -s_ic + ln(e^{s_ic} + sum_{j != c} mean_{k of class j} e^{s_ik}),
 *
 * the mean over all anchors of classes that have anchors and keys. Liu 2026, chapter 5.
 *
 * cct-r: anchors are drawn from the rows of label c with p_c > confidence; a_c is the mean of the drawn ones, of
 * length 1. With `reps`, r_i is the sum of what the same pixel's place shows in the maps of `partners` other scans, as
 * registration finds it (septum/streams.h: sep_matches), projected as the row is, of length 1, and the positive is a_i
 * = (1 - registered) a_c + registered r_i, of length 1; without any such scan it is a_c. Keys are keys / (C - 1) rows
 * of each class, drawn from those of that label.
 *
 *     l_i = -<f_i, a_i> / temperature + ln(e^{<f_i, a_i> / temperature} + sum_{j != c} sum_{k of class j} e^{s_ik}).
 *
 * Liu 2026, chapter 6.
 *
 * reco: queries are drawn from the rows of class c (unlabelled: with p_c > valid) with p_c <= hard; the positive is the
 * mean of rows drawn whatever their p_c; of each other class j, `keys` rows are drawn.
 *
 *     l_i = -s_ic + ln(e^{s_ic} + keys sum_{j != c} q_cj mean_k e^{s_ik}),
 *
 * q_c the softmax over j of <a_c, a_j> / temperature: the expectation of the published loss, which draws the classes of
 * its negatives from q_c. Liu et al.: Bootstrapping semantic segmentation with regional contrast, ICLR 2022. */
#ifndef SEPTUM_CONTRASTS_H
#define SEPTUM_CONTRASTS_H

#include "septum/graph.h"
#include "septum/settings.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SEP_CONTRAST_OPTIONS 128 /* bytes of a contrast's own struct of options, at most */

#define SEP_PROJECTOR "projector" /* the head that contrasts train: its section, and how its scopes begin */

typedef enum sep_map_scale { SEP_SCALE_FULL = 0, SEP_SCALE_QUARTER, SEP_SCALE_EIGHTH, SEP_SCALES } sep_map_scale;

extern const char *const sep_scale_names[SEP_SCALES]; /* of their settings and scopes: full, quarter, eighth */

/* What every contrast's options begin with. */
typedef struct sep_contrast_common {
    bool scale[SEP_SCALES];
    bool cross; /* judged by the other network, not by itself */
    float weight, temperature;
    int counted;          /* how often the weight counts, less one */
    int hidden, features; /* of the projector */
} sep_contrast_common;

typedef struct sep_contrast sep_contrast;

/* Zero: none. */
typedef struct sep_contrast_settings {
    const sep_contrast *contrast;
    union {
        double aligned;
        sep_contrast_common common;
        unsigned char bytes[SEP_CONTRAST_OPTIONS];
    } options; /* the contrast's own struct */
} sep_contrast_settings;

/* What a contrast works on at one scale. */
typedef struct sep_contrasted {
    sep_map_scale scale;
    int samples, labelled, height, width, classes;
    int views; /* networks whose maps are compared */
    struct {
        int student;
        sep_node *map;         /* [samples, height, width, channels] */
        sep_node *label;       /* I32 [samples, height, width], outside [0, classes) where there is none */
        sep_node *probability; /* [samples, height, width, classes] */
    } view[2];
} sep_contrasted;

struct sep_step;

struct sep_contrast {
    const char *name, *summary;
    const sep_setting *settings; /* of the section [<name>] */
    size_t options_size;         /* of the struct that they fill, whose first member is a sep_contrast_common */
    bool linear;                 /* its projector has no ReLU */
    /* Of one scale; NULL where the graph has failed. */
    sep_node *(*build)(struct sep_step *step, const sep_contrasted *at);
};

/* All contrasts, NULL at the end. */
extern const sep_contrast *const sep_contrasts[];
/* Reads train.contrast, `fallback` (NULL: none) where it is not given, and the section of the contrast that it names.
 * `faithful`: with what released code does otherwise. */
sep_status sep_contrast_settings_read(sep_options *options, const sep_contrast *fallback, bool faithful,
                                      sep_contrast_settings *settings) SEP_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
