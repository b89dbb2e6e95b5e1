/* What a plan chooses: facts of a data set in, settings out; and what it makes of classes' places and of hours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config.h"
#include "plan/choices.h"
#include "support_scratch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"background", "right ventricle", "left ventricle"};

/* Hearts as ACDC has them, 3 labelled of 70. */
static sep_data_config data;
static sep_facts hearts(void)
{
    data = (sep_data_config){.format = SEP_DATA_HDF5, .folder = "hearts", .classes = 3, .labelled_cases = 3};
    return (sep_facts){.data = &data,
                       .class_name = names,
                       .classes = 3,
                       .cases = {3, 67, 10},
                       .slices = {68, 1244, 210},
                       .labelled_slices = 60,
                       .size = {216, 256},
                       .extent = {216, 256},
                       .channels = 1,
                       .channel = {{.low = 0, .high = 1, .window = {0.1, 0.9}, .within = 1}}};
}

static sep_plan_choices choices;
static const char *own_validation_list;

static void choose(const sep_facts *facts, const char *method)
{
    const sep_plan_request request = {.folder = "hearts",
                                      .own_validation_list = own_validation_list,
                                      .method = method,
                                      .hours = 8,
                                      .threads = 2,
                                      .seed = 7};

    sep_arena_destroy(choices.arena);
    choices = (sep_plan_choices){.arena = sep_arena_create()};
    assert_int_equal(sep_choose(&request, facts, &choices), SEP_OK);
}

static void assert_chosen(const char *key, const char *value)
{
    const char *chosen = sep_chosen(&choices, key);

    if (value == NULL)
        assert_null(chosen);
    else
        assert_string_equal(chosen != NULL ? chosen : "(nothing)", value);
}

/* ---- the picture ------------------------------------------------------------------------------------------------- */

static void patches_are_near_the_median_slice(void **state)
{
    static const struct {
        double columns, rows;
        const char *patch, *view;
    } rows[] = {{216, 256, "192", NULL}, {224, 224, "224", NULL},     {512, 512, "256", "window"}, {35, 50, "64", NULL},
                {143, 88, "96", NULL},   {128, 256, "128", "window"}, {16, 16, "32", NULL}};
    sep_facts facts = hearts();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        facts.size[0] = rows[i].columns;
        facts.size[1] = rows[i].rows;
        choose(&facts, NULL);
        assert_chosen("data.patch_size", rows[i].patch);
        assert_chosen("data.view", rows[i].view);
        assert_chosen("data.spacing", NULL);
    }
}

static void spacings_that_vary_are_made_one(void **state)
{
    sep_facts facts = hearts();

    (void)state;
    facts.spacing[0] = facts.spacing[1] = 2;
    facts.spacing_spread = 0.04;
    choose(&facts, NULL);
    assert_chosen("data.spacing", NULL);
    facts.spacing_spread = 0.2;
    choose(&facts, NULL);
    assert_chosen("data.spacing", "2,2");
    assert_chosen("data.patch_size", "96"); /* of 108 x 128 pixels of 2 mm */
}

static void only_values_far_below_0_are_taken_for_ct(void **state)
{
    sep_facts facts = hearts();

    (void)state;
    choose(&facts, NULL);
    assert_chosen("data.intensity", "min-max");
    facts.channel[0].low = -3.5; /* standardised MR */
    choose(&facts, NULL);
    assert_chosen("data.intensity", "min-max");
    facts.channel[0].within = 0.5; /* of its range: a few bright voxels take the rest */
    choose(&facts, NULL);
    assert_chosen("data.intensity", "percentiles");
    facts.channel[0].low = -1000;
    facts.channel[0].window[0] = -93.5;
    facts.channel[0].window[1] = 240.25;
    choose(&facts, NULL);
    assert_chosen("data.intensity", "window");
    assert_chosen("data.window_low", "-94");
    assert_chosen("data.window_high", "241");
}

