/* Matrix products through BLIS, on request (SEPTUM_GEMM=blis). BLIS returns the bits of a plain chain when it is given
 * one panel of SEP_PANEL at a time and kept off its path for small matrices; a test at start-up makes sure. */
#include "device/cpu/gemm.h"

#include "config.h"

#include <stdlib.h>
#include <string.h>

#if SEP_HAVE_BLIS
#include <blis.h>

typedef __typeof__(bli_sgemm_ex) gemm_function;

static void start_output(const sep_product *m)
{
    size_t row = (size_t)m->columns * sizeof(float);

    for (int i = 0; i < m->rows; i++)
        if (m->bias)
            memcpy(m->c + (ptrdiff_t)i * m->columns, m->bias, row);
        else
            memset(m->c + (ptrdiff_t)i * m->columns, 0, row);
}

static void multiply(const sep_product *m)
{
    float one = 1.0f;
    rntm_t runtime;

    bli_rntm_init(&runtime);
    bli_rntm_disable_l3_sup(&runtime);
    bli_rntm_set_num_threads(m->cpu->threads, &runtime);
    start_output(m);
    for (int k = 0; k < m->depth; k += SEP_PANEL) {
        float *a = (float *)m->a + k * m->a_step, *b = (float *)m->b + k * m->b_row;

        ((gemm_function *)m->cpu->blis)(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, m->rows, m->columns,
                                        sep_cpu_min(SEP_PANEL, m->depth - k), &one, a, m->a_row, m->a_step, b, m->b_row,
                                        m->b_step, &one, m->c, m->columns, 1, NULL, &runtime);
    }
}

/* BLIS 0.9 takes an architecture by number and inside a virtual machine picks AVX2 on a processor with AVX-512, which
 * is half the speed; it reads the variable on its first call. */
static void choose_architecture(const sep_cpu *cpu)
{
    if (strcmp(cpu->simd->name, "avx512") == 0)
        setenv("BLIS_ARCH_TYPE", "0", 0);
    else if (strcmp(cpu->simd->name, "avx2") == 0)
        setenv("BLIS_ARCH_TYPE", "3", 0);
}

/* One product by both, the depth over two panels and rows and columns with tails; `memory` has room for all. */
static bool same_bits(const sep_cpu *cpu, int rows, int columns, int depth, bool along_rows, float *memory)
{
    float *a = memory, *b = a + rows * depth, *own = b + depth * columns, *blis = own + rows * columns;
    sep_product product = {
        .cpu = cpu, .rows = rows, .columns = columns, .depth = depth, .a = a, .b = b, .b_row = columns, .b_step = 1};
    size_t bytes = (size_t)(rows * columns) * sizeof(float);
    sep_random random = {.seed = 1, .stream = sep_stream("blis test")};

    for (int i = 0; i < rows * depth + depth * columns; i++)
        memory[i] = sep_random_uniform(&random, (uint64_t)i) - 0.5f;
    product.a_row = along_rows ? 1 : depth;
    product.a_step = along_rows ? rows : 1;
    product.scratch = blis + rows * columns;
    product.c = own;
    sep_gemm_own(&product);
    product.c = blis;
    multiply(&product);
    return memcmp(own, blis, bytes) == 0;
}

#define TEST_FLOATS (1 << 18) /* more than any product below needs */

static sep_status choose_blis(sep_cpu *cpu)
{
    static const int shapes[][3] = {{7, 5, 3}, {65, 130, 300}, {200, 33, 513}, {3, 96, 256}};
    const sep_status found = sep_late_find(SEP_BLIS_FILE, "bli_sgemm_ex", &cpu->blis);
    bool same = true;

    if (found != SEP_OK)
        return sep_fail_within(found, "SEPTUM_GEMM=blis");
    float *memory = sep_calloc(TEST_FLOATS + sep_gemm_scratch_bytes(cpu) / sizeof(float), sizeof(float));
    if (!memory)
        return SEP_ERR_MEMORY;
    choose_architecture(cpu);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        for (int along_rows = 0; along_rows < 2; along_rows++)
            same = same && same_bits(cpu, shapes[i][0], shapes[i][1], shapes[i][2], along_rows, memory);
    sep_free(memory);
    if (!same)
        return sep_fail(SEP_ERR_UNSUPPORTED, "SEPTUM_GEMM=blis: this BLIS returns other bits than defined; use own");
    cpu->multiply = multiply;
    return SEP_OK;
}
#else
static sep_status choose_blis(sep_cpu *cpu)
{
    (void)cpu;
    return sep_fail(SEP_ERR_UNSUPPORTED, "SEPTUM_GEMM=blis: this build has no BLIS; use own");
}
#endif

sep_status sep_gemm_choose(sep_cpu *cpu, const char *name)
{
    cpu->multiply = sep_gemm_own;
    if (!name || strcmp(name, "own") == 0)
        return SEP_OK;
    if (strcmp(name, "blis") == 0)
        return choose_blis(cpu);
    return sep_fail(SEP_ERR_ARGUMENT, "SEPTUM_GEMM=%s: choose own or blis", name);
}
