/* septum devices: what this machine can compute on, and how fast. */
#include "base/json.h"
#include "cli/commands.h"
#include "septum/device.h"

#include <stdio.h>

#define MAX_DEVICES     64
#define MEASURE_SECONDS 2.0 /* a device */

static bool json, quick;

static const sep_option options[] = {
    {"json", 'j', NULL, "print JSON", .flag = &json},
    {"quick", 0, NULL, "list only, measure nothing", .flag = &quick},
    {0},
};

/* One row of the list. `error` is why the device can't be used, or NULL. */
typedef struct row {
    char id[16];
    const sep_opencl_info *info; /* NULL for the CPU */
    char description[96], *error;
    sep_device_speed speed;
} row;

static sep_status measure(row *r)
{
    sep_device *device;
    sep_status status = sep_device_open(r->id, 0, SEP_REPRODUCIBLE, &device);

    if (status == SEP_OK) {
        snprintf(r->description, sizeof r->description, "%s", device->description);
        if (!quick)
            status = sep_device_measure(device, MEASURE_SECONDS, &r->speed);
        sep_device_destroy(device);
    }
    if (status == SEP_OK)
        return SEP_OK;
    r->error = sep_strdup(sep_error_text()); /* one device that fails does not hide the others */
    return r->error != NULL ? SEP_OK : SEP_ERR_MEMORY;
}

/* ---- as text ----------------------------------------------------------------------------------------------------- */

static void print_cpu_tables(void)
{
    const char *names[4];
    int count = sep_cpu_tables(names);

    printf("    kernel tables, best first:");
    for (int i = 0; i < count; i++)
        printf(" %s", names[i]);
    puts(" (SEPTUM_SIMD=NAME chooses another; the results are the same bits)");
}

static void print_opencl(const sep_opencl_info *info)
{
    printf(
        "    %s, driver %s: %s, %d units, %.1f GiB, buffers to %.1f GiB, %llu KiB local memory, work-groups to %llu\n"
        "    claims for floats: fused multiply-add %s, subnormal numbers %s, exact division %s\n",
        info->platform, info->driver, info->is_gpu ? "GPU" : "processor", info->units,
        (double)info->memory / 1073741824.0, (double)info->largest_buffer / 1073741824.0,
        (unsigned long long)info->local_memory >> 10, (unsigned long long)info->largest_group, info->fma ? "yes" : "no",
        info->subnormals ? "yes" : "no", info->rounds_division ? "yes" : "no");
}

static void print_row(const row *r)
{
    printf("%s: %s\n", r->id, r->error ? r->error : r->description);
    if (r->info)
        print_opencl(r->info);
    else
        print_cpu_tables();
    if (!r->error && !quick)
        printf("    measured: %.1f GFLOP/s (linear layer), %.1f GB/s (addition)\n", r->speed.gflops, r->speed.gbytes);
}

/* ---- as JSON ----------------------------------------------------------------------------------------------------- */

static json_t *cpu_to_json(void)
{
    const char *names[4];
    int count = sep_cpu_tables(names);
    json_t *tables = json_array();

    for (int i = 0; i < count; i++)
        json_array_append_new(tables, json_string(names[i]));
    return json_pack("{s:o}", "kernel_tables", tables);
}

static json_t *opencl_to_json(const sep_opencl_info *i)
{
    return json_pack("{s:s, s:s, s:s, s:b, s:i, s:I, s:I, s:I, s:I, s:b, s:b, s:b}", "platform", i->platform, "name",
                     i->name, "driver", i->driver, "gpu", i->is_gpu, "units", i->units, "memory", (json_int_t)i->memory,
                     "largest_buffer", (json_int_t)i->largest_buffer, "local_memory", (json_int_t)i->local_memory,
                     "largest_work_group", (json_int_t)i->largest_group, "fp32_fma", i->fma, "subnormals",
                     i->subnormals, "exact_division", i->rounds_division);
}

static json_t *row_to_json(const row *r)
{
    json_t *o = r->info ? opencl_to_json(r->info) : cpu_to_json();
    bool measured = !r->error && !quick;

    json_object_set_new(o, "device", json_string(r->id));
    json_object_set_new(o, "description", r->error ? json_null() : json_string(r->description));
    json_object_set_new(o, "error", r->error ? json_string(r->error) : json_null());
    json_object_set_new(o, "gflops", measured ? json_real(r->speed.gflops) : json_null());
    json_object_set_new(o, "gbytes", measured ? json_real(r->speed.gbytes) : json_null());
    return o;
}

static sep_status print_json(const row *rows, int count)
{
    json_t *root = json_object(), *list = json_array();
    char *text;

    for (int i = 0; i < count; i++)
        json_array_append_new(list, row_to_json(&rows[i]));
    json_object_set_new(root, "devices", list);
    SEP_TRY(sep_json_dump(root, JSON_INDENT(2) | JSON_REAL_PRECISION(6), &text));
    puts(text);
    sep_free(text);
    return SEP_OK;
}

/* ---- the command ------------------------------------------------------------------------------------------------- */

static sep_status run(int operands, char **operand)
{
    sep_opencl_info info[MAX_DEVICES];
    row rows[MAX_DEVICES + 1] = {{.id = "cpu"}};
    int found = sep_opencl_list(info, MAX_DEVICES), count = 1 + (found < MAX_DEVICES ? found : MAX_DEVICES);
    sep_status status = SEP_OK;

    (void)operands;
    (void)operand;
    for (int i = 0; i < count && status == SEP_OK; i++) {
        if (i > 0) {
            snprintf(rows[i].id, sizeof rows[i].id, "opencl:%d", i - 1);
            rows[i].info = &info[i - 1];
        }
        status = measure(&rows[i]);
    }
    if (status == SEP_OK && json)
        status = print_json(rows, count);
    else if (status == SEP_OK)
        for (int i = 0; i < count; i++)
            print_row(&rows[i]);
    for (int i = 0; i < count; i++)
        sep_free(rows[i].error);
    return status;
}

const sep_command sep_command_devices = {
    .name = "devices",
    .summary = "list what this machine can compute on, and how fast",
    .description =
        "The processor and every OpenCL device that a driver offers: what it is, and what it reached in two seconds of "
        "a network's own operations, so that devices can be compared. The names are what --device of the other "
        "commands takes.",
    .examples = "septum devices\n"
                "septum devices --json --quick",
    .options = options,
    .run = run,
};
