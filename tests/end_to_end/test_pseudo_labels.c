/* How good labels of unlabelled scans are, measured while a run trains: on which scans, to which numbers, and without a
 * trace in what is learned. */
#include "septum/metrics.h"
#include "septum/model.h"
#include "septum/process.h"
#include "septum/train.h"
#include "support_datasets.h"
#include "support_image.h"
#include "support_scratch.h"

#include "base/json.h"
#include "config.h"

#if SEP_HAVE_HDF5

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CASES = 8, CLASSES = 4, STEPS = 6, MOST_ANSWERS = 6 };

#define MUST(call)                                                                                                     \
    do {                                                                                                               \
        if ((call) != SEP_OK)                                                                                          \
            fail_msg("%s: %s", #call, sep_error_text());                                                               \
    } while (0)

/* ---- scans on the disk ------------------------------------------------------------------------------------------- */

static const sep_order SAR = {.axis = {2, 1, 0}, .flipped = {false, true, true}};

static void write_scan(const char *folder, int index, sep_phase phase, bool with_label, const sep_order *order)
{
    const sep_phantom_config config = {.size = 32, .slices = 3, .seed = 3};
    char name[96];
    sep_volume image;
    sep_labels label;

    snprintf(name, sizeof name, "%s/patient%03d_frame%02d.h5", folder, index, phase == SEP_END_DIASTOLE ? 1 : 9);
    MUST(sep_phantom_cardiac(&config, index, phase, &image, &label));
    MUST(sep_volume_reorder(&image, order));
    MUST(sep_labels_reorder(&label, order));
    MUST(sep_hdf5_write(scratch_path(name), &image, with_label ? &label : NULL));
    sep_volume_free(&image);
    sep_labels_free(&label);
}

/* Cases 0 to 7, two scans each; one scan of case 4 is stored in another order, case 5 has no label maps. */
static int make_hearts(void **state)
{
    (void)state;
    MUST(sep_make_folders(scratch_path("hearts")));
    MUST(sep_make_folders(scratch_path("bare")));
    MUST(sep_make_folders(scratch_path("full")));
    for (int i = 0; i < CASES; i++) {
        write_scan("hearts", i, SEP_END_DIASTOLE, i != 5, i == 4 ? &SAR : &sep_order_stored);
        write_scan("hearts", i, SEP_END_SYSTOLE, i != 5, &sep_order_stored);
    }
    for (int i = 0; i < 3; i++)
        write_scan("bare", i, SEP_END_DIASTOLE, i < 1, &sep_order_stored);
    return 0;
}

/* Two labelled cases, five unlabelled ones of which one has no label maps, one that validates. */
static sep_data_config hearts(void)
{
    return (sep_data_config){
        .folder = scratch_path("hearts"), .classes = CLASSES, .validation_count = 1, .labelled_cases = 2};
}

/* ---- which scans are compared ------------------------------------------------------------------------------------ */

static const sep_scan *find(const sep_dataset *dataset, const char *name)
{
    for (int i = 0; i < dataset->scans; i++)
        if (strcmp(dataset->scan[i].name, name) == 0)
            return &dataset->scan[i];
    fail_msg("no scan %s", name);
    return NULL;
}

/* As registered labels and those that a method makes take the place of the folder's. */
static void forget_label_files(sep_dataset *dataset)
{
    for (int i = 0; i < dataset->training; i++)
        if (!dataset->scan[i].labelled) {
            sep_free(dataset->scan[i].label_path);
            dataset->scan[i].label_path = NULL;
        }
}

/* As a dataset has the same scans that is told all label maps there are. */
static void truth_is_read_as_labels_are(void **state)
{
    static const char *const names[] = {"patient002_frame01", "patient002_frame09", "patient003_frame01",
                                        "patient003_frame09", "patient004_frame01", "patient004_frame09",
                                        "patient006_frame01", "patient006_frame09"};
    sep_data_config config = hearts(), open = hearts();
    sep_dataset *dataset = load_dataset(&config);
    sep_withheld withheld;
    FILE *list = fopen(scratch_path("labelled.list"), "w");

    (void)state;
    for (int i = 0; i < 8; i++)
        fprintf(list, "%s\n", names[i]);
    fclose(list);
    open.labelled_cases = 0;
    open.labelled_list = scratch_path("labelled.list");
    sep_dataset *all = load_dataset(&open);
    forget_label_files(dataset);
    MUST(sep_withheld_load(&config, dataset, 0, &withheld));
    assert_int_equal(withheld.cases, 4);
    assert_int_equal(withheld.scans, 8);
    for (int i = 0; i < 8; i++) {
        const sep_scan *known = find(all, names[i]), *scan = &withheld.scan[i];
        assert_string_equal(scan->name, names[i]);
        assert_same_volume(&scan->image, &known->image, 0.0);
        assert_same_volume(&scan->image, &find(dataset, names[i])->image, 0.0);
        assert_same_labels(&scan->label, &known->label, 0.0);
        assert_null(find(dataset, names[i])->label.data);
    }
    sep_withheld_free(&withheld);
    sep_dataset_destroy(dataset);
    sep_dataset_destroy(all);
}

static void cases_are_evenly_apart(void **state)
{
    const sep_data_config config = hearts();
    sep_dataset *dataset = load_dataset(&config);
    sep_withheld withheld;

    (void)state;
    MUST(sep_withheld_load(&config, dataset, 2, &withheld));
    assert_int_equal(withheld.cases, 2);
    assert_int_equal(withheld.scans, 4);
    assert_string_equal(withheld.scan[0].name, "patient002_frame01");
    assert_string_equal(withheld.scan[3].name, "patient004_frame09");
    sep_withheld_free(&withheld);
    MUST(sep_withheld_load(&config, dataset, 3, &withheld));
    assert_int_equal(withheld.cases, 3);
    assert_string_equal(withheld.scan[2].name, "patient004_frame01");
    assert_string_equal(withheld.scan[5].name, "patient006_frame09");
    sep_withheld_free(&withheld);
    sep_dataset_destroy(dataset);
}

static void without_label_maps_it_says_so(void **state)
{
    sep_data_config config = {.folder = scratch_path("bare"), .classes = CLASSES, .labelled_list = "one.list"};
    sep_withheld withheld;

    (void)state;
    scratch_file("bare/one.list", "patient000_frame01\n", 19);
    sep_dataset *dataset = load_dataset(&config);
    assert_int_equal(sep_withheld_load(&config, dataset, 0, &withheld), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "bare: none of the 2 unlabelled training scans has a label map"));
    sep_withheld_free(&withheld);
    sep_dataset_destroy(dataset);
}

