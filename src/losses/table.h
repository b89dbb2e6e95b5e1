/* One word per loss; each is defined in the file of its name. The first is what is taken where none is named. */
#ifndef SEPTUM_LOSSES_TABLE_H
#define SEPTUM_LOSSES_TABLE_H

#include "septum/losses.h"

/* clang-format off */
#define SEP_LOSSES(X)                                                                                                  \
    X(dice_ce) X(cross_entropy) X(dice) X(weighted_cross_entropy) X(generalised_dice)                                  \
    X(focal) X(tversky) X(boundary) X(hausdorff)
/* clang-format on */

#define SEP_DECLARE_LOSS(name) extern const sep_loss sep_loss_##name;
SEP_LOSSES(SEP_DECLARE_LOSS)
#undef SEP_DECLARE_LOSS

#endif
