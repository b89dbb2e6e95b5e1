# Runs that start from weights of elsewhere (train.init): what is taken and said, and what is refused before anything is
# written. The weights are the small random ones of tests/golden/pretrained. Prints TAP.

. tests/support.sh
needs nifticlib
OMP_NUM_THREADS=1
export OMP_NUM_THREADS
weights=$root/tests/golden/pretrained

train() # CODE TEXT ARGUMENT...
{
    code=$1 text=$2
    shift 2
    expect "$code" "$text" train "$@"
}

cat >hearts.ini <<'INI'
[data]
format = nnunet
folder = hearts
validation_count = 1
labelled_cases = 2
patch_size = 64
[train]
method = supervised
iterations = 2
labelled_batch = 2
validate_every = 2
[student_0]
INI
cp hearts.ini swin.ini
cp hearts.ini resnet.ini
printf '%s\n' 'net = swin-unet' 'base = 4' 'blocks = 2' 'window = 2' 'head_channels = 2' >>swin.ini
printf '%s\n' 'net = r50-unet' 'base = 4' 'blocks_0 = 1' 'blocks_1 = 2' 'blocks_2 = 2' 'groups = 2' >>resnet.ini
expect 0 "" phantom cardiac hearts --cases 4 --size 64 --slices 2 --quiet

# ---- taken ------------------------------------------------------------------------------------------------------------

cp "$weights/swin.safetensors" swin.safetensors
train 0 "student 0 (swin-unet) starts from swin.safetensors, weights of a Swin Transformer:" swin.ini --out swin \
    --init swin.safetensors
hash=$(hash_of out)
has err "119 tensors taken for the encoder: embed (4), encoder_0 (29), encoder_1 (29), encoder_2 (29), encoder_3 (26), norm (2)"
has err "78 tensors mirrored into the decoder: decoder_2 (26), decoder_1 (26), decoder_0 (26)"
has err "20 tensors not taken: golden (5), head (2), layers (13)"
has err "21 tensors not in the file, which start as the seed says: decoder_2 (5), decoder_1 (5), decoder_0 (5), norm_up (2), final (3)"
expect 0 "started from weights of elsewhere" info swin/best.safetensors
has swin/log.jsonl '"event":"init"'
has swin/config.ini "init = swin.safetensors"
train 0 "encoder_1.merge.norm.gamma: model.layers.1.downsample.norm.weight" swin.ini --out names \
    --init swin.safetensors --verbose
train 0 "" swin.ini --out timm --init "$weights/swin-timm.safetensors"
[ "$(hash_of out)" = "$hash" ]
report $? "the same weights under timm's names give the same bits"
train 0 "" swin.ini --out scratch
[ "$(hash_of out)" != "$hash" ]
report $? "and others than without"
train 0 "1 iterations" swin.ini --out pieces --init swin.safetensors --set train.iterations=1
mv swin.safetensors gone.safetensors
train 0 "2 iterations" swin.ini --out pieces --init swin.safetensors --resume --change train.iterations
mv gone.safetensors swin.safetensors

train 0 "layer4 (" resnet.ini --out resnet --init "$weights/resnet.safetensors"
train 0 "weights of R50+ViT" resnet.ini --out hybrid --init "$weights/r50-vit-jax.safetensors"

# a network that has no part of the weights starts as without
{ cat swin.ini && printf '%s\n' '[student_1]' 'net = u-net' 'base = 4'; } >two.ini
train 0 "student 1 (u-net) starts as the seed says" two.ini --out two --init swin.safetensors \
    --set train.method=cps --set train.unlabelled_batch=2

# the run is a start like any other
train 0 "networks start from swin/best.safetensors" swin.ini --out again --init swin

# ---- refused ----------------------------------------------------------------------------------------------------------

refuse() # TEXT CONFIGURATION FILE ARGUMENT...
{
    text=$1 configuration=$2 file=$3
    shift 3
    train 1 "$text" "$configuration" --out refused --init "$file" --quiet "$@"
    [ ! -e refused/config.ini ] && [ ! -e refused/log.jsonl ] && [ "$(cat out err | wc -l)" -eq 1 ]
    report $? "in one line, and nothing is written"
}

rename() # FROM TO FILE
{
    LC_ALL=C sed "s/$1/$2/g" "$3"
}

refuse "weights of another size: 'model.patch_embed.proj.weight' is 4x3x4x4" swin.ini swin.safetensors \
    --set student_0.base=8
refuse "weights of a Swin Transformer are for swin-unet, cs-unet, not for r50-unet" resnet.ini swin.safetensors
refuse "has no moving averages" swin.ini swin.safetensors --init-average
rename 'layers\.1\.blocks\.1' 'layers.1.blocks.9' swin.safetensors >half.safetensors
refuse "has no 'model.layers.1.blocks.1.norm1.weight'" swin.ini half.safetensors
refuse "a ResNet-50 has 6 blocks in its third stage: blocks_2 = 6" resnet.ini "$weights/resnet.safetensors" \
    --set student_0.blocks_2=3
rename 'layer1\.' 'layerA.' "$weights/resnet.safetensors" >unknown.safetensors
refuse "neither a checkpoint of septum nor weights under names that it knows" resnet.ini unknown.safetensors
head -c 3000 swin.safetensors >short.safetensors
refuse "short.safetensors" swin.ini short.safetensors

finish
