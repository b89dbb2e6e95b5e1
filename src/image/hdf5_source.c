/* Reading where a label map in HDF5 came from. */
#include "config.h"
#include "image/formats.h"

#if SEP_HAVE_HDF5

#include "image/hdf5_file.h"

enum { MOST_BYTES = 4096 };

/* Text of a fixed length, as septum writes it; NULL for anything else. Freed with sep_free. */
static char *read_text(hid_t attribute)
{
    hid_t type = H5Aget_type(attribute);
    const bool fixed = type >= 0 && H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0;
    const size_t size = fixed ? H5Tget_size(type) : 0;
    hid_t space = H5Aget_space(attribute);
    char *text = NULL;

    if (size > 0 && size <= MOST_BYTES && space >= 0 && H5Sget_simple_extent_npoints(space) == 1)
        text = sep_calloc(size + 1, 1);
    if (text && H5Aread(attribute, type, text) < 0) {
        sep_free(text);
        text = NULL;
    }
    if (space >= 0)
        H5Sclose(space);
    if (type >= 0)
        H5Tclose(type);
    return text;
}

static char *read_source(hid_t file)
{
    char *text = NULL;

    if (H5Lexists(file, "label", H5P_DEFAULT) <= 0 || H5Aexists_by_name(file, "label", "source", H5P_DEFAULT) <= 0)
        return NULL;
    hid_t attribute = H5Aopen_by_name(file, "label", "source", H5P_DEFAULT, H5P_DEFAULT);
    if (attribute >= 0) {
        text = read_text(attribute);
        H5Aclose(attribute);
    }
    return text;
}

sep_status sep_hdf5_read_source(const char *path, char **source)
{
    sep_hdf5_session session;
    sep_status status = SEP_OK;

    *source = NULL;
    sep_hdf5_enter(&session);
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file < 0) {
        status = sep_fail(SEP_ERR_FORMAT, "%s: can't be opened as HDF5 (%s)", path, sep_hdf5_reason());
    } else {
        *source = read_source(file);
        H5Fclose(file);
    }
    sep_hdf5_leave(&session);
    if (status == SEP_OK && !*source)
        status = sep_fail(SEP_ERR_FORMAT, "%s: has no 'label' that says where it came from (attribute 'source')", path);
    return status;
}

#else

sep_status sep_hdf5_write_derived(const char *path, const sep_labels *labels, const char *source)
{
    (void)labels;
    (void)source;
    return sep_fail_without_hdf5(path);
}

sep_status sep_hdf5_read_source(const char *path, char **source)
{
    *source = NULL;
    return sep_fail_without_hdf5(path);
}

#endif
