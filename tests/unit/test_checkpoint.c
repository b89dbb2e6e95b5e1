/* Checkpoints: what is read back, and that a description which does not fit its tensors, or a tensor that is not the
 * one that was written, is refused before anything is allocated for the networks. */
#include "septum/model.h"

#include "model/checkpoint.h"
#include "model/predictor.h"
#include "support_net.h"
#include "support_scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { SIDE = 32, TEXT = 8192 };

static const sep_scan_set seven = {7, 0xfedcba9876543210ULL, 0xa123456789abcdefULL};

/* ---- a checkpoint ------------------------------------------------------------------------------------------------ */

static sep_net_spec small_net(int classes)
{
    sep_net_spec spec = support_net("u-net", "base = 4", classes, SIDE, SIDE);

    assert_int_equal(sep_net_complete(&spec), SEP_OK);
    return spec;
}

static sep_model_info make_info(int students, int classes)
{
    sep_model_info info = {.students = students,
                           .method = sep_strdup("cross-teaching"),
                           .settings = sep_strdup("[train]\nseed = 5\n"),
                           .iteration = 40,
                           .best.student = students - 1,
                           .best_iteration = 20,
                           .best_dice = 0.25,
                           .validated = 20,
                           .knows_run = true,
                           .seed = 5,
                           .labelled = seven};
    char name[16];

    for (int i = 0; i < students; i++)
        info.spec[i] = small_net(classes);
    for (int i = 0; i < classes; i++) {
        snprintf(name, sizeof name, "class %d", i);
        assert_int_equal(sep_strings_add(&info.class_names, name), SEP_OK);
    }
    return info;
}

/* With `nets` networks, and the momenta of one tensor, beside a description of `students`. */
static const char *make_checkpoint(const char *name, int students, int nets, int classes)
{
    const char *path = scratch_path(name);
    sep_model_info info = make_info(students, classes);
    sep_net_spec specs[SEP_MAX_STUDENTS];
    sep_device *device;
    sep_store *store;
    sep_tensor *tensor;

    assert_int_equal(sep_cpu_create(1, NULL, &device), SEP_OK);
    assert_int_equal(sep_store_create(device, 1, &store), SEP_OK);
    for (int i = 0; i < nets; i++) {
        specs[i] = small_net(classes);
        sep_network_graph student = {0};
        assert_int_equal(sep_network_build(store, specs, SEP_MAX_STUDENTS, i, 1, &student), SEP_OK);
        sep_graph_destroy(student.graph);
    }
    assert_int_equal(sep_store_require(store,
                                       &(sep_tensor){.name = "student_0.encoder_0.conv_0.weight.moments",
                                                     .shape = SEP_SHAPE(2, 36),
                                                     .role = SEP_ROLE_OPTIMISER},
                                       &tensor),
                     SEP_OK);
    assert_int_equal(sep_store_allocate(store), SEP_OK);
    assert_int_equal(sep_checkpoint_write(path, store, &info), SEP_OK);
    sep_store_destroy(store);
    sep_device_destroy(device);
    sep_model_info_free(&info);
    return path;
}

/* ---- edited by hand ---------------------------------------------------------------------------------------------- */

enum { ALL = 0 };

/* Replaces the `which`-th occurrence of `from`, or all; there must be one. */
static void replace(const char *text, const char *from, const char *to, int which, char *edited)
{
    int found = 0;
    size_t length = 0;

    while (*text != '\0') {
        bool here = strncmp(text, from, strlen(from)) == 0 && (++found == which || which == ALL);
        length +=
            (size_t)snprintf(edited + length, TEXT - length, "%.*s", here ? (int)strlen(to) : 1, here ? to : text);
        text += here ? strlen(from) : 1;
    }
    if (found < which || found == 0 || length >= TEXT)
        fail_msg("%d times '%s' in the description", found, from);
}

