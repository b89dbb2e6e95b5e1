/* Gradients against finite differences: for each operation a small graph whose loss is the mean squared difference of
 * the result from fixed numbers, and for each parameter (the input is one) the derivative along a random direction. */
#ifndef SEPTUM_TESTS_SUPPORT_GRADIENTS_H
#define SEPTUM_TESTS_SUPPORT_GRADIENTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "septum/losses.h"
#include "septum/methods.h"
#include "septum/ops.h"

typedef sep_node *recipe(sep_graph *g, sep_node *x);

typedef struct gradient_case {
    const char *name;
    sep_shape shape; /* of x */
    recipe *build;
    float step; /* of the difference quotient */
} gradient_case;

#define SHAPE4(n, h, w, c)                                                                                             \
    {                                                                                                                  \
        4,                                                                                                             \
        {                                                                                                              \
            n, h, w, c                                                                                                 \
        }                                                                                                              \
    }

/* A test a case; the result is main's. */
int support_check_gradients(const gradient_case *cases, size_t count);

#endif
