#!/usr/bin/env bash
# Installs what is missing, builds, and runs Ringside. With arguments: `ringside ARGUMENTS`.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=assets/package/packages.sh
. "$root/assets/package/packages.sh"

ensure_build build
ui=$(window_option)
build_release "$ui" OFF || exit 2

bin="$root/build/release/bin"
if [ $# -gt 0 ]; then
    exec "$bin/ringside" "$@"
elif [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && [ -x "$bin/ringside-ui" ] && [ "$ui" = ON ]; then
    exec "$bin/ringside-ui" popf
else
    exec "$bin/ringside" compare ringlet
fi
