/* Three whole training steps of each method against PyTorch in float64 (tests/reference/make_method_goldens.py): the
 * losses of every step, and what the third leaves in the outermost layers of students and teacher.
 *
 * PyTorch's own float32 losses are up to 1e-5 from the goldens, for small networks on few pixels meet kinks. */
#include "septum/losses.h"
#include "septum/train.h"
#include "support_golden.h"
#include "train/stages.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LOSS_TOLERANCE      5e-5
#define PARAMETER_TOLERANCE 2e-4 /* of a tensor's largest element */

enum { SIDE = 32, CLASSES = 4, LABELLED = 2, STEPS = 3 };

#define MUST(call)                                                                                                     \
    do {                                                                                                               \
        if ((call) != SEP_OK)                                                                                          \
            fail_msg("%s: %s", #call, sep_error_text());                                                               \
    } while (0)

/* As the script has it. */
static const char common[] = "[data]\nfolder = none\npatch_size = 32\n"
                             "[train]\niterations = 10\nlabelled_batch = 2\nunlabelled_batch = 2\n";
static const char student_settings[] = "[student_%d]\nbase = 2\nno_dropout = true\noptimiser = sgd\n"
                                       "learning_rate = 0.02\nschedule = constant\nweight_decay = 1e-4\n";

static void configure(sep_options *options, const char *method, int students, sep_train_config *config)
{
    char text[512];

    MUST(sep_options_load_text(options, "common", common));
    MUST(sep_options_load_text(options, "method", method));
    for (int i = 0; i < students; i++) {
        snprintf(text, sizeof text, student_settings, i);
        MUST(sep_options_load_text(options, "student", text));
    }
    MUST(sep_train_config_read(options, config));
}

/* The tensor `scope`.<name>, as the golden <golden>.<prefix><name> has it. */
static void write_start(sep_store *store, const char *scope, const char *golden)
{
    size_t length = strlen(scope);

    for (int i = 0; i < sep_store_count(store); i++) {
        sep_tensor *tensor = sep_store_tensor(store, i);
        if (tensor->role != SEP_ROLE_PARAMETER || strncmp(tensor->name, scope, length) != 0)
            continue;
        support_array values = golden_array(golden, tensor->name + length);
        assert_true(sep_shape_equal(&values.shape, &tensor->shape));
        MUST(sep_tensor_write(store, tensor, values.f32));
        support_array_free(&values);
    }
}

/* A row of the goldens has room for the stage with the most terms. */
static void check_losses(sep_stages *stages, const support_array *losses, int step)
{
    const sep_step *s = &stages->graph[stages->stage].step;
    const float *terms = stages->terms[stages->stage], *wanted = losses->f32 + (ptrdiff_t)step * losses->shape.dim[1];

    MUST(sep_stages_read_terms(stages));
    assert_true(s->terms <= losses->shape.dim[1]);
    for (int i = 0; i < losses->shape.dim[1]; i++) {
        const double term = i < s->terms ? (double)terms[i] : 0.0, golden = (double)wanted[i];
        if (!(fabs(term - golden) <= LOSS_TOLERANCE * fabs(golden)))
            fail_msg("step %d: %s is %.8f, PyTorch's is %.8f", step, i < s->terms ? s->term[i].name : "nothing", term,
                     golden);
    }
}

/* Of which the goldens are kept. */
static bool is_outermost(const sep_tensor *tensor)
{
    return tensor->role == SEP_ROLE_PARAMETER &&
           (strstr(tensor->name, ".encoder_0.") || strstr(tensor->name, ".decoder_0.") ||
            strstr(tensor->name, ".head.") || strstr(tensor->name, SEP_PROJECTOR) == tensor->name);
}

static int check_parameters(const sep_store *store, const char *method)
{
    int checked = 0;

    for (int i = 0; i < sep_store_count(store); i++) {
        const sep_tensor *tensor = sep_store_tensor(store, i);
        if (!is_outermost(tensor))
            continue;
        support_array golden = golden_array(method, tensor->name);
        support_array got = support_array_create(tensor->shape, SEP_F32);
        size_t count = (size_t)support_count(&golden);
        MUST(sep_tensor_read(store, tensor, got.f32));
        double off = golden_distance(got.f32, golden.f32, count) / golden_largest(golden.f32, count);
        if (!(off <= PARAMETER_TOLERANCE))
            fail_msg("%s is %.1e of its largest element from PyTorch's", tensor->name, off);
        support_array_free(&golden);
        support_array_free(&got);
        checked++;
    }
    return checked;
}

/* Of a contrast the uniform numbers, else all but the ramp and, which comes last, the weight of registered labels. */
static void replace_draws_of(sep_step *s, sep_host_value *draws, bool contrasts)
{
    const int values = s->host_values - (!contrasts && s->registered->used);

    for (int i = 0; i < values; i++) {
        sep_host_input *input = &s->host_value[i];
        if (contrasts ? input->stream != 0 : input->value != sep_ramp_weight)
            input->value = draws;
    }
}

static void replace_draws(sep_stages *stages, sep_host_value *draws, bool contrasts)
{
    for (int s = 0; s < stages->count; s++)
        replace_draws_of(&stages->graph[s].step, draws, contrasts);
}

/* What the loader would make, by the patterns of the script: the labels of the other unlabelled image for registered
 * ones, how far they are agreed on, and matches in the maps of the step before. */
enum { PIXELS = 2 * LABELLED * SIDE * SIDE, SLOTS = 4 * LABELLED };

static void fill_registered(const int32_t *labels, int32_t *values)
{
    for (int i = 0; i < LABELLED; i++)
        memcpy(values + i * SIDE * SIDE, labels + (2 * LABELLED - 1 - i) * SIDE * SIDE, sizeof(int32_t) * SIDE * SIDE);
}

static void fill_agreement(float *values)
{
    for (int k = 0; k < LABELLED * SIDE * SIDE; k++)
        values[k] = (float)(k % 5) / 4.0f;
}

static void fill_matches(int partner, int t, int32_t *values)
{
    const int steps = SLOTS / (2 * LABELLED);

    for (int k = 0; k < PIXELS; k++)
        if (partner == 0)
            values[k] = t % steps * PIXELS + k;
        else if (t == 0 || (k + partner - 1) % 3 == 0)
            values[k] = -1;
        else
            values[k] = (t - 1) % steps * PIXELS + (k * 37 + 11 * t + 5 * (partner - 1)) % PIXELS;
}

/* Weak views are the unlabelled images as they are. */
static void fill_view(const sep_stream_request *request, const float *images, float *values)
{
    const float scale = request->view.strong ? 0.75f : 1.0f;
    const float offset = request->view.strong ? 0.125f * (float)(request->view.number + 1) : 0.0f;

    for (int k = 0; k < LABELLED * SIDE * SIDE; k++)
        values[k] = scale * images[LABELLED * SIDE * SIDE + k] + offset;
}

/* Of a stream that the goldens do not hold. */
static void fill_stream(const sep_stream_request *request, const sep_batch *batch, int t, void *values)
{
    const int32_t *labels = batch->label;

    if (request->stream == &sep_view_images)
        fill_view(request, batch->image, values);
    else if (request->stream == &sep_registered_labels)
        fill_registered(labels, values);
    else if (request->stream == &sep_registered_agreement)
        fill_agreement(values);
    else
        fill_matches(request->match.partner, t, values);
}

static bool is_in_goldens(const sep_stream_request *request)
{
    return request->stream == &sep_counterpart_images || request->stream == &sep_counterpart_labels;
}

typedef struct batches {
    support_array image, label, stream[SEP_MAX_STREAMS];
} batches;

/* Streams by their names. */
static void open_batches(const sep_stages *stages, batches *b)
{
    *b = (batches){.image = golden_array("batch", "images"), .label = golden_array("batch", "labels")};
    for (int i = 0; i < stages->streams; i++)
        if (is_in_goldens(&stages->stream[i]))
            b->stream[i] = golden_array("batch", stages->stream[i].stream->name);
}

static void close_batches(batches *b)
{
    support_array_free(&b->image);
    support_array_free(&b->label);
    for (int i = 0; i < SEP_MAX_STREAMS; i++)
        support_array_free(&b->stream[i]);
}

static void run_step(sep_stages *stages, const batches *b, int t)
{
    const size_t pixels = (size_t)(2 * LABELLED) * SIDE * SIDE;
    static int32_t filled[SEP_MAX_STREAMS][PIXELS];
    double rates[SEP_MAX_STUDENTS];
    sep_batch batch = {.count = 2 * LABELLED,
                       .labelled = LABELLED,
                       .image = b->image.f32 + (size_t)t * pixels,
                       .label = b->label.i32 + (size_t)t * pixels};

    for (int i = 0; i < stages->streams; i++) {
        batch.stream[i] = filled[i];
        if (is_in_goldens(&stages->stream[i]))
            batch.stream[i] = b->stream[i].f32 + (size_t)(t * (support_count(&b->stream[i]) / STEPS));
        else
            fill_stream(&stages->stream[i], &batch, t, filled[i]);
    }
    MUST(sep_stages_run(stages, &batch, t, rates));
}

/* `draws` takes the place of all that the method draws; NULL: it stays. */
static void check_method(const char *golden, const char *settings, int students, bool has_teacher,
                         sep_host_value *draws)
{
    sep_options *options = sep_options_create();
    sep_device *device = support_device(NULL, 0);
    support_array losses = golden_array(golden, "losses");
    sep_train_config config;
    sep_stages stages;
    sep_store *store;
    batches b;

    configure(options, settings, students, &config);
    MUST(sep_store_create(device, 1, &store));
    MUST(sep_stages_build(&config, CLASSES, store, &stages));
    MUST(sep_stages_compile(&stages));
    if (draws != NULL)
        replace_draws(&stages, draws, config.contrast.contrast != NULL);
    open_batches(&stages, &b);
    write_start(store, "student_0.", "start_0");
    write_start(store, "student_1.", "start_1");
    write_start(store, "teacher_0.", "start_0");
    write_start(store, "teacher_0_1.", "start_0");
    write_start(store, "auxiliary_0_1.", "start_1");
    write_start(store, "auxiliary_0_2.", "start_0");
    write_start(store, "auxiliary_0_3.", "start_1");
    write_start(store, SEP_PROJECTOR "_full.", "projector_full");
    write_start(store, SEP_PROJECTOR "_eighth.", "projector_eighth");
    write_start(store, "deformation.", "deformation");
    for (int t = 0; t < STEPS; t++) {
        run_step(&stages, &b, t);
        check_losses(&stages, &losses, t);
    }
    assert_int_equal(check_parameters(store, golden),
                     golden_count(golden, "student_") + golden_count(golden, "auxiliary_") +
                         golden_count(golden, SEP_PROJECTOR) + golden_count(golden, "deformation.") +
                         (has_teacher ? golden_count(golden, "teacher_") : 0));
    support_array_free(&losses);
    close_batches(&b);
    sep_stages_free(&stages);
    sep_store_destroy(store);
    sep_device_destroy(device);
    sep_options_destroy(options);
}

static void test_supervised(void **state)
{
    (void)state;
    check_method("supervised", "[train]\nmethod = supervised\n", 1, false, NULL);
}

static void test_mean_teacher(void **state)
{
    (void)state;
    check_method("mean_teacher", "[train]\nmethod = mean-teacher\n[mean-teacher]\ndecay = 0.6\nnoise = 0\nsilent = 0\n",
                 1, true, NULL);
}

static void test_uamt(void **state)
{
    (void)state;
    check_method("uamt", "[train]\nmethod = uamt\n[uamt]\ndecay = 0.6\nnoise = 0\npasses = 2\nlimit = 0.8\n", 1, true,
                 NULL);
}

static void give_shares(const sep_moment *now, float *values, int64_t count)
{
    static const float shares[STEPS] = {0.25f, 0.875f, 0.5f};

    for (int64_t i = 0; i < count; i++)
        values[i] = shares[now->iteration];
}

static void test_ict(void **state)
{
    (void)state;
    check_method("ict", "[train]\nmethod = ict\n[ict]\ndecay = 0.6\n", 1, true, give_shares);
}

static void give_turns(const sep_moment *now, float *values, int64_t count)
{
    static const float turns[STEPS] = {1, 3, 2};

    assert_int_equal(count, 1);
    values[0] = turns[now->iteration];
}

static void test_dct(void **state)
{
    (void)state;
    check_method("dct", "[train]\nmethod = dct\n", 1, false, give_turns);
}

/* Another for each element, so that it matters which of them a map meets. */
static void give_pattern(const sep_moment *now, float *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        values[i] = (float)((i + now->iteration) % 7 + 22) / 32.0f;
}

static void test_cct(void **state)
{
    (void)state;
    check_method("cct", "[train]\nmethod = cct\n[cct]\ndropout = 0\n", 1, false, give_pattern);
}

#define REGISTERED "registered = yes\n[registered]\nweight = 0.7\nfade = yes\n"

static void test_ict_registered(void **state)
{
    (void)state;
    check_method("ict_registered", "[train]\nmethod = ict\n" REGISTERED "[ict]\ndecay = 0.6\n", 1, true, give_shares);
}

static void test_dct_registered(void **state)
{
    (void)state;
    check_method("dct_registered", "[train]\nmethod = dct\n" REGISTERED, 1, false, give_turns);
}

static void test_cct_registered(void **state)
{
    (void)state;
    check_method("cct_registered", "[train]\nmethod = cct\n" REGISTERED "[cct]\ndropout = 0\n", 1, false, give_pattern);
}

static void test_cps(void **state)
{
    (void)state;
    check_method("cps", "[train]\nmethod = cps\n", 2, false, NULL);
}

static void test_cross_teaching(void **state)
{
    (void)state;
    check_method("cross_teaching", "[train]\nmethod = cross-teaching\n", 2, false, NULL);
}

/* The segmenter, the registration, the segmenter. */
static void test_deep_atlas(void **state)
{
    (void)state;
    check_method("deep_atlas",
                 "[train]\nmethod = deep-atlas\n[deep-atlas]\nbase = 2\nscale = 2\nsquarings = 2\n"
                 "[deformation]\nlearning_rate = 0.05\n",
                 1, false, NULL);
}

/* ---- mixed images ------------------------------------------------------------------------------------------------ */

static void give_boxes(int t, float *values, int64_t samples)
{
    memset(values, 0, (size_t)samples * SIDE * SIDE * sizeof *values);
    for (int i = 0; i < (int)samples; i++)
        for (int y = 3 + 2 * i + t; y < 17 + 2 * i + t; y++)
            for (int x = 5 + 4 * i; x < 17 + 4 * i + t; x++)
                values[(i * SIDE + y) * SIDE + x] = 1.0f;
}

/* Of the weight of pseudo-labels, of which samples' boxes show a labelled image, and of boxes. */
static void give_mixture(const sep_moment *now, float *values, int64_t count)
{
    if (count == 1)
        values[0] = 0.5f;
    else if (count == LABELLED)
        for (int i = 0; i < LABELLED; i++)
            values[i] = i == 0 ? 1.0f : 0.0f;
    else
        give_boxes((int)now->iteration, values, count / (SIDE * SIDE));
}

/* Turns of one iteration each, as the method draws them. */
static void give_turn(const sep_moment *now, float *values, int64_t count)
{
    give_mixture(now, values, count);
    if (count == LABELLED)
        for (int i = 0; i < LABELLED; i++)
            values[i] = (float)(now->iteration % 2);
}

/* A step of labelled images, two of both. */
static void test_copy_paste(void **state)
{
    (void)state;
    check_method("copy_paste", "[train]\nmethod = copy-paste\n[copy-paste]\npretraining = 0.1\ndecay = 0.6\n", 1, true,
                 give_mixture);
}

static void test_weak_to_strong(void **state)
{
    (void)state;
    check_method(
        "weak_to_strong",
        "[train]\nmethod = weak-to-strong\n[weak-to-strong]\nwarm_up = 0\ndecay = 0.6\nthreshold = 0.3\nimages = 2\n",
        1, true, give_mixture);
}

static void test_ad_mt(void **state)
{
    (void)state;
    check_method("ad_mt", "[train]\nmethod = ad-mt\n[ad-mt]\ndecay = 0.6\nthreshold = 0.3\nlongest = 1\n", 1, true,
                 give_turn);
}

/* A step of labelled images, one of all, one with the labels of volumes. */
static void test_night(void **state)
{
    (void)state;
    check_method(
        "night",
        "[train]\nmethod = night\n[night]\nwarm_up = 0.1\nrelabel = 0.15\ndecay = 0.6\nthreshold = 0.5\nlowest = 0.3\n",
        1, true, give_mixture);
}

/* ---- contrasts --------------------------------------------------------------------------------------------------- */

/* Spread over [0, 1), the same for each use. */
static void give_spread(const sep_moment *now, float *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        values[i] = ((float)((i * 37 + 11 * now->iteration) % 64) + 0.5f) / 64.0f;
}

#define COMMON_CONTRAST "hidden = 4\nfeatures = 6\nweight = 0.5\ntemperature = 0.5\n"

static void test_mcsc(void **state)
{
    (void)state;
    check_method("mcsc",
                 "[train]\nmethod = mcsc\n[mcsc]\n" COMMON_CONTRAST "full_patch = 8\neighth_patch = 2\npairs = 0\n", 2,
                 false, give_spread);
}

static void test_scl(void **state)
{
    (void)state;
    check_method("scl",
                 "[train]\nmethod = cross-teaching\ncontrast = scl\n[scl]\n" COMMON_CONTRAST
                 "full_patch = 8\ngroups = 3\ncross = no\n",
                 2, false, give_spread);
}

static void test_balanced(void **state)
{
    (void)state;
    check_method("balanced",
                 "[train]\nmethod = cross-teaching\ncontrast = balanced\n[balanced]\n" COMMON_CONTRAST
                 "full_patch = 8\ngroups = 2\n",
                 2, false, give_spread);
}

static void test_glcl(void **state)
{
    (void)state;
    check_method("glcl",
                 "[train]\nmethod = cross-teaching\ncontrast = glcl\n[glcl]\n" COMMON_CONTRAST
                 "full_patch = 8\ngroups = 3\nbackground = yes\n",
                 2, false, give_spread);
}

static void test_reco(void **state)
{
    (void)state;
    check_method("reco",
                 "[train]\nmethod = cross-teaching\ncontrast = reco\n[reco]\n" COMMON_CONTRAST
                 "queries = 16\nkeys = 12\nvalid = 0.3\nhard = 0.9\n",
                 2, false, give_spread);
}

#define SMALL_MEMORY                                                                                                   \
    "[mcsc-v2]\n" COMMON_CONTRAST "anchors = 16\nkeys = 12\nmemory = 40\npushed = 0.5\nconfidence = 0.3\n"

static void test_mcsc_v2(void **state)
{
    (void)state;
    check_method("mcsc_v2", "[train]\nmethod = mcsc-v2\n" SMALL_MEMORY, 2, false, give_spread);
}

static void test_mcsc_v2_with_a_teacher(void **state)
{
    (void)state;
    check_method("mcsc_v2_taught",
                 "[train]\nmethod = mean-teacher\ncontrast = mcsc-v2\n[mean-teacher]\ndecay = 0.6\nnoise = 0\n"
                 "silent = 0\n" SMALL_MEMORY "eighth = no\n",
                 1, true, give_spread);
}

static void test_cct_r(void **state)
{
    (void)state;
    check_method("cct_r",
                 "[train]\nmethod = cct-r\n[registered]\nweight = 0.7\nfade = yes\n[cct-r]\n" COMMON_CONTRAST
                 "anchors = 16\nkeys = 12\nconfidence = 0.3\nregistered = 0.4\npartners = 2\nslices = 8\n",
                 2, false, give_spread);
}

static int open_goldens(void **state)
{
    (void)state;
    return golden_open("tests/golden/methods.safetensors");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_supervised),
        cmocka_unit_test(test_mean_teacher),
        cmocka_unit_test(test_uamt),
        cmocka_unit_test(test_ict),
        cmocka_unit_test(test_dct),
        cmocka_unit_test(test_cct),
        cmocka_unit_test(test_ict_registered),
        cmocka_unit_test(test_dct_registered),
        cmocka_unit_test(test_cct_registered),
        cmocka_unit_test(test_cps),
        cmocka_unit_test(test_cross_teaching),
        cmocka_unit_test(test_deep_atlas),
        cmocka_unit_test(test_copy_paste),
        cmocka_unit_test(test_weak_to_strong),
        cmocka_unit_test(test_ad_mt),
        cmocka_unit_test(test_night),
        cmocka_unit_test(test_cct_r),
        cmocka_unit_test(test_mcsc),
        cmocka_unit_test(test_scl),
        cmocka_unit_test(test_balanced),
        cmocka_unit_test(test_glcl),
        cmocka_unit_test(test_reco),
        cmocka_unit_test(test_mcsc_v2),
        cmocka_unit_test(test_mcsc_v2_with_a_teacher),
    };

    return cmocka_run_group_tests(tests, open_goldens, golden_close);
}
