# Runs a job on its host: runner FOLDER MODE, where MODE is unit or session; or runner FOLDER control MODE PID. Behind
# common.sh and what the folder says of the job.
cd / || exit 0
umask 077

# Sets $qd_o: all processes of the job but our own. $1: the process that runs it.
qd_others() {
  qd_o= qd_marked=
  set +f
  if [ -n "$qd_group" ]; then
    qd_pids=$(cat "$qd_group"/cgroup.procs "$qd_group"/*/cgroup.procs 2>/dev/null)
  else
    qd_marked=" $(grep -lsF "QD_JOB=$qd_key" /proc/[0-9]*/environ 2>/dev/null | tr '\n' ' ')"
    qd_pids=$(echo /proc/[0-9]*)
  fi
  set -f
  for qd_p in $qd_pids; do
    qd_p=${qd_p#/proc/}
    case $qd_p in "$1" | $$) continue ;; esac
    qd_stat "$qd_p" || continue
    qd_sort "$1" $qd_stat && qd_o="$qd_o $qd_p"
  done
}

# Whether the process $qd_p of the state, parent, group and session $2 $3 $4 $5 belongs to the job.
qd_sort() {
  case $2 in Z | X) return 1 ;; esac
  case $3 in "$1" | $$) return 1 ;; esac
  [ -n "$qd_group" ] && return 0
  [ "$5" = "$1" ] && return 0
  case $qd_marked in *" /proc/$qd_p/environ "*) return 0 ;; esac
  return 1
}

# Finds the control group, if it is ours alone.
qd_grouped() {
  qd_group=
  [ "$1" = unit ] || return 0
  while IFS=: read -r qd_n qd_c qd_g; do
    case $qd_g in */qd-"$qd_key".service) ;; *) continue ;; esac
    case $qd_n:$qd_c in
    0:*) for qd_f in /sys/fs/cgroup "/sys/fs/cgroup/unified"; do [ -r "$qd_f$qd_g/cgroup.procs" ] && qd_group=$qd_f$qd_g; done ;;
    *:name=systemd) [ -r "/sys/fs/cgroup/systemd$qd_g/cgroup.procs" ] && qd_group=/sys/fs/cgroup/systemd$qd_g ;;
    esac
    [ -z "$qd_group" ] || break
  done </proc/self/cgroup
}

# Seconds since the host was booted.
qd_uptime() {
  read -r qd_up _ </proc/uptime
  qd_up=${qd_up%%.*}
}

# Waits for the time to be over or for an order, and ends the job then: leaves with 3 or 4.
qd_control() {
  qd_main=$1 qd_woken=
  qd_timer=
  # A signal that comes just before the waiting ends it too.
  trap 'qd_woken=end; [ -z "$qd_timer" ] || kill -KILL "$qd_timer" 2>/dev/null' TERM
  trap 'qd_woken=cancel; [ -z "$qd_timer" ] || kill -KILL "$qd_timer" 2>/dev/null' USR1
  # A TERM that came before the trap was set may be lost; then this is gone.
  [ -e "$qd_dir/starter" ] || exit 0
  qd_self=$$
  sleep "$qd_timeout" &
  qd_timer=$!
  (
    trap - TERM USR1
    exec 7<>"$qd_dir/control"
    [ -e "$qd_dir/cancel" ] || read -r qd_x <&7
    kill -USR1 "$qd_self"
  ) &
  qd_reader=$!
  while :; do
    case $qd_woken in
    end)
      # No TERM: a shell that was forked just now may lose it.
      kill -KILL "$qd_timer" "$qd_reader" 2>/dev/null
      exit 0 ;;
    cancel) qd_why=4 && break ;;
    esac
    kill -0 "$qd_timer" 2>/dev/null || { qd_why=3 && break; }
    wait "$qd_timer"
  done
  kill -KILL "$qd_timer" "$qd_reader" 2>/dev/null
  trap : TERM USR1
  qd_uptime
  qd_ordered=$qd_up qd_n=0
  while :; do
    qd_others "$qd_main"
    [ -n "$qd_o" ] || break
    qd_uptime
    if [ $((qd_up - qd_ordered)) -ge 14 ]; then
      echo "$qd_o" >"$qd_dir/remains"
      break
    elif [ $((qd_up - qd_ordered)) -ge 10 ]; then
      kill -KILL $qd_o 2>/dev/null
    elif [ "$qd_n" = 0 ]; then
      kill -TERM $qd_o 2>/dev/null
    fi
    qd_n=1
    sleep 0.2 2>/dev/null || sleep 1
  done
  exit "$qd_why"
}

