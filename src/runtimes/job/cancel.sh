# Has a job end. Behind common.sh. With qd_hard=1 it is killed from here, because what keeps it did not.
qd_cancel() {
  qd_tokens
  if [ "$qd_token_seen" -le "$qd_token" ] && qd_find; then
    qd_judge
    if [ "$qd_seen" = running ]; then
      true >"$qd_dir/cancel" || { echo denied && exit 0; }
      [ "$qd_hard" != 1 ] || qd_kill
      # Read and write: this neither waits for a reader nor fails without one.
      [ ! -p "$qd_dir/control" ] || { printf 'cancel\n' 1<>"$qd_dir/control"; } 2>/dev/null
    fi
  fi
  qd_tell
}

# Kills what belongs to the job but what keeps it, which then writes how it ended.
qd_kill() {
  qd_p=0
  { read -r qd_p _ _ qd_m <"$qd_dir/began"; } 2>/dev/null
  if [ "$qd_m" = unit ]; then
    systemctl kill --kill-who=all -s KILL "qd-$qd_key.service" 2>/dev/null
    return
  fi
  set +f
  for qd_f in /proc/[0-9]*; do
    qd_f=${qd_f#/proc/}
    qd_stat "$qd_f" || continue
    qd_sid "$qd_p" $qd_stat && [ "$qd_f" != "$qd_p" ] && kill -KILL "$qd_f" 2>/dev/null
  done
  for qd_f in $(grep -lsF "QD_JOB=$qd_key" /proc/[0-9]*/environ); do
    qd_f=${qd_f#/proc/}
    kill -KILL "${qd_f%/environ}" 2>/dev/null
  done
  set -f
}

# Whether the state, parent, group and session behind $1 say: of that session, and no child of its leader.
qd_sid() {
  [ "$5" = "$1" ] && [ "$3" != "$1" ]
}
qd_cancel
