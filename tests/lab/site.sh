# Writes the site file by which the console opens on a lab. Sourced by `up`, which has
# planned the hosts and their services.
# shellcheck shell=bash

# Arguments as a TOML list of strings.
toml_list() {
  local word out=''
  for word in "$@"; do out="$out${out:+, }\"$word\""; done
  printf '[%s]' "$out"
}

# One environment: its name, what it adds to the alias of each host before and after
# it, and how a change becomes root there.
site_environment() {
  local name=$1 before=$2 after=$3 root=$4 host
  printf '\n[environments.%s]\ncolour = "green"\nlock_host = "%s"\nstate_directory = "%s"\n' \
    "$name" "${names[0]}" /var/lib/quarterdeck
  printf '\n[environments.%s.hosts]\n' "$name"
  for host in "${names[@]}"; do
    printf '%s = { ssh = "%s", become = "%s" }\n' "$host" "$before$host$after" "$root"
  done
}

# Rows of "unit hosts port tier needs" on stdin, the site file on stdout.
site_file() {
  local unit on port tier needs service
  local -a rows=() tiers=()
  mapfile -t rows
  while read -r _ _ _ tier _; do
    case " ${tiers[*]} " in *" $tier "*) ;; *) tiers+=("$tier") ;; esac
  done < <(printf '%s\n' "${rows[@]}")
  printf '# Written by tests/lab/up for the lab "%s": the same hosts, entered in five ways.\n\n' "$LAB"
  printf 'title = "The lab %s"\ntiers = %s\n' "$LAB" "$(toml_list "${tiers[@]}")"
  printf '\n[defaults.probe]\ninterval = "10s"\ntimeout = "4s"\nrise = 1\nfall = 2\n'
  site_environment lab '' '' root
  site_environment ops '' -ops sudo
  site_environment oper '' -oper sudo
  site_environment plain '' -plain never
  site_environment jump via- '' root
  while read -r unit on port tier needs; do
    service=${unit#pakashop-}
    printf '\n[services.%s]\nunits = "%s.service"\ntier = "%s"\nhosts = %s\n' \
      "$service" "$unit" "$tier" "$(IFS=,; toml_list $on)"
    if [ "$needs" != - ]; then
      needs=${needs//pakashop-/}
      printf 'depends_on = %s\n' "$(IFS=,; toml_list $needs)"
    fi
    if [ "$service" != "$unit" ]; then
      printf 'version = %s\n' "$(toml_list cat "/opt/pakashop/services/$service/VERSION")"
    fi
    printf 'probes.live = { http = "http://localhost:%s/health", status = 200, json = { status = "ok", service = "%s" } }\n' "$port" "$unit"
    printf 'probes.ready = { http = "http://localhost:%s/health/ready", status = 200, json = { status = "ready" }, latency = "2s" }\n' "$port"
  done < <(printf '%s\n' "${rows[@]}")
}
