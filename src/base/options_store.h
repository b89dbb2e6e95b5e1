/* The list behind sep_options, shared by the file parser (options_file.c) and the look-ups (options.c). */
#ifndef SEP_BASE_OPTIONS_STORE_H
#define SEP_BASE_OPTIONS_STORE_H

#include "septum/base.h"

/* inih takes section names and keys of 49 bytes. What is written as "key = value" must fit in a line, so that what was
 * read or set can be recorded and read again. */
#define SEP_OPTION_NAME_LIMIT 48
#define SEP_OPTION_LINE_LIMIT 4000

typedef struct sep_option {
    struct sep_option *next;
    const char *key, *value;
    const char *where; /* "file.ini:12", "setting 'a.b=c'" or "default": what error texts begin with */
    int load;          /* the number of the load or set that it came from */
    bool asked;        /* a look-up wanted it */
} sep_option;

struct sep_options {
    sep_arena *arena;
    sep_option *first, *last; /* in order of appearance */
    int load;
};

sep_option *sep_option_find(const sep_options *options, const char *key);

/* Whether two values say the same: 0.50 is 0.5. */
bool sep_option_same_value(const char *a, const char *b);

/* Adds section.name = value, or replaces it; checks names and value. A key that the same load set before is an error.
 */
sep_status sep_option_put(sep_options *options, const char *section, const char *name, const char *value,
                          const char *where) SEP_MUST_CHECK;

#endif
