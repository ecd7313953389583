# What is done on the lock host. The word begins each line of ours: what lies in files can't guess it.
op=$1 word=$2 state=$3 name=$4 token=$5 n=$6 size=$7 nonce=$8 last=$9

# The highest token for which somebody has made anything at all.
highest() {
  top=0
  for owner in "$1"/owner-*; do
    number=${owner##*/owner-}
    case $number in '' | 0* | *[!0-9]* | ?????????*) continue ;; esac
    [ -e "$owner" ] || [ -L "$owner" ] || continue
    [ "$number" -le "$top" ] || top=$number
  done
}

taken() { refuse taken "$top" "$(login_of "$at/owner-$top")"; }

# For how many seconds nobody was heard who has the place $1, in $silent. Who died before the first sign of life was heard
# when the place was changed last; and whoever was heard before the host was booted is not heard for as long as it is up.
heard() {
  silent=-
  ! is_folder "$1" || silence_of "$1/alive"
  [ "$silent" != - ] || age_of "$1"
  [ "$silent" != boot ] || silent=$uptime
}

# What is long over, in the place $1, as far as it is ours.
forget() {
  find "$1" -mindepth 3 -maxdepth 3 -path '*/quarterdeck-*/owner-*/ended' -type f -user "$(id -u)" -mtime +30 \
    2>/dev/null | while IFS= read -r old; do
    [ ! -O "${old%/owner-*}" ] || rm -rf -- "${old%/owner-*}"
  done
}

# Everything that a run's folder tells: of files that are files only, and no more than so much. sed ends what has no end
# of line, so that one file's last line is never the beginning of the next one's first.
tell() {
  for owner in "$1"/owner-*; do
    number=${owner##*/owner-}
    case $number in '' | 0* | *[!0-9]* | ?????????*) continue ;; esac
    heard "$owner"
    say owner "$number" "$silent" "$(login_of "$owner")"
    is_folder "$owner" || continue
    find "$owner" -maxdepth 1 -type f -size -8193 -name '[0-9][0-9][0-9][0-9][0-9][0-9]' -exec sed '' {} + 2>/dev/null | head -c "$size"
  done
}

know_time
at=
case $op in list | these) ;; *) find_it ;; esac

case $op in
  begin)
    make_it forget
    own=$at/owner-$token
    if [ ! -e "$own" ]; then
      why=$(mkdir -- "$own" 2>&1) || refuse write "$why"
      # Before anything else: a run of which nobody has left a sign looks as if somebody were still at it.
      why=$(beat alive 2>&1) || refuse write "$why"
    fi
    ;;
  adopt)
    [ -n "$at" ] || refuse gone
    highest "$at"
    own=$at/owner-$token
    if [ "$top" = "$token" ]; then
      # Made before, perhaps by us: then the answer was lost.
      is_folder "$own" && [ -O "$own" ] && [ -f "$own/nonce" ] && [ "$(head -c 64 "$own/nonce")" = "$nonce" ] || taken
    else
      [ "$top" = "$n" ] || taken
      if ! why=$(mkdir -- "$own" 2>&1); then
        highest "$at"
        [ "$top" = "$n" ] || taken
        refuse write "$why"
      fi
      if ! why=$({ printf %s "$nonce" >"$own/nonce" && beat alive; } 2>&1); then
        rm -f -- "$own/nonce" "$own/alive" "$own/.alive"
        rmdir -- "$own"
        refuse write "$why"
      fi
      flush "$own/nonce" "$own" "$at"
    fi
    ;;
esac

case $op in
  begin | append | beat)
    [ -n "$at" ] || refuse gone
    own=$at/owner-$token
    highest "$at"
    [ "$top" -le "$token" ] || taken
    is_folder "$own" && [ -O "$own" ] || refuse gone
    if [ "$op" != beat ]; then
      file=$own/$(printf %06d "$n")
      if [ ! -f "$file" ]; then
        [ "$n" = 1 ] || [ -f "$own/$(printf %06d $((n - 1)))" ] || refuse gap
        if ! why=$({ cat >"$own/.new"; } 2>&1) || [ "$(wc -c <"$own/.new")" -ne "$size" ]; then
          rm -f -- "$own/.new"
          refuse write "${why:-less came than was sent}"
        fi
        flush "$own/.new"
        why=$(mv -f -- "$own/.new" "$file" 2>&1) || refuse write "$why"
        flush "$own"
      fi
      [ "$last" != ended ] || true >"$own/ended"
    fi
    why=$(beat alive 2>&1) || [ "$op" != beat ] || refuse write "$why"
    # Whoever takes it over makes its place first and reads then: it has read what was written before we look here.
    highest "$at"
    [ "$top" -le "$token" ] || taken
    say ok
    ;;
  adopt | read)
    [ -n "$at" ] || refuse gone
    say run "${name##*.}"
    tell "$at"
    say ok
    ;;
  these)
    base=$name
    for id in $nonce; do
      name=$base.$id
      find_it
      [ -n "$at" ] || continue
      say run "$id"
      tell "$at"
    done
    say ok
    ;;
  list)
    count=0
    for place in "$state/mirror" /var/tmp; do
      is_place "$place" || continue
      for at in "$place/$name".*; do
        id=${at##*/"$name".}
        case $id in ????????-????-????-????-????????????) ;; *) continue ;; esac
        is_folder "$at" || continue
        highest "$at"
        [ "$top" -gt 0 ] && [ ! -e "$at/owner-$top/ended" ] || continue
        count=$((count + 1))
        if [ "$count" -gt 64 ]; then
          say more
          break 2
        fi
        say run "$id"
        tell "$at"
      done
    done
    say ok
    ;;
esac
say end
