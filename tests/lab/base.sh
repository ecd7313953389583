# Installs what the lab needs on this machine and makes the root file system all
# hosts start from. Sourced after lib.sh.
# shellcheck shell=bash

LAB_TOOLS=(systemd-nspawn:systemd-container debootstrap:debootstrap ssh-keygen:openssh-client
  ssh:openssh-client ip:iproute2 tc:iproute2 iptables:iptables nsenter:util-linux
  setpriv:util-linux flock:util-linux)

# Installs the missing tools with apt-get, or says why it may not.
install_tools() {
  local pair
  local -a packages=()
  for pair in "${LAB_TOOLS[@]}"; do
    command -v "${pair%%:*}" >/dev/null || packages+=("${pair##*:}")
  done
  [ "${#packages[@]}" -gt 0 ] || return 0
  command -v apt-get >/dev/null ||
    may_not "these are missing and there is no apt-get to install them with: ${packages[*]}"
  say "lab: installing ${packages[*]}"
  {
    apt-get -qq update || say "lab: apt-get update failed, going on with the lists at hand"
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${packages[@]}"
  } >/dev/null </dev/null || die "apt-get could not install ${packages[*]}"
}

# Says so, with status 77, where the kernel does not let us make hosts.
check_powers() {
  unshare -m --propagation private true 2>/dev/null ||
    may_not "this root may not make mount namespaces (a container without CAP_SYS_ADMIN?)"
  unshare -n true 2>/dev/null || may_not "this root may not make network namespaces"
  [ -n "$(hierarchies)" ] || may_not "no control group hierarchy is writable here"
  # In a network of its own, so that nothing is left if we are killed here.
  unshare -n ip link add "$1" type bridge 2>/dev/null || may_not "this root may not make a network bridge"
}

digest_of() { cat "$@" | sha256sum | cut -c1-12; }

# The mirror this machine itself uses for bookworm, or nothing.
mirror() {
  if [ -n "${QD_LAB_MIRROR:-}" ]; then printf '%s\n' "$QD_LAB_MIRROR"; return; fi
  cat /etc/apt/sources.list.d/*.sources 2>/dev/null | awk '
    BEGIN { RS = ""; FS = "\n" }
    { uri = ""; suits = 0
      for (i = 1; i <= NF; i++) {
        if ($i ~ /^URIs:/) { split($i, w, /[ \t]+/); uri = w[2] }
        if ($i ~ /^Suites:.*[ \t]bookworm([ \t]|$)/) suits = 1 }
      if (suits && uri ~ /^https?:\/\/.*debian\/?$/) { print uri; exit } }'
}

# Makes the base if there is none for this recipe, and sets BASE. Everything is built
# beside its final place and renamed, in a process and mount namespace of its own, so
# that a build killed at any moment leaves neither mounts nor half a base.
make_base() {
  local debian made
  debian=$LAB_CACHE/debian-$(digest_of "$LAB_HOME/base/packages")
  # shellcheck disable=SC2046
  BASE=$LAB_CACHE/base-$(digest_of $(find "$LAB_HOME/base" -type f | LC_ALL=C sort))
  if [ -d "$BASE" ]; then touch "$BASE"; return; fi
  mkdir -p "$LAB_CACHE"
  exec 8>"$LAB_CACHE/lock"
  flock 8
  rm -rf --one-file-system "$LAB_CACHE"/*.new
  if [ ! -d "$debian" ]; then
    say "lab: making a Debian for the hosts (about a minute, once; kept in $LAB_CACHE)"
    made=$debian.new
    # shellcheck disable=SC2046
    contained debootstrap --variant=minbase \
      --include="$(paste -sd, "$LAB_HOME/base/packages")" bookworm "$made" $(mirror) \
      >"$LAB_CACHE/debootstrap.log" 2>&1 8>&- </dev/null ||
      die "debootstrap failed, the end of $LAB_CACHE/debootstrap.log: $(tail -n 3 "$LAB_CACHE/debootstrap.log")"
    sync -f "$made"
    mv -T "$made" "$debian"
  fi
  if [ ! -d "$BASE" ]; then
    say "lab: making the base of the hosts"
    made=$BASE.new
    contained sh -c 'cp -a --reflink=auto "$1" "$2" && "$3" "$2"' sh "$debian" "$made" "$LAB_HOME/base/customise" \
      >"$LAB_CACHE/customise.log" 2>&1 8>&- </dev/null ||
      die "the base could not be made, the end of $LAB_CACHE/customise.log: $(tail -n 3 "$LAB_CACHE/customise.log")"
    mv -T "$made" "$BASE"
  fi
  forget_old_bases "$debian"
  exec 8>&-
}

# Runs a command such that it and all its children die with this script.
contained() {
  setpriv --pdeathsig KILL unshare -m --propagation private -p -f --kill-child --mount-proc -- "$@"
}

# Removes bases that no lab runs on: of recipes that changed after two hours, any
# after a week without use.
forget_old_bases() {
  local at
  {
    find "$LAB_CACHE" -mindepth 1 -maxdepth 1 -name 'base-*' -mmin +120
    find "$LAB_CACHE" -mindepth 1 -maxdepth 1 -name 'debian-*' -mtime +7
  } | while read -r at; do
    if [ "$at" = "$BASE" ] || [ "$at" = "$1" ] || grep -qsxF "$at" "$LAB_RUN"/*/base; then continue; fi
    rm -rf --one-file-system "$at"
  done
}
