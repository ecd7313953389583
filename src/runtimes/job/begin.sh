# Claims a job and starts it detached. Behind common.sh. Given are perhaps qd_lock and qd_lock_token, and qd_token, qd_root (sudo, login, polkit or nothing),
# qd_timeout, qd_shell, qd_nonce, qd_split, qd_runner, qd_script, qd_bytes, and perhaps qd_input, qd_secrets.
qd_not() {
  [ -z "${qd_new:-}" ] || rm -rf "$qd_new"
  printf 'not %s\n' "$*"
  exit 0
}

qd_quoted() {
  printf "'"
  printf %s "$1" | sed "s/'/'\\\\''/g"
  printf "'"
}

# The place among the folders of runs, made where it is missing; again when another run's clearing took the empty ones.
qd_place() {
  if [ "$qd_uid" = 0 ]; then
    qd_base=$qd_shared
  else
    [ -n "$qd_own" ] || qd_not home
    qd_base=$qd_own
  fi
  for qd_n in 1 2 3 4 5 6 7 8 9; do
    if [ "$qd_uid" = 0 ]; then
      (umask 022 && mkdir -p "$qd_state") 2>/dev/null
      mkdir "$qd_state/runs" 2>/dev/null && chmod 711 "$qd_state/runs"
    else
      mkdir -p "${qd_own%/*}" 2>/dev/null
    fi
    mkdir "$qd_base" 2>/dev/null && qd_give "$qd_base"
    [ -d "$qd_base" ] && [ -x "$qd_base" ] && [ -w "$qd_base" ] && return 0
  done
  return 1
}

# What root makes for a login is the login's, so that reading it needs no root.
qd_give() {
  [ "$qd_owner" = "$qd_uid" ] || chown "$qd_owner" "$@" 2>/dev/null || :
}

# The places in memory that no disk keeps, best first. A login's own place goes with the last session that logind knows of:
# where this one is none of them, it may be gone at once.
qd_memories() {
  [ "${XDG_RUNTIME_DIR-}" != "/run/user/$qd_uid" ] || echo "/run/user/$qd_uid"
  printf '%s\n' /run /dev/shm "/run/user/$qd_uid"
}

qd_is_memory() {
  [ -d "$1" ] && [ -w "$1" ] && [ -x "$1" ] || return 1
  case $(stat -f -c %T "$1" 2>/dev/null) in tmpfs | ramfs) ;; *) return 1 ;; esac
}

qd_has_memory() {
  for qd_f in $(qd_memories); do
    if qd_is_memory "$qd_f"; then return 0; fi
  done
  return 1
}

# Puts the secrets where the command takes them from. What is full or gone is passed over.
qd_keep_secrets() {
  for qd_f in $(qd_memories); do
    qd_is_memory "$qd_f" || continue
    qd_f=$qd_f/qd-$qd_key.$qd_nonce
    printf '%s\n' "$qd_f" >"$qd_dir/memory" || return 1
    (set -C && printf '%s\n' "$qd_secrets" >"$qd_f") 2>/dev/null && return 0
    rm -f "$qd_f"
  done
  return 1
}

qd_environment() {
  for qd_f in PATH HOME USER LOGNAME SHELL LANG LANGUAGE LC_CTYPE LC_ALL TZ; do
    eval "qd_v=\${$qd_f-}; qd_x=\${$qd_f+x}"
    case $qd_f in
    PATH) qd_v=${qd_path:-$PATH} ;;
    LC_ALL) qd_v=$qd_lc_all qd_x=$qd_lc_set ;;
    esac
    [ -z "$qd_x" ] || printf 'export %s=%s\n' "$qd_f" "$(qd_quoted "$qd_v"; echo)"
  done
}

