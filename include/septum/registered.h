/* septum: learning from registered labels: what registration with labelled scans says of the unlabelled ones
 * (data.registered). `train.registered` switches it on for any method that compares predictions of the unlabelled
 * samples (mean-teacher, uamt, cct, dct, cps, cross-teaching and what is made of it) or learns from mixtures of them
 * (ict: r and a are then of both images, mixed as they are); cct-r does so by default. Liu 2026, chapter 6: the
 * registration supervision loss.
 *
 * With p a network's softmax, r the registered labels as numbers (one-hot, 0 where there is none), a the agreement of
 * the candidates that voted for r (septum/streams.h; 1 without `agreement`), sums over the pixels i of all unlabelled
 * samples, w = train.cross_entropy_weight, s = 1e-5, each network adds weight * trust * (w CE + (1 - w) Dice),
 *
 *     CE = -(sum_i a_i ln p_ir) / max(sum_i a_i, 1),
 *     Dice = mean_c 1 - (2 sum_i a_i p r + s) / (sum_i a_i p^2 + sum_i a_i r + s).
 *
 * `fade`: the trust is 1 until the networks seem to be better than the registration. With moving means (0.99 of the
 * old) of d_n = 1 - Dice of the labels that network and judge give, d_r = 1 - Dice of network and registration, of the
 * foreground: if the errors of network, judge (the other network; Mean Teacher and ict: the teacher; night: its
 * average, mixed as the images are; cct: the mean of the other decoders; dct: the turned slice) and registration fall
 * on different pixels, then d_n is two errors of a network, and d_r one of a network and one of the registration:
 *
 *     trust = max(least, min(1, (d_n / 2) / max(d_r - d_n / 2, 1e-3))). */
#ifndef SEPTUM_REGISTERED_H
#define SEPTUM_REGISTERED_H

#include "septum/settings.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The section [registered]. Zero: nothing is learned from registration. */
typedef struct sep_registered_settings {
    bool used; /* train.registered */
    float weight, least;
    int start;
    bool agreement, fade;
} sep_registered_settings;

extern const sep_setting sep_registered_table[];

/* Reads train.registered (`fallback` where it is not given) and the section. */
sep_status sep_registered_settings_read(sep_options *options, bool fallback,
                                        sep_registered_settings *settings) SEP_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
