//! The small shell scripts that run on a host, and the words by which we know their output from noise.

use std::io::Read;
use std::time::Duration;

use crate::domain::Shell;
use crate::engine::transport::quote::{self, QuoteError};

/// The environment variable by which everything started for one connection is found again. What must live
/// on after the connection is started with `env -u QD_LINK`.
const MARKER: &str = "QD_LINK";

/// How long the warden waits for a sign of life before it ends what was started, in seconds.
const SILENCE: u32 = 20;

/// The length of a word.
const WORD: usize = 20;

/// A word of hexadecimal digits that nobody can guess.
pub(crate) fn fresh_word() -> String {
    let mut bytes = [0u8; WORD / 2];
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
///
/// With a `limit` the host itself ends the command when it runs longer: for a connection without a warden.
pub(super) fn command(
    link: &str,
    call: &str,
    argv: &[String],
    verdict: Verdict,
    input: bool,
    shell: Shell,
    limit: Option<Duration>,
) -> Result<String, QuoteError> {
    let words = quote::words(argv)?;
    let input = if input { "" } else { " </dev/null" };
    let descriptor = match verdict {
        Verdict::Stdout => 3,
        Verdict::Stderr => 4,
    };
    let limit = limit.map_or_else(String::new, |limit| {
        format!("timeout 1 true 2>/dev/null && t='timeout -k 2 {}'\n", limit.as_secs().saturating_add(1))
    });
    let script = format!(
        r#"trap : HUP INT TERM PIPE
t=
{limit}set -- {words}
exec 3>&1 4>&2
printf '%s %s\n' '{call}' $$ 2>/dev/null || exit 1
m=$($t /bin/sh -c 'trap : HUP INT TERM PIPE; ( exec "$@" >&3 2>&4 3>&- 4>&- ); echo $?' qd "$@" 2>&1{input})
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
/// stop coming it ends everything started for this connection and then the connection itself. A `k`, a
/// length and the words of calls have it end what those left running: it needs no further channel for that, which
/// matters where what was left holds the last one. A `q` lets it go in peace.
///
/// A login shell that is still on its way to our command carries no mark yet: whoever looks, looks twice, and
/// a command that comes even later finds its output closed and does not begin.
pub(super) fn warden(link: &str, call: &str) -> String {
    let script = format!(
        r#"{END}p=$PPID
trap : HUP INT TERM
trap '' PIPE
w="timeout {SILENCE} head -c"
$w 1 </dev/null >/dev/null 2>&1 || w="head -c"
printf '%s %s\n' '{call}' $$
while c=$($w 1 2>/dev/null); do
case $c in
.) printf . || break ;;
k) c=$($w 5 2>/dev/null) && [ -n "$c" ] && c=$($w "$c" 2>/dev/null) && [ -n "$c" ] || break
c=$(printf '%s\n' "$c" | sed 's/^/{MARKER}={link}./')
( end TERM "$c"; sleep 2; end KILL "$c" ) </dev/null >/dev/null 2>&1 & ;;
*) break ;;
esac
done
[ "$c" = q ] && exit 0
end TERM '{MARKER}={link}.' && {{ sleep 2; end KILL '{MARKER}={link}.'; }}
read -r _ _ _ q _ </proc/$$/stat
[ "$q" = "$p" ] && [ "$p" -gt 1 ] && kill "$p"
sleep 1
end KILL '{MARKER}={link}.'
exit 0
"#
    );
    quote::any_shell(&format!("{MARKER}=warden-{link}.{call}"), &script)
}

/// What the warden is told to end what these calls left running.
pub(super) fn end_calls(calls: &[String]) -> Vec<u8> {
    let lines: String = calls.iter().flat_map(|call| [call, "\n"]).collect();
    format!("k{:05}{lines}", lines.len()).into_bytes()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use std::process::Command;

    use super::*;

    fn verdict(shell: &str, argv: &[&str]) -> String {
        let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
        let line = super::command("l", "NONCE", &argv, Verdict::Stdout, false, Shell::Plain, None).unwrap();
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
        use std::io::Write;
        use std::os::unix::process::ExitStatusExt;
        use std::process::Stdio;
        let start = |mark: &str| {
            let mut command = Command::new("sleep");
            command.arg("60").env(MARKER, mark);
            command.spawn().unwrap()
        };
        let link = fresh_word();
        let mut children = ["a", "b", "c"].map(|call| start(&format!("{link}.{call}")));
        let mut warden = Command::new("/bin/sh");
        warden.arg("-c").arg(super::warden(&link, "w")).stdin(Stdio::piped()).stdout(Stdio::null());
        let mut warden = warden.spawn().unwrap();
        let mut orders = warden.stdin.take().unwrap();
        orders.write_all(b".").unwrap();
        orders.write_all(&end_calls(&["a".into(), "b".into()])).unwrap();
        let begin = std::time::Instant::now();
        while children[..2].iter_mut().any(|child| child.try_wait().unwrap().is_none()) {
            assert!(begin.elapsed() < Duration::from_secs(20));
            std::thread::sleep(Duration::from_millis(50));
        }
        orders.write_all(b"q").unwrap();
        assert!(warden.wait().unwrap().success());
        let ends = children.each_mut().map(|child| child.try_wait().unwrap().and_then(|status| status.signal()));
        assert_eq!(ends, [Some(15), Some(15), None]);
        children[2].kill().unwrap();
        children[2].wait().unwrap();
    }

    #[test]
    fn words_are_never_twice_the_same() {
        assert_ne!(fresh_word(), fresh_word());
        assert_eq!(fresh_word().len(), WORD);
    }
}
