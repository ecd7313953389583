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
    for qd_dir; do
      [ -d "$qd_dir" ] || continue
      qd_job=${qd_dir##*/}
      qd_key=$qd_run-$qd_job
      qd_judge
      case $qd_seen in
      running) qd_running=$((qd_running + 1)) && continue ;;
      esac
      qd_gone
      [ ! -f "$qd_dir/memory" ] || { read -r qd_f <"$qd_dir/memory" && rm -f "$qd_f"; }
      rm -rf "$qd_dir"
      [ ! -O "$qd_public/claim-$qd_key" ] || rmdir "$qd_public/claim-$qd_key" 2>/dev/null
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

# Lets systemd forget the unit, unless something that was left behind runs in it.
qd_gone() {
  qd_unit
  [ -n "$qd_unit" ] && [ "$qd_uid" = 0 ] || return 0
  case $qd_unit in
  inactive*) return 0 ;;
  failed*) systemctl reset-failed "qd-$qd_key.service" 2>/dev/null ;;
  *)
    qd_f=$(systemctl show --property=ControlGroup "qd-$qd_key.service" 2>/dev/null)
    qd_f=${qd_f#ControlGroup=}
    for qd_c in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
      [ -n "$qd_f" ] && [ -n "$(cat "$qd_c$qd_f/cgroup.procs" 2>/dev/null)" ] && return 0
    done
    # Never waited for without an end: what systemd has to wait for is not ours.
    systemctl --no-block stop "qd-$qd_key.service" 2>/dev/null
    qd_n=0
    while [ "$qd_n" -lt 10 ]; do
      qd_unit
      case $qd_unit in inactive* | failed* | '') break ;; esac
      qd_n=$((qd_n + 1))
      sleep 0.1 2>/dev/null || sleep 1
    done ;;
  esac
}
qd_clear
