# Going on with a run: under other settings, beside another process, after signals amid a validation. Prints TAP.

. tests/support.sh
needs nifticlib
OMP_NUM_THREADS=1
export OMP_NUM_THREADS

{ hearts_data && cat; } >hearts.ini <<'INI'
train_list = train.txt
validation_list = validation.txt
[train]
method = cross-teaching
iterations = 6
labelled_batch = 2
unlabelled_batch = 2
validate_every = 3
checkpoint_every = 3
log_every = 1
[student_0]
net = u-net
base = 4
[student_1]
net = u-net
base = 4
INI
expect 0 "" phantom cardiac hearts --cases 5 --size 48 --slices 3 --quiet
printf '%s\n' patient001 patient002 patient003 patient004 >train.txt
echo patient005 >validation.txt
sed -i '/validation_count/d' hearts.ini

# ---- what a run was made with ----------------------------------------------------------------------------------------

expect 0 "6 iterations" train hearts.ini --out run
whole=$(hash_of out)
cp -r run kept

# The run with a setting changed is refused for a reason, and its folder stays as it was.
refused() # REASON ARGUMENT...
{
    reason=$1
    shift
    expect 1 "run: $reason" train hearts.ini --out run --resume "$@"
    diff -r run kept >out
    report $? "the folder is as it was"
}
# What never changes, and what changes when that is wanted.
refused "train.seed was 1337, is 99: a run can't go on with that" --set train.seed=99
refused "student_0.base was 4, is 8: a run" --set student_0.base=8
refused "student_1.net was u-net, is swin-unet: a run" --set student_1.net=swin-unet --set student_1.base=96 \
    --set data.patch_size=224
refused "student_1.upsampling was bilinear, is transposed" --set student_1.upsampling=transposed
refused "student_0.optimiser was adamw, is sgd: a run" --set student_0.optimiser=sgd
refused "data.patch_height was 32, is 48: a run" --set data.patch_size=48
refused "data.intensity was min-max, is window: a run" --set data.intensity=window
refused "labelled data was 4 scans, is 6 scans: a run" --set data.labelled_cases=3
refused "train.iterations was 6, is 9: set it back, or go on with the change by --change train.iterations" \
    --set train.iterations=9
refused "student_1.learning_rate was 0.0005, is 0.1" --set student_1.learning_rate=0.1 --change train.iterations
refused "train.labelled_batch was 2, is 1" --set train.labelled_batch=1
refused "data.augmentation was thesis, is none" --set data.augmentation=none
expect 1 "--change train.seed: no setting of that name can change" train hearts.ini --out run --resume \
    --set train.seed=99 --change train.seed
expect 2 "--change train.iterations goes with --resume" train hearts.ini --out new --change train.iterations

sed '/student_1/,$d; s/cross-teaching/supervised/' hearts.ini >supervised.ini
expect 1 "run: train.method was cross-teaching, is supervised: a run" train supervised.ini --out run --resume
mv hearts/dataset.json dataset.json
sed 's/myocardium/liver/' dataset.json >hearts/dataset.json
refused "the name of class 2 was myocardium, is liver: a run"
mv dataset.json hearts/dataset.json
labels=hearts/labelsTr
cp $labels/patient001_frame01.nii.gz drawn.nii.gz
cp $labels/patient001_frame08.nii.gz $labels/patient001_frame01.nii.gz
refused "data.labels was as the run began, is drawn anew: set it back, or go on with the change by --change data.labels"
expect 0 "6 iterations" train hearts.ini --out run --resume --change data.labels
rm -r run && cp -r kept run
mv drawn.nii.gz $labels/patient001_frame01.nii.gz
mv train.txt all.txt
sed 's/patient004/patient005/' all.txt >train.txt
sed -i 's/5/4/' validation.txt
refused "unlabelled data was 4 scans, is 4 other scans: a run"
mv all.txt train.txt
printf '%s\n' patient005_frame01 >validation.txt
refused "data.validation was 2 scans, is 1 scans: set it back, or go on with the change by --change data.validation"
expect 0 "6 iterations" train hearts.ini --out run --resume --change data.validation
has err "data.validation was 2 scans, is 1 scans from iteration 6 on"
[ "$(grep -c '"event":"validation","iteration":6' run/log.jsonl)" -eq 2 ]
report $? "the new scans validate at once"
echo patient005 >validation.txt

