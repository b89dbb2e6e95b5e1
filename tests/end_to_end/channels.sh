# Images of two channels through the command: trained on, stopped and resumed, predicted with, shown, and what goes
# wrong. The second channel is the label map, so that a network that sees it learns at once. Prints TAP.

. tests/support.sh
needs nifticlib
OMP_NUM_THREADS=1
export OMP_NUM_THREADS

{ hearts_data && cat; } >hearts.ini <<'INI'
intensity = min-max, window
window_low = 0
window_high = 1, 3
shown_channel = 1
[train]
method = mean-teacher
iterations = 20
labelled_batch = 2
unlabelled_batch = 2
validate_every = 10
checkpoint_every = 10
[student_0]
net = u-net
base = 4
optimiser = adamw
learning_rate = 1e-2
INI
expect 0 "" phantom cardiac hearts --cases 5 --test 1 --size 64 --slices 4 --quiet
tr -d "\n" <hearts/dataset.json >one_channel.json
for part in Tr Ts; do
    for label in hearts/labels$part/*.nii.gz; do
        cp "$label" "hearts/images$part/$(basename "$label" .nii.gz)_0001.nii.gz"
    done
done
expect 1 "is channel 1, but dataset.json names 1 channel" info hearts.ini --set data.intensity=min-max \
    --set data.window_high=3 --set data.shown_channel=0
sed 's/"channel_names": *{[^}]*}/"channel_names": {"0": "cine", "1": "truth"}/' one_channel.json >hearts/dataset.json

# ---- a run -----------------------------------------------------------------------------------------------------------

expect 0 "2 channels: 0 cine, 1 truth" info hearts.ini
expect 0 "" info hearts.ini --samples page.html --set data.augmentation=strong
expect 0 "20 iterations" train hearts.ini --out run
hash=$(hash_of out)
expect 0 "10 iterations" train hearts.ini --out stopped --set train.iterations=10
expect 0 "20 iterations" train hearts.ini --out stopped --resume --change train.iterations
expect 0 "20 iterations" train hearts.ini --out threads --threads 2 --set data.loader_threads=2
[ "$(hash_of out)" = "$hash" ]
report $? "two threads give the same bits"
expect 0 "20 iterations" train hearts.ini --out cached --set data.memory=1
[ -s cached/scans.cache ] && [ "$(hash_of out)" = "$hash" ]
report $? "and so do images that lie in a file"
expect 0 "channels: 0 cine (min-max), 1 truth (window 0 to 3)" info run/best.safetensors

expect 0 "" predict hearts/imagesTs --model run/best.safetensors --out predictions --quiet
image=$(ls hearts/imagesTs/*_0000.nii.gz | head -n 1)
name=$(basename "$image" _0000.nii.gz)
expect 0 "" predict "$image" --model run/best.safetensors --out one.nii.gz --quiet
cmp -s one.nii.gz "predictions/$name.nii.gz"
report $? "one image alone has the label map that it has in the folder"
expect 0 "4 slices of 64 rows x 64 columns" info one.nii.gz
expect 0 "mean" evaluate --prediction predictions --reference hearts/labelsTs

# ---- what goes wrong -------------------------------------------------------------------------------------------------

mkdir alone
cp "$image" "alone/${name}_0000.nii.gz"
cp "$image" alone/plain.nii.gz
expect 1 "${name}_0001.nii.gz: is missing: channel 1 of the 2" predict "alone/${name}_0000.nii.gz" \
    --model run/best.safetensors --out never.nii.gz
expect 1 "plain.nii.gz: has 1 channel, not 2" predict alone/plain.nii.gz --model run/best.safetensors --out never.nii.gz
expect 1 "data.window_high has 2 values, where another list of channels has 3" info hearts.ini \
    --set data.intensity=min-max,window,window
expect 1 "data.shown_channel is 2, but images have 2 channels" info hearts.ini --set data.shown_channel=2
expect 1 "data.channels is 3, but dataset.json in hearts names 2" info hearts.ini --set data.channels=3
expect 1 "data.window_high was 3, is 2" train hearts.ini --out run --resume --set data.window_high=1,2
expect 1 "data.channels was 2, is 1" train hearts.ini --out run --resume --set data.channels=1 \
    --set data.intensity=min-max --set data.window_high=3 --set data.shown_channel=0

first=$(ls hearts/imagesTr/*_0001.nii.gz | head -n 1)
mv "$first" kept.nii.gz
expect 1 "$(basename "$first"): is missing: channel 1 of the 2" info hearts.ini
mv kept.nii.gz "$first"
names='"0": "a"'
for c in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do names="$names, \"$c\": \"a\""; done
sed 's/"channel_names": *{[^}]*}/"channel_names": {'"$names"'}/' one_channel.json >hearts/dataset.json
expect 1 "lists 17 channels: images have 16 at most" info hearts.ini

finish
