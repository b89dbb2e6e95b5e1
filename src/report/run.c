/* Reading a run folder. What can't be read becomes a note on the page, not an error. */
#include "report/run.h"

#include <ini.h>
#include <string.h>

static sep_status note(sep_run *run, const char *file, const char *text)
{
    char *line = sep_format("%s: %s", file, text);
    sep_status status = line ? sep_strings_add(&run->notes, line) : SEP_ERR_MEMORY;
    sep_free(line);
    return status;
}

/* The file FOLDER/NAME; *bytes is NULL, with a note, where it can't be read. */
static sep_status read_part(sep_run *run, const char *folder, const char *name, const char *loss, void **bytes,
                            size_t *count)
{
    char *path = sep_format("%s/%s", folder, name);
    *bytes = NULL;
    if (!path)
        return SEP_ERR_MEMORY;
    bool there = sep_file_exists(path);
    sep_status status = there ? sep_file_read(path, bytes, count) : SEP_OK;
    sep_free(path);
    if (status == SEP_ERR_MEMORY)
        return status;
    if (there && status == SEP_OK)
        return SEP_OK;
    *bytes = NULL;
    return note(run, name, there ? sep_error_text() : loss);
}

/* ---- log, settings, evaluation ----------------------------------------------------------------------------------- */

static sep_status read_log(sep_run *run, const char *folder)
{
    void *bytes;
    size_t count;
    SEP_TRY(read_part(run, folder, "log.jsonl", "not there: no curves, no machine, no time", &bytes, &count));
    if (!bytes)
        return SEP_OK;
    sep_status status = sep_run_log_parse(bytes, count, &run->log);
    sep_free(bytes);
    SEP_TRY(status);
    run->has_log = true;
    if (!run->log.unreadable_lines)
        return run->log.finish ? SEP_OK : note(run, "log.jsonl", "has no end: the run goes on or was stopped");
    char *text = sep_format("%d of %d lines can't be read", run->log.unreadable_lines, run->log.lines);
    status = text ? note(run, "log.jsonl", text) : SEP_ERR_MEMORY;
    sep_free(text);
    return status;
}

typedef struct settings_reader {
    sep_strings *settings;
    sep_status status;
} settings_reader;

/* inih's callback: 1 to go on. */
static int add_setting(void *user, const char *section, const char *name, const char *value)
{
    settings_reader *reader = user;
    if (reader->status != SEP_OK)
        return 0;
    char *key = sep_format("%s%s%s", section, *section ? "." : "", name);
    reader->status = key ? sep_strings_add(reader->settings, key) : SEP_ERR_MEMORY;
    if (reader->status == SEP_OK)
        reader->status = sep_strings_add(reader->settings, value ? value : "");
    sep_free(key);
    return reader->status == SEP_OK;
}

static sep_status read_settings(sep_run *run, const char *folder)
{
    void *bytes;
    size_t count;
    SEP_TRY(read_part(run, folder, "config.ini", "not there: no settings", &bytes, &count));
    if (!bytes)
        return SEP_OK;
    settings_reader reader = {.settings = &run->settings};
    int line = ini_parse_string(bytes, add_setting, &reader);
    sep_free(bytes);
    SEP_TRY(reader.status);
    if (line == -2)
        return sep_fail(SEP_ERR_MEMORY, "config.ini: out of memory");
    return line == 0 ? SEP_OK : note(run, "config.ini", "is not a file of settings throughout");
}

static sep_status read_evaluation(sep_run *run, const char *folder)
{
    void *bytes;
    size_t count;
    SEP_TRY(read_part(run, folder, "evaluation.json",
                      "not there: no table of scores (septum evaluate --json-file writes it)", &bytes, &count));
    if (!bytes)
        return SEP_OK;
    sep_status status = sep_json_load(bytes, count, 0, NULL, &run->evaluation);
    sep_free(bytes);
    if (status == SEP_ERR_MEMORY)
        return status;
    if (json_is_array(json_object_get(run->evaluation, "classes")))
        return SEP_OK;
    json_decref(run->evaluation);
    run->evaluation = NULL;
    return note(run, "evaluation.json", "is not what septum evaluate writes");
}

/* ---- pictures ---------------------------------------------------------------------------------------------------- */

static int big_endian(const uint8_t *at)
{
    return (int)((uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]);
}

