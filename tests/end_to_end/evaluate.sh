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

# one line for each thing that is wrong
expect 2 "both needed" evaluate -p $labels
expect 2 "give two files or two folders" evaluate -p $labels -r "$labels/$first"
expect 2 "should have 3 names, not 2" evaluate -p $labels -r $labels --classes 4 --class-names a,b
expect 2 "a name is empty" evaluate -p $labels -r $labels --class-names a,,b
echo nobody >nobody.list
expect 1 "no file for case nobody" evaluate -p $labels -r $labels --list nobody.list
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