qd_write() {
  qd_environment >"$qd_new/environment" || return 1
  {
    for qd_f in run job key state owner timeout shell umask; do
      eval "qd_v=\$qd_$qd_f"
      printf 'qd_%s=%s\n' "$qd_f" "$(qd_quoted "$qd_v"; echo)"
    done
  } >"$qd_new/params" || return 1
  printf '%s\n' "$qd_runner" >"$qd_new/runner" || return 1
  printf '%s\n' "$qd_script" >"$qd_new/script" || return 1
  [ "$(qd_size "$qd_new/script")" = "$qd_bytes" ] || return 1
  if [ -n "${qd_input+x}" ]; then printf '%s\n' "$qd_input" >"$qd_new/input" || return 1; fi
  # Not `:`, with which a shell ends when the file can't be made.
  true >"$qd_new/out" || return 1
  if [ "$qd_split" = 1 ]; then true >"$qd_new/err" || return 1; fi
  # Room that is kept for the end, should the disk be full by then.
  printf '%-512s\n' '' >"$qd_new/status" || return 1
  printf '%-512s\n' '' >"$qd_new/ended" || return 1
  mkfifo "$qd_new/control" || return 1
  qd_start $$ && printf '%s %s %s\n' $$ "$qd_start" "$qd_boot" >"$qd_new/starter" || return 1
  [ -s "$qd_new/runner" ] && [ -s "$qd_new/params" ] && [ -s "$qd_new/starter" ] && [ -s "$qd_new/ended" ] || return 1
  set +f
  qd_give "$qd_new"/*
  set -f
}

qd_started() {
  qd_n=0
  while [ "$qd_n" -lt 200 ]; do
    [ ! -e "$qd_dir/began" ] || return 0
    qd_n=$((qd_n + 1))
    sleep 0.05 2>/dev/null || { sleep 1 && qd_n=$((qd_n + 19)); }
  done
  return 1
}

qd_by_systemd() {
  [ -d /run/systemd/system ] && command -v systemd-run >/dev/null || return 1
  set -- --quiet --no-ask-password --unit="qd-$qd_key" --description="Quarterdeck: step $qd_job of run $qd_run" \
    -p RemainAfterExit=yes -p KillMode=control-group -p TimeoutStopSec=10 -p IgnoreSIGPIPE=no \
    -p StandardInput=null -p StandardOutput=null -p StandardError=null \
    -p RuntimeMaxSec="$((qd_timeout + 60))" /bin/sh "$qd_dir/runner" "$qd_dir" unit
  qd_said=$(systemd-run "$@" 2>&1 </dev/null) && return 0
  # Older ones know neither this limit nor what pipes mean; the runner has a limit of its own.
  qd_unit
  case $qd_unit in active* | activating*) return 0 ;; esac
  systemd-run --unit="qd-$qd_key" --description="Quarterdeck: step $qd_job of run $qd_run" -p RemainAfterExit=yes \
    -p KillMode=control-group -p StandardOutput=null -p StandardError=null \
    /bin/sh "$qd_dir/runner" "$qd_dir" unit >/dev/null 2>&1 </dev/null
}

qd_by_session() {
  if setsid -f true >/dev/null 2>&1; then
    env -u QD_LINK setsid -f /bin/sh "$qd_dir/runner" "$qd_dir" session >/dev/null 2>&1 </dev/null
  else
    env -u QD_LINK setsid /bin/sh "$qd_dir/runner" "$qd_dir" session >/dev/null 2>&1 </dev/null &
  fi
}

# The highest token that was seen of the environment's lock.
qd_locks() {
  qd_lock_seen=0
  [ -n "${qd_lock:-}" ] || return 0
  set +f
  for qd_f in "$qd_state/runs/.lock-$qd_lock"-* "$qd_public/lock-$qd_lock"-*; do
    qd_f=${qd_f##*-}
    case $qd_f in '' | *[!0-9]* | ????????????????*) continue ;; esac
    [ "$qd_f" -gt "$qd_lock_seen" ] && qd_lock_seen=$qd_f
  done
  set -f
}

# Whether nobody has had the lock after us.
qd_is_locked() {
  qd_locks
  [ -z "${qd_lock:-}" ] || [ "$qd_lock_seen" -le "$qd_lock_token" ]
}

# Keeps the token where every login sees it: one of each login, the newest.
qd_keep_lock() {
  [ -n "${qd_lock:-}" ] && [ "$qd_lock_seen" -lt "$qd_lock_token" ] || return 0
  if [ "$qd_uid" = 0 ]; then qd_f=$qd_state/runs/.lock-$qd_lock; else qd_f=$qd_public/lock-$qd_lock; fi
  true 2>/dev/null >"$qd_f-$qd_lock_token" || return 1
  qd_sync "$qd_f-$qd_lock_token"
  set +f
  for qd_v in "$qd_f"-*; do
    if [ "$qd_v" != "$qd_f-$qd_lock_token" ] && [ -O "$qd_v" ]; then rm -f "$qd_v"; fi
  done
  set -f
}

# Keeps the run's token where every login sees it. Another login's step of the same run may have done so: its file can't be
# written, and need not be.
qd_show_token() {
  qd_f=$qd_public/token-$qd_run-$qd_token
  [ -e "$qd_f" ] || true 2>/dev/null >"$qd_f"
}

qd_begin() {
  qd_umask=$(umask)
  umask 077
  trap '' PIPE
  qd_owner=$qd_uid
  [ "$qd_uid" != 0 ] || qd_owner=${SUDO_UID:-0}
  case $qd_owner in *[!0-9]*) qd_owner=$qd_uid ;; esac
  [ "$qd_uid" = 0 ] || [ "$qd_root" = '' ] || [ "$qd_root" = polkit ] || qd_not root "$(id -un)"
  [ "$(command -v printf)" = printf ] || qd_not printf
  if [ "$qd_shell" = bash ]; then command -v bash >/dev/null || qd_not bash; fi
  [ -r /proc/self/stat ] && [ -n "$qd_boot" ] || qd_not proc
  command -v setsid >/dev/null || [ "$qd_root$qd_uid" != "$qd_uid" ] || [ "$qd_uid" = 0 ] || qd_not setsid
  if [ "$qd_uid" != 0 ] && [ "$qd_root" != polkit ]; then
    case $(busctl get-property org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager KillUserProcesses 2>/dev/null) in
    *true*) qd_not ends ;;
    esac
  fi
  if [ -n "${qd_secrets+x}" ]; then qd_has_memory || qd_not memory; fi
  qd_tokens
  [ "$qd_token_seen" -le "$qd_token" ] || qd_not token "$qd_token_seen"
  qd_is_locked || qd_not lock "$qd_lock_seen"
  if qd_find; then
    qd_judge
    [ "$qd_seen" = never ] || { echo before && exit 0; }
  else
    case $qd_why in
    foreign*) echo before && exit 0 ;;
    esac
  fi
  qd_place || qd_not place "$qd_base"
  true 2>/dev/null >"$qd_base/token-$qd_token" || qd_not room "$qd_base"
  qd_give "$qd_base/token-$qd_token"
  qd_new=$qd_base/.new-$qd_nonce
  { mkdir "$qd_new" && qd_write; } 2>/dev/null || qd_not room "$qd_base"
  qd_dir=$qd_base/$qd_job
  if [ "$qd_uid" = 0 ]; then
    [ ! -d "$qd_public" ] || qd_show_token
  else
    mkdir -m 1777 "$qd_public" 2>/dev/null && chmod 1777 "$qd_public"
    if ! [ -h "$qd_public" ]; then
      qd_show_token
      mkdir -m 755 "$qd_public/claim-$qd_key" 2>/dev/null
      if [ -d "$qd_public/claim-$qd_key" ] && ! [ -O "$qd_public/claim-$qd_key" ]; then
        rm -rf "$qd_new"
        echo before && exit 0
      fi
    fi
  fi
  qd_keep_lock || qd_not room "$qd_base"
  # The claim: of all who come, one makes this folder.
  if ! mkdir "$qd_dir" 2>/dev/null; then
    [ -d "$qd_dir" ] || qd_not room "$qd_base"
    rm -rf "$qd_new"
    echo before && exit 0
  fi
  set +f
  mv "$qd_new/starter" "$qd_dir/" && mv "$qd_new"/* "$qd_dir/" || qd_not_begun room "$qd_base"
  set -f
  qd_give "$qd_dir"
  rmdir "$qd_new" && qd_new=
  # FAULT claimed
  # Whoever took the run over meanwhile is seen here; whoever does it later sees the claim.
  qd_tokens
  [ "$qd_token_seen" -le "$qd_token" ] || qd_not_begun token "$qd_token_seen"
  qd_is_locked || qd_not_begun lock "$qd_lock_seen"
  if [ -n "${qd_secrets+x}" ]; then
    qd_keep_secrets || qd_not_begun memory
    qd_give "$qd_dir/memory"
  fi
  set +f
  qd_sync "$qd_dir"/[!c]* "$qd_dir" "$qd_base"
  set -f
  # FAULT ready
  qd_mode=session
  if [ "$qd_uid" = 0 ] || [ "$qd_root" = polkit ]; then
    if qd_by_systemd; then qd_mode=unit; fi
  fi
  if [ "$qd_mode" = session ]; then
    [ "$qd_root" != polkit ] || [ "$qd_uid" = 0 ] || qd_not_begun polkit "${qd_said:-no systemd}"
    command -v setsid >/dev/null || qd_not_begun setsid
    qd_by_session
  fi
  qd_started || { echo unknown && exit 0; }
  # FAULT started
  echo started
}

# Gives a claim back, if it has not begun in spite of all.
qd_not_begun() {
  if echo void >"$qd_dir/void.$$" && ln "$qd_dir/void.$$" "$qd_dir/began"; then
    qd_void
    qd_not "$@"
  fi 2>/dev/null
  echo unknown
  exit 0
}
qd_begin
