/* Warping of maps: rows of the result are shared among threads. */
#include "device/cpu/cut.h"
#include "device/cpu/kernels.h"

#include <string.h>

/* Row r of sample n. */
static sep_warp_row row_of(const sep_shape *map, const float *move, int64_t n, int64_t r)
{
    const int *d = map->dim;

    return (sep_warp_row){
        .move = move + (n * d[1] + r) * d[2] * 2, .row = (int)r, .height = d[1], .width = d[2], .channels = d[3]};
}

static int64_t line_of(const sep_shape *map)
{
    return (int64_t)map->dim[2] * map->dim[3];
}

void sep_cpu_warp_map(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const sep_shape *map = &call->output.shape;
    const float *x = sep_cpu_input(call, 0), *move = sep_cpu_input(call, 1);
    float *y = sep_cpu_f32(&call->output);
    const int64_t height = map->dim[1], rows = map->dim[0] * height, line = line_of(map);

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (rows * line > SEP_CPU_TILE)
    for (int64_t r = 0; r < rows; r++) {
        const sep_warp_row row = row_of(map, move, r / height, r % height);

        cpu->simd->warp_map->values(&row, x + r / height * height * line, y + r * line);
    }
}

void sep_cpu_warp_map_dmove(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const sep_shape *map = &call->input[0].shape;
    const float *x = sep_cpu_input(call, 0), *move = sep_cpu_input(call, 1), *dy = sep_cpu_input(call, 2);
    float *dmove = sep_cpu_f32(&call->output);
    const int64_t height = map->dim[1], width = map->dim[2], rows = map->dim[0] * height, line = line_of(map);

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (rows * line > SEP_CPU_TILE)
    for (int64_t r = 0; r < rows; r++) {
        const sep_warp_row row = row_of(map, move, r / height, r % height);

        cpu->simd->warp_map->slopes(&row, x + r / height * height * line, dy + r * line, dmove + r * width * 2);
    }
}

/* Every piece of a sample's rows looks through all of its pixels: few pieces, enough for all threads. */
void sep_cpu_warp_map_dx(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const sep_shape *map = &call->output.shape;
    const float *move = sep_cpu_input(call, 0), *dy = sep_cpu_input(call, 1);
    float *dx = sep_cpu_f32(&call->output);
    const int64_t samples = map->dim[0], height = map->dim[1], line = line_of(map);
    const int64_t size = sep_cpu_pieces(height, sep_cpu_pieces(sep_cpu_wanted_units(cpu), samples));
    const int64_t pieces = sep_cpu_pieces(height, size);

    (void)step;
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (samples * height * line > SEP_CPU_TILE)
    for (int64_t i = 0; i < samples * pieces; i++) {
        const int64_t n = i / pieces, first = i % pieces * size, count = sep_cpu_piece(height, size, i % pieces);
        float *sample = dx + n * height * line;

        memset(sample + first * line, 0, (size_t)(count * line) * sizeof *dx);
        for (int64_t r = 0; r < height; r++) {
            const sep_warp_row row = row_of(map, move, n, r);

            cpu->simd->warp_map->spread(&row, dy + (n * height + r) * line, (int)first, (int)(first + count), sample);
        }
    }
}
