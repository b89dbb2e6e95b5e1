/* Results in the form that the command line asks for. */
#include "bench/show.h"

sep_status bench_show(const bench_form *form, const bench_result *result)
{
    bench_result old = {0};

    if (form->json)
        SEP_TRY(bench_print_json(stdout, result));
    else if (form->csv)
        bench_print_csv(stdout, result);
    else
        bench_print_machine(stdout, result);
    if (!form->json && !form->csv)
        bench_print_table(stdout, result);
    if (!form->json)
        bench_print_profiles(stderr, result);
    if (form->svg)
        SEP_TRY(bench_write_svg(form->svg, result));
    if (!form->old_result)
        return SEP_OK;
    sep_status status = bench_result_load(form->old_result, &old);
    if (status == SEP_OK)
        bench_print_comparison(form->json || form->csv ? stderr : stdout, &old, result);
    bench_result_free(&old);
    return status;
}

sep_status bench_show_recovery(const bench_form *form, const bench_recovery_result *result)
{
    if (form->json)
        return bench_recovery_print_json(stdout, result);
    if (form->csv)
        bench_recovery_print_csv(stdout, result);
    else
        bench_recovery_print_table(stdout, result);
    return SEP_OK;
}
