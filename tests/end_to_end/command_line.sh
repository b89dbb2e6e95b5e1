# The command line itself: help, manual pages and error lines of every sub-command, from its option table.
# Prints TAP.

. tests/support.sh

# No long option and no letter may be there twice.
options_unique() # COMMAND
{
    septum "$1" --help >"$scratch/out" 2>"$scratch/err" || return 1
    sed -n '/^Options:/,/^$/p' "$scratch/out" | grep -oE '^ +(-[A-Za-z], )?--[a-z0-9-]+' | tr -s ', ' '\n' |
        grep . | sort | uniq -d >"$scratch/err"
    [ ! -s "$scratch/err" ]
}

help_fits() # COMMAND: 80 columns, and the same from "help CMD"
{
    septum help "$1" >"$scratch/err" && cmp -s "$scratch/out" "$scratch/err" &&
        ! sed -n '/^Options:/,/^$/p' "$scratch/out" | grep -E '^.{81}'
}

page_is_valid() # COMMAND: a manual page that roff takes without a word
{
    septum --man ${1:+"$1"} >"$scratch/out" 2>"$scratch/err" || return 1
    grep -q '^\.SH NAME' "$scratch/out" || return 1
    ! command -v groff >/dev/null || groff -man -Tascii -ww -z "$scratch/out" >>"$scratch/err" 2>&1
    [ ! -s "$scratch/err" ]
}

expect 0 "" --version
expect 0 "" --help
expect 2 "Usage: septum"
expect 2 "septum: unknown command 'nonsense' (try 'septum --help')" nonsense
expect 2 "septum: unknown command 'nonsense'" help nonsense
page_is_valid ""
report $? "septum --man"

commands=$(septum --help | sed -n '/^Commands:/,/^$/s/^  \([a-z0-9_]*\) .*/\1/p')
[ -n "$commands" ]
report $? "there are sub-commands"
for name in $commands; do
    options_unique "$name"
    report $? "septum $name: every option once"
    help_fits "$name"
    report $? "septum $name --help: 80 columns, and septum help $name prints it too"
    page_is_valid "$name"
    report $? "septum --man $name"
    expect 2 "septum $name: unknown option '--no-such-option' (try 'septum $name --help')" "$name" --no-such-option
    expect 2 "septum $name: option '--quiet' takes no value" "$name" --quiet=yes
done

expect 0 "cs-unet" info net
expect 0 "window = 8" info net swin-unet --size 256 --set window=8
expect 1 "there are u-net" info net v-net
expect 0 "generalised-dice" info loss
expect 0 "gamma = 2" info loss focal
expect 0 "alpha = 2" info loss hausdorff
expect 2 "there is none called 'hinge'" info loss hinge
expect 0 '"name": "mcsc"' info contrast mcsc --json
tr -d ' \n' <out | grep -qF '"scales":["full","eighth"]'
report $? "info contrast: the scales by name"
expect 1 "unknown option 'u-net.window'" info net u-net --set window=8

if [ -w /dev/full ]; then
    septum --help >/dev/full 2>"$scratch/err"
    [ $? -eq 1 ] && grep -q "can't write to standard output" "$scratch/err"
    report $? "a full disk under standard output is a failure"
fi

finish
