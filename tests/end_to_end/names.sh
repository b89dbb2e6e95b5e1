# Names of files with escape codes of terminals, line ends, and other controls in them: nothing that is printed, and no
# table, hands them on. Prints TAP.

. tests/support.sh
needs nifticlib

esc=$(printf '\033') bell=$(printf '\007') csi=$(printf '\302\233')
evil="x${esc}[31mRED${esc}]0;title${bell}${csi}2J
next"

# Whether what was printed, or a file, has no control but line ends.
clean() # FILE...
{
    ! LC_ALL=C grep -qE "$(printf '[\001-\010\013-\037\177]|\302[\200-\237]')" "$@"
}

# septum does its work with exit code CODE, prints TEXT, and nothing that steers.
steers_nothing() # CODE TEXT ARGUMENT...
{
    code=$1 text=$2
    shift 2
    septum "$@" >out 2>err </dev/null
    judge $? "$code" "$text" "septum $(echo "$1" | tr -d '[:cntrl:]\302\233')"
    clean out err
    report $? "nothing steers the terminal in what it printed"
}

septum phantom cardiac hearts --cases 3 --test 1 --size 32 --slices 4 --quiet >out 2>err
hearts_data >hearts.ini
cat >>hearts.ini <<'INI'
[train]
method = supervised
iterations = 1
labelled_batch = 1
[student_0]
net = u-net
base = 4
INI
set -- hearts/imagesTr/*.nii.gz
image=$1
set -- hearts/labelsTr/*.nii.gz
label=$1
mkdir images maps
cp "$image" "images/${evil}_0000.nii.gz"
cp "$image" images/b_0000.nii.gz
cp "$label" "maps/$evil.nii.gz"
cp "$label" "maps/b,\"c\".nii.gz"

steers_nothing 0 "x?[31mRED?]0;title??2J?next" train hearts.ini --out "$evil run"
steers_nothing 0 "x?[31mRED?]0;title??2J?next" info "images/${evil}_0000.nii.gz"
steers_nothing 0 "x?[31mRED" info "$evil run/last.safetensors"
steers_nothing 0 "x?[31mRED" predict images --model "$evil run/last.safetensors" --out "$evil maps"
steers_nothing 0 "x?[31mRED" convert "images/${evil}_0000.nii.gz" "$evil.nii"
steers_nothing 0 "x?[31mRED" convert images "$evil folder" --to nii
steers_nothing 0 "2 cases" evaluate --prediction maps --reference maps --csv scores.csv --json-file scores.json
clean scores.csv scores.json
report $? "tables are clean"
has scores.csv 'x [31mRED ]0;title  2J next,'
has scores.csv '"b,""c""",'
[ "$(wc -l <scores.csv)" -eq 7 ]
report $? "a row of the table is a line"
steers_nothing 0 "" evaluate --prediction maps --reference maps --json
steers_nothing 0 "x?[31mRED" evaluate --prediction maps --reference maps --class-names "$evil,b,c"
steers_nothing 0 "x?[31mRED" report "$evil run"
steers_nothing 0 "x?[31mRED" phantom cardiac "$evil phantoms" --cases 1 --size 16 --slices 1
steers_nothing 1 "x?[31mRED" info "$evil.absent"
steers_nothing 2 "x?[31mRED" "$evil"
steers_nothing 2 "x?[31mRED" info "--$evil"
steers_nothing 0 "x?[31mRED" propagate hearts.ini "images/${evil}_0000.nii.gz" --labelled 1 --out "$evil carried" \
    --samples 64 --iterations 2
steers_nothing 0 "x?[31mRED" train "$evil run/config.ini" --out "$evil run" --resume --set train.iterations=2 --change train.iterations
finish
