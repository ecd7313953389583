# What all scripts of jobs share. POSIX sh. Before it stand qd_run, qd_job, qd_key and qd_state.
qd_path=${PATH-} qd_lc_all=${LC_ALL-} qd_lc_set=${LC_ALL+x}
LC_ALL=C
export LC_ALL
PATH="${PATH:-/usr/bin:/bin}:/usr/sbin:/usr/bin:/sbin:/bin"
set -f
qd_uid=$(id -u)
qd_boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)
# Where logins that share no folder see each other's claims.
qd_public=/var/tmp/quarterdeck-jobs

# The folders that may hold the run: the login's own, and root's.
qd_shared=$qd_state/runs/$qd_run
qd_own=
if [ "$qd_uid" != 0 ]; then
  qd_home=${XDG_STATE_HOME:-}
  case $qd_home in /*) ;; *) qd_home= ;; esac
  if [ -z "$qd_home" ]; then
    qd_home=${HOME:-}
    case $qd_home in
    /*) ;;
    *) qd_home=$(getent passwd "$qd_uid" 2>/dev/null || grep "^[^:]*:[^:]*:$qd_uid:" /etc/passwd 2>/dev/null)
      qd_home=${qd_home%:*}
      qd_home=${qd_home##*:} ;;
    esac
    [ -z "$qd_home" ] || qd_home=$qd_home/.local/state
  fi
  [ -z "$qd_home" ] || qd_own=$qd_home/quarterdeck/runs/$qd_run
fi

# Puts these on the disk.
qd_sync() {
  sync -- "$@" 2>/dev/null || sync
}

qd_size() {
  [ -f "$1" ] && wc -c <"$1" | tr -d ' '
}

# The fields of a process behind its name, from its state on, in $qd_stat.
qd_stat() {
  qd_stat=
  { read -r qd_stat </proc/"$1"/stat; } 2>/dev/null
  [ -n "$qd_stat" ] || return 1
  qd_stat=${qd_stat##*) }
}

# When a process began, in ticks since boot.
qd_start() {
  qd_stat "$1" || return 1
  set -- $qd_stat
  qd_start=${20}
}

# The environments of all processes.
qd_all() {
  set +f
  echo /proc/[0-9]*/environ
  set -f
}

# Whether the process PID, which began at START in boot BOOT, is alive.
qd_alive() {
  [ "$3" = "$qd_boot" ] || return 1
  qd_start "$1" || return 1
  [ "$qd_start" = "$2" ] || return 1
  case $qd_stat in Z* | X*) return 1 ;; esac
}

# What systemd says of the unit: `active running`, `active exited`, `failed failed`, …
qd_unit() {
  qd_unit=$(systemctl show --property=ActiveState --property=SubState "qd-$qd_key.service" 2>/dev/null | sed 's/.*=//' | tr '\n' ' ')
}

# The highest token that was seen of this run.
qd_tokens() {
  qd_token_seen=0
  set +f
  for qd_f in "$qd_own"/token-* "$qd_shared"/token-* "${qd_own%/*}/.token-$qd_run"-* \
    "$qd_state/runs/.token-$qd_run"-* "$qd_public/token-$qd_run"-*; do
    qd_f=${qd_f##*-}
    case $qd_f in '' | *[!0-9]*) continue ;; esac
    [ "$qd_f" -gt "$qd_token_seen" ] && qd_token_seen=$qd_f
  done
  set -f
}

# Finds the folder of the job: $qd_dir, or nothing with the reason in $qd_why: never, hidden, or foreign LOGIN.
qd_find() {
  qd_dir= qd_why=never
  for qd_f in "$qd_own" "$qd_shared"; do
    [ -n "$qd_f" ] && [ -d "$qd_f/$qd_job" ] && qd_dir=$qd_f/$qd_job && return 0
  done
  if [ -d "$qd_shared" ] && ! [ -x "$qd_shared" ]; then
    qd_why=hidden
  elif [ -d "$qd_public/claim-$qd_key" ] && ! [ -O "$qd_public/claim-$qd_key" ]; then
    qd_why="foreign $(ls -ld "$qd_public/claim-$qd_key" | { read -r _ _ qd_f _ && echo "$qd_f"; })"
  fi
  return 1
}

# How the job in $qd_dir stands, in $qd_seen.
qd_judge() {
  qd_round=0
  while :; do
    qd_seen=
    if [ -f "$qd_dir/result" ]; then
      { read -r qd_seen <"$qd_dir/result"; } 2>/dev/null
      [ -n "$qd_seen" ] && return
    fi
    if [ -e "$qd_dir/began" ]; then
      { read -r qd_p qd_s qd_b qd_m <"$qd_dir/began"; } 2>/dev/null
      if [ "$qd_p" = void ]; then
        qd_void
        return
      fi
      qd_alive "$qd_p" "$qd_s" "$qd_b" && qd_seen=running && return
      if [ "$qd_m" = unit ] && [ "$qd_b" = "$qd_boot" ]; then
        # Processes of others may be hidden here.
        qd_unit
        case $qd_unit in *' running '* | deactivating*) qd_seen=running && return ;; esac
      fi
      # Its result may have come just now.
      if [ -f "$qd_dir/result" ]; then continue; fi
      # What kept it may be gone while it goes on.
      grep -qsF "QD_JOB=$qd_key" $(qd_all) && qd_seen=running && return
      if [ "$qd_b" = "$qd_boot" ]; then qd_seen='vanished killed'; else qd_seen='vanished boot'; fi
      return
    fi
    if ! [ -d "$qd_dir" ]; then qd_seen=never && return; fi
    qd_p=
    { read -r qd_p qd_s qd_b <"$qd_dir/starter"; } 2>/dev/null
    if [ -n "$qd_p" ]; then
      qd_alive "$qd_p" "$qd_s" "$qd_b" && qd_seen=running && return
      qd_unit
      case $qd_unit in *' running '* | activating*) qd_seen=running && return ;; esac
    elif [ -z "$(find "$qd_dir" -maxdepth 0 -mmin +1 2>/dev/null)" ]; then
      # Claimed just now.
      qd_seen=running && return
    fi
    # Whoever claimed it died before it began. From here on it can't begin any more: only one makes `began`.
    qd_round=$((qd_round + 1))
    [ "$qd_round" -le 3 ] || { qd_seen='vanished start' && return; }
    if echo void >"$qd_dir/void.$$" && ln "$qd_dir/void.$$" "$qd_dir/began"; then
      qd_void
      return
    fi 2>/dev/null
    rm -f "$qd_dir/void.$$"
  done
}

# Takes a claim away that can't begin.
qd_void() {
  [ ! -f "$qd_dir/memory" ] || { read -r qd_f <"$qd_dir/memory" && rm -f "$qd_f"; }
  qd_f=${qd_dir%/*}/.void-$qd_job-$$
  mv "$qd_dir" "$qd_f" 2>/dev/null && rm -rf "$qd_f"
  if [ -O "$qd_public/claim-$qd_key" ]; then rmdir "$qd_public/claim-$qd_key" 2>/dev/null; fi
  qd_seen=never
}

# Says how the job stands: `seen TOKEN STATE…`.
qd_tell() {
  if qd_find; then
    qd_judge
    if [ "$qd_seen" = running ]; then
      qd_seen="running $(qd_size "$qd_dir/out" || echo 0) $(qd_size "$qd_dir/err" || echo 0)"
    fi
  else
    qd_seen=$qd_why
  fi
  qd_tokens
  printf 'seen %s %s\n' "$qd_token_seen" "$qd_seen"
}
