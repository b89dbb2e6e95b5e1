/* septum: trained models as ONNX files (opset 17), for ONNX Runtime and whatever else reads them. */
#ifndef SEPTUM_ONNX_H
#define SEPTUM_ONNX_H

#include "septum/model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sep_onnx_options {
    sep_answer answer;
    int height, width; /* of the slices that the graph takes; 0: it takes patches, as the network does */
    bool smooth;       /* of slices: as sep_segment_options has it */
} sep_onnx_options;

/* Writes the networks that answer as one graph. Any number of slices may be given to it at once.
 *
 * Of patches: "patch" [slices, H, W, channels], intensities applied -> "logits" [slices, H, W, classes], the mean of
 * the networks'.
 * Of slices of a given size: "slice" [slices, height, width], as they are stored in the orientation of training, and,
 * where intensities go by the smallest and the largest of the scan, "range" [2], those two -> "labels" [slices, height,
 * width], int64, and "probabilities" [slices, classes, height, width]: what sep_model_segment gives without symmetries.
 * Of several channels "slice" is [slices, channels, height, width], "range" [channels, 2], and rows of channels that
 * have a window are not looked at.
 *
 * The metadata (docs/export.md) says how input is made. SEP_ERR_UNSUPPORTED where an operation can't be written, or,
 * of slices, where the model sees windows or slices resampled to a spacing. */
sep_status sep_model_export_onnx(const sep_model *model, const char *path,
                                 const sep_onnx_options *options) SEP_MUST_CHECK;
/* SEP_ERR_UNSUPPORTED, naming it, where an operation of the network can't be written. */
sep_status sep_onnx_check(const sep_net_spec *spec) SEP_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
