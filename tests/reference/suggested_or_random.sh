#!/bin/sh
# Compares suggested cases with random ones, from one labelled case to MOST, on a data set whose label maps are all there.
#
#     tests/reference/suggested_or_random.sh CONFIG.ini CASES.txt FOLDER [MOST [DRAWS]]
#
# CONFIG.ini has scans that validate, and neither labelled_cases nor labelled_list; CASES.txt names its training cases, one
# a line. A draw is an order of these. Its first case is labelled for both; then one takes the next cases of the draw, the
# other those that septum suggest finds, and each run starts from the one before (--init). FOLDER gets a list and a run
# for each number of cases, and table.csv: draw, how, labelled cases, best validation Dice. Runs that are finished are not
# done again, and one that was stopped goes on. SEPTUM is the command (default: septum), SEPTUM_THREADS its threads.
set -eu

config=$1 cases=$2 folder=$3 most=${4:-5} draws=${5:-3}
septum=${SEPTUM:-septum}
threads=${SEPTUM_THREADS:-0}
mkdir -p "$folder"

# The cases in the order of a draw.
shuffle() # DRAW
{
    while read -r name; do
        printf '%s %s\n' "$(printf '%s %s' "$1" "$name" | cksum | cut -d' ' -f1)" "$name"
    done <"$cases" | sort -n | cut -d' ' -f2-
}

# Trains RUN on the cases of RUN.list, from the run BEFORE where there is one.
train() # RUN BEFORE
{
    [ -s "$1.txt" ] && return
    "$septum" train "$config" --set "data.labelled_list=$1.list" --out "$1" --threads "$threads" \
        ${2:+--init "$2"} --resume >"$1.part"
    mv "$1.part" "$1.txt"
}

# The case that a run's suggestions begin with.
suggested() # RUN
{
    [ -s "$1/suggest/suggest.csv" ] || "$septum" suggest "$1" --count 1 --threads "$threads" --quiet >&2
    sed -n 2p "$1/suggest/suggest.csv" | cut -d, -f3
}

row() # DRAW HOW COUNT RUN
{
    dice=$(sed -n 's/^best validation Dice \([0-9.]*\).*/\1/p' "$4.txt")
    echo "$1,$2,$3,$dice" | tee -a "$folder/table.csv"
}

# From the second case on.
grow() # DRAW HOW
{
    before=$folder/first-$1
    for count in $(seq 2 "$most"); do
        run=$folder/$2-$1-$count
        case $2 in
        random) next=$(shuffle "$1" | sed -n "${count}p") ;;
        suggested) next=$(suggested "$before") ;;
        esac
        { cat "$before.list" && echo "$next"; } >"$run.list"
        train "$run" "$before"
        row "$1" "$2" "$count" "$run"
        before=$run
    done
}

echo "draw,how,labelled_cases,dice" >"$folder/table.csv"
for draw in $(seq "$draws"); do
    shuffle "$draw" | head -n 1 >"$folder/first-$draw.list"
    train "$folder/first-$draw" ""
    row "$draw" both 1 "$folder/first-$draw"
    grow "$draw" random
    grow "$draw" suggested
done
