# septum register --all and septum propagate on synthetic hearts: pairs, stopping and going on, refusals, label maps.
# Prints TAP.

. tests/support.sh
needs nifticlib HDF5

septum phantom cardiac hearts --cases 5 --size 48 --slices 6 --seed 2 --quiet >out 2>err || exit 1
hearts_data >hearts.ini
how="--levels 2 --iterations 30"

# Four of five cases train, two are labelled: 8 scans, 4 of them labelled.
expect 0 "8 volumes" register --all hearts.ini --labelled 2 --out two.h5 $how
has out "44 pairs"
expect 0 "56 pairs of 8 volumes" register --all hearts.ini --pairs all --out two.h5 $how
cp two.h5 before.h5
expect 0 "56 pairs of 8 volumes" register --all hearts.ini --pairs all --out two.h5 $how --threads 1
cmp two.h5 before.h5 >out 2>err
report $? "a finished file stays as it is, byte for byte"

expect 1 "metric ncc, not mi" register --all hearts.ini --out two.h5 $how --metric mi
expect 1 "was made with strain 0.003, not 0: give" register --all hearts.ini --out two.h5 $how --strain 0
expect 1 "with jacobian-penalty 0.05, not 0.1: give" register --all hearts.ini --out two.h5 $how --jacobian-penalty 0.1
expect 1 "with transform affine, not rigid: give" register --all hearts.ini --out two.h5 $how --transform rigid
expect 1 "levels 2, not 3" register --all hearts.ini --out two.h5 --levels 3 --iterations 30
septum phantom cardiac others --cases 5 --size 48 --slices 6 --seed 3 --quiet >out 2>err
sed 's/folder = hearts/folder = others/' hearts.ini >others.ini
expect 1 "is another volume now" register --all others.ini --out two.h5 $how
expect 2 "no FIXED" register --all hearts.ini a.nii.gz b.nii.gz --out two.h5
expect 2 "no --warped, --picture, --field or --jacobian" register --all hearts.ini --out two.h5 --field field.nii.gz
expect 2 "no --warped, --picture, --field or --jacobian" register --all hearts.ini --out two.h5 --jacobian growth.nii.gz
expect 2 "two images are needed" register a.nii.gz --out t.tfm
expect 2 "go with --all" register a.nii.gz b.nii.gz --labelled 3 --out t.tfm
expect 2 "--out is missing" register --all hearts.ini
cmp two.h5 before.h5 >out 2>err
report $? "refusals leave the file alone"

# Slow enough to be stopped in the middle; then it goes on, and ends where a run that was never stopped ends. Meanwhile
# the file is its own.
slow="--samples 20000 --levels 2 --iterations 60"
septum register --all hearts.ini --pairs all --out stopped.h5 $slow --threads 1 >first.out 2>first.err </dev/null &
first=$!
until [ -e stopped.h5 ] || ! kill -0 $first 2>/dev/null; do sleep 0.02; done
expect 1 "stopped.h5: is being written by process $first on" register --all hearts.ini --out stopped.h5 $slow
expect 1 "stopped.h5: is being written by process $first on" propagate hearts.ini --out carried \
    --registrations stopped.h5 $slow
kill -TERM $first
wait $first
code=$?
cat first.out >out
cat first.err >err
judge $code 130 "pairs; the same command goes on from there" "stopped"
[ ! -e stopped.h5.lock ]
report $? "no lock is left"
expect 0 "56 pairs of 8 volumes" register --all hearts.ini --pairs all --out stopped.h5 $slow
sed 's/.*pairs of/pairs of/' out >resumed
expect 0 "56 pairs of 8 volumes" register --all hearts.ini --pairs all --out whole.h5 $slow
sed 's/.*pairs of/pairs of/' out | cmp - resumed
report $? "a stopped run ends as one that was not"

how="--levels 3 --transform bspline --grid 20 --bspline-samples 2000 --bspline-iterations 20"
expect 0 "2 label maps" propagate hearts.ini --out carried $how
grep -q "mean Dice 0\.[4-9]" out
report $? "the hearts of the training cases are good atlases"
expect 0 "2 label maps" propagate hearts.ini --out again --registrations carried.h5 $how
cmp carried/patient005_frame01.nii.gz again/patient005_frame01.nii.gz
report $? "with a file the same label maps"
cp carried.h5 shared.h5
expect 0 "pairs of 10 volumes" register --all hearts.ini --out shared.h5 $how
expect 0 "2 label maps" propagate hearts.ini --out again --registrations shared.h5 $how
cmp carried/patient005_frame01.nii.gz again/patient005_frame01.nii.gz
report $? "septum register --all and septum propagate share a file of B-splines"
cp carried-affine.h5 before.h5
expect 0 "2 label maps" propagate hearts.ini --out voted --registrations carried.h5 --vote all --weights similarity $how
cmp carried-affine.h5 before.h5
report $? "the file of affine pairs had all that chooses the voters"
ls carried | sed 's/\.nii\.gz$//' >names
expect 0 "2 cases" evaluate -p carried -r hearts/labelsTr --list names
expect 0 "2 cases" evaluate -p voted -r hearts/labelsTr --list names

cp hearts/imagesTr/patient005_frame01_0000.nii.gz new_0000.nii.gz
expect 0 "1 label maps" propagate hearts.ini new_0000.nii.gz --out images $how
cmp images/new.nii.gz carried/patient005_frame01.nii.gz
report $? "an image from a file gets the label map that it gets as a validation scan"
expect 0 "4 registered label maps" propagate hearts.ini --out supervision --registrations carried.h5 --unlabelled $how
expect 0 "24 labelled" info hearts.ini --set data.registered=supervision
any="--unlabelled --selection random --selection-seed"
for seed in 1 2 3; do
    expect 0 "4 registered label maps" propagate hearts.ini --out any$seed --registrations carried.h5 $any $seed $how
done
expect 0 "4 registered label maps" propagate hearts.ini --out same --registrations carried.h5 $any 3 $how
diff -r any3 same
report $? "one seed chooses one set of scans"
! { diff -rq any1 any2 && diff -rq any2 any3; } >/dev/null
report $? "others choose others"
expect 1 ".h5: is missing: every unlabelled" info hearts.ini --set data.registered=nowhere
expect 0 "" info hearts.ini
cp out without
expect 0 "" info hearts.ini --set data.registered=no
cmp out without
report $? "registered = no is a set without registered labels"
expect 2 "no IMAGE" propagate hearts.ini new_0000.nii.gz --out supervision --unlabelled
expect 2 "a number from 1, or all" propagate hearts.ini --out images --vote 0
expect 2 "--out is missing" propagate hearts.ini
finish
