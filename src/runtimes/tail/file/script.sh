f=$1 go=$2 mode=$3 place=$4 off=$5 was=$6 wat=$7
[ -e "$f" ] || exit 21
[ -f "$f" ] || exit 22
[ -r "$f" ] || exit 20
real=$(readlink -f -- "$f" 2>/dev/null) || real=$f
which() { stat -L -c %d-%i -- "$1"; }
size_of() { stat -L -c %s "/proc/self/fd/$1"; }
# How long the file is, when it was written last, and the moment by the host's clock of files: what proc shows of the program
# that looks was made just now.
look() {
  set -- $(stat -L -c '%s %.9Y' -- /proc/self/fd/3 /proc/self 2>/dev/null)
  size=${1:-0} wrote=${2-} now=${4-}
  now=${now%.*}${now#*.}
  case $now in ''|*[!0-9]*) now=0 ;; esac
}
# The file of this inode beside the one that is read, unless it is packed.
beside() {
  d=${real%/*}
  found=$(find "${d:-/}" -maxdepth 1 -type f -inum "${1#*-}" 2>/dev/null | head -n 1)
  case $found in ''|*.gz|*.xz|*.bz2|*.zst) return 1 ;; esac
  [ -r "$found" ] && printf '%s\n' "$found"
}
# Bytes of an open file, from one place to another.
part() { tail -c "+$(($2+1))" "/proc/self/fd/$1" 2>/dev/null | head -c "$(($3-$2))"; }
# The same in a frame, with up to 64 bytes that came before, by which is seen that it is still the same file.
send() {
  b=$(( $3 > 64 ? $3-64 : 0 ))
  echo "$1 $b $(($4-b))"
  part "$2" "$b" "$4"
}
inode() { stat -L -c %i -- "$1" 2>/dev/null; }
# A moment of a file in nanoseconds, 0 where its file system does not keep it.
moment() {
  m=$(stat -L -c "%.9$1" -- "$2" 2>/dev/null)
  m=${m%.*}${m#*.}
  case $m in ''|*[!0-9]*) echo 0 ;; *) echo "$m" ;; esac
}
# Whether the third file holds nothing but what the first one begins with, up to this many bytes: looked at are its two ends.
copied() {
  n=$(stat -L -c %s -- "$3" 2>/dev/null)
  [ "${n:-0}" -gt 0 ] && [ "$n" -le "$2" ] || return 1
  b=$(( n > 65536 ? 65536 : n ))
  [ "$(head -c "$b" "$1" | cksum)" = "$(head -c "$b" -- "$3" | cksum)" ] || return 1
  [ "$(tail -c "+$((n-b+1))" "$1" | head -c "$b" | cksum)" = "$(tail -c "$b" -- "$3" | cksum)" ]
}
# What came behind the file that is read: the one in its place, or one that was rotated as well before anybody looked. That
# one is known by its birth, which is later than what was last written before it. Where something lies beside that may
# be one and can't be read as such, nobody knows what stood in it.
after() {
  next=$f chosen=$(inode "$f") said=next first= any=
  old=$(moment W /proc/self/fd/3) last=$(moment Y /proc/self/fd/3) birth=$(moment W "$f")
  for s in "$real".* "$real"-*; do
    [ -f "$s" ] || continue
    any=1
    if [ "$s" -ef "$f" ] || [ "$s" -ef /proc/self/fd/3 ]; then continue; fi
    i=$(inode "$s")
    case $seen in *" $i "*) continue ;; esac
    born=$(moment W "$s")
    case $s in *.gz|*.xz|*.bz2|*.zst) born=0 ;; esac
    if [ "$old" -eq 0 ] || [ "$born" -eq 0 ] || ! [ -r "$s" ]; then
      if [ "$s" -nt /proc/self/fd/3 ]; then said=later; fi
    # A copy, made while the file still had its name.
    elif [ "$born" -lt "$old" ] || [ "$born" -lt "$held" ]; then
      continue
    # One that was made later, of the file that is read. Another one that says the same may have lain between all the same, unless
    # it is younger than the one in the place of the file.
    elif copied /proc/self/fd/3 "$at" "$s"; then
      if [ "$birth" -eq 0 ] || [ "$born" -lt "$birth" ]; then said=later; fi
    elif [ "$birth" -gt 0 ] && [ "$born" -ge "$birth" ] && copied "$f" "$(stat -L -c %s -- "$f")" "$s"; then
      continue
    # Whoever writes learns of a rotation a little later.
    elif [ "$born" -eq "$old" ] || [ "$((born+1000000000))" -lt "$last" ]; then
      said=later
    elif [ -z "$first" ] || [ "$born" -lt "$first" ] || { [ "$born" -eq "$first" ] && [ "$next" -nt "$s" ]; }; then
      next=$s chosen=$i first=$born
    fi
  done
  if [ -n "$any" ] && [ "$(stat -L -c %h /proc/self/fd/3)" = 0 ]; then said=later; fi
}
begins() { echo "= $1 $(which /proc/self/fd/3) $2 $size $(date '+%z %s')"; }
src=$f how=new kept= seen=" ${was#*-} "
case $mode in at|skip)
  how=same
  if [ "$(which "$f")" != "$place" ]; then
    how=moved
    src=$(beside "$place") || { src=$f how=gone off=0; }
    if [ "$how" = moved ] && [ "$src" -ef "$f" ]; then how=same; fi
  fi ;;
esac
command exec 3<"$src" || exit 20
size=$(size_of 3) || exit 23
if [ "$mode" = newest ]; then
  lines=$off room=1048576
  most=$((lines*4096))
  [ "$most" -ge 67108864 ] || most=67108864
  while :; do
    [ "$room" -le "$most" ] || room=$most
    from=$(( size > room ? size-room : 0 ))
    off=$((size-$(part 3 "$from" "$size" | tail -n "$lines" | wc -c)))
    [ "$off" -le "$from" ] && [ "$from" -gt 0 ] || break
    if [ "$room" -ge "$most" ]; then how=bound; break; fi
    room=$((room*16))
  done
elif [ "$off" -gt "$size" ]; then how=cut off=0; fi
begins "$how" "$off"
at=$off
if [ "$mode" = skip ] && { [ "$how" = same ] || [ "$how" = moved ]; }; then
  while [ "$at" -lt "$size" ]; do
    to=$(( size > at+67108864 ? at+67108864 : size ))
    if [ "$(part 3 "$at" "$to" | LC_ALL=C tr -cd '\n' | head -c 1 | wc -c)" -gt 0 ]; then
      at=$((at+$(part 3 "$at" "$to" | head -n 1 | wc -c)))
      break
    fi
    at=$to
  done
  echo "~ $at"
fi
if [ -n "$was" ]; then
  if old=$(beside "$was") && command exec 4<"$old"; then kept=1 left=300; else echo '. gone'; fi
fi
# What was written since into the one before.
before() {
  grown=$(size_of 4)
  if [ "$grown" -gt "$wat" ]; then
    send - 4 "$wat" "$grown"
    wat=$grown
  fi
}
# Where nothing has come for ten seconds it is looked once a second, not five times: each look begins two programs.
unread=0 idle=0 step=1 held=0 noted= wrote=
# Births are compared with this host's clock where it is this host that notes them.
case $(stat -f -L -c %T -- "$f" 2>/dev/null) in ext*|xfs|btrfs|tmpfs|overlayfs|zfs|f2fs) near=1 ;; *) near= ;; esac
while :; do
  now=0
  [ "$go" != go ] || look
  [ "$size" -ge "$at" ] || exit 11
  if [ "$size" -gt "$at" ]; then
    # What was written into the old one until now stands before it.
    [ -z "$kept" ] || before
    to=$(( size > at+16777216 ? at+16777216 : size ))
    send + 3 "$at" "$to"
    at=$to idle=0 step=1 noted=$wrote
    [ "$(size_of 3)" -ge "$at" ] || exit 11
    continue
  fi
  # As long as it was and written all the same: other bytes may stand there.
  if [ "$wrote" != "$noted" ]; then
    [ "$at" -eq 0 ] || send + 3 "$at" "$at"
    noted=$wrote
  fi
  if [ -f "$f" ] && ! [ "$f" -ef /proc/self/fd/3 ]; then
    if [ -r "$f" ]; then
      [ "$(size_of 3)" -le "$at" ] || { size=$(size_of 3); continue; }
      [ -z "$kept" ] || before
      [ -z "$kept" ] || echo '. read'
      kept=
      after
      # Names change while they are looked at.
      command exec 5<"$next" || continue
      [ "$(inode /proc/self/fd/5)" = "$chosen" ] || continue
      seen="$seen$(inode /proc/self/fd/3) "
      exec 4<&3 3<&5 5<&-
      size=$(size_of 3) kept=1 left=300 wat=$at at=0 unread=0 idle=0 step=1 noted=
      begins "$said" 0
      continue
    fi
    unread=$((unread+step))
    [ "$unread" -lt 25 ] && [ "$go" = go ] || exit 20
  elif [ -n "$near" ] && [ -f "$f" ]; then
    held=$now
  fi
  if [ -n "$kept" ]; then
    left=$((left-step))
    if [ "$step" = 5 ] || [ $((left%5)) = 0 ] || [ "$go" != go ]; then before; fi
    if [ "$left" -le 0 ] || [ "$go" != go ]; then
      echo '. read'
      kept=
      exec 4<&-
    fi
  fi
  [ "$go" = go ] || exit 0
  if [ "$idle" -lt 50 ]; then idle=$((idle+1)); else step=5; fi
  case $step in 1) sleep 0.2 || sleep 1 ;; *) sleep 1 ;; esac
done
