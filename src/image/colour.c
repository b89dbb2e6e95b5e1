/* The colours of classes. */
#include "septum/image.h"

/* Okabe and Ito's seven (2008) first, then Tol's "muted" nine (2021): told apart with any colour vision. */
static const uint8_t colours[16][3] = {
    {213, 94, 0},    /* vermilion */
    {0, 158, 115},   /* bluish green */
    {86, 180, 233},  /* sky blue */
    {240, 228, 66},  /* yellow */
    {204, 121, 167}, /* reddish purple */
    {230, 159, 0},   /* orange */
    {0, 114, 178},   /* blue */
    {136, 34, 85},   /* wine */
    {68, 170, 153},  /* teal */
    {221, 204, 119}, /* sand */
    {51, 34, 136},   /* indigo */
    {204, 102, 119}, /* rose */
    {153, 153, 51},  /* olive */
    {136, 204, 238}, /* cyan */
    {170, 68, 153},  /* purple */
    {17, 119, 51},   /* green */
};

const uint8_t *sep_class_colour(int label)
{
    return label > 0 ? colours[(label - 1) % 16] : NULL;
}
