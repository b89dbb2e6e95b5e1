/* The settings of strong augmentation: ranges and probabilities of nnU-Net's two-dimensional training where it has
 * them; shift, elastic deformation and bias field are ours. */
#include "septum/augment.h"

#define CHANCE(member, fallback, gloss)       SEP_SETTING_FLOAT(sep_strong_settings, member, fallback, 0, 1, gloss)
#define AMOUNT(member, fallback, high, gloss) SEP_SETTING_FLOAT(sep_strong_settings, member, fallback, 0, high, gloss)

const sep_setting sep_strong_table[] = {
    CHANCE(rotation_probability, 0.2, "of a rotation"),
    AMOUNT(rotation, 180, 180, "largest rotation to either side, in degrees"),
    CHANCE(scale_probability, 0.2, "of another scale"),
    AMOUNT(scale_low, 0.7, 10, "smallest scale of what is shown: 0.5 shows half of the height and width"),
    AMOUNT(scale_high, 1.4, 10, "largest scale"),
    CHANCE(shift_probability, 0.2, "of a shift"),
    AMOUNT(shift, 0.1, 1, "largest shift to either side, of height and width"),
    CHANCE(elastic_probability, 0.2, "of an elastic deformation"),
    AMOUNT(elastic, 0.03, 1, "deviation of its control points, of the patch's shorter side"),
    CHANCE(foreground, 0.33,
           "that the view of a labelled slice is centred on a labelled pixel when it shows a part, or a window is"),
    SEP_SETTING_CHOICE(sep_strong_settings, mirror, "none|rows|columns|both", SEP_MIRROR_BOTH,
                       "the axes that are mirrored, each half of the time"),
    SEP_SETTING_BOOL(sep_strong_settings, quarter_turns, true, "turn by 0 to 3 quarters"),
    CHANCE(
        registered_probability, 0,
        "that a labelled slice is shown in the shape of a drawn scan, where that is another patient's and registered "
        "with it both ways"),
    SEP_SETTING_BOOL(sep_strong_settings, registered_style, true, "and with the mean and deviation of that one"),
    CHANCE(bias_probability, 0.15, "of a bias field"),
    AMOUNT(bias, 0.3, 10, "deviation of its logarithm at the control points"),
    CHANCE(noise_probability, 0.1, "of Gaussian noise"),
    AMOUNT(noise, 0.3, 10, "its largest deviation, in standard deviations of the patch"),
    CHANCE(blur_probability, 0.2, "of a Gaussian blur"),
    AMOUNT(blur_low, 0.5, 10, "its smallest deviation, in pixels"),
    AMOUNT(blur_high, 1, 10, "its largest deviation"),
    CHANCE(brightness_probability, 0.15, "of another brightness"),
    AMOUNT(brightness_low, 0.75, 10, "its smallest factor"),
    AMOUNT(brightness_high, 1.25, 10, "its largest factor"),
    CHANCE(contrast_probability, 0.15, "of another contrast"),
    AMOUNT(contrast_low, 0.75, 10, "its smallest factor about the mean"),
    AMOUNT(contrast_high, 1.25, 10, "its largest factor"),
    CHANCE(resolution_probability, 0.25, "of a lower resolution"),
    AMOUNT(resolution_low, 0.5, 1, "its lowest, of the pixels along each axis"),
    AMOUNT(resolution_high, 1, 1, "its highest"),
    CHANCE(gamma_probability, 0.3, "of another gamma"),
    CHANCE(gamma_inverted_probability, 0.1, "of another gamma of the negative"),
    AMOUNT(gamma_low, 0.7, 10, "the smallest exponent"),
    AMOUNT(gamma_high, 1.5, 10, "the largest exponent"),
    {0},
};
