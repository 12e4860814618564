#!/usr/bin/env bash
# What run.sh and test.sh install: only what is missing, said before it is done, by sudo only without
# root, and nothing is asked of the network when nothing is missing. The package manager is a stand-in.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
calls=$work/calls

stub() { printf '#!/bin/sh\n%s\n' "$2" > "$work/bin/$1" && chmod +x "$work/bin/$1"; }
stub dpkg-query 'for last; do :; done; case " $LACKING " in *" $last "*) exit 1 ;; esac; printf installed'
stub apt-get "echo \"apt-get \$*\" >> '$calls'; exit \"\${APT_STATUS:-0}\""
stub sudo "echo sudo >> '$calls'; exec \"\$@\""
stub id 'echo "$FAKE_UID"'

# run LACKING UID COMMAND…: the functions of packages.sh with the stand-ins first on the path.
run() {
    : > "$calls"
    LACKING=$1 FAKE_UID=$2 PATH="$work/bin:$PATH" root=$root \
        bash -c '. "$root/assets/package/packages.sh"; shift 2; "$@"' packages "$@" > "$work/out" 2> "$work/err"
}
failures=0
expect() {
    if ! eval "$2"; then
        echo "not so: $1"
        cat "$calls" "$work/err"
        failures=$((failures + 1))
    fi
}

run "" 0 ensure build
expect "nothing missing: nothing called, nothing said" '[ ! -s "$calls" ] && [ ! -s "$work/err" ]'

run "cmake libfmt-dev" 0 ensure build
expect "the lists are refreshed first" 'head -n 1 "$calls" | grep -q "^apt-get update"'
expect "only what is missing is installed" 'tail -n 1 "$calls" | grep -q "install .* cmake libfmt-dev$"'
expect "it is said before" 'grep -q "about to install with apt-get: cmake libfmt-dev" "$work/err"'
expect "root needs no sudo" '! grep -q sudo "$calls"'

run "cmake" 1000 ensure build
expect "others do" 'grep -q sudo "$calls"'

APT_STATUS=100 run "libglfw3-dev" 0 window_option
expect "a window that cannot be had is left out" '[ "$(cat "$work/out")" = OFF ]'
run "" 0 window_option
expect "and built otherwise" '[ "$(cat "$work/out")" = ON ]'

APT_STATUS=100 run "cmake" 0 ensure_build build
expect "what the build needs and cannot be had ends the script" 'grep -q "cannot install what the build needs: cmake" "$work/err"'

[ "$failures" -eq 0 ] || exit 1
echo "all as expected"
