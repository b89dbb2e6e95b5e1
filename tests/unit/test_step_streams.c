/* Streams in a training step: what a method may ask for, and that it is what the step is fed. */
#include "data/phantom_dataset.h"
#include "septum/ops.h"
#include "septum/train.h"
#include "train/step.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { SIDE = 32, PIXELS = SIDE * SIDE, UNLABELLED = 3 };

/* A labelled scan and an unlabelled one. */
static sep_dataset *make_dataset(void)
{
    const sep_phantom_dataset hearts = {.phantom = {.size = SIDE, .slices = 3, .seed = 3},
                                        .classes = SEP_PHANTOM_CARDIAC_CLASSES,
                                        .labelled = 1,
                                        .training = 2};
    sep_dataset *dataset;

    assert_int_equal(sep_phantom_dataset_create(&hearts, &dataset), SEP_OK);
    return dataset;
}

static sep_status ask_twice(sep_step *s)
{
    const sep_view_request strong = {.number = 1, .strong = true}, own = {.number = 2, .own_geometry = true};
    sep_node *weak = sep_view_image(s, SEP_ROWS_UNLABELLED, (sep_view_request){.number = 7});

    assert_true(weak == sep_view_image(s, SEP_ROWS_UNLABELLED, (sep_view_request){0}));
    assert_true(weak != sep_view_image(s, SEP_ROWS_UNLABELLED, strong));
    assert_true(sep_view_map(s, SEP_ROWS_ALL, own) == sep_view_map(s, SEP_ROWS_ALL, own));
    assert_int_equal(s->streams, 3);
    sep_node *logits = sep_student(s, 0, weak).logits, *other = sep_student(s, 0, s->streamed[1].node).logits;
    sep_learn(s, 0, "consistency", sep_mse(s->graph, logits, sep_detach(s->graph, other)), NULL);
    sep_learn(s, 0, "supervised", sep_supervised_loss(s, sep_student_halves(s, 0).labelled), NULL);
    return sep_graph_status(s->graph);
}

static sep_status ask_for_no_map(sep_step *s)
{
    sep_view_map(s, SEP_ROWS_ALL, (sep_view_request){.number = 1, .strong = true});
    return sep_graph_status(s->graph);
}

static sep_status ask_for_view_256(sep_step *s)
{
    sep_view_image(s, SEP_ROWS_ALL, (sep_view_request){.number = 256, .strong = true});
    return sep_graph_status(s->graph);
}

static sep_status ask_for_too_many(sep_step *s)
{
    for (int i = 0; i <= SEP_MAX_STREAMS; i++)
        sep_view_image(s, SEP_ROWS_ALL, (sep_view_request){.number = i, .strong = true});
    return sep_graph_status(s->graph);
}

typedef struct built_step {
    sep_options *options;
    sep_method method;
    sep_train_config config;
    sep_device *device;
    sep_store *store;
    sep_step_graph step;
} built_step;

static sep_status build(built_step *b, sep_status (*recipe)(sep_step *step), const char *settings)
{
    *b = (built_step){.options = sep_options_create()};
    assert_int_equal(sep_options_load_text(b->options, "common",
                                           "[data]\nfolder = none\npatch_size = 32\n[train]\nmethod = mean-teacher\n"
                                           "labelled_batch = 2\nunlabelled_batch = 3\n[student_0]\nbase = 2\n"),
                     SEP_OK);
    assert_int_equal(sep_options_load_text(b->options, "own", settings), SEP_OK);
    if (sep_train_config_read(b->options, &b->config) != SEP_OK)
        fail_msg("%s", sep_error_text());
    b->method = *b->config.method;
    b->method.build = recipe;
    b->config.method = &b->method;
    assert_int_equal(sep_cpu_create(1, NULL, &b->device), SEP_OK);
    assert_int_equal(sep_store_create(b->device, 1, &b->store), SEP_OK);
    return sep_step_build(&b->config, SEP_PHANTOM_CARDIAC_CLASSES, b->store, &b->step);
}

static void end(built_step *b)
{
    sep_step_free(&b->step);
    sep_store_destroy(b->store);
    sep_device_destroy(b->device);
    sep_options_destroy(b->options);
}