/* The checkpoint with another description, or without the note `dropped`. */
static const char *edit(const char *path, const char *from, const char *to, int which, const char *dropped)
{
    const char *result = scratch_path("edited.safetensors");
    sep_safetensors_writer *writer = sep_safetensors_writer_create();
    sep_safetensors *file;
    char edited[TEXT];

    assert_int_equal(sep_safetensors_open(path, &file), SEP_OK);
    for (int i = 0; i < sep_safetensors_count(file); i++) {
        const sep_stored_tensor *t = sep_safetensors_at(file, i);
        assert_int_equal(sep_safetensors_add(writer, t->name, t->type, &t->shape, t->data), SEP_OK);
    }
    for (int i = 0; i < sep_safetensors_note_count(file); i++) {
        const char *key, *value;
        sep_safetensors_note_at(file, i, &key, &value);
        if (dropped != NULL && strcmp(key, dropped) == 0)
            continue;
        if (from != NULL && strcmp(key, "septum") == 0) {
            replace(value, from, to, which, edited);
            value = edited;
        }
        assert_int_equal(sep_safetensors_add_note(writer, key, value), SEP_OK);
    }
    assert_int_equal(sep_safetensors_write(writer, result), SEP_OK);
    sep_safetensors_close(file);
    sep_safetensors_writer_destroy(writer);
    return result;
}

/* ---- a device that must not be asked for memory ------------------------------------------------------------------ */

static int buffers_made;

static sep_buffer *count_buffer(sep_device *device, size_t bytes)
{
    (void)device, (void)bytes;
    buffers_made++;
    return NULL;
}

