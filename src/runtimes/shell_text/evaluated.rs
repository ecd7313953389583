//! Where a shell evaluates what a variable holds: bash runs the `$(…)` of `a[$(…)]` wherever it takes a value for a
//! number or an index. There is no way to quote against that, so such a value is not handed to such a text.

/// Words behind which bash takes values for numbers, names or indices.
const EVALUATING: [&str; 12] =
    ["((", "[[", "$[", "@P", "let ", "let\t", "declare", "typeset", "local -", "unset ", "printf -v", "test -v"];

/// Whether this text may have the shell run something that this value holds.
pub fn may_be_run(text: &str, value: &[u8]) -> bool {
    let find = |wanted: &[u8], from: usize| {
        value.get(from..).is_some_and(|rest| rest.windows(wanted.len()).any(|at| at == wanted))
    };
    let runs = |from: usize| find(b"$(", from) || find(b"`", from) || find(b"${", from);
    let indexed = value.iter().position(|byte| *byte == b'[').is_some_and(runs);
    (indexed && evaluates(text)) || (text.contains("@P") && runs(0))
}

fn evaluates(text: &str) -> bool {
    let index = |pair: &[u8]| matches!(pair, [before, b'['] if before.is_ascii_alphanumeric() || *before == b'_');
    EVALUATING.iter().any(|word| text.contains(word)) || text.as_bytes().windows(2).any(index)
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
        ];
        for value in hostile {
            for text in texts {
                assert!(may_be_run(text, value), "{text} with {}", String::from_utf8_lossy(value));
            }
            assert!(!may_be_run("printf '%s\\n' \"$n\"; [ \"$n\" = x ]", value), "shown and compared it is only data");
        }
        for value in [&b"5"[..], b"[info] done", b"$(id)", b"`id`", b"a[1]", b"]$("] {
            assert!(!may_be_run("echo $((n + 1)); [[ $n -gt 5 ]]", value), "{}", String::from_utf8_lossy(value));
        }
        assert!(may_be_run("echo \"${n@P}\"", b"$(id)"), "a prompt is expanded");
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
