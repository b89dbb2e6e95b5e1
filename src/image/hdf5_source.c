/* Reading where a label map in HDF5 came from. */
#include "config.h"
#include "image/formats.h"

#if SEP_HAVE_HDF5

#include "image/hdf5_dataset.h"

enum { MOST_BYTES = 4096 };

/* Text of a fixed length, as septum writes it; NULL for anything else. Freed with sep_free. */
static sep_status read_text(hid_t attribute, char **text)
{
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    const bool fixed = type >= 0 && H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0;
    const size_t size = fixed ? H5Tget_size(type) : 0;
    sep_status status = SEP_OK;

    if (size > 0 && size <= MOST_BYTES && space >= 0 && H5Sget_simple_extent_npoints(space) == 1) {
        *text = sep_calloc(size + 1, 1);
        if (*text == NULL)
            status = SEP_ERR_MEMORY;
        else if (H5Aread(attribute, type, *text) < 0) {
            sep_free(*text);
            *text = NULL;
        }
    }
    if (space >= 0)
        H5Sclose(space);
    if (type >= 0)
        H5Tclose(type);
    return status;
}

static sep_status read_attribute(const sep_hdf5_dataset *label, char **source)
{
    hid_t attribute = H5Aexists(label->object, "source") > 0 ? H5Aopen(label->object, "source", H5P_DEFAULT) : -1;

    if (attribute < 0)
        return SEP_OK;
    const sep_status status = read_text(attribute, source);
    H5Aclose(attribute);
    return status;
}

/* NULL without a text. */
static sep_status read_source(const char *path, hid_t file, char **source)
{
    sep_hdf5_dataset label;

    if (!sep_hdf5_holds(file, "label"))
        return SEP_OK;
    sep_status status = sep_hdf5_open_dataset(&label, path, file, "label");
    if (status == SEP_OK)
        status = read_attribute(&label, source);
    sep_hdf5_close_dataset(&label);
    return status;
}

sep_status sep_hdf5_read_source(const char *path, char **source)
{
    sep_hdf5_session session;
    hid_t file;

    *source = NULL;
    sep_hdf5_enter(&session);
    sep_status status = sep_hdf5_open_file(path, &file);
    if (status == SEP_OK) {
        status = read_source(path, file, source);
        H5Fclose(file);
    }
    status = sep_hdf5_leave(&session, path, status);
    if (status == SEP_OK && !*source)
        return sep_fail(SEP_ERR_FORMAT, "%s: has no 'label' that says where it came from (attribute 'source')", path);
    if (status != SEP_OK) {
        sep_free(*source);
        *source = NULL;
    }
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