/* PET beside CT, and colours. */
static void each_channel_is_judged_by_itself(void **state)
{
    sep_facts facts = hearts();

    (void)state;
    facts.channels = 3;
    facts.channel[0] =
        (sep_channel_facts){.name = "PET", .low = 0, .high = 30000, .window = {100, 20000}, .within = 0.3};
    facts.channel[1] = (sep_channel_facts){.name = "CT", .low = -1024, .high = 3000, .window = {-60.5, 200}};
    facts.channel[2] = (sep_channel_facts){.low = -900, .high = 100, .window = {-800, 50}};
    choose(&facts, NULL);
    assert_chosen("data.channels", "3");
    assert_chosen("data.intensity", "percentiles, window, window");
    assert_chosen("data.window_low", "0, -61, -800");
    assert_chosen("data.window_high", "1, 200, 50");
    for (int i = 0; i < choices.count; i++)
        if (strcmp(choices.choice[i].key, "data.intensity") == 0)
            assert_non_null(strstr(choices.choice[i].reason, "CT, channel 2: Values far below 0"));
    facts.channel[0] = facts.channel[1];
    choose(&facts, NULL);
    assert_chosen("data.intensity", "window");
    assert_chosen("data.window_low", "-61, -61, -800");
    for (int c = 0; c < 3; c++)
        facts.channel[c].low = -3;
    choose(&facts, NULL);
    assert_chosen("data.intensity", "percentiles");
    assert_chosen("data.window_low", NULL);
    facts.channel[1].within = 0.9;
    choose(&facts, NULL);
    assert_chosen("data.intensity", "percentiles, min-max, percentiles");
    facts.channel[0].within = facts.channel[2].within = 0.9;
    choose(&facts, NULL);
    assert_chosen("data.intensity", "min-max");
    facts.coloured = true;
    for (int c = 0; c < 3; c++)
        facts.channel[c].high = 250;
    choose(&facts, NULL);
    assert_chosen("data.intensity", "window");
    assert_chosen("data.window_low", "0, 0, 0");
    assert_chosen("data.window_high", "255, 255, 255");
}

#if SEP_HAVE_STB
/* A folder of four pictures and masks, of which so many are coloured and one has a coloured mark. */
static const char *write_pictures(int coloured)
{
    enum { SIDE = 32 };
    uint8_t rgb[SIDE * SIDE * 3];
    sep_labels mask;

    assert_int_equal(sep_make_folders(scratch_path("pictures/images")), SEP_OK);
    assert_int_equal(sep_make_folders(scratch_path("pictures/masks")), SEP_OK);
    assert_int_equal(sep_labels_create(&mask, 1, SIDE, SIDE), SEP_OK);
    for (int i = 0; i < 4; i++) {
        char path[64];

        for (int k = 0; k < SIDE * SIDE; k++) {
            mask.data[k] = k % SIDE > SIDE / 2;
            for (int c = 0; c < 3; c++)
                rgb[3 * k + c] = (uint8_t)(50 + 2 * (k % SIDE) + (i < coloured || k < 20 ? 50 * c : 0));
        }
        const sep_picture picture = {.height = SIDE, .width = SIDE, .rgb = rgb};
        snprintf(path, sizeof path, "pictures/images/%c.png", 'a' + i);
        assert_int_equal(sep_picture_write_png(scratch_path(path), &picture), SEP_OK);
        snprintf(path, sizeof path, "pictures/masks/%c.png", 'a' + i);
        assert_int_equal(sep_labels_write(scratch_path(path), &mask), SEP_OK);
    }
    sep_labels_free(&mask);
    return scratch_path("pictures");
}

static void colours_are_channels_where_most_pictures_have_some(void **state)
{
    (void)state;
    for (int coloured = 0; coloured <= 4; coloured++) {
        const sep_plan_request request = {.folder = write_pictures(coloured), .hours = 1};
        sep_survey survey;
        sep_facts facts;

        assert_int_equal(sep_survey_make(&request, &survey), SEP_OK);
        assert_int_equal(survey.channels, coloured > 2 ? 3 : 1);
        assert_int_equal(survey.shown_image[0].channels > 1, coloured > 2);
        assert_int_equal(sep_facts_gather(&survey, &facts), SEP_OK);
        choose(&facts, NULL);
        assert_chosen("data.channels", coloured > 2 ? "3" : NULL);
        assert_chosen("data.window_high", coloured > 2 ? "255, 255, 255" : NULL);
        sep_survey_free(&survey);
    }
}
#endif

/* ---- methods, lists, label values -------------------------------------------------------------------------------- */

