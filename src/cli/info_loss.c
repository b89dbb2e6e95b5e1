/* `septum info loss`: the supervised losses, and what each lets one set. */
#include "cli/info_loss.h"

#include "base/json.h"
#include "cli/info_settings.h"
#include "cli/program.h"
#include "septum/losses.h"

static json_t *loss_to_json(const sep_loss *loss)
{
    return json_pack("{s:s, s:s, s:b, s:o}", "name", loss->name, "summary", loss->summary, "weighs_classes",
                     loss->weighs_classes, "settings", sep_setting_table_to_json(loss->settings));
}

sep_status sep_print_losses(bool json)
{
    json_t *losses = json ? json_array() : NULL;

    for (int i = 0; sep_losses[i] != NULL; i++)
        if (json)
            json_array_append_new(losses, loss_to_json(sep_losses[i]));
        else
            sep_print_line("%-24s %s", sep_losses[i]->name, sep_losses[i]->summary);
    return json ? sep_print_json(losses) : SEP_OK;
}

sep_status sep_print_loss(const char *name, bool json)
{
    const sep_loss *loss = sep_loss_find(name);

    if (loss == NULL)
        return sep_usage_error("info loss: there is none called '%s'; `septum info loss` lists them", name);
    if (json)
        return sep_print_json(loss_to_json(loss));
    sep_print_line("%s: %s", loss->name, loss->summary);
    if (loss->settings != NULL || loss->weighs_classes)
        sep_print_line("[%s]", loss->name);
    sep_print_settings(loss->settings, NULL);
    if (loss->weighs_classes)
        sep_print_line("  weights = 1   ; one for all classes, or one each: 0.1, 1, 1, 1 (0 to %.0f)",
                       SEP_LARGEST_CLASS_WEIGHT);
    return SEP_OK;
}
