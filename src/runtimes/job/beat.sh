# Gives the dead-man timer that a job is a sign of life: a word that is new each time. Behind common.sh, with qd_word.
if qd_find; then
  { printf '%s\n' "$qd_word" >"$qd_dir/beat.new" && mv -f "$qd_dir/beat.new" "$qd_dir/beat"; } 2>/dev/null
fi
qd_tell
