/* The user's database of tuned kernels: whatever its lines, no parameters come of it but those that the kernels know,
 * and what is written afterwards says the same. */
#include "config.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#if SEP_HAVE_OPENCL

#include "device/opencl/tuning.h"
#include "input_file.h"

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static void keep_quiet(void *context, sep_log_level level, const char *line)
{
    (void)context, (void)level, (void)line;
}

/* As much of a device as its database needs, with the parameters that programs have without one. */
static void start_device(sep_cl *cl)
{
    *cl = (sep_cl){.vendor = "Vendor", .name = "Device", .driver = "1.0", .largest_group = 256, .local_bytes = 32768};
    for (int p = 0; p < SEP_CL_PROGRAM_COUNT; p++)
        snprintf(cl->parameters[p], SEP_CL_PARAMETERS, "%s", sep_cl_default_parameters((sep_cl_program)p));
}

static bool is_tuned(sep_cl *cl)
{
    for (int p = 0; p < SEP_CL_PROGRAM_COUNT; p++)
        if (sep_cl_is_tuned(cl, (sep_cl_program)p))
            return true;
    return false;
}

/* What was read is fit to be set again, and a file that is written with it gives it back. */
static void write_and_read_again(sep_cl *cl)
{
    static sep_cl again;
    char *path;

    expect(sep_cl_write_tuning(cl, &path) == SEP_OK);
    sep_free(path);
    start_device(&again);
    sep_cl_read_tuning(&again);
    for (int p = 0; p < SEP_CL_PROGRAM_COUNT; p++) {
        expect(strcmp(cl->parameters[p], again.parameters[p]) == 0);
        if (sep_cl_is_tuned(cl, (sep_cl_program)p))
            expect(sep_cl_set_parameters(cl, (sep_cl_program)p, again.parameters[p]) == SEP_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static sep_cl cl;

    sep_log_set_sink(keep_quiet, NULL);
    input_file("septum/tuning.txt", data, size);
    expect(setenv("XDG_CONFIG_HOME", input_folder, 1) == 0);
    start_device(&cl);
    sep_cl_read_tuning(&cl);
    if (is_tuned(&cl))
        write_and_read_again(&cl);
    return 0;
}

#else

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    (void)data;
    (void)size;
    return 0;
}

#endif