static void assert_refused(const char *path, sep_status status, const char *why)
{
    sep_device *device;
    sep_model *model;

    assert_int_equal(sep_cpu_create(1, NULL, &device), SEP_OK);
    sep_backend watched = *device->backend;
    const sep_backend *own = device->backend;
    watched.buffer_create = count_buffer;
    device->backend = &watched;
    buffers_made = 0;
    sep_status got = sep_model_load(path, device, &model);
    device->backend = own;
    sep_device_destroy(device);
    if (got != status || strstr(sep_error_text(), why) == NULL || strstr(sep_error_text(), path) == NULL)
        fail_msg("status %d, not %d; '%s' is not in '%s'", got, status, why, sep_error_text());
    assert_int_equal(buffers_made, 0);
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

static void test_round_trip(void **state)
{
    const char *path = make_checkpoint("good.safetensors", 2, 2, 4);
    sep_model_info info;

    (void)state;
    assert_int_equal(sep_model_describe(path, &info), SEP_OK);
    assert_int_equal(info.students, 2);
    assert_int_equal(info.best.student, 1);
    assert_int_equal(info.validated, 20);
    assert_true(info.knows_run && info.seed == 5);
    assert_int_equal(info.labelled.scans, seven.scans);
    assert_true(info.labelled.hash == seven.hash);
    assert_true(info.labelled.labels == seven.labels);
    assert_int_equal(info.validation.scans, 0);
    assert_string_equal(info.class_names.item[3], "class 3");
    assert_string_equal(info.settings, "[train]\nseed = 5\n");
    sep_model_info_free(&info);
}

static void test_descriptions_that_do_not_fit(void **state)
{
    static const struct {
        const char *from, *to;
        int which;
        const char *why;
    } edits[] = {
        /* networks of one file */
        {"\"height\":32,\"width\":32", "\"height\":64,\"width\":64", 2,
         "student 1: images of 64x64, student 0 has 32x32"},
        {"\"classes\":4", "\"classes\":5", 2, "student 1: 5 classes, student 0 has 4"},
        {"\"nets\":", "\"networks\":", 1, "0 networks: 1 to 4 are possible"},
        {"\"net\":\"u-net\"", "\"net\":\"v-net\"", 2, "student 1: there is no network 'v-net'"},
        {"\"best_student\":1", "\"best_student\":2", 1, "'best_student' is 2: -1 to 1 are possible"},
        {"\"best_student\":1", "\"best_student\":-2", 1, "'best_student' is -2"},
        {"\"best_student\":1", "\"best_student\":0.5", 1, "'best_student' is not a whole number"},
        /* limits */
        {"\"classes\":4", "\"classes\":257", ALL, "257 classes (the background is one): 2 to 256 are possible"},
        {"\"classes\":4", "\"classes\":1", ALL, "1 classes (the background is one): 2 to 256 are possible"},
        {"\"height\":32", "\"height\":65536", ALL, "65536 rows: 1 to 8192 are possible"},
        {"\"width\":32", "\"width\":9007199254740993", ALL, "'width' is 9007199254740993"},
        {"\"channels\":1", "\"channels\":65", ALL, "65 channels of the image: 1 to 64 are possible"},
        {"\"channels\":1", "\"channels\":3", ALL, "is 3x3x1x4, not 3x3x3x4"},
        {"\"base\":4", "\"base\":1025", ALL, "'base' is 1025: 1 to 1024 are possible"},
        {"\"base\":4", "\"base\":0", ALL, "'base' is 0: 1 to 1024 are possible"},
        {"\"upsampling\":\"bilinear\"", "\"upsampling\":\"nearest\"", ALL, "'upsampling' is none of bilinear|"},
        {"\"no_dropout\":false", "\"no_dropout\":0", ALL, "'no_dropout' is not true or false"},
        {"\"base\":4", "\"base\":\"4\"", ALL, "'base' is not a whole number"},
        {"\"height\":32", "\"height\":40", ALL, "multiples of 16"},
        {"\"net\":\"u-net\"", "\"net\":\"swin-unet\"", ALL, "multiples of 224"},
        /* classes */
        {",\"class 3\"", "", 1, "3 class names for 4 classes"},
        {",\"class 3\"", ",3", 1, "class name 3 is not text"},
        /* the tensors */
        {"\"base\":4", "\"base\":600", ALL, "tensor 'student_0.encoder_0.conv_0.weight' is 3x3x1x4, not 3x3x1x600"},
        {"\"base\":4", "\"base\":8", 2, "tensor 'student_1.encoder_0.conv_0.weight' is 3x3x1x4, not 3x3x1x8"},
        {"\"upsampling\":\"bilinear\"", "\"upsampling\":\"transposed\"", ALL,
         "there is no tensor 'student_0.decoder_3.up.weight'"},
        /* the rest */
        {"\"method\":", "\"way\":", 1, "it names no method"},
        {"\"iteration\":40", "\"iteration\":-40", 1, "'iteration' is -40"},
        {"\"hash\":\"fe", "\"hash\":\"xy", 1, "'hash' of the labelled scans is no number"},
        {"\"labels\":\"a1", "\"labels\":\"xy", 1, "'labels' of the labelled scans is no number"},
        {"\"window\":false,\"low\":0.0", "\"window\":true,\"low\":5.0", 1, "the intensity window ends where it begins"},
        {"{", "", 1, "the checkpoint's description is damaged"},
    };
    char *path = sep_strdup(make_checkpoint("whole.safetensors", 2, 2, 4)); /* longer than eight more paths */

    (void)state;
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++)
        assert_refused(edit(path, edits[i].from, edits[i].to, edits[i].which, NULL), SEP_ERR_FORMAT, edits[i].why);
    sep_free(path);
    /* what the file has, and the description does not know */
    assert_refused(make_checkpoint("more.safetensors", 1, 2, 4), SEP_ERR_FORMAT,
                   "tensor 'student_1.encoder_0.conv_0.weight' belongs to none");
}

/* A U-Net's weights know nothing of the size of its images: only the memory's limit stops this one. */
static void test_large_images_meet_the_limit_of_memory(void **state)
{
    const char *path = make_checkpoint("small.safetensors", 1, 1, 4);
    const char *large = edit(path, "\"height\":32,\"width\":32", "\"height\":8192,\"width\":8192", ALL, NULL);

    (void)state;
    sep_memory_set_limit(1 << 30);
    assert_refused(large, SEP_ERR_MEMORY, "prediction of 4 slices of 8192x8192 at once: would take");
    sep_memory_set_limit(0);
}

