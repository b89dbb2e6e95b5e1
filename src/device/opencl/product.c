/* Launches of the products: see product.h. */
#include "device/opencl/product.h"
#include "device/opencl/blas.h"

#define NARROW_COLUMNS 16

bool sep_cl_is_narrow(int columns)
{
    return columns <= NARROW_COLUMNS;
}

sep_cl_tile sep_cl_tile_of(const sep_cl *cl, sep_cl_program program)
{
    int side = sep_cl_parameter(cl, program, "SIDE");

    return (sep_cl_tile){.rows = side * sep_cl_parameter(cl, program, "ITEM_ROWS"),
                         .columns = side * sep_cl_parameter(cl, program, "ITEM_COLUMNS"),
                         .group = (size_t)(side * side)};
}

sep_status sep_cl_multiply(sep_cl *cl, const sep_cl_product *p)
{
    sep_cl_program program = sep_cl_is_narrow(p->columns) ? SEP_CL_narrow_product : SEP_CL_product;

    if (p->panel > 0 && sep_cl_has_blas(cl))
        return sep_cl_blas_multiply(cl, p);
    sep_cl_launch l = sep_cl_begin(cl, program, "product");
    sep_cl_tile tile = sep_cl_tile_of(cl, program);

    sep_cl_tensor(&l, p->a);
    sep_cl_tensor(&l, p->b);
    sep_cl_tensor(&l, p->bias ? p->bias : p->c);
    sep_cl_tensor(&l, p->gate ? p->gate : p->c);
    sep_cl_tensor(&l, p->c);
    sep_cl_int(&l, p->rows);
    sep_cl_int(&l, p->columns);
    sep_cl_int(&l, p->depth);
    sep_cl_int(&l, p->panel);
    sep_cl_int(&l, p->b_step);
    sep_cl_int(&l, p->b_column);
    sep_cl_long(&l, p->a_batch);
    sep_cl_long(&l, p->b_batch);
    sep_cl_long(&l, p->c_batch);
    sep_cl_int(&l, p->bias != NULL);
    sep_cl_int(&l, p->gate != NULL);
    sep_cl_int(&l, (int)p->activation);
    sep_cl_float(&l, p->slope);
    return sep_cl_run(&l,
                      (size_t[3]){(size_t)sep_cl_ceiling(p->columns, tile.columns),
                                  (size_t)sep_cl_ceiling(p->rows, tile.rows), (size_t)p->batches},
                      (size_t[3]){tile.group});
}

static void set_side(sep_cl_launch *l, const sep_cl_side *side)
{
    sep_cl_tensor(l, side->pixels);
    sep_cl_int(l, side->height);
    sep_cl_int(l, side->width);
    sep_cl_int(l, side->channels);
    sep_cl_int(l, side->step);
    sep_cl_int(l, side->tap);
    sep_cl_int(l, side->first);
    sep_cl_long(l, side->plane);
}

sep_status sep_cl_sum_outer(sep_cl *cl, const sep_cl_outer *o)
{
    sep_cl_program program = sep_cl_is_narrow(o->b.channels) ? SEP_CL_narrow_outer : SEP_CL_outer;
    sep_cl_launch l = sep_cl_begin(cl, program, "outer");
    sep_cl_tile tile = sep_cl_tile_of(cl, program);
    int64_t tiles = sep_cl_ceiling(o->b.channels, tile.columns) * sep_cl_ceiling(o->a.channels, tile.rows);

    set_side(&l, &o->a);
    set_side(&l, &o->b);
    sep_cl_tensor(&l, o->sum);
    sep_cl_int(&l, o->images);
    sep_cl_int(&l, o->height);
    sep_cl_int(&l, o->width);
    sep_cl_int(&l, o->block_rows);
    sep_cl_int(&l, o->kernel);
    sep_cl_long(&l, o->block_floats);
    sep_cl_int(&l, (int)o->activation);
    sep_cl_float(&l, o->slope);
    return sep_cl_run(&l, (size_t[3]){(size_t)tiles, (size_t)o->taps, (size_t)o->blocks}, (size_t[3]){tile.group});
}
