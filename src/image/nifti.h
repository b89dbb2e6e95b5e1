/* Where things lie in a NIfTI-1 file. */
#ifndef SEPTUM_IMAGE_NIFTI_H
#define SEPTUM_IMAGE_NIFTI_H

#define HEADER_BYTES 348
#define VOXELS_AT    352 /* after the header and the four bytes that say "no extensions" */

#endif
