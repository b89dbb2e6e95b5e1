# Images of two channels in HDF5 files, volumes and slices: trained on as the files beside each other are that they were
# made of, predicted with, planned for; and what goes wrong. The second channel is the label map. Prints TAP.

. tests/support.sh
needs nifticlib HDF5
OMP_NUM_THREADS=1
export OMP_NUM_THREADS

expect 0 "" phantom cardiac hearts --cases 5 --size 64 --slices 4 --quiet
mkdir -p volumes planes
for label in hearts/labelsTr/*.nii.gz; do
    name=$(basename "$label" .nii.gz)
    cp "$label" "hearts/imagesTr/${name}_0001.nii.gz"
    septum convert "hearts/imagesTr/${name}_0000.nii.gz" "volumes/$name.h5" --channels 2 --with-labels "$label" >out 2>err
done
expect 0 "64x64x4 voxels in 2 channels" convert volumes/patient001_frame01.h5 again.h5 --channels 2
cmp -s again.h5 volumes/patient001_frame01.h5
report $? "HDF5 to HDF5 keeps all channels and the label map"
expect 0 "channel 1: values from 0 to 3" info again.h5
tr -d "\n" <hearts/dataset.json >one_channel.json
sed 's/"channel_names": *{[^}]*}/"channel_names": {"0": "cine", "1": "truth"}/' one_channel.json >hearts/dataset.json

{
    printf '%s\n' '[data]' 'format = hdf5' 'folder = volumes' 'validation_count = 1' 'labelled_cases = 2' \
        'patch_size = 32' 'classes = 4' && cat
} >volumes.ini <<'INI'
intensity = min-max, window
window_low = 0
window_high = 3
shown_channel = 1
[train]
method = mean-teacher
iterations = 10
labelled_batch = 2
unlabelled_batch = 2
validate_every = 10
[student_0]
net = u-net
base = 4
optimiser = adamw
learning_rate = 1e-2
INI
sed 's/^format = .*/format = nnunet/; s/^folder = .*/folder = hearts/; /^classes/d' volumes.ini >hearts.ini

# ---- volumes ---------------------------------------------------------------------------------------------------------

expect 0 "2 channels" info volumes.ini
expect 0 "10 iterations" train hearts.ini --out beside
hash=$(hash_of out)
expect 0 "10 iterations" train volumes.ini --out run
[ "$(hash_of out)" = "$hash" ]
report $? "HDF5 gives the bits that files beside each other give"
expect 0 "10 iterations" train volumes.ini --out cached --set data.memory=1
[ -s cached/scans.cache ] && [ "$(hash_of out)" = "$hash" ]
report $? "and so do images that lie in a file"
expect 0 "10 iterations" train volumes.ini --out said --set data.channels=2
[ "$(hash_of out)" = "$hash" ]
report $? "and a number of channels that is given"

expect 0 "" predict volumes --model run/last.safetensors --out predictions --format h5 --quiet
expect 0 "" predict volumes/patient005_frame01.h5 --model run/last.safetensors --out one.h5 --quiet
cmp -s one.h5 predictions/patient005_frame01.h5
report $? "one image alone has the label map that it has in the folder"
expect 0 "" predict hearts/imagesTr --model beside/last.safetensors --out others --quiet
septum convert predictions/patient005_frame01.h5 hdf5.nii.gz --labels >out 2>err
septum convert others/patient005_frame01.nii.gz nifti.nii.gz --labels >out 2>err
cmp -s hdf5.nii.gz nifti.nii.gz
report $? "and the one that files beside each other have"
expect 0 "mean" evaluate --prediction predictions --reference volumes

# ---- slices ----------------------------------------------------------------------------------------------------------

# A slice a file, made of phantoms of one slice: axes channel, slice, row, column.
expect 0 "" phantom cardiac flat --cases 4 --size 32 --slices 1 --quiet
for label in flat/labelsTr/*.nii.gz; do
    name=$(basename "$label" .nii.gz)
    cp "$label" "flat/imagesTr/${name}_0001.nii.gz"
    septum convert "flat/imagesTr/${name}_0000.nii.gz" "planes/$name.h5" --channels 2 --with-labels "$label" >out 2>err
done
expect 0 "10 iterations" train volumes.ini --out planes_run --set data.folder=planes
expect 0 "" predict planes --model planes_run/last.safetensors --out flat_predictions --format h5 --quiet
expect 0 "mean" evaluate --prediction flat_predictions --reference planes

# ---- a plan ----------------------------------------------------------------------------------------------------------

expect 0 "plan.ini" plan volumes --hours 0.1 --out plan.ini --threads 1 --quiet
has plan.ini "channels = 2"
expect 0 "2 iterations" train plan.ini --out planned --quiet --set train.iterations=2

# ---- what goes wrong -------------------------------------------------------------------------------------------------

refuse() # TEXT ARGUMENT...
{
    expect 1 "$@"
    [ "$(wc -l <err)" -eq 1 ]
    report $? "in one line"
}

one="--set data.channels=1 --set data.intensity=min-max --set data.window_high=3 --set data.shown_channel=0"
# shellcheck disable=SC2086
refuse "patient001_frame01.h5: dataset 'image' has 4 axes" info volumes.ini $one
refuse "dataset 'image' is 2x4x64x64: neither its first nor its last axis is of 3 channels" info volumes.ini \
    --set data.channels=3 --set data.intensity=min-max
refuse "'data.channels = 17' is outside 1 to 16" info volumes.ini --set data.channels=17
cp volumes/patient003_frame01.h5 kept.h5
septum convert hearts/imagesTr/patient003_frame01_0000.nii.gz volumes/patient003_frame01.h5 \
    --with-labels hearts/labelsTr/patient003_frame01.nii.gz >out 2>err
refuse "patient003_frame01.h5: dataset 'image' is 4x64x64: neither its first nor its last axis is of 2" info volumes.ini
refuse "patient003_frame01.h5: dataset 'image' is 4x64x64: neither" plan volumes --out never.ini --quiet
refuse "patient003_frame01.h5: dataset 'image' is 4x64x64: neither" predict volumes/patient003_frame01.h5 \
    --model run/last.safetensors --out never.h5
cp kept.h5 volumes/patient003_frame01.h5
expect 2 "--channels is for one image that becomes an HDF5 file" convert again.h5 again.nii.gz --channels 2

finish