static void methods_go_by_what_is_labelled(void **state)
{
    sep_facts facts = hearts();

    (void)state;
    choose(&facts, NULL);
    assert_chosen("train.method", "night");
    assert_chosen("train.labelled_batch", "8");
    assert_chosen("train.unlabelled_batch", "8");
    assert_chosen("train.ema", "0.99");
    choose(&facts, "cross-teaching");
    assert_chosen("train.method", "cross-teaching");
    assert_chosen("student_1.net", "u-net");
    facts.cases[SEP_USE_UNLABELLED] = facts.slices[SEP_USE_UNLABELLED] = 0;
    choose(&facts, NULL);
    assert_chosen("train.method", "supervised");
    assert_chosen("train.labelled_batch", "8");
    assert_chosen("train.unlabelled_batch", NULL);
    assert_chosen("train.ema", "0.99");
}

static void lists_and_label_values_are_handed_on(void **state)
{
    sep_facts facts = hearts();

    (void)state;
    data.train_list = "hearts/train.list";
    data.validation_list = "hearts/val.list";
    data.labels.values = (sep_label_values){3, {0, 85, 170}};
    choose(&facts, NULL);
    assert_chosen("data.train_list", "hearts/train.list");
    assert_chosen("data.validation_list", "hearts/val.list");
    assert_chosen("data.validation_count", NULL);
    assert_chosen("data.labelled_cases", "3");
    assert_chosen("data.label_values", "0,85,170");
    assert_chosen("train.seed", "7");
}

/* Chosen cases are listed where there is a file for that; a list that trains would hold them too. */
static void validating_cases_are_listed(void **state)
{
    sep_facts facts = hearts();

    (void)state;
    data.validation_count = 10;
    choose(&facts, NULL);
    assert_chosen("data.validation_count", "10");
    own_validation_list = "my.val.list";
    choose(&facts, NULL);
    assert_chosen("data.validation_count", NULL);
    assert_chosen("data.validation_list", "my.val.list");
    data.train_list = "hearts/train.list";
    choose(&facts, NULL);
    assert_chosen("data.validation_count", "10");
    assert_chosen("data.validation_list", NULL);
    own_validation_list = NULL;
}

/* ---- hours ------------------------------------------------------------------------------------------------------- */

static int64_t number_of(const char *key)
{
    return strtoll(sep_chosen(&choices, key), NULL, 10);
}

static void iterations_fit_into_the_hours(void **state)
{
    static const struct {
        double hours, step, warm_up_step, validation, registering, labelling, deciding, deciding_once;
        const char *decide, *symmetries, *labels_by_symmetries;
    } rows[] = {{8, 1, 1, 60, 0, 0, 300, 100, "yes", NULL, NULL},
                {1, 1, 1, 60, 0, 140, 1000, 300, "no", NULL, NULL},
                {1, 1, 0.4, 60, 400, 150, 500, 150, "yes", "no", "no"},
                {8, 5, 2, 1200, 3000, 1200, 1000, 300, "yes", NULL, "no"},
                {1, 2, 1, 1500, 0, 0, 9000, 3000, "no", NULL, NULL},
                {0.01, 0.5, 0.1, 5, 0, 0, 1, 0.3, "yes", NULL, NULL}};
    sep_facts facts = hearts();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const sep_plan_request request = {.folder = "hearts", .hours = rows[i].hours};
        sep_measured measured = {.step = rows[i].step,
                                 .warm_up_step = rows[i].warm_up_step,
                                 .validation = rows[i].validation,
                                 .registering = rows[i].registering,
                                 .labelling = rows[i].labelling,
                                 .labelling_once = rows[i].labelling / 8,
                                 .deciding = rows[i].deciding,
                                 .deciding_once = rows[i].deciding_once,
                                 .threads = 1};

        choose(&facts, NULL);
        assert_int_equal(sep_choose_length(&request, &facts, &measured, &choices), SEP_OK);
        const double iterations = (double)number_of("train.iterations"),
                     every = (double)number_of("train.validate_every");
        const double warm_up = strtod(sep_chosen(&choices, "night.warm_up"), NULL);
        const double step = warm_up * rows[i].warm_up_step + (1 - warm_up) * rows[i].step;
        assert_true(fabs(measured.mean_step - step) < 0.01 * step);
        const double seconds = iterations * step + iterations / every * rows[i].validation + rows[i].registering +
                               rows[i].labelling / (rows[i].labels_by_symmetries != NULL ? 8 : 1) +
                               (rows[i].decide[0] == 'n'     ? 0
                                : rows[i].symmetries != NULL ? rows[i].deciding_once
                                                             : rows[i].deciding);
        assert_chosen("train.decide", rows[i].decide);
        assert_chosen("train.decide_symmetries", rows[i].symmetries);
        assert_chosen("night.symmetries", rows[i].labels_by_symmetries);
        assert_true(seconds <= 3600 * rows[i].hours);
        assert_true(seconds >= 0.8 * 3600 * rows[i].hours);
    }
}

