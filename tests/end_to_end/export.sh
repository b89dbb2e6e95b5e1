# Models as ONNX files: in ONNX Runtime they give what septum predict gives, to 1e-5; and what goes wrong. The Python
# that has onnx, onnxruntime and numpy is python3, or what PYTHON_ONNX names. Prints TAP.

. tests/support.sh
needs nifticlib
python=${PYTHON_ONNX:-python3}
OMP_NUM_THREADS=1
export OMP_NUM_THREADS

expect 0 "" phantom cardiac hearts --cases 3 --test 1 --size 32 --slices 2 --quiet
expect 0 "" phantom cardiac wide --cases 1 --test 1 --size 40 --slices 2 --quiet
small=$(ls hearts/imagesTs/*.nii.gz | head -n 1)
large=$(ls wide/imagesTs/*.nii.gz | head -n 1)

model() # NAME SIDE DATA-LINE...; networks from standard input
{
    name=$1 side=$2
    shift 2
    {
        hearts_data | sed "s/^patch_size.*/patch_size = $side/;s/^labelled_cases.*/labelled_cases = 1/"
        printf '%s\n' "$@" '[train]' 'iterations = 1' 'labelled_batch = 1' 'unlabelled_batch = 1' 'validate_every = 1'
        cat
    } >"$name.ini"
    expect 0 "" train "$name.ini" --out "$name" --quiet
}

# An image, and its other channels where there are some, with commas between.
files_of() # IMAGE
{
    list=$1
    for c in 1 2; do
        other=${1%_0000.nii.gz}_000$c.nii.gz
        [ "$other" != "$1" ] && [ -e "$other" ] && list=$list,$other
    done
    echo "$list"
}

# Exports to NAME.onnx and compares with the prediction of IMAGE in ONNX Runtime, where that is there.
same() # NAME MODEL IMAGE STUDENT SMOOTH EXPORT-OPTION...
{
    name=$1 checkpoint=$2/last.safetensors image=$3 student=$4 smooth=$5
    shift 5
    expect 0 "opset 17" export "$checkpoint" --onnx "$name.onnx" --student "$student" ${1:+--smooth "$smooth"} "$@"
    $runtime || return 0
    septum predict "$image" --model "$checkpoint" --out "$name.nii" --student "$student" --smooth "$smooth" --tta none \
        --components no --probabilities --quiet >out 2>err &&
        "$python" "$root/tests/reference/check_onnx.py" "$name.onnx" "$(files_of "$image")" "$name.nii" \
            "$name"_probability_?.nii.gz >out 2>err
    report $? "$name in ONNX Runtime is what septum predicts"
}

runtime=true
"$python" -c 'import numpy, onnx, onnxruntime' 2>err || {
    runtime=false
    count=$((count + 1))
    echo "ok $count - comparison # SKIP $python has no onnx, onnxruntime or numpy"
}

model conv 32 'image_zoom = cubic' <<'INI'
method = cps
[student_0]
net = u-net
base = 4
[student_1]
net = u-net
base = 2
upsampling = transposed
INI
model swin 64 'intensity = window' 'window_low = 100' 'window_high = 800' <<'INI'
method = cross-teaching
[student_0]
net = swin-unet
base = 8
head_channels = 4
window = 2
[student_1]
net = cs-unet
base = 8
head_channels = 4
window = 2
INI

model gates 64 <<'INI'
method = cross-teaching
[student_0]
net = att-unet
base = 4
[student_1]
net = vit
hidden = 8
heads = 2
layers = 1
mlp = 12
decoder = 16
INI

hybrid='base = 8
groups = 4
blocks_0 = 1
blocks_1 = 1
blocks_2 = 1'
vit='hidden = 8
heads = 2
layers = 1
mlp = 12
decoder = 16'
model resnet 64 <<INI
method = cross-teaching
[student_0]
net = r50-att-unet
$hybrid
[student_1]
net = trans-unet
$hybrid
$vit
INI

