//! Hostile values in the place of placeholders, told to real shells: they print exactly the value, or it was refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::process::{Command, Stdio};

use proptest::prelude::*;

use super::{Filler, gaps, insert, preamble, scan};
use crate::domain::InputName;

/// Runs a script as it is run on hosts: from a file, by this shell.
fn printed(shell: &str, script: &[u8]) -> Vec<u8> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(script).unwrap();
    let output = Command::new(shell).arg(file.path()).env_clear().stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{shell}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

const SHELLS: [&str; 2] = ["/bin/sh", "/bin/bash"];

fn filled(template: &str, value: &str) -> Result<String, String> {
    let seen = scan(template);
    let fills: Vec<_> = gaps(template, &seen).into_iter().map(|gap| (gap.at, Filler::Value(value))).collect();
    assert_eq!(fills.len(), 1, "{template}");
    insert(template, &fills)
}

/// Templates with what they print before and behind the value.
const ANYWHERE: &[(&str, &str, &str)] = &[
    ("printf '%s' <x>\n", "", ""),
    ("printf '%s' \"<x>\"\n", "", ""),
    ("printf '%s' '<x>'\n", "", ""),
    ("printf '%s' 'a'\\''<x>'\n", "a'", ""),
    ("Y=y; printf '%s' a$Y<x>b\n", "ay", "b"),
    ("Y=y; printf '%s' \"a $Y<x>b\"\n", "a y", "b"),
    ("printf '%s' a<x>b # it's <y>\n", "a", "b"),
    ("if true; then\n  printf '%s' --name=<x>\nfi\n", "--name=", ""),
    ("case a in a) printf '%s' <x> ;; esac\n", "", ""),
    ("A=<x>; printf '%s' \"$A\"\n", "", ""),
    ("printf '%s' \"$(printf '%s.' \"$(printf '%s.' <x>)\")\"\n", "", ".."),
    ("printf '%s' \"{{ x }}\"\n", "", ""),
    ("printf '%s' backup-YYYYMMDD-HHMMSS.gz\n", "backup-", ".gz"),
    ("f() { printf '%s' \"$1\"; }; f <x>\n", "", ""),
    ("printf '%s' \"a\\\"<x>\\\\\"\n", "a\"", "\\"),
];
/// Those that take some values only.
const SOMETIMES: &[(&str, &str, &str)] = &[
    ("cat <<EOF\na<x>b\nEOF\n", "a", "b\n"),
    ("cat <<'EOF'\n<x>\nEOF\n", "", "\n"),
    ("cat <<-EOF\n\ta <x>\n\tEOF\n", "a ", "\n"),
    ("cat <<EOF\n$(printf '%s.' <x>)\nEOF\n", "", ".\n"),
    ("printf '%s' `printf '%s.' <x>`\n", "", "."),
    ("printf '%s' \"`printf '%s.' <x>`\"\n", "", "."),
    ("printf '%s' \"${Y:-<x>}\"\n", "", ""),
    ("printf '%s' ${Y:-<x>}\n", "", ""),
    ("printf '%s' $((<x> + 0))\n", "", ""),
    ("printf '%s' \"$(case a in a) printf '%s.' <x>;; esac)\"\n", "", "."),
];

const HOSTILE: &[&str] = &[
    "",
    " ",
    "a b",
    "'",
    "''",
    "\"",
    "a'b\"c",
    "$(id)",
    "`id`",
    "$HOME",
    "${HOME}",
    ";id",
    "a;id",
    "|id",
    "&id",
    "\nid\n",
    "a\nEOF\nid\n",
    "EOF",
    "\\",
    "a\\",
    "\\\\",
    "\\'",
    "'\\''",
    "-rf",
    "--",
    "!!",
    "*",
    "?",
    "[a]",
    "~",
    "#",
    "a #b",
    "{a,b}",
    "<x>",
    ">f",
    "%s",
    "\t",
    "\ta\n\tb",
    "\r\n",
    "\u{202e}abc",
    "\u{200b}",
    "é",
    "\u{fffd}",
    "if",
    "x=1",
    "$((1))",
    "$'a'",
    "\u{7}",
    "(",
    ")",
    "a\n",
    "1",
    "0",
    "010",
    "08",
    "YYYYMMDD",
];

fn check(template: &(&str, &str, &str), value: &str) -> Result<(), String> {
    let (text, before, behind) = template;
    let script = filled(text, value)?;
    let wanted = format!("{before}{value}{behind}");
    for shell in SHELLS {
        let got = printed(shell, script.as_bytes());
        // A substitution drops line ends at its end, whatever stands in it.
        assert_eq!(String::from_utf8_lossy(&got), wanted, "{shell}\n{text}\n{value:?}\n{script}");
    }
    Ok(())
}

