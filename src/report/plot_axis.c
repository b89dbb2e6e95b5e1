/* Ranges and ticks: steps of 1, 2 or 5 times a power of ten on a linear axis, decades on a log one. */
#include "report/plot_axis.h"

#include <math.h>

/* Beyond this a number is a mishap, not a measurement, and would make the arithmetic of ticks overflow. */
#define LARGEST 1e100

bool sep_axis_shows(const sep_axis *axis, double value)
{
    return axis->log ? value > 1 / LARGEST && value < LARGEST : fabs(value) < LARGEST;
}

double sep_axis_pixel(const sep_axis *axis, double value)
{
    double part = axis->log ? log10(value / axis->low) / log10(axis->high / axis->low)
                            : (value - axis->low) / (axis->high - axis->low);
    return axis->at_low + part * (axis->at_high - axis->at_low);
}

static double nice_step(double range, int wanted)
{
    double rough = range / wanted, power = pow(10, floor(log10(rough))), lead = rough / power;
    return power * (lead <= 1.0000001 ? 1 : lead <= 2.0000001 ? 2 : lead <= 5.0000001 ? 5 : 10);
}

/* Data all of one value still needs an axis of some length: a tenth to either side, and 0 .. 1 around nothing but 0. */
static void widen(double *low, double *high)
{
    double size = fmax(fabs(*low), fabs(*high));
    if (*high - *low > 1e-9 * size && *high - *low > 1 / LARGEST)
        return;
    *low = size > 1 / LARGEST ? *low - 0.1 * size : 0;
    *high = size > 1 / LARGEST ? *high + 0.1 * size : 1;
}

static void fit_linear(sep_axis *axis, double low, double high, bool rounded, int wanted)
{
    widen(&low, &high);
    double step = nice_step(high - low, wanted);
    double first = ceil(low / step - 1e-6), last = floor(high / step + 1e-6);
    if (rounded) {
        first = floor(low / step + 1e-6);
        last = ceil(high / step - 1e-6);
    }
    axis->low = rounded ? first * step : low;
    axis->high = rounded ? last * step : high;
    axis->ticks = 0;
    for (double i = first; i <= last && axis->ticks < SEP_MAX_TICKS; i++)
        axis->tick[axis->ticks++] = i * step;
    axis->decimals = step >= 1 ? 0 : (int)fmin(9, ceil(-log10(step) - 1e-6));
}

/* The multiples of a power of ten that get a tick: fewer the more decades there are. */
static int leads(double decades, double lead[3])
{
    lead[0] = 1;
    lead[1] = 2;
    lead[2] = 5;
    return decades <= 3 ? 3 : 1;
}

/* Ticks from the power of ten below `low` to the one above `high`, every `skip` decades. */
static void add_log_ticks(sep_axis *axis, double low, double high, double decades)
{
    double lead[3], skip = ceil(decades / 10);
    int per_decade = leads(decades, lead);
    axis->ticks = 0;
    for (double power = floor(log10(low) + 1e-9); power <= ceil(log10(high)); power += skip)
        for (int i = 0; i < per_decade; i++) {
            double value = lead[i] * pow(10, power);
            if (value > low * 0.999999 && value < high * 1.000001 && axis->ticks < SEP_MAX_TICKS)
                axis->tick[axis->ticks++] = value;
        }
}

/* The nearest tick at or below `value`; with `up`, at or above. */
static double log_round(double value, bool up)
{
    static const double steps[] = {1, 2, 5, 10};
    double power = pow(10, floor(log10(value) + 1e-9));
    for (int i = 0; i < 3; i++)
        if (value < steps[i + 1] * power * 0.999999)
            return up && value > steps[i] * power * 1.000001 ? steps[i + 1] * power : steps[i] * power;
    return 10 * power;
}

static void fit_log(sep_axis *axis, double low, double high, bool rounded)
{
    if (high / low < 1.02) {
        low /= 2;
        high *= 2;
    }
    axis->low = rounded ? log_round(low, false) : low;
    axis->high = rounded ? log_round(high, true) : high;
    add_log_ticks(axis, axis->low, axis->high, log10(axis->high / axis->low));
}

void sep_axis_fit(sep_axis *axis, double low, double high, bool rounded, int wanted)
{
    if (low > high) {
        low = axis->log ? 0.1 : 0;
        high = 1;
    }
    if (axis->log)
        fit_log(axis, low, high, rounded);
    else
        fit_linear(axis, low, high, rounded, wanted);
}

static void add_power(sep_text *text, int power)
{
    static const char *const digits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    int size = power < 0 ? -power : power;
    sep_text_add(text, power < 0 ? "10⁻" : "10");
    if (size >= 100)
        sep_text_add(text, digits[size / 100]);
    if (size >= 10)
        sep_text_add(text, digits[size / 10 % 10]);
    sep_text_add(text, digits[size % 10]);
}

/* 3·10⁻⁴ */
static void add_scientific(sep_text *text, double value)
{
    int power = (int)floor(log10(fabs(value)) + 1e-9);
    double lead = value / pow(10, power);
    if (fabs(lead - 1) > 1e-6) {
        sep_text_number(text, lead, 2);
        sep_text_add(text, "·");
    }
    add_power(text, power);
}

/* 30 000, with thin spaces. */
static void add_grouped(sep_text *text, double value)
{
    int64_t whole = (int64_t)floor(fabs(value) + 0.5);
    if (value < 0)
        sep_text_add(text, "−");
    sep_text_format(text, "%d", (int)(whole / 1000));
    sep_text_format(text, "\xe2\x80\x89%03d", (int)(whole % 1000));
}

/* A linear axis writes all its labels in one way. */
static bool is_scientific(const sep_axis *axis, double tick)
{
    double size = fabs(tick), largest = axis->log ? size : fmax(fabs(axis->low), fabs(axis->high));
    return size > 0 && (largest < (axis->log ? 0.00099 : 0.00999) || largest >= 999999.5);
}

void sep_axis_label(const sep_axis *axis, double tick, sep_text *text)
{
    if (is_scientific(axis, tick))
        add_scientific(text, tick);
    else if (fabs(tick) >= 9999.5)
        add_grouped(text, tick);
    else
        sep_text_number(text, tick, axis->log ? 3 : axis->decimals);
}
