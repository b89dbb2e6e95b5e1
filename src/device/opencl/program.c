/* Kernels of one program each family: taken from the user's cache where device, driver, options and source are those
 * that it was compiled from, else compiled and put there. */
#include "device/opencl/tuning.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct source {
    const char *name, *text;
} source;

static const source sources[] = {
#define SEP_CL_SOURCE(name, text) {#name, text},
#include "opencl_sources.def"
#undef SEP_CL_SOURCE
};

static const struct {
    const char *name, *file;
} programs[] = {
#define PROGRAM_ROW(name, file, parameters) {#name, #file},
    SEP_CL_PROGRAMS(PROGRAM_ROW)};

/* What stands before every program, in this order. */
static const char *const shared[] = {"prelude", "elementary", "cubic", "shared", "sampling", "tiles"};
#define SHARED (sizeof shared / sizeof *shared)

const char *sep_cl_source(const char *name)
{
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        if (strcmp(sources[i].name, name) == 0)
            return sources[i].text;
    return "";
}

/* ---- the cache --------------------------------------------------------------------------------------------------- */

/* The program's file in the cache; NULL where there is no cache. */
static char *binary_path(uint64_t hash)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    char *folder = cache && cache[0] ? sep_format("%s/septum/opencl", cache)
                   : home && home[0] ? sep_format("%s/.cache/septum/opencl", home)
                                     : NULL;
    char *path = folder && sep_make_folders(folder) == SEP_OK ? sep_format("%s/%016" PRIx64, folder, hash) : NULL;

    sep_free(folder);
    return path;
}

static cl_program load_binary(const sep_cl *cl, const char *path, const char *options)
{
    const unsigned char *binary;
    cl_program program = NULL;
    cl_int code, loaded;
    void *bytes;
    size_t count;

    if (path == NULL || !sep_file_exists(path) || sep_file_read(path, &bytes, &count) != SEP_OK)
        return NULL;
    binary = bytes;
    program = clCreateProgramWithBinary(cl->context, 1, &cl->id, &count, &binary, &loaded, &code);
    if (code == CL_SUCCESS && clBuildProgram(program, 1, &cl->id, options, NULL, NULL) != CL_SUCCESS) {
        clReleaseProgram(program);
        program = NULL;
    }
    sep_free(bytes);
    return code == CL_SUCCESS ? program : NULL;
}

/* A cache that can't be written costs time at the next start and nothing else. */
static void keep_binary(cl_program program, const char *path)
{
    unsigned char *binary;
    size_t count = 0;

    if (path == NULL || clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof count, &count, NULL) != CL_SUCCESS ||
        count == 0)
        return;
    binary = sep_calloc(count, 1);
    if (binary && clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof binary, &binary, NULL) == CL_SUCCESS &&
        sep_file_write_atomic(path, binary, count) != SEP_OK)
        sep_log(SEP_LOG_DEBUG, "OpenCL: %s", sep_error_text());
    sep_free(binary);
}

/* ---- compiling --------------------------------------------------------------------------------------------------- */

/* The compiler's own words go to the log, its first line into the error. */
static sep_status fail_build(const sep_cl *cl, cl_program program, const char *name)
{
    size_t count = 0;
    char *log = NULL;

    clGetProgramBuildInfo(program, cl->id, CL_PROGRAM_BUILD_LOG, 0, NULL, &count);
    log = sep_calloc(count + 1, 1);
    if (log)
        clGetProgramBuildInfo(program, cl->id, CL_PROGRAM_BUILD_LOG, count, log, NULL);
    sep_log(SEP_LOG_WARNING, "OpenCL compiler, %s.cl: %s", name, log ? log : "");
    sep_fail(SEP_ERR_UNSUPPORTED, "%s: the driver can't compile %s.cl: %.*s", cl->base.description, name,
             log ? (int)strcspn(log, "\n") : 0, log ? log : "");
    sep_free(log);
    return SEP_ERR_UNSUPPORTED;
}

#define NOTABLE 0.1 /* seconds: less is a driver's own cache at work */

static sep_status compile(const sep_cl *cl, const char *const *texts, const char *options, const char *name,
                          cl_program *program)
{
    double start = sep_seconds();
    cl_int code;

    *program = clCreateProgramWithSource(cl->context, SHARED + 1, (const char **)(uintptr_t)texts, NULL, &code);
    SEP_TRY(sep_cl_check(code, "clCreateProgramWithSource"));
    if (clBuildProgram(*program, 1, &cl->id, options, NULL, NULL) != CL_SUCCESS) {
        sep_status status = fail_build(cl, *program, name);
        clReleaseProgram(*program);
        *program = NULL;
        return status;
    }
    double seconds = sep_seconds() - start;
    sep_log(cl->keeps_binaries || seconds > NOTABLE ? SEP_LOG_INFO : SEP_LOG_DEBUG, "OpenCL: compiled %s in %.1f s",
            name, seconds);
    return SEP_OK;
}

