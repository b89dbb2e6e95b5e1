# Nothing that a command is given is overwritten, whatever its path is called: each command is asked to, refuses before
# any work, and leaves its inputs as they were. Prints TAP.

. tests/support.sh
needs nifticlib HDF5

# What is read must not be replaced: refused, and all files are as they were.
keeps() # TEXT ARGUMENT...
{
    text=$1
    shift
    find data run lists -type f -exec cksum {} + | sort >before
    septum "$@" >out 2>err </dev/null
    code=$?
    find data run lists -type f -exec cksum {} + | sort >after
    [ $code -eq 1 ] && grep -qF -- "$text" err && cmp -s before after
    report $? "refused, with all files as they were: septum $*"
}

hearts_data | sed 's/hearts/data/; s/labelled_cases = 2/labelled_list = lists\/labelled.txt/' >run.ini
cat >>run.ini <<'INI'
[train]
method = supervised
iterations = 1
labelled_batch = 1
[student_0]
net = u-net
base = 4
INI
septum phantom cardiac data --cases 3 --test 1 --size 32 --slices 4 --quiet >out 2>err
mkdir lists
echo patient001_frame01 >lists/labelled.txt
septum train run.ini --out run --quiet >out 2>err
report $? "the inputs are there"
set -- data/imagesTr/*.nii.gz
a=$1 b=$2
set -- data/labelsTr/*.nii.gz
label=$1
septum register "$a" "$b" --out data/t.tfm --samples 64 --iterations 4 >out 2>err
septum convert "$a" data/q.h5 --with-labels "$label" >out 2>err
ln -s imagesTr data/other
ln -s "imagesTr/$(basename "$a")" data/link.nii.gz
ln "$b" data/second.nii.gz
cp run.ini data/run.ini
replaced="is read and would be replaced"

keeps "$replaced" convert "$a" "./$a"
keeps "$replaced" convert "$a" "data/other/$(basename "$a")"
keeps "$replaced" convert "$a" data/link.nii.gz
keeps "$replaced" convert data/link.nii.gz "$a"
keeps "$replaced" convert "$b" data/second.nii.gz
keeps "$replaced" convert "$a" "$b" --like "$b"
keeps "$replaced" convert "$a#0" "./$a"
keeps "$replaced" convert "$a" data/x.h5 --with-labels "$label" --like data/x.h5
keeps "$replaced" convert data/imagesTr data/other --to nii.gz
keeps "$replaced" convert data/imagesTr x --to h5 --like "x/$(basename "$a" .nii.gz).h5"
keeps "would be written to one name" convert data/q.h5 z.nii.gz --labels-out ./z.nii.gz
keeps "would be written to one name" convert data/q.h5 "$PWD/new/z.nii.gz" --labels-out new//./z.nii.gz
[ ! -e z.nii.gz ]
report $? "nothing was written"

keeps "$replaced" predict "$a" --model run/last.safetensors --out "$a"
mkdir data/plain # with names that label maps would have too
cp "$a" data/plain/a.nii.gz
cp "$a" data/b_probability_2.nii.gz
keeps "$replaced" predict data/plain --model run/last.safetensors --out data/plain/.
keeps "$replaced" predict data/b_probability_2.nii.gz --model run/last.safetensors --out data/b.nii.gz --probabilities
keeps "$replaced" register "$a" "$b" --out "$a"
keeps "$replaced" register "$a" "$b" --out t.tfm --warped "data/other/$(basename "$b")"
keeps "$replaced" register "$a" "$b" --out t.tfm --field "$a"
keeps "$replaced" register "$a" "$b" --out t.tfm --jacobian data/second.nii.gz
keeps "would be written to one name" register "$a" "$b" --out t.tfm --warped w.nii.gz --jacobian ./w.nii.gz
keeps "$replaced" register --all run.ini --out "$label"
keeps "$replaced" register --all run.ini --out lists/labelled.txt
keeps "$replaced" register --all data/run.ini --out data/run.ini
keeps "$replaced" warp "$a" --transform data/t.tfm --grid "$a" --out "$a"
keeps "$replaced" warp "$a" --transform data/t.tfm --grid "$b" --out data/second.nii.gz
keeps "$replaced" transform data/t.tfm --grid "$a" --field "$a"
keeps "$replaced" evaluate --prediction "$label" --reference "$label" --csv "$label"
keeps "$replaced" evaluate --prediction data/labelsTr --reference data/labelsTr --json-file "$label"
keeps "$replaced" evaluate --prediction data/labelsTr --reference data/labelsTr --list lists/labelled.txt \
    --csv lists/../lists/labelled.txt
keeps "would be written to one name" evaluate --prediction "$label" --reference "$label" --csv s --json-file ./s
for file in best.safetensors last.safetensors log.jsonl config.ini evaluation.json overlays/best.png; do
    keeps "$replaced" report run --out "run/$file"
done
keeps "$replaced" propagate data/run.ini --labelled 1 --out data/labelsTr --samples 64
keeps "$replaced" propagate data/run.ini --labelled 1 --out maps --registrations data/run.ini
keeps "is there already" phantom cardiac data --cases 1

# A run in the folder of its data, where one file has the name of what training reads.
mkdir data/mixed
cp data/run.ini data/mixed/config.ini
keeps "$replaced" train data/mixed/config.ini --out data/mixed
keeps "$replaced" train data/mixed/config.ini --out data/./mixed/

# One slice of the series that would be written.
septum convert "$a" data/s.png --quiet >out 2>err
keeps "$replaced" warp data/s_001.png --transform data/t.tfm --grid "$a" --out data/s.png

keeps "$replaced" evaluate --prediction data/s.png --reference "$label" --csv data/s_002.png

# What replaces nothing that is read is written, also into a folder of inputs, and a second time.
for turn in 1 2; do
    expect 0 "" evaluate --prediction data/labelsTr --reference data/labelsTr --csv data/labelsTr/scores.csv
    expect 0 "" convert "$a" data/imagesTr.h5
    expect 0 "" report run
    expect 0 "" report run --out run/page.html
    expect 0 "" predict "$a" --model run/last.safetensors --out "data/imagesTr/seg.nii.gz"
done
rm data/imagesTr/seg.nii.gz data/labelsTr/scores.csv
# A run goes on with the configuration that it recorded.
expect 0 "" train run/config.ini --out run --resume --set train.iterations=2 --change train.iterations
finish