# Paths, and how often something is kept, are free; 0.00050 is 0.0005.
rm -r run && cp -r kept run && cp -r hearts moved
expect 0 "6 iterations" train hearts.ini --out run --resume --set data.folder=moved --set train.validate_every=2 \
    --set train.checkpoint_every=1 --set train.log_every=3 --set student_0.learning_rate=0.00050 \
    --set data.loader_threads=0 --set data.validation_list="$scratch/validation.txt"
[ "$(hash_of out)" = "$whole" ]
report $? "and change nothing"
expect 0 "9 iterations" train hearts.ini --out run --resume --set train.iterations=9 --change train.iterations
has err "train.iterations was 6, is 9 from iteration 6 on"
has run/config.ini "iterations = 9"

# ---- one process at a time -------------------------------------------------------------------------------------------

# Starts a command in the background, with its output in background.out, as process $child.
start() # ARGUMENT...
{
    septum "$@" >background.out 2>&1 </dev/null &
    child=$!
}

# Waits until a file has a text, for as long as the command in the background runs.
await() # FILE TEXT
{
    until grep -qF -- "$2" "$1" 2>/dev/null || ! kill -0 $child 2>/dev/null; do sleep 0.02; done
}

# Waits for the command in the background.
ended() # CODE NAME
{
    wait $child 2>/dev/null
    code=$?
    cp background.out out
    [ $code -eq "$1" ]
    report $? "$2: exit code $1"
}

set -- train hearts.ini --out busy --set train.iterations=100000 --set train.validate_every=0
start "$@"
await busy/log.jsonl '"iteration":6,'
busy_settings=$(cat busy/config.ini)
expect 1 "busy: is being written by process $child on $(uname -n), since 2" train hearts.ini --out busy
expect 1 "busy: is being written by process $child on" train hearts.ini --out busy --resume --set train.seed=77
expect 0 "" report busy --out busy.html
expect 0 "" predict hearts/imagesTr --model busy/last.safetensors --out predicted --quiet
[ "$(cat busy/config.ini)" = "$busy_settings" ]
report $? "the settings are those of the run that goes on"
kill -KILL $child
ended 137 "killed hard"
start "$@" --resume
until [ "$(grep -c '"event":"start"' busy/log.jsonl)" -eq 2 ] || ! kill -0 $child 2>/dev/null; do sleep 0.02; done
kill -TERM $child
ended 130 "the lock is not stale, and SIGTERM ends the run that goes on"
[ ! -e busy/lock ]
report $? "no lock is left"

# ---- signals ---------------------------------------------------------------------------------------------------------

set -- train hearts.ini --set train.iterations=40 --set train.validate_every=20 --set train.checkpoint_every=1000
expect 0 "40 iterations" "$@" --out straight
straight=$(hash_of out)
for signal in HUP INT TERM; do
    start "$@" --out $signal
    await $signal/log.jsonl '"iteration":6,'
    kill -$signal $child
    ended 130 "SIG$signal saves and leaves"
    has out "continue with --resume from $signal"
    expect 0 "40 iterations" "$@" --out $signal --resume
    [ "$(hash_of out)" = "$straight" ]
    report $? "the run that goes on ends at the same bits"
    cmp $signal/best.safetensors straight/best.safetensors
    report $? "and with the same best checkpoint"
done

(trap "" HUP; exec septum "$@" --out nohup) >background.out 2>&1 </dev/null &
child=$!
await nohup/log.jsonl '"iteration":6,'
kill -HUP $child
ended 0 "a SIGHUP that nohup has the command ignore stays ignored"

# Prediction of many images: what is finished is whole and has its row, and nothing else is left.
mkdir many
image=$(find "$scratch/hearts/imagesTr" -name "*.nii.gz" | sort | head -n 1)
for i in $(seq 1000); do ln -s "$image" "many/$i.nii.gz"; done
for signal in HUP INT TERM; do
    start predict many --model straight/last.safetensors --out "seg_$signal"
    until [ -n "$(ls "seg_$signal" 2>/dev/null)" ] || ! kill -0 $child 2>/dev/null; do sleep 0.02; done
    kill -$signal $child
    ended 130 "SIG$signal ends a prediction"
    has out "of 1000 images"
    ls "seg_$signal" | grep -v '^quality\.' >out
    ! grep -qv '^[0-9]*\.nii\.gz$' out && [ "$(wc -l <"seg_$signal/quality.csv")" -eq $(($(wc -l <out) + 1)) ]
    report $? "only label maps and their table are left, $(wc -l <out) of them"
    for file in "seg_$signal"/*; do septum info "$file" >/dev/null 2>>err || break; done
    report $? "and they are whole"
done

finish
