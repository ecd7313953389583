# What is done with an environment's lock on its lock host. The word begins each line of ours: what lies in files can't
# guess it. Everything is done under a lock on the folder itself, so one thing at a time.
op=$1 word=$2 state=$3 name=$4 token=$5 lease=$6 run=$7 nonce=$8 kind=$9

find_it
if [ -z "$at" ]; then
  case $op in
    take) make_it ;;
    look)
      say ok
      say end
      exit 0
      ;;
    *) refuse gone ;;
  esac
fi

command -v flock >/dev/null 2>&1 || refuse write 'flock is not found on this host'
command exec 9<"$at" || refuse write 'the folder of the lock can not be opened'

# Who keeps everybody else from the folder, as far as the host says it.
culprit() {
  set -- $(ls -di -- "$at" 2>/dev/null)
  inode=${1:-none}
  while read -r _ how _ _ pid place _; do
    case $how:$place in
      FLOCK:*:"$inode")
        name=$(first "/proc/$pid/comm" 40 | tr -cd 'A-Za-z0-9._-')
        printf '%s' ": the login $(login_of "/proc/$pid") keeps it to itself with its process $pid ($name); if that does not end, end it there (kill $pid)"
        return
        ;;
    esac
  done 2>/dev/null </proc/locks
}
flock -w 8 9 || refuse write "somebody else is at the lock just now$(culprit)"
# Not before: who waited may find a sign of life that was left meanwhile.
know_time

# The highest token. They are seconds since 1970, or one more than the one before. Nobody can set the time at which the
# system says that a folder was changed: what is a day ahead of the newest of these nobody has come by honestly, whatever
# the clock was set to meanwhile. It counts for nothing, or who made it would keep everybody from the lock for ever.
# A name with anything but digits in it is none, so nothing that stands in a name is taken for a login.
all=$(find "$at" -mindepth 1 -maxdepth 1 -type d -name 'token-[1-9]*' ! -name 'token-*[!0-9]*' -exec stat -c '%Z %u %n' -- {} + 2>/dev/null)
far=$(printf '%s\n' "$all" | sort -n | tail -n 1)
far=${far%% *}
case $far in '' | *[!0-9]*) far=0 ;; esac
[ "$far" -ge "$now" ] || far=$now
far=$((far + 86400))
# The tokens with the logins that took them, as `NUMBER:UID`, the lowest first.
tokens=$(printf '%s\n' "$all" | while read -r _ login place; do
  number=${place##*/token-}
  case $number in '' | ????????????????*) continue ;; esac
  [ "$number" -gt "$far" ] || printf '%s:%s\n' "$number" "$login"
done | sort -n)
top=0
for one in $tokens; do top=${one%%:*}; done

# Whether the login $2 took the run $1 over from the login $3: its last place there lies above their last.
took_over() {
  case $1 in ????????-????-????-????-????????????) ;; *) return 1 ;; esac
  of=${name%.lock}
  of=${of%%+*}-${of#*+}.$1
  for place in "$state/mirror" /var/tmp; do
    is_place "$place" && is_folder "$place/$of" || continue
    new=0 old=0
    for owner in "$place/$of"/owner-*; do
      number=${owner##*/owner-}
      case $number in '' | 0* | *[!0-9]* | ?????????*) continue ;; esac
      is_folder "$owner" || continue
      login=$(stat -c %u -- "$owner" 2>/dev/null)
      case $login in
        "$2") [ "$new" -ge "$number" ] || new=$number ;;
        "$3") [ "$old" -ge "$number" ] || old=$number ;;
      esac
    done
    [ "$old" != 0 ] && [ "$new" -gt "$old" ]
    return
  done
  return 1
}

# Whether the later token $1 (`NUMBER:UID`) ends the token $2 also where that still bars: of the same login, of root, or of
# somebody who took its run over. Of anybody else it counts only when the earlier one is over.
ends() {
  [ "${1#*:}" != "${2#*:}" ] && [ "${1#*:}" != 0 ] || return 0
  id=$(first "$at/token-${2%%:*}/run" 64)
  [ -n "$id" ] && [ "$id" = "$(first "$at/token-${1%%:*}/run" 64)" ] && took_over "$id" "${1#*:}" "${2#*:}"
}