/* ---- runs -------------------------------------------------------------------------------------------------------- */

static const char settings[] = "[data]\nfolder = hearts\nclasses = 4\nvalidation_count = 1\nlabelled_cases = 2\n"
                               "patch_size = 32\n"
                               "[train]\nmethod = cross-teaching\niterations = 6\nlabelled_batch = 2\n"
                               "unlabelled_batch = 2\nvalidate_every = 3\ncheckpoint_every = 100\nlog_every = 1\n"
                               "seed = 9\nema = 0.5\nvalidate = mean\n"
                               "[student_0]\nbase = 4\nlearning_rate = 2e-2\n"
                               "[student_1]\nbase = 4\nlearning_rate = 1e-2\n";
static const char measuring[] = "[train]\npseudo_labels = 2\npseudo_label_cases = 3\npseudo_label_confidence = 0.7\n";

typedef struct run {
    sep_options *options;
    sep_train_config config;
    sep_dataset *dataset;
} run;

static run begin(const char *more)
{
    run r = {.options = sep_options_create()};

    MUST(sep_options_load_text(r.options, "settings", settings));
    MUST(sep_options_load_text(r.options, "more", more));
    MUST(sep_train_config_read(r.options, &r.config));
    r.config.data.folder = scratch_path("hearts");
    r.dataset = load_dataset(&r.config.data);
    return r;
}

static void end(run *r)
{
    sep_dataset_destroy(r->dataset);
    sep_options_destroy(r->options);
}

static sep_status train_on(const run *r, sep_device *device, const char *out, bool resume, sep_train_result *result)
{
    *result = (sep_train_result){0};
    return sep_train(&r->config, r->dataset, device, out, NULL, resume, result);
}

