# Removes what the jobs of a run left, but those that still run: `cleared RUNNING`, or `hidden` where only root can say.
# Behind common.sh.
qd_clear() {
  qd_running=0 qd_hidden=
  if [ -d "$qd_shared" ] && ! { [ -x "$qd_shared" ] && [ -r "$qd_shared" ]; }; then qd_hidden=1; fi
  for qd_base in "$qd_own" "$qd_shared"; do
    [ -n "$qd_base" ] && [ -d "$qd_base" ] && [ -r "$qd_base" ] || continue
    # What root began is root's to clear: its units stand in systemd.
    if [ "$qd_base" = "$qd_shared" ] && [ "$qd_uid" != 0 ]; then qd_hidden=1 && continue; fi
    set +f
    set -- "$qd_base"/[0-9]*-[0-9]*
    set -f
    qd_over=
    for qd_dir; do
      [ -d "$qd_dir" ] || continue
      qd_job=${qd_dir##*/}
      qd_key=$qd_run-$qd_job
      qd_judge
      case $qd_seen in
      running) qd_running=$((qd_running + 1)) ;;
      *) qd_over="$qd_over $qd_job" ;;
      esac
    done
    qd_forget $qd_over
    for qd_job in $qd_over; do
      qd_dir=$qd_base/$qd_job
      [ ! -f "$qd_dir/memory" ] || { read -r qd_f <"$qd_dir/memory" && rm -f "$qd_f"; }
    done
    # All at once: on a busy host each process costs time.
    [ -z "$qd_over" ] || (cd "$qd_base" && rm -rf -- $qd_over)
    for qd_job in $qd_over; do
      [ ! -O "$qd_public/claim-$qd_run-$qd_job" ] || rmdir "$qd_public/claim-$qd_run-$qd_job" 2>/dev/null
    done
    [ "$qd_running" = 0 ] || continue
    # Whoever was overtaken must not begin anything later: this outlives the run, for a month.
    qd_tokens
    if [ "$qd_token_seen" -gt 1 ]; then : >"${qd_base%/*}/.token-$qd_run-$qd_token_seen"; fi
    find "${qd_base%/*}" -maxdepth 1 -name '.token-*' -mtime +30 -exec rm -f {} + 2>/dev/null
    rm -rf "$qd_base"
    rmdir "${qd_base%/*}" "${qd_base%/*/*}" 2>/dev/null
  done
  if [ "$qd_running" = 0 ] && [ -z "$qd_hidden" ]; then
    qd_tokens
    set +f
    for qd_f in "$qd_public/token-$qd_run"-*; do
      if [ "$qd_token_seen" -le 1 ] && [ -O "$qd_f" ]; then rm -f "$qd_f"; fi
    done
    set -f
    rmdir "$qd_public" 2>/dev/null
  fi
  if [ -n "$qd_hidden" ]; then echo "hidden $qd_running"; else echo "cleared $qd_running"; fi
}

# Lets systemd forget the units of these jobs, with few questions however many they are.
qd_forget() {
  [ "$qd_uid" = 0 ] && [ $# -gt 0 ] || return 0
  qd_jobs=" $* " qd_stop= qd_reset= qd_id= qd_active= qd_group=
  qd_said=$(systemctl show --property=Id --property=ActiveState --property=ControlGroup "qd-$qd_run-*.service" 2>/dev/null)
  [ -n "$qd_said" ] || return 0
  while read -r qd_line; do
    case $qd_line in
    Id=*) qd_id=${qd_line#Id=} ;;
    ActiveState=*) qd_active=${qd_line#ActiveState=} ;;
    ControlGroup=*) qd_group=${qd_line#ControlGroup=} ;;
    '') qd_sort_unit ;;
    esac
  done <<QD_SAID
$qd_said

QD_SAID
  [ -z "$qd_reset" ] || systemctl reset-failed $qd_reset 2>/dev/null
  [ -n "$qd_stop" ] || return 0
  # Never waited for without an end: what systemd has to wait for is not ours.
  systemctl --no-block stop $qd_stop 2>/dev/null
  qd_n=0
  while [ "$qd_n" -lt 10 ]; do
    case $(systemctl show --property=ActiveState $qd_stop 2>/dev/null) in
    *=active* | *=activating* | *=deactivating*) ;;
    *) break ;;
    esac
    qd_n=$((qd_n + 1))
    sleep 0.1 2>/dev/null || sleep 1
  done
}

# Puts the unit $qd_id to those that are stopped, unless something that was left behind runs in it.
qd_sort_unit() {
  qd_job=${qd_id#"qd-$qd_run-"}
  case $qd_jobs in *" ${qd_job%.service} "*) ;; *) return 0 ;; esac
  case $qd_active in
  inactive) return 0 ;;
  failed) qd_reset="$qd_reset $qd_id" && return 0 ;;
  esac
  for qd_c in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
    [ -n "$qd_group" ] && [ -n "$(cat "$qd_c$qd_group/cgroup.procs" 2>/dev/null)" ] && return 0
  done
  qd_stop="$qd_stop $qd_id"
}
qd_clear