/* "GROUP=64 STEPS=16" as " -DGROUP=64 -DSTEPS=16". */
static void write_parameters(const char *parameters, char *options, size_t size)
{
    size_t used = 0;

    options[0] = '\0';
    while (*parameters && used + 1 < size) {
        int length = (int)strcspn(parameters, " ");
        used += (size_t)snprintf(options + used, size - used, " -D%.*s", length, parameters);
        parameters += length + (parameters[length] == ' ');
    }
}

/* The options that say how to compute. Infinities and NaN keep their meaning in fast mode: a loss that is neither must
 * be seen. */
static void write_options(const sep_cl *cl, sep_cl_program number, char *options, size_t size)
{
    const char *division = cl->rounds_division ? "-cl-fp32-correctly-rounded-divide-sqrt" : "-DSEP_ROUND_DIVISION";
    bool own_fma = number == SEP_CL_probe || number == SEP_CL_peak || cl->floats.zeros;
    const char *zeros = own_fma ? "" : "-DSEP_FMA_LOSES_ZERO";

    int used = cl->fast ? snprintf(options, size,
                                   "-cl-std=CL1.2 -DSEP_FAST -cl-mad-enable -cl-no-signed-zeros -cl-denorms-are-zero")
                        : snprintf(options, size, "-cl-std=CL1.2 %s %s", division, zeros);

    write_parameters(cl->parameters[number], options + used, size - (size_t)used);
}

/* Tuned programs are kept only after a trial, so that one from the cache needs none. */
static sep_status open_program(sep_cl *cl, sep_cl_program number)
{
    const char *texts[SHARED + 1];
    char options[256];
    uint64_t hash = sep_hash(SEP_HASH_START, cl->version, strlen(cl->version));
    sep_status status = SEP_OK;

    write_options(cl, number, options, sizeof options);
    hash = sep_hash(hash, options, strlen(options));
    for (size_t i = 0; i <= SHARED; i++) {
        texts[i] = sep_cl_source(i < SHARED ? shared[i] : programs[number].file);
        hash = sep_hash(hash, texts[i], strlen(texts[i]));
    }
    char *path = cl->keeps_binaries ? binary_path(hash) : NULL;
    cl->program[number] = load_binary(cl, path, options);
    if (cl->program[number] == NULL) {
        status = compile(cl, texts, options, programs[number].name, &cl->program[number]);
        if (status == SEP_OK && !cl->fast && sep_cl_is_tuned(cl, number))
            status = sep_cl_try_tuned(cl, number);
        if (status == SEP_OK && !cl->tries)
            keep_binary(cl->program[number], path);
    }
    sep_free(path);
    return status;
}

/* Parameters with which a program can't be built, or that change results, are given up for the defaults. */
static sep_status open_tuned(sep_cl *cl, sep_cl_program number)
{
    if (open_program(cl, number) == SEP_OK)
        return SEP_OK;
    sep_log(SEP_LOG_WARNING, "OpenCL: %s with %s: %s; the defaults are taken", programs[number].name,
            cl->parameters[number], sep_error_text());
    SEP_TRY(sep_cl_set_parameters(cl, number, sep_cl_default_parameters(number)));
    return open_program(cl, number);
}

sep_status sep_cl_find_kernel(sep_cl *cl, sep_cl_program program, const char *name, cl_kernel *kernel)
{
    cl_int code;

    for (int i = 0; i < cl->kernels; i++)
        if (cl->kernel[i].program == program && strcmp(cl->kernel[i].name, name) == 0) {
            *kernel = cl->kernel[i].kernel;
            return SEP_OK;
        }
    if (cl->kernels == SEP_CL_MAX_KERNELS)
        return sep_fail(SEP_ERR_UNSUPPORTED, "OpenCL: more than %d kernels", SEP_CL_MAX_KERNELS);
    if (cl->program[program] == NULL)
        SEP_TRY(sep_cl_is_tuned(cl, program) ? open_tuned(cl, program) : open_program(cl, program));
    *kernel = clCreateKernel(cl->program[program], name, &code);
    SEP_TRY(sep_cl_check(code, name));
    cl->kernel[cl->kernels++] = (sep_cl_kernel){program, name, *kernel};
    return SEP_OK;
}

void sep_cl_drop_program(sep_cl *cl, sep_cl_program program)
{
    int kept = 0;

    for (int i = 0; i < cl->kernels; i++)
        if (cl->kernel[i].program == program)
            clReleaseKernel(cl->kernel[i].kernel);
        else
            cl->kernel[kept++] = cl->kernel[i];
    cl->kernels = kept;
    if (cl->program[program])
        clReleaseProgram(cl->program[program]);
    cl->program[program] = NULL;
}

void sep_cl_free_programs(sep_cl *cl)
{
    for (int i = 0; i < cl->kernels; i++)
        clReleaseKernel(cl->kernel[i].kernel);
    for (int i = 0; i < SEP_CL_PROGRAM_COUNT; i++)
        if (cl->program[i])
            clReleaseProgram(cl->program[i]);
}