static sep_train_result train(const char *more, const char *out, bool resume)
{
    run r = begin(more);
    sep_train_result result;
    sep_device *device;

    MUST(sep_cpu_create(1, NULL, &device));
    MUST(train_on(&r, device, out, resume, &result));
    sep_device_destroy(device);
    end(&r);
    return result;
}

/* The events of a run's log, without the time that they took; the count comes back. */
static int read_events(const char *folder, json_t *events[STEPS])
{
    char *path = sep_format("%s/log.jsonl", folder);
    sep_strings lines = {0};
    int count = 0;

    MUST(sep_read_lines(path, &lines));
    for (int i = 0; i < lines.count; i++) {
        json_t *line = json_loads(lines.item[i], 0, NULL);
        assert_non_null(line);
        if (strcmp(json_string_value(json_object_get(line, "event")), "pseudo_labels") != 0) {
            json_decref(line);
            continue;
        }
        assert_true(count < STEPS);
        json_object_del(line, "seconds");
        events[count++] = line;
    }
    sep_strings_free(&lines);
    sep_free(path);
    return count;
}

static void assert_same_events(const char *folder, const char *other)
{
    json_t *events[STEPS], *others[STEPS];
    const int count = read_events(folder, events);

    assert_int_equal(count, 3);
    assert_int_equal(read_events(other, others), count);
    for (int i = 0; i < count; i++) {
        assert_int_equal(json_integer_value(json_object_get(events[i], "iteration")), 2 * (i + 1));
        assert_true(json_equal(events[i], others[i]));
        json_decref(events[i]);
        json_decref(others[i]);
    }
}

static void training_learns_nothing_of_it(void **state)
{
    const sep_train_result plain = train("", scratch_path("plain"), false),
                           measured = train(measuring, scratch_path("measured"), false),
                           alone = train("[train]\npseudo_labels = 4\nvalidate_every = 0\n", NULL, false);

    (void)state;
    assert_true(measured.hash == plain.hash);
    assert_true(alone.hash == plain.hash);
    assert_true(measured.best_dice == plain.best_dice && measured.best_iteration == plain.best_iteration);
    assert_true(alone.best_dice == -1.0);
    json_t *events[STEPS];
    assert_int_equal(read_events(scratch_path("plain"), events), 0);
}

static void all_labelled_is_nothing_to_measure(void **state)
{
    json_t *events[STEPS];

    (void)state;
    write_scan("full", 0, SEP_END_DIASTOLE, true, &sep_order_stored);
    run r = begin(measuring);
    sep_dataset_destroy(r.dataset);
    r.config.method = sep_method_find("supervised");
    r.config.students = 1;
    r.config.batch.unlabelled_batch = 0;
    r.config.validate_every = 0;
    r.config.data = (sep_data_config){.folder = scratch_path("full"), .classes = CLASSES};
    r.dataset = load_dataset(&r.config.data);
    sep_train_result result;
    sep_device *device;
    MUST(sep_cpu_create(1, NULL, &device));
    MUST(train_on(&r, device, scratch_path("runs/full"), false, &result));
    assert_int_equal(read_events(scratch_path("runs/full"), events), 0);
    sep_device_destroy(device);
    end(&r);
}

/* ---- the numbers, by the model that the run left ----------------------------------------------------------------- */

static const sep_answer answers[MOST_ANSWERS] = {{0, false}, {1, false}, {SEP_ALL_STUDENTS, false},
                                                 {0, true},  {1, true},  {SEP_ALL_STUDENTS, true}};

typedef struct tally {
    double pixels, right, certain, certain_right;
} tally;

static void add_pixel(tally *t, bool right, bool certain)
{
    t->pixels += 1;
    t->right += right;
    t->certain += certain;
    t->certain_right += right && certain;
}

static void add_scan(const sep_labels *labels, const sep_volume *probabilities, const sep_labels *truth, tally *all,
                     tally *foreground)
{
    for (int i = 0; i < labels->depth * labels->height * labels->width; i++) {
        float largest = 0.0f;
        for (int c = 0; c < CLASSES; c++)
            largest = fmaxf(largest, probabilities[c].data[i]);
        add_pixel(all, labels->data[i] == truth->data[i], largest > 0.7f);
        if (labels->data[i] > 0 || truth->data[i] > 0)
            add_pixel(foreground, labels->data[i] == truth->data[i], largest > 0.7f);
    }
}

