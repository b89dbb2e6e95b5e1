/* ITK's transform text, entry by entry. */
#ifndef SEPTUM_REGISTRATION_ITK_TEXT_H
#define SEPTUM_REGISTRATION_ITK_TEXT_H

#include "septum/registration.h"

/* One "Transform:" with its numbers. */
typedef struct sep_itk_entry {
    char name[64];     /* "AffineTransform": without precision and dimensions */
    double *parameter; /* owned */
    double *fixed;     /* owned */
    int parameters, fixed_parameters;
} sep_itk_entry;

/* Reads the next entry of the text at *cursor (after the header line): *found is false at the end. */
sep_status sep_itk_next(const char **cursor, sep_itk_entry *entry, bool *found) SEP_MUST_CHECK;
void sep_itk_entry_free(sep_itk_entry *entry);

/* A matrix transform of any of ITK's kinds as y = M x + b in RAS. Sets *linear to false where it is none. */
sep_status sep_itk_linear(const sep_itk_entry *entry, double map[3][4], double centre[3], bool *linear) SEP_MUST_CHECK;

#endif
