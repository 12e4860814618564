#!/usr/bin/env bash
# Every header that the build read comes from a package that run.sh and test.sh install, or from one
# that such a package depends on.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
build=build/release

if ! command -v dpkg-query > /dev/null || ! command -v apt-cache > /dev/null; then
    echo "packages can be asked for on Debian only"
    exit 77
fi
if [ ! -f "$build/build.ninja" ]; then
    echo "there is no $build"
    exit 77
fi

# Names of the apt column, and everything that they pull in by themselves.
names=$(awk '!/^#/ && NF { print $2 }' assets/package/packages.table)
# shellcheck disable=SC2086
closure=$(apt-cache depends --recurse --installed --no-recommends --no-suggests --no-conflicts \
    --no-breaks --no-replaces --no-enhances $names | sed 's/^[ |]*//; s/^[A-Za-z]*: //; s/[<>]//g; s/:.*//' | sort -u)

# The headers, by their real path, and the packages that own them.
owners=$(ninja -C "$build" -t deps | sed -n 's/^ *\(\/usr\/[^ ]*\)$/\1/p' | sort -u |
    while read -r header; do realpath -m "$header"; done | sort -u |
    xargs dpkg-query -S 2> /dev/null | sed 's/:.*//' | tr ',' '\n' | tr -d ' ' | sort -u)
if [ -z "$owners" ]; then
    echo "the build read no headers: was it built?"
    exit 1
fi

lacking=$(comm -23 <(echo "$owners") <(echo "$closure"))
if [ -n "$lacking" ]; then
    echo "these packages are needed by the build and not in assets/package/packages.table:"
    echo "$lacking"
    exit 1
fi
echo "$(echo "$owners" | wc -l) packages own what the build reads; all are in the table or follow from it"
