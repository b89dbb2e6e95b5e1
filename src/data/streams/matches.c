/* Where the pixels of a sample's map lie in a memory of the maps of earlier samples, by registration of their scans. */
#include "data/sample.h"

#include <math.h>

/* The slices of the samples in the memory, as one iteration finds it; kept for the sample's other partners. */
typedef struct sep_history {
    uint32_t iteration;
    int slots;
    int slice_id[]; /* [slots]; -1: nothing is there yet */
} sep_history;

/* ---- shape and check --------------------------------------------------------------------------------------------- */

static sep_shape shape(const sep_stream_request *request, const sep_stream_size *size)
{
    return SEP_SHAPE(size->samples, size->height / request->match.shrink, size->width / request->match.shrink);
}

static sep_status check(const sep_dataset *dataset)
{
    if (dataset->matcher.registrations != NULL)
        return SEP_OK;
    return sep_fail(SEP_ERR_ARGUMENT,
                    "the contrast looks for the same place in other scans, but there are no registrations of them: "
                    "data.registrations = FILE.h5 (of septum register --all), or reps = no; data.registered = auto "
                    "registers unlabelled scans only");
}

/* ---- what is in the memory --------------------------------------------------------------------------------------- */

static int samples_of(const sep_sample *sample)
{
    return sample->config->labelled_batch + sample->config->unlabelled_batch;
}

/* The batch of iteration `then` lies in its slots. */
static sep_status recall(const sep_sampler *sampler, uint32_t then, sep_history *history)
{
    int samples = sampler->labelled_batch + sampler->unlabelled_batch;
    int *slots = history->slice_id + (int)(then % (uint32_t)(history->slots / samples)) * samples;

    return sep_sampler_batch(sampler, then, slots, slots + sampler->labelled_batch);
}

static sep_status make_history(const sep_sample *sample, int slots)
{
    const sep_batch_config *config = sample->config;
    uint32_t rounds = (uint32_t)(slots / samples_of(sample)), now = sample->iteration;
    sep_sampler sampler;

    SEP_TRY(
        sep_sampler_create(sample->dataset, config->labelled_batch, config->unlabelled_batch, config->seed, &sampler));
    sep_history *history = sep_calloc(1, sizeof *history + (size_t)slots * sizeof history->slice_id[0]);

    if (history == NULL)
        return SEP_ERR_MEMORY;
    sep_free(sample->scratch->history);
    sample->scratch->history = history;
    *history = (sep_history){.iteration = now, .slots = slots};
    for (int i = 0; i < slots; i++)
        history->slice_id[i] = -1;
    for (uint32_t then = now > rounds ? now - rounds : 0; then < now; then++)
        SEP_TRY(recall(&sampler, then, history));
    return SEP_OK;
}

static sep_status find_history(const sep_sample *sample, int slots, const sep_history **history)
{
    const sep_history *last = sample->scratch->history;

    if (last == NULL || last->iteration != sample->iteration || last->slots != slots)
        SEP_TRY(make_history(sample, slots));
    *history = sample->scratch->history;
    return SEP_OK;
}

/* ---- partners ---------------------------------------------------------------------------------------------------- */

/* A sample of an earlier iteration; slice_id -1: none. */
typedef struct partner {
    int slice_id, slot;
    sep_sample sample;
} partner;

static sep_sample earlier_sample(const sep_sample *sample, int slice_id, int back, int position)
{
    sep_sample earlier = *sample;

    earlier.iteration = sample->iteration - (uint32_t)back;
    earlier.position = position;
    earlier.slice_id = slice_id;
    return earlier;
}

/* Whether the place (y, x) of the sample's slice is found in that slice of another scan. */
static bool place_in(const sep_sample *sample, const sep_slice *there, float y, float x, float found[2])
{
    const sep_dataset *data = sample->dataset;
    const sep_slice *here = sep_shown_slice(sample, &sample->placement);
    const double voxel[3] = {(double)x, (double)y, (double)here->z};
    double place[3];

    if (!data->matcher.find(data->matcher.registrations, here->scan, there->scan, voxel, place) ||
        fabs(place[2] - (double)there->z) > 0.5)
        return false;
    found[0] = (float)place[1];
    found[1] = (float)place[0];
    return true;
}

static bool may_be_partner(const sep_sample *sample, const sep_match_request *match, int slice_id)
{
    const sep_dataset *data = sample->dataset;

    if (slice_id < 0)
        return false;
    const sep_slice *here = sep_shown_slice(sample, &sample->placement), *there = &data->slice[slice_id];
    float middle[2];

    if (here->scan == there->scan ||
        (!match->same_patient && data->scan[here->scan].group == data->scan[there->scan].group))
        return false;
    return place_in(sample, there, sample->placement.geometry.centre[0], sample->placement.geometry.centre[1], middle);
}