# Whether the run of the token $1 has its verdict, by the login that took the lock: then whoever was at it died before the
# lock was given back.
is_over() {
  id=$(first "$at/token-$1/run" 64)
  case $id in ????????-????-????-????-????????????) ;; *) return 1 ;; esac
  for place in "$state/mirror" /var/tmp; do
    is_place "$place" || continue
    for of in "$place"/quarterdeck-*."$id"; do
      is_folder "$of" || continue
      newest=0
      for owner in "$of"/owner-*; do
        number=${owner##*/owner-}
        case $number in '' | 0* | *[!0-9]* | ?????????*) continue ;; esac
        [ "$number" -le "$newest" ] || newest=$number
      done
      is_folder "$of/owner-$newest" && [ -e "$of/owner-$newest/ended" ] || continue
      [ "$(login_of "$of/owner-$newest")" != "$(login_of "$at/token-$1")" ] || return 0
    done
  done
  return 1
}

# How the token $1 stands, in $stands: free, held, lapsed (nobody was heard for the lease), or reserved (lapsed, and its
# run has no verdict); and in $silent for how long nobody was heard.
judge() {
  own=$at/token-$1 silent=-
  stands=free
  [ "$1" != 0 ] || return
  silence_of "$own/beat"
  if [ -e "$own/released" ] || [ -d "$at/broken-$1" ] || is_over "$1"; then return; fi
  stands=held
  if [ ! -f "$own/beat" ]; then
    # Whoever made it died before it was whole.
    age_of "$own"
    [ "$silent" -le "$lease" ] || stands=lapsed
    return
  fi
  [ "$(first "$own/kind" 10)" = lease ] || return
  case $silent in *[!0-9]*) ;; *) [ "$silent" -gt "$lease" ] || return ;; esac
  stands=lapsed
  [ ! -e "$own/reserved" ] || stands=reserved
}

# Whether the token $1 keeps others from the lock. What was reserved and lies below a later one is forgotten when nobody was
# heard for 30 days, as what its run said is by then.
bars() {
  [ "$1" != 0 ] && [ ! -e "$at/token-$1/released" ] && [ ! -d "$at/broken-$1" ] || return 1
  judge "$1"
  case $stands in free | lapsed) return 1 ;; esac
  [ "$1" = "$top" ] || [ "$stands" != reserved ] || [ -z "$(find "$at/token-$1/beat" -mtime +30 2>/dev/null)" ]
}

