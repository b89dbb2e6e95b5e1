/* What the optimisers see: a function of a vector with its gradient, and lengths in the world. */
#ifndef SEPTUM_REGISTRATION_OBJECTIVE_H
#define SEPTUM_REGISTRATION_OBJECTIVE_H

#include "registration/search/metric.h"
#include "registration/search/parameters.h"

typedef struct sep_objective {
    int parameters;
    void *context;
    /* The cost at a point over the samples of a draw; `gradient` may be NULL. SEP_ERR_NUMERIC where fewer than a
     * quarter of the samples land inside the moving volume. */
    sep_status (*cost)(void *context, const double *parameter, uint32_t draw, double *cost, double *gradient);
    /* The gradient becomes a direction whose components are commensurate: each divided by the mean square of how far
     * its parameter moves points. */
    void (*scale)(void *context, const double *parameter, double *direction);
    /* How far a step along `direction` moves points of the fixed volume, in mm. */
    double (*length)(void *context, const double *parameter, const double *direction);
} sep_objective;

#define SEP_LEAST_VALID 0.25

/* One level of the search: both volumes of the pyramid, the samples, the metric. */
typedef struct sep_level {
    const sep_volume *fixed, *moving;
    sep_measure measure;
    sep_samples samples;
    sep_evaluator *evaluator; /* owned */
    uint64_t seed;
    bool patches;
    sep_sample_region region; /* that samples are drawn from while the evaluator's border holds points */
    double least;             /* share of samples inside, below which a cost is SEP_ERR_NUMERIC */
    double valid;             /* of the last evaluation */
    uint32_t drawn;           /* the draw that the samples hold; */
    bool has_drawn;           /* whether any */
} sep_level;

/* From now on samples are drawn where `map` takes them inside the moving volume, and held at its border. */
sep_status sep_level_hold(sep_level *level, const sep_map map) SEP_MUST_CHECK;
/* From now on samples are drawn everywhere, and the moving volume goes on as its lowest value: as it is at first. */
void sep_level_pad(sep_level *level);
sep_status sep_level_draw(sep_level *level, uint32_t draw) SEP_MUST_CHECK;
/* Where samples land by moving.to_voxel * map * fixed.to_world, after the deformation by the evaluator's grid and
 * `coefficient` (NULL without one), the values there, and the metric: its cost. */
sep_status sep_level_cost(sep_level *level, const sep_map map, const float *coefficient, bool pull,
                          double *cost) SEP_MUST_CHECK;
/* The derivative of the cost by the world map, from the forces of the last sep_level_cost. */
sep_status sep_level_map_gradient(const sep_level *level, sep_map gradient) SEP_MUST_CHECK;

/* ---- the affine problem ------------------------------------------------------------------------------------------ */

typedef struct sep_affine_problem {
    sep_level *level;
    sep_transform_kind kind;
    double centre[3];
    double strain;    /* weight of the strain energy */
    bool flat;        /* slices are not tilted: */
    double normal[3]; /* of the fixed volume's, of unit length */
} sep_affine_problem;

sep_objective sep_affine_objective(sep_affine_problem *problem);

/* ---- the B-spline problem ---------------------------------------------------------------------------------------- */

typedef struct sep_spline_problem {
    sep_level *level;
    sep_map affine;
    sep_spline *spline;    /* the grid; its coefficients are the parameters, component after component, in mm */
    double bending;        /* weight of the bending energy; 0: none */
    double jacobian;       /* weight of the penalty on changes of volume; 0: none */
    sep_map to_voxel;      /* of the fixed level */
    float back[3][4];      /* takes a pull at moving voxels back to fixed voxels */
    float *coefficient;    /* [3][nodes], in voxels of the fixed level, along its axes; owned, with: */
    float *sum;            /* [blocks][3][nodes]: the adjoint's partial sums */
    double *work;          /* of the bending energy, */
    double *jacobian_work; /* and of the penalty; NULL without one */
    int jacobian_threads;
    size_t nodes;
} sep_spline_problem;

sep_status sep_spline_problem_create(sep_level *level, const sep_map affine, sep_spline *spline, double bending,
                                     sep_spline_problem *problem) SEP_MUST_CHECK;
/* Adds the penalty of registration/jacobian_penalty.h, unless the weight is 0. */
sep_status sep_spline_problem_penalise(sep_spline_problem *problem, double weight, int threads) SEP_MUST_CHECK;
void sep_spline_problem_free(sep_spline_problem *problem);
sep_objective sep_spline_objective(sep_spline_problem *problem);

#endif
