/* Parameters of OpenCL kernels: what may be set, what a database says, and that kernels which give other bits are
 * found. */
#include "config.h"
#include "support.h"
#include "support_scratch.h"

#if SEP_HAVE_OPENCL

#include "device/opencl/tuning.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Writes the user's database: up to four lines. */
static void write_database(char *const line[4])
{
    char text[2048] = "# a comment\n\nrubbish\n";

    assert_int_equal(sep_make_folders(scratch_path("septum")), SEP_OK);
    for (int i = 0; i < 4 && line[i]; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s\n", line[i]);
    }
    assert_int_equal(sep_file_write_atomic(scratch_path("septum/tuning.txt"), text, strlen(text)), SEP_OK);
}

static int set_up(void **state)
{
    (void)state;
    return setenv("XDG_CONFIG_HOME", scratch_path(""), 1);
}

/* The first device; skips the test where there is none. */
static sep_cl *open_device(void)
{
    sep_device *device;

    if (sep_opencl_list(NULL, 0) == 0)
        skip();
    assert_int_equal(sep_opencl_create(0, SEP_REPRODUCIBLE, &device), SEP_OK);
    return (sep_cl *)device;
}

static void test_values(void **state)
{
    static const char *const wrong[] = {"",
                                        "SIDE=8",
                                        "SIDE=8 ITEM_ROWS=8 ITEM_COLUMNS=8 STEPS=17",
                                        "SIDE=8 ITEM_ROWS=8 ITEM_COLUMNS=8 STEPS=16 GROUP=64",
                                        "SIDE=8 ITEM_ROWS=8 ITEM_COLUMNS=8 STEP=16",
                                        "SIDE=8 ITEM_ROWS=8 ITEM_COLUMNS=8 STEPS=-1"};
    sep_cl *cl = open_device();

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(sep_cl_set_parameters(cl, SEP_CL_product, wrong[i]), SEP_ERR_ARGUMENT);
    assert_int_equal(sep_cl_set_parameters(cl, SEP_CL_pooling, "GROUP=64"), SEP_ERR_ARGUMENT);
    assert_int_equal(sep_cl_set_parameters(cl, SEP_CL_product, "STEPS=8  ITEM_ROWS=4 ITEM_COLUMNS=2 SIDE=8"), SEP_OK);
    assert_true(sep_cl_is_tuned(cl, SEP_CL_product));
    assert_int_equal(sep_cl_parameter(cl, SEP_CL_product, "STEPS"), 8);
    assert_int_equal(sep_cl_parameter(cl, SEP_CL_product, "ROWS"), 0);
    cl->largest_group = 64;
    assert_int_equal(sep_cl_set_parameters(cl, SEP_CL_product, "SIDE=16 ITEM_ROWS=4 ITEM_COLUMNS=4 STEPS=8"),
                     SEP_ERR_ARGUMENT);
    cl->local_bytes = 4096;
    assert_int_equal(sep_cl_set_parameters(cl, SEP_CL_product, "SIDE=8 ITEM_ROWS=8 ITEM_COLUMNS=8 STEPS=32"),
                     SEP_ERR_ARGUMENT);
    assert_int_equal(sep_cl_set_parameters(cl, SEP_CL_product, sep_cl_default_parameters(SEP_CL_product)), SEP_OK);
    sep_device_destroy(&cl->base);
}

