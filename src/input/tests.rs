//! What holds for keys, actions and keymaps, for every row of every table.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::action::TABLE;
use super::key_name::{name, parse, parse_sequence};
use super::keymap::DEFAULT_KEYMAP;
use super::*;
use crate::port::{Key, KeyCode, Modifiers};

fn mistakes(text: &str) -> Vec<String> {
    Keymap::parse("k.toml", text).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn every_key_name_is_read_and_written_alike() {
    let texts = "j G ? / ! : - + space enter esc tab shift-tab backspace del ins up down left right home end pgup pgdn \
                 f1 f24 ctrl-p alt-1 ctrl-alt-x shift-up ctrl-left ctrl-space alt-minus ß";
    for text in texts.split_whitespace() {
        assert_eq!(name(parse(text).unwrap()), text);
    }
    assert_eq!(parse("ctrl-p"), Ok(Key::ctrl('p')));
    assert_eq!(parse("minus"), Ok(Key::char('-')));
    assert_eq!(parse("shift-tab"), Ok(Key::plain(KeyCode::BackTab)));
    let alt = Modifiers { alt: true, ..Modifiers::NONE };
    assert_eq!(parse("alt--"), Ok(Key { code: KeyCode::Char('-'), modifiers: alt }));
    assert_eq!(parse_sequence("z a"), Ok(vec![Key::char('z'), Key::char('a')]));
}

#[test]
fn what_is_no_key_is_refused() {
    for text in
        ["", "jj", "ctrl-", "f0", "f25", "f01", "strg-p", "shift-g", "ctrl-G", "ctrl-i", "ctrl-m", "ctrl-ctrl-x"]
    {
        assert!(parse_sequence(text).is_err(), "{text}");
    }
    assert_eq!(parse("ctrl-m").unwrap_err(), "terminals can't tell `ctrl-m` from `enter`");
}

#[test]
fn every_action_is_bound_or_declared_unbound_wherever_it_applies() {
    let keymap = Keymap::builtin();
    for row in TABLE {
        for context in row.contexts {
            assert!(keymap.names(*context, row.action), "{} is not named in [{}]", row.name, context.name());
        }
        assert_eq!(Action::named(row.name), Some(row.action));
        assert_eq!(row.action.row().name, row.name);
        assert!(row.doc.chars().next().is_some_and(char::is_uppercase) && !row.doc.ends_with('.'), "{}", row.doc);
    }
}

#[test]
fn every_action_can_be_reached_by_the_keys_that_it_shows() {
    let keymap = Keymap::builtin();
    for row in TABLE {
        for context in row.contexts {
            for keys in keymap.keys_in(*context, row.action) {
                let (last, before) = keys.split_last().unwrap();
                assert_eq!(keymap.lookup(&[*context], before, *last), Lookup::Action(row.action), "{}", row.name);
            }
        }
    }
}

#[test]
fn no_key_is_taken_that_multiplexers_and_terminals_need() {
    for taken in ["ctrl-a", "ctrl-b", "ctrl-h", "ctrl-j", "ctrl-k", "ctrl-s", "ctrl-q"] {
        for context in Context::ALL {
            if (taken, *context) == ("ctrl-h", Context::Text) {
                continue; // It erases, because some terminals send it for backspace.
            }
            let found = Keymap::builtin().lookup(&[*context], &[], parse(taken).unwrap());
            assert_eq!(found, Lookup::Nothing, "{taken} in [{}]", context.name());
        }
    }
}

#[test]
fn the_nearer_context_wins_and_the_others_still_count() {
    let keymap = Keymap::parse("k.toml", "[overview]\nsort = ['q']\n[global]\nquit = ['q']\ncopy = ['y']").unwrap();
    let stack = [Context::Overview, Context::Global];
    assert_eq!(keymap.lookup(&stack, &[], Key::char('q')), Lookup::Action(Action::Sort));
    assert_eq!(keymap.lookup(&stack, &[], Key::char('y')), Lookup::Action(Action::Copy));
    assert_eq!(keymap.lookup(&stack, &[], Key::char('x')), Lookup::Nothing);
}

#[test]
fn a_sequence_says_what_may_follow() {
    let keymap = Keymap::builtin();
    let stack = [Context::Overview, Context::List, Context::Global];
    let z = Key::char('z');
    assert_eq!(keymap.lookup(&stack, &[], z), Lookup::Pending);
    assert_eq!(keymap.lookup(&stack, &[z], Key::char('M')), Lookup::Action(Action::FoldAll));
    assert_eq!(keymap.lookup(&stack, &[z], Key::char('x')), Lookup::Nothing);
    let next: Vec<_> = keymap.followers(&stack, &[z]).into_iter().filter_map(|(_, action)| action).collect();
    assert_eq!(next, [Action::FoldAll, Action::UnfoldAll, Action::ToggleFold]);
}

#[test]
fn a_file_on_top_replaces_the_keys_of_what_it_names() {
    let keymap = Keymap::builtin().with("mine.toml", "[global]\nquit = ['Q']\ncopy-pane = []").unwrap();
    assert_eq!(keymap.lookup(&[Context::Global], &[], Key::char('q')), Lookup::Nothing);
    assert_eq!(keymap.lookup(&[Context::Global], &[], Key::char('Q')), Lookup::Action(Action::Quit));
    assert_eq!(keymap.lookup(&[Context::Global], &[], Key::char('Y')), Lookup::Nothing);
    assert_eq!(keymap.lookup(&[Context::Global], &[], Key::char('y')), Lookup::Action(Action::Copy));
}

#[test]
fn mistakes_are_named_with_their_place() {
    let all = mistakes(
        "[globul]\nquit = ['q']\n[global]\nqiut = ['q']\nsort = ['s']\ncopy = ['ctrl-m', 'yy']\n[list]\nup = ['k']\ndown = ['k']\n[overview]\nfold = ['z a']\nunfold = ['z']\n",
    );
    let expected = [
        "k.toml:1:2: there is no section `globul`; did you mean `global`?",
        "k.toml:4:1: there is no action `qiut`; did you mean `quit`?",
        "k.toml:5:1: `sort` can't be in `[global]`; it goes to `[overview]` or `[hosts]`",
        "k.toml:6:9: terminals can't tell `ctrl-m` from `enter`",
        "k.toml:6:19: `yy` is no key",
        "k.toml:8:7: `k` means `down` already, in k.toml:9, so it can't mean `up`",
        "k.toml:11:9: `z a` and `z` (`unfold`, in k.toml:12) begin alike, so it can't mean `fold`",
    ];
    for wanted in expected {
        assert!(all.iter().any(|found| found.starts_with(wanted)), "{wanted}\nin {all:#?}");
    }
    assert_eq!(all.len(), expected.len(), "{all:#?}");
    let clash = Keymap::builtin().with("mine.toml", "[global]\nrefresh = ['q']").unwrap_err();
    let told = clash[0].to_string();
    assert!(told.starts_with("mine.toml:2:12: `q` means `quit` already, in keymaps/default.toml:"), "{told}");
}

#[test]
fn the_built_in_file_is_whole() {
    assert!(Keymap::parse("keymaps/default.toml", DEFAULT_KEYMAP).is_ok());
}
