#!/bin/bash
# Keeps one host of a lab running: host.sh RUN-FOLDER HOST. Started by `up` in a mount
# namespace of its own, so that the host's file system exists nowhere else and goes
# away with this process. What the host writes is kept over its reboots.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

RUN=$1 HOST=$2
LAB=$(basename "$RUN")
here=$RUN/hosts/$HOST
base=$(<"$RUN/base")
group=$LAB_CGROUP/$LAB/host-$HOST
# Short, as the name of the network interface outside is made from it.
bridge=$(<"$RUN/bridge") address=$(<"$here/address")
machine=${bridge/qdlab/qd}-${address##*.}

# Outside its group `down` could not find this process: then it was too late to start.
grep -q "/$LAB_CGROUP/$LAB/keepers\$" /proc/self/cgroup || exit 1

mount -t tmpfs -o size=768m,mode=755 qd-lab "$here/fs"
mkdir "$here/fs/upper" "$here/fs/work" "$here/fs/root"
mount -t overlay -o "lowerdir=$base,upperdir=$here/fs/upper,workdir=$here/fs/work" qd-lab "$here/fs/root"
cp -a "$here/seed/." "$here/fs/root/"
# nspawn's own leavings stay in this namespace too.
mkdir -p /run/systemd
mount -t tmpfs -o mode=755 qd-lab /run/systemd

# Where the lab has Docker, its socket and its client are in every host.
docker=()
if [ -d "$RUN/docker" ]; then
  client=/usr/bin/docker
  [ -x "$client" ] || client=$(command -v docker)
  docker=(--bind="$RUN/docker/socket:/opt/docker" --bind-ro="$client:/usr/bin/docker")
fi

quick=0
while [ ! -e "$here/stop" ]; do
  if [ -e "$here/off" ]; then sleep 0.1; continue; fi
  begin=$SECONDS
  # The network of a killed host goes away only a little later.
  ip link del "vb-$machine" 2>/dev/null || true
  (
    join_groups "$group" "$BASHPID"
    exec systemd-nspawn --quiet --register=no --keep-unit -D "$here/fs/root" \
      -M "$machine" --hostname="$HOST" --link-journal=no --resolv-conf=off --timezone=off \
      --kill-signal=SIGRTMIN+3 --network-bridge="$bridge" \
      "${docker[@]}" --setenv=QD_LAB_ADDRESS="$address" /usr/lib/lab/init
  ) >>"$here/boot.log" 2>&1 </dev/null &
  echo $! >"$here/nspawn.pid"
  status=0
  wait $! || status=$?
  : >"$here/nspawn.pid"
  echo "-- nspawn ended with $status" >>"$here/boot.log"
  # A killed nspawn leaves the host itself behind: nothing of it may meet the next boot.
  kill_group "$group" || true
  # 133 is a reboot, 0 a shutdown. A host that was shut down stays off.
  if [ "$status" = 0 ]; then touch "$here/off"; fi
  if [ $((SECONDS - begin)) -lt 2 ] && [ "$status" != 133 ]; then quick=$((quick + 1)); else quick=0; fi
  if [ "$quick" -ge 5 ]; then touch "$here/failed"; exit 1; fi
done