static void assert_number(const json_t *object, const char *key, double expected)
{
    const double got = json_number_value(json_object_get(object, key));

    if (!(fabs(got - expected) < 1e-8))
        fail_msg("%s is %.10g, should be %.10g", key, got, expected);
}

static void assert_shares(const json_t *shares, const tally *t)
{
    assert_true(t->certain > 0 && t->certain < t->pixels); /* else the test would see nothing */
    assert_number(shares, "accuracy", t->right / t->pixels);
    assert_number(shares, "certain", t->certain / t->pixels);
    assert_number(shares, "certain_accuracy", t->certain_right / t->certain);
}

/* Long enough for labels of all classes. */
static const char longer[] = "[train]\niterations = 80\npseudo_labels = 80\npseudo_label_cases = 3\n"
                             "pseudo_label_confidence = 0.7\nvalidate_every = 0\nbatch_statistics = separate\n";

/* Labels of the six scans that were measured. */
static void check_answer(sep_model *model, sep_answer answer, const json_t *student, sep_labels labels[6])
{
    static const char *const names[] = {"patient002_frame01", "patient002_frame09", "patient004_frame01",
                                        "patient004_frame09", "patient006_frame01", "patient006_frame09"};
    const sep_segment_options options = {.answer = answer};
    tally all = {0}, foreground = {0};
    sep_evaluation evaluation;

    MUST(sep_evaluation_create(&evaluation, CLASSES, NULL));
    for (int i = 0; i < 6; i++) {
        sep_volume image, probabilities[CLASSES];
        sep_labels truth;
        char path[64];

        snprintf(path, sizeof path, "hearts/%s.h5", names[i]);
        MUST(sep_volume_read(scratch_path(path), &image));
        MUST(sep_labels_read(scratch_path(path), &truth));
        MUST(sep_model_segment(model, &image, &options, &labels[i], probabilities));
        MUST(sep_evaluation_add(&evaluation, names[i], &labels[i], &truth));
        add_scan(&labels[i], probabilities, &truth, &all, &foreground);
        sep_volume_free(&image);
        sep_labels_free(&truth);
        for (int c = 0; c < CLASSES; c++)
            sep_volume_free(&probabilities[c]);
    }
    for (int c = 0; c < CLASSES - 1; c++)
        assert_true(fabs(json_number_value(json_array_get(json_object_get(student, "dice"), (size_t)c)) -
                         sep_evaluation_class(&evaluation, c, SEP_EMPTY_STRICT, SEP_METRIC_DICE).mean) < 1e-8);
    assert_number(student, "mean_dice", sep_evaluation_overall(&evaluation, SEP_EMPTY_STRICT, SEP_METRIC_DICE).mean);
    assert_shares(json_object_get(student, "all"), &all);
    assert_shares(json_object_get(student, "foreground"), &foreground);
    sep_evaluation_free(&evaluation);
}

/* Dice of a class in one scan; 1 where neither has it. */
static double overlap(const sep_labels *a, const sep_labels *b, int label)
{
    double common = 0, sum = 0;

    for (int i = 0; i < a->depth * a->height * a->width; i++) {
        common += a->data[i] == label && b->data[i] == label;
        sum += (a->data[i] == label) + (b->data[i] == label);
    }
    return sum > 0 ? 2 * common / sum : 1;
}

static bool has_class(const sep_labels labels[6], int label)
{
    for (int s = 0; s < 6; s++)
        if (memchr(labels[s].data, label, (size_t)(labels[s].depth * labels[s].height * labels[s].width)) != NULL)
            return true;
    return false;
}

static double agreement(const sep_labels a[6], const sep_labels b[6])
{
    double sum = 0;
    int classes = 0;

    for (int label = 1; label < CLASSES; label++) {
        if (!has_class(a, label) && !has_class(b, label))
            continue;
        for (int s = 0; s < 6; s++)
            sum += overlap(&a[s], &b[s], label) / 6;
        classes++;
    }
    return sum / classes;
}

