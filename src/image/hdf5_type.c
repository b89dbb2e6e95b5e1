/* Types of HDF5 that hold together: libhdf5 copies a member from wherever a damaged type says it lies. */
#include "config.h"

#if SEP_HAVE_HDF5

#include "image/hdf5_dataset.h"

enum { DEEPEST = 4 };

static bool is_sound(hid_t type, int depth);

/* Closes it. */
static bool part_is_sound(hid_t part, size_t room, int depth)
{
    const bool sound = part >= 0 && H5Tget_size(part) <= room && is_sound(part, depth + 1);

    if (part >= 0)
        H5Tclose(part);
    return sound;
}

static bool bits_are_sound(hid_t type)
{
    const int first = H5Tget_offset(type);
    const size_t bits = H5Tget_precision(type);

    return first >= 0 && bits > 0 && bits <= 8 * H5Tget_size(type) && (size_t)first <= 8 * H5Tget_size(type) - bits;
}

static bool float_is_sound(hid_t type)
{
    size_t sign, exponent, exponent_bits, mantissa, mantissa_bits;
    const size_t bits = H5Tget_precision(type);

    return bits_are_sound(type) &&
           H5Tget_fields(type, &sign, &exponent, &exponent_bits, &mantissa, &mantissa_bits) >= 0 && sign < bits &&
           exponent_bits <= bits && exponent <= bits - exponent_bits && mantissa_bits <= bits &&
           mantissa <= bits - mantissa_bits;
}

static bool array_is_sound(hid_t type, int depth)
{
    hsize_t dims[H5S_MAX_RANK];
    const int axes = H5Tget_array_dims2(type, dims);
    size_t room = H5Tget_size(type);

    for (int axis = 0; axis < axes; axis++) {
        if (dims[axis] == 0)
            return false;
        room /= dims[axis];
    }
    return axes > 0 && part_is_sound(H5Tget_super(type), room, depth);
}

static bool struct_is_sound(hid_t type, int depth)
{
    const size_t bytes = H5Tget_size(type);
    const int members = H5Tget_nmembers(type);

    for (int i = 0; i < members; i++) {
        const size_t offset = H5Tget_member_offset(type, (unsigned)i);

        if (offset > bytes || !part_is_sound(H5Tget_member_type(type, (unsigned)i), bytes - offset, depth))
            return false;
    }
    return members > 0;
}

static bool is_sound(hid_t type, int depth)
{
    if (depth > DEEPEST || H5Tget_size(type) == 0)
        return false;
    switch (H5Tget_class(type)) {
    case H5T_INTEGER:
        return bits_are_sound(type);
    case H5T_FLOAT:
        return float_is_sound(type);
    case H5T_STRING:
        return H5Tis_variable_str(type) == 0;
    case H5T_ENUM:
        return part_is_sound(H5Tget_super(type), H5Tget_size(type), depth);
    case H5T_ARRAY:
        return array_is_sound(type, depth);
    case H5T_COMPOUND:
        return struct_is_sound(type, depth);
    default:
        return false;
    }
}

bool sep_hdf5_type_is_sound(hid_t type)
{
    return is_sound(type, 0);
}

#endif
