/* Strong augmentation: what happens to the values of a patch. */
#include "data/augment/draw.h"

#include "septum/image.h"
#include "simd/elementary.h"

#include <stdio.h>
#include <string.h>

/* Which numbers of the view say what. */
enum {
    BIASES,
    NOISES,
    NOISE,
    BLURS,
    BLUR,
    BRIGHTENS,
    BRIGHTNESS,
    CONTRASTS,
    CONTRAST_SIDE,
    CONTRAST,
    COARSENS,
    COARSENESS,
    INVERTS,
    INVERTED_SIDE,
    INVERTED_GAMMA,
    GAMMAS,
    GAMMA_SIDE,
    GAMMA,
    NODES = 1024,
    PIXELS = 1 << 16
};

typedef struct patch_of {
    float *value, *scratch; /* scratch: two patches */
    int height, width;
    size_t count;
    sep_draw draw;
} patch_of;

/* ---- statistics: in double, in memory order ---------------------------------------------------------------------- */

typedef struct moments {
    float mean, deviation, low, high;
} moments;

static moments moments_of(const patch_of *p)
{
    double sum = 0.0, squares = 0.0;
    moments m = {.low = p->value[0], .high = p->value[0]};

    for (size_t i = 0; i < p->count; i++) {
        float value = p->value[i];
        sum += (double)value;
        m.low = value < m.low ? value : m.low;
        m.high = value > m.high ? value : m.high;
    }
    double mean = sum / (double)p->count;
    for (size_t i = 0; i < p->count; i++)
        squares += ((double)p->value[i] - mean) * ((double)p->value[i] - mean);
    m.mean = (float)mean;
    m.deviation = sqrtf((float)(squares / (double)p->count));
    return m;
}

/* ---- one change each --------------------------------------------------------------------------------------------- */

static void bias(const patch_of *p, float deviation)
{
    float nodes[SEP_ELASTIC_NODES * SEP_ELASTIC_NODES];

    for (int i = 0; i < SEP_ELASTIC_NODES * SEP_ELASTIC_NODES; i++)
        nodes[i] = deviation * sep_draw_normal(&p->draw, NODES + (uint64_t)i);
    sep_smooth_field(nodes, p->height, p->width, p->scratch);
    for (size_t i = 0; i < p->count; i++)
        p->value[i] *= sep_expf(p->scratch[i]);
}

static void add_noise(const patch_of *p, float most)
{
    float deviation = sep_draw_between(&p->draw, NOISE, 0.0f, most) * moments_of(p).deviation;

    sep_draw_normals(&p->draw, PIXELS, (int64_t)p->count, p->scratch);
    for (size_t i = 0; i < p->count; i++)
        p->value[i] += deviation * p->scratch[i];
}

enum { MOST_TAPS = 64 };

/* weight[0..radius] of a Gaussian that sums to 1 over both sides; returns the radius. */
static int gaussian(float deviation, float weight[MOST_TAPS])
{
    int radius = (int)(3.0f * deviation + 0.999f);
    float sum = 0.0f;

    radius = radius < MOST_TAPS ? radius : MOST_TAPS - 1;
    for (int k = 0; k <= radius; k++) {
        weight[k] = deviation > 0.0f ? sep_expf(-0.5f * (float)(k * k) / (deviation * deviation)) : (float)(k == 0);
        sum += k == 0 ? weight[k] : 2.0f * weight[k];
    }
    for (int k = 0; k <= radius; k++)
        weight[k] /= sum;
    return radius;
}

/* Along `size` values that are `stride` apart; the border's value goes on beyond it. */
static void blur_line(const float *in, float *out, int size, size_t stride, const float *weight, int radius)
{
    for (int i = 0; i < size; i++) {
        float sum = weight[0] * in[(size_t)i * stride];
        for (int k = 1; k <= radius; k++) {
            int before = i >= k ? i - k : 0, after = i + k < size ? i + k : size - 1;
            sum += weight[k] * (in[(size_t)before * stride] + in[(size_t)after * stride]);
        }
        out[(size_t)i * stride] = sum;
    }
}

