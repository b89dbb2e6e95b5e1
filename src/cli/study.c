/* septum study: rows of methods, columns of labelled counts, several seeds; trained, evaluated and written as a table.
 */
#include "septum/study.h"
#include "cli/commands.h"
#include "cli/compute.h"
#include "cli/program.h"
#include "cli/study_jobs.h"
#include "septum/process.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static sep_strings settings, only;
static const char *out, *part;
static bool list, tables, no_tables;
static int64_t jobs = 1;

static const sep_option options[] = {
    {"out", 'o', "FOLDER", "where the runs and the tables are kept (default: studies/ and the file's name)",
     .string = &out},
    {"list", 'l', NULL, "show what is done and how long the rest will take, and do nothing", .flag = &list},
    {"only", 0, "NAME", "do only these runs: ROW, ROW/3-cases or ROW/3-cases/seed-1 (may be repeated)", .list = &only},
    {"part", 0, "K/N", "do every N-th of the runs, the K-th first: for the job arrays of a cluster", .string = &part},
    {"jobs", 'j', "N", "train N runs at a time, each in a process of its own with its share of the threads",
     .integer = &jobs, .low = 1, .high = 256},
    {"tables", 0, NULL, "write the tables of what is done so far, and train nothing", .flag = &tables},
    {"no-tables", 0, NULL, "train and evaluate, and leave the tables to a later call", .flag = &no_tables},
    {"set", 's', "KEY=VALUE",
     "change a setting of FILE: study.seeds=1, or of the base for all rows: base.data.folder=PATH (may be repeated)",
     .list = &settings},
    SEP_DEVICE_OPTION,
    SEP_MODE_OPTIONS,
    SEP_THREADS_OPTION,
    {0},
};

/* studies/NAME of folder/NAME.ini */
static char *default_folder(const char *file)
{
    const char *name = sep_file_name(file);
    const char *end = strrchr(name, '.');

    return sep_format("studies/%.*s", end != NULL ? (int)(end - name) : (int)strlen(name), name);
}

static sep_status read_choice(sep_study_choice *choice)
{
    int used = 0;

    *choice = (sep_study_choice){.only = &only};
    if (part == NULL)
        return SEP_OK;
    if (sscanf(part, "%d/%d%n", &choice->part, &choice->parts, &used) != 2 || part[used] != '\0')
        return sep_usage_error("--part %s: must be written K/N, as in 3/16", part);
    if (choice->parts < 1 || choice->part < 1 || choice->part > choice->parts)
        return sep_usage_error("--part %s: there is no such part; parts are 1/N to N/N", part);
    return SEP_OK;
}

/* ---- --list ------------------------------------------------------------------------------------------------------ */

static void print_state(const sep_study_state *state, int width)
{
    char what[64] = "to do", duration[SEP_DURATION_TEXT];

    if (state->stage == SEP_STUDY_EVALUATED)
        snprintf(what, sizeof what, "done");
    else if (state->stage == SEP_STUDY_TRAINED)
        snprintf(what, sizeof what, "trained");
    else if (state->stage == SEP_STUDY_BEGUN)
        snprintf(what, sizeof what, "at %" PRId64 " of %" PRId64, state->iteration, state->iterations);
    sep_print_line("%-*s  %-20s  %s", width, state->name, what,
                   state->stage >= SEP_STUDY_TRAINED ? ""
                   : isnan(state->seconds_left)      ? "not known before a run of its row has begun"
                                                     : sep_duration_text(state->seconds_left, duration));
}

static void print_states(const sep_study_state *states, int count)
{
    int width = 0, done = 0, unknown = 0;
    double left = 0;
    char duration[SEP_DURATION_TEXT];

    for (int i = 0; i < count; i++) {
        const int length = (int)strlen(states[i].name);
        width = length > width ? length : width;
        done += states[i].stage == SEP_STUDY_EVALUATED;
        if (isnan(states[i].seconds_left))
            unknown++;
        else
            left += states[i].seconds_left;
    }
    for (int i = 0; i < count; i++)
        print_state(&states[i], width);
    if (left > 0)
        sep_print_line("%d of %d runs are done; %s %s of training left", done, count,
                       unknown > 0 ? "more than" : "about", sep_duration_text(left, duration));
    else
        sep_print_line("%d of %d runs are done", done, count);
}

static sep_status show_list(sep_study *study, const sep_study_choice *choice)
{
    sep_device *device = NULL;
    sep_study_state *states;
    int count;

    SEP_TRY(sep_open_device(&device));
    sep_progress_enable(false); /* of the timed steps */
    sep_status status = sep_study_list(study, choice, device, &states, &count);
    if (status == SEP_OK)
        print_states(states, count);
    sep_free(states);
    sep_device_destroy(device);
    return status;
}

/* ---- doing it ---------------------------------------------------------------------------------------------------- */

static sep_status write_tables(sep_study *study, const char *folder)
{
    char *summary;

    SEP_TRY(sep_study_write(study, &summary));
    fputs(summary, stdout);
    putchar('\n');
    sep_print_line("by class, and of the best checkpoint: %s/table.txt, .md, .csv, .tex, study.html", folder);
    sep_free(summary);
    return SEP_OK;
}

