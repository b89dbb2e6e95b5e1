# data.registered = auto: made before the first step, stopped and killed amid it, found again, made anew when what they
# were made of has changed, refused where the folder was given, the same as septum propagate's. Prints TAP.

. tests/support.sh
needs nifticlib HDF5
OMP_NUM_THREADS=1
export OMP_NUM_THREADS

septum phantom cardiac hearts --cases 5 --size 24 --slices 4 --seed 2 --quiet >out 2>err || exit 1
{
    hearts_data
    cat <<'INI'
registered = auto
[registration]
vote = 2
[train]
method = mean-teacher
iterations = 2
validate_every = 0
labelled_batch = 2
unlabelled_batch = 2
[student_0]
net = u-net
base = 4
INI
} >auto.ini

same_maps() # FOLDER FOLDER
{
    for file in "$1"/*.h5; do cmp "$file" "$2/${file##*/}" || return 1; done
}

# ---- made, stopped, killed -------------------------------------------------------------------------------------------

expect 0 "registered labels: 4 of 4 are to be made" train auto.ini --out whole
[ "$(ls whole/registered | wc -l)" -eq 4 ]
report $? "each unlabelled scan has its file"
expect 0 "registered labels: all 4 are in whole/registered" train auto.ini --out whole --resume

# Affine ones, which are made soon.
set -- --set registration.transform=affine --set registration.vote=1
expect 0 "registered labels: 4 of 4 are to be made" train auto.ini --out straight "$@"
stop_amid() # SIGNAL ARGUMENT...
{
    signal=$1
    shift
    septum train auto.ini --out stopped "$@" >out 2>err </dev/null &
    training=$!
    until [ -e stopped/registrations.h5 ] || ! kill -0 $training 2>/dev/null; do sleep 0.02; done
    kill "-$signal" $training
    { wait $training; } 2>/dev/null
    code=$?
}
stop_amid TERM "$@"
judge $code 130 "pairs; the same command goes on from there" "stopped"
[ ! -e stopped/registrations.h5.lock ] && [ ! -e stopped/registered.lock ] && [ ! -e stopped/last.safetensors ]
report $? "no lock is left, and no step was done"
stop_amid KILL "$@"
judge $code 137 "" "killed"
expect 0 "registered labels: 4 of 4 are to be made" train auto.ini --out stopped "$@"
same_maps straight/registered stopped/registered
report $? "what was stopped and killed ends as what was not"
[ "$(hash_of out)" ] && cmp stopped/last.safetensors straight/last.safetensors
report $? "and so does its training"

expect 0 "4 registered label maps" propagate auto.ini --unlabelled --transform bspline --vote 2 --weights consistency \
    --registrations whole/registrations.h5 --out carried
same_maps whole/registered carried
report $? "septum propagate writes the same files of the same pairs"
expect 0 "2 iterations" train auto.ini --set data.registered=carried --out given --quiet
given=$(hash_of out)
expect 0 "hash $given" train auto.ini --out whole --resume
expect 1 "of which night.warm_up = 0 leaves nothing" train auto.ini --set data.registered=whole/registered --out cold \
    --set train.method=night --set train.registered=yes --set night.warm_up=0

# ---- what another run has registered ---------------------------------------------------------------------------------

mkdir before && cp -R whole/registered whole/registrations*.h5 before
expect 1 "whole holds a run already" train auto.ini --out whole --set registration.vote=1
expect 1 "registration.vote was 2, is 1: a run can't go on with that" train auto.ini --out whole --resume \
    --set registration.vote=1
expect 1 "4 of 6 registered label maps were made of other images, label maps or options: a run can't go on with others" \
    train auto.ini --out whole --resume --set data.labelled_cases=1
septum train auto.ini --out straight --resume "$@" --set train.iterations=100000 --change train.iterations \
    >out 2>err </dev/null &
training=$!
until grep -q "\"iteration\":[1-9]0" straight/log.jsonl || ! kill -0 $training 2>/dev/null; do sleep 0.02; done
cp -R straight/registered while
expect 1 "straight: is being written by process $training on" train auto.ini --out straight --set registration.vote=1
kill $training
{ wait $training; } 2>/dev/null
same_maps while straight/registered && same_maps before/registered whole/registered && cmp before/registrations.h5 whole/registrations.h5
report $? "a refused run leaves the registered labels and pairs alone"

# ---- one is lost, others are stale -----------------------------------------------------------------------------------

keep() # FOLDER: what a run has registered, for another one
{
    mkdir "$1" && cp -R whole/registered whole/registrations*.h5 "$1"
}
keep lost && rm lost/registered/patient003_frame01.h5 && echo damage >lost/registered/patient004_frame01.h5
expect 0 "registered labels: 2 of 4 are to be made" train auto.ini --out lost
same_maps whole/registered lost/registered
report $? "what was lost or damaged is made again"

set -- --set data.augmentation=strong --set augmentation.registered_probability=1
keep mapped
expect 0 "registered labels: all 4 are in" train auto.ini --out mapped "$@"
mapped=$(hash_of out)
keep unmapped && rm unmapped/registered/patient003_frame01.h5 unmapped/registrations*.h5
expect 0 "hash $mapped" train auto.ini --out unmapped "$@"
expect 1 "register --all and name it in data.registrations; data.registered = auto registers unlabelled scans only" \
    train auto.ini --out all "$@" --set data.labelled_cases=4 --set train.method=supervised --set train.unlabelled_batch=0
keep damaged && echo damage >damaged/registrations-affine.h5
expect 0 "all pairs are registered anew" train auto.ini --out damaged "$@"
has out "hash $mapped"

keep fewer
expect 0 "4 of 4 in fewer/registered were made of other images, label maps or options, and are made anew" \
    train auto.ini --out fewer --set registration.vote=1
keep affine
expect 0 "was made with" train auto.ini --out affine --set registration.transform=affine

touch hearts/*/*
keep touched
expect 0 "registered labels: all 4 are in touched/registered" train auto.ini --out touched
for map in hearts/labelsTr/patient001_frame*.nii.gz; do other=$map; done
cp hearts/labelsTr/patient001_frame01.nii.gz "$other"
keep drawn
expect 0 "4 of 4 in drawn/registered were made of other images, label maps or options" train auto.ini --out drawn
expect 1 ", or of other label maps of its sources, than this dataset has" \
    train auto.ini --set data.registered=whole/registered --out refused
expect 0 "transform = bspline" info registration

# ---- a study ---------------------------------------------------------------------------------------------------------

cat >study.ini <<'INI'
[study]
base = auto.ini
rows = mean-teacher, supervised, ict
labelled_cases = 2
seeds = 1, 2
[base.registration]
transform = affine
INI
expect 0 "not known before a run of its row has begun" study study.ini --out study --list
! grep "^supervised.*not known" out
report $? "a row that has nothing registered is timed"
expect 0 "6 of 6" study study.ini --out study --jobs 2
[ "$(ls study/registrations | wc -l)" -eq 1 ]
report $? "all runs of a study share them"
expect 0 "registered labels: all 4 are in study/registrations/" study study.ini --out study --set study.seeds=1,2,3
finish