#[test]
fn hostile_values_are_data_wherever_a_word_may_stand() {
    for template in ANYWHERE {
        for value in HOSTILE {
            check(template, value).unwrap();
        }
    }
}

#[test]
fn where_quotes_do_not_help_a_value_is_data_or_refused() {
    let mut taken = 0;
    for template in SOMETIMES {
        for value in HOSTILE {
            taken += usize::from(check(template, value).is_ok());
        }
        let refused = check(template, "1");
        assert_eq!(refused, Ok(()), "{}", template.0);
    }
    assert!(taken > 60, "{taken}");
}

#[test]
fn a_hundred_kilobytes_are_data_and_more_or_a_nul_is_refused() {
    let long = "'$(id)\n".repeat(100 * 1024 / 7);
    for template in &ANYWHERE[..3] {
        check(template, &long).unwrap();
        assert!(check(template, &"x".repeat(128 * 1024 + 1)).unwrap_err().contains("128 KiB"));
        assert!(check(template, "a\0b").unwrap_err().contains("NUL"));
    }
}

#[test]
fn what_is_known_later_is_referred_to() {
    let name = InputName::new("later").unwrap();
    for (text, before, behind) in &ANYWHERE[..12] {
        let seen = scan(text);
        let fills: Vec<_> = gaps(text, &seen).into_iter().map(|gap| (gap.at, Filler::Variable(&name))).collect();
        let script = insert(text, &fills).unwrap();
        for value in ["a'b $(id) \" \\ *", "-x", ""] {
            let mut whole = preamble([(&name, value.as_bytes())]).unwrap();
            whole.extend_from_slice(script.as_bytes());
            for shell in SHELLS {
                let got = printed(shell, &whole);
                assert_eq!(String::from_utf8_lossy(&got), format!("{before}{value}{behind}"), "{shell} {script}");
            }
        }
    }
    for text in ["cat <<'EOF'\n<x>\nEOF\n", "printf $((<x>))\n", "printf `<x>`\n"] {
        let gap = gaps(text, &scan(text)).remove(0);
        assert!(insert(text, &[(gap.at, Filler::Variable(&name))]).is_err(), "{text}");
    }
}

#[test]
fn a_preamble_sets_any_bytes() {
    let name = InputName::new("value").unwrap();
    let mut values: Vec<Vec<u8>> = HOSTILE.iter().map(|value| value.as_bytes().to_vec()).collect();
    values.push(vec![0xff, 0xfe, b'\'', 0xc3, b'$', b'(', b')']);
    values.push(b"'\n".repeat(60_000));
    for value in values {
        let mut script = preamble([(&name, value.as_slice())]).unwrap();
        script.extend_from_slice(b"printf '%s' \"$value\"\n");
        for shell in SHELLS {
            assert_eq!(printed(shell, &script), value, "{shell}");
        }
    }
    assert!(preamble([(&name, b"a\0b".as_slice())]).is_err());
    assert!(preamble([(&name, vec![b'x'; 128 * 1024 + 1].as_slice())]).is_err());
}

#[test]
fn what_can_not_be_quoted_is_refused() {
    for template in [
        "printf \\\\$<x>\n",
        "printf \"\\<x>\"\n",
        "cat <<EOF\n\\<x>\nEOF\n",
        "printf $'a\\'<x>'\n",
        "echo 'open <x>\n",
    ] {
        assert!(filled(template, "a b").is_err(), "{template}");
    }
    assert!(filled("cat <<EOF\nE<x>F\nEOF\n", "O").is_err(), "the document would end there");
    assert!(filled("cat <<EOF\n$Y<x>\nEOF\n", "a").is_err(), "it would become a part of the name");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_value_is_data(value in "[ -~\n\t'\"$`\\\\é\u{202e}]{0,40}", at in 0..ANYWHERE.len()) {
        prop_assert_eq!(check(&ANYWHERE[at], &value), Ok(()));
    }

    #[test]
    fn any_value_is_data_or_refused(value in "[a-zE-O0-9 \n\t'\"$`\\\\()]{0,12}", at in 0..SOMETIMES.len()) {
        let _ = check(&SOMETIMES[at], &value);
    }

    #[test]
    fn any_text_is_looked_at(text in "[a-z<>{}$()'\"`\\\\#\n |&;=YMD-]{0,200}", value in ".{0,20}") {
        let seen = scan(&text);
        prop_assert_eq!(seen.places.len(), text.len());
        let fills: Vec<_> = gaps(&text, &seen).into_iter().map(|gap| (gap.at, Filler::Value(value.as_str()))).collect();
        let _ = insert(&text, &fills);
        let _ = super::simples_deep(&text);
        let _ = super::unset(&text, &seen);
    }
}
