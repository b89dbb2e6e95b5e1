/* The command `septum-bench` (in the build folder also `bench`): its options, and what they ask for. */
#include "bench/batch.h"
#include "bench/show.h"
#include "bench/tune.h"
#include "cli/compute.h"
#include "cli/help.h"
#include "cli/outputs.h"
#include "cli/program.h"
#include "cli/waiting.h"
#include "config.h"

#include <stdlib.h>
#include <string.h>

#define LIST_SECONDS 60.0 /* of the lists of the networks, together */
#define NET_SECONDS  10.0 /* of a network, for each table and thread count */
#define ROW_SECONDS  1.0
#define PAIR_SECONDS 4.0 /* of each row of a registration */

static bench_choices choices = {.passes = "all", .threads = "0", .clock = "wall", .algorithm = "auto"};
static bench_form form;
static sep_strings settings;
static const char *models, *method, *augmentation;
static int64_t batch = 4, size, classes = 4;
static double seconds, minutes = 5;
static bool check, layers, profile, names_devices;

static const sep_option options[] = {
    {"pass", 'p', "LIST",
     "fwd, dx, dw, several parted by commas, or all; of a network: train or infer; of a registration: affine or "
     "bspline",
     .string = &choices.passes},
    {"isa", 'i', "LIST", "kernel tables parted by commas: generic, avx2, avx512, neon (default: the best one)",
     .string = &choices.isas},
    {"device", 'd', "NAME", "cpu, or opencl:N: measure that device beside the processor", .string = &sep_device_option},
    SEP_MODE_OPTIONS,
    {"list", 'l', NULL, "name the devices, measure nothing", .flag = &names_devices},
    {"algorithm", 0, "NAME", "of convolutions; auto: as training chooses by shape", .string = &choices.algorithm,
     .choices = "auto|direct|winograd"},
    {"threads", 't', "LIST", "thread counts parted by commas, 0 for all processors", .string = &choices.threads},
    {"seconds", 's', "N",
     "time for the whole (0: 60 for the lists, 10 a network, 1 a row); of a registration for each row (0: 4)",
     .real = &seconds, .low = 0, .high = 86400},
    {"minutes", 'm', "N", "of tune: time for all families", .real = &minutes, .low = 0.01, .high = 1440},
    {"check", 0, NULL, "measure nothing: compare every result with plain C, bit by bit", .flag = &check},
    {"json", 'j', NULL, "print JSON", .flag = &form.json},
    {"csv", 0, NULL, "print CSV", .flag = &form.csv},
    {"svg", 0, "FILE", "draw a roofline plot into FILE", .string = &form.svg},
    {"compare", 0, "FILE", "say what changed since an older result (JSON)", .string = &form.old_result},
    {"no-peer", 0, NULL, "do not measure oneDNN, or on devices CLBlast, beside", .flag = &choices.no_peer},
    {"clock", 0, "KIND", "time by the wall, or by the processor time of one thread", .string = &choices.clock,
     .choices = "wall|cpu"},
    {"models", 0, "FOLDER", "take the lists of layers (*.txt) from FOLDER", .string = &models},
    {"batch", 0, "N", "of a network: images at once; of batch: samples", .integer = &batch, .low = 1, .high = 1024},
    {"size", 0, "N",
     "of a network: height and width of its images (0: as published); of a phantom: of its slices; of batch: "
     "of its patches (0: 192)",
     .integer = &size, .low = 0, .high = 4096},
    {"classes", 0, "N", "of a network: classes, background included", .integer = &classes, .low = 2, .high = 256},
    {"set", 0, "KEY=VALUE", "of a network: change a setting, base=64 (may be repeated)", .list = &settings},
    {"method", 0, "NAME",
     "of a network: the training step of this method (default: supervised); half the batch is unlabelled if it uses "
     "that",
     .string = &method},
    {"augmentation", 0, "NAME", "of batch: this one alone", .string = &augmentation,
     .choices = "none|flips|thesis|strong"},
    {"profile", 0, NULL, "of a network: where the time of a step goes", .flag = &profile},
    {"layers", 0, NULL, "print the lists of layers, or that of a network, measure nothing", .flag = &layers},
    {0},
};

/* ---- results ------------------------------------------------------------------------------------------------------
 */

/* A result is of use only if all rows gave the right bits. */
static sep_status fail_on_wrong_rows(const bench_result *result)
{
    int wrong = 0;

    for (int i = 0; i < result->rows; i++)
        wrong += strcmp(result->row[i].check, "differs") == 0 || strcmp(result->row[i].check, "not as peer") == 0;
    if (wrong > 0)
        return sep_fail(SEP_ERR_NUMERIC, "%d rows have wrong results: see the column 'check', and --check", wrong);
    return SEP_OK;
}

