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
far=$(find "$at" -mindepth 1 -maxdepth 1 -type d -name 'token-[1-9]*' -exec stat -c %Z -- {} + 2>/dev/null | sort -n | tail -n 1)
case $far in '' | *[!0-9]*) far=0 ;; esac
[ "$far" -ge "$now" ] || far=$now
far=$((far + 86400))
top=0
for place in "$at"/token-*; do
  number=${place##*/token-}
  case $number in '' | 0* | *[!0-9]* | ????????????????*) continue ;; esac
  is_folder "$place" && [ "$number" -le "$far" ] || continue
  [ "$number" -le "$top" ] || top=$number
done

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

# What is known of the highest token.
tell() {
  [ "$top" != 0 ] || return
  judge "$top"
  reserved=-
  [ ! -e "$at/token-$top/reserved" ] || reserved=reserved
  say token "$top" "$stands" "$silent" "$reserved" "$(first "$at/token-$top/kind" 10 | tr -cd a-z)" "$(login_of "$at/token-$top")"
  first "$at/token-$top/who" 4096
  if [ -d "$at/broken-$top" ]; then
    say broken "$top" "$(login_of "$at/broken-$top")"
    first "$at/broken-$top/who" 4096
  fi
}

# Whether the token is still ours.
mine() {
  own=$at/token-$token
  if [ "$top" != "$token" ] || [ -d "$at/broken-$token" ]; then
    tell
    refuse lost
  fi
  is_folder "$own" && [ -O "$own" ] && [ "$(first "$own/nonce" 64)" = "$nonce" ] && [ ! -e "$own/released" ] || refuse gone
}

case $op in
  look) tell ;;
  take)
    own=$at/token-$top
    if [ "$top" != 0 ] && [ -O "$own" ] && [ "$(first "$own/nonce" 64)" = "$nonce" ]; then
      # Asked before: then the answer was lost.
      judge "$top"
      [ "$stands" != free ] || refuse gone
    else
      judge "$top"
      case $stands in
        free | lapsed) ;;
        *)
          # A run that was taken over is its new owner's, and so is its lock.
          if [ -z "$run" ] || [ "$(first "$own/run" 64)" != "$run" ]; then
            tell
            refuse held
          fi
          ;;
      esac
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
        [ -z "$(find "$old" -maxdepth 0 -mtime +30 2>/dev/null)" ] || rm -rf -- "$old"
      done
      top=$next
      judge "$top"
      if [ "$stands" = free ]; then
        tell
        refuse lost
      fi
    fi
    tell
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
    judge "$top"
    if [ "$top" != "$token" ] || [ "$stands" = free ]; then
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
