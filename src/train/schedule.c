/* Learning rates and the ramp of the unlabelled losses. Powers and exponentials are septum's own, so that the same run
 * gives the same bits on every machine. */
#include "septum/train.h"

#include "simd/elementary.h"

double sep_learning_rate(const sep_schedule *schedule, int64_t iteration, int64_t iterations)
{
    if (iteration < schedule->warm_up) {
        double done = (double)iteration / (double)schedule->warm_up;
        return schedule->rate * (schedule->warm_up_start + (1.0 - schedule->warm_up_start) * done);
    }
    int64_t span = iterations - schedule->warm_up;
    if (schedule->decay == SEP_DECAY_CONSTANT || span <= 0)
        return schedule->rate;
    double left = 1.0 - (double)(iteration - schedule->warm_up) / (double)span;
    return left <= 0.0 ? 0.0 : schedule->rate * (double)sep_expf((float)schedule->power * sep_logf((float)left));
}

float sep_ramp_value(sep_ramp ramp, int64_t iteration, int64_t iterations)
{
    int64_t stair = iteration / 150 < 200 ? iteration / 150 : 200;
    double u = ramp == SEP_RAMP_STAIRCASE ? (double)stair / 200.0 : (double)iteration / (double)iterations;
    double rest = u < 1.0 ? 1.0 - u : 0.0;

    return sep_expf((float)(-5.0 * rest * rest));
}