/* The size from a PNG's first chunk; false when the bytes are no PNG. */
static bool png_size(const uint8_t *bytes, size_t count, int *width, int *height)
{
    static const uint8_t signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    if (count < 24 || memcmp(bytes, signature, sizeof(signature)) != 0)
        return false;
    *width = big_endian(bytes + 16);
    *height = big_endian(bytes + 20);
    return *width > 0 && *height > 0;
}

static sep_status read_picture(sep_run *run, const char *folder, const char *file, const json_t *caption)
{
    sep_picture_file *picture = &run->picture[run->pictures];
    const char *rank = json_string_value(json_object_get(caption, "rank"));
    const char *case_name = json_string_value(json_object_get(caption, "case"));
    SEP_TRY(read_part(run, folder, file, "not there", &picture->png, &picture->png_count));
    if (!picture->png)
        return SEP_OK;
    if (!png_size(picture->png, picture->png_count, &picture->width, &picture->height)) {
        sep_free(picture->png);
        return note(run, file, "is not a PNG picture");
    }
    run->pictures++;
    picture->mean_dice = json_number_value(json_object_get(caption, "mean_dice"));
    picture->rank = sep_strdup(rank ? rank : "");
    picture->case_name = sep_strdup(case_name ? case_name : "");
    return picture->rank && picture->case_name ? SEP_OK : SEP_ERR_MEMORY;
}

/* A picture lies in overlays/ itself: an index that points elsewhere is not followed. */
static bool is_plain_name(const char *name)
{
    return name && *name && *name != '.' && !strchr(name, '/') && !strchr(name, '\\');
}

static sep_status read_captions(sep_run *run, const char *folder, const json_t *captions)
{
    size_t i;
    const json_t *caption;
    json_array_foreach(captions, i, caption)
    {
        const char *name = json_string_value(json_object_get(caption, "file"));
        if (!is_plain_name(name) || run->pictures == SEP_MOST_PICTURES)
            continue;
        char *file = sep_format("overlays/%s", name);
        sep_status status = file ? read_picture(run, folder, file, caption) : SEP_ERR_MEMORY;
        sep_free(file);
        SEP_TRY(status);
    }
    return SEP_OK;
}

static sep_status read_pictures(sep_run *run, const char *folder)
{
    void *bytes;
    size_t count;
    SEP_TRY(read_part(run, folder, "overlays/index.json", "not there: no pictures of cases", &bytes, &count));
    if (!bytes)
        return SEP_OK;
    json_t *captions;
    sep_status status = sep_json_load(bytes, count, 0, NULL, &captions);
    sep_free(bytes);
    if (status != SEP_ERR_MEMORY)
        status = json_is_array(captions) ? read_captions(run, folder, captions)
                                         : note(run, "overlays/index.json", "is not a list of pictures");
    json_decref(captions);
    return status;
}

/* ---- the folder -------------------------------------------------------------------------------------------------- */

static sep_status read_parts(sep_run *run, const char *folder)
{
    run->name = sep_folder_name(folder);
    if (!run->name)
        return SEP_ERR_MEMORY;
    SEP_TRY(read_log(run, folder));
    SEP_TRY(read_settings(run, folder));
    SEP_TRY(read_evaluation(run, folder));
    SEP_TRY(read_pictures(run, folder));
    if (!run->has_log && !run->settings.count && !run->evaluation && !run->pictures)
        return sep_fail(SEP_ERR_IO,
                        "%s: nothing to report: no log.jsonl, config.ini, evaluation.json or overlays that can be read",
                        folder);
    return SEP_OK;
}

sep_status sep_run_read(const char *folder, sep_run *run)
{
    *run = (sep_run){0};
    sep_status status = read_parts(run, folder);
    if (status != SEP_OK)
        sep_run_free(run);
    return status;
}

void sep_run_free(sep_run *run)
{
    sep_free(run->name);
    sep_run_log_free(&run->log);
    sep_strings_free(&run->settings);
    sep_strings_free(&run->notes);
    json_decref(run->evaluation);
    for (int i = 0; i < run->pictures; i++) {
        sep_free(run->picture[i].rank);
        sep_free(run->picture[i].case_name);
        sep_free(run->picture[i].png);
    }
    *run = (sep_run){0};
}