static sep_status train_here(sep_study *study, const sep_study_choice *choice)
{
    sep_device *device;

    SEP_TRY(sep_open_device(&device));
    sep_log(SEP_LOG_INFO, "%s", device->description);
    sep_stop_on_signals();
    sep_status status = sep_study_train(study, choice, device);
    sep_device_destroy(device);
    return status;
}

/* Some runs failed, as the error says that stays the command's; the others have their table all the same. */
static sep_status write_what_there_is(sep_study *study, const char *folder)
{
    char *reason = sep_strdup(sep_error_text());

    if (reason == NULL)
        return SEP_ERR_MEMORY;
    if (write_tables(study, folder) != SEP_OK)
        sep_log(SEP_LOG_WARNING, "%s", sep_error_text());
    sep_fail(SEP_ERR_NUMERIC, "%s", reason);
    sep_free(reason);
    return SEP_ERR_NUMERIC;
}

static sep_status train(sep_study *study, const sep_study_choice *choice, const char *file, const char *folder)
{
    const sep_study_job job = {file, folder, &settings};

    const sep_status status =
        jobs > 1 ? sep_study_train_jobs(study, choice, &job, (int)jobs) : train_here(study, choice);
    if (status == SEP_ERR_INTERRUPTED) /* a run's own hint is of septum train */
        return sep_fail(SEP_ERR_INTERRUPTED, "stopped: the next call goes on");
    if (no_tables || (status != SEP_OK && status != SEP_ERR_NUMERIC))
        return status;
    return status == SEP_OK ? write_tables(study, folder) : write_what_there_is(study, folder);
}

static sep_status check_options(void)
{
    if (tables && (list || no_tables))
        return sep_usage_error("--tables and --%s exclude each other", list ? "list" : "no-tables");
    if (tables && (only.count > 0 || part != NULL || jobs > 1))
        return sep_usage_error("--tables trains nothing, and the tables are of all runs: no --only, --part or --jobs");
    return SEP_OK;
}

static sep_status run(int count, char **operand)
{
    char *folder = out != NULL ? sep_strdup(out) : default_folder(operand[0]);
    sep_study *study = NULL;
    sep_study_choice choice;

    (void)count;
    sep_status status = check_options();
    if (status == SEP_OK)
        status = read_choice(&choice);
    if (status == SEP_OK)
        status = folder != NULL ? sep_study_read(operand[0], folder, &settings, &study) : SEP_ERR_MEMORY;
    if (status == SEP_OK)
        status = list     ? show_list(study, &choice)
                 : tables ? write_tables(study, folder)
                          : train(study, &choice, operand[0], folder);
    sep_study_destroy(study);
    sep_free(folder);
    return status;
}

const sep_command sep_command_study = {
    .name = "study",
    .operands = "FILE.ini",
    .operands_low = 1,
    .operands_high = 1,
    .summary = "train and compare methods: rows, labelled counts, seeds, one table",
    .description =
        "FILE.ini names a base configuration, the rows of a table (methods, or variants of the base), the numbers of "
        "labelled cases that are its columns, and the seeds:\n\n"
        "  [study]\n"
        "  base = ../acdc-supervised.ini\n"
        "  rows = supervised, mean-teacher, cross\n"
        "  labelled_cases = 7, 3, 1\n"
        "  seeds = 1337, 1, 2\n"
        "  iterations = 2000\n"
        "  baseline = supervised\n"
        "  [row.cross]\n"
        "  title = Cross teaching of two networks\n"
        "  published_dice_7 = 86.4\n"
        "  [row.cross.train]\n"
        "  method = cross-teaching\n"
        "  [row.cross.student_1]\n"
        "  net = cs-unet\n\n"
        "In place of iterations, hours says how long a run trains: as many iterations as fit by some timed steps, the "
        "same for all runs of a row. Without both the settings of the base and the row say.\n\n"
        "Each run is trained into FOLDER/ROW/COUNT-cases/seed-SEED, an ordinary run folder. What is done is not done "
        "again; what was stopped, by Ctrl-C or by a crash, goes on; a folder whose settings are others is named and "
        "left as it is.\n\n"
        "Last and best checkpoint of each run are evaluated once on the scans of data.test_list, which no training "
        "reads, and the results are kept beside them. Without such a list the scans that validate are taken, and the "
        "table says so.\n\n"
        "FOLDER/table.txt, table.md, table.csv, table.tex and study.html have Dice and HD95 by class and mean: mean "
        "and range over the seeds, "
        "the difference to the baseline's row with its 95 % bootstrap interval over the cases, and published values "
        "where FILE gives them; the last checkpoint first, the best on validation second. The page has curves of "
        "validation and pictures of cases, too. The means are printed. --tables writes them amid the work, of the runs "
        "that are done.\n\n"
        "Several processes may work on one FOLDER at a time, each with its --part. Call the study once more at the "
        "end, with --tables: it writes the table of all.",
    .examples = "septum study configs/studies/acdc-table-5.2-laptop.ini --list\n"
                "septum study configs/studies/acdc-table-5.2-laptop.ini --out studies/acdc\n"
                "septum study configs/studies/acdc-table-5.2-laptop.ini --out studies/acdc --tables\n"
                "# of a job array of sixteen, the third\n"
                "septum study my-study.ini --out studies/mine --part 3/16",
    .options = options,
    .run = run,
};
