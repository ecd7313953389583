//! The sequences that give a window its title and call a person: the bell, and notices of the desktop.

use crate::domain::notices::Desktop;
use crate::port::{Call, Title};

/// Puts the window's title aside, and gives it back: terminals keep a stack of them.
pub(super) const KEEP_TITLE: &[u8] = b"\x1b[22;2t";
pub(super) const GIVE_TITLE_BACK: &[u8] = b"\x1b[23;2t";
/// The bell.
pub(super) const BELL: &[u8] = b"\x07";
/// What ends a text to the terminal; a bell would ring where the sequence is not known.
const END: &str = "\x1b\\";

/// Whether a terminal may be told a title or a notice: those that know no such sequences would print them.
pub(super) fn takes_texts(term: &str) -> bool {
    let word = term.split('-').next().unwrap_or_default();
    let knows_none = ["linux", "cons25", "ansi", "sun", "wsvt25"];
    let is_old = word.strip_prefix("vt").is_some_and(|number| number.starts_with(|c: char| c.is_ascii_digit()));
    !knows_none.contains(&word) && !is_old
}

/// The sequence for a title.
pub(super) fn title(title: &Title) -> Vec<u8> {
    format!("\x1b]2;{}{END}", text(&title.words())).into_bytes()
}

/// The sequence for a notice of the desktop; through tmux where that is wanted.
pub(super) fn notice(call: &Call, desktop: Desktop, tmux: bool) -> Vec<u8> {
    let words = text(&call.words());
    let sequence = match desktop {
        Desktop::Off => return Vec::new(),
        Desktop::Osc9 => format!("\x1b]9;qd: {words}{END}"),
        Desktop::Osc777 => format!("\x1b]777;notify;Quarterdeck;{words}{END}"),
    };
    if tmux { format!("\x1bPtmux;{}{END}", sequence.replace('\x1b', "\x1b\x1b")) } else { sequence }.into_bytes()
}

/// The words, which are ours and hold nothing that could end a sequence; what follows from no type is made sure here.
fn text(words: &str) -> String {
    words.chars().filter(|c| *c == '·' || (' '..='~').contains(c) && *c != ';').take(200).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;
    use crate::domain::run::RunState;
    use crate::domain::{EnvName, RunId, SiteName};
    use crate::port::calling::Why;

    fn call(site: &str, environment: &str) -> Option<Call> {
        Some(Call {
            site: SiteName::new(site).ok()?,
            environment: EnvName::new(environment).ok()?,
            run: RunId::new("01939a2e-77aa-7c11-8f3e-0123456789ab")?,
            why: Why::Ended(RunState::Failed),
            bell: true,
        })
    }

    #[test]
    fn what_each_terminal_is_told() {
        let call = call("pakashop", "production").unwrap();
        let told = |desktop, tmux| String::from_utf8(notice(&call, desktop, tmux)).unwrap();
        assert_eq!(told(Desktop::Off, true), "");
        assert_eq!(told(Desktop::Osc9, false), "\x1b]9;qd: pakashop production: run 456789ab failed\x1b\\");
        assert_eq!(
            told(Desktop::Osc777, false),
            "\x1b]777;notify;Quarterdeck;pakashop production: run 456789ab failed\x1b\\"
        );
        assert_eq!(
            told(Desktop::Osc9, true),
            "\x1bPtmux;\x1b\x1b]9;qd: pakashop production: run 456789ab failed\x1b\x1b\\\x1b\\"
        );
        let title = |waiting, ascii| {
            let open = Some((call.site.clone(), call.environment.clone()));
            String::from_utf8(super::title(&Title { open, drill: false, waiting, ascii })).unwrap()
        };
        assert_eq!(title(0, false), "\x1b]2;qd · pakashop production\x1b\\");
        assert_eq!(title(1, false), "\x1b]2;qd · pakashop production · 1 run waits\x1b\\");
        assert_eq!(title(2, true), "\x1b]2;qd - pakashop production - 2 runs wait\x1b\\");
    }

    #[test]
    fn a_terminal_that_would_print_it_is_told_nothing() {
        for term in ["linux", "vt100", "vt220-nam", "ansi", "linux-16color"] {
            assert!(!takes_texts(term), "{term}");
        }
        for term in ["xterm-256color", "tmux-256color", "screen", "vte-256color", "foot", "alacritty", "rxvt"] {
            assert!(takes_texts(term), "{term}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_out_of_a_title_or_a_notice(site in ".*", environment in ".*", words in ".*") {
            let held = text(&words);
            prop_assert!(!held.contains(|c: char| c.is_control() || c == ';'));
            if let Some(call) = call(&site, &environment) {
                for desktop in [Desktop::Osc9, Desktop::Osc777] {
                    let all = String::from_utf8(notice(&call, desktop, false)).unwrap();
                    let inner = all.strip_prefix("\x1b]").unwrap().strip_suffix(END).unwrap();
                    prop_assert!(!inner.contains(|c: char| c.is_control()));
                }
            }
        }
    }
}
