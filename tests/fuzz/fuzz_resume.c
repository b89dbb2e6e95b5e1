/* Whether a run may go on: the settings of a checkpoint and those of today are two texts, one behind the other with a
 * zero byte between them. A run always goes on under its own settings. */
#include "train/resume.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static void keep_quiet(void *context, sep_log_level level, const char *line)
{
    (void)context, (void)level, (void)line;
}

static bool can_be_read(const char *text)
{
    sep_options *options = sep_options_create();

    expect(options != NULL);
    const bool read = sep_options_load_text(options, "settings", text) == SEP_OK;
    sep_options_destroy(options);
    return read;
}

static void compare(char *before, char *after)
{
    const sep_model_info saved = {
        .students = 1, .spec = {{.net = sep_nets[0]}}, .method = (char[]){"supervised"}, .settings = before};
    sep_model_info now = saved;

    now.settings = after;
    const bool same = sep_run_compare("run", &saved, &now, NULL) == SEP_OK;
    expect(same || sep_error_text()[0] != '\0');
    expect(sep_run_compare("run", &saved, &saved, NULL) == SEP_OK || !can_be_read(before));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *before = sep_calloc(size + 2, 1); /* `after` is empty where there is no zero byte */

    expect(before != NULL);
    memcpy(before, data, size);
    sep_log_set_sink(keep_quiet, NULL);
    compare(before, before + strlen(before) + 1);
    sep_free(before);
    return 0;
}
