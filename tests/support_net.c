/* Networks as tests name them. */
#include "support_net.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

sep_net_spec support_net(const char *name, const char *settings, int classes, int height, int width)
{
    sep_net_spec spec;

    if (sep_net_spec_read(name, settings, &spec) != SEP_OK)
        fail_msg("%s", sep_error_text());
    spec.classes = classes;
    spec.height = height;
    spec.width = width;
    return spec;
}
