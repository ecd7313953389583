# What every command of the lab shares: where a lab keeps its things, how its
# hosts are found and entered, and how it is taken away. Sourced, never run.
# shellcheck shell=bash

LAB_HOME=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
LAB_ROOT=$(cd "$LAB_HOME/../.." && pwd -P)
LAB_RUN=/run/quarterdeck-lab        # what is running: one folder for each lab
LAB_CACHE=${QD_LAB_CACHE:-/var/cache/quarterdeck-lab}
LAB_CGROUP=quarterdeck-lab          # the control group above all labs
LAB_MAY_NOT=77                      # exit status: this machine may not run a lab

say() { printf '%s\n' "$*" >&2; }
die() { say "tests/lab: $*"; exit 1; }
usage_error() { say "tests/lab: $*"; exit 64; }
may_not() { say "tests/lab: $*"; exit "$LAB_MAY_NOT"; }

need_root() {
  [ "$(id -u)" = 0 ] || may_not "a lab of real hosts needs root (this is user $(id -un)); lab tests can only be ignored here"
}

good_name() {
  [[ $1 =~ ^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$ ]]
}

# The name a lab gets when none is given: that of the folder of the checkout.
default_name() {
  local name
  name=$(basename "$LAB_ROOT" | tr '[:upper:]_.' '[:lower:]--' | tr -cd 'a-z0-9-')
  name=${name#-}; name=${name%-}
  good_name "$name" || name=lab
  printf '%s\n' "$name"
}

# Sets LAB and RUN from --name, else from $QD_LAB (what `env` of a lab sets), else
# the default name. $1 is the name given or nothing.
choose_lab() {
  LAB=$1
  if [ -z "$LAB" ] && [ -n "${QD_LAB:-}" ] && [ -r "$QD_LAB/name" ]; then
    LAB=$(<"$QD_LAB/name")
  fi
  [ -n "$LAB" ] || LAB=$(default_name)
  good_name "$LAB" || usage_error "'$LAB' is no name for a lab: small letters, digits and dashes, at most 40"
  RUN=$LAB_RUN/$LAB
}

need_lab() {
  need_root
  choose_lab "$1"
  [ -d "$RUN" ] || die "no lab named '$LAB' is up here (tests/lab/list shows what is; tests/lab/up starts one)"
}

need_host() {
  [ -d "$RUN/hosts/$1" ] || die "the lab '$LAB' has no host '$1'; it has: $(lab_hosts | tr '\n' ' ')"
}

lab_hosts() { local at; for at in "$RUN"/hosts/*/; do basename "$at"; done; }

# The network interfaces of this network namespace whose name begins with $1.
interfaces() {
  ip -o link show | awk -v begin="$1" -F ': ' '{ sub(/@.*/, "", $2); if (index($2, begin) == 1) print $2 }'
}

# ---- control groups --------------------------------------------------------

# Every hierarchy of this machine that processes can be put in, one a line: the
# separate controllers of version 1, or the one tree of version 2.
hierarchies() {
  local line kind at
  while read -r line; do
    read -r _ at kind _ <<<"$line"
    case $kind in
      cgroup2) [ -w "$at/cgroup.procs" ] && printf '%s\n' "$at" ;;
      cgroup) [ -w "$at/cgroup.procs" ] && printf '%s\n' "$at" ;;
    esac
  done </proc/mounts | awk '!seen[$0]++'
}

# The hierarchy by which processes are found again.
tracking_hierarchy() {
  if [ -e /sys/fs/cgroup/systemd/cgroup.procs ]; then printf '/sys/fs/cgroup/systemd\n'
  elif [ -e /sys/fs/cgroup/cgroup.procs ]; then printf '/sys/fs/cgroup\n'
  else hierarchies | head -n 1; fi
}

# Makes group $1 (a path below the top) in every hierarchy and hands the
# controllers of version 2 down to it.
make_groups() {
  local top part at
  local -a parts
  IFS=/ read -r -a parts <<<"$1"
  while read -r top; do
    at=$top
    for part in "${parts[@]}"; do
      if [ -e "$at/cgroup.controllers" ]; then
        local controller
        for controller in $(<"$at/cgroup.controllers"); do
          echo "+$controller" 2>/dev/null >"$at/cgroup.subtree_control" || true
        done
      fi
      at=$at/$part
      # cpuset of version 1 starts empty and then refuses every process.
      mkdir -p "$at"
      if [ -e "$at/cpuset.cpus" ] && [ -z "$(<"$at/cpuset.cpus")" ] && [ -e "$at/../cpuset.cpus" ]; then
        cat "$at/../cpuset.cpus" >"$at/cpuset.cpus" 2>/dev/null || true
        cat "$at/../cpuset.mems" >"$at/cpuset.mems" 2>/dev/null || true
      fi
    done
  done < <(hierarchies)
}

# Moves process $2 into group $1 everywhere.
join_groups() {
  local top
  while read -r top; do
    echo "$2" 2>/dev/null >"$top/$1/cgroup.procs" || true
  done < <(hierarchies)
}

