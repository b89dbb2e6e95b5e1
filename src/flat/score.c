/* Scores, for other languages. */
#include "septum/flat.h"

#include "flat/grid.h"
#include "septum/metrics.h"
#include "septum/nets.h"

sep_status sep_flat_score(const uint8_t *prediction, const uint8_t *reference, const int32_t size[3],
                          const double *affine, int classes, double *score)
{
    const sep_metric metric[SEP_FLAT_SCORES] = {SEP_METRIC_DICE, affine != NULL ? SEP_METRIC_HD95_MM : SEP_METRIC_HD95,
                                                affine != NULL ? SEP_METRIC_ASSD_MM : SEP_METRIC_ASSD};
    sep_class_score found[SEP_MOST_CLASSES];
    sep_labels predicted, wanted;

    if (classes < 2 || classes > SEP_MOST_CLASSES)
        return sep_fail(SEP_ERR_ARGUMENT, "%d classes: 2 to %d are possible", classes, SEP_MOST_CLASSES);
    SEP_TRY(sep_flat_labels(prediction, size, affine, &predicted));
    SEP_TRY(sep_flat_labels(reference, size, affine, &wanted));
    SEP_TRY(sep_score_case(&predicted, &wanted, classes, found));
    for (int c = 0; c < classes - 1; c++)
        for (int m = 0; m < SEP_FLAT_SCORES; m++)
            score[c * SEP_FLAT_SCORES + m] = found[c].value[SEP_EMPTY_STRICT][metric[m]];
    return SEP_OK;
}
