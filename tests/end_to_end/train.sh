# The main job through the command: train, interrupt, resume, predict, evaluate, report, and what goes wrong on the
# way. Prints TAP.

. tests/support.sh
needs nifticlib

{ hearts_data && cat; } >hearts.ini <<'INI'
[train]
method = cross-teaching
iterations = 30
labelled_batch = 2
unlabelled_batch = 2
validate_every = 10
checkpoint_every = 5
log_every = 5
[student_0]
net = u-net
base = 4
[student_1]
net = u-net
base = 4
upsampling = transposed
INI

expect 0 "" phantom cardiac hearts --cases 5 --test 1 --size 48 --slices 4 --quiet
expect 0 "labelled, of 2 cases" info hearts.ini
expect 0 "peak of a training step" info hearts.ini --memory --set data.classes=4

expect 0 "30 iterations" train hearts.ini --out whole
whole=$(hash_of out)
has whole/log.jsonl '"event":"validation","iteration":30'
has whole/config.ini 'labelled_batch = 2'
for file in best.safetensors last.safetensors evaluation.json overlays/worst.png; do
    [ -s "whole/$file" ]
    report $? "the run leaves $file"
done
expect 1 "--resume" train hearts.ini --out whole

# What has no effect in so short a run is said.
sed '/^\[student_1\]/,$d' hearts.ini >alone.ini
expect 0 "the loss 'u-net consistency' counts in none of the 2 iterations" train alone.ini --out short \
    --set train.method=mean-teacher --set train.iterations=2 --set student_0.warm_up=2
has err "student_0.warm_up is 2: in 2 iterations its learning rate rises only"
! grep -q "has no effect" err
report $? "Mean Teacher has a consistency weight"
expect 0 "train.consistency_weight has no effect: night weighs its losses" train alone.ini --out short-night \
    --set train.method=night --set train.iterations=2 --set train.consistency_weight=0.2

# Abdomens lie all one way up, which augmentation should not hide.
expect 0 "" phantom abdomen bellies --cases 7 --size 32 --quiet
strong="--set data.folder=bellies --set data.augmentation=strong --set train.iterations=2"
expect 0 "the scans have a top, and augmentation shows them turned by quarters and mirrored" train alone.ini \
    --out turned $strong
expect 0 "shows them mirrored: with augmentation.mirror = none" train alone.ini --out mirrored $strong \
    --set augmentation.quarter_turns=no
expect 0 "" train alone.ini --out upright $strong --set augmentation.quarter_turns=no --set augmentation.mirror=none
! grep -q "have a top" err
report $? "nothing is said where they are shown as they are"

# Ctrl-C saves and leaves with 130; --resume ends at the bits of the run that was not stopped.
septum train hearts.ini --out stopped --set train.checkpoint_every=1000 >out 2>err </dev/null &
child=$!
until grep -q '"iteration":10,' stopped/log.jsonl 2>/dev/null || ! kill -0 $child 2>/dev/null; do sleep 0.05; done
kill -INT $child
wait $child
code=$?
[ $code -eq 130 ] && grep -q "continue with --resume" err
report $? "Ctrl-C saves and says how to go on (exit code $code)"
expect 0 "30 iterations" train hearts.ini --out stopped --resume
[ "$(hash_of out)" = "$whole" ]
report $? "the resumed run has the hash of the whole one ($whole)"
[ "$(grep -c '"event":"step"' stopped/log.jsonl)" -eq 6 ]
report $? "its log has each step once"
expect 0 "no checkpoint to go on from, the run starts anew" train hearts.ini --out mistyped --resume \
    --set train.iterations=2