/* In 3,240 s: half of them for steps of the warm start, of which the second row's cost a third; the third row's run is
 * so long that 10,000 of its 18,000 are the warm start. */
static void warm_start_takes_half_of_the_time(void **state)
{
    static const struct {
        double step, warm_up_step;
        const char *iterations, *warm_up, *relabel;
    } rows[] = {{1.619, 1.619, "2000", "0.50", "0.75"},
                {1.619, 0.539, "4000", "0.75", "0.88"},
                {0.3149, 0.072, "18000", "0.56", "0.78"},
                {0.1199, 0.1199, "27020", "0.37", "0.67"}};
    const sep_plan_request request = {.folder = "hearts", .method = "night", .hours = 1};
    sep_facts facts = hearts();

    (void)state;
    facts.slices[SEP_USE_VALIDATION] = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sep_measured measured = {.step = rows[i].step, .warm_up_step = rows[i].warm_up_step, .threads = 1};

        choose(&facts, "night");
        assert_int_equal(sep_choose_length(&request, &facts, &measured, &choices), SEP_OK);
        assert_chosen("train.iterations", rows[i].iterations);
        assert_chosen("night.warm_up", rows[i].warm_up);
        assert_chosen("night.relabel", rows[i].relabel);
    }
    choose(&facts, "mean-teacher");
    assert_chosen("night.warm_up", NULL);
}

static void unlabelled_scans_take_time(void **state)
{
    const sep_plan_request request = {.folder = "hearts", .hours = 1}, asked = {.method = "night", .hours = 1};
    /* 2,000 of 1.62 s are nine tenths of an hour, and 1,000 of 3.24 s; in half of these, 150 looks at 68 slices by
     * eights are 1,275 steps of 1.27 s. */
    const sep_measured slow = {.step = 1.63, .warm_up_step = 1.63}, fast = {.step = 1.61, .warm_up_step = 1.26},
                       few_looks = {.step = 1.61, .warm_up_step = 1.28}, slower = {.step = 3.25, .warm_up_step = 3.25},
                       slow_for_one = {.step = 3.23, .warm_up_step = 3.23};
    sep_facts facts = hearts();

    (void)state;
    choose(&facts, NULL);
    assert_chosen("train.method", "night");
    assert_true(sep_lacks_time(&request, &facts, &slow, &choices));
    assert_false(sep_lacks_time(&request, &facts, &fast, &choices));
    assert_true(sep_lacks_time(&request, &facts, &few_looks, &choices));
    assert_false(sep_lacks_time(&asked, &facts, &few_looks, &choices));
    assert_false(sep_lacks_time(&asked, &facts, &slow, &choices));
    facts.cases[SEP_USE_LABELLED] = 1;
    assert_true(sep_lacks_time(&request, &facts, &slower, &choices));
    assert_false(sep_lacks_time(&request, &facts, &slow_for_one, &choices));
    facts.slices[SEP_USE_UNLABELLED] = 0;
    choose(&facts, NULL);
    assert_chosen("train.method", "supervised");
    assert_false(sep_lacks_time(&request, &facts, &slow, &choices));
}

static void few_labelled_scans_are_registered(void **state)
{
    const sep_plan_request request = {.folder = "hearts", .hours = 8, .threads = 2, .seed = 7};
    sep_facts facts = hearts();

    (void)state;
    facts.depth = 10;
    choose(&facts, NULL);
    assert_chosen("data.registered", NULL);
    facts.cases[SEP_USE_LABELLED] = 2;
    facts.training_cases = 1; /* no other to be registered with */
    choose(&facts, NULL);
    assert_chosen("data.registered", NULL);
    facts.training_cases = 9;
    choose(&facts, NULL);
    assert_chosen("train.registered", "yes");
    assert_chosen("registration.transform", "bspline");
    choose(&facts, "cct-r");
    assert_chosen("data.registered", "auto");
    assert_chosen("train.registered", "yes");
    choose(&facts, "copy-paste"); /* takes no labels of others' making */
    assert_chosen("data.registered", NULL);
    choose(&facts, "supervised");
    assert_chosen("data.registered", NULL);
    choices = (sep_plan_choices){.arena = choices.arena, .hurried = true};
    assert_int_equal(sep_choose(&request, &facts, &choices), SEP_OK);
    assert_chosen("train.method", "supervised");
    assert_chosen("data.registered", "auto");
    assert_chosen("train.registered", NULL);
    assert_chosen("augmentation.registered_probability", "0.7");
    assert_chosen("registration.transform", "affine");
}