static void test_database(void **state)
{
    sep_cl *cl = open_device();
    char *lines[4] = {
        sep_format("%s | %s | %s | product | SIDE=8 ITEM_ROWS=4 ITEM_COLUMNS=4 STEPS=8", cl->vendor, cl->name,
                   cl->driver),
        sep_format("%s|%s|another|product|SIDE=8 ITEM_ROWS=8 ITEM_COLUMNS=4 STEPS=16", cl->vendor, cl->name),
        sep_format("%s|%s|another|reduction|GROUP=32", cl->vendor, cl->name),
        sep_format("%s|another|%s|winograd|GROUP=32", cl->vendor, cl->driver),
    };
    sep_strings read = {0};
    char *path;

    (void)state;
    write_database(lines);
    sep_device_destroy(&cl->base);
    cl = open_device();
    /* the line of this driver, though one of another comes later; without one, that of another driver */
    assert_int_equal(sep_cl_parameter(cl, SEP_CL_product, "ITEM_ROWS"), 4);
    assert_int_equal(sep_cl_parameter(cl, SEP_CL_reduction, "GROUP"), 32);
    assert_int_equal(sep_cl_parameter(cl, SEP_CL_winograd, "GROUP"), 64);
    /* other drivers' and devices' lines are kept beside the new ones */
    assert_int_equal(sep_cl_set_parameters(cl, SEP_CL_product, "SIDE=8 ITEM_ROWS=8 ITEM_COLUMNS=8 STEPS=8"), SEP_OK);
    assert_int_equal(sep_cl_write_tuning(cl, &path), SEP_OK);
    assert_int_equal(sep_read_lines(path, &read), SEP_OK);
    bool kept[4] = {false};
    for (int i = 0; i < read.count; i++)
        for (int k = 0; k < 4; k++)
            kept[k] = kept[k] || strcmp(read.item[i], lines[k]) == 0;
    assert_true(!kept[0] && kept[1] && kept[2] && kept[3]);
    sep_device_destroy(&cl->base);
    cl = open_device();
    assert_int_equal(sep_cl_parameter(cl, SEP_CL_product, "STEPS"), 8);
    sep_device_destroy(&cl->base);
    unlink(path);
    sep_free(path);
    sep_strings_free(&read);
    for (int k = 0; k < 4; k++)
        sep_free(lines[k]);
}

/* Kernels of the program that do what they should with another order of additions. */
static cl_program build_wrong_reduction(sep_cl *cl)
{
    const char *right = sep_cl_source("reduction"), *at = strstr(right, "room[b] += room[b + gap]");
    const char *texts[] = {sep_cl_source("prelude"), sep_cl_source("elementary"), sep_cl_source("shared"), NULL};
    cl_int code;

    assert_non_null(at);
    char *wrong = sep_format("%.*sroom[b] += 0.5f * %s", (int)(at - right), right, at + strlen("room[b] += "));
    texts[3] = wrong;
    cl_program program = clCreateProgramWithSource(cl->context, 4, texts, NULL, &code);
    assert_int_equal(code, CL_SUCCESS);
    assert_int_equal(clBuildProgram(program, 1, &cl->id, "-cl-std=CL1.2 -DGROUP=32", NULL, NULL), CL_SUCCESS);
    sep_free(wrong);
    return program;
}

static void test_trial(void **state)
{
    sep_cl *cl = open_device();
    cl_kernel kernel;

    (void)state;
    assert_int_equal(sep_cl_set_parameters(cl, SEP_CL_reduction, "GROUP=32"), SEP_OK);
    cl->tries = true;
    assert_int_equal(sep_cl_find_kernel(cl, SEP_CL_reduction, "tree_sum", &kernel), SEP_OK);
    assert_int_equal(sep_cl_parameter(cl, SEP_CL_reduction, "GROUP"), 32);
    sep_cl_drop_program(cl, SEP_CL_reduction);
    cl->program[SEP_CL_reduction] = build_wrong_reduction(cl);
    assert_int_equal(sep_cl_try_tuned(cl, SEP_CL_reduction), SEP_ERR_NUMERIC);
    sep_device_destroy(&cl->base);
}

/* What can't be compiled is given up for the defaults. */
static void test_broken(void **state)
{
    sep_cl *cl = open_device();
    cl_kernel kernel;

    (void)state;
    snprintf(cl->parameters[SEP_CL_reduction], SEP_CL_PARAMETERS, "GROUP=nothing");
    assert_int_equal(sep_cl_find_kernel(cl, SEP_CL_reduction, "tree_sum", &kernel), SEP_OK);
    assert_false(sep_cl_is_tuned(cl, SEP_CL_reduction));
    sep_device_destroy(&cl->base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_database),
        cmocka_unit_test(test_trial),
        cmocka_unit_test(test_broken),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}

#else

int main(void)
{
    return 77; /* skipped */
}

#endif
