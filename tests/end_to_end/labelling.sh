# The labelling loop: train on one labelled scan, suggest, take what was corrected, train from there; in each of the
# three formats. Prints TAP.

. tests/support.sh
needs nifticlib HDF5

settings()
{
    printf '%s\n' 'validation_list = validation.txt' 'classes = 4' 'patch_size = 32' '[train]' 'iterations = 12' \
        'labelled_batch = 2' 'validate_every = 6' 'log_every = 3' 'seed = 3' '[student_0]' 'base = 4'
}

# The scan of a rank, 1 or more.
suggested() # FOLDER RANK
{
    sed -n "$(($2 + 1))s/^$2,\([^,]*\),.*/\1/p" "$1/suggest.csv"
}

# One patient's first scan is labelled, another validates; what the rest would be corrected to is in `truth`.
expect 0 "" phantom cardiac hearts --cases 6 --size 48 --slices 4 --quiet
mv hearts/labelsTr truth
mkdir hearts/labelsTr
cp truth/patient001_frame01.nii.gz truth/patient006_* hearts/labelsTr
echo patient006 >hearts/validation.txt
{ printf '%s\n' '[data]' 'format = nnunet' 'folder = hearts' && settings; } >hearts.ini
expect 0 "" train hearts.ini --out one --quiet
expect 1 "one: did not start from a checkpoint" train hearts.ini --out one --resume --init another

# ---- suggest ----------------------------------------------------------------------------------------------------------

expect 0 "one/suggest/index.html" suggest one --count 2
first=$(suggested one/suggest 1)
second=$(suggested one/suggest 2)
[ "$(wc -l <one/suggest/suggest.csv)" -eq 3 ]
report $? "a line for each suggestion"
has one/suggest/suggest.csv "rank,scan,case,score,uncertainty,distance,axis,slices"
[ -n "$first" ] && [ -n "$second" ] && [ "${first%_frame*}" != "${second%_frame*}" ]
report $? "two scans of two cases: $first and $second"
case "$first $second" in *patient001* | *patient006*) false ;; esac
report $? "neither of a case that is labelled or validates"
has one/suggest/index.html "$second"
[ "$(grep -o 'data:image/png;base64,' one/suggest/index.html | wc -l)" -eq 12 ]
report $? "three slices of each, with their uncertainty"
expect 0 "" predict "hearts/imagesTr/${first}_0000.nii.gz" --model one/best.safetensors --out same.nii.gz --quiet
cmp -s same.nii.gz "one/suggest/labels/$first.nii.gz"
report $? "the label map is that of septum predict"
expect 0 "4 slices of 48 rows x 48 columns" info "one/suggest/images/$first.nii.gz"

expect 0 "" suggest one --count 2 --out again --threads 3 --quiet
cmp -s one/suggest/suggest.csv again/suggest.csv && cmp -s one/suggest/index.html again/index.html
report $? "the same bytes with other threads"
expect 1 "one/suggest holds suggestions already" suggest one
expect 0 "there are no more of cases without labels" suggest one --count 9 --out all
[ "$(wc -l <all/suggest.csv)" -eq 5 ]
report $? "one scan of each of four cases"
expect 0 "" suggest one --count 9 --out scans --all-scans --quiet
[ "$(wc -l <scans/suggest.csv)" -eq 10 ]
report $? "--all-scans: all nine"
expect 1 "there is no such run" suggest nowhere
mkdir atria && cp -r hearts/imagesTr hearts/labelsTr hearts/validation.txt atria
sed 's/"left ventricle": 3/"left ventricle": 3, "atrium": 4/' hearts/dataset.json >atria/dataset.json
sed 's/= hearts/= atria/; s/classes = 4/classes = 5/' hearts.ini >atria.ini
expect 1 "atria.ini has 5 classes, and the model has 4" suggest one --data atria.ini --out fives

# a model that sees windows of resampled slices
expect 0 "" train hearts.ini --out windows --set data.view=window --set data.spacing=5 --quiet
expect 0 "windows/suggest/index.html" suggest windows --count 1
expect 0 "4 slices of 48 rows x 48 columns" info "windows/suggest/labels/$(suggested windows/suggest 1).nii.gz"

# ---- take and train on ------------------------------------------------------------------------------------------------