static bool has_scan(const int *scans, int count, int scan)
{
    for (int i = 0; i < count; i++)
        if (scans[i] == scan)
            return true;
    return false;
}

/* Each scan is a partner once, by its latest slice. */
static partner find_partner(const sep_sample *sample, const sep_match_request *match, const sep_history *history)
{
    const int samples = samples_of(sample), rounds = history->slots / samples;
    int scans[SEP_MAX_STREAMS], count = 0;

    for (int back = 1; back <= rounds && (uint32_t)back <= sample->iteration; back++) {
        int first = (int)((sample->iteration - (uint32_t)back) % (uint32_t)rounds) * samples;
        for (int position = 0; position < samples; position++) {
            int slice_id = history->slice_id[first + position];
            if (!may_be_partner(sample, match, slice_id) ||
                has_scan(scans, count, sample->dataset->slice[slice_id].scan))
                continue;
            scans[count++] = sample->dataset->slice[slice_id].scan;
            if (count == match->partner)
                return (partner){slice_id, first + position, earlier_sample(sample, slice_id, back, position)};
        }
    }
    return (partner){.slice_id = -1};
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static void fill_own(const sep_sample *sample, const sep_match_request *match, int pixels, int32_t *rows)
{
    int samples = samples_of(sample);
    int slot = (int)(sample->iteration % (uint32_t)(match->slots / samples)) * samples + sample->position;

    for (int i = 0; i < pixels; i++)
        rows[i] = slot * pixels + i;
}

/* The pixel of a map for a pixel of the patch; -1 outside. */
static int32_t map_pixel(const sep_batch_config *config, int shrink, const float pixel[2])
{
    const float row = floorf((pixel[0] + 0.5f) / (float)shrink), column = floorf((pixel[1] + 0.5f) / (float)shrink);
    const int height = config->height / shrink, width = config->width / shrink;

    if (!(row >= 0.0f && row < (float)height && column >= 0.0f && column < (float)width))
        return -1;
    return (int32_t)row * width + (int32_t)column;
}

static void fill_matches(const sep_sample *sample, const partner *p, int shrink, int32_t *rows)
{
    const sep_batch_config *config = sample->config;
    const sep_placement placement = sep_placement_draw(&p->sample, 0);
    const sep_slice *there = &sample->dataset->slice[p->slice_id];
    const int width = config->width / shrink, count = config->height / shrink * width;
    const int patch = config->height * config->width;
    float *places = sample->scratch->places, *bend = places + 2 * (size_t)patch;
    float *found = bend + 2 * (size_t)patch, *pixels = found + 2 * (size_t)patch;

    if (placement.carried > 0) /* it shows another scan than its own */
        return;
    sep_geometry_places(&sample->placement.geometry, config->height, config->width, places);
    for (int i = 0; i < count; i++) {
        int middle = (i / width * shrink + shrink / 2) * config->width + i % width * shrink + shrink / 2;
        float place[2] = {NAN, NAN};
        place_in(sample, there, places[middle], places[patch + middle], place);
        found[i] = place[0];
        found[count + i] = place[1];
    }
    sep_geometry_pixels(&placement.geometry, config->height, config->width, found, (size_t)count, pixels, bend);
    for (int i = 0; i < count; i++) {
        int32_t at = map_pixel(config, shrink, pixels + 2 * i);
        rows[i] = at >= 0 ? p->slot * count + at : -1;
    }
}

static sep_status fill(const sep_sample *sample, const sep_stream_request *request, void *values)
{
    const sep_match_request *match = &request->match;
    const int pixels = (sample->config->height / match->shrink) * (sample->config->width / match->shrink);
    const sep_history *history;
    int32_t *rows = values;

    if (match->partner == 0) {
        fill_own(sample, match, pixels, rows);
        return SEP_OK;
    }
    for (int i = 0; i < pixels; i++)
        rows[i] = -1;
    SEP_TRY(find_history(sample, match->slots, &history));
    const partner p = find_partner(sample, match, history);
    if (p.slice_id >= 0)
        fill_matches(sample, &p, match->shrink, rows);
    return SEP_OK;
}

const sep_batch_stream sep_matches = {
    .name = "matches", .dtype = SEP_I32, .shape = shape, .check = check, .fill = fill};
