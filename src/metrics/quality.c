/* Estimates of Dice from probabilities, and their calibration. */
#include "septum/quality.h"

#include "simd/elementary.h"

static size_t voxels_of(const sep_labels *labels)
{
    return (size_t)labels->depth * (size_t)labels->height * (size_t)labels->width;
}

static double soft_dice_of(const sep_labels *labels, const float *probability, int class_index)
{
    double all = 0.0, common = 0.0;
    size_t count = 0;

    for (size_t i = 0, voxels = voxels_of(labels); i < voxels; i++) {
        all += (double)probability[i];
        if (labels->data[i] == class_index) {
            common += (double)probability[i];
            count++;
        }
    }
    return count > 0 ? 2.0 * common / (all + (double)count) : (double)NAN;
}

void sep_soft_dice(const sep_labels *labels, const sep_volume *probability, int classes, double *dice)
{
    for (int c = 1; c < classes; c++)
        dice[c - 1] = soft_dice_of(labels, probability[c].data, c);
}

double sep_quality_mean(const double *of_class, int count)
{
    double sum = 0.0;
    int known = 0;

    for (int i = 0; i < count; i++)
        if (!isnan(of_class[i])) {
            sum += of_class[i];
            known++;
        }
    return known > 0 ? sum / known : 0.0;
}

/* ---- calibration ------------------------------------------------------------------------------------------------- */

#define LOWEST 0.02

static double logit(double value)
{
    const double inside = value < LOWEST ? LOWEST : value > 1.0 - LOWEST ? 1.0 - LOWEST : value;

    return (double)(sep_logf((float)inside) - sep_logf((float)(1.0 - inside)));
}

sep_calibration sep_calibration_fit(const double *soft_dice, const double *dice, int count, int cases)
{
    double x = 0.0, y = 0.0, xx = 1.0, xy = 1.0;

    for (int i = 0; i < count; i++) {
        x += logit(soft_dice[i]) / count;
        y += logit(dice[i]) / count;
    }
    for (int i = 0; i < count; i++) {
        const double dx = logit(soft_dice[i]) - x;
        xx += dx * dx;
        xy += dx * (logit(dice[i]) - y);
    }
    const double slope = xy > 0.0 ? xy / xx : 0.0;
    return (sep_calibration){.cases = cases, .slope = slope, .intercept = y - slope * x};
}

double sep_calibration_apply(const sep_calibration *calibration, double soft_dice)
{
    if (calibration->cases == 0 || isnan(soft_dice))
        return soft_dice;
    const double at = calibration->intercept + calibration->slope * logit(soft_dice);
    return 1.0 / (1.0 + (double)sep_expf((float)-at));
}
