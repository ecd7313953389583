# What all scripts of the lock host share: how they answer, and which folders they trust. POSIX sh.
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

