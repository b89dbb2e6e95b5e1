# A study through the command: what is trained, gone on with, evaluated once, and written. Prints TAP.

. tests/support.sh
needs nifticlib
OMP_NUM_THREADS=1
export OMP_NUM_THREADS

cat >base.ini <<'INI'
[data]
format = nnunet
folder = hearts
validation_list = validation.txt
test_list = test.txt
patch_size = 32
[train]
iterations = 6
labelled_batch = 2
unlabelled_batch = 2
validate_every = 3
pseudo_labels = 3
checkpoint_every = 2
log_every = 1
[student_0]
net = u-net
base = 4
INI
cat >study.ini <<'INI'
[study]
title = Hearts
base = base.ini
rows = supervised, twins
labelled_cases = 2, 1
seeds = 7, 8
[row.twins]
title = Two | networks
published_dice_2 = 80.5, -, 70
[row.twins.train]
method = cross-teaching
[row.twins.student_1]
net = u-net
base = 4
INI
expect 0 "" phantom cardiac hearts --cases 8 --size 48 --slices 3 --quiet
echo patient005 >validation.txt
printf '%s\n' patient006 patient007 patient008 >test.txt

# ---- what no training reads ------------------------------------------------------------------------------------------

mkdir kept
for i in 6 7 8; do
    mv hearts/imagesTr/patient00${i}* hearts/labelsTr/patient00${i}* kept/
done
for file in kept/*_0000.nii.gz; do echo nothing >"hearts/imagesTr/${file##*/}"; done
for file in kept/*[0-9][0-9].nii.gz; do
    case $file in *_0000*) ;; *) echo nothing >"hearts/labelsTr/${file##*/}" ;; esac
done
expect 0 "6 iterations" train base.ini --out alone --quiet
expect 1 "hearts/imagesTr/patient006_frame01_0000.nii.gz" study study.ini --out broken --only supervised/2-cases/seed-7
[ -s broken/supervised/2-cases/seed-7/last.safetensors ]
report $? "the run is trained without the test's scans, whose files are damaged"
mv kept/*_0000.nii.gz hearts/imagesTr/
mv kept/* hearts/labelsTr/
expect 1 "it must not train and test" train base.ini --out x --set data.train_list=test.txt
expect 1 "it must not validate and test" train base.ini --out x --set data.validation_list=test.txt
expect 0 "24 labelled, of 4 cases" info base.ini

# ---- the whole -------------------------------------------------------------------------------------------------------

expect 0 "0 of 8 runs are done" study study.ini --out whole --list
[ ! -e whole ]
report $? "--list writes nothing"
expect 1 "no run of" study study.ini --out whole --tables
[ ! -e whole ]
report $? "nor do tables of nothing"
expect 2 "--tables and --list exclude each other" study study.ini --out whole --tables --list
expect 2 "no --only, --part or --jobs" study study.ini --out whole --tables --only twins
expect 0 "run 8 of 8: twins/1-cases/seed-8" study study.ini --out whole
has out "Evaluated once on 3 cases (6 scans) of data.test_list, which no training reads."
has out "one of two is empty"
has whole/table.txt "Two | networks"
has whole/table.md "| Two \\| networks |"
has whole/table.tex "\multicolumn{3}{c}{2 labelled cases}"
has whole/study.html "</html>"
[ "$(grep -c 'data:image/png' whole/study.html)" -eq 4 ] && [ "$(grep -c '<svg' whole/study.html)" -eq 4 ]
report $? "the page has a picture for each row and count, and curves for each count"
has whole/table.csv "last,dice_percent,mean,twins,2,2,"
has whole/table.csv "best,hd95_mm,myocardium,supervised,1,2,"
grep -q '^last,dice_percent,mean,twins,2,2,.*,80.5000$' whole/table.csv &&
    grep -q '^last,dice_percent,right ventricle,twins,2,2,.*,$' whole/table.csv
report $? "published values stand where the study gives them"

both=0
for run in whole/*/*/seed-*; do
    last=$(sed -n 's/.*"iteration": \([0-9]*\).*/\1/p' "$run/test-last.json")
    grep -q "\"iteration\": $last," "$run/test-best.json" || continue
    both=$((both + 1))
    sed 1d "$run/test-last.json" >expected
    sed 1d "$run/test-best.json" | cmp - expected || both=-100
done
[ $both -gt 0 ] && [ "$(grep -c 'evaluating the best checkpoint' err)" -eq $((8 - both)) ]
report $? "where the last checkpoint is as old as the best one, both are evaluated at once ($both of 8 runs)"