# Which token has the lock, in $lock: of those that bar the first that no later one ends; the highest where none does. In
# $beside what others have put over it, which counts once it is over.
find_lock() {
  lock=0:0 beside= left=
  for one in $tokens; do
    if [ "$lock" = 0:0 ] || ends "$one" "$lock" || ! bars "${lock%%:*}"; then
      lock=$one
    else
      left=$one
    fi
    rest=
    for other in $beside; do ends "$one" "$other" || rest="$rest $other"; done
    beside="$rest $left" left=
  done
  rest=
  for one in $beside; do
    bars "${one%%:*}" || continue
    if bars "${lock%%:*}"; then rest="$rest $one"; else lock=$one; fi
  done
  beside=$rest uid=${lock#*:} lock=${lock%%:*}
}

# What is known of the token $1.
tell_of() {
  judge "$1"
  reserved=-
  [ ! -e "$at/token-$1/reserved" ] || reserved=reserved
  say token "$1" "$stands" "$silent" "$reserved" "$(first "$at/token-$1/kind" 10 | tr -cd a-z)" "$(login_of "$at/token-$1")"
  first "$at/token-$1/who" 4096
  if [ -d "$at/broken-$1" ]; then
    say broken "$1" "$(login_of "$at/broken-$1")"
    first "$at/broken-$1/who" 4096
  fi
}

# What is known of the lock.
tell() {
  [ "$top" != 0 ] || return
  find_lock
  tell_of "$lock"
  count=0
  for one in $beside; do
    count=$((count + 1))
    [ "$count" -le 8 ] || break
    say beside "${one%%:*}" "$(login_of "$at/token-${one%%:*}")"
  done
}

# Whether somebody has the lock since the token $1.
is_ended() {
  [ ! -d "$at/broken-$1" ] || return 0
  mine= later=
  for one in $tokens; do
    if [ "${one%%:*}" = "$1" ]; then
      mine=$one
    elif [ "${one%%:*}" -gt "$1" ]; then
      later=$one
      [ -z "$mine" ] || ! ends "$one" "$mine" || return 0
    fi
  done
  [ -n "$mine" ] || return 0
  # Of what was given up anybody may have had it meanwhile.
  [ -n "$later" ] && ! bars "$1"
}

# Whether the token is still ours.
mine() {
  own=$at/token-$token
  if is_ended "$token"; then
    tell
    refuse lost
  fi
  is_folder "$own" && [ -O "$own" ] && [ "$(first "$own/nonce" 64)" = "$nonce" ] && [ ! -e "$own/released" ] || refuse gone
}

case $op in
  look) tell ;;
  take)
    # The last of our own: others may have put theirs over it since.
    before=0
    for one in $tokens; do [ ! -O "$at/token-${one%%:*}" ] || before=${one%%:*}; done
    if [ "$before" != 0 ] && [ "$(first "$at/token-$before/nonce" 64)" = "$nonce" ]; then
      # Asked before: then the answer was lost.
      judge "$before"
      [ "$stands" != free ] || refuse gone
      tell_of "$before"
    else
      find_lock
      # A run that was taken over is its new owner's, and so is its lock.
      if bars "$lock"; then
        me=$(id -u)
        if [ -z "$run" ] || [ "$(first "$at/token-$lock/run" 64)" != "$run" ] ||
          { [ "$uid" != "$me" ] && [ "$me" != 0 ] && ! took_over "$run" "$me" "$uid"; }; then
          tell
          refuse held
        fi
      fi
      # Higher than any before, also when the folder was lost meanwhile.
      next=$((top + 1))
      [ "$now" -le "$next" ] || next=$now
      [ "$token" -le "$next" ] || next=$token
      # Whatever lies beside a token before it is taken, somebody put there so that nobody can have it.
      skipped=0
      while [ -e "$at/broken-$next" ] || [ -L "$at/broken-$next" ] || [ -e "$at/token-$next" ] || [ -L "$at/token-$next" ]; do
        skipped=$((skipped + 1))
        [ "$skipped" -le 2000 ] || refuse write "the login $(login_of "$at/broken-$next") has put thousands of folders there before their time: remove $at/broken-*"
        next=$((next + 1))
      done
      # What others would not believe is none: a second later they do.
      waits=0
      while [ "$next" -gt "$far" ]; do
        waits=$((waits + 1))
        [ "$waits" -le 5 ] || refuse write "the login $(login_of "$at/token-$top") has put $at/token-$top there, which is far ahead of the time: remove it"
        sleep 1
        far=$((far + 1))
      done
      own=$at/token-$next
      why=$(mkdir -- "$own" 2>&1) || refuse write "$why"
      if ! why=$({ cat >"$own/who" && printf %s "$run" >"$own/run" && printf %s "$nonce" >"$own/nonce" &&
        printf %s "$kind" >"$own/kind" && beat beat; } 2>&1); then
        rm -rf -- "$own"
        refuse write "$why"
      fi
      flush "$own/who" "$own/run" "$own/nonce" "$own/kind" "$own/beat" "$own" "$at"
      # What is long over, as far as it is ours.
      for old in "$at"/token-* "$at"/broken-*; do
        [ -O "$old" ] && is_folder "$old" && [ "$old" != "$own" ] || continue
        # What was broken stays so for as long as it lies there.
        case $old in "$at"/broken-*) [ ! -e "$at/token-${old##*/broken-}" ] || continue ;; esac
        [ -z "$(find "$old" -maxdepth 0 -mtime +30 2>/dev/null)" ] || rm -rf -- "$old"
      done
      tokens="$tokens $next:$(id -u)" top=$next
      judge "$next"
      if [ "$stands" = free ]; then
        tell
        refuse lost
      fi
      tell_of "$next"
    fi
    ;;
  renew | reserve)
    mine
    why=$(beat beat 2>&1) || refuse write "$why"
    if [ "$op" = reserve ]; then
      why=$({ : >"$own/reserved"; } 2>&1) || refuse write "$why"
      flush "$own/reserved" "$own"
    fi
    ;;
  release)
    mine
    why=$({ : >"$own/released"; } 2>&1) || refuse write "$why"
    flush "$own/released" "$own"
    ;;
  break)
    # Whatever bars, and what bars once that is over; and the last one, also where its holder is gone.
    find_lock
    stands=free
    for one in "$lock" $beside; do
      [ "${one%%:*}" != "$token" ] || judge "$token"
    done
    if [ "$stands" = free ]; then
      tell
      refuse lost
    fi
    rm -rf -- "$at/.broken-$nonce"
    why=$({ mkdir -- "$at/.broken-$nonce" && cat >"$at/.broken-$nonce/who"; } 2>&1) || {
      rm -rf -- "$at/.broken-$nonce"
      refuse write "$why"
    }
    flush "$at/.broken-$nonce/who"
    why=$(mv -- "$at/.broken-$nonce" "$at/broken-$token" 2>&1) || refuse write "$why"
    flush "$at"
    tell
    ;;
esac
say ok
say end
