/* The bytes of NIfTI files, plain or in gzip: zlib's errors in our words. */
#include "config.h"

#if SEP_HAVE_NIFTI && SEP_HAVE_ZLIB

#include "image/nifti.h"

#include <errno.h>
#include <string.h>

sep_status sep_nifti_open(const char *path, sep_nifti_stream *stream)
{
    errno = 0;
    *stream = (sep_nifti_stream){.path = path, .file = gzopen(path, "rb")};
    if (!stream->file && (errno == 0 || errno == ENOMEM)) /* zlib's own allocations set no errno */
        return sep_fail(SEP_ERR_MEMORY, "%s: no memory to open it", path);
    if (!stream->file)
        return sep_fail(SEP_ERR_IO, "%s: can't be opened: %s", path, strerror(errno));
    gzbuffer(stream->file, 1 << 17);
    return SEP_OK;
}

void sep_nifti_close(sep_nifti_stream *stream)
{
    if (stream->file)
        gzclose(stream->file);
    stream->file = NULL;
}

/* Z_BUF_ERROR is zlib's word for data that end too early. */
static sep_status fail(sep_nifti_stream *stream, const char *what)
{
    int code;
    const char *reason = gzerror(stream->file, &code);

    if (code == Z_ERRNO)
        return sep_fail(SEP_ERR_IO, "%s: can't be read: %s", stream->path, strerror(errno));
    if (code == Z_MEM_ERROR)
        return sep_fail(SEP_ERR_MEMORY, "%s: no memory to unpack it", stream->path);
    if (code == Z_DATA_ERROR)
        return sep_fail(SEP_ERR_FORMAT, "%s: the compressed data are damaged (%s)", stream->path, reason);
    return sep_fail(SEP_ERR_FORMAT, "%s: ends within %s; the file is truncated", stream->path, what);
}

/* To know, zlib makes its buffers and reads the first bytes; it says "plain" where it could not. */
sep_status sep_nifti_is_packed(sep_nifti_stream *stream, bool *is_packed)
{
    int code;

    *is_packed = !gzdirect(stream->file);
    gzerror(stream->file, &code);
    return code == Z_OK ? SEP_OK : fail(stream, "the header");
}

sep_status sep_nifti_get(sep_nifti_stream *stream, void *bytes, size_t count, const char *what)
{
    return gzfread(bytes, 1, count, stream->file) == count ? SEP_OK : fail(stream, what);
}

sep_status sep_nifti_skip_to(sep_nifti_stream *stream, int64_t offset, const char *what)
{
    return gzseek(stream->file, (z_off_t)offset, SEEK_SET) >= 0 ? SEP_OK : fail(stream, what);
}

/* Asking for one byte more makes zlib compare the checksum. */
sep_status sep_nifti_check_end(sep_nifti_stream *stream)
{
    unsigned char extra;
    int code;

    gzread(stream->file, &extra, 1);
    gzerror(stream->file, &code);
    return code == Z_OK || code == Z_STREAM_END ? SEP_OK : fail(stream, "the checksum");
}

#endif
