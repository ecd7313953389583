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
    ("for i in <x>; do printf '%s' \"$i\"; done\n", "", ""),
    ("for i in a<x>b; do printf '%s' \"$i\"; done\n", "a", "b"),
    ("A=<x> sh -c 'printf %s \"$A\"'\n", "", ""),
    ("A=a<x>b; B=$A; printf '%s' \"$B\"\n", "a", "b"),
    ("export A=<x>; printf '%s' \"$A\"\n", "", ""),
    ("set -- <x> b; printf '%s' \"$1\"\n", "", ""),
    ("{ printf '%s' <x>; }\n", "", ""),
    ("( printf '%s' <x> )\n", "", ""),
    ("! printf '%s' <x> || true\n", "", ""),
    ("printf '%s' <x> | cat\n", "", ""),
    ("printf '%s' \\\n  <x>\n", "", ""),
    ("printf '%s' 'a'\"b\"<x>'c'\n", "ab", "c"),
];
/// Those that only bash knows.
const BASH: &[(&str, &str, &str)] = &[
    ("cat <<< <x>\n", "", "\n"),
    ("cat <<< \"a<x>b\"\n", "a", "b\n"),
    ("cat <<< 'a<x>b'\n", "a", "b\n"),
    ("a=(<x> b); printf '%s' \"${a[0]}\"\n", "", ""),
    ("a=(b a<x>); printf '%s' \"${a[1]}\"\n", "a", ""),
    ("a=(); a+=(<x>); printf '%s' \"${a[0]}\"\n", "", ""),
    ("a=([0]=<x>); printf '%s' \"${a[0]}\"\n", "", ""),
    ("declare -A m; m[k]=<x>; printf '%s' \"${m[k]}\"\n", "", ""),
    ("cat <(printf '%s' <x>)\n", "", ""),
    ("printf '%s' <x> > >(cat); wait\n", "", ""),
    ("Y=yzy; printf '%s' \"${Y/z/<x>}\"\n", "y", "y"),
    ("Y=yzy; printf '%s' \"${Y//z/<x>}\"\n", "y", "y"),
    ("Y=yzy; printf '%s' ${Y//z/<x>}\n", "y", "y"),
    ("function f { printf '%s' \"$1\"; }; f <x>\n", "", ""),
    ("local_() { local a=<x>; printf '%s' \"$a\"; }; local_\n", "", ""),
    ("printf -v A '%s' <x>; printf '%s' \"$A\"\n", "", ""),
    ("declare A=<x>; printf '%s' \"$A\"\n", "", ""),
    ("(( A = <x> )); printf '%s' \"$A\"\n", "", ""),
    ("let A=<x>; printf '%s' \"$A\"\n", "", ""),
    ("printf '%s' $[<x>]\n", "", ""),
    ("time printf '%s' <x> 2>/dev/null\n", "", ""),
    ("printf '%s' $'a\\tb'<x>\n", "a\tb", ""),
    ("printf '%s' $\"<x>\"\n", "", ""),
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

/// Whatever stands there, nothing but these scripts' own words is run: what it makes of a value is its own affair.
const HARMLESS: &[&str] = &[
    "[[ a<x> == a* ]]; true",
    "[[ <x> == b ]]; true",
    "[[ b == <x> ]]; true",
    "[[ b =~ <x> ]]; true",
    "[[ <x> -gt 5 ]]; true",
    "[[ -v <x> ]]; true",
    "case a in <x>) : ;; *) : ;; esac",
    "case a in a|<x>) : ;; esac",
    "case <x> in a) : ;; esac",
    "Y=abc; : \"${Y#<x>}\"",
    "Y=abc; : ${Y%%<x>}",
    "Y=abc; : \"${Y/<x>/b}\"",
    "Y=abc; : \"${Y:<x>:1}\"",
    "a=(p q r); : \"${a[<x>]}\"",
    "a[<x>]=b",
    "declare -A m; m[<x>]=b",
    "declare -i A=<x>",
    "let A=<x>",
    "(( A = <x> ))",
    "(( <x> > 5 ))",
    ": $[<x>]",
    ": $((1 + <x>))",
    ": {<x>,b}",
    "printf '%s' a > /dev/null <x>",
    "A_<x>=b",
    "test -v <x>; true",
    "unset <x>; true",
    "read <x> < /dev/null; true",
    "printf -v <x> a; true",
    "for <x> in a; do :; done",
    "echo a > /dev/null 2>&<x>",
    "select i in <x>; do break; done < /dev/null",
    "trap <x> USR1",
    "alias x=<x>",
    "eval : <x>",
    "eval \"echo <x>\"",
    "sh -c \"echo <x>\"",
    "bash -c 'echo <x>'",
    "sudo_() { \"$@\"; }; sudo_ sh -c 'echo <x>'",
    "sh <<EOF\necho <x>\nEOF",
    "echo \"$(sh -c \"echo <x>\")\"",
    "trap \"echo <x>\" EXIT",
    "let \"A = <x>\"",
    "a=(1 2); echo \"${a[<x>]}\"",
    "declare \"a[<x>]=1\"",
    "awk \"BEGIN { print \\\"<x>\\\" }\"",
    "[ <x> -gt 5 ]; true",
    "test \"<x>\" -eq 5; true",
    "if (( <x> > 1 )); then :; fi",
    "for (( i = 0; i < <x>; i++ )); do break; done",
];

/// A value that leaves a mark if any of it is run.
fn marks(at: &std::path::Path) -> Vec<String> {
    let mark = at.display();
    let runs = [
        "$(: > MARK)",
        "`: > MARK`",
        "a[$(: > MARK)]",
        "x[`: > MARK`]+1",
        ";: > MARK;",
        "\n: > MARK\n",
        "');: > MARK;('",
        "\";: > MARK;\"",
        "& : > MARK &",
        "| tee MARK",
        "a) : > MARK ;; b",
        "x=$(: > MARK)",
        "${x:=$(: > MARK)}",
        ">MARK",
        "1,x[$(: > MARK)]",
        "$((x[$(: > MARK)]))",
        "}; : > MARK; {",
        "]] ; : > MARK ; [[ a",
        ")); : > MARK; ((1",
        "\\\n;: > MARK",
        "a[$(: > MARK)0]=1",
        "<(: > MARK)",
        ">(: > MARK)",
        "$'\\n: > MARK'",
        "=(: > MARK)",
    ];
    runs.iter().map(|value| value.replace("MARK", &mark.to_string())).collect()
}

#[test]
fn nothing_of_a_value_is_run_wherever_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("mark");
    // Some of the pairs in an ordinary run, each time the same.
    let each = if std::env::var_os("QD_LONG").is_some() { 1 } else { 7 };
    let (mut taken, mut pair) = (0, 0usize);
    for template in HARMLESS.iter().copied().chain([ANYWHERE, SOMETIMES, BASH].concat().iter().map(|one| one.0)) {
        // Some of these are redirections to a shell, and no placeholder at all.
        if gaps(template, &scan(template)).len() != 1 {
            continue;
        }
        for value in marks(&mark) {
            pair += 1;
            if pair % each != 0 {
                continue;
            }
            let Ok(script) = filled(template, &value) else { continue };
            taken += 1;
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(script.as_bytes()).unwrap();
            for shell in SHELLS {
                let mut child = Command::new("timeout");
                child.args(["5", shell]).arg(file.path()).current_dir(folder.path());
                child.env_clear().env("PATH", "/usr/bin:/bin").stdin(Stdio::null()).output().unwrap();
                assert!(!mark.exists(), "{shell} ran a part of {value:?}:\n{script}");
            }
        }
    }
    assert!(taken > 100, "{taken}");
}

