//! Whatever stands in a variable, no shell runs it: either the text is known to read it again, or it does not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::process::{Command, Stdio};

use super::*;
use crate::domain::InputName;
use crate::runtimes::shell_text::preamble;

/// Texts that run a part of what `n` holds, if it is made for that.
const AGAIN: &[&str] = &[
    "sh -c \"echo $n\"",
    "eval \"echo $n\"",
    "eval echo '$n'",
    "x=abc; echo \"${x:$n}\"",
    "x=abc; echo \"${x:0:n}\"",
    "echo \"${!n}\"",
    "[ -v \"$n\" ]; true",
    "test  -v\t\"$n\"; true",
    "[[ -v $n ]]; true",
    "read -r \"$n\" < /dev/null; true",
    "printf  -v \"$n\" x; true",
    "printf -v\"$n\" x; true",
    "mapfile \"$n\" < /dev/null; true",
    "unset \"$n\"; true",
    "let \"m = $n\"",
    "let\tn",
    "echo $((n + 1))",
    "echo $(( $n + 1 ))",
    "(( n > 1 )); true",
    "[[ $n -gt 5 ]]; true",
    "[[ n -eq 5 ]]; true",
    "a=(1 2); echo \"${a[$n]}\"",
    "a=(1 2); echo \"${a[n]}\"",
    "a[$n]=1; true",
    "declare -i m=$n",
    "declare \"$n=1\"; true",
    "echo \"${n@P}\"",
    "echo $[n]",
    "m=$n; eval \"$m\"",
    "m=\"a $n\"; k=$m; sh -c \"$k\"",
    "f() { eval \"$1\"; }; f \"$n\"",
    "set -- \"$n\"; eval \"$1\"",
    "for i in \"$n\"; do eval \"$i\"; done",
    "echo \"$n\" | sh",
    "echo \"$n\" | while read -r x; do eval \"$x\"; done",
    "{ echo \"$n\"; } | sh",
    "echo \"$n\" |\n  sh",
    "sh <<EOF\necho $n\nEOF",
    "cat <<EOF |\necho $n\nEOF\nsh",
    ". /dev/stdin <<EOF\necho $n\nEOF",
    "bash <<< \"$n\"",
    "bash <(echo \"$n\")",
    "source <(echo \"$n\")",
    "sh -c 'eval \"$1\"' sh \"$n\"",
    "export n; sh -c 'eval \"$n\"'",
    "export n; sh <<'EOF'\neval \"$n\"\nEOF",
    "m=$(echo \"$n\"); eval \"$m\"",
    "trap \"$n\" EXIT",
    "$n",
    "env $n",
    "sudo() { \"$@\"; }; exec $n",
    "awk \"BEGIN { $n }\"",
    "sed \"$n\" /dev/null; sed -e \"1$n\" /etc/hostname",
    "find /dev/null -exec sh -c \"echo $n\" ';'",
    "python3 -c \"print('$n')\"",
    "compgen -W \"$n\"; true",
    "PS4=\"$n\"; set -x; true",
    "a+=(\"$n\"); eval \"${a[0]}\"",
    ": \"${m:=$n}\"; eval \"$m\"",
];

/// Texts whose programs may not be here; what they would do is known.
const ELSEWHERE: &[&str] = &[
    "ssh web-1 \"echo $n\"",
    "/usr/bin/python3.11 -c \"print('$n')\"",
    "psql shop -c \"select '$n'\"",
    "psql shop <<EOF\nselect '$n';\nEOF\n",
    "echo \"select '$n'\" | psql shop",
    "while read -r line; do eval \"$line\"; done <<EOF\necho $n\nEOF\n",
    "for one in $n; do ssh web-1 \"rm $one\"; done",
    "\"$SHELL\" -c \"echo $n\"",
    "echo \"$n\" | ssh web-1 sh",
    "echo \"$n\" | ssh web-1",
];

/// Texts whose programs may not be here, and to which it is data.
const ONCE_ELSEWHERE: &[&str] = &[
    "PGPASSWORD=\"$n\" psql shop -c 'select 1'",
    "psql shop -v name=\"$n\" -f report.sql",
    "printf '%s' \"$n\" | ssh web-1 cat",
    "cat > note <<EOF\n$n\nEOF\nssh web-1 uptime",
];