model mixed 96 <<'INI'
method = supervised
[student_0]
net = mt-unet
base = 2
blocks = 1
heads = 2
slots = 6
INI

model windows 64 <<'INI'
method = supervised
[student_0]
net = batformer
base = 4
global_heads = 2
global_channels = 6
local_heads = 2
local_channels = 5
window = 8
INI

same patches conv "$small" 0 no
same transposed conv "$small" 1 no
same slices conv "$large" all no --size 40x40
same smooth swin "$large" all yes --size 40x40
same swin swin "$large" 0 no --size 40x40
same cs swin "$large" 1 no --size 40x40
same gates gates "$large" 0 no --size 40x40
same vit gates "$large" 1 no --size 40x40
same resnet resnet "$large" 0 no --size 40x40
same hybrid resnet "$large" 1 no --size 40x40
same mixed mixed "$large" 0 no --size 40x40
same windows windows "$large" 0 no --size 40x40

# Whose answer it is.
expect 0 "both.onnx: swin-unet, cs-unet, opset 17" export swin/last.safetensors --onnx both.onnx --student all
expect 0 "one.onnx: cs-unet, opset 17" export swin/last.safetensors --onnx one.onnx --student 1
grep -aqF "swin-unet, cs-unet" both.onnx && ! grep -aqF "swin-unet" one.onnx
report $? "septum.net names the networks that answer"

# Three channels: the scan, what it is of, and the scan of another case. A rule for each, one rule for all, and slices that
# have a network's size.
for folder in hearts wide; do
    for part in Tr Ts; do
        for label in $folder/labels$part/*.nii.gz; do
            name=$(basename "$label" .nii.gz)
            cp "$label" "$folder/images$part/${name}_0001.nii.gz"
            septum convert "$(ls $folder/images$part/*_0000.nii.gz | tail -n 1)" \
                "$folder/images$part/${name}_0002.nii.gz" --like "$label" >out 2>err
        done
    done
    tr -d "\n" <$folder/dataset.json | sed 's/"channel_names": *{[^}]*}/"channel_names": {"0": "a", "1": "b", "2": "c"}/' \
        >$folder/three.json
    mv $folder/three.json $folder/dataset.json
done
model three 32 'intensity = window, min-max, window' 'window_low = 100, 0, -50' 'window_high = 800, 1, 400' <<'INI'
method = supervised
[student_0]
net = u-net
base = 4
INI
model alike 32 'intensity = percentiles' <<'INI'
method = supervised
[student_0]
net = u-net
base = 4
INI
model several 32 'intensity = window' 'window_low = 0, 1, -50' 'window_high = 800, 3, 400' <<'INI'
method = supervised
[student_0]
net = u-net
base = 4
INI
same three_patches three "$small" 0 no
same three_slices three "$large" 0 no --size 40x40
same three_smooth three "$large" 0 yes --size 40x40
same three_small three "$small" 0 no --size 32x32
same alike_slices alike "$large" 0 no --size 40x40
same several_slices several "$large" 0 no --size 40x40

# ---- what goes wrong -------------------------------------------------------------------------------------------------

expect 2 "--onnx is missing" export conv/last.safetensors
expect 2 "--smooth wants --size" export conv/last.safetensors --onnx no.onnx --smooth yes
expect 2 "rows and columns of a slice are wanted" export conv/last.safetensors --onnx no.onnx --size 40
expect 2 "has students 0 to 1" export conv/last.safetensors --onnx no.onnx --student 2
expect 1 "conv/last.safetensors" export conv/last.safetensors --onnx conv/last.safetensors
model window 32 'view = window' <<'INI'
method = supervised
INI
model spaced 32 'spacing = 5' <<'INI'
method = supervised
INI
expect 1 "sees windows of slices" export window/last.safetensors --onnx no.onnx --size 40x40
expect 1 "slices resampled to pixels" export spaced/last.safetensors --onnx no.onnx --size 40x40
[ ! -e no.onnx ]
report $? "nothing was written"
finish
