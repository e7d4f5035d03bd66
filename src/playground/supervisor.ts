/**
 * The two shell programs that make and unmake a private host. They are shell and not TypeScript
 * because the outer one must outlive this process (it is who cleans up when Node is killed), and
 * the inner one is process 1 of a PID namespace, which must reap whatever is orphaned into it.
 */

/**
 * Outer program: `bash -c SUPERVISOR hyperion-host DIR NAME`, in a session of its own, with a pipe
 * from its owner as standard input. When the pipe closes, for whatever reason, everything goes:
 * process 1 of the PID namespace is killed, and with it the kernel kills every process in it and
 * drops the network namespace, the mounts and the BPF filesystem, none of which has a name outside.
 * The line `keep` on the pipe says that the owner is about to leave and the host stays; from then on
 * SIGTERM to this program ends it.
 */
export const SUPERVISOR = `
dir=$1 name=$2
finish() {
  trap - EXIT
  kill -KILL "$child" 2>/dev/null
  wait "$child" 2>/dev/null
  # A cgroup can be removed when its last process is quite gone, which is a little after its kill.
  for attempt in $(seq 100); do
    left=
    for cgroup in /sys/fs/cgroup/"$name" /sys/fs/cgroup/*/"$name"; do
      if [ -d "$cgroup" ]; then find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || left=yes; fi
    done
    if [ -z "$left" ]; then break; fi
    sleep 0.05
  done
  # What died a moment ago may still have been at its files.
  for attempt in $(seq 20); do
    rm -rf "$dir" 2>/dev/null
    if [ ! -e "$dir" ]; then break; fi
    sleep 0.05
  done
}
trap finish EXIT
trap 'exit 0' TERM INT HUP
setpriv --pdeathsig KILL \\
  unshare --net --mount --pid --fork --kill-child=KILL --mount-proc bash -c "$HYPERION_INIT" init "$dir" </dev/null &
child=$!
while read -r word; do
  if [ "$word" = keep ]; then
    exec </dev/null
    wait "$child"
  fi
done
`;

/**
 * Inner program, process 1. /run is replaced whole: Docker looks for plugins in /run/docker/plugins,
 * for firewalld on /run/dbus and for systemd in /run/systemd, and must find none of this machine's.
 */
export const INIT = `
set -e
dir=$1
mount --bind "$dir/run" /run
mkdir -p /run/docker/plugins /run/lock
if [ -d /sys/fs/bpf ]; then mount -t bpf bpf /sys/fs/bpf; fi
ip link set lo up
mkdir -p "$dir"/trial/{lower,upper,work,merged}
if mount -t overlay overlay -o "lowerdir=$dir/trial/lower,upperdir=$dir/trial/upper,workdir=$dir/trial/work" \\
  "$dir/trial/merged" 2>/dev/null; then
  umount "$dir/trial/merged"
  echo overlay2 >"$dir/ready.new"
else
  echo vfs >"$dir/ready.new"
fi
rm -rf "$dir/trial"
mv "$dir/ready.new" "$dir/ready"
set +e
while :; do
  sleep 3600 &
  wait
done
`;
