//! The small shell scripts that run on a host, and the words by which we know their output from noise.

use std::io::Read;

use crate::domain::Shell;
use crate::engine::transport::quote::{self, QuoteError};

/// The environment variable by which everything started for one connection is found again. What must live
/// on after the connection is started with `env -u QD_LINK`.
const MARKER: &str = "QD_LINK";

/// How long the warden waits for a sign of life before it ends what was started, in seconds.
const SILENCE: u32 = 20;

/// A word of 20 hexadecimal digits that nobody can guess.
pub(crate) fn fresh_word() -> String {
    let mut bytes = [0u8; 10];
    let read = std::fs::File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut bytes));
    if read.is_err() {
        fastrand::fill(&mut bytes);
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where a script says how the command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// On standard output, behind what the command said.
    Stdout,
    /// On standard error: standard output belongs to the command alone.
    Stderr,
}

/// The line that runs a command: `word start PID` on stdout first, the command, then its verdict as
/// `\nword STATUS KIND\n`, where KIND is `e` (left), `k` (ended by a signal) or `n` (no such program).
///
/// The verdict is in band because the multiplexing protocol merges signals with a lost link and 127 with
/// "not found". A shell reports a signal as 128 + number, which a program can also leave with; but only for
/// a signal it also prints a message, so an inner shell of its own runs the command and what it prints is
/// looked at. Interrupts and broken pipes are not announced by shells; they are taken for signals.
pub(super) fn command(
    link: &str,
    call: &str,
    argv: &[String],
    verdict: Verdict,
    input: bool,
    shell: Shell,
) -> Result<String, QuoteError> {
    let words = quote::words(argv)?;
    let input = if input { "" } else { " </dev/null" };
    let descriptor = match verdict {
        Verdict::Stdout => 3,
        Verdict::Stderr => 4,
    };
    let script = format!(
        r#"trap : HUP INT TERM PIPE
set -- {words}
exec 3>&1 4>&2
printf '%s %s\n' '{call}' $$
m=$(/bin/sh -c 'trap : HUP INT TERM PIPE; ( exec "$@" >&3 2>&4 3>&- 4>&- ); echo $?' qd "$@" 2>&1{input})
s=${{m##*
}}
k=e
case $s in
''|*[!0-9]*) s=137; k=k ;;
127) case $(command -v "$1" 2>/dev/null) in */*) ;; *) k=n ;; esac ;;
130|141) k=k ;;
12[89]|13[0-9]|14[0-9]|15[0-9]|16[0-9]|17[0-9]|18[0-9]|19[0-2]) [ "$m" = "$s" ] || k=k ;;
esac
printf '\n%s %s %s\n' '{call}' "$s" "$k" >&{descriptor}
"#
    );
    let line = quote::any_shell(&format!("{MARKER}={link}.{call}"), &script);
    Ok(match shell {
        Shell::Plain => line,
        Shell::Login => through_login_shell(link, call, &line),
    })
}

/// Lets the login shell read its profile first. A csh takes no further option with `-l`, so it reads only
/// what it reads for any command.
fn through_login_shell(link: &str, call: &str, line: &str) -> String {
    let line = quote::word(line);
    let script = format!(
        "case ${{SHELL:-/bin/sh}} in\n*csh) exec \"$SHELL\" -c {line} ;;\n*) exec \"${{SHELL:-/bin/sh}}\" -l -c {line} ;;\nesac\n"
    );
    quote::any_shell(&format!("{MARKER}={link}.{call}"), &script)
}

/// The words of a shell function that ends all processes whose marker begins with a line of `$2` by signal
/// `$1`.
const END: &str = r#"end() {
f=$(grep -lsF "$2" /proc/[0-9]*/environ 2>/dev/null)
[ -n "$f" ] || return 1
for f in $f; do f=${f#/proc/}; kill -"$1" "${f%/environ}" 2>/dev/null; done
return 0
}
"#;

