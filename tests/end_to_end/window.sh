# Windows of slices, and slices resampled to one spacing: trained on, resumed, predicted with and evaluated through the
# command, with registered labels too, and what goes wrong. Prints TAP.

. tests/support.sh
needs nifticlib
OMP_NUM_THREADS=1
export OMP_NUM_THREADS

{ hearts_data && cat; } >hearts.ini <<'INI'
view = window
spacing = 5, 4.5
[train]
method = mean-teacher
iterations = 20
labelled_batch = 2
unlabelled_batch = 2
validate_every = 10
checkpoint_every = 5
[student_0]
net = u-net
base = 4
INI
expect 0 "" phantom cardiac hearts --cases 5 --test 1 --size 48 --slices 4 --quiet

expect 0 "8 of 8 training scans resampled to pixels of 5 x 4.5 mm (x, y)" info hearts.ini
has out "patches are windows of 32 x 32 pixels of these slices"
for augmentation in none flips thesis strong; do
    expect 0 "" info hearts.ini --samples page.html --set data.augmentation=$augmentation
    [ "$(grep -c 'pixels of the slice a pixel' page.html)" -eq 4 ]
    report $? "the page of $augmentation says what each window shows"
done

# ---- a run -----------------------------------------------------------------------------------------------------------

expect 0 "20 iterations" train hearts.ini --out run
hash=$(hash_of out)
septum train hearts.ini --out stopped --set train.checkpoint_every=1000 --set train.log_every=1 >out 2>err </dev/null &
child=$!
until grep -q '"iteration":7,' stopped/log.jsonl 2>/dev/null || ! kill -0 $child 2>/dev/null; do sleep 0.05; done
kill -INT $child
wait $child
report $(($? != 130)) "a run is stopped"
expect 0 "20 iterations" train hearts.ini --out stopped --resume
[ "$(hash_of out)" = "$hash" ]
report $? "and goes on to the hash of the whole one ($hash)"
expect 0 "20 iterations" train hearts.ini --out threads --threads 2 --set data.loader_threads=2
[ "$(hash_of out)" = "$hash" ]
report $? "whatever the threads"
expect 1 "data.view was window, is whole" train hearts.ini --out run --resume --set data.view=whole
expect 1 "data.spacing was 5 x 4.5 mm, is 5 x 5 mm" train hearts.ini --out run --resume --set data.spacing=5
expect 0 "sees windows of slices" info run/best.safetensors
has out "sees slices resampled to pixels of 5 x 4.5 mm"

image=$(ls hearts/imagesTs/*_0000.nii.gz | head -n 1)
expect 0 "" predict hearts/imagesTs --model run/best.safetensors --out predictions --quiet
expect 0 "mean" evaluate --prediction predictions --reference hearts/labelsTs
expect 0 "" predict "$image" --model run/best.safetensors --out one.nii.gz --threads 2 --probabilities --quiet
cmp -s one.nii.gz "predictions/$(basename "$image" _0000.nii.gz).nii.gz"
report $? "one image alone, on two threads, has the label map that it has in the folder"
expect 0 "4 slices of 48 rows x 48 columns" info one_probability_1.nii.gz
expect 0 "features/features.html" features run/best.safetensors "$image" --labels one.nii.gz --points 60 \
    --out features

# ---- whole slices at a spacing, and without --------------------------------------------------------------------------

sed 's/^iterations.*/iterations = 3/' hearts.ini >brief.ini
expect 0 "3 iterations" train brief.ini --out whole --set data.view=whole
expect 0 "" predict "$image" --model whole/best.safetensors --out whole.nii.gz --quiet
expect 0 "whole-features/features.html" features whole/best.safetensors "$image" --labels one.nii.gz --points 60 \
    --out whole-features
sed '/^spacing/d; /^view/d' brief.ini >plain.ini
expect 0 "3 iterations" train plain.ini --out plain
expect 0 "" predict "$image" --model plain/last.safetensors --out plain.nii.gz --quiet
expect 0 "" predict "$image" --model plain/last.safetensors --out smooth.nii.gz --smooth yes --quiet
expect 0 "mean" evaluate --prediction smooth.nii.gz --reference plain.nii.gz

# ---- registered labels -----------------------------------------------------------------------------------------------

expect 0 "3 iterations" train brief.ini --out auto --set data.registered=auto --set train.registered=yes \
    --set registration.transform=affine
made=$(hash_of out)
expect 0 "3 iterations" train brief.ini --out kept --set data.registered=auto/registered --set train.registered=yes
[ -n "$made" ] && [ "$(hash_of out)" = "$made" ]
report $? "registered labels are resampled, those that are made as those of a folder ($made)"
expect 0 "registered label maps" propagate hearts.ini --unlabelled --out registered --registrations pairs.h5
expect 0 "" info hearts.ini --set data.registered=registered
expect 0 "8 of 8 training scans resampled" info hearts.ini --set data.registered=auto
expect 0 "" info hearts.ini --samples page.html --set data.augmentation=strong --set data.registrations=pairs.h5 \
    --set augmentation.registered_probability=1

# ---- in the cache of images ------------------------------------------------------------------------------------------

# Of the training scans as they are resampled, which take more than 1 MiB; what auto registers is smaller, and stays.
sed 's/^spacing.*/spacing = 2/' brief.ini >fine.ini
for registered in registered auto; do
    settings="--set data.registered=$registered --set train.registered=yes --set registration.transform=affine"
    expect 0 "3 iterations" train fine.ini --out "memory-$registered" $settings
    made=$(hash_of out)
    expect 0 "3 iterations" train fine.ini --out "cached-$registered" $settings --set data.memory=1
    [ -n "$made" ] && [ "$(hash_of out)" = "$made" ]
    report $? "data.memory, labels $registered: the hash of images in memory ($made)"
done
[ -s cached-registered/scans.cache ]
report $? "images that are larger lie in the cache"
expect 0 "8 of 8 training scans resampled" info fine.ini --set data.memory=1

# ---- what goes wrong -------------------------------------------------------------------------------------------------

expect 1 "data.spacing is '0'" info hearts.ini --set data.spacing=0
expect 1 "data.view" info hearts.ini --set data.view=part
expect 0 "" convert "$image" flat.png
expect 1 "flat" predict flat_000.png --model run/best.safetensors --out x.nii.gz
has err "does not say how large its pixels are"
mkdir pictures pictures/images pictures/masks
cp flat_00?.png pictures/images
expect 0 "" convert one.nii.gz masks.png
cp masks_000.png pictures/masks/flat_000.png
cp masks_001.png pictures/masks/flat_001.png
expect 1 "pictures/images/flat_001.png: does not say how large its pixels are" info hearts.ini \
    --set data.format=pairs --set data.folder=pictures --set data.classes=4 --set data.labelled_cases=1
[ ! -e x.nii.gz ]
report $? "nothing is left of what failed"

finish
