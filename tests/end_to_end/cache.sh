# Images larger than memory: the same run from a cache file, which a killed process leaves fit to go on from, a full
# disk does not spoil, and a study shares. Prints TAP.

. tests/support.sh
needs nifticlib
export OMP_WAIT_POLICY=passive

{ hearts_data && cat; } >hearts.ini <<'INI'
[train]
method = mean-teacher
iterations = 6
labelled_batch = 2
unlabelled_batch = 2
validate_every = 3
checkpoint_every = 3
[student_0]
net = u-net
base = 4
INI

expect 0 "" phantom cardiac hearts --cases 4 --size 160 --slices 8 --quiet
expect 0 "images: 6.2 MiB of memory" info hearts.ini
expect 0 "images: 6.2 MiB, more than data.memory = 2: in a file of 6.3 MiB" info hearts.ini --set data.memory=2
expect 0 '"cache_bytes": 6590464' info hearts.ini --memory --set data.classes=4 --json
expect 1 "data.memory" info hearts.ini --set data.memory=-1

# The same bits from memory, from a file that is made, and from one that is there; whole, and in two pieces.
expect 0 "6 iterations" train hearts.ini --out memory
whole=$(hash_of out)
expect 0 "8 of 8 are to be made" train hearts.ini --out cached --set data.memory=2
[ "$(hash_of out)" = "$whole" ]
report $? "a run from the cache has the hash of one from memory ($whole)"
cmp -s memory/evaluation.json cached/evaluation.json
report $? "and its validation"
expect 0 "3 iterations" train hearts.ini --out pieces --set data.memory=2 --set train.iterations=3 \
    --set student_0.schedule=constant
expect 0 "images: all 8 lie in pieces/scans.cache" train hearts.ini --out pieces --set data.memory=2 --resume \
    --set student_0.schedule=constant --change train.iterations
pieces=$(hash_of out)
expect 0 "" train hearts.ini --out constant --set student_0.schedule=constant
[ "$(hash_of out)" = "$pieces" ]
report $? "a run that goes on from its cache has the hash of the whole one ($pieces)"
expect 0 "" train hearts.ini --out cached --resume
[ "$(hash_of out)" = "$whole" ]
report $? "a run may go on from memory"

# Killed while the file is made: what is whole stays, the run comes out the same.
mkdir killed
septum train hearts.ini --out killed --set data.memory=2 >out 2>err </dev/null &
child=$!
written() { du -k killed/scans.cache 2>/dev/null | cut -f 1; }
until [ "$(written)" -gt 2000 ] 2>/dev/null || ! kill -0 $child 2>/dev/null; do :; done
kill -KILL $child 2>/dev/null
wait $child
rm -f killed/*.safetensors killed/log.jsonl
expect 0 "6 iterations" train hearts.ini --out killed --set data.memory=2
[ "$(hash_of out)" = "$whole" ]
report $? "a cache whose making was killed is completed"
cmp -s killed/scans.cache cached/scans.cache
report $? "and is the file that nobody killed"

# A full disk: by a limit on the size of files, and where a small one may be mounted.
if (trap "" XFSZ; ulimit -f 4000; septum train hearts.ini --out full --set data.memory=2 >out 2>err </dev/null); then
    false
else
    [ "$(grep -c "full/scans.cache.*takes 6.3 MiB in all: make room" err)" -eq 1 ] && [ ! -e full/last.safetensors ]
fi
report $? "a full disk is named, with what is needed"
expect 0 "6 iterations" train hearts.ini --out full --set data.memory=2
[ "$(hash_of out)" = "$whole" ]
report $? "and nothing of it is taken for whole"
mkdir small
if mount -t tmpfs -o size=5m none small 2>/dev/null; then
    expect 1 "takes 6.3 MiB more on the disk there (6.3 in all), and 5.0 MiB are free" train hearts.ini \
        --out small/run --set data.memory=2
    umount small
fi

# Somebody's own file of that name stays.
mkdir own && echo "my own notes" >own/scans.cache
expect 1 "own/scans.cache: the cache of the scans must have this name" train hearts.ini --out own --set data.memory=2
has own/scans.cache "my own notes"

# A study's runs share one file.
cat >study.ini <<'INI'
[study]
base = hearts.ini
rows = supervised, mean-teacher
labelled_cases = 1, 2
seeds = 1
[base.data]
memory = 2
[base.train]
iterations = 2
validate_every = 2
INI
expect 0 "" study study.ini --out study
[ "$(ls study/images/*.cache | wc -l)" -eq 1 ] && [ -z "$(find study -name scans.cache)" ]
report $? "runs of a study share one file"

finish
