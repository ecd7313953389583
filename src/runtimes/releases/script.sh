# What is done with the releases of an environment on its lock host. The word begins each line of ours: what lies in files
# can't guess it. A release is a file that is made once, under a name with its maker's number in it, and never changed.
op=$1 word=$2 state=$3 name=$4 file=$5 size=$6 nonce=$7 most=$8

at=
for place in "$state/mirror" /var/tmp; do
  if is_place "$place" && is_folder "$place/$name"; then
    at=$place/$name
    break
  fi
done

case $op in
  put)
    if [ -z "$at" ]; then
      why=
      if [ "$(id -u)" = 0 ] && [ ! -e "$state/mirror" ] && [ ! -L "$state/mirror" ]; then
        mkdir -p "$state" 2>/dev/null
        is_open "$state" && mkdir -m 1777 "$state/mirror" 2>/dev/null
      fi
      for place in "$state/mirror" /var/tmp; do
        is_place "$place" && [ -w "$place" ] || continue
        if [ "$place" != /var/tmp ]; then is_open "$state" || continue; fi
        why=$(mkdir -m 1777 -- "$place/$name" 2>&1)
        # Somebody may have made it just now.
        is_folder "$place/$name" && at=$place/$name && break
      done
      [ -n "$at" ] || refuse write "${why:-neither $state/mirror nor /var/tmp takes anything}"
      flush "$place"
    fi
    own=$at/$file.$(id -u)
    if [ -f "$own" ] && [ ! -L "$own" ] && [ -O "$own" ]; then
      # Put there before: the answer was lost, or it is told once more.
      say ok
      say end
      exit 0
    fi
    new=$at/.new-$nonce
    if ! why=$({ set -C && cat >"$new"; } 2>&1) || [ "$(wc -c <"$new")" -ne "$size" ]; then
      rm -f -- "$new"
      refuse write "${why:-less came than was sent}"
    fi
    flush "$new"
    # A link never takes the place of what is there.
    why=$(ln -- "$new" "$own" 2>&1)
    rm -f -- "$new"
    [ -f "$own" ] && [ ! -L "$own" ] && [ -O "$own" ] || refuse write "${why:-somebody else has put something there}"
    flush "$at"
    ;;
  list)
    count=0
    for place in "$state/mirror" /var/tmp; do
      is_place "$place" && is_folder "$place/$name" || continue
      # The newest first: names begin with the run, and runs with their time.
      for file in $(cd -- "$place/$name" 2>/dev/null && ls -r 2>/dev/null | grep -E '^[0-9a-f-]{36}[.](release|[0-9a-f]{8,64}[.]examined)[.][0-9]{1,10}$' | head -n $((most + 1))); do
        own=$place/$name/$file
        [ -f "$own" ] && [ ! -L "$own" ] || continue
        # Whose it is stands in its name too: nobody writes in the place of another.
        uid=$(set -- $(ls -ldn -- "$own" 2>/dev/null); printf %s "$3")
        [ "$uid" = "${file##*.}" ] || continue
        count=$((count + 1))
        if [ "$count" -gt "$most" ]; then
          say more
          break 2
        fi
        say file "$file" "$(set -- $(ls -ld -- "$own" 2>/dev/null); printf %s "$3")"
        head -c $((size + 1)) -- "$own" 2>/dev/null
      done
    done
    ;;
esac
say ok
say end
