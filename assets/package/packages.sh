# Shell functions for run.sh and test.sh: install what packages.table names, build the release.
# Everything here talks on stderr: stdout belongs to the program that is run in the end.

say() { printf 'ringside: %s\n' "$*" >&2; }

# The package manager of this machine, or nothing.
package_manager() {
    local name
    for name in apt-get dnf pacman brew; do
        if command -v "$name" > /dev/null 2>&1; then
            echo "$name"
            return
        fi
    done
}

# packages GROUP MANAGER: the names of a group, in the manager's spelling.
packages() {
    local column
    case "$2" in
        apt-get) column=2 ;;
        dnf) column=3 ;;
        pacman) column=4 ;;
        brew) column=5 ;;
    esac
    awk -v group="$1" -v column="$column" \
        '$1 == group && $column != "-" { print $column }' "$root/assets/package/packages.table" | sort -u
}

# is_installed MANAGER PACKAGE: asks the local data base only, never the network.
is_installed() {
    case "$1" in
        apt-get) [ "$(dpkg-query -W -f='${db:Status-Status}' "$2" 2> /dev/null)" = installed ] ;;
        dnf) rpm -q --quiet --whatprovides "$2" > /dev/null 2>&1 ;;
        pacman) pacman -Qi "$2" > /dev/null 2>&1 ;;
        brew) brew list --versions "$2" > /dev/null 2>&1 ;;
    esac
}

# missing GROUP: the packages of a group that are not installed, on one line.
missing() {
    local manager name list=
    manager=$(package_manager)
    [ -n "$manager" ] || return 0
    for name in $(packages "$1" "$manager"); do
        is_installed "$manager" "$name" || list="$list $name"
    done
    echo "${list# }"
}

# As root as it is, else through sudo; fails when there is neither.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo > /dev/null 2>&1; then
        sudo "$@"
    else
        say "this needs root, and there is no sudo: $*"
        return 1
    fi
}

package_lists_are_fresh=no

# install PACKAGE...: says what it does, then does it.
install() {
    local manager
    manager=$(package_manager)
    say "about to install with $manager: $*"
    case "$manager" in
        apt-get)
            if [ "$package_lists_are_fresh" = no ]; then
                as_root apt-get update -q >&2 || return 1
                package_lists_are_fresh=yes
            fi
            as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" >&2
            ;;
        dnf) as_root dnf install -y "$@" >&2 ;;
        pacman) as_root pacman -S --needed --noconfirm "$@" >&2 ;;
        brew) brew install "$@" >&2 ;;
    esac
}

# ensure GROUP: installs what the group lacks. Fails when that cannot be had.
ensure() {
    local list
    list=$(missing "$1")
    [ -z "$list" ] && return 0
    # Word splitting is meant: one package a word.
    # shellcheck disable=SC2086
    install $list
}

# Needed for any build; without them there is no point in going on.
ensure_build() {
    if [ -z "$(package_manager)" ]; then
        say "no known package manager (apt-get, dnf, pacman, brew): trying to build with what is there"
        return 0
    fi
    local group
    for group in "$@"; do
        if ! ensure "$group"; then
            say "cannot install what the build needs: $(missing "$group")"
            exit 2
        fi
    done
}

# ON when the window can be built, else OFF with the reason on stderr.
window_option() {
    if ensure window; then
        echo ON
    else
        say "building without the window: cannot install $(missing window)"
        echo OFF
    fi
}

# build_release UI TESTS: configures and builds the preset `release`; quiet unless it fails.
build_release() {
    local log="$root/build/release.log"
    mkdir -p "$root/build"
    say "building (log: build/release.log)"
    if ! (cd "$root" && cmake --preset release -DRINGSIDE_UI="$1" -DRINGSIDE_TESTS="$2" &&
        cmake --build --preset release) > "$log" 2>&1; then
        tail -n 40 "$log" >&2
        say "the build failed; the whole log is build/release.log"
        return 1
    fi
}
