//! What holds for keys, actions and keymaps, for every row of every table.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::action::TABLE;
use super::key_name::{name, parse, parse_sequence};
use super::presets::{BUILTIN, Unfit, only_builtin};
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
            if (taken, *context) == ("ctrl-s", Context::Logs) {
                continue; // Who expects it to save finds it; the first key of the action is another one.
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
fn every_built_in_keymap_is_whole_and_has_a_key_for_whatever_the_default_has_one() {
    for (name, _) in BUILTIN {
        let keymap = Keymap::named(name, &only_builtin).unwrap_or_else(|why| panic!("{name}: {why:#?}"));
        let reachable = [Action::Help, Action::Palette, Action::CommandLine, Action::Back, Action::Open, Action::Down];
        for action in reachable {
            let all = action.row().contexts;
            assert!(all.iter().any(|context| !keymap.keys_in(*context, action).is_empty()), "{name}: {action:?}");
        }
    }
}

#[test]
fn a_keymap_of_ones_own_lies_on_another_and_wins_over_a_built_in_one_of_its_name() {
    let own = |name: &str| {
        Ok(match name {
            "k9s" => Some(("keymaps/k9s.toml".to_owned(), "inherits = 'k9s'\n[global]\nzoom = ['Z']".to_owned())),
            "mine" => Some(("keymaps/mine.toml".to_owned(), "inherits = 'k9s'\n[global]\nhelp = ['H']".to_owned())),
            "round" => Some(("keymaps/round.toml".to_owned(), "\ninherits = 'round'".to_owned())),
            "lost" => Some(("keymaps/lost.toml".to_owned(), "inherits = 'k8s'".to_owned())),
            _ => None,
        })
    };
    let keymap = Keymap::named("mine", &own).unwrap();
    let preset = Keymap::named("k9s", &only_builtin).unwrap();
    let global = [Context::Global];
    assert_eq!(keymap.lookup(&global, &[], Key::char('H')), Lookup::Action(Action::Help));
    assert_eq!(keymap.lookup(&global, &[], Key::char('Z')), Lookup::Action(Action::Zoom), "one's own k9s is below");
    assert_eq!(keymap.keys_in(Context::Global, Action::Copy), preset.keys_in(Context::Global, Action::Copy));
    let wrong = |name: &str| match Keymap::named(name, &own) {
        Err(Unfit::Mistaken(mistakes)) => mistakes[0].to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(wrong("round"), "keymaps/round.toml:2:12: `round` inherits from itself");
    let lost = "keymaps/lost.toml:1:12: there is no keymap `k8s`; did you mean `k9s`? Built in are default, k9s, less";
    assert_eq!(wrong("lost"), lost);
}

#[test]
fn keys_that_others_need_are_refused_with_their_place() {
    let refused = |text: &str| {
        let mistakes = Keymap::builtin().with("mine.toml", text).unwrap_err();
        assert_eq!(mistakes.len(), 1, "{mistakes:#?}");
        mistakes[0].to_string()
    };
    for key in ["ctrl-a", "ctrl-b", "ctrl-h", "ctrl-j", "ctrl-k", "z ctrl-a"] {
        let told = refused(&format!("[overview]\nsort = ['{key}']"));
        assert!(told.starts_with("mine.toml:2:9: `ctrl-") && told.contains("belongs to"), "{told}");
    }
    let told = refused("[global]\nquit = ['ctrl-c']");
    assert_eq!(told, "mine.toml:2:9: `ctrl-c` always means `interrupt`, so it can't mean `quit`");
    assert!(refused("[always]\ninterrupt = ['f9']").starts_with("mine.toml:2:1: `ctrl-c` always means `interrupt`"));
    assert!(refused("[always]\ninterrupt = []").starts_with("mine.toml:2:1:"));
    let told = refused("[text]\nerase = ['x']");
    assert_eq!(told, "mine.toml:2:10: `x` writes a character in `[text]`, so it can't mean `erase` there");
    for row in TABLE.iter().filter(|row| row.weight == super::action::Weight::Change) {
        let section = row.contexts[0].name();
        let told = refused(&format!("[{section}]\n{} = ['ctrl-t']", row.name));
        assert!(told.contains("leads to a change"), "{told}");
    }
}

#[test]
fn keys_that_are_never_reached_are_refused_with_their_place() {
    let refused = |text: &str| {
        let mistakes = Keymap::builtin().with("mine.toml", text).unwrap_err();
        assert_eq!(mistakes.len(), 1, "{mistakes:#?}");
        mistakes[0].to_string()
    };
    let told = refused("[global]\nzoom = ['j']");
    assert!(
        told.starts_with("mine.toml:2:9: `j` never means `zoom`: in `[list]` it means `down`, in keymaps/"),
        "{told}"
    );
    let told = refused("[list]\nfilter = ['q']");
    assert!(told.starts_with("mine.toml:2:1: with this `q` never means `quit` any more"), "{told}");
    assert!(told.contains("give `quit` another key"), "{told}");
    // On one screen only it is what nearer contexts are for.
    assert!(Keymap::builtin().with("mine.toml", "[overview]\nsort = ['R']").is_ok());
    assert!(Keymap::builtin().with("mine.toml", "[list]\nfilter = ['q']\n[global]\nquit = []").is_ok());
}

#[test]
fn the_reference_page_is_what_the_table_and_the_keymap_say() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/keys.md");
    let page = super::reference::markdown(&Keymap::builtin());
    if std::env::var_os("QD_BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == page, "docs/keys.md is old: QD_BLESS=1 cargo test --lib input:: writes it anew");
}

proptest::proptest! {
    #[test]
    fn no_text_makes_a_keymap_panic(text in "\\PC{0,200}") {
        let _ = Keymap::builtin().with("k.toml", &text);
    }

    #[test]
    fn no_binding_makes_a_keymap_panic(
        lines in proptest::collection::vec(("[a-z]{0,8}", 0..TABLE.len(), "[a-zA-Z0-9 -]{0,12}", 0..Context::ALL.len()), 0..12),
    ) {
        let mut text = String::new();
        for (word, action, key, context) in lines {
            let (section, name) = (Context::ALL[context].name(), TABLE[action].name);
            text.push_str(&format!("[{section}]\n{name} = ['{key}', '{word}', 'ctrl-{word}', 'z {key}']\n"));
        }
        if let Ok(keymap) = Keymap::builtin().with("k.toml", &text) {
            for context in Context::ALL {
                let _ = keymap.followers(&context.stack(), &[Key::char('z')]);
            }
        }
    }
}
