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

taken() {
  set -- $(ls -ld -- "$at/owner-$top" 2>/dev/null)
  refuse taken "$top" "$3"
}

# Everything that a run's folder tells: of files that are files only, and no more than so much. sed ends what has no end
# of line, so that one file's last line is never the beginning of the next one's first.
tell() {
  now=$(date +%s)
  for owner in "$1"/owner-*; do
    number=${owner##*/owner-}
    case $number in '' | 0* | *[!0-9]* | ?????????*) continue ;; esac
    login=$(set -- $(ls -ld -- "$owner" 2>/dev/null); printf %s "$3")
    age=
    [ ! -f "$owner/alive" ] || age=$((now - $(date -r "$owner/alive" +%s || echo "$now")))
    say owner "$number" "${age:--}" "$login"
    is_folder "$owner" || continue
    find "$owner" -maxdepth 1 -type f -size -8193 -name '[0-9][0-9][0-9][0-9][0-9][0-9]' -exec sed '' {} + 2>/dev/null | head -c "$size"
  done
}

at=
if [ "$op" != list ]; then
  for place in "$state/mirror" /var/tmp; do
    if is_place "$place" && is_folder "$place/$name"; then
      at=$place/$name
      break
    fi
  done
fi

case $op in
  begin)
    why=
    if [ -z "$at" ]; then
      if [ "$(id -u)" = 0 ] && [ ! -e "$state/mirror" ] && [ ! -L "$state/mirror" ]; then
        mkdir -p "$state" 2>/dev/null
        is_open "$state" && mkdir -m 1777 "$state/mirror" 2>/dev/null
      fi
      for place in "$state/mirror" /var/tmp; do
        is_place "$place" && [ -w "$place" ] || continue
        if [ "$place" != /var/tmp ]; then is_open "$state" || continue; fi
        find "$place" -mindepth 3 -maxdepth 3 -path '*/quarterdeck-*/owner-*/ended' -type f -user "$(id -u)" -mtime +30 \
          2>/dev/null | while IFS= read -r old; do
          [ ! -O "${old%/owner-*}" ] || rm -rf -- "${old%/owner-*}"
        done
        why=$(mkdir -m 1777 -- "$place/$name" 2>&1) && at=$place/$name && break
      done
      [ -n "$at" ] || refuse write "${why:-neither $state/mirror nor /var/tmp takes anything}"
      flush "$place"
    fi
    [ -e "$at/owner-$token" ] || why=$(mkdir -- "$at/owner-$token" 2>&1) || refuse write "$why"
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
      if ! why=$({ printf %s "$nonce" >"$own/nonce" && : >"$own/alive"; } 2>&1); then
        rm -f -- "$own/nonce" "$own/alive"
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
      [ "$last" != ended ] || : >"$own/ended"
    fi
    why=$(touch -- "$own/alive" 2>&1) || [ "$op" != beat ] || refuse write "$why"
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
