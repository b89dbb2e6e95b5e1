/* Options of a sub-command: one table from which the parser, `septum CMD --help` and the man page are all made.
 *
 * An option writes to the variable its entry points to, and which pointer is set says what kind of option it is. What
 * the variable holds before parsing is the default that the help shows:
 *
 *     static const char *output = "run";
 *     static int64_t seed = 1;
 *     static bool json;
 *     static sep_strings settings;
 *
 *     static const sep_option options[] = {
 *         {"output", 'o', "FOLDER", "write the run into FOLDER", .string = &output},
 *         {"seed", 0, "N", "seed of all random numbers", .integer = &seed, .low = 0, .high = UINT32_MAX},
 *         {"set", 's', "KEY=VALUE", "change one setting of the configuration (may be repeated)", .list = &settings},
 *         {"json", 0, NULL, "print JSON", .flag = &json},
 *         {0},
 *     };
 *
 * --help (-h), --quiet (-q), --verbose (-v) and --memory-limit are understood by every sub-command and stand in no
 * table but that of the common options. */
#ifndef SEPTUM_CLI_OPTIONS_H
#define SEPTUM_CLI_OPTIONS_H

#include "septum/base.h"

typedef struct sep_option {
    const char *name;     /* "seed" is given as --seed N or --seed=N; a NULL name ends the table */
    char letter;          /* 'o' is given as -o FOLDER; 0 for none */
    const char *argument; /* what the help calls the value, "FOLDER"; NULL for a flag */
    const char *help;     /* one line, no capital, no full stop; the default is added to it */
    bool *flag;           /* exactly one of these five pointers is set */
    const char **string;
    int64_t *integer;
    double *real;
    sep_strings *list;   /* may be given many times: each value is appended */
    double low, high;    /* the range of an integer or a real, both ends allowed; 0, 0 for any */
    const char *choices; /* of a string: the words allowed, parted by '|' ("auto|generic|avx2"); NULL for any */
} sep_option;

typedef struct sep_command {
    const char *name;          /* "train" */
    const char *program;       /* of a program of its own: what it is called; NULL: a sub-command of septum */
    const char *operands;      /* what follows the options, as the usage line shows it: "CONFIG.ini"; NULL for none */
    int operands_low;          /* how many operands there must be ... */
    int operands_high;         /* ... and may be; -1 for any number */
    const char *summary;       /* one line, no capital, no full stop: for `septum --help` and the page's title */
    const char *description;   /* paragraphs parted by an empty line; a line that starts with a space is not wrapped */
    const char *examples;      /* command lines, one per line; a line that starts with # explains the next; or NULL */
    const sep_option *options; /* NULL for none */
    const sep_option *shared;  /* rows that other commands have too, shown behind its own; NULL for none */

    /* Runs with the options stored and the operands counted. A failure is returned with its text set by sep_fail; the
     * caller prints it and picks the exit code. Operands that make no sense go through sep_usage_error. */
    sep_status (*run)(int count, char **operand);
} sep_command;

/* What every sub-command understands, on top of its own table. */
extern const sep_option sep_common_options[];

/* Stores what the command line says, checks the operands' number and points *operand to them (inside argv, where
 * getopt_long gathers them at the end). argv[0] is the sub-command's name. Fails with sep_usage_error. */
sep_status sep_parse_options(const sep_command *command, int argc, char **argv, int *count,
                             char ***operand) SEP_MUST_CHECK;

/* Whether -h or --help is among the words before "--". */
bool sep_asks_for_help(int argc, char **argv);

/* How the command is called: "septum train", or the name of its program. */
void sep_command_line(const sep_command *command, char *text, size_t size);

/* sep_fail(SEP_ERR_ARGUMENT, ...) and the mark that it was the command line that was wrong: exit code 2 instead of 1,
 * and a pointer to --help behind the text. */
sep_status sep_usage_error(const char *format, ...) SEP_PRINTF(1, 2);
bool sep_is_usage_error(void);

#endif