#[test]
fn f8_where_a_program_or_a_later_line_reads_it_again_only_harmless_values_are_put() {
    let texts = [
        "sed \"s/x/<v>/\" /dev/null",
        "python3.11 -c \"print('<v>')\"",
        ". /dev/stdin <<EOF\necho \"<v>\"\nEOF",
        "cat <<EOF |\necho <v>\nEOF\nsh",
        "psql -c \"select '<v>'\"",
        "psql <<EOF\nselect '<v>';\nEOF",
        "m=<v>; eval \"$m\"",
        "m='<v>'\nsh -c \"echo $m\"",
    ];
    for text in texts {
        for value in ["x'; drop table users; --", "1/;1e touch f\n#", "$(id)", "a b"] {
            assert!(filled(text, value).is_err(), "{value:?} in {text}");
        }
        assert!(filled(text, "2.4.1").is_ok(), "{text}: {:?}", filled(text, "2.4.1"));
    }
}

#[test]
fn what_takes_too_long_to_look_at_is_refused_and_nothing_is_quadratic() {
    let begun = std::time::Instant::now();
    let long = ["echo <n> ".repeat(20_000), "{{".repeat(200_000), "echo <n>\n".repeat(5_000), "a=1 ".repeat(50_000)];
    for text in long {
        let seen = scan(&text);
        let fills: Vec<_> = gaps(&text, &seen).into_iter().map(|gap| (gap.at, Filler::Value("a b"))).collect();
        let filled = insert(&text, &fills);
        assert_eq!(filled.is_err(), text.starts_with("echo <n> "), "{:?}", filled.map(|text| text.len()));
        super::evaluates(&text, "a");
    }
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

#[test]
fn what_only_bash_knows_takes_data_or_refuses() {
    let mut taken = 0;
    for template in BASH {
        for value in HOSTILE {
            let Ok(script) = filled(template.0, value) else { continue };
            taken += 1;
            let wanted = format!("{}{value}{}", template.1, template.2);
            assert_eq!(String::from_utf8_lossy(&printed("/bin/bash", script.as_bytes())), wanted, "{script}");
        }
    }
    assert!(taken > 300, "{taken}");
}

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
    check_in(&SHELLS, template, value)
}

fn check_in(shells: &[&str], template: &(&str, &str, &str), value: &str) -> Result<(), String> {
    let (text, before, behind) = template;
    let script = filled(text, value)?;
    let wanted = format!("{before}{value}{behind}");
    for shell in shells {
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
    fn any_value_is_data_to_bash_or_refused(value in "[a-zE-O0-9 \n\t'\"$`\\\\()\\[\\]{},&!]{0,12}", at in 0..BASH.len()) {
        let _ = check_in(&["/bin/bash"], &BASH[at], &value);
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
