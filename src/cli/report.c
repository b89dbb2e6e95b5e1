/* septum report: one HTML page about one run, or comparing several. */
#include "cli/commands.h"
#include "cli/outputs.h"
#include "cli/program.h"

#include "septum/report.h"

#include <stdio.h>

static const char *out;

/* Beside what it is about: in the folder of a single run, else where the command was called. */
static char *default_out(int runs, const char *folder)
{
    return runs == 1 ? sep_format("%s/report.html", folder) : sep_strdup("report.html");
}

/* What septum train keeps in a run's folder is the run, whether it is read here or not. */
static void reads_run(sep_outputs *o, const char *folder)
{
    static const char *const suffixes[] = {".jsonl", ".ini", ".json", ".safetensors"};
    char *overlays = sep_format("%s/overlays", folder);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        sep_reads_folder(o, folder, suffixes[i]);
    if (overlays)
        sep_reads_folder(o, overlays, "");
    else
        o->status = SEP_ERR_MEMORY;
    sep_free(overlays);
}

static sep_status check_output(char **folder, int count, const char *path)
{
    sep_outputs files = {0};
    for (int i = 0; i < count; i++)
        reads_run(&files, folder[i]);
    sep_writes(&files, path);
    return sep_outputs_check(&files);
}

static sep_status run(int count, char **operand)
{
    char *path = out ? sep_strdup(out) : default_out(count, operand[0]);
    sep_status status = path ? SEP_OK : SEP_ERR_MEMORY;
    for (int i = 0; i < count && status == SEP_OK; i++)
        if (!sep_folder_exists(operand[i]))
            status = sep_fail(SEP_ERR_IO, "%s: no such folder; a run folder is what septum train wrote", operand[i]);
    if (status == SEP_OK)
        status = check_output(operand, count, path);
    if (status == SEP_OK)
        status = sep_report_write((const char *const *)operand, count, path);
    if (status == SEP_OK)
        sep_print_line("%s", path);
    sep_free(path);
    return status;
}

static const sep_option options[] = {
    {"out", 'o', "FILE", "write the page to FILE instead of RUN/report.html (./report.html for several runs)",
     .string = &out},
    {0},
};

const sep_command sep_command_report = {
    .name = "report",
    .operands = "RUN...",
    .operands_low = 1,
    .operands_high = -1,
    .summary = "write an HTML page about a training run, or comparing several",
    .description =
        "Reads what septum train left in the folder RUN: log.jsonl, config.ini, evaluation.json and overlays. Writes "
        "one page that needs no other file and no network: scores of each class, curves, pictures of the best, median "
        "and worst case, settings, machine, time and hashes. What is missing is said on the page. Where "
        "train.pseudo_labels was set, curves "
        "show how good the networks' labels of unlabelled cases are.\n\n"
        "With several folders the curves share their axes, the scores stand side by side and settings in which the "
        "runs differ are marked. Prints the name of the page.",
    .examples = "septum report runs/cross_teaching\n"
                "# does it pay to use the unlabelled cases?\n"
                "septum report runs/labelled_only runs/cross_teaching -o comparison.html",
    .options = options,
    .run = run,
};