static void blur(const patch_of *p, float low, float high)
{
    float weight[MOST_TAPS];
    int radius = gaussian(sep_draw_between(&p->draw, BLUR, low, high), weight);
    size_t width = (size_t)p->width;

    for (int y = 0; y < p->height; y++)
        blur_line(p->value + (size_t)y * width, p->scratch + (size_t)y * width, p->width, 1, weight, radius);
    for (int x = 0; x < p->width; x++)
        blur_line(p->scratch + x, p->value + x, p->height, width, weight, radius);
}

static void brighten(const patch_of *p, float low, float high)
{
    float factor = sep_draw_between(&p->draw, BRIGHTNESS, low, high);

    for (size_t i = 0; i < p->count; i++)
        p->value[i] *= factor;
}

static void change_contrast(const patch_of *p, float low, float high)
{
    moments m = moments_of(p);
    float factor = sep_draw_about_one(&p->draw, CONTRAST_SIDE, CONTRAST, low, high);

    for (size_t i = 0; i < p->count; i++) {
        float value = m.mean + factor * (p->value[i] - m.mean);
        p->value[i] = value < m.low ? m.low : value > m.high ? m.high : value;
    }
}

static void coarsen(const patch_of *p, float low, float high)
{
    float share = sep_draw_between(&p->draw, COARSENESS, low, high);
    int height = (int)(share * (float)p->height + 0.5f), width = (int)(share * (float)p->width + 0.5f);

    height = height > 1 ? height : 1;
    width = width > 1 ? width : 1;
    sep_zoom_nearest_f32(p->value, p->height, p->width, p->scratch, height, width);
    sep_zoom_linear_f32(p->scratch, height, width, p->value, p->height, p->width);
}

/* x^gamma on the patch's own range, then its mean and deviation again. */
static void change_gamma(const patch_of *p, float gamma, bool inverted)
{
    moments before = moments_of(p);
    float range = before.high - before.low, sign = inverted ? -1.0f : 1.0f, from = inverted ? before.high : before.low;

    if (!(range > 1e-6f))
        return;
    for (size_t i = 0; i < p->count; i++) {
        float share = sign * (p->value[i] - from) / range;
        p->value[i] = from + sign * range * sep_expf(gamma * sep_logf(share + 1e-7f));
    }
    moments after = moments_of(p);
    float scale = after.deviation > 1e-8f ? before.deviation / after.deviation : 1.0f;
    for (size_t i = 0; i < p->count; i++)
        p->value[i] = before.mean + scale * (p->value[i] - after.mean);
}

void sep_photometry_apply(const sep_strong_settings *s, const sep_view_id *view, float *patch, int height, int width,
                          float *scratch)
{
    char purpose[32] = "strong.photometry";
    if (view->channel > 0)
        snprintf(purpose, sizeof purpose, "strong.photometry.%d", view->channel);
    patch_of p = {patch, scratch, height, width, (size_t)height * (size_t)width, sep_draw_for(view, purpose)};
    const sep_draw *draw = &p.draw;

    if (sep_draw_chance(draw, BIASES, s->bias_probability))
        bias(&p, s->bias);
    if (sep_draw_chance(draw, NOISES, s->noise_probability))
        add_noise(&p, s->noise);
    if (sep_draw_chance(draw, BLURS, s->blur_probability))
        blur(&p, s->blur_low, s->blur_high);
    if (sep_draw_chance(draw, BRIGHTENS, s->brightness_probability))
        brighten(&p, s->brightness_low, s->brightness_high);
    if (sep_draw_chance(draw, CONTRASTS, s->contrast_probability))
        change_contrast(&p, s->contrast_low, s->contrast_high);
    if (sep_draw_chance(draw, COARSENS, s->resolution_probability))
        coarsen(&p, s->resolution_low, s->resolution_high);
    if (sep_draw_chance(draw, INVERTS, s->gamma_inverted_probability))
        change_gamma(&p, sep_draw_about_one(draw, INVERTED_SIDE, INVERTED_GAMMA, s->gamma_low, s->gamma_high), true);
    if (sep_draw_chance(draw, GAMMAS, s->gamma_probability))
        change_gamma(&p, sep_draw_about_one(draw, GAMMA_SIDE, GAMMA, s->gamma_low, s->gamma_high), false);
}
