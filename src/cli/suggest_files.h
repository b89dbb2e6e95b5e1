/* What septum suggest leaves in its folder. */
#ifndef SEPTUM_CLI_SUGGEST_FILES_H
#define SEPTUM_CLI_SUGGEST_FILES_H

#include "cli/outputs.h"
#include "report/suggestions.h"

#define SEP_SUGGEST_TABLE "suggest.csv"

typedef struct sep_suggest_files {
    const char *folder;
    sep_text rows; /* of the table */
    sep_suggestions_page page;
} sep_suggest_files;

/* What would be written of a scan. */
void sep_suggest_declare(sep_outputs *o, const char *folder, const char *scan);
/* Makes the folder and those inside it. */
sep_status sep_suggest_folders(const char *folder) SEP_MUST_CHECK;
/* images/SCAN.nii.gz and labels/SCAN.nii.gz at once; its row of the table and its part of the page with the next. */
sep_status sep_suggest_add(sep_suggest_files *files, const sep_suggested *suggested) SEP_MUST_CHECK;
/* The page, and last the table: a folder that has one is whole. */
sep_status sep_suggest_finish(sep_suggest_files *files) SEP_MUST_CHECK;
void sep_suggest_files_free(sep_suggest_files *files);

#endif