static void test_step_is_fed_what_it_asks_for(void **state)
{
    sep_dataset *dataset = make_dataset();
    sep_batch_config batches;
    sep_loader *loader;
    built_step b;
    double rates[SEP_MAX_STUDENTS];
    static float seen[UNLABELLED * PIXELS];

    (void)state;
    assert_int_equal(build(&b, ask_twice, "[data]\naugmentation = strong\n"), SEP_OK);
    sep_keep(b.step.step.graph, b.step.step.streamed[1].node);
    assert_int_equal(sep_graph_compile(b.step.step.graph), SEP_OK);
    assert_int_equal(sep_step_batches(&b.config, &b.step, &batches), SEP_OK);
    assert_int_equal(batches.streams, 3);
    assert_int_equal(sep_loader_create(dataset, &batches, 0, &loader), SEP_OK);
    for (int64_t t = 0; t < 2; t++) {
        const sep_batch *batch;
        assert_int_equal(sep_loader_next(loader, &batch), SEP_OK);
        assert_int_equal(sep_step_run(&b.config, &b.step, batch, t, rates), SEP_OK);
        assert_int_equal(sep_fetch(b.step.step.graph, b.step.step.streamed[1].node, seen), SEP_OK);
        assert_memory_equal(seen, batch->stream[1], sizeof seen);
    }
    sep_loader_destroy(loader);
    end(&b);
    sep_dataset_destroy(dataset);
}

static void refuses(sep_status (*recipe)(sep_step *step), const char *text)
{
    built_step b;

    assert_int_equal(build(&b, recipe, ""), SEP_ERR_ARGUMENT);
    if (strstr(sep_error_text(), text) == NULL)
        fail_msg("'%s' does not say '%s'", sep_error_text(), text);
    end(&b);
}

static void test_what_cannot_be_asked_for(void **state)
{
    (void)state;
    refuses(ask_for_no_map, "view 1 lies as the image does");
    refuses(ask_for_view_256, "views 0 to 255, not 256");
    refuses(ask_for_too_many, "more than 32 streams");
}

static sep_status ask_for_nothing(sep_step *s)
{
    sep_learn(s, 0, "supervised", sep_supervised_loss(s, sep_student_halves(s, 0).labelled), NULL);
    return sep_graph_status(s->graph);
}

static void test_settings_that_nothing_goes_by(void **state)
{
    const char *const text = "[augmentation]\nrotation = 10\n";
    sep_batch_config batches;
    built_step b;

    (void)state;
    assert_int_equal(build(&b, ask_for_nothing, text), SEP_OK);
    assert_int_equal(sep_step_batches(&b.config, &b.step, &batches), SEP_ERR_ARGUMENT);
    assert_non_null(strstr(sep_error_text(), "which nothing asks for"));
    end(&b);
    assert_int_equal(build(&b, ask_twice, text), SEP_OK);
    assert_int_equal(sep_step_batches(&b.config, &b.step, &batches), SEP_OK);
    assert_true(batches.strong.rotation == 10.0f);
    end(&b);
    assert_int_equal(build(&b, ask_for_nothing, ""), SEP_OK);
    assert_int_equal(sep_step_batches(&b.config, &b.step, &batches), SEP_OK);
    char *record = sep_options_text(b.options);
    assert_null(strstr(record, "[augmentation]"));
    sep_free(record);
    end(&b);
}

/* Two losses of one stream, which is asked for once; and none for a loss that needs none. */
static sep_status learn_twice(sep_step *s)
{
    sep_node *logits = sep_student_halves(s, 0).labelled;

    sep_learn(s, 0, "supervised", sep_supervised_loss(s, logits), NULL);
    sep_learn(s, 0, "again", sep_supervised_loss(s, logits), NULL);
    return sep_graph_status(s->graph);
}

static void test_what_the_loss_asks_for(void **state)
{
    built_step b;

    (void)state;
    assert_int_equal(build(&b, learn_twice, "[train]\nloss = boundary\n"), SEP_OK);
    assert_int_equal(b.step.step.streams, 1);
    assert_ptr_equal(b.step.step.streamed[0].request.stream, &sep_class_distances);
    assert_int_equal(b.step.step.streamed[0].request.rows, SEP_ROWS_LABELLED);
    end(&b);
    assert_int_equal(build(&b, learn_twice, "[train]\nloss = focal\n"), SEP_OK);
    assert_int_equal(b.step.step.streams, 0);
    end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_step_is_fed_what_it_asks_for),
        cmocka_unit_test(test_what_cannot_be_asked_for),
        cmocka_unit_test(test_settings_that_nothing_goes_by),
        cmocka_unit_test(test_what_the_loss_asks_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