expect 0 "student 1: u-net" info whole/best.safetensors
expect 0 "whole/best.safetensors: " info whole
expect 0 "" predict hearts/imagesTs --model whole/best.safetensors --out predictions --student all --mirror --quiet
expect 0 "mean" evaluate --prediction predictions --reference hearts/labelsTs
expect 0 "" report whole stopped --out page.html
has page.html "</html>"
image=$(ls hearts/imagesTs/*_0000.nii.gz | head -n 1)
expect 0 "" predict "$image" --model whole/best.safetensors --out one.nii.gz --probabilities --quiet
[ -s one_probability_3.nii.gz ]
report $? "--probabilities writes a volume for each class"
"${SEPTUM_BUILD:-$root/build}/examples/segment_volume" whole/best.safetensors "$image" \
    example.nii.gz >out 2>err
report $? "the example segments a volume"
"${SEPTUM_BUILD:-$root/build}/examples/train_from_memory" >out 2>err
report $? "the example trains on arrays from memory"

# a second channel is no case of its own, but a name that only ends so is
mkdir channels
cp "$image" channels/a_0000.nii.gz
cp "$image" channels/a_0001.nii.gz
cp "$image" channels/patient_0002.nii.gz
expect 0 "channels: 1 file is left out (a_0001.nii.gz)" predict channels --model whole/best.safetensors --out first
[ "$(ls first | tr '\n' ' ')" = "a.nii.gz patient_0002.nii.gz quality.csv quality.html " ]
report $? "label maps are named after their cases"

# a class that no label map has
cp -r hearts five
sed -i 's/"left ventricle": 3/"left ventricle": 3, "atrium": 4/' five/dataset.json
expect 0 "validation of u-net 0: class 4 (atrium) is in no reference: left out of the mean" train hearts.ini --out absent \
    --set data.folder=five --set train.iterations=10
has err "class 4 (atrium) is in none of the"
grep -q '"event":"validation".*,null\]' absent/log.jsonl
report $? "the log has no Dice for it"
has absent/evaluation.json '"name": "atrium", "absent": true'

# ---- what goes wrong --------------------------------------------------------------------------------------------------

expect 1 "student_0.base was 4, is 8" train hearts.ini --out stopped --resume --set student_0.base=8
! grep -q "base = 8" stopped/config.ini
report $? "the refused settings do not replace those of the run"
expect 1 "train.warm_start: method 'night' has stages of its own" train hearts.ini --out x --set train.method=night \
    --set train.warm_start=0.5
cp "$image" own.nii.gz
expect 1 "is read and would be replaced" predict own.nii.gz --model whole/best.safetensors --out ./own.nii.gz
cmp "$image" own.nii.gz
report $? "the image is what it was"
mkdir pair
cp "$image" pair/a.nii.gz
cp "$image" pair/a_0000.nii.gz
expect 1 "two images would be written to this name" predict pair --model whole/best.safetensors --out pair/.
expect 1 "two images would be written to this name" predict pair --model whole/best.safetensors --out pair_out
head -c 5000 whole/best.safetensors >cut.safetensors
expect 1 "cut.safetensors" predict "$image" --model cut.safetensors --out x.nii.gz
mkdir spoilt
{ head -c -4 stopped/last.safetensors && printf '\377\377\377\377'; } >spoilt/last.safetensors
expect 1 "its weights are not those that were written" train hearts.ini --out spoilt --resume
expect 1 "no-such.safetensors" predict "$image" --model no-such.safetensors --out x.nii.gz
expect 2 "--model is missing" predict "$image"
expect 2 "students 0 to 1" predict "$image" --model whole/best.safetensors --student 7
head -c 2000 "$image" >cut.nii.gz
expect 1 "cut.nii.gz" predict cut.nii.gz --model whole/best.safetensors --out x.nii.gz
expect 1 "learning_rat" train hearts.ini --out y --set student_0.learning_rat=1
expect 1 "iterations" train hearts.ini --out y --set train.iterations=many
expect 1 "nowhere" train hearts.ini --out y --set data.folder=nowhere
expect 1 "multiples of 16" train hearts.ini --out y --set data.patch_size=33
expect 1 "'night' learns mixtures of label maps" train hearts.ini --out y --set train.method=night --set train.loss=focal
expect 1 "has no registered labels" train hearts.ini --out y --set train.method=night --set train.students=2 \
    --set train.registered=yes
expect 1 "night.relabel is 0" train hearts.ini --out y --set train.method=night --set train.students=2 \
    --set night.warm_up=0 --set night.relabel=0
expect 1 "data.view = window resizes none" train hearts.ini --out y --set data.view=window --set data.image_zoom=cubic
expect 1 "too narrow" train hearts.ini --out y --set student_0.net=r50-unet --set student_0.base=1 --set student_0.groups=1
[ ! -e y/config.ini ]
report $? "a run that is refused leaves nothing"
expect 1 "v-net" train hearts.ini --out y --set student_0.net=v-net
echo 'this is no [ini' >bad.ini
expect 1 "bad.ini:1" train bad.ini --out y
expect 1 "not finite" train hearts.ini --out nan --set student_0.learning_rate=1000 --set student_0.optimiser=sgd
expect 1 "not saved: running/last.safetensors" train hearts.ini --out running --set student_0.learning_rate=1000 \
    --set student_0.optimiser=sgd --set train.checkpoint_every=1 --set train.validate_every=0
expect 0 "after" info running/last.safetensors
[ ! -e x.nii.gz ] && [ ! -e y/last.safetensors ]
report $? "nothing is left of what failed"

if (trap "" XFSZ; ulimit -f 8; septum train hearts.ini --out full >out 2>err </dev/null); then false; else
    grep -q "full/" err && [ -z "$(find full -name '*.safetensors' 2>/dev/null)" ]
fi
report $? "a full disk is named, and no half checkpoint stays"

finish