static void test_as_many_classes_as_labels_have(void **state)
{
    const char *path = make_checkpoint("classes.safetensors", 1, 1, SEP_MOST_CLASSES);
    sep_device *device;
    sep_model *model;

    (void)state;
    assert_int_equal(sep_cpu_create(1, NULL, &device), SEP_OK);
    if (sep_model_load(path, device, &model) != SEP_OK)
        fail_msg("%s", sep_error_text());
    assert_int_equal(sep_model_get_info(model)->spec[0].classes, 256);
    sep_model_destroy(model);
    sep_device_destroy(device);
}

/* One bit of one weight, of the first tensor or of the optimiser's. */
static void test_sum(void **state)
{
    const char *path = make_checkpoint("sum.safetensors", 1, 1, 4), *flipped = scratch_path("flipped.safetensors");
    unsigned char *bytes;
    size_t count;
    sep_model_info info;

    (void)state;
    assert_int_equal(sep_file_read(path, (void **)&bytes, &count), SEP_OK);
    for (size_t back = 1; back < 1000; back += 333) {
        bytes[count - back] ^= 1;
        assert_int_equal(sep_file_write_atomic(flipped, bytes, count), SEP_OK);
        assert_refused(flipped, SEP_ERR_FORMAT, "is damaged: its weights are not those that were written");
        bytes[count - back] ^= 1;
    }
    /* earlier versions kept none */
    assert_int_equal(sep_file_write_atomic(flipped, bytes, count), SEP_OK);
    assert_int_equal(sep_model_describe(edit(flipped, NULL, NULL, ALL, "crc32"), &info), SEP_OK);
    sep_model_info_free(&info);
    sep_free(bytes);
}

/* What is decided later changes nothing else: taken back, the file is what it was. */
static void test_decisions(void **state)
{
    const char *path = make_checkpoint("decided.safetensors", 2, 2, 4);
    const sep_decisions decided = {.known = true, .tta = SEP_TTA_FLIPS, .smooth = true, .largest = {[3] = true}},
                        none = {0};
    sep_model_info info;
    void *before, *after;
    size_t bytes, bytes_after;

    (void)state;
    assert_int_equal(sep_file_read(path, &before, &bytes), SEP_OK);
    assert_int_equal(sep_checkpoint_decide(path, &decided), SEP_OK);
    assert_int_equal(sep_model_describe(path, &info), SEP_OK);
    assert_true(info.decisions.known && info.decisions.smooth);
    assert_true(info.decisions.largest[3] && !info.decisions.largest[1]);
    assert_int_equal(info.decisions.tta, SEP_TTA_FLIPS);
    sep_model_info_free(&info);
    assert_int_equal(sep_checkpoint_decide(path, &none), SEP_OK);
    assert_int_equal(sep_file_read(path, &after, &bytes_after), SEP_OK);
    assert_int_equal(bytes, bytes_after);
    assert_memory_equal(before, after, bytes);
    sep_free(before);
    sep_free(after);
}

static void test_earlier_versions_say_less(void **state)
{
    const char *path = make_checkpoint("now.safetensors", 1, 1, 4), *then;
    sep_model_info info;

    (void)state;
    then = edit(path, "\"run\":", "\"unknown\":", 1, NULL);
    assert_int_equal(sep_model_describe(then, &info), SEP_OK);
    assert_false(info.knows_run);
    sep_model_info_free(&info);
    then = edit(path, "\"validated\":20", "\"unknown\":20", 1, NULL);
    assert_int_equal(sep_model_describe(then, &info), SEP_OK);
    assert_int_equal(info.validated, 40); /* none was left open */
    sep_model_info_free(&info);
    assert_refused(edit(path, NULL, NULL, ALL, "septum"), SEP_ERR_FORMAT, "not a checkpoint of septum");
}