static void a_fast_step_makes_no_endless_run(void **state)
{
    const sep_plan_request request = {.folder = "hearts", .hours = 8};
    sep_measured measured = {.step = 0.01, .warm_up_step = 0.01, .validation = 1, .threads = 1};
    sep_facts facts = hearts();

    (void)state;
    facts.slices[SEP_USE_VALIDATION] = 0;
    choose(&facts, NULL);
    assert_int_equal(sep_choose_length(&request, &facts, &measured, &choices), SEP_OK);
    assert_chosen("train.iterations", "30000");
    assert_chosen("train.validate_every", "0");
    assert_chosen("train.decide", "yes");
}

static void a_long_night_is_for_two_networks(void **state)
{
    const sep_plan_request request = {.folder = "hearts", .hours = 8}, asked = {.method = "night", .hours = 8};
    /* Of one network 0.643, 0.653 and 0.924 s on average: 20,000 of both in 25,920 s; not; not 30,000 of one. */
    const sep_measured fast = {.step = 1.35, .warm_up_step = 0.20, .validation = 1, .threads = 1},
                       slow = {.step = 1.40, .warm_up_step = 0.20, .validation = 1, .threads = 1},
                       endless = {.step = 0.95, .warm_up_step = 0.90, .validation = 1, .threads = 1};
    const sep_facts facts = hearts();

    (void)state;
    choose(&facts, NULL);
    assert_true(sep_has_time_for_two(&request, &facts, &fast, &choices));
    assert_false(sep_has_time_for_two(&request, &facts, &slow, &choices));
    assert_false(sep_has_time_for_two(&request, &facts, &endless, &choices));
    assert_false(sep_has_time_for_two(&asked, &facts, &fast, &choices));
    assert_chosen("train.students", NULL);
    choices = (sep_plan_choices){.arena = choices.arena, .two = true};
    assert_int_equal(sep_choose(&request, &facts, &choices), SEP_OK);
    assert_chosen("train.method", "night");
    assert_chosen("train.students", "2");
    assert_chosen("student_1.net", "u-net");
    choose(&facts, "supervised");
    assert_false(sep_has_time_for_two(&request, &facts, &fast, &choices));
}

static void batches_are_halved(void **state)
{
    const sep_facts facts = hearts();

    (void)state;
    choose(&facts, NULL);
    assert_int_equal(sep_choose_batch(&choices, 2, "Tried."), SEP_OK);
    assert_chosen("train.labelled_batch", "2");
    assert_chosen("train.unlabelled_batch", "2");
}

/* ---- left and right ---------------------------------------------------------------------------------------------- */

enum { SCANS = 4 };

/* Two classes of 100 voxels, at x and -x, the second `further` away and of another size by `factor`. */
static sep_facts sides_of(const char *first, const char *second, double x, double further, int factor)
{
    static const char *class_name[3];
    static sep_class_part part[SCANS][3];
    static sep_surveyed scan[SCANS];
    const sep_survey survey = {.classes = 3, .class_name = class_name, .scans = SCANS, .scan = scan};
    sep_facts facts = {0};

    class_name[0] = "background";
    class_name[1] = first;
    class_name[2] = second;
    for (int i = 0; i < SCANS; i++) {
        part[i][1] = (sep_class_part){100, {x, 0.1, 0}};
        part[i][2] = (sep_class_part){100 * factor, {-x - further, 0.05, 0}};
        scan[i] = (sep_surveyed){.use = SEP_USE_LABELLED, .part = part[i], .order = sep_order_stored};
    }
    sep_facts_find_sides(&survey, &facts);
    return facts;
}

