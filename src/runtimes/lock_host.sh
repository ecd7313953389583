# What all scripts of the lock host share: how they answer, which folders they trust, where a folder of theirs lies, and
# how time passes there. POSIX sh.
umask 022
export LC_ALL=C TZ=UTC

say() { printf '\n%s %s\n' "$word" "$*"; }
refuse() { say no "$@"; say end; exit 0; }
flush() { sync -- "$@" 2>/dev/null || sync; }
is_folder() { [ -d "$1" ] && [ ! -L "$1" ]; }

# A folder in which anybody may make things, and nobody but root may take away what is not theirs.
is_place() {
  is_folder "$1" && [ -k "$1" ] || return 1
  set -- $(ls -ldn -- "$1" 2>/dev/null)
  [ "$3" = 0 ]
}

# A folder of root's that everybody may look into.
is_open() {
  is_folder "$1" || return 1
  set -- $(ls -ldn -- "$1" 2>/dev/null)
  case $1 in d????????[xt]*) [ "$3" = 0 ] ;; *) return 1 ;; esac
}

login_of() { (set -- $(ls -ld -- "$1" 2>/dev/null); printf %s "$3"); }

# A file's beginning, if it is a file.
first() { [ -f "$1" ] && [ ! -L "$1" ] && head -c "$2" -- "$1" 2>/dev/null; }

# Where the folder $name lies, in $at: below what is root's, else where anybody may put something; nothing where it is not.
find_it() {
  at=
  for place in "$state/mirror" /var/tmp; do
    if is_place "$place" && is_folder "$place/$name"; then
      at=$place/$name
      break
    fi
  done
}

# Makes it where it is missing; before that, `$1` is done in the place that takes it.
make_it() {
  [ -z "$at" ] || return 0
  why=
  if [ "$(id -u)" = 0 ] && [ ! -e "$state/mirror" ] && [ ! -L "$state/mirror" ]; then
    mkdir -p "$state" 2>/dev/null
    is_open "$state" && mkdir -m 1777 "$state/mirror" 2>/dev/null
  fi
  for place in "$state/mirror" /var/tmp; do
    is_place "$place" && [ -w "$place" ] || continue
    if [ "$place" != /var/tmp ]; then is_open "$state" || continue; fi
    ${1:-:} "$place"
    why=$(mkdir -m 1777 -- "$place/$name" 2>&1)
    # Somebody may have made it just now.
    is_folder "$place/$name" && at=$place/$name && break
  done
  [ -n "$at" ] || refuse write "${why:-neither $state/mirror nor /var/tmp takes anything}"
  flush "$place"
}

# Time is what has passed since the host was booted: no clock that somebody sets moves it. The clock itself ($now) only
# names things, and stands in where nobody has left a sign.
know_time() {
  uptime=$({ read -r up _ </proc/uptime && printf %s "${up%%.*}"; } 2>/dev/null)
  boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)
  now=$(date +%s)
  case $uptime in '' | *[!0-9]*) refuse write 'this host does not say how long it is up (/proc/uptime)' ;; esac
  [ -n "$boot" ] || refuse write 'this host does not say which boot this is (/proc/sys/kernel/random/boot_id)'
  case $now in '' | *[!0-9]*) refuse write 'this host does not say what time it is (date +%s)' ;; esac
}

# Leaves a sign of life in $own/$1: in the place of the one before, which needs no room on a disk that is full.
beat() {
  if [ -f "$own/$1" ] && [ ! -L "$own/$1" ]; then
    printf '%-12s%s\n' "$uptime" "$boot" 1<>"$own/$1"
  else
    printf '%-12s%s\n' "$uptime" "$boot" >"$own/.$1" && mv -f -- "$own/.$1" "$own/$1"
  fi
}

# For how many seconds nobody left the sign of life $1, in $silent: `boot` for one of an earlier boot, `-` for none.
silence_of() {
  silent=-
  mark=$(first "$1" 100)
  up=${mark%% *}
  case $up in '' | 0?* | *[!0-9]* | ????????????*) return ;; esac
  silent=boot
  [ "${mark##* }" = "$boot" ] || return
  if [ "$uptime" -ge "$up" ]; then
    silent=$((uptime - up))
  elif [ $((up - uptime)) -le 60 ]; then
    # Left since the time was asked.
    silent=0
  fi
}

# For how many seconds nothing in the folder $1 was changed, in $silent, as far as the clock tells that. A clock that was
# set meanwhile tells nothing: then it is as long as the host is up.
age_of() {
  changed=$(stat -c %Z -- "$1" 2>/dev/null)
  silent=$uptime
  case $changed in '' | *[!0-9]*) return ;; esac
  [ "$changed" -gt "$now" ] || [ $((now - changed)) -gt "$uptime" ] || silent=$((now - changed))
}

