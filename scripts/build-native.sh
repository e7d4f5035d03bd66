#!/usr/bin/env bash
# Builds native/build/libhyperion.so and what belongs to it. Does only what is needed, and says nothing
# when all went well.
#
#   scripts/build-native.sh             the library and its agent; the C tests are built when they are run
#   scripts/build-native.sh --sanitize  all, with ASan and UBSan, in native/build-sanitize; runs the C tests
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../native"

die() {
  printf 'build-native: %s\n' "$*" >&2
  exit 1
}

build=build
target=hyperion-runtime
options=()
case ${1:-} in
  '') ;;
  --sanitize)
    build=build-sanitize
    target=all
    options=(-Db_sanitize=address,undefined -Db_lundef=false)
    ;;
  *) die "unknown option $1; the only option is --sanitize" ;;
esac

# tool:package
for need in meson:meson ninja:ninja-build cc:gcc clang:clang pkg-config:pkg-config; do
  command -v "${need%%:*}" >/dev/null 2>&1 ||
    die "there is no ${need%%:*} on this machine; install the package ${need##*:} (npm run setup does)"
done
for library in libmnl:libmnl-dev libbpf:libbpf-dev; do
  pkg-config --exists "${library%%:*}" ||
    die "there is no ${library%%:*} to build with; install the package ${library##*:} (npm run setup does)"
done

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# quietly COMMAND…: shows the output only when the command fails.
quietly() {
  "$@" >"$log" 2>&1 || {
    cat "$log" >&2
    die "$1 failed; its output is above"
  }
}

# A build directory of another machine or another meson is made anew.
if [[ -e $build/build.ninja ]] && ! meson introspect "$build" --projectinfo >/dev/null 2>&1; then
  rm -rf "$build"
fi
if [[ ! -e $build/build.ninja ]]; then
  quietly meson setup "${options[@]}" "$build"
fi
quietly ninja -C "$build" "$target"
if [[ $build == build-sanitize ]]; then
  # Undefined behaviour would only be printed.
  UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 meson test -C "$build" --print-errorlogs
fi