# Writes how it ended, in one piece: EXIT SIGNAL TIMED-OUT CANCELLED LEFT-BEHIND OUTPUT ERROR REMAINS.
qd_finish() {
  printf 'ended %s %s %s %s %s %s %s %s .\n' "$1" "$2" "$3" "$4" "$5" "$(qd_size "$qd_dir/out" || echo 0)" \
    "$(qd_size "$qd_dir/err" || echo 0)" "$6" 1<>"$qd_dir/ended"
  qd_sync "$qd_dir/ended"
  qd_n=0
  until mv -f "$qd_dir/ended" "$qd_dir/result" 2>/dev/null || [ "$qd_n" -ge 10 ]; do
    qd_n=$((qd_n + 1)) && sleep 1
  done
  qd_sync "$qd_dir"
}

qd_run_it() {
  # Whoever stops the unit, or the host, asks all of it to end, us too: we stay, to say how it ended.
  qd_asked=
  trap : HUP INT
  trap 'qd_asked=15' TERM
  qd_start $$ || exit 0
  echo "$$ $qd_start $qd_boot $1" >"$qd_dir/began.$$" || exit 0
  [ "$qd_owner" = "$qd_uid" ] || chown "$qd_owner" "$qd_dir/began.$$"
  # Only one ever makes this: whoever comes second ends here.
  ln "$qd_dir/began.$$" "$qd_dir/began" || { rm -f "$qd_dir/began.$$" && exit 0; }
  rm -f "$qd_dir/began.$$"
  qd_sync "$qd_dir/began" "$qd_dir"
  qd_input=/dev/null
  [ ! -f "$qd_dir/input" ] || qd_input=$qd_dir/input
  qd_err=$qd_dir/out
  [ ! -f "$qd_dir/err" ] || qd_err=$qd_dir/err
  if [ -f "$qd_dir/memory" ]; then
    read -r qd_f <"$qd_dir/memory"
    if ! [ -r "$qd_f" ]; then
      echo "qd: the secrets did not come as far as the command, so it was not run." >>"$qd_dir/out"
      qd_finish 126 - 0 0 0 -
      exit 0
    fi
    exec 8<>"$qd_f"
    rm -f "$qd_f" "$qd_dir/memory"
  fi
  if [ -e "$qd_dir/cancel" ]; then
    qd_finish - - 0 1 0 -
    exit 0
  fi
  # FAULT late
  if [ -n "$qd_asked" ]; then
    # It was to end before it began: what began now would be killed in its midst, together with us.
    trap '' HUP INT TERM
    qd_finish - "$qd_asked" 0 0 0 -
    exit 0
  fi
  case $qd_shell in bash) set -- bash -e -o pipefail ;; *) set -- /bin/sh -e ;; esac
  # Without our descriptor of the secrets.
  (exec 8<&- && exec /bin/sh "$qd_dir/runner" "$qd_dir" control "$qd_kind" $$ >/dev/null 2>&1) &
  qd_ctl=$!
  # So much of its output may lie here: whatever writes without an end would fill the disk of its host.
  qd_room=268435456
  (
    exec 8<&- </dev/null >/dev/null 2>&1
    # What it waits with ends with it: a process that stays behind would keep the job from being cleared.
    # FAULT watching
    trap 'kill $! 2>/dev/null; exit 0' TERM
    # A TERM that came before the trap was set may be lost; then this is gone.
    while [ -e "$qd_dir/starter" ]; do
      sleep 1 &
      wait $! || exit 0
      for qd_f in out err; do
        qd_n=$(qd_size "$qd_dir/$qd_f") || continue
        [ "$qd_n" -gt "$qd_room" ] || continue
        true >"$qd_dir/flood"
        kill -USR1 "$qd_ctl"
        exit 0
      done
    done
  ) &
  qd_watch=$!
  # A shell of its own, because only for a signal it also says something, so that 143 and SIGTERM are told apart.
  /bin/sh -c '# FAULT early
