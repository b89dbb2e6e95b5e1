/* Problems: an operation family and a shape written as one word, "conv n4h256w256c16o16k3".
 *
 * A word is a row of letters, each followed by a whole number, then letters that stand alone (flags). Each family has
 * its letters; every sep_call of the family can be said as such a word, and the word gives the call back. */
#ifndef SEPTUM_BENCH_PROBLEM_H
#define SEPTUM_BENCH_PROBLEM_H

#include "septum/device.h"

/* Forward, gradient of the data, gradient of the parameters. */
typedef enum bench_pass { BENCH_FWD, BENCH_DX, BENCH_DW, BENCH_PASSES } bench_pass;

extern const char *const bench_pass_names[BENCH_PASSES];

#define BENCH_LETTERS 128 /* values are found under their letter; upper case: derived from the others */
#define BENCH_WORD    96  /* bytes that hold any word */

typedef struct bench_family bench_family;

typedef struct bench_problem {
    const bench_family *family;
    int value[BENCH_LETTERS]; /* a flag is 0 or 1 */
} bench_problem;

/* One operation of a pass: "x:nhwc w:kkco [b?b:o] > y:nPQo". Operands are NAME:AXES parted by blanks, the output stands
 * behind '>'. An axis is a letter or a digit; 'r' and 'e' stand for any number of axes of which the product counts.
 * [LETTER?NAME:AXES] is there only where that letter's value is not 0. A name that was used before means the same
 * tensor. Marks behind the axes: '#' indices below c, '#s' below s, '%' bits, '+' positive values, '0' zeros, '=' ones,
 * '*' an input that is written to as well, '~' of the s rows only r are touched. */
typedef struct bench_step {
    sep_op op;
    const char *operands; /* NULL: no such step */
} bench_step;

#define BENCH_STEPS 2

struct bench_family {
    const char *name;
    char mark;                     /* a flag that tells two families of one name apart; 0: none */
    const char *required;          /* letters that every word has, in the order in which words are written */
    const char *optional;          /* letters that may be left out; NULL for none */
    const char *flags;             /* letters without a number; NULL for none */
    const char *work;              /* multiply-adds of one pass: a product of axes; NULL: not counted, memory decides */
    int work_factor[BENCH_PASSES]; /* times this (0: 1) */
    struct {
        char letter;
        size_t offset; /* of the int in sep_attributes */
    } field[6];
    sep_attributes fixed; /* what words do not say */
    /* Fills defaults (a value that was left out is -1) and upper-case letters; false: the shape makes no sense. */
    bool (*derive)(int *value);
    /* What the operands of a call do not show by themselves; false: not of this family after all. */
    bool (*observe)(const sep_call *call, int *value);
    bench_step pass[BENCH_PASSES][BENCH_STEPS]; /* the last step is the one that a call is recognised by */
};

/* All families, one with a NULL name at the end. */
extern const bench_family bench_families[];

/* Reads a word; what is wrong is said in one line that names the word. */
sep_status bench_problem_parse(const char *family, const char *word, bench_problem *problem) SEP_MUST_CHECK;
/* The word in its usual form: letters in the family's order, defaults left out. */
void bench_problem_word(const bench_problem *problem, char word[BENCH_WORD]);
/* The problem and pass of a call; false where no family has it. */
bool bench_problem_of_call(const sep_call *call, bench_problem *problem, bench_pass *pass);
/* Whether calls of that pass show a flag by an operand that is there or not. bench_problem_of_call takes one that they
 * do not show to be set. */
bool bench_pass_shows(const bench_family *family, bench_pass pass, char flag);
bool bench_problem_has_pass(const bench_problem *problem, bench_pass pass);
/* Multiply-adds of a pass; 0 where they are not what counts. */
double bench_problem_work(const bench_problem *problem, bench_pass pass);
/* Whether `call`, of that problem, is a convolution that computes by Winograd's algorithm. */
bool bench_problem_is_winograd(const bench_problem *problem, const sep_call *call);

/* ---- operands, read from a step's text ----------------------------------------------------------------------------
 */

typedef struct bench_operand {
    char name[12], axes[8];
    char wanted_by; /* the letter that an optional operand belongs to; 0: always there */
    char below;     /* of indices: the letter that they are below */
    bool indices, bits, positive, zeros, ones, rewritten, partly;
} bench_operand;

typedef struct bench_operands {
    int inputs; /* the optional one included */
    bench_operand input[SEP_MAX_INPUTS], output;
} bench_operands;

void bench_operands_read(const char *text, bench_operands *operands);
/* Whether the problem has that operand. */
bool bench_operand_is_there(const bench_operand *operand, const int *value);

/* ---- a pass laid out: its tensors and calls, without memory -------------------------------------------------------
 */

#define BENCH_TENSORS 8

typedef enum bench_fill { BENCH_SIGNED, BENCH_POSITIVE, BENCH_INDICES, BENCH_BITS, BENCH_ZEROS, BENCH_ONES } bench_fill;

typedef struct bench_tensor {
    char name[12];
    sep_shape shape;
    sep_dtype dtype;
    bench_fill fill;
    char below; /* of indices */
} bench_tensor;

typedef struct bench_layout {
    int tensors, steps;
    bench_tensor tensor[BENCH_TENSORS];
    int input[BENCH_STEPS][SEP_MAX_INPUTS], output[BENCH_STEPS]; /* indices into tensor[] */
    sep_call call[BENCH_STEPS];                                  /* shapes and attributes set, buffers not */
    int64_t traffic;   /* bytes: every input read once, every output written once, as far as they are touched */
    int64_t footprint; /* bytes of all tensors */
} bench_layout;

/* SEP_ERR_ARGUMENT where the family has no such pass, SEP_ERR_SHAPE where a tensor would be too large. */
sep_status bench_layout_create(const bench_problem *problem, bench_pass pass, bench_layout *layout) SEP_MUST_CHECK;
/* The tensor of that name, or -1. */
int bench_layout_find(const bench_layout *layout, const char *name);

#endif