static sep_status measure(bench_job *job)
{
    bench_result result = {0};

    if (check)
        return bench_check_all(job);
    sep_status status = job->device ? bench_run_device(job, &result) : bench_run(job, &result);
    if (status == SEP_OK)
        status = bench_show(&form, &result);
    if (status == SEP_OK)
        status = fail_on_wrong_rows(&result);
    bench_result_free(&result);
    return status;
}

/* ---- what there is to run -----------------------------------------------------------------------------------------
 */

static sep_status run_lists(bench_job *job)
{
    SEP_TRY(bench_job_load_all(job, models));
    job->seconds = seconds > 0.0 ? seconds : LIST_SECONDS;
    if (!layers)
        return measure(job);
    bench_job_print(job, stdout);
    return SEP_OK;
}

static sep_status run_problem(bench_job *job, const char *family, const char *word)
{
    bench_problem problem;

    SEP_TRY(bench_problem_parse(family, word, &problem));
    SEP_TRY(bench_job_add(job, &problem, ""));
    job->seconds =
        seconds > 0.0 ? seconds : ROW_SECONDS * BENCH_PASSES * (double)job->isas * (double)job->thread_counts;
    return measure(job);
}

static sep_status run_net(bench_job *job, int count, char **operand)
{
    bench_net net = {.name = count > 1 ? operand[1] : "",
                     .settings = &settings,
                     .method = method,
                     .batch = (int)batch,
                     .size = (int)size,
                     .classes = (int)classes,
                     .train = strcmp(choices.passes, "infer") != 0,
                     .profile = profile};
    bench_result result = {0};

    if (count != 2)
        return sep_usage_error("net: which network?");
    if (method != NULL && !net.train)
        return sep_usage_error("--method: of a training step, not of inference");
    if (net.train && strcmp(choices.passes, "train") != 0 && strcmp(choices.passes, "all") != 0)
        return sep_usage_error("--pass: a network has 'train' or 'infer', not '%s'", choices.passes);
    if (layers)
        return bench_net_layers(&net, stdout);
    job->seconds = seconds > 0.0 ? seconds : NET_SECONDS * job->isas * job->thread_counts;
    sep_status status = bench_net_run(&net, job, &result);
    if (status == SEP_OK)
        status = bench_show(&form, &result);
    bench_result_free(&result);
    return status;
}

static sep_status run_batch(bench_job *job, int count, char **operand)
{
    const bench_batch asked = {.augmentation = augmentation, .batch = (int)batch, .size = (int)size};
    bench_result result = {0};

    (void)operand;
    if (count > 1)
        return sep_usage_error("batch: takes no shape");
    job->seconds = seconds > 0.0 ? seconds : NET_SECONDS;
    sep_status status = bench_batch_run(&asked, job, &result);
    if (status == SEP_OK)
        status = bench_show(&form, &result);
    bench_result_free(&result);
    return status;
}

static bench_registration_request registration_request(int count, char **operand)
{
    return (bench_registration_request){.passes = choices.passes,
                                        .size = (int)size,
                                        .seconds = seconds > 0.0 ? seconds : PAIR_SECONDS,
                                        .count = count - 1,
                                        .name = operand + 1};
}

static sep_status run_registration(bench_job *job, int count, char **operand)
{
    const bench_registration_request asked = registration_request(count, operand);
    bench_result result = {0};
    sep_status status = bench_registration_run(&asked, job, &result);

    if (status == SEP_OK)
        status = bench_show(&form, &result);
    bench_result_free(&result);
    return status;
}

static sep_status run_recovery(bench_job *job, int count, char **operand)
{
    const bench_registration_request asked = registration_request(count, operand);
    bench_recovery_result result = {0};

    if (form.svg || form.old_result)
        return sep_usage_error("recovery: there are no speeds for --svg and --compare");
    sep_status status = bench_recovery_run_all(&asked, job, &result);
    if (status == SEP_OK)
        status = bench_show_recovery(&form, &result);
    bench_recovery_free(&result);
    return status;
}

/* The first OpenCL device where none is named. */
static sep_status run_tune(bench_job *job, int count, char **operand)
{
    (void)operand;
    if (count > 1)
        return sep_usage_error("tune: takes no shape");
    if (job->device == NULL)
        job->device = "opencl:0";
    return bench_tune(job, minutes);
}

/* What is named by one word. */
static const struct task {
    const char *name;
    bool passes; /* those of an operation */
    sep_status (*run)(bench_job *job, int count, char **operand);
} tasks[] = {
    {"batch", false, run_batch},       {"net", false, run_net},
    {"recovery", false, run_recovery}, {"registration", false, run_registration},
    {"tune", true, run_tune},
};

static const struct task *find_task(const char *name)
{
    for (size_t i = 0; i < sizeof tasks / sizeof tasks[0]; i++)
        if (strcmp(tasks[i].name, name) == 0)
            return &tasks[i];
    return NULL;
}