static void classes_that_change_places_are_not_mirrored(void **state)
{
    sep_facts kidneys = sides_of("a", "b", 0.4, 0, 1), apart = sides_of("a", "b", 0.2, 0.6, 1);
    const sep_facts unlike = sides_of("a", "b", 0.4, 0, 5), middle = sides_of("a", "b", 0.02, 0, 1);

    (void)state;
    assert_true(kidneys.sided[0] && !kidneys.sided[1] && !kidneys.sided_by_name);
    assert_false(apart.sided[0] || unlike.sided[0] || middle.sided[0]);
    sep_facts facts = hearts();
    facts.sided[0] = true;
    facts.sided_class[0][0] = facts.sided_class[0][1] = "kidney";
    choose(&facts, NULL);
    assert_chosen("augmentation.mirror", "rows");
    assert_chosen("augmentation.quarter_turns", "no");
}

static void names_of_sides_are_believed_except_for_hearts(void **state)
{
    const sep_facts kidneys = sides_of("Left kidney", "right Kidney", 0.02, 0, 1),
                    ventricles = sides_of("left ventricle", "right ventricle", 0.02, 0, 1),
                    others = sides_of("left lung", "right kidney", 0.02, 0, 1),
                    clefts = sides_of("cleft", "bright", 0, 0, 1);

    (void)state;
    assert_true(kidneys.sided_by_name && kidneys.sided[0] && kidneys.sided[1]);
    assert_false(ventricles.sided_by_name || others.sided_by_name || clefts.sided_by_name);
}

/* ---- which way up pictures are ----------------------------------------------------------------------------------- */

enum { VIEWED = 6, CELLS = SEP_THUMBNAIL * SEP_THUMBNAIL };

/* A dark top, a bright bottom, and beside it a bright side: left where `side` is -1, right where it is 1. */
static void draw_picture(float *picture, int side, int seed)
{
    for (int y = 0; y < SEP_THUMBNAIL; y++)
        for (int x = 0; x < SEP_THUMBNAIL; x++)
            picture[y * SEP_THUMBNAIL + x] =
                (float)y + 0.2f * (float)(side * x) + (float)((7 * x + 3 * y + 5 * seed) % 11);
}

static void turn_picture(float *picture)
{
    float turned[CELLS];

    for (int y = 0; y < SEP_THUMBNAIL; y++)
        for (int x = 0; x < SEP_THUMBNAIL; x++)
            turned[y * SEP_THUMBNAIL + x] = picture[x * SEP_THUMBNAIL + SEP_THUMBNAIL - 1 - y];
    memcpy(picture, turned, sizeof turned);
}

typedef struct viewed {
    float thumbnail[VIEWED][CELLS];
    sep_entry entry[VIEWED];
    sep_surveyed scan[VIEWED];
} viewed;

static viewed view;

/* One scan a case, the bright side by turns left and right, or always left. */
static void draw_pictures(bool always_left)
{
    for (int i = 0; i < VIEWED; i++) {
        draw_picture(view.thumbnail[i], always_left || i % 2 == 0 ? -1 : 1, i);
        view.entry[i].group = i;
        view.scan[i] =
            (sep_surveyed){.entry = &view.entry[i], .thumbnail = view.thumbnail[i], .order = sep_order_stored};
    }
}

static sep_facts ways(void)
{
    const sep_survey survey = {.scans = VIEWED, .scan = view.scan};
    sep_facts facts = {0};

    assert_int_equal(sep_facts_find_ways(&survey, &facts), SEP_OK);
    return facts;
}

static void pictures_with_a_top_are_told_from_such_that_lie_anyhow(void **state)
{
    (void)state;
    draw_pictures(false);
    sep_facts facts = ways();
    assert_true(facts.alien[SEP_WAY_TURNED] > 0.99 && facts.alien[SEP_WAY_ROWS_MIRRORED] > 0.99);
    assert_true(facts.alien[SEP_WAY_COLUMNS_MIRRORED] < 0.75);
    draw_pictures(true);
    facts = ways();
    assert_true(facts.alien[SEP_WAY_COLUMNS_MIRRORED] > 0.99);
    for (int i = 0; i < VIEWED; i++)
        for (int turns = 0; turns < i % 4; turns++)
            turn_picture(view.thumbnail[i]);
    facts = ways();
    assert_true(facts.alien[SEP_WAY_TURNED] > 0 && facts.alien[SEP_WAY_TURNED] < 0.9);
}

