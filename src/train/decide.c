/* What a trained model's validation scans say of how to predict with it. Each scan is predicted in all ways at once:
 * smaller sets of symmetries are met on the way to the largest. All choices are made from the scores. */
#include "train/decide.h"

#include <math.h>

enum { WAYS = SEP_TTA_ALL + 1 };

/* Of label maps as they are, or of their largest components: what Dice they have and what they promise. */
typedef struct scores {
    sep_evaluation evaluation;
    double *soft_dice; /* [scan, foreground]; NaN: no such voxels */
} scores;

typedef struct trial {
    sep_predictor *predictor;
    const sep_dataset *dataset; /* its classes */
    const sep_scan *scan;
    int scans;
    sep_answer answer;
    sep_tta most; /* symmetries that are tried */
    int ways;
    sep_way way[SEP_MOST_WAYS]; /* how scans are predicted, without outputs */
    scores of[WAYS][2]
             [2]; /* by symmetries; of labels brought back, of probabilities; as they are, largest components */
} trial;

/* ---- scores ------------------------------------------------------------------------------------------------------ */

static sep_status create_scores(const trial *t, scores *s)
{
    const char *const *foreground = (const char *const *)t->dataset->class_name + 1;

    SEP_TRY(sep_evaluation_create(&s->evaluation, t->dataset->classes, foreground));
    s->evaluation.overlaps_only = true;
    s->soft_dice = sep_calloc((size_t)t->scans * (size_t)(t->dataset->classes - 1) + 1, sizeof *s->soft_dice);
    return s->soft_dice != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

static void free_scores(trial *t)
{
    for (int i = 0; i < 4 * WAYS; i++) {
        scores *s = &t->of[i / 4][i / 2 % 2][i % 2];
        sep_evaluation_free(&s->evaluation);
        sep_free(s->soft_dice);
    }
}

static sep_status add_scores(scores *s, const sep_scan *scan, const sep_labels *labels, const sep_volume *probability)
{
    const int index = s->evaluation.case_names.count, foreground = s->evaluation.foreground;

    sep_soft_dice(labels, probability, foreground + 1, s->soft_dice + (size_t)index * (size_t)foreground);
    return sep_evaluation_add(&s->evaluation, scan->name, labels, &scan->label);
}

static sep_status score_labels(scores of[2], const sep_scan *scan, sep_labels *labels, const sep_volume *probability)
{
    SEP_TRY(add_scores(&of[0], scan, labels, probability));
    SEP_TRY(sep_labels_keep_largest(labels, NULL));
    return add_scores(&of[1], scan, labels, probability);
}

/* The outputs of one way. */
typedef struct outputs {
    sep_labels labels;
    sep_volume probability[SEP_MOST_CLASSES];
} outputs;

static sep_status score_way(trial *t, const sep_way *way, const sep_scan *scan)
{
    const sep_status status = score_labels(t->of[way->tta][way->smooth], scan, way->labels, way->probabilities);

    for (int c = 0; c < t->dataset->classes; c++)
        sep_volume_free(&way->probabilities[c]);
    sep_labels_free(way->labels);
    return status;
}

/* Of ways `first` to `first` + `count` - 1; `made` is room for their outputs. */
static sep_status score_ways(trial *t, const sep_scan *scan, int first, int count, outputs *made)
{
    sep_way way[SEP_MOST_WAYS];
    sep_status status = SEP_OK;

    for (int k = 0; k < count; k++) {
        way[k] = t->way[first + k];
        way[k].labels = &made[k].labels;
        way[k].probabilities = made[k].probability;
    }
    SEP_TRY(sep_predictor_segment_ways(t->predictor, &scan->image, t->answer, way, count));
    for (int k = 0; k < count; k++) {
        const sep_status scored = score_way(t, &way[k], scan);
        status = status == SEP_OK ? scored : status;
    }
    return status;
}

/* All ways share the networks' passes, unless their outputs don't fit into memory together. */
static sep_status score_scan(trial *t, const sep_scan *scan, outputs *made)
{
    const uint64_t voxels = (uint64_t)scan->image.depth * (uint64_t)scan->image.height * (uint64_t)scan->image.width;
    const uint64_t each = (uint64_t)t->dataset->classes * voxels * sizeof(float);
    const int at_once = sep_memory_check((uint64_t)t->ways * each) == SEP_OK ? t->ways : 1;

    for (int k = 0; k < t->ways; k += at_once)
        SEP_TRY(score_ways(t, scan, k, at_once, made));
    return SEP_OK;
}

static sep_status score_all(trial *t)
{
    for (int k = 0; k < t->ways; k++)
        for (int largest = 0; largest < 2; largest++)
            SEP_TRY(create_scores(t, &t->of[t->way[k].tta][t->way[k].smooth][largest]));
    outputs *made = sep_calloc((size_t)t->ways, sizeof *made);
    sep_status status = made != NULL ? SEP_OK : SEP_ERR_MEMORY;
    for (int k = 0; k < t->scans && status == SEP_OK; k++)
        status = score_scan(t, &t->scan[k], made);
    sep_free(made);
    return status;
}

/* All that the predictor can do and is to be tried; where it is smooth anyway, labels are never brought back. */
static void find_ways(trial *t)
{
    for (sep_tta tta = SEP_TTA_NONE; tta <= t->most; tta++)
        for (int smooth = 0; smooth <= !sep_predictor_is_smooth(t->predictor); smooth++)
            if (sep_predictor_takes(t->predictor, tta))
                t->way[t->ways++] = (sep_way){.tta = tta, .smooth = smooth != 0};
}

/* ---- choices ----------------------------------------------------------------------------------------------------- */

static double mean_dice(const scores *s)
{
    return sep_evaluation_overall(&s->evaluation, SEP_EMPTY_STRICT, SEP_METRIC_DICE).mean;
}

static double class_dice(const scores *s, int class_index)
{
    return sep_evaluation_class(&s->evaluation, class_index, SEP_EMPTY_STRICT, SEP_METRIC_DICE).mean;
}

/* Takes `what`, which is NULL without memory. */
static sep_status choose(sep_choices *c, char *what, double without, double with, bool *used)
{
    if (what == NULL)
        return SEP_ERR_MEMORY;
    *used = with - without >= SEP_DECIDE_GAIN;
    c->choice[c->count++] = (sep_choice){.what = what, .without = without, .with = with, .used = *used};
    return SEP_OK;
}

/* Of what is decided so far: of label maps as they are, of their largest components. */
static const scores *chosen(const trial *t, const sep_choices *c)
{
    return t->of[c->decided.tta][c->decided.smooth];
}

static sep_status choose_tta(const trial *t, sep_choices *c)
{
    static const char *const what[WAYS] = {NULL, "averaging over flips", "averaging over flips and quarter turns"};

    for (sep_tta tta = SEP_TTA_FLIPS; tta <= t->most; tta++) {
        bool used;
        if (!sep_predictor_takes(t->predictor, tta))
            continue;
        SEP_TRY(choose(c, sep_strdup(what[tta]), mean_dice(chosen(t, c)), mean_dice(t->of[tta][0]), &used));
        if (used)
            c->decided.tta = tta;
    }
    return SEP_OK;
}

static sep_status choose_smooth(const trial *t, sep_choices *c)
{
    const double without = mean_dice(chosen(t, c));

    if (sep_predictor_is_smooth(t->predictor))
        return SEP_OK;
    return choose(c, sep_strdup("smooth probabilities"), without, mean_dice(t->of[c->decided.tta][true]),
                  &c->decided.smooth);
}

/* A component of one class changes the Dice of no other. */
static sep_status choose_components(const trial *t, sep_choices *c)
{
    const scores *of = chosen(t, c);
    const sep_evaluation *e = &of[0].evaluation;
    double mean = mean_dice(&of[0]);
    int counted = 0;

    for (int k = 0; k < e->foreground; k++)
        counted += !sep_evaluation_is_absent(e, k);
    for (int k = 0; k < e->foreground; k++) {
        if (sep_evaluation_is_absent(e, k))
            continue;
        const double with = mean + (class_dice(&of[1], k) - class_dice(&of[0], k)) / counted;
        bool *used = &c->decided.largest[k + 1];
        SEP_TRY(choose(c, sep_format("largest component of %s", e->class_names.item[k]), mean, with, used));
        mean = *used ? with : mean;
    }
    return SEP_OK;
}

/* ---- choices without validation ---------------------------------------------------------------------------------- */

static double lesser(double a, double b)
{
    return isnan(a) || b < a ? b : a;
}

/* least[c]: of the labelled scans, the least share of class c that is its largest component; NaN: no scan says. */
static sep_status find_least_shares(const sep_dataset *dataset, double least[256])
{
    double share[256];

    for (int c = 0; c < 256; c++)
        least[c] = (double)NAN;
    for (int i = 0; i < dataset->training; i++) {
        const sep_scan *scan = &dataset->scan[i];
        if (!sep_scan_has_labels(scan) || sep_labels_count_ignored(&scan->label) > 0)
            continue;
        SEP_TRY(sep_labels_largest_share(&scan->label, share));
        for (int c = 1; c < 256; c++)
            least[c] = lesser(least[c], share[c]);
    }
    return SEP_OK;
}

static sep_status choose_components_by_labels(const sep_dataset *dataset, sep_choices *c)
{
    double least[256];

    SEP_TRY(find_least_shares(dataset, least));
    for (int k = 1; k < dataset->classes; k++) {
        if (isnan(least[k]))
            continue;
        char *what = sep_format("largest component of %s", dataset->class_name[k]);
        if (what == NULL)
            return SEP_ERR_MEMORY;
        c->decided.largest[k] = least[k] >= SEP_DECIDE_SHARE;
        c->choice[c->count++] =
            (sep_choice){.what = what, .by_labels = true, .share = least[k], .used = c->decided.largest[k]};
    }
    return SEP_OK;
}

/* ---- calibration ------------------------------------------------------------------------------------------------- */

typedef struct pairs {
    double *soft_dice, *dice;
    int count;
} pairs;

static void add_pairs(const trial *t, const sep_choices *c, int class_index, pairs *p)
{
    const scores *s = &chosen(t, c)[c->decided.largest[class_index + 1]];
    const int foreground = s->evaluation.foreground;

    for (int k = 0; k < s->evaluation.case_names.count; k++) {
        const double soft_dice = s->soft_dice[(size_t)k * (size_t)foreground + (size_t)class_index];
        if (isnan(soft_dice))
            continue;
        p->soft_dice[p->count] = soft_dice;
        p->dice[p->count++] =
            sep_evaluation_score(&s->evaluation, k, class_index)->value[SEP_EMPTY_STRICT][SEP_METRIC_DICE];
    }
}

static void fit(const pairs *p, sep_choices *c)
{
    double sum = 0.0;

    c->decided.calibration = sep_calibration_fit(p->soft_dice, p->dice, p->count, c->scans);
    for (int i = 0; i < p->count; i++)
        sum += fabs(sep_calibration_apply(&c->decided.calibration, p->soft_dice[i]) - p->dice[i]);
    c->error = sum / p->count;
}

static sep_status calibrate(const trial *t, sep_choices *c)
{
    const size_t most = (size_t)c->scans * (size_t)(t->dataset->classes - 1);
    pairs p = {.soft_dice = sep_calloc(most + 1, sizeof(double)), .dice = sep_calloc(most + 1, sizeof(double))};
    const sep_status status = p.soft_dice != NULL && p.dice != NULL ? SEP_OK : SEP_ERR_MEMORY;

    for (int k = 0; status == SEP_OK && k < t->dataset->classes - 1; k++)
        add_pairs(t, c, k, &p);
    if (p.count > 0)
        fit(&p, c);
    sep_free(p.soft_dice);
    sep_free(p.dice);
    return status;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static sep_status start_choices(const trial *t, sep_choices *c)
{
    *c = (sep_choices){.decided.known = true, .scans = t->scans, .error = (double)NAN};
    c->choice = sep_calloc((size_t)(WAYS + t->dataset->classes), sizeof *c->choice);
    return c->choice != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

static sep_status choose_by_validation(trial *t, sep_choices *c)
{
    SEP_TRY(start_choices(t, c));
    find_ways(t);
    SEP_TRY(score_all(t));
    SEP_TRY(choose_tta(t, c));
    SEP_TRY(choose_smooth(t, c));
    SEP_TRY(choose_components(t, c));
    return calibrate(t, c);
}

static sep_status choose_by_labels(trial *t, sep_choices *c)
{
    SEP_TRY(start_choices(t, c));
    SEP_TRY(score_all(t));
    SEP_TRY(choose_components_by_labels(t->dataset, c));
    return calibrate(t, c);
}

sep_status sep_decide(sep_predictor *predictor, const sep_dataset *dataset, sep_answer answer, sep_tta most,
                      sep_choices *choices)
{
    trial t = {.predictor = predictor,
               .dataset = dataset,
               .scan = dataset->scan + dataset->training,
               .scans = dataset->validation,
               .answer = answer,
               .most = most};

    const sep_status status = choose_by_validation(&t, choices);
    free_scores(&t);
    return status;
}

sep_status sep_decide_without_validation(sep_predictor *predictor, const sep_dataset *dataset,
                                         const sep_augmented_scans *scans, sep_answer answer, sep_choices *choices)
{
    trial t = {.predictor = predictor,
               .dataset = dataset,
               .scan = scans->scan,
               .scans = scans->count,
               .answer = answer,
               .ways = 1,
               .way = {{.tta = SEP_TTA_NONE}}};

    const sep_status status = choose_by_labels(&t, choices);
    free_scores(&t);
    choices->decided.calibration.augmented = true;
    return status;
}

void sep_choices_free(sep_choices *choices)
{
    for (int i = 0; i < choices->count; i++)
        sep_free(choices->choice[i].what);
    sep_free(choices->choice);
}
