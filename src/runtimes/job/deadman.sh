# A dead-man timer: waits for as long as signs of life come, then goes on to the command below.
qd_beat=${0%/*}/beat qd_last=''
read -r qd_now _ </proc/uptime
qd_since=${qd_now%%.*}
while :; do
  qd_word=''
  { read -r qd_word <"$qd_beat"; } 2>/dev/null || :
  read -r qd_now _ </proc/uptime
  qd_now=${qd_now%%.*}
  if [ "$qd_word" != "$qd_last" ]; then qd_last=$qd_word qd_since=$qd_now; fi
  if [ $((qd_now - qd_since)) -ge "$qd_within" ]; then break; fi
  # What ends the timer may end the pause first; that this ends by a signal says that it has not acted.
  sleep 1 || :
done
# What is begun is ended, also when somebody comes back just now.
trap '' TERM
# From here on the job whose timer this is refuses to begin; what of it has begun comes to its end first, so that the last
# word is this one's.
mkdir "${0%/*}/fired" || :
qd_of=${0%/*/*}/$qd_of qd_n=0
while [ -d "$qd_of" ] && [ ! -f "$qd_of/result" ]; do
  if [ "$qd_n" -ge 10 ] && [ ! -e "$qd_of/began" ]; then
    # Whoever claimed it has died: only one makes `began`, so now it can't begin any more.
    { echo void >"$qd_of/void.timer" && ln "$qd_of/void.timer" "$qd_of/began"; } 2>/dev/null && break
  fi
  if [ "$qd_n" = 30 ]; then
    { : >"$qd_of/cancel" && printf 'cancel\n' 1<>"$qd_of/control"; } 2>/dev/null || :
  fi
  if [ "$qd_n" -ge 60 ]; then
    echo "what sets the weight can't be ended, so whether this is the last word is not known"
    trap 'exit 70' EXIT
    break
  fi
  qd_n=$((qd_n + 1))
  sleep 1 || :
done
echo "no sign of life for $qd_within s"
