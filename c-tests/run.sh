#!/bin/sh
# Runs the programs that the Makefile built. `run.sh compare DIR "both" "carnet-only"` compares libcarnet with libssl;
# `run.sh alone DIR VARIANT "programs"` runs one variant, under $RUNNER if that is set.
#
# libcarnet behaves as libssl 3.0. Where a later libssl differs on purpose, differs/VERSION/PROGRAM says in which lines (< libssl's,
# > libcarnet's) and why: these must differ, and all others be the same. `run.sh record DIR "programs"` writes the lines anew.
TIMEOUT=${TIMEOUT:-300}
passed=0
failed=0

# run VARIANT PROGRAM: output into DIR/out/VARIANT/PROGRAM, 0 if it exited well
run() {
    mkdir -p "$dir/out/$1"
    # shellcheck disable=SC2086  # RUNNER is a command with arguments
    timeout "$TIMEOUT" $RUNNER "$dir/$1/$2" >"$dir/out/$1/$2" 2>"$dir/out/$1/$2.err"
}

count() { # count PATTERN FILE
    grep -c "$1" "$2" || true
}

# tally VARIANT PROGRAM STATUS: counts the checks of one run, prints what went wrong
tally() {
    out=$dir/out/$1/$2
    good=$(count '^\(carnet \)\?ok ' "$out")
    bad=$(count '^\(carnet \)\?not ok ' "$out")
    if [ "$3" -ne 0 ] && [ "$bad" -eq 0 ]; then
        bad=1
        echo "  $2 ($1): exit status $3"
        tail -n 2 "$out" | sed 's/^/      /'
    fi
    passed=$((passed + good))
    failed=$((failed + bad))
    if [ "$bad" -ne 0 ]; then
        grep '^\(carnet \)\?not ok' "$out" | head -n "${LINES_SHOWN:-8}" | sed "s/^/  $2 ($1): /"
        head -n 12 "$out.err" | sed 's/^/      /'
    fi
    here=$((here + good))
    wrong=$((wrong + bad))
}

# differences VARIANT PROGRAM: the lines in which it printed something else than libssl's run
differences() {
    grep -v '^carnet ' "$dir/out/$1/$2" >"$dir/out/$1/$2.cmp"
    diff "$dir/out/system/$2" "$dir/out/$1/$2.cmp" | grep '^[<>]'
}

# expected PROGRAM: those in which it should
expected() {
    [ ! -e "$differs/$1" ] || grep '^[<>]' "$differs/$1"
}

# differ VARIANT PROGRAM: one more check, that it printed what libssl's run printed
differ() {
    differences "$1" "$2" >"$dir/out/$1/$2.diff"
    expected "$2" >"$dir/out/$1/$2.expected"
    if cmp -s "$dir/out/$1/$2.expected" "$dir/out/$1/$2.diff"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        wrong=$((wrong + 1))
        echo "  $2 ($1) prints something else than with libssl:"
        diff "$dir/out/$1/$2.expected" "$dir/out/$1/$2.diff" | sed -n -e 's/^< /no more: /p;t' -e 's/^> //p' |
            head -n "${LINES_SHOWN:-8}" | sed 's/^/      /'
    fi
}

summary() { # one line a program
    if [ "$wrong" -eq 0 ]; then printf '%-24s %4d ok\n' "$1" "$here"; else printf '%-24s %4d ok, %d WRONG\n' "$1" "$here" "$wrong"; fi
}

mode=$1
dir=$2
version=$(openssl version | sed -n 's/.*Library: OpenSSL \([0-9]*\.[0-9]*\)\..*/\1/p')
differs=differs/$version
if [ "$mode" = compare ]; then
    [ "$version" = 3.0 ] || [ -d "$differs" ] ||
        echo "nobody has judged yet in what libssl $version differs from 3.0: what is wrong below may be its way (differs/)"
    for p in $3; do
        here=0 wrong=0
        # It fails where libssl is known to differ in something that is judged.
        run system "$p" || expected "$p" | grep -q '^< not ok ' ||
            { echo "  $p (system): exit status $?"; failed=$((failed + 1)); wrong=1; }
        for v in carnet mixed; do
            run $v "$p"
            tally $v "$p" $?
            differ $v "$p"
        done
        summary "$p"
    done
    for p in $4; do
        here=0 wrong=0
        for v in carnet mixed; do
            run $v "$p"
            tally $v "$p" $?
        done
        summary "$p"
    done
elif [ "$mode" = record ]; then
    for p in $3; do
        [ -e "$differs/$p" ] && grep '^#' "$differs/$p" >"$dir/why" || : >"$dir/why"
        { cat "$dir/why"; differences carnet "$p"; } >"$dir/what"
        if grep -q '^[<>]' "$dir/what"; then mkdir -p "$differs" && cp "$dir/what" "$differs/$p"; else rm -f "$differs/$p"; fi
    done
    exit 0
else
    for p in $4; do
        here=0 wrong=0
        run "$3" "$p"
        tally "$3" "$p" $?
        summary "$p"
    done
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