find whole -type f -exec cksum {} + | sort >before
expect 0 "" study study.ini --out whole
find whole -type f -exec cksum {} + | sort >after
cmp before after
report $? "a second call trains nothing and leaves every byte"
expect 0 "8 of 8 runs are done" study study.ini --out whole --list
expect 0 "6 iterations" train whole/twins/2-cases/seed-7/config.ini --resume --out whole/twins/2-cases/seed-7
expect 0 "" report whole/twins/2-cases/seed-7 whole/supervised/2-cases/seed-7 --out page.html

# The numbers are those of `septum predict` and `septum evaluate`.
mkdir images labels
cp hearts/imagesTr/patient00[678]* images/
cp hearts/labelsTr/patient00[678]* labels/
for seed in 7 8; do
    septum predict images --model whole/twins/1-cases/seed-$seed/last.safetensors --out seg-$seed --quiet &&
        septum evaluate -p seg-$seed -r labels --classes 4 --json-file scores-$seed.json >out
done
awk -F '[:,]' '/^ "mean": \{"dice"/ { sum += $3; n++ } END { printf "%.4f\n", 100 * sum / n }' scores-[78].json >expected
sed -n 's/^last,dice_percent,mean,twins,1,2,\([^,]*\),.*/\1/p' whole/table.csv >got
cmp expected got
report $? "the mean Dice of a cell is what evaluate says of the predictions ($(cat got) %)"

# ---- stopped and gone on with ----------------------------------------------------------------------------------------

septum study study.ini --out stopped --set study.iterations=20 --set study.seeds=7 >out 2>err </dev/null &
child=$!
await=stopped/supervised/2-cases/seed-7/log.jsonl
until grep -q '"iteration":5,' $await 2>/dev/null || ! kill -0 $child 2>/dev/null; do sleep 0.02; done
kill -INT $child
wait $child
code=$?
[ $code -eq 130 ]
report $? "Ctrl-C ends a study (exit code $code)"
expect 0 "of 20" study study.ini --out stopped --set study.iterations=20 --set study.seeds=7 --list
septum study study.ini --out stopped --set study.iterations=20 --set study.seeds=7 >out 2>err </dev/null &
child=$!
await=stopped/twins/2-cases/seed-7/log.jsonl
until grep -q '"iteration":5,' $await 2>/dev/null || ! kill -0 $child 2>/dev/null; do sleep 0.02; done
kill -KILL $child
wait $child 2>/dev/null
expect 0 "" study study.ini --out stopped --set study.iterations=20 --set study.seeds=7
expect 0 "" study study.ini --out straight --set study.iterations=20 --set study.seeds=7
for file in table.txt table.md table.csv; do
    cmp stopped/$file straight/$file
    report $? "the study that was stopped and killed has the same $file"
done

# ---- parts -----------------------------------------------------------------------------------------------------------

expect 0 "3 of 8 runs are evaluated so far" study study.ini --out parts --part 1/3
expect 0 "6 of 8 runs are evaluated so far" study study.ini --out parts --part 2/3
expect 0 "" study study.ini --out parts --part 3/3
cmp parts/table.csv whole/table.csv
report $? "three parts make the table of the whole"
expect 0 "twins/1-cases/seed-8 is done" study study.ini --out jobs --jobs 3
for file in table.txt table.csv study.html; do
    cmp jobs/$file whole/$file
    report $? "three processes make the same $file"
done
septum study study.ini --out ended --jobs 2 --set study.iterations=100000 --set study.seeds=7 >out 2>err </dev/null &
child=$!
await=ended/twins/2-cases/seed-7/log.jsonl
until grep -q '"iteration":2,' $await 2>/dev/null || ! kill -0 $child 2>/dev/null; do sleep 0.02; done
kill -TERM $child
wait $child
code=$?
[ $code -eq 130 ] && [ -s ended/twins/2-cases/seed-7/last.safetensors ] && [ ! -e ended/twins/2-cases/seed-7/lock ]
report $? "SIGTERM ends the processes of a study, which save (exit code $code)"
expect 0 "2 of 8 runs are evaluated so far" study study.ini --out some --only twins/2-cases
cp some/table.txt out.txt
rm some/table.*
expect 0 "2 of 8 runs are evaluated so far" study study.ini --out some --tables
cmp some/table.txt out.txt
report $? "--tables writes the same, and trains nothing"
[ -d some/twins/2-cases/seed-8 ] && [ ! -e some/supervised ]
report $? "--only does no other runs"

