//! Where a shell evaluates what a variable holds: bash runs the `$(…)` of `a[$(…)]` wherever it takes a value for a
//! number or an index. There is no way to quote against that, so such a value is not handed to such a text.

use super::insert::is_tame;
use super::reread::scripted;
use super::scan::scan;

/// What has bash take values for numbers, names or indices.
const EVALUATING: [&str; 5] = ["((", "[[", "$[", "@P", "${!"];
/// Commands and options behind which it does.
const COMMANDS: [&str; 14] = [
    "let",
    "declare",
    "typeset",
    "local",
    "readonly",
    "export",
    "unset",
    "read",
    "mapfile",
    "readarray",
    "getopts",
    "wait",
    "-v",
    "-R",
];

/// Whether this text may have the shell run something that this value of this variable holds.
pub fn may_be_run(text: &str, name: &str, value: &[u8]) -> bool {
    let find = |wanted: &[u8], from: usize| {
        value.get(from..).is_some_and(|rest| rest.windows(wanted.len()).any(|at| at == wanted))
    };
    let runs = |from: usize| find(b"$(", from) || find(b"`", from) || find(b"${", from);
    let indexed = value.iter().position(|byte| *byte == b'[').is_some_and(runs);
    if (indexed && evaluates(text)) || (text.contains("@P") && runs(0)) {
        return true;
    }
    let tame = value.is_empty() || std::str::from_utf8(value).is_ok_and(is_tame);
    !tame && scripted(text, &scan(text)).contains(name)
}

fn evaluates(text: &str) -> bool {
    let index = |pair: &[u8]| matches!(pair, [before, b'['] if before.is_ascii_alphanumeric() || *before == b'_');
    let words = || text.split(|c: char| c.is_whitespace() || "\"'`;|&(){}".contains(c));
    EVALUATING.iter().any(|word| text.contains(word))
        || text.as_bytes().windows(2).any(index)
        || words().any(|word| COMMANDS.contains(&word))
        || cuts(text)
}

/// Whether a part of a variable is taken by numbers: `${x:$n}`, `${x:1:n}`.
fn cuts(text: &str) -> bool {
    text.match_indices("${").any(|(at, _)| {
        let rest = text.get(at + 2..).unwrap_or_default();
        let name = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "_@*#?".contains(c));
        name.strip_prefix(':').is_some_and(|rest| !rest.starts_with(['-', '=', '+', '?']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_bash_would_run_is_kept_from_where_it_would() {
        let hostile: [&[u8]; 3] = [b"a[$(touch f)]", b"x[`id`]", b"1+a[${b:=$(id)}]"];
        let texts = [
            "if [[ $n -gt 5 ]]; then :; fi",
            "echo $((n + 1))",
            "(( n ))",
            "let n",
            "echo ${list[$n]}",
            "test -v \"$n\"",
            "[ -v \"$n\" ]",
            "echo \"${x:$n}\"",
            "echo \"${x:1:n}\"",
            "echo \"${!n}\"",
            "read -r \"$n\" < f",
            "printf  -v \"$n\" 1",
            "mapfile\t\"$n\" < f",
        ];
        for value in hostile {
            for text in texts {
                assert!(may_be_run(text, "n", value), "{text} with {}", String::from_utf8_lossy(value));
            }
            assert!(
                !may_be_run("printf '%s\\n' \"$n\"; [ \"$n\" = x ]", "n", value),
                "shown and compared it is only data"
            );
        }
        for value in [&b"5"[..], b"[info] done", b"$(id)", b"`id`", b"a[1]", b"]$("] {
            assert!(!may_be_run("echo $((n + 1)); [[ $n -gt 5 ]]", "n", value), "{}", String::from_utf8_lossy(value));
        }
        assert!(may_be_run("echo \"${n@P}\"", "n", b"$(id)"), "a prompt is expanded");
    }

    #[test]
    fn a_value_that_becomes_a_part_of_a_script_must_be_tame() {
        let texts = [
            "sh -c \"echo $n\"",
            "eval \"echo $n\"",
            "ssh web-1 \"echo $n\"",
            "/usr/bin/python3.11 -c \"print('$n')\"",
            "sed \"s/x/$n/\" f",
            "psql shop -c \"select '$n'\"",
            "psql shop <<EOF\nselect '$n';\nEOF\n",
            "cat <<EOF |\necho $n\nEOF\nsh\n",
            ". /dev/stdin <<EOF\necho $n\nEOF\n",
            "while read -r line; do eval \"$line\"; done <<EOF\necho $n\nEOF\n",
            "all=\"echo $n\"\nmore=\"$all; date\"; sh -c \"$more\"",
            "for one in $n; do ssh web-1 \"rm $one\"; done",
            "said=$(printf %s \"$n\"); eval \"$said\"",
        ];
        for text in texts {
            for value in [&b"; id"[..], b"$(id)", b"x'; drop table users; --", b"a b"] {
                assert!(may_be_run(text, "n", value), "{text} with {}", String::from_utf8_lossy(value));
            }
            assert!(!may_be_run(text, "n", b"v1.2.3-rc.1"), "{text}");
            assert!(!may_be_run(text, "other", b"; id"), "{text}");
        }
        let harmless = [
            "printf '%s\\n' \"$n\"",
            "PGPASSWORD=\"$n\" psql shop -c 'select 1'",
            "psql shop -v name=\"$n\" -f report.sql",
            "find . -name \"$n\"",
            "printf '%s' \"$n\" | ssh web-1 cat",
            "sh -c 'date'; echo \"$n\"",
            "cat > note <<EOF\n$n\nEOF\nssh web-1 uptime",
        ];
        for text in harmless {
            assert!(!may_be_run(text, "n", b"; id"), "{text}");
        }
    }

    #[test]
    fn bash_does_run_what_is_kept_from_it() {
        let said = |value: &str| {
            let shell =
                std::process::Command::new("bash").args(["-c", "n=$1; [[ $n -gt 5 ]]; true", "bash", value]).output();
            shell.map(|said| String::from_utf8_lossy(&said.stderr).into_owned()).unwrap_or_default()
        };
        assert_eq!(said("a[$(echo ran >&2)0]").trim(), "ran", "the reason for all this");
        assert_eq!(said("7"), "");
    }
}