# All processes in group $1 and below it, found in every hierarchy.
group_pids() {
  local top
  while read -r top; do
    [ -d "$top/$1" ] || continue
    find "$top/$1" -name cgroup.procs -exec cat {} + 2>/dev/null || true
  done < <(hierarchies) | sort -un
}

thaw_group() {
  local at
  for at in /sys/fs/cgroup/freezer/"$1" /sys/fs/cgroup/"$1"; do
    [ -e "$at/freezer.state" ] && find "$at" -name freezer.state -exec sh -c 'for f; do echo THAWED >"$f"; done' sh {} + 2>/dev/null
    [ -e "$at/cgroup.freeze" ] && find "$at" -name cgroup.freeze -exec sh -c 'for f; do echo 0 >"$f"; done' sh {} + 2>/dev/null
  done
  return 0
}

# Kills everything in group $1, except the processes named after it, and waits
# until nothing is left. Fails when something survives five seconds of it.
kill_group() {
  local group=$1 pid left round; shift
  for ((round = 0; round < 100; round++)); do
    thaw_group "$group"
    left=
    for pid in $(group_pids "$group"); do
      case " $* " in *" $pid "*) continue ;; esac
      left="$left $pid"
    done
    [ -n "$left" ] || return 0
    # shellcheck disable=SC2086
    kill -KILL $left 2>/dev/null || true
    sleep 0.05
  done
  say "tests/lab: these processes of $group do not die:$left"
  return 1
}

# Removes group $1 in every hierarchy, innermost first.
remove_groups() {
  local top at round failed=
  while read -r top; do
    [ -d "$top/$1" ] || continue
    for ((round = 0; round < 40; round++)); do
      find "$top/$1" -depth -type d -exec rmdir {} + 2>/dev/null || true
      [ -d "$top/$1" ] || break
      sleep 0.05
    done
    [ -d "$top/$1" ] && failed="$failed $top/$1"
  done < <(hierarchies)
  for at in $failed; do say "tests/lab: could not remove the control group $at"; done
  [ -z "$failed" ]
}

# ---- hosts -----------------------------------------------------------------

# The process id, outside, of the first process of host $1. Nothing when the host
# is off or between two boots.
leader() {
  local outer child round
  outer=$(cat "$RUN/hosts/$1/nspawn.pid" 2>/dev/null) || return 1
  [ -n "$outer" ] || return 1
  # The status is read in one piece: bash would read it in parts, between which it may
  # grow, and the list of children may leave one out. A second look decides.
  for round in 1 2 3; do
    for child in $(cat "/proc/$outer/task/$outer/children" 2>/dev/null); do
      if grep -qsE '^NSpid:.*[[:space:]]1$' "/proc/$child/status"; then printf '%s\n' "$child"; return 0; fi
    done
    [ "$round" = 3 ] || sleep 0.05
  done
  return 1
}

# Runs a command inside host $1, past the network and past sshd. A plain
# `nsenter -p` forks and waits, and blocks the host's shutdown; so nsenter does not
# fork (-F), and the shell between the two does.
enter() {
  local host=$1 pid; shift
  pid=$(leader "$host") || { say "tests/lab: the host '$host' is not running"; return 70; }
  # shellcheck disable=SC2016
  nsenter -F -t "$pid" -m -u -i -n -p -r -w -- \
    /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/root LANG=C.UTF-8 TERM=dumb /bin/sh -c '"$@"; exit $?' sh "$@"
}

# Runs a command of this machine in the network of host $1.
in_network() {
  local host=$1 pid; shift
  pid=$(leader "$host") || { say "tests/lab: the host '$host' is not running"; return 70; }
  nsenter -t "$pid" -n -- "$@"
}

host_address() { cat "$RUN/hosts/$1/address"; }

# Whether sshd of host $1 says its first line within a second.
ssh_answers() {
  local line=
  line=$(timeout 1 bash -c 'exec 3<>"/dev/tcp/$0/22" && read -r line <&3 && printf "%s" "$line"' "$(host_address "$1")" 2>/dev/null) || return 1
  [[ $line == SSH-2.0-* ]]
}

# Waits at most $2 seconds until host $1 has booted and ssh answers.
wait_host() {
  local host=$1 until=$((SECONDS + $2)) state=
  while :; do
    if ssh_answers "$host"; then
      state=$(enter "$host" systemctl is-system-running 2>/dev/null </dev/null) || true
      case $state in running | degraded) return 0 ;; esac
    fi
    [ -e "$RUN/hosts/$host/failed" ] && { say "tests/lab: $host would not boot, see $RUN/hosts/$host/boot.log"; return 1; }
    [ "$SECONDS" -lt "$until" ] || { say "tests/lab: $host did not come up within $2 s (state '${state:-no ssh}'), see $RUN/hosts/$host/boot.log"; return 1; }
    sleep 0.1
  done
}
