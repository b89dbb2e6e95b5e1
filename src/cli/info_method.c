/* `septum info method`: the ways of learning, and what each lets one set. */
#include "cli/info_method.h"

#include "base/json.h"
#include "cli/info_settings.h"
#include "cli/program.h"
#include "septum/methods.h"

static json_t *method_to_json(const sep_method *method)
{
    return json_pack("{s:s, s:s, s:i, s:i, s:b, s:o}", "name", method->name, "summary", method->summary, "students_low",
                     method->students_low, "students_high", method->students_high, "uses_unlabelled",
                     method->uses_unlabelled, "settings", sep_setting_table_to_json(method->settings));
}

sep_status sep_print_methods(bool json)
{
    if (json) {
        json_t *methods = json_array();
        for (int i = 0; sep_methods[i] != NULL; i++)
            json_array_append_new(methods, method_to_json(sep_methods[i]));
        return sep_print_json(methods);
    }
    for (int i = 0; sep_methods[i] != NULL; i++)
        sep_print_line("%-16s %s", sep_methods[i]->name, sep_methods[i]->summary);
    return SEP_OK;
}

sep_status sep_print_method(const char *name, bool json)
{
    const sep_method *method = sep_method_find(name);

    if (method == NULL)
        return sep_usage_error("info method: there is none called '%s'; `septum info method` lists them", name);
    if (json)
        return sep_print_json(method_to_json(method));
    sep_print_line("%s: %s", method->name, method->summary);
    if (method->students_low == method->students_high)
        sep_print_line("networks: %d ([student_0] ...); unlabelled slices: %s", method->students_low,
                       method->uses_unlabelled ? "yes" : "no");
    else
        sep_print_line("networks: %d to %d ([student_0] ...); unlabelled slices: %s", method->students_low,
                       method->students_high, method->uses_unlabelled ? "yes" : "no");
    if (method->settings != NULL)
        sep_print_line("[%s]", method->name);
    sep_print_settings(method->settings, NULL);
    return SEP_OK;
}