/// Texts to which it is data.
const ONCE: &[&str] = &[
    "printf '%s\\n' \"$n\"",
    "[ \"$n\" = x ] || true",
    "[ \"$n\" != 5 ] && true",
    "[[ $n == prod* ]]; true",
    "case $n in a) : ;; esac",
    "sh -c 'printf %s \"$1\"' sh \"$n\"",
    "m=$n; printf '%s' \"$m\"",
    "cat <<EOF\n$n\nEOF",
    "echo \"$n\" | cat",
    "echo \"$n\" | awk '{ print $1 }'",
    "awk -v x=\"$n\" 'BEGIN { print x }'",
    "echo \"${n:-none} ${n#a} ${n%%b} ${#n}\"",
    "printf '%s' \"$n\" | sha256sum",
    "export n; env > /dev/null",
    "for i in $n; do echo \"$i\"; done",
    "f() { echo \"$1\"; }; f \"$n\"",
    "echo \"a[$n]\" > /dev/null || true",
    "test -n \"$n\"",
    "echo look at \"$n\" . in time",
    "find . -name \"$n\"",
    "sh -c 'date'; echo \"$n\"",
    "cat > note <<EOF\n$n\nEOF\ntest -f note",
    "echo \"it reads sh and eval, but $n is data\"",
];

fn hostile(mark: &std::path::Path) -> Vec<String> {
    let all = [
        "$(: > MARK)",
        "a[$(: > MARK;echo 0)]",
        "x[`: > MARK`]",
        "; : > MARK ; #",
        "\n: > MARK\n",
        "'; : > MARK; '",
        "\"; : > MARK; \"",
        "touch MARK",
        "');__import__('os').system('touch MARK');('",
        "system(\"touch MARK\")",
        "1e touch MARK",
        "e touch MARK",
    ];
    all.iter().map(|value| value.replace("MARK", &mark.display().to_string())).collect()
}

/// Whether a shell ran a part of one of these values.
fn runs(text: &str, shell: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("mark");
    let name = InputName::new("n").unwrap();
    hostile(&mark).iter().any(|value| {
        let mut script = preamble([(&name, value.as_bytes())]).unwrap();
        script.extend_from_slice(text.as_bytes());
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&script).unwrap();
        let mut child = Command::new("timeout");
        child.args(["5", shell]).arg(file.path()).current_dir(folder.path());
        child.env_clear().env("PATH", "/usr/bin:/bin").stdin(Stdio::null()).output().unwrap();
        let ran = mark.exists();
        let _ = std::fs::remove_file(&mark);
        ran
    })
}

#[test]
fn f8_what_reads_a_variable_once_more_is_known() {
    let missed: Vec<&&str> = AGAIN.iter().chain(ELSEWHERE).filter(|text| !evaluates(text, "n")).collect();
    assert!(missed.is_empty(), "{missed:#?}");
    let wrong: Vec<&&str> = ONCE.iter().chain(ONCE_ELSEWHERE).filter(|text| evaluates(text, "n")).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(!evaluates("eval \"$m\"", "n"), "it is another's");
}

#[test]
fn f8_real_shells_run_nothing_of_a_value_that_is_let_through() {
    for shell in ["/bin/sh", "/bin/bash", "/bin/dash"] {
        for text in ONCE {
            assert!(!runs(text, shell), "{shell}: {text}");
        }
    }
    // The reason for all this: most of these do run it.
    let dangerous = AGAIN.iter().filter(|text| runs(text, "/bin/bash")).count();
    assert!(dangerous > 40, "{dangerous} of {}", AGAIN.len());
}

#[test]
fn only_what_means_nothing_anywhere_is_harmless() {
    for value in ["", "1", "2.4.1", "app-1", "/srv/app", "a@b:c%d+e_f"] {
        assert!(is_harmless(value.as_bytes()), "{value}");
    }
    for value in ["a b", "$(id)", "a[0]", ";", "\n", "'", "a=b", "é", "*", "~"] {
        assert!(!is_harmless(value.as_bytes()), "{value}");
    }
}