cp "truth/$first.nii.gz" hearts/labelsTr
expect 0 "networks start from one/best.safetensors" train hearts.ini --out two --init one
has two/log.jsonl '"event":"init"'
has two/config.ini "init = one"
expect 0 "started from checkpoint" info two/best.safetensors
expect 0 "" suggest two --count 2 --quiet
! grep -q "$first" two/suggest/suggest.csv
report $? "what is labelled now is not suggested"
mv one gone
expect 0 "15 iterations" train hearts.ini --out two --resume --set train.iterations=15 --change train.iterations
expect 1 "one: can't be opened" train hearts.ini --out three --init one
mv gone one
expect 1 "base is 4 there, 8 here" train hearts.ini --out three --init one --set student_0.base=8
expect 2 "--init-average goes with --init" train hearts.ini --out three --init-average
expect 1 "has no moving averages" train hearts.ini --out three --init one --init-average

expect 0 "student 0 from its only one with running statistics; the others as the seed says" train hearts.ini --out pair --init one \
    --set train.method=cps --set student_1.net=u-net --set student_1.base=4 --set train.iterations=2
expect 0 "student 0 starts from a network of other settings: no_dropout is false there, true here" train hearts.ini \
    --out undropped --init one --set student_0.no_dropout=yes --set train.iterations=2
echo patient001_frame01 >first.txt
expect 0 "other scans validate than those of one" train hearts.ini --out elsewhere --init one \
    --set data.validation_list=first.txt --set train.iterations=2

cp -r hearts five
sed -i 's/"left ventricle": 3/"left ventricle": 3, "atrium": 4/' five/dataset.json
expect 0 "tells 4 classes apart, this run 5: the head is left as it starts" train hearts.ini --out five-classes \
    --set data.folder=five --set data.classes=5 --init one/best.safetensors

# ---- HDF5: the label map goes into the file, the scan's name into the list ---------------------------------------------

mkdir packed labels
for image in hearts/imagesTr/*_0000.nii.gz; do
    name=$(basename "$image" _0000.nii.gz)
    septum convert "$image" "packed/$name.h5" --quiet >out 2>err || break
done
for name in patient001_frame01 patient006_frame01; do
    septum convert "packed/$name.h5" "labels/$name.h5" --with-labels "truth/$name.nii.gz" --quiet >out 2>err &&
        mv "labels/$name.h5" packed
done
report $? "images and two label maps as HDF5"
echo patient006_frame01 >packed/validation.txt
echo patient001_frame01 >packed/labelled.txt
{ printf '%s\n' '[data]' 'folder = packed' 'labelled_list = labelled.txt' && settings; } >packed.ini
expect 0 "" train packed.ini --out packed-one --quiet
expect 0 "" suggest packed-one --count 1 --quiet
first=$(suggested packed-one/suggest 1)
expect 0 "image and labels" convert "packed/$first.h5" "labels/$first.h5" \
    --with-labels "packed-one/suggest/labels/$first.nii.gz"
mv "labels/$first.h5" packed
echo "$first" >>packed/labelled.txt
expect 0 "labelled, of 2 cases" train packed.ini --out packed-two --init packed-one

# ---- pictures: the label map becomes a mask ----------------------------------------------------------------------------

expect 0 "" phantom cardiac flat --cases 4 --size 48 --slices 1 --quiet
mkdir -p pairs/images pairs/masks
for image in flat/imagesTr/*_frame01_0000.nii.gz; do
    name=$(basename "$image" _0000.nii.gz)
    septum convert "$image" "pairs/images/$name.png" --quiet >out 2>err || break
done
for name in patient001_frame01 patient004_frame01; do
    septum convert --labels "flat/labelsTr/$name.nii.gz" "pairs/masks/$name.png" --quiet >out 2>err || break
done
report $? "pictures and two masks"
echo patient004 >pairs/validation.txt
{ printf '%s\n' '[data]' 'format = pairs' 'folder = pairs' && settings; } >pairs.ini
expect 0 "" train pairs.ini --out pairs-one --quiet
expect 0 "" suggest pairs-one --count 1 --quiet
first=$(suggested pairs-one/suggest 1)
expect 0 "" convert --labels "pairs-one/suggest/labels/$first.nii.gz" "pairs/masks/$first.png"
expect 0 "labelled, of 2 cases" train pairs.ini --out pairs-two --init pairs-one
cp flat/labelsTr/patient00[23]_frame01.nii.gz .
for name in patient002_frame01 patient003_frame01; do
    septum convert --labels "$name.nii.gz" "pairs/masks/$name.png" --quiet >out 2>err
done
expect 1 "are labelled: there is nothing to suggest" suggest pairs-two

finish
