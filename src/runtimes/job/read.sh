# Hands over what a job prints, from qd_at (and qd_at_error) on, with its end behind: `o OFFSET LENGTH` or
# `e OFFSET LENGTH` with so many bytes behind it, `.` as a sign of life, `seen …` as the end. Behind common.sh. With
# qd_rounds it is over after so many looks.

# Hands over one piece of the file $1 from $2 on under the word $3, at most up to $4 where that is a number. The new
# place is in $qd_to.
qd_piece() {
  qd_to=$2
  qd_n=$(qd_size "$1") || return 0
  # What had not ended by now has written no more than this.
  if [ -z "$qd_ended" ] && [ -f "$qd_dir/result" ]; then qd_again=1 && return 0; fi
  [ -z "$4" ] || [ "$qd_n" -le "$4" ] || qd_n=$4
  qd_n=$((qd_n - $2))
  [ "$qd_n" -gt 0 ] || return 0
  [ "$qd_n" -le 262144 ] || qd_n=262144 qd_full=1
  printf '%s %s %s\n' "$3" "$2" "$qd_n" || exit 0
  tail -c +$(($2 + 1)) "$1" | head -c "$qd_n" || exit 0
  qd_to=$(($2 + qd_n))
  qd_quiet=0
}

qd_read() {
  qd_quiet=0 qd_looked=0
  if ! qd_find; then
    qd_tell
    exit 0
  fi
  while :; do
    qd_ended= qd_most= qd_most_error= qd_full= qd_again=
    if [ -f "$qd_dir/result" ]; then
      qd_ended=1
      { read -r _ _ _ _ _ _ qd_most qd_most_error _ <"$qd_dir/result"; } 2>/dev/null
    fi
    qd_piece "$qd_dir/out" "$qd_at" o "$qd_most"
    qd_at=$qd_to
    qd_piece "$qd_dir/err" "$qd_at_error" e "$qd_most_error"
    qd_at_error=$qd_to
    [ -z "$qd_full$qd_again" ] || continue
    if [ -n "$qd_ended" ]; then
      qd_tell
      exit 0
    fi
    qd_quiet=$((qd_quiet + 1)) qd_looked=$((qd_looked + 1))
    if [ "$qd_looked" -ge 10 ] || [ "$qd_looked" = "$qd_rounds" ]; then
      qd_looked=0
      qd_judge
      case $qd_seen in
      running) printf '.\n' || exit 0 ;;
      ended*) continue ;;
      *)
        qd_piece "$qd_dir/out" "$qd_at" o ''
        qd_piece "$qd_dir/err" "$qd_at_error" e ''
        [ "$qd_full" ] && continue
        qd_tell
        exit 0 ;;
      esac
    fi
    if [ "$qd_rounds" -gt 0 ]; then
      qd_rounds=$((qd_rounds - 1))
      [ "$qd_rounds" -gt 0 ] || { qd_tell && exit 0; }
    fi
    if [ "$qd_quiet" -gt 50 ]; then sleep 0.5 2>/dev/null || sleep 1; else sleep 0.2 2>/dev/null || sleep 1; fi
  done
}
qd_read
