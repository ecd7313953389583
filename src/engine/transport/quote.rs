//! Quoting: the one place where words become text that a shell reads.

/// Why words can't be sent to a shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuoteError {
    /// There is no program.
    #[error("the command is empty")]
    Empty,
    /// A word holds a NUL byte, which no argument can.
    #[error("an argument holds a NUL byte")]
    Nul,
    /// The program begins with a dash and would be read as an option.
    #[error("the program's name begins with '-'")]
    Dash,
}

pub use crate::runtimes::shell::word;

/// All words of a command, quoted for a POSIX shell, with a space between.
///
/// # Errors
/// When this can't be a command.
pub fn words(argv: &[String]) -> Result<String, QuoteError> {
    let program = argv.first().filter(|program| !program.is_empty()).ok_or(QuoteError::Empty)?;
    if program.starts_with('-') {
        return Err(QuoteError::Dash);
    }
    if argv.iter().any(|argument| argument.contains('\0')) {
        return Err(QuoteError::Nul);
    }
    Ok(argv.iter().map(|argument| word(argument)).collect::<Vec<_>>().join(" "))
}

/// A line that runs `script` in `/bin/sh` with `marker` in its environment, whichever shell reads the line:
/// bash, dash, zsh, fish and csh all take it the same way. The script travels as octal escapes of `printf`
/// inside single quotes, so the line holds no quote, backslash before a quote, `!` or line break of its own.
/// `marker` is `NAME=value` of letters, digits, `_`, `.` and `-` only.
pub fn any_shell(marker: &str, script: &str) -> String {
    let mut line = format!(r#"exec /usr/bin/env {marker} /bin/sh -c 'eval "$(printf %b "$1")"' qd '"#);
    for byte in script.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b" _-=/,.+:;@$(){}[]<>|&*?\"#%".contains(&byte);
        if plain {
            line.push(char::from(byte));
        } else {
            line.push_str(&format!(r"\0{byte:03o}"));
        }
    }
    line.push('\'');
    line
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use std::process::Command;

    use super::*;

    const HOSTILE: &[&str] = &[
        "",
        " ",
        "a b",
        "a'b",
        "'",
        "''",
        "a\"b",
        "$(id)",
        "`id`",
        "$HOME",
        "a;id",
        "a\nb\n",
        "\\",
        "\\'",
        "a\\",
        "!!",
        "!id",
        "*",
        "~",
        "#x",
        "-n",
        "--",
        "%s%n",
        "a\tb",
        "é\u{202e}",
        "\u{1b}[31m",
        "a|b>c<d&",
        "{a,b}",
        "\\0101",
        "\\c",
        "x=1",
    ];

    fn shells() -> Vec<&'static str> {
        let known = ["dash", "bash", "zsh", "fish", "tcsh", "busybox"];
        known.into_iter().filter(|shell| which(shell)).collect()
    }

    fn which(program: &str) -> bool {
        std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).exists()))
    }

    fn shell(name: &str) -> Command {
        let mut command = Command::new(name);
        if name == "busybox" {
            command.arg("sh");
        }
        command
    }

    #[test]
    fn hostile_words_arrive_intact_in_every_posix_shell() {
        let argv: Vec<String> =
            ["printf", "%s\\0"].iter().chain(HOSTILE).map(|argument| (*argument).to_owned()).collect();
        let line = words(&argv).unwrap();
        let want = HOSTILE.iter().flat_map(|argument| argument.bytes().chain([0])).collect::<Vec<u8>>();
        for name in shells().into_iter().filter(|name| !["fish", "tcsh"].contains(name)) {
            let output = shell(name).arg("-c").arg(&line).output().unwrap();
            assert_eq!(output.stdout, want, "{name}");
        }
        assert!(shells().contains(&"dash") && shells().contains(&"bash"));
    }

    #[test]
    fn a_script_arrives_intact_through_any_shell() {
        let argv: Vec<String> =
            ["printf", "%s\\0"].iter().chain(HOSTILE).map(|argument| (*argument).to_owned()).collect();
        let script = format!("printf '%s\\n' \"$QD_LINK\"\n{}\n", words(&argv).unwrap());
        let line = any_shell("QD_LINK=ab.c-d", &script);
        let mut want = b"ab.c-d\n".to_vec();
        want.extend(HOSTILE.iter().flat_map(|argument| argument.bytes().chain([0])));
        for name in shells() {
            let output = shell(name).arg("-c").arg(&line).output().unwrap();
            assert_eq!(output.stdout, want, "{name}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }

    #[test]
    fn what_is_no_command_is_refused() {
        let refused = |argv: &[&str]| words(&argv.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(refused(&[]), Err(QuoteError::Empty));
        assert_eq!(refused(&[""]), Err(QuoteError::Empty));
        assert_eq!(refused(&["-x"]), Err(QuoteError::Dash));
        assert_eq!(refused(&["a", "b\0c"]), Err(QuoteError::Nul));
    }
}
