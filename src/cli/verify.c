/* septum verify: whether this machine gives the published bits. */
#include "septum/verify.h"
#include "cli/commands.h"
#include "cli/compute.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool json, quick;
static int64_t only_threads;
static const char *kernels = "all", *device;

static const sep_option options[] = {
    {"json", 'j', NULL, "print JSON", .flag = &json},
    {"quick", 0, NULL, "the small runs only", .flag = &quick},
    {"kernels", 'k', "NAME", "verify this table of kernels only", .string = &kernels,
     .choices = "all|generic|avx2|avx512|neon"},
    {"threads", 't', "N", "verify with this number of threads only (0: as said above)", .integer = &only_threads,
     .low = 0, .high = 1024},
    {"device", 'd', "NAME", "verify an OpenCL device, opencl:N, beside the best table of the processor",
     .string = &device},
    SEP_MODE_OPTIONS,
    {0},
};

static sep_status list_cases(sep_verify_report *report, int count, char **name)
{
    if (count > 0 && quick)
        return sep_usage_error("--quick chooses runs, and so do their names: give one of the two");
    for (int i = 0; i < count; i++)
        SEP_TRY(sep_verify_add_case(report, name[i]));
    return count > 0 ? SEP_OK : sep_verify_add_cases(report, quick ? SEP_VERIFY_QUICK : SEP_VERIFY_FULL);
}

/* The device, and the CPU to compare it with should it differ. */
static sep_status list_device(sep_verify_report *report)
{
    sep_device *opened;
    sep_mode mode;

    SEP_TRY(sep_read_mode(&mode));
    SEP_TRY(sep_device_open(device, 0, mode, &opened));
    sep_status status = sep_verify_add(report, device, 0, opened);
    if (status != SEP_OK)
        sep_device_destroy(opened);
    SEP_TRY(status);
    return sep_verify_add_table(report, NULL, 0);
}

/* The fast tables with 1, 2 and 3 threads, the plain one with 2: it takes most of the time. */
static sep_status list_devices(sep_verify_report *report)
{
    const char *tables[4];
    int count = sep_cpu_tables(tables);

    for (int i = 0; i < count; i++) {
        bool plain = strcmp(tables[i], "generic") == 0;
        if (strcmp(kernels, "all") != 0 && strcmp(kernels, tables[i]) != 0)
            continue;
        int first = plain ? 2 : 1, last = plain ? 2 : 3;
        if (only_threads > 0)
            first = last = (int)only_threads;
        for (int threads = first; threads <= last; threads++)
            SEP_TRY(sep_verify_add_table(report, tables[i], threads));
    }
    return report->devices > 0 ? SEP_OK : sep_fail(SEP_ERR_UNSUPPORTED, "this processor does not run %s", kernels);
}

static void print_table(const sep_verify_report *report)
{
    printf("%-10s %7s  %-16s  %7s\n", "kernels", "threads", "hash", "seconds");
    for (int i = 0; i < report->devices; i++) {
        const sep_verify_device *d = &report->device[i];
        printf("%-10s %7d  %016" PRIx64 "  %7.1f%s\n", d->table, d->threads, d->computed.all, d->seconds,
               d->computed.all == report->published.all ? "" : "  differs");
    }
    printf("%-10s %7s  %016" PRIx64 "\n", "published", "", report->published.all);
}

static sep_status print_report(const sep_verify_report *report)
{
    char *first = sep_verify_difference(report), *text = json ? sep_verify_json(report) : NULL;
    sep_status status = first != NULL && (text != NULL || !json) ? SEP_OK : SEP_ERR_MEMORY;

    if (status == SEP_OK) {
        if (json)
            puts(text);
        else
            print_table(report);
        if (!json && report->equal)
            puts("equal");
        if (!report->equal)
            status = sep_fail(SEP_ERR_NUMERIC, "differs; %s", first);
    }
    sep_free(first);
    sep_free(text);
    return status;
}

static sep_status run(int count, char **operand)
{
    sep_verify_report report = {0};

    sep_status status = list_cases(&report, count, operand);
    if (status == SEP_OK)
        status = device ? list_device(&report) : list_devices(&report);
    if (status == SEP_OK)
        status = sep_verify(&report);
    if (status == SEP_OK)
        status = print_report(&report);
    sep_verify_free(&report);
    return status;
}

const sep_command sep_command_verify = {
    .name = "verify",
    .operands = "[RUN...]",
    .operands_high = -1,
    .summary = "check that this machine gives the published bits",
    .description =
        "Trains each network for 4 to 20 steps, and by each method for a few, on synthetic hearts and evaluates it, "
        "on every table of kernels that this processor runs, the fast ones with 1, 2 and 3 threads, and prints a hash "
        "of all losses, weights and "
        "predictions beside the published one. Where they are not equal, runs two tables side by side and says what "
        "differs first: the operation, the element, and the bits on both sides, and how far it leads. Exit code 1 "
        "then. A RUN is called after its network or method; where some are named, these alone are run, and --quick has "
        "no place.\n"
        "\n"
        "With --device an OpenCL device is verified instead. With --fast as well it is expected to differ: the first "
        "difference then shows where its fast mode leaves the published bits, and by how much.",
    .examples = "septum verify\n"
                "septum verify --quick --kernels avx2\n"
                "septum verify --device opencl:0\n"
                "septum verify u-net cross-teaching --json",
    .options = options,
    .run = run,
};
