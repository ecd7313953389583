# What is done with the releases of an environment on its lock host. The word begins each line of ours: what lies in files
# can't guess it. A release is a file that is made once, under a name with its maker's number in it, and never changed.
op=$1 word=$2 state=$3 name=$4 file=$5 size=$6 nonce=$7 most=$8 few=$9 of=$5

# Of a file its login's number, since when it lies there, and the login: nobody can make it lie there longer.
meta_of() {
  stat -c '%u %Z %U' -- "$1" 2>/dev/null && return
  printf '%s - %s' "$(set -- $(ls -ldn -- "$1" 2>/dev/null); printf %s "$3")" "$(login_of "$1")"
}

# Whether a place was found to be one.
is_good() { case $1 in /var/tmp) [ -n "$anybodys" ] ;; *) [ -n "$roots" ] ;; esac }

# Whether whoever made the place $2 of the run $1 has told of it under the token $3: a word that is whole and of the login to
# which the place belongs. A place without one is nobody's, whoever made it.
has_told() {
  begun=$2/000001
  is_folder "$2" && [ -f "$begun" ] && [ ! -L "$begun" ] && [ -n "$(find "$begun" -size -8193 2>/dev/null)" ] || return 1
  [ "$(set -- $(ls -ldn -- "$2"); printf %s "$3")" = "$(set -- $(ls -ldn -- "$begun"); printf %s "$3")" ] || return 1
  case $(head -c 120 -- "$begun" 2>/dev/null) in "{\"run\":\"$1\",\"token\":$3,\"n\":1,"*) ;; *) return 1 ;; esac
  [ "$(tail -c 2 -- "$begun" 2>/dev/null)" = '}' ] && grep -q '"whole":{' -- "$begun" 2>/dev/null
}

# Tells to whom the run $1 belongs: to the login from whose place it was ended, else to whoever took it over last and told
# of it; and since when its mirror lies there. Nothing where that is gone. A place counts in its turn only: not when one with
# a higher number lay there before it. Of no login more than so many are looked at, so that none hides others.
tell_owner() {
  for mirror in "$state/mirror" /var/tmp; do
    folder=$mirror/${name%.releases}.$1 top= end= lain=
    is_good "$mirror" && is_folder "$folder" || continue
    for number in $(cd -- "$folder" 2>/dev/null && ls -lnq 2>/dev/null |
      awk '/^d/ && $NF ~ /^owner-[1-9][0-9]*$/ && length($NF) < 15 { print substr($NF, 7) " " $3 }' | sort -rn |
      awk 'had[$2]++ < 64 { print $1 }'); do
      owner=$folder/owner-$number
      has_told "$1" "$owner" "$number" || continue
      since=$(stat -c %Z -- "$owner/000001" 2>/dev/null)
      [ -z "$lain" ] || [ "${since:-0}" -le "$lain" ] || continue
      lain=${since:-0} top=${top:-$owner}
      [ ! -f "$owner/ended" ] || [ -L "$owner/ended" ] || end=$owner
    done
    [ -n "$top" ] || continue
    set -- "$1" $(meta_of "${end:-$top}")
    [ "$lain" -gt 0 ] || lain=-
    say owner "$1" "$lain" "$2" "$4"
    return
  done
}

case $op in
  put)
    find_it
    make_it
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
    count=0 before= over= roots= anybodys=
    ! is_place "$state/mirror" || roots=yes
    ! is_place /var/tmp || anybodys=yes
    say own "$(id -u)"
    for place in "$state/mirror" /var/tmp; do
      is_good "$place" && is_folder "$place/$name" || continue
      # The newest first: names begin with the run, and runs with their time. All of them, or those of one run. Of no login
      # more than so many, so that none can hide what others have put there.
      for file in $(cd -- "$place/$name" 2>/dev/null && ls -lnqr 2>/dev/null | awk '/^-/ { of = $NF; sub(/.*[.]/, "", of); if (of == $3) print $3 " " $NF }' | grep "^[0-9]* $of" |
        grep -E '^[0-9]+ [0-9a-f-]{36}[.](release|[0-9a-f]{8,64}[.](examined|approval|followed))[.][0-9]{1,10}$' |
        awk -v few="$few" 'had[$1]++ < few { print $2; next } { over = 1 } END { if (over) print "over" }'); do
        if [ "$file" = over ]; then
          over=yes
          continue
        fi
        uid=${file##*.}
        eval "had=\${had_$uid:-0}"
        if [ "$had" -ge "$few" ]; then
          over=yes
          continue
        fi
        own=$place/$name/$file
        [ -f "$own" ] && [ ! -L "$own" ] || continue
        # Whose it is stands in its name too: nobody writes in the place of another.
        set -- $(meta_of "$own")
        [ "$1" = "$uid" ] || continue
        eval "had_$uid=$((had + 1))"
        count=$((count + 1))
        if [ "$count" -gt "$most" ]; then
          say more
          break 2
        fi
        run=${file%%.*}
        case $name in *.releases)
          [ "$run" = "$before" ] || tell_owner "$run"
          before=$run
          ;;
        esac
        case $3 in '' | UNKNOWN) login=$1 ;; *) login=$3 ;; esac
        say file "$file" "$2" "$login"
        head -c $((size + 1)) -- "$own" 2>/dev/null
      done
    done
    [ -z "$over" ] || say more
    ;;
esac
say ok
say end