/* Operands of some tasks are images. */
static sep_status check_outputs(int count, char **operand)
{
    sep_outputs files = {0};

    for (int i = 1; i < count; i++)
        sep_reads(&files, operand[i]);
    sep_reads(&files, form.old_result);
    if (models != NULL)
        sep_reads_folder(&files, models, ".txt");
    sep_writes(&files, form.svg);
    return sep_outputs_check(&files);
}

static sep_status run(int count, char **operand)
{
    const struct task *task = count > 0 ? find_task(operand[0]) : NULL;
    bench_job job = {.command = "septum-bench"};

    SEP_TRY(check_outputs(count, operand));
    if (names_devices) {
        bench_list_devices(stdout);
        return SEP_OK;
    }
    if (count == 1 && !task)
        return sep_usage_error("%s: which shape?", operand[0]);
    if (count > 2 && !task)
        return sep_usage_error("%s: one shape at a time", operand[0]);
    sep_status status = bench_job_read(&choices, task && !task->passes, &job);
    if (status == SEP_OK)
        status = task         ? task->run(&job, count, operand)
                 : count == 0 ? run_lists(&job)
                              : run_problem(&job, operand[0], operand[1]);
    bench_job_free(&job);
    return status;
}

static const sep_command command = {
    .name = "bench",
    .program = "septum-bench",
    .operands = "[OPERATION SHAPE | TASK [NAME...]]",
    .operands_high = -1,
    .summary = "measure kernels, networks and registration on this machine",
    .description =
        "Without operands: the layers of the networks, in about a minute. With an operation and its shape: that "
        "one. Otherwise with one of these tasks:\n"
        "\n"
        "  batch                          what a batch costs a thread of the loader\n"
        "  net NETWORK                    a training step or inference: u-net, ...\n"
        "  registration [PHANTOM]         the speed of registration\n"
        "  registration FIXED MOVING      the same, of two images\n"
        "  recovery [PHANTOM | IMAGE]...  are known transforms found again?\n"
        "  tune                           fit the OpenCL kernels to a device\n"
        "\n"
        "A shape is one word of letters and numbers: n images, h and w of the map, c channels in, o channels out, k "
        "kernel, s stride (1), p padding (as keeps the size), t transposed, b with bias; r rows and e elements where "
        "nothing else counts. An unknown operation or letter is answered with what there is. docs/bench.md has them "
        "all, and says how to read the table.\n"
        "\n"
        "Every row is the median of many short repetitions with the distance of its quartiles (iqr), as a share of "
        "what the machine reached when the run began, beside oneDNN confined to the same instruction set and threads "
        "('x peer': its time over ours). The machine is looked at again on the way; a change of its clock is said.\n"
        "\n"
        "With --device an OpenCL device is measured: the share of its own measured limits, beside the processor ('x "
        "cpu': the processor's time over the device's) and, for linear layers, beside CLBlast. 'tune' "
        "tries sizes of tiles and groups of the OpenCL kernels on it, keeps what is faster and gives the same bits, "
        "and writes it to septum/tuning.txt in $XDG_CONFIG_HOME (or ~/.config), where septum finds it.\n"
        "\n"
        "'registration' times two images, or two patients of a phantom (cardiac, abdomen, ct: 512x512x148; default: "
        "all): affine and B-spline pairs, their parts, warping, look-up of points. 'recovery' deforms images or "
        "phantoms by known random transforms and says how many are found again, to 0.3 voxel. docs/registration.md "
        "explains both.",
    .examples = "septum-bench\n"
                "septum-bench conv n4h256w256c16o16k3 --isa avx2,avx512 --threads 1,2\n"
                "septum-bench linear r12544c96o384b --pass fwd --json\n"
                "septum-bench net u-net --batch 4 --pass train --profile\n"
                "septum-bench batch --batch 8 --threads 1 --clock cpu\n"
                "septum-bench linear r12544c96o384b --device opencl:0\n"
                "septum-bench tune --device opencl:0 --minutes 5\n"
                "septum-bench registration ct --threads 2\n"
                "septum-bench recovery abdomen --trials 40 --json\n"
                "# keep a result, change something, compare\n"
                "septum-bench --json >old.json\n"
                "septum-bench --compare old.json",
    .options = options,
    .shared = bench_registration_rows,
    .run = run,
};

const sep_command *const sep_commands[] = {&command, NULL};

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        sep_print_version(command.program);
        return sep_close_output(EXIT_SUCCESS);
    }
    if (argc == 2 && strcmp(argv[1], "--man") == 0) {
        sep_print_man(stdout, &command);
        return sep_close_output(EXIT_SUCCESS);
    }
    sep_wait_briefly(argv);
    return sep_close_output(sep_run_command(&command, argc, argv));
}
