#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test. The last line is the sum.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=assets/package/packages.sh
. "$root/assets/package/packages.sh"

ensure_build build test
ensure peer || say "tests that need these will be skipped: $(missing peer)"
ui=$(window_option)
if ! build_release "$ui" ON; then
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi

cd "$root" || exit 2
passed=0
failed=0
skipped=0
logs=$root/build/release/test-logs
mkdir -p "$logs"

# The window is tested on a display of its own, so that none opens on the user's.
# A server that resets itself when its last client leaves would refuse the next one for a moment.
launcher() {
    if [ "$1" = ui_tests ] && command -v xvfb-run > /dev/null 2>&1; then
        echo "xvfb-run -a -s '-screen 0 1600x1000x24 -noreset'"
    fi
}

limit=
command -v timeout > /dev/null 2>&1 && limit="timeout 1200"

# count NAME PASSED FAILED SKIPPED STATUS: adds to the sum and says so.
count() {
    passed=$((passed + $2))
    failed=$((failed + $3))
    skipped=$((skipped + $4))
    printf '%-28s %4d passed %4d failed %4d skipped\n' "$1" "$2" "$3" "$4"
    [ "$3" -eq 0 ] || sed 's/^/    /' "$logs/$1.log" | tail -n 60
}

# A doctest program. A case that finds at run time that it cannot run prints a line "SKIPPED reason".
run_program() {
    local name log status summary p f s
    name=$(basename "$1")
    log=$logs/$name.log
    eval "$limit $(launcher "$name") '$1' --no-colors=true" > "$log" 2>&1
    status=$?
    summary=$(grep '^\[doctest\] test cases:' "$log" | tail -n 1)
    if [ -z "$summary" ]; then
        echo "$name ended with status $status before its summary" >> "$log"
        count "$name" 0 1 0
        return
    fi
    read -r p f s <<< "$(echo "$summary" | sed -E 's/.*\| *([0-9]+) passed *\| *([0-9]+) failed *\| *([0-9]+) skipped.*/\1 \2 \3/')"
    local late
    late=$(grep -c '^SKIPPED ' "$log")
    [ "$late" -gt "$p" ] && late=$p
    p=$((p - late))
    s=$((s + late))
    [ "$status" -ne 0 ] && [ "$f" -eq 0 ] && f=1
    count "$name" "$p" "$f" "$s"
    grep '^SKIPPED ' "$log" | sed 's/^/    /'
}

# A script test: status 0 passed, 77 skipped, anything else failed.
run_script() {
    local name
    name=$(basename "$1")
    $limit bash "$1" > "$logs/$name.log" 2>&1
    case $? in
        0) count "$name" 1 0 0 ;;
        77) count "$name" 0 0 1 && tail -n 1 "$logs/$name.log" | sed 's/^/    /' ;;
        *) count "$name" 0 1 0 ;;
    esac
}

for program in build/release/bin/unit_* build/release/bin/{lint,oracle,golden,property,fuzz,cli,ui,peer}_tests; do
    [ -x "$program" ] && run_program "$program"
done
for script in tests/*/*_test.sh; do
    [ -f "$script" ] && run_script "$script"
done

# On the machine the project supports in full, nothing may be skipped unseen.
supported() { [ "$(uname -m)" = x86_64 ] && [ -f /etc/debian_version ]; }
verdict=0
if [ "$failed" -gt 0 ] || [ "$passed" -eq 0 ]; then verdict=1; fi
if [ "${CI:-}" = true ] && [ "$skipped" -gt 0 ] && supported; then
    echo "a skipped test is a failure on this machine"
    verdict=1
fi
echo "$passed passed, $failed failed, $skipped skipped"
exit $verdict
