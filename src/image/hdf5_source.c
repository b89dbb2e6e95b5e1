/* Reading what a label map in HDF5 was made of. */
#include "config.h"
#include "image/formats.h"

#if SEP_HAVE_HDF5

#include "image/hdf5_dataset.h"

/* Text of a fixed length, as septum writes it; NULL for anything else. Freed with sep_free. */
static sep_status read_text(hid_t attribute, char **text)
{
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    const bool fixed = type >= 0 && H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0;
    const size_t size = fixed ? H5Tget_size(type) : 0;
    sep_status status = SEP_OK;

    if (size > 0 && size <= SEP_MOST_SOURCES && space >= 0 && H5Sget_simple_extent_npoints(space) == 1) {
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

static hid_t open_attribute(const sep_hdf5_dataset *label, const char *name)
{
    return H5Aexists(label->object, name) > 0 ? H5Aopen(label->object, name, H5P_DEFAULT) : -1;
}

static sep_status read_names(const sep_hdf5_dataset *label, const char *name, char **text)
{
    hid_t attribute = open_attribute(label, name);

    if (attribute < 0)
        return SEP_OK;
    const sep_status status = read_text(attribute, text);
    H5Aclose(attribute);
    return status;
}

/* 0 without it. */
static uint64_t read_number(const sep_hdf5_dataset *label, const char *name)
{
    hid_t attribute = open_attribute(label, name);
    hid_t space = attribute >= 0 ? H5Aget_space(attribute) : -1;
    uint64_t number = 0;

    if (space >= 0 && H5Sget_simple_extent_npoints(space) == 1 && H5Aread(attribute, H5T_NATIVE_UINT64, &number) < 0)
        number = 0;
    if (space >= 0)
        H5Sclose(space);
    if (attribute >= 0)
        H5Aclose(attribute);
    return number;
}

/* Files from before there were several sources have one, and no hashes. */
static sep_status read_attributes(const sep_hdf5_dataset *label, sep_derivation *from)
{
    SEP_TRY(read_names(label, "sources", &from->sources));
    if (from->sources == NULL)
        SEP_TRY(read_names(label, "source", &from->sources));
    from->inputs = read_number(label, "inputs");
    from->key = read_number(label, "key");
    return SEP_OK;
}

static sep_status read_derivation(const char *path, hid_t file, sep_derivation *from)
{
    sep_hdf5_dataset label;

    if (!sep_hdf5_holds(file, "label"))
        return SEP_OK;
    sep_status status = sep_hdf5_open_dataset(&label, path, file, "label");
    if (status == SEP_OK)
        status = read_attributes(&label, from);
    sep_hdf5_close_dataset(&label);
    return status;
}

sep_status sep_hdf5_read_derivation(const char *path, sep_derivation *from)
{
    sep_hdf5_session session;

    *from = (sep_derivation){0};
    sep_status status = sep_hdf5_open(&session, path);
    if (status == SEP_OK)
        status = read_derivation(path, session.file, from);
    status = sep_hdf5_close(&session, path, status);
    if (status == SEP_OK && from->sources == NULL)
        status = sep_fail(SEP_ERR_FORMAT, "%s: has no 'label' that says where it came from (attribute 'source')", path);
    if (status != SEP_OK)
        sep_derivation_free(from);
    return status;
}

#else

sep_status sep_hdf5_write_derived(const char *path, const sep_labels *labels, const sep_labels *agreement,
                                  const sep_derivation *from)
{
    (void)labels;
    (void)agreement;
    (void)from;
    return sep_fail_without_hdf5(path);
}

sep_status sep_hdf5_read_derivation(const char *path, sep_derivation *from)
{
    *from = (sep_derivation){0};
    return sep_fail_without_hdf5(path);
}

#endif

void sep_derivation_free(sep_derivation *from)
{
    sep_free(from->sources);
    *from = (sep_derivation){0};
}
