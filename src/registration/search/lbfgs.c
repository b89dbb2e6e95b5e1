/* Limited-memory BFGS. */
#include "registration/search/optimise.h"

#include <math.h>
#include <string.h>

enum { PAIRS = 6, HALVINGS = 12 };

typedef struct memory {
    int n, pairs, newest;
    double *step[PAIRS], *change[PAIRS], product[PAIRS]; /* s, y and s.y */
} memory;

/* The vectors of one search. */
typedef struct search {
    double *all; /* everything below; owned */
    double *gradient, *direction, *trial, *trial_gradient;
    memory past;
} search;

static double dot(const double *a, const double *b, int n)
{
    double sum = 0.0;

    for (int i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static void add(double *to, double factor, const double *what, int n)
{
    for (int i = 0; i < n; i++)
        to[i] += factor * what[i];
}

static sep_status search_create(int n, search *s)
{
    double **vector[4] = {&s->gradient, &s->direction, &s->trial, &s->trial_gradient};

    memset(s, 0, sizeof *s);
    s->past.n = n;
    s->all = sep_calloc((size_t)n * (4 + 2 * PAIRS), sizeof *s->all);
    if (s->all == NULL)
        return SEP_ERR_MEMORY;
    double *next = s->all;
    for (int i = 0; i < 4; i++, next += n)
        *vector[i] = next;
    for (int i = 0; i < PAIRS; i++, next += 2 * n) {
        s->past.step[i] = next;
        s->past.change[i] = next + n;
    }
    return SEP_OK;
}

/* direction <- -H gradient by the two loops of the paper; H's start is the scaling of the variables, stretched to fit
 * the newest pair. */
static void find_direction(const sep_objective *o, const double *parameter, search *s)
{
    const memory *m = &s->past;
    double weight[PAIRS];

    memcpy(s->direction, s->gradient, (size_t)m->n * sizeof *s->direction);
    for (int i = 0; i < m->pairs; i++) {
        const int p = (m->newest - i + PAIRS) % PAIRS;

        weight[p] = dot(m->step[p], s->direction, m->n) / m->product[p];
        add(s->direction, -weight[p], m->change[p], m->n);
    }
    o->scale(o->context, parameter, s->direction);
    if (m->pairs > 0) {
        /* trial_gradient is free here: the newest change in scaled variables. */
        memcpy(s->trial_gradient, m->change[m->newest], (size_t)m->n * sizeof *s->trial_gradient);
        o->scale(o->context, parameter, s->trial_gradient);
        const double stretch = m->product[m->newest] / dot(m->change[m->newest], s->trial_gradient, m->n);
        for (int i = 0; i < m->n; i++)
            s->direction[i] *= stretch;
    }
    for (int i = m->pairs - 1; i >= 0; i--) {
        const int p = (m->newest - i + PAIRS) % PAIRS;

        add(s->direction, weight[p] - dot(m->change[p], s->direction, m->n) / m->product[p], m->step[p], m->n);
    }
    for (int i = 0; i < m->n; i++)
        s->direction[i] = -s->direction[i];
}

/* Keeps trial - parameter and the gradients' difference, where the curvature along them is positive. The place of the
 * new pair is that of the oldest one, which stays where it is not. */
static void remember(const double *parameter, search *s)
{
    memory *m = &s->past;
    const int p = (m->newest + 1) % PAIRS;
    double product = 0.0, squares = 0.0;

    for (int i = 0; i < m->n; i++) {
        const double change = s->trial_gradient[i] - s->gradient[i];
        product += (s->trial[i] - parameter[i]) * change;
        squares += change * change;
    }
    if (product <= 1e-12 * squares)
        return;
    for (int i = 0; i < m->n; i++) {
        m->step[p][i] = s->trial[i] - parameter[i];
        m->change[p][i] = s->trial_gradient[i] - s->gradient[i];
    }
    m->product[p] = product;
    m->newest = p;
    m->pairs += m->pairs < PAIRS;
}

/* The largest of factor, factor / 2, ... that lowers the cost enough. A trial that loses the overlap is too far. */
static sep_status line_search(const sep_objective *o, const double *parameter, uint32_t draw, double factor, search *s,
                              double *cost, bool *found)
{
    const double slope = dot(s->gradient, s->direction, s->past.n);

    *found = false;
    for (int h = 0; h < HALVINGS && !*found; h++, factor /= 2.0) {
        double value;

        memcpy(s->trial, parameter, (size_t)s->past.n * sizeof *s->trial);
        add(s->trial, factor, s->direction, s->past.n);
        sep_status status = o->cost(o->context, s->trial, draw, &value, s->trial_gradient);
        if (status == SEP_ERR_NUMERIC)
            continue;
        SEP_TRY(status);
        if (value <= *cost + 1e-4 * factor * slope) {
            *found = true;
            *cost = value;
        }
    }
    return SEP_OK;
}

static sep_status descend(const sep_objective *o, double *parameter, sep_descent *descent, search *s)
{
    bool found = true;
    double cost;

    SEP_TRY(o->cost(o->context, parameter, descent->draw, &cost, s->gradient));
    while (found && descent->done < descent->iterations) {
        find_direction(o, parameter, s);
        if (dot(s->gradient, s->direction, s->past.n) >= 0.0)
            break;
        const double length = o->length(o->context, parameter, s->direction);
        if (!(length > (s->past.pairs > 0 ? descent->step / 1000.0 : 0.0)))
            break;
        /* The first direction knows no scale; later ones are held to ten voxels. */
        const double most = s->past.pairs == 0 ? descent->step : 10.0 * descent->step;
        const double factor = s->past.pairs == 0 || length > most ? most / length : 1.0;
        SEP_TRY(line_search(o, parameter, descent->draw, factor, s, &cost, &found));
        if (found) {
            remember(parameter, s);
            memcpy(parameter, s->trial, (size_t)s->past.n * sizeof *parameter);
            memcpy(s->gradient, s->trial_gradient, (size_t)s->past.n * sizeof *s->gradient);
        }
        descent->done++;
    }
    return SEP_OK;
}

sep_status sep_lbfgs(const sep_objective *objective, double *parameter, sep_descent *descent)
{
    search s;

    descent->done = 0;
    SEP_TRY(search_create(objective->parameters, &s));
    sep_status status = descend(objective, parameter, descent, &s);
    sep_free(s.all);
    return status;
}
