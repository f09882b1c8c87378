# shellcheck shell=bash
# What the scripts share; sourced, with the repository root as the working directory afterwards.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

step() {
    printf '==> %s\n' "$*"
}

die() {
    printf '%s: %s\n' "$(basename "$0")" "$1" >&2
    exit "${2:-1}"
}

# The comment block that opens a script is its help.
print_help() {
    sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"
}

# configure DIRECTORY OPTION…: ninja where there is one; a directory keeps the generator it has.
configure() {
    local dir=$1 generator=() log
    shift
    if [[ ! -f $dir/CMakeCache.txt ]] && command -v ninja >/dev/null; then
        generator=(-G Ninja)
    fi
    [[ -z ${CI:-} ]] || set -- "$@" -DHWP_WERROR=ON
    mkdir -p "$dir"
    log=$dir/configure.log
    cmake -S . -B "$dir" "${generator[@]}" "$@" >"$log" 2>&1 || {
        cat "$log" >&2
        die "configuring $dir failed"
    }
}

build() {
    cmake --build "$1" -j "$(nproc)" "${@:2}"
}

# build_quietly DIRECTORY OPTION…: what it says is for those whose build fails
build_quietly() {
    local log=$1/build.log
    build "$@" >"$log" 2>&1 || {
        tail -50 "$log" >&2
        die "building $1 failed; all of it is in $log"
    }
}