trap : HUP INT TERM
d=$1 k=$2 u=$3
shift 3
( exec >&3 2>&4 3>&- 4>&-; unset LC_ALL; . "$d/environment"; cd "${HOME:-/}" 2>/dev/null || cd /; umask "$u"; QD_JOB=$k; export QD_JOB; exec "$@" "$d/script" )
echo $?' qd "$qd_dir" "$qd_key" "$qd_umask" "$@" 3>>"$qd_dir/out" 4>>"$qd_err" 1<>"$qd_dir/status" 2>&1 <"$qd_input"
  qd_kept=$?
  # systemd asks everything in the unit to end, and looks again for what came meanwhile: each program that is used from here
  # on would be asked too, and how the command ended would be lost with one of them. They inherit this.
  trap '' HUP INT TERM
  # FAULT over
  { exec 8<&-; } 2>/dev/null
  rm -f "$qd_dir/starter"
  kill -TERM "$qd_watch" 2>/dev/null
  wait "$qd_watch" 2>/dev/null
  kill -TERM "$qd_ctl" 2>/dev/null
  while :; do
    wait "$qd_ctl"
    qd_c=$?
    kill -0 "$qd_ctl" 2>/dev/null || break
  done
  qd_late=0 qd_cancelled=0
  case $qd_c in 3) qd_late=1 ;; 4) qd_cancelled=1 ;; esac
  qd_words=$(cat "$qd_dir/status")
  set -- $qd_words
  qd_words=$#
  while [ $# -gt 1 ]; do shift; done
  qd_exit=${1:--} qd_sig=-
  case $qd_exit in
  *[!0-9]*) qd_exit=- ;;
  130 | 141) qd_sig=$((qd_exit - 128)) qd_exit=- ;;
  12[89] | 1[3-8][0-9] | 19[0-2]) [ "$qd_words" = 1 ] || qd_sig=$((qd_exit - 128)) qd_exit=- ;;
  esac
  # The shell that tells it was asked to end before it listened, so it had begun nothing.
  if [ "$qd_exit$qd_sig" = -- ]; then case $qd_kept in 129 | 130 | 143) qd_sig=$((qd_kept - 128)) ;; esac; fi
  if [ -e "$qd_dir/flood" ] && [ ! -e "$qd_dir/cancel" ]; then
    # SIGXFSZ: a file that grew too large.
    qd_cancelled=0 qd_exit=- qd_sig=25
    printf '\nqd: its output grew beyond 256 MiB, so everything of it was ended.\n' >>"$qd_err"
  fi
  qd_left=0 qd_remains=-
  if [ "$qd_c" = 3 ] || [ "$qd_c" = 4 ]; then
    [ ! -s "$qd_dir/remains" ] || qd_remains=$(tr -s ' ' ',' <"$qd_dir/remains")
  fi
  qd_others $$
  for qd_p in $qd_o; do
    for qd_f in 1 2; do
      if [ "/proc/$qd_p/fd/$qd_f" -ef "$qd_dir/out" ] || [ "/proc/$qd_p/fd/$qd_f" -ef "$qd_err" ]; then qd_left=1; fi
    done
  done
  qd_finish "$qd_exit" "$qd_sig" "$qd_late" "$qd_cancelled" "$qd_left" "$qd_remains"
}

qd_kind=$2
case $2 in
control)
  qd_grouped "$3"
  qd_control "$4" ;;
unit | session)
  qd_grouped "$2"
  qd_run_it "$2" ;;
esac
exit 0