# ---- hours in place of iterations -------------------------------------------------------------------------------------

expect 0 "iterations fit into 0.0001 hours" study study.ini --out hours --set study.hours=0.0001 --only supervised/1-cases
has hours/supervised/length.ini "iterations = "
iterations=$(sed -n 's/^iterations = //p' hours/supervised/length.ini)
has hours/supervised/1-cases/seed-8/config.ini "iterations = $iterations"
expect 0 "2 of 2 runs are done" study study.ini --out hours --set study.hours=0.0001 --only supervised/1-cases --list
expect 0 "is done; 4 of 4" study study.ini --out hours --set study.hours=0.0001 --jobs 2 \
    --set study.seeds=7
has err "twins/1-cases/seed-7 is done; " # which of the two processes ends last is open
expect 1 "give study.iterations or study.hours" study study.ini --out x --set study.hours=1 --set study.iterations=5

# ---- without a test list ---------------------------------------------------------------------------------------------

sed '/test_list/d' base.ini >no-test.ini
sed 's/base.ini/no-test.ini/; s/seeds = .*/seeds = 7/; s/= 2, 1/= 2/; s/, twins/, mean-teacher/; /^\[row/,$d' study.ini >no-test-study.ini
expect 0 "There is no data.test_list: evaluated on the 1 cases" study no-test-study.ini --out no-test
expect 1 "draws other cases for each seed" study no-test-study.ini --out x --set base.data.validation_fraction=0.2

# ---- runs that can't be ----------------------------------------------------------------------------------------------

sed 's/= 2, 1/= all, 2/; s/seeds = .*/seeds = 7/; s/, twins/, mean-teacher/; /^\[row/,$d' study.ini >some.ini
expect 1 "1 of 4 runs failed" study some.ini --out some
grep -q "some/mean-teacher/all-cases/seed-7: the batch takes 2 unlabelled slices, but every training scan is labelled" err
report $? "a run that can't be is named"
[ -s some/mean-teacher/2-cases/seed-7/test-last.json ] && [ -s some/table.txt ]
report $? "those behind it are trained, and stand in the table"

# ---- what goes wrong -------------------------------------------------------------------------------------------------

expect 1 "supervised/2-cases/seed-7: train.iterations was 6, is 9: another run" study study.ini --out whole \
    --set study.iterations=9
expect 1 "twins/2-cases/seed-7: student_1.base was 4, is 8: another run" study study.ini --out whole \
    --set row.twins.student_1.base=8
expect 1 "supervised/2-cases/seed-7: data.spacing was not set, is 3: another run" study study.ini --out whole \
    --set base.data.spacing=3
expect 1 "is the evaluation of another network than row twins asks" study study.ini --out whole --set row.twins.student=1
find whole -type f -name last.safetensors -exec cksum {} + | sort >after
grep last.safetensors before | cmp - after
report $? "and the runs are as they were"
echo >>whole/twins/1-cases/seed-8/best.safetensors
expect 1 "seed-8/test-best.json is the evaluation of another checkpoint" study study.ini --out whole
expect 1 "no-base.ini is neither beside this file nor here" study study.ini --out x --set study.base=no-base.ini
expect 1 "unknown row 'triplets'" study study.ini --out x --set study.rows=supervised,twins,triplets
expect 1 "study.rows names no such row" study study.ini --out x --set study.rows=supervised
expect 1 "study.rows names twins twice" study study.ini --out x --set study.rows=twins,twins
expect 1 "study.labelled_cases names 2 twice" study study.ini --out x --set study.labelled_cases=2,1,2
expect 1 "study.seeds names 3 twice" study study.ini --out x --set study.seeds=3,3
expect 1 "an entry of study.seeds is empty" study study.ini --out x --set study.seeds=3,,4
expect 1 "study.baseline is cct, which is not among study.rows" study study.ini --out x --set study.baseline=cct
expect 1 "row twins: setting 'row.twins.train.iteration=4': unknown option 'train.iteration'" study study.ini --out x \
    --set row.twins.train.iteration=4
expect 1 "unknown option 'row.twins.titel'" study study.ini --out x --set row.twins.titel=T
expect 1 "no run is named twins/3-cases" study study.ini --out x --only twins/3-cases
expect 2 "--part 17/16: there is no such part" study study.ini --out x --part 17/16
expect 2 "--part 3: must be written K/N" study study.ini --out x --part 3
[ ! -e x ]
report $? "nothing is written by what is refused"

finish