static void few_cases_do_not_tell_a_top(void **state)
{
    (void)state;
    draw_pictures(true);
    view.entry[1].group = view.entry[2].group = 0;
    assert_true(ways().alien[SEP_WAY_TURNED] == 0);
}

static void what_no_scan_looks_like_is_not_shown(void **state)
{
    const sep_plan_request request = {.folder = "hearts", .hours = 1};
    sep_measured quick = {
        .step = 0.3, .warm_up_step = 0.3, .validation = 1, .threads = 1, .deciding = 4, .deciding_once = 1};
    sep_facts facts = hearts();

    (void)state;
    facts.alien[SEP_WAY_TURNED] = facts.alien[SEP_WAY_ROWS_MIRRORED] = 1;
    facts.alien[SEP_WAY_COLUMNS_MIRRORED] = 0.8;
    choose(&facts, NULL);
    assert_chosen("augmentation.mirror", "none");
    facts.alien[SEP_WAY_COLUMNS_MIRRORED] = 0.6;
    choose(&facts, NULL);
    assert_chosen("augmentation.mirror", "columns");
    assert_chosen("augmentation.quarter_turns", "no");
    assert_int_equal(sep_choose_length(&request, &facts, &quick, &choices), SEP_OK);
    assert_chosen("train.decide_symmetries", "no");
    facts.alien[SEP_WAY_TURNED] = 0.97; /* lies anyhow: mirrored too */
    choose(&facts, NULL);
    assert_chosen("augmentation.mirror", "both");
    assert_chosen("augmentation.quarter_turns", "yes");
    assert_int_equal(sep_choose_length(&request, &facts, &quick, &choices), SEP_OK);
    assert_chosen("train.decide_symmetries", NULL);
}

/* ---- the text ---------------------------------------------------------------------------------------------------- */

static void names_do_not_end_a_comment(void **state)
{
    static const char *const bad[] = {"background", "heart\n[train]\nmethod = none", "lung"};
    sep_facts facts = hearts();
    sep_survey survey = {.data = data};
    sep_train_config config;

    (void)state;
    facts.class_name = bad;
    choose(&facts, NULL);
    char *text = sep_plan_ini(&survey, &choices);
    sep_options *options = sep_options_create();
    assert_non_null(text);
    assert_non_null(options);
    assert_int_equal(sep_options_load_text(options, "plan", text), SEP_OK);
    assert_int_equal(sep_train_config_read(options, &config), SEP_OK);
    assert_string_equal(config.method->name, "night");
    assert_int_equal(config.batch.height, 192);
    assert_int_equal(config.batch.augmentation, SEP_AUGMENT_STRONG);
    sep_options_destroy(options);
    sep_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patches_are_near_the_median_slice),
        cmocka_unit_test(spacings_that_vary_are_made_one),
        cmocka_unit_test(only_values_far_below_0_are_taken_for_ct),
        cmocka_unit_test(each_channel_is_judged_by_itself),
#if SEP_HAVE_STB
        cmocka_unit_test(colours_are_channels_where_most_pictures_have_some),
#endif
        cmocka_unit_test(methods_go_by_what_is_labelled),
        cmocka_unit_test(lists_and_label_values_are_handed_on),
        cmocka_unit_test(validating_cases_are_listed),
        cmocka_unit_test(iterations_fit_into_the_hours),
        cmocka_unit_test(warm_start_takes_half_of_the_time),
        cmocka_unit_test(unlabelled_scans_take_time),
        cmocka_unit_test(few_labelled_scans_are_registered),
        cmocka_unit_test(a_fast_step_makes_no_endless_run),
        cmocka_unit_test(a_long_night_is_for_two_networks),
        cmocka_unit_test(batches_are_halved),
        cmocka_unit_test(classes_that_change_places_are_not_mirrored),
        cmocka_unit_test(names_of_sides_are_believed_except_for_hearts),
        cmocka_unit_test(pictures_with_a_top_are_told_from_such_that_lie_anyhow),
        cmocka_unit_test(few_cases_do_not_tell_a_top),
        cmocka_unit_test(what_no_scan_looks_like_is_not_shown),
        cmocka_unit_test(names_do_not_end_a_comment),
    };
    const int failed = cmocka_run_group_tests_name("plan", tests, NULL, NULL);

    sep_arena_destroy(choices.arena);
    return failed;
}
