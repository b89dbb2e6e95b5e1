/* septum export: a trained model for other programs. */
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/outputs.h"
#include "cli/program.h"
#include "septum/onnx.h"

#include <stdio.h>

static const char *onnx, *size_text, *smooth;

static sep_status parse_size(sep_onnx_options *how)
{
    char rest;

    if (size_text == NULL)
        return SEP_OK;
    if (sscanf(size_text, "%dx%d%c", &how->height, &how->width, &rest) != 2 || how->height < 1 || how->width < 1 ||
        how->height > SEP_MOST_SIDE || how->width > SEP_MOST_SIDE)
        return sep_usage_error("--size %s: rows and columns of a slice are wanted, up to %d each, as in 256x216",
                               size_text, SEP_MOST_SIDE);
    return SEP_OK;
}

static sep_status export_model(const char *path, const sep_model *model, sep_onnx_options *how)
{
    const sep_model_info *info = sep_model_get_info(model);

    how->smooth = sep_choose_yes(smooth != NULL ? smooth : "auto", info->decisions.smooth);
    SEP_TRY(sep_choose_answer(path, info, &how->answer));
    sep_status status = sep_model_export_onnx(model, onnx, how);
    if (status != SEP_OK)
        return sep_fail_within(status, "%s", path);
    char *nets = sep_answer_nets(info, how->answer);
    if (nets != NULL)
        sep_print_line("%s: %s, opset 17", onnx, nets);
    sep_free(nets);
    return SEP_OK;
}

static sep_status export(const char *path, sep_onnx_options *how)
{
    sep_outputs files = {0};
    sep_device *device;
    sep_model *model;

    sep_reads(&files, path);
    sep_writes(&files, onnx);
    SEP_TRY(sep_outputs_check(&files));
    SEP_TRY(sep_device_open("cpu", 1, SEP_REPRODUCIBLE, &device));
    sep_status status = sep_model_load(path, device, &model);
    if (status == SEP_OK) {
        status = export_model(path, model, how);
        sep_model_destroy(model);
    }
    sep_device_destroy(device);
    return status;
}

static sep_status run(int count, char **operand)
{
    sep_onnx_options how = {0};

    (void)count;
    if (onnx == NULL)
        return sep_usage_error("--onnx is missing: the file to write");
    if (smooth != NULL && size_text == NULL)
        return sep_usage_error("--smooth wants --size: a graph of patches brings nothing back to a slice");
    SEP_TRY(parse_size(&how));
    char *path = sep_model_path(operand[0]);
    const sep_status status = path != NULL ? export(path, &how) : SEP_ERR_MEMORY;
    sep_free(path);
    return status;
}

static const sep_option options[] = {
    {"onnx", 0, "FILE", "the ONNX file to write", .string = &onnx},
    {"size", 0, "HxW", "the graph takes whole slices of H rows and W columns and gives their label maps",
     .string = &size_text},
    SEP_STUDENT_OPTION,
    SEP_AVERAGE_OPTION,
    {"smooth", 0, "WHICH", "with --size: bring probabilities back to the slice, not labels, as in septum predict",
     .string = &smooth, .choices = "auto|yes|no"},
    {0},
};

const sep_command sep_command_export = {
    .name = "export",
    .operands = "MODEL",
    .operands_low = 1,
    .operands_high = 1,
    .summary = "write a trained model as ONNX",
    .description =
        "Writes the networks of MODEL (a run's folder, or a checkpoint in it) as an ONNX file (opset 17) for ONNX "
        "Runtime and other programs.\n\n"
        "Without --size the graph takes patches [slices, rows, columns, channels] with intensities applied, and gives "
        "logits [slices, rows, columns, classes]. With --size it takes slices of that size as they are stored, in the "
        "orientation of training, and does what septum predict does with them: intensities, resizing, softmax, back; "
        "it gives label maps and probabilities. Where intensities go from the smallest to the largest of the scan, "
        "these two are an input, `range`. Of several channels slices are [slices, channels, rows, columns], and "
        "`range` has a row for each.\n\n"
        "Symmetries (--tta) and components are not in the graph. The metadata says how input is made and what "
        "validation decided; docs/export.md lists the keys.",
    .examples = "septum export run/best.safetensors --onnx patches.onnx\n"
                "septum export run/best.safetensors --onnx slices.onnx --size 256x216",
    .options = options,
    .run = run,
};