/// The line that watches over a connection: it answers each byte of ours with one of its own, and when they
/// stop coming it ends everything started for this connection and then the connection itself. A `q` lets it
/// go in peace.
pub(super) fn warden(link: &str, call: &str) -> String {
    let script = format!(
        r#"{END}p=$PPID
trap : HUP INT TERM
trap '' PIPE
w="timeout {SILENCE} head -c 1"
$w </dev/null >/dev/null 2>&1 || w="head -c 1"
printf '%s %s\n' '{call}' $$
while c=$($w 2>/dev/null) && [ "$c" = . ]; do printf . || break; done
[ "$c" = q ] && exit 0
end TERM '{MARKER}={link}.' && {{ sleep 2; end KILL '{MARKER}={link}.'; }}
read -r _ _ _ q _ </proc/$$/stat
[ "$q" = "$p" ] && [ "$p" -gt 1 ] && kill "$p"
exit 0
"#
    );
    quote::any_shell(&format!("{MARKER}=warden-{link}.{call}"), &script)
}

/// The argv that ends what these calls left running.
pub(super) fn end_calls(link: &str, calls: &[String]) -> Vec<String> {
    // Lines of one pattern are patterns of their own.
    let marks: Vec<String> = calls.iter().map(|call| format!("{MARKER}={link}.{call}")).collect();
    let marks = quote::word(&marks.join("\n"));
    let script = format!("{END}end TERM {marks} && {{ sleep 2; end KILL {marks}; }}\nexit 0");
    ["/bin/sh", "-c", &script].map(str::to_owned).to_vec()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use std::process::Command;

    use super::*;

    fn verdict(shell: &str, argv: &[&str]) -> String {
        let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
        let line = super::command("l", "NONCE", &argv, Verdict::Stdout, false, Shell::Plain).unwrap();
        let output = Command::new(shell).arg("-c").arg(line).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.trim_end().rsplit('\n').next().unwrap().to_owned()
    }

    #[test]
    fn every_way_to_end_has_its_own_verdict() {
        for (argv, want) in [
            (&["true"][..], "NONCE 0 e"),
            (&["sh", "-c", "exit 3"], "NONCE 3 e"),
            (&["sh", "-c", "exit 127"], "NONCE 127 e"),
            (&["sh", "-c", "exit 137"], "NONCE 137 e"),
            (&["sh", "-c", "exit 255"], "NONCE 255 e"),
            (&["no-such-program"], "NONCE 127 n"),
            (&["exit", "3"], "NONCE 127 n"),
            (&["sh", "-c", "kill -9 $$"], "NONCE 137 k"),
            (&["sh", "-c", "kill -15 $$"], "NONCE 143 k"),
            (&["sh", "-c", "kill -13 $$"], "NONCE 141 k"),
        ] {
            for shell in ["dash", "bash"] {
                assert_eq!(verdict(shell, argv), want, "{shell} {argv:?}");
            }
        }
    }

    #[test]
    fn only_the_named_calls_are_ended() {
        use std::os::unix::process::ExitStatusExt;
        let start = |mark: &str| {
            let mut command = Command::new("sleep");
            command.arg("60").env(MARKER, mark);
            command.spawn().unwrap()
        };
        let link = fresh_word();
        let mut children = ["a", "b", "c"].map(|call| start(&format!("{link}.{call}")));
        let argv = end_calls(&link, &["a".into(), "b".into()]);
        assert!(Command::new(&argv[0]).args(&argv[1..]).status().unwrap().success());
        let ends = children.each_mut().map(|child| child.try_wait().unwrap().and_then(|status| status.signal()));
        assert_eq!(ends, [Some(15), Some(15), None]);
        children[2].kill().unwrap();
        children[2].wait().unwrap();
    }

    #[test]
    fn words_are_never_twice_the_same() {
        assert_ne!(fresh_word(), fresh_word());
        assert_eq!(fresh_word().len(), 20);
    }
}