static void numbers_are_those_of_the_model(void **state)
{
    sep_labels labels[MOST_ANSWERS][6];
    json_t *events[STEPS];
    sep_device *device;
    sep_model *model;

    (void)state;
    train(longer, scratch_path("longer"), false);
    MUST(sep_cpu_create(1, NULL, &device));
    MUST(sep_model_load(scratch_path("longer/last.safetensors"), device, &model));
    assert_int_equal(read_events(scratch_path("longer"), events), 1);
    json_t *event = events[0], *students = json_object_get(event, "students");
    assert_int_equal(json_integer_value(json_object_get(event, "iteration")), 80);
    assert_int_equal(json_integer_value(json_object_get(event, "cases")), 3);
    assert_int_equal(json_integer_value(json_object_get(event, "scans")), 6);
    assert_int_equal(json_array_size(students), MOST_ANSWERS);
    for (int i = 0; i < MOST_ANSWERS; i++)
        check_answer(model, answers[i], json_array_get(students, (size_t)i), labels[i]);
    assert_true(json_number_value(json_object_get(event, "agreement")) > 0.1);
    assert_number(event, "agreement", agreement(labels[0], labels[1]));
    json_decref(event);
    for (int i = 0; i < MOST_ANSWERS * 6; i++)
        sep_labels_free(&labels[i / 6][i % 6]);
    sep_model_destroy(model);
    sep_device_destroy(device);
}

/* ---- broken off -------------------------------------------------------------------------------------------------- */

/* A device that asks to stop in the first pass that is none of training after iteration `stop_after`. */
static sep_status (*plain_run)(sep_device *device, const sep_call *call, const sep_step_info *step);
static int64_t stop_after;
static bool reached;

static sep_status run_and_stop(sep_device *device, const sep_call *call, const sep_step_info *step)
{
    reached = reached || step->iteration == stop_after;
    if (reached && step->iteration == 0)
        sep_stop_request();
    return plain_run(device, call, step);
}

static void train_until_measuring(int64_t iteration, const char *out)
{
    run r = begin(measuring);
    sep_train_result result;
    sep_device *device;

    MUST(sep_cpu_create(1, NULL, &device));
    const sep_backend *own = device->backend;
    sep_backend stopping = *own;
    plain_run = own->run;
    stop_after = iteration - 1; /* the step that makes it */
    reached = false;
    stopping.run = run_and_stop;
    device->backend = &stopping;
    assert_int_equal(train_on(&r, device, out, false, &result), SEP_ERR_INTERRUPTED);
    device->backend = own;
    sep_stop_clear();
    sep_device_destroy(device);
    end(&r);
}

static void a_measurement_that_was_broken_off_is_made_again(void **state)
{
    json_t *events[STEPS];

    (void)state;
    train_until_measuring(4, scratch_path("stopped"));
    assert_int_equal(read_events(scratch_path("stopped"), events), 1);
    json_decref(events[0]);
    const sep_train_result resumed = train(measuring, scratch_path("stopped"), true);
    assert_true(resumed.hash == train("", NULL, false).hash);
    assert_same_events(scratch_path("stopped"), scratch_path("measured"));
    /* what is there stays: the finished run measures nothing again */
    train(measuring, scratch_path("stopped"), true);
    assert_same_events(scratch_path("stopped"), scratch_path("measured"));
}

/* As a run that is killed leaves it: with lines of iterations that its checkpoint does not have. */
static void later_lines_are_dropped(void **state)
{
    (void)state;
    train_until_measuring(4, scratch_path("killed"));
    FILE *log = fopen(scratch_path("killed/log.jsonl"), "a");
    fprintf(log, "{\"event\":\"pseudo_labels\",\"iteration\":6,\"students\":[]}\n");
    fclose(log);
    train(measuring, scratch_path("killed"), true);
    assert_same_events(scratch_path("killed"), scratch_path("measured"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(truth_is_read_as_labels_are),
        cmocka_unit_test(cases_are_evenly_apart),
        cmocka_unit_test(without_label_maps_it_says_so),
        cmocka_unit_test(training_learns_nothing_of_it),
        cmocka_unit_test(all_labelled_is_nothing_to_measure),
        cmocka_unit_test(numbers_are_those_of_the_model),
        cmocka_unit_test(a_measurement_that_was_broken_off_is_made_again),
        cmocka_unit_test(later_lines_are_dropped),
    };

    return cmocka_run_group_tests(tests, make_hearts, NULL);
}

#else

static void nothing_to_read(void **state)
{
    (void)state;
    print_message("skipped: built without HDF5\n");
    skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_to_read)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
