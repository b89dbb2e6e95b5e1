# septum evaluate and septum report on generated label maps: what they print and write, and what they refuse.
# Prints TAP.

. tests/support.sh
needs nifticlib HDF5

septum phantom cardiac hearts --cases 2 --size 48 --slices 4 --quiet >out 2>err || report 1 "phantom"
labels=hearts/labelsTr
first=$(ls $labels | head -n 1)
second=$(ls $labels | tail -n 1)

mkdir run
# a folder with itself, in two formats: nothing but the names' stems agree
septum convert $labels other --labels --to h5 --quiet >out 2>err || report 1 "convert"
expect 0 "1.0000" evaluate -p other -r $labels --class-names RV,Myo,LV --csv scores.csv --json-file run/evaluation.json
[ "$(wc -l <scores.csv)" -eq 13 ]
report $? "a row for each of 4 cases and 3 classes"
has scores.csv "hd95_mm"
has run/evaluation.json '"name": "Myo"'
expect 0 '"medpy"' evaluate -p $labels -r $labels --json
septum evaluate -p $labels -r $labels --json >again 2>err && cmp -s out again
report $? "the same bytes again"

# one pair
expect 0 "1 case;" evaluate -p "$labels/$first" -r "$labels/$second"
expect 1 "prediction holds label 3" evaluate -p "$labels/$first" -r "$labels/$second" --classes 3

# references beside their images
mkdir beside cases
for file in "$first" "$second"; do
    name=${file%.nii.gz}
    cp "hearts/imagesTr/${name}_0000.nii.gz" "beside/$name.nii.gz"
    cp "$labels/$file" "beside/${name}_gt.nii.gz"
    cp "$labels/$file" "cases/$file"
done
cp "beside/${first%.nii.gz}.nii.gz" beside/unlabelled.nii.gz
expect 0 "mean     1.0000" evaluate -p cases -r beside --classes 4
has out "2 cases;"
cp "$labels/$first" cases/unlabelled.nii.gz
expect 1 "beside: holds no file for case unlabelled; --list FILE names the cases" evaluate -p cases -r beside
echo "${second%.nii.gz}" >beside.list
expect 0 "1 case;" evaluate -p cases -r beside --list beside.list

