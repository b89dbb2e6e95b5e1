/* The bits of what dropout keeps: elements in tiles shared among threads. */
#include "device/cpu/dropout.h"

#include "device/cpu/cut.h"
#include "device/cpu/kernels.h"

#include <string.h>

void sep_cpu_dropout_bits(const sep_cpu *cpu, const sep_call *call, const sep_step_info *step)
{
    const sep_dropout dropout = sep_cpu_dropout_of(call, step);
    uint8_t *bits = (uint8_t *)sep_cpu_i32(&call->output);
    int64_t count = call->attributes.count, tiles = sep_cpu_pieces(count, SEP_CPU_TILE);
    size_t bytes = (size_t)sep_shape_count(&call->output.shape) * sizeof(int32_t), used = (size_t)(count + 7) / 8;

    memset(bits + used, 0, bytes - used);
#pragma omp parallel for num_threads(cpu->threads) schedule(static) if (tiles > 1)
    for (int64_t i = 0; i < tiles; i++)
        cpu->simd->dropout->keep_bits(&dropout, i * SEP_CPU_TILE, (int)sep_cpu_piece(count, SEP_CPU_TILE, i),
                                      bits + i * SEP_CPU_TILE / 8);
}