/* ---- memories ---------------------------------------------------------------------------------------------------- */

static size_t largest_download;
static sep_status (*plain_download)(sep_device *device, const sep_buffer *from, size_t offset, void *to, size_t bytes);

static sep_status note_download(sep_device *device, const sep_buffer *from, size_t offset, void *to, size_t bytes)
{
    largest_download = bytes > largest_download ? bytes : largest_download;
    return plain_download(device, from, offset, to, bytes);
}

enum { MEMORY_COLUMNS = 3 << 20 }; /* 12 MiB a row */

static sep_tensor *add_memory(sep_store *store, const char *name, int rows, sep_dtype dtype)
{
    const sep_tensor wanted = {
        .name = name, .shape = SEP_SHAPE(rows, MEMORY_COLUMNS), .dtype = dtype, .role = SEP_ROLE_MEMORY};
    sep_tensor *tensor;

    assert_int_equal(sep_store_require(store, &wanted, &tensor), SEP_OK);
    assert_int_equal(sep_store_allocate(store), SEP_OK);
    return tensor;
}

/* The largest int is a NaN to who takes it for a float. */
static void fill(sep_store *store, sep_tensor *tensor, int32_t last)
{
    int32_t *values = sep_calloc(sep_tensor_bytes(tensor), 1);

    values[MEMORY_COLUMNS - 1] = last;
    assert_int_equal(sep_tensor_write(store, tensor, values), SEP_OK);
    sep_free(values);
}

/* No tensor is copied whole on the way out, and all come back, of both types. */
static void test_memories(void **state)
{
    const char *path = scratch_path("memories.safetensors");
    sep_model_info info = make_info(1, 4);
    sep_safetensors *file;
    sep_device *device;
    sep_store *store;
    uint64_t before, after;

    (void)state;
    assert_int_equal(sep_cpu_create(1, NULL, &device), SEP_OK);
    assert_int_equal(sep_store_create(device, 1, &store), SEP_OK);
    sep_tensor *bank = add_memory(store, "memory.bank", 1, SEP_F32), *label = add_memory(store, "memory.l", 2, SEP_I32);
    fill(store, bank, 0x3f800000);
    fill(store, label, INT32_MAX);
    assert_int_equal(sep_store_hash(store, &before), SEP_OK);

    sep_backend watched = *device->backend;
    const sep_backend *own = device->backend;
    plain_download = own->download;
    watched.download = note_download;
    device->backend = &watched;
    assert_int_equal(sep_checkpoint_write(path, store, &info), SEP_OK);
    device->backend = own;
    assert_in_range(largest_download, 1, SEP_TENSOR_PIECE);

    fill(store, bank, 0);
    fill(store, label, 0);
    assert_int_equal(sep_safetensors_open(path, &file), SEP_OK);
    assert_int_equal(sep_checkpoint_restore(path, file, store, true), SEP_OK);
    assert_int_equal(sep_store_hash(store, &after), SEP_OK);
    assert_true(after == before);
    sep_safetensors_close(file);

    fill(store, bank, INT32_MAX);
    assert_int_equal(sep_checkpoint_write(path, store, &info), SEP_ERR_NUMERIC);
    assert_non_null(strstr(sep_error_text(), "tensor 'memory.bank' holds values that are not finite"));
    sep_store_destroy(store);
    sep_device_destroy(device);
    sep_model_info_free(&info);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_descriptions_that_do_not_fit),
        cmocka_unit_test(test_large_images_meet_the_limit_of_memory),
        cmocka_unit_test(test_as_many_classes_as_labels_have),
        cmocka_unit_test(test_sum),
        cmocka_unit_test(test_decisions),
        cmocka_unit_test(test_earlier_versions_say_less),
        cmocka_unit_test(test_memories),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
