/* Weights under the names of other programs in septum's encoders: each map as the PyTorch module with these names and
 * weights makes it (tests/reference/make_pretrained_goldens.py), and what is refused. */
#include "pretrained/pretrained.h"

#include "septum/ops.h"
#include "support_golden.h"
#include "support_net.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOLERANCE 2e-5 /* of a map's largest element */
#define SCOPE     "student_0."

#define SWIN   "base = 4\nblocks = 2\nwindow = 2\nhead_channels = 2\nno_dropout = true"
#define RESNET "base = 4\nblocks_0 = 1\nblocks_1 = 2\nblocks_2 = 2\ngroups = 2"
#define VIT    "hidden = 8\nheads = 2\nlayers = 2\nmlp = 16\ndecoder = 16\nno_dropout = true"

#define MUST(call)                                                                                                     \
    do {                                                                                                               \
        if ((call) != SEP_OK)                                                                                          \
            fail_msg("%s: %s", #call, sep_error_text());                                                               \
    } while (0)

/* ---- a file, and a network that starts from it ---------------------------------------------------------------------
 */

typedef struct weights {
    char path[64];
    void *bytes; /* of the file, which a test may spoil before it is parsed */
    size_t count;
    sep_safetensors *file;
    sep_pretrained pretrained;
} weights;

static weights weights_read(const char *name)
{
    weights w = {0};

    snprintf(w.path, sizeof w.path, "tests/golden/pretrained/%s.safetensors", name);
    MUST(sep_file_read(w.path, &w.bytes, &w.count));
    return w;
}

static sep_status weights_parse(weights *w)
{
    MUST(sep_safetensors_parse(w->path, w->bytes, w->count, &w->file));
    return sep_pretrained_recognise(w->path, w->file, &w->pretrained);
}

static void weights_free(weights *w)
{
    sep_safetensors_close(w->file);
    sep_free(w->bytes);
}

/* Changes a name in the file's header to another of the same length, wherever it occurs. */
static void rename_in(weights *w, const char *from, const char *to)
{
    const size_t length = strlen(from);
    char *text = w->bytes;
    int found = 0;

    assert_int_equal(length, strlen(to));
    for (size_t i = 8; i + length <= w->count; i++)
        if (memcmp(text + i, from, length) == 0) {
            memcpy(text + i, to, length);
            found++;
        }
    assert_true(found > 0);
}

typedef struct started {
    sep_device *device;
    sep_store *store;
    sep_graph *graph;
    sep_node *image;
    sep_maps maps;
} started;

static started started_create(const sep_net_spec *spec)
{
    started s = {.device = support_device(NULL, 0)};
    sep_net_output output;

    MUST(sep_store_create(s.device, 1, &s.store));
    s.graph = sep_graph_create(s.store, false);
    sep_scope_push(s.graph, "student_0");
    s.image = sep_input(s.graph, "image", SEP_SHAPE(1, spec->height, spec->width, spec->channels), SEP_F32);
    MUST(sep_net_encode(s.graph, spec, s.image, &s.maps));
    for (int i = 0; i < s.maps.count; i++)
        sep_keep(s.graph, s.maps.map[i]);
    MUST(sep_net_decode(s.graph, spec, &s.maps, &output));
    sep_scope_pop(s.graph);
    MUST(sep_graph_compile(s.graph));
    return s;
}

static sep_status take(started *s, const weights *w, const sep_net_spec *spec)
{
    for (int i = 0; i < sep_store_count(s->store); i++) {
        sep_tensor *tensor = sep_store_tensor(s->store, i);
        SEP_TRY(sep_pretrained_copy(&w->pretrained, spec, tensor->name + strlen(SCOPE), s->store, tensor));
    }
    return SEP_OK;
}

static void started_destroy(started *s)
{
    sep_graph_destroy(s->graph);
    sep_store_destroy(s->store);
    sep_device_destroy(s->device);
}

/* The file's image is of the network's size. */
static sep_net_spec spec_of(const weights *w, const char *net, const char *settings)
{
    const sep_shape image = sep_safetensors_find(w->file, "golden.image")->shape;
    sep_net_spec spec = support_net(net, settings, 3, image.dim[1], image.dim[2]);

    spec.channels = image.dim[3];
    MUST(sep_net_complete(&spec));
    return spec;
}

/* ---- maps ----------------------------------------------------------------------------------------------------------
 */

static void check_map(const started *s, int index, int golden)
{
    char name[32];

    snprintf(name, sizeof name, "map_%d", golden);
    support_array expected = golden_array("golden", name);
    support_array got = support_array_create(*sep_node_shape(s->maps.map[index]), SEP_F32);
    const size_t count = (size_t)support_count(&expected);

    assert_true(sep_shape_equal(&got.shape, &expected.shape));
    MUST(sep_fetch(s->graph, s->maps.map[index], got.f32));
    const double off = golden_distance(got.f32, expected.f32, count) / golden_largest(expected.f32, count);
    if (!(off <= TOLERANCE))
        fail_msg("map %d is off by %.1e of its largest element", index, off);
    support_array_free(&got);
    support_array_free(&expected);
}

/* Expects of the encoder's maps the first `count` to be the file's from number `first` on. */
static void check_maps(const char *file, const char *net, const char *settings, int first, int count)
{
    weights w = weights_read(file);

    MUST(weights_parse(&w));
    assert_int_equal(golden_open(w.path), 0);
    const sep_net_spec spec = spec_of(&w, net, settings);
    started s = started_create(&spec);
    support_array image = golden_array("golden", "image");

    MUST(take(&s, &w, &spec));
    MUST(sep_feed(s.graph, s.image, image.f32));
    MUST(sep_graph_run(s.graph, &(sep_step_info){.seed = 1}));
    for (int i = 0; i < count; i++)
        check_map(&s, i, first + i);
    support_array_free(&image);
    golden_close(NULL);
    started_destroy(&s);
    weights_free(&w);
}

static void test_swin(void **state)
{
    (void)state;
    check_maps("swin", "swin-unet", SWIN, 0, 4);
    check_maps("swin-timm", "swin-unet", SWIN, 0, 4);
}

static void test_resnet(void **state)
{
    (void)state;
    check_maps("resnet", "r50-unet", RESNET, 0, 4);
    check_maps("resnet", "r50-att-unet", RESNET, 0, 4);
}

/* Another grid of positions, another number of channels. */
static void test_vit(void **state)
{
    (void)state;
    check_maps("vit-timm", "vit", VIT, 0, 1);
    check_maps("vit-jax", "vit", VIT, 0, 1);
}

/* R50-ViT has the tokens alone, R50-UNet the ResNet's last map, of which there is no golden, in their place. */
static void test_hybrid(void **state)
{
    static const char *const files[] = {"r50-vit-timm", "r50-vit-jax"};

    (void)state;
    for (int i = 0; i < 2; i++) {
        check_maps(files[i], "trans-unet", RESNET "\n" VIT, 0, 4);
        check_maps(files[i], "r50-vit", RESNET "\n" VIT, 3, 1);
        check_maps(files[i], "r50-unet", RESNET, 0, 3);
    }
}

/* ---- tensors -------------------------------------------------------------------------------------------------------
 */

static float *values_of(const started *s, const char *name, size_t *count)
{
    char full[128];

    snprintf(full, sizeof full, SCOPE "%s", name);
    const sep_tensor *tensor = sep_store_find(s->store, full);
    assert_non_null(tensor);
    *count = sep_tensor_bytes(tensor) / sizeof(float);
    float *values = sep_calloc(*count, sizeof *values);
    MUST(sep_tensor_read(s->store, tensor, values));
    return values;
}

static bool are_same(const started *s, const char *first, const char *second)
{
    size_t count, other;
    float *a = values_of(s, first, &count), *b = values_of(s, second, &other);
    const bool same = count == other && memcmp(a, b, count * sizeof *a) == 0;

    sep_free(a);
    sep_free(b);
    return same;
}

/* How many of the network's parameters have a source, and how many of these are mirrored. */
static int count_sources(const started *s, const weights *w, const sep_net_spec *spec, int *mirrored)
{
    const sep_pretrained_use *use = sep_pretrained_use_of(&w->pretrained, spec->net);
    sep_pretrained_source source;
    int found = 0;

    *mirrored = 0;
    assert_non_null(use);
    for (int i = 0; i < sep_store_count(s->store); i++)
        if (sep_pretrained_find(&w->pretrained, use, sep_store_tensor(s->store, i)->name + strlen(SCOPE), &source)) {
            found++;
            *mirrored += source.mirrored;
        }
    return found;
}

/* 13 tensors a block: eight blocks and, of three stages, six in the decoder; embedding 4, merging 3 each, norm 2. */
static void test_mirror(void **state)
{
    weights w = weights_read("swin");
    int mirrored;

    (void)state;
    MUST(weights_parse(&w));
    const sep_net_spec spec = spec_of(&w, "swin-unet", SWIN);
    started s = started_create(&spec);
    MUST(take(&s, &w, &spec));
    assert_int_equal(count_sources(&s, &w, &spec, &mirrored), 14 * 13 + 4 + 9 + 2);
    assert_int_equal(mirrored, 6 * 13);
    assert_true(are_same(&s, "encoder_2.block_1.attention.table", "decoder_2.block_1.attention.table"));
    assert_true(are_same(&s, "encoder_0.block_0.mlp.reduce.weight", "decoder_0.block_0.mlp.reduce.weight"));
    assert_false(are_same(&s, "encoder_2.block_0.mlp.expand.weight", "decoder_2.block_1.mlp.expand.weight"));
    started_destroy(&s);
    weights_free(&w);
}

/* 8 tensors a block, in fourteen blocks. */
static void test_cs_unet(void **state)
{
    weights w = weights_read("swin-timm");
    int mirrored;

    (void)state;
    MUST(weights_parse(&w));
    const sep_net_spec spec = spec_of(&w, "cs-unet", SWIN);
    started s = started_create(&spec);
    MUST(take(&s, &w, &spec));
    assert_int_equal(count_sources(&s, &w, &spec, &mirrored), 14 * 8 + 9 + 2);
    assert_int_equal(mirrored, 6 * 8);
    assert_true(are_same(&s, "encoder_1.block_0.dsf.expand.weight", "decoder_1.block_0.dsf.expand.weight"));
    started_destroy(&s);
    weights_free(&w);
}

/* ---- refusals ------------------------------------------------------------------------------------------------------
 */

static void refuse(weights *w, const char *net, const char *settings, sep_status why, const char *text)
{
    MUST(weights_parse(w));
    const sep_net_spec spec = spec_of(w, net, settings);
    started s = started_create(&spec);

    assert_int_equal(take(&s, w, &spec), why);
    if (strstr(sep_error_text(), text) == NULL)
        fail_msg("'%s' is not in '%s'", text, sep_error_text());
    started_destroy(&s);
    weights_free(w);
}

static void test_other_sizes(void **state)
{
    weights w = weights_read("swin");

    (void)state;
    refuse(&w, "swin-unet", "base = 8\nwindow = 2\nhead_channels = 4", SEP_ERR_SHAPE,
           "'model.patch_embed.proj.weight' is 4x3x4x4, which embed.conv.weight of 4x4x3x8 can't start from");
    w = weights_read("vit-jax");
    refuse(&w, "vit", "hidden = 8\nheads = 2\nlayers = 2\nmlp = 32\ndecoder = 16", SEP_ERR_SHAPE, "is 8x16");
}

static void test_half_a_file(void **state)
{
    weights w = weights_read("swin");

    (void)state;
    rename_in(&w, "layers.1.blocks.1.mlp", "layers.1.blocks.1.mLp");
    refuse(&w, "swin-unet", SWIN, SEP_ERR_FORMAT, "has no 'model.layers.1.blocks.1.mlp.fc1.weight'");
    w = weights_read("resnet");
    refuse(&w, "r50-unet", "base = 4\nblocks_0 = 1\nblocks_1 = 2\nblocks_2 = 3\ngroups = 2", SEP_ERR_FORMAT,
           "has no 'layer3.2.conv1.weight', which resnet.stage_2.block_2.conv_0.weight starts from: a ResNet-50 has 6");
}

static void test_values_that_are_not_finite(void **state)
{
    weights w = weights_read("resnet");
    const float bad = NAN;

    (void)state;
    MUST(weights_parse(&w));
    const sep_stored_tensor *tensor = sep_safetensors_find(w.file, "layer2.1.bn3.bias");
    const size_t at = (size_t)((const char *)tensor->data - (const char *)w.bytes);
    sep_safetensors_close(w.file);
    memcpy((char *)w.bytes + at, &bad, sizeof bad);
    refuse(&w, "r50-unet", RESNET, SEP_ERR_NUMERIC, "'layer2.1.bn3.bias' holds values that are not finite");
}

static void test_unknown_names(void **state)
{
    weights w = weights_read("resnet");

    (void)state;
    rename_in(&w, "layer1.0.conv1", "block1.0.conv1");
    assert_int_equal(weights_parse(&w), SEP_ERR_FORMAT);
    assert_non_null(strstr(sep_error_text(), "neither a checkpoint of septum nor weights under names that it knows"));
    weights_free(&w);
}

static void test_other_networks(void **state)
{
    weights w = weights_read("vit-timm");

    (void)state;
    MUST(weights_parse(&w));
    assert_null(sep_pretrained_use_of(&w.pretrained, sep_net_find("u-net")));
    assert_int_equal(sep_pretrained_refuse(&w.pretrained, sep_net_find("u-net")), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "weights of a Vision Transformer are for vit, not for u-net"));
    weights_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_swin),
        cmocka_unit_test(test_resnet),
        cmocka_unit_test(test_vit),
        cmocka_unit_test(test_hybrid),
        cmocka_unit_test(test_mirror),
        cmocka_unit_test(test_cs_unet),
        cmocka_unit_test(test_other_sizes),
        cmocka_unit_test(test_half_a_file),
        cmocka_unit_test(test_values_that_are_not_finite),
        cmocka_unit_test(test_unknown_names),
        cmocka_unit_test(test_other_networks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