# HDF5 of which one has no label map
mkdir packed
cp other/*.h5 packed
septum convert "hearts/imagesTr/${first%.nii.gz}_0000.nii.gz" "packed/${first%.nii.gz}.h5" --quiet >out 2>err
expect 1 "packed/${first%.nii.gz}.h5: has no dataset 'label', a label map; --list FILE names" evaluate -p $labels -r packed
expect 0 "1 case;" evaluate -p $labels -r packed --list beside.list

# volumes as stacks of pictures, beside files
mkdir stacks
for file in "$first" "$second"; do
    septum convert "$labels/$file" "stacks/${file%.nii.gz}.png" --labels --quiet >out 2>err || report 1 "convert"
done
printf '%s\n' "${first%.nii.gz}" "${second%.nii.gz}" >stacks.list
expect 0 "2 cases;" evaluate -p stacks -r $labels --list stacks.list
expect 0 "${first%.nii.gz}_000" evaluate -p stacks -r stacks --csv slices.csv --json

# a place for what is written is looked for before the work
expect 1 "nowhere/a.csv: can't be written: there is no folder nowhere/" evaluate -p $labels -r $labels --csv nowhere/a.csv
expect 1 "run: can't be written: it is a folder" evaluate -p $labels -r $labels --csv run
expect 1 "$labels/$first is no folder" evaluate -p $labels -r $labels --json-file "$labels/$first/a.json"

# ---- classes ----------------------------------------------------------------------------------------------------------

# "N, N, ..., N": whole numbers that no label map holds, for classes that none shall have
none() # COUNT
{
    seq -s, $((100 * $1)) $((100 * $1 + $1 - 1))
}

# names come from dataset.json, which lies above, unless options say others
expect 0 "right ventricle" evaluate -p $labels -r $labels
expect 0 "right ventricle" evaluate -p "$labels/$first" -r "$labels/$first"
expect 0 "Myo" evaluate -p $labels -r $labels --class-names RV,Myo,LV
expect 0 "classes 4, 5, 6 are in no reference" evaluate -p $labels -r $labels --classes 7
grep -qF "names 4 classes (with background), not 7; they are numbered" err
report $? "the description of another number of classes is said and left out"
cp -r hearts regions
sed -i 's/"myocardium": 2/"myocardium": [2, 3]/' regions/dataset.json
expect 0 "class 2" evaluate -p $labels -r regions/labelsTr
grep -qF "regions are not supported" err
report $? "names of regions are left out"

# what the references mark as not annotated counts nowhere, by option or by dataset.json's label 'ignore'
expect 0 "class 3 (left ventricle) is in no reference: left out of the mean" evaluate -p $labels -r $labels --classes 4 --ignore 3
! grep -q "but predictions" out
report $? "ignored voxels of a prediction count nowhere"
cp -r hearts partly
sed -i 's/"left ventricle": 3/"ignore": 3/' partly/dataset.json
septum convert $labels without --labels --to nii.gz --values "0,1,2,3" --quiet >out 2>err
expect 1 "prediction holds label 3" evaluate -p without -r partly/labelsTr
expect 0 "class 2  1.0000" evaluate -p without -r partly/labelsTr --classes 4 --ignore 3

# classes 0, 1, 2, 5: 3 and 4 are in no reference; the prediction of the second has them
mkdir sparse filled
septum convert $labels sparse --labels --to nii.gz --values "0,1,3,$(none 2),2" --quiet >out 2>err
septum convert $labels filled --labels --to nii.gz --values "0,1,3,2" --quiet >out 2>err
expect 0 "mean     1.0000 +- 0.0000" evaluate -p sparse -r sparse
has out "classes 3, 4 are in no reference: left out of the mean"
! grep -q "class 4 " out
report $? "an absent class has no row of numbers"
expect 0 "voxels of 3" evaluate -p filled -r sparse
# two of three classes agree: class 5 has become 3
has out "mean     0.6667 +- 0.0000"
expect 0 '"absent": "classes 3, 4 are in no reference' evaluate -p sparse -r sparse --json --csv sparse.csv
has err "classes 3, 4 are in no reference"
head -n 1 sparse.csv | grep -q ",absent$" && grep -q ",class 4,0,0,.*,1$" sparse.csv && grep -q ",class 5,.*,0$" sparse.csv
report $? "CSV marks absent classes in its last column"

# grey levels in place of classes
septum convert $labels grey --labels --to nii.gz --quiet \
    --values "0,$(none 84),1,$(none 85 | cut -d, -f-84),2,$(none 86 | cut -d, -f-84),3" >out 2>err
expect 1 "the values 0,85,170,255 are grey levels, not class indices: --values 0,85,170,255" evaluate -p grey -r grey
expect 1 "prediction: the values 0,85,170,255 are grey levels" evaluate -p grey -r $labels
expect 0 "mean     1.0000 +- 0.0000" evaluate -p grey -r grey --values 0,85,170,255
expect 0 "1.0000 +- 0.0000" evaluate -p grey -r $labels --prediction-values 0,85,170,255
expect 1 "--prediction-values says nothing else" evaluate -p $labels -r grey --values 0,85,170,255
expect 0 "1.0000 +- 0.0000" evaluate -p $labels -r grey --values 0,85,170,255 --prediction-values 0-3
expect 1 "is 255, which is not among the values 0,85,170" evaluate -p grey -r grey --values 0,85,170
expect 2 "85 stands there twice" evaluate -p grey -r grey --values 0,85,85
expect 2 "not both" evaluate -p grey -r grey --values 0,255 --threshold 128
expect 2 "unknown option '-t'" evaluate -p grey -r grey -t 1 # elsewhere threads, and a cut at 1 would make one class of all

# colours in place of classes: two red boxes that overlap in part
base64 -d >red.png <<'PNG'
iVBORw0KGgoAAAANSUhEUgAAAB4AAAAUCAIAAAAVyRqTAAAAJUlEQVR4nGNgGIqAEc76T7xS4gATqW4ZNXrU6JFt9CgYBcMRAAC86QEUF9RW4AAA
AABJRU5ErkJggg==
PNG
base64 -d >shifted.png <<'PNG'
iVBORw0KGgoAAAANSUhEUgAAAB4AAAAUCAIAAAAVyRqTAAAAJklEQVR4nGNgGIqAEY3/n1QNuAETqW4hHowaPWr0cDR6FIyC4QgAtukBFFIS
51gAAAAASUVORK5CYII=
PNG
expect 1 "--colours RRGGBB" evaluate -p shifted.png -r red.png
expect 1 "a threshold cuts shades of grey" evaluate -p shifted.png -r red.png --threshold 128 --prediction-threshold 128
expect 0 "mean     0.8182 +- 0.0000" evaluate -p shifted.png -r red.png --colours 000000,ff0000
expect 1 "has the colour (255, 0, 0)" evaluate -p shifted.png -r red.png --colours 000000,00ff00
expect 2 "not both" evaluate -p shifted.png -r red.png --colours 000000,ff0000 --threshold 128

# ---- lists ------------------------------------------------------------------------------------------------------------

printf '%s\n' "${first%.nii.gz}" "${second%.nii.gz}" "${first%.nii.gz}" >twice.list
expect 0 "2 cases" evaluate -p $labels -r $labels --list twice.list
has err "twice.list: names '${first%.nii.gz}' for the second time: it counts once"
mkdir numpy
cp "other/${first%.nii.gz}.h5" "numpy/${first%.nii.gz}.npy.h5"
for line in "${first%.nii.gz}" "${first%.nii.gz}.npy" "${first%.nii.gz}.npy.h5"; do
    echo "$line" >numpy.list
    expect 0 "1 case;" evaluate -p $labels -r numpy --list numpy.list
done
: >empty.list
expect 1 "names no case" evaluate -p $labels -r $labels --list empty.list

septum evaluate --help | tr '\n' ' ' >out
has out "A class that no reference of the set has is left out of every mean over classes"
has out "directions taken together"

# one line for each thing that is wrong
expect 2 "both needed" evaluate -p $labels
expect 2 "give two files or two folders" evaluate -p $labels -r "$labels/$first"
expect 2 "should have 3 names, not 2" evaluate -p $labels -r $labels --classes 4 --class-names a,b
expect 2 "a name is empty" evaluate -p $labels -r $labels --class-names a,,b
echo nobody >nobody.list
expect 1 "no file for case nobody" evaluate -p $labels -r $labels --list nobody.list
mkdir hearts/first_channels
for label in "$labels"/*.nii.gz; do
    name=${label##*/}
    cp "$label" "hearts/first_channels/${name%.nii.gz}_0000.nii.gz"
done
expect 0 "" evaluate -p $labels -r hearts/first_channels --json
cp out of_channels
expect 0 "" evaluate -p $labels -r $labels --json
cmp out of_channels
report $? "references may be called as first channels are"
rm -f "other/${first%.nii.gz}.h5"
expect 1 "holds no file for case ${first%.nii.gz}" evaluate -p other -r $labels
septum phantom cardiac larger --cases 1 --size 64 --slices 4 --quiet >out 2>err || report 1 "phantom"
expect 1 "${first%.nii.gz}: the prediction is 4 x 64 x 64 voxels" evaluate -p "larger/labelsTr/$first" -r "$labels/$first"

# the page
expect 0 "run/report.html" report run
has run/report.html "Myo"
has run/report.html "log.jsonl: not there"
expect 1 "no such folder" report nowhere
expect 1 "nothing to report" report other
expect 0 "both.html" report run run --out both.html
has both.html "2 runs"

finish
