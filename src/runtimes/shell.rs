//! Words as a POSIX shell reads them: the one place where quoting is decided, for what is sent and for what is shown.

/// One word in single quotes, for any POSIX shell.
pub fn word(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A command as a person would type it: a word that no shell reads in another way stands bare, any other in quotes.
/// Pasted into a shell it runs exactly `argv`.
pub fn shown(argv: &[String]) -> String {
    argv.iter().enumerate().map(|(at, text)| bare(text, at == 0)).collect::<Vec<_>>().join(" ")
}

fn bare(text: &str, first: bool) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@%+,".contains(&byte);
    // An equals sign makes an assignment of the first word.
    let harmless = text.bytes().all(|byte| plain(byte) || (byte == b'=' && !first));
    if harmless && !text.is_empty() { text.to_owned() } else { word(text) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_shown_runs_as_it_stands() {
        let argv: Vec<String> =
            ["printf", "%s\\0", "a", "", "a b", "it's", "$HOME", "*", "~", "x=1", r"dev-disk-by\x2dlabel.mount", "--"]
                .map(String::from)
                .into();
        let line = shown(&argv);
        let output = std::process::Command::new("sh").args(["-c", &line]).output().unwrap();
        let want: Vec<u8> = argv[2..].iter().flat_map(|word| word.bytes().chain([0])).collect();
        assert_eq!(output.stdout, want, "{line}");
    }

    #[test]
    fn a_plain_command_is_shown_without_quotes() {
        let argv = ["sudo", "--", "systemctl", "restart", "--", "a@b-1.service"].map(String::from);
        assert_eq!(shown(&argv), "sudo -- systemctl restart -- a@b-1.service");
        assert_eq!(shown(&["A=1".into()]), "'A=1'");
    }
}
