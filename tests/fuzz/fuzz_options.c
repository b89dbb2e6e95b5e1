/* Option files: whatever the bytes, loading ends in a status, and what was loaded can be recorded and loaded again. */
#include "septum/base.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_up(sep_options *options)
{
    static const char *const kinds[] = {"u-net", "swin-unet"};
    int64_t whole;
    double number;
    bool flag;
    int choice;
    const char *text;
    sep_status status = sep_options_int(options, "train.iterations", 10, 1, 100, &whole);

    status |= sep_options_float(options, "train.rate", 0.1, 0, 1, &number);
    status |= sep_options_bool(options, "train.resume", true, &flag);
    status |= sep_options_choice(options, "network.kind", "u-net", kinds, 2, &choice);
    status |= sep_options_string(options, "data.root", NULL, &text);
    status |= sep_options_check_unknown(options);
    if (status != SEP_OK && sep_error_text()[0] == '\0')
        abort();
}

static void record_and_reload(const sep_options *options)
{
    sep_options *again = sep_options_create();
    char *text = sep_options_text(options);

    if (!again || !text || sep_options_load_text(again, "recorded", text) != SEP_OK)
        abort();
    char *second = sep_options_text(again);
    if (!second || strcmp(text, second) != 0)
        abort();
    sep_free(second);
    sep_free(text);
    sep_options_destroy(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = sep_calloc(size + 1, 1);
    sep_options *options = sep_options_create();

    if (!text || !options)
        abort();
    memcpy(text, data, size);
    if (sep_options_load_text(options, "input.ini", text) == SEP_OK) {
        record_and_reload(options);
        look_up(options);
        record_and_reload(options);
    }
    /* The first line again as an assignment on a command line. */
    text[strcspn(text, "\n")] = '\0';
    if (sep_options_set(options, text) == SEP_OK)
        record_and_reload(options);
    sep_options_destroy(options);
    sep_free(text);
    return 0;
}
