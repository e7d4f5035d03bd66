#!/usr/bin/env bash
# Makes a Debian or Ubuntu machine ready for the demo and the tests: system packages, npm packages, the
# native library, the compiled TypeScript. Does only what is missing, so it may be run any number of times.
#
#   scripts/setup.sh            what the demo and the tests need
#   scripts/setup.sh --bench    and the load generators of the benchmark
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly BUILD_PACKAGES=(clang gcc libc6-dev libbpf-dev libmnl-dev libelf-dev zlib1g-dev meson ninja-build pkg-config)
readonly RUN_PACKAGES=(busybox-static iptables iproute2 mount procps util-linux)
readonly BENCH_PACKAGES=(nginx-light wrk iperf3)
readonly POLICY_RC=/usr/sbin/policy-rc.d

scratch=$(mktemp -d)
policy_rc_written=

cleanup() {
  if [[ -n $policy_rc_written ]]; then rm -f "$POLICY_RC"; fi
  rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say() { printf 'setup: %s\n' "$*"; }

die() {
  printf 'setup: %s\n' "$*" >&2
  exit 1
}

# step WHAT COMMAND…: runs the command quietly, says how long it took, and shows its output if it fails.
step() {
  local what=$1 log="$scratch/log" started=$SECONDS status=0 child
  shift
  say "$what …"
  "$@" >"$log" 2>&1 &
  child=$!
  while kill -0 "$child" 2>/dev/null; do
    sleep 0.1
    if ((SECONDS - started >= 10 && (SECONDS - started) % 10 == 0 && SECONDS != ${ticked:-0})); then
      ticked=$SECONDS
      say "  still at it after $((SECONDS - started)) s: $(tail -n 1 "$log" | cut -c 1-90)"
    fi
  done
  wait "$child" || status=$?
  if ((status != 0)); then
    tail -n 60 "$log" >&2
    die "$what failed (exit status $status); the end of its output is above"
  fi
  say "  done in $((SECONDS - started)) s"
}

have() { command -v "$1" >/dev/null 2>&1; }

# Prints those of the given packages that are not installed.
missing_packages() {
  local package
  for package in "$@"; do
    if ! grep -qxF -e "$package" -e "$package:$(dpkg --print-architecture)" "$scratch/installed"; then
      printf '%s\n' "$package"
    fi
  done
}

works_compose() { docker compose version >/dev/null 2>&1 || docker-compose version >/dev/null 2>&1; }

# On some systems the runtime of clang's sanitizers and fuzzers is a package of its own.
links_fuzzers() {
  echo 'int LLVMFuzzerTestOneInput(void); int LLVMFuzzerTestOneInput(void) { return 0; }' |
    clang -fsanitize=fuzzer,address,undefined -x c -o /dev/null - >/dev/null 2>&1
}

# The first of the given packages that the archive offers; nothing when it offers none.
first_available() {
  local package
  for package in "$@"; do
    if [[ $(apt-cache policy "$package" 2>/dev/null) == *'Candidate: '[0-9]* ]]; then
      printf '%s\n' "$package"
      return
    fi
  done
}

# A Docker engine that starts as a side effect of a package would put bridges and NAT rules into this
# machine's own network. While packages are installed, no service may start; a policy that is already
# there is somebody else's decision and stays.
forbid_service_starts() {
  if [[ -e $POLICY_RC ]]; then return; fi
  policy_rc_written=yes
  printf '#!/bin/sh\nexit 101\n' >"$POLICY_RC"
  chmod 755 "$POLICY_RC"
}

install_packages() {
  forbid_service_starts
  # dpkg's frontend lock may be held by an unattended upgrade for a while.
  step "Installing ${*}" env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
    apt-get -y -q -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold \
    install --no-install-recommends "$@"
}

# Sets `wanted` to the packages this machine lacks. A program that is already there, wherever it came
# from (Docker's own archive, say), is not installed a second time.
find_missing() {
  dpkg-query -W -f '${db:Status-Abbrev}${binary:Package}\n' | sed -n 's/^ii //p' >"$scratch/installed"
  mapfile -t wanted < <(missing_packages "${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}")
  if [[ $bench == yes ]]; then
    have nginx || wanted+=(nginx-light)
    have wrk || wanted+=(wrk)
    have iperf3 || wanted+=(iperf3)
  fi
  if have dockerd; then docker_is_new=; else docker_is_new=yes; wanted+=(docker.io); fi
}

system_packages() {
  local wanted=() docker_is_new= compose client runtime
  find_missing
  if ((${#wanted[@]} > 0)) || ! have docker || ! works_compose; then
    step "Refreshing the package lists" apt-get -q -o DPkg::Lock::Timeout=300 update
  fi
  if ((${#wanted[@]} > 0)); then install_packages "${wanted[@]}"; fi
  if ! links_fuzzers; then
    runtime=$(first_available libclang-rt-dev)
    if [[ -n $runtime ]]; then install_packages "$runtime"; fi
  fi
  if ! have docker; then
    client=$(first_available docker-cli docker-ce-cli)
    [[ -n $client ]] || die "there is no docker command, and no package that brings one"
    install_packages "$client"
  fi
  if ! works_compose; then
    compose=$(first_available docker-compose-plugin docker-compose-v2 docker-compose)
    [[ -n $compose ]] || die "there is no docker compose, and no package that brings one"
    install_packages "$compose"
    works_compose || die "$compose is installed, and still neither 'docker compose' nor 'docker-compose' works"
  fi
  if [[ -n $docker_is_new ]] && have systemctl; then
    # The private engine needs only the program. Whoever wants the service enables it.
    systemctl disable docker.service docker.socket containerd.service >/dev/null 2>&1 || true
  fi
}

npm_packages() {
  if [[ node_modules/.package-lock.json -nt package-lock.json && -x node_modules/.bin/node ]]; then return; fi
  step "Installing the npm packages" npm ci --no-audit --no-fund
}

# Prints a path when something that `dist` is made of is newer than it.
typescript_changes() {
  if [[ ! -e dist/.built ]]; then
    printf 'dist\n'
  else
    find src tsconfig.json node_modules/.package-lock.json -newer dist/.built -print -quit
  fi
}

typescript() {
  if [[ -z $(typescript_changes) ]]; then return; fi
  touch "$scratch/began"
  step "Compiling TypeScript" node_modules/.bin/tsc -p tsconfig.json
  # The time it began: a file that was saved meanwhile is compiled next time.
  mkdir -p dist
  touch -r "$scratch/began" dist/.built
}

# Under sudo, what was built in somebody's clone stays theirs.
return_ownership() {
  local owner
  owner=$(stat -c %u .)
  if [[ ${SUDO_UID:-} != "$owner" ]]; then return; fi
  local path
  for path in node_modules dist native/build; do
    if [[ -e $path && $(stat -c %u "$path") != "$owner" ]]; then chown -R "$SUDO_UID:$SUDO_GID" "$path"; fi
  done
}

bench=no
for argument in "$@"; do
  case $argument in
    --bench) bench=yes ;;
    *) die "unknown option $argument; the only option is --bench" ;;
  esac
done

if ! have apt-get; then
  die "this machine has no apt-get; install by hand what these packages bring, then run npm ci," \
    "scripts/build-native.sh and npm run build: ${BUILD_PACKAGES[*]} ${RUN_PACKAGES[*]} docker.io" \
    "docker-compose (benchmark: ${BENCH_PACKAGES[*]})"
fi
if ((EUID != 0)); then
  die "installing packages and making network namespaces needs root; run it with sudo"
fi

began=$SECONDS
system_packages
npm_packages
export PATH="$PWD/node_modules/.bin:$PATH"
step "Building the native library" bash scripts/build-native.sh
typescript
return_ownership
say "ready ($((SECONDS - began)) s)"
