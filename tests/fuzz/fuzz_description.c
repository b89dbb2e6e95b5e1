/* The description in a checkpoint: whatever the bytes, either an error or networks that fit each other, within their
 * limits; and what is read is written and read back as it was. */
#include "model/checkpoint.h"
#include "model/description.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static void check_networks(const sep_model_info *info)
{
    expect(info->students >= 1 && info->students <= SEP_MAX_STUDENTS);
    expect(info->best.student >= (info->students > 1 ? SEP_ALL_STUDENTS : 0) && info->best.student < info->students);
    expect(info->class_names.count == info->spec[0].classes);
    for (int i = 0; i < info->students; i++) {
        sep_net_spec spec = info->spec[i];
        expect(sep_net_complete(&spec) == SEP_OK);
        expect(spec.channels == info->spec[i].channels && spec.height == info->spec[i].height); /* complete */
        expect(spec.classes == info->spec[0].classes && spec.classes >= 2 && spec.classes <= SEP_MOST_CLASSES);
        expect(spec.height == info->spec[0].height && spec.width == info->spec[0].width);
    }
}

static void check_round_trip(const sep_model_info *info)
{
    sep_model_info back = {0};
    char *text, *again;

    expect(sep_description_write(info, &text) == SEP_OK && sep_description_read(text, &back) == SEP_OK);
    expect(sep_description_write(&back, &again) == SEP_OK && strcmp(text, again) == 0);
    sep_free(text);
    sep_free(again);
    sep_model_info_free(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sep_model_info info = {0};
    char *text = sep_calloc(size + 1, 1);

    expect(text != NULL);
    memcpy(text, data, size);
    if (sep_description_read(text, &info) == SEP_OK) {
        check_networks(&info);
        check_round_trip(&info);
    } else {
        expect(sep_error_text()[0] != '\0');
    }
    sep_model_info_free(&info);
    sep_free(text);
    return 0;
}
