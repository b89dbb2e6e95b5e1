#include "base/late_library.h"

#include <dlfcn.h>
#include <string.h>

sep_status sep_late_find(const char *file, const char *name, sep_late_function **function)
{
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL), *found = library != NULL ? dlsym(library, name) : NULL;

    if (found == NULL)
        return sep_fail(SEP_ERR_UNSUPPORTED, "%s", dlerror());
    memcpy(function, &found, sizeof found); /* C has no cast from what dlsym gives */
    return SEP_OK;
}
