//! Theme files: whole or on top of others, and refused with a place and a hint when they are wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use ratatui::style::{Color, Modifier};

use super::theme::{BUILTIN, Unfit, only_builtin};
use super::*;

const DARK: &str = BUILTIN[0].1;

fn mistakes(text: &str) -> Vec<String> {
    Theme::parse("t.toml", text).unwrap_err().iter().map(ToString::to_string).collect()
}

/// A folder of themes.
fn folder<'a>(files: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Result<Option<(String, String)>, String> + 'a {
    |name| {
        let file = files.iter().find(|(known, _)| *known == name);
        Ok(file.map(|(name, text)| (format!("themes/{name}.toml"), (*text).to_owned())))
    }
}

#[test]
fn what_ships_is_whole_and_has_the_name_of_its_file() {
    let all = Theme::all_builtin();
    assert_eq!(all.len(), BUILTIN.len());
    for (theme, (name, text)) in all.iter().zip(BUILTIN) {
        assert_eq!(theme.name, name);
        assert!(text.contains(&format!("name = \"{name}\"")));
        for role in Role::ALL {
            let look = theme.look(*role);
            let plain = look.ink.is_none() && look.ground.is_none();
            assert!(!plain || role.is_on_band(), "{name}: {} has no looks", role.name());
        }
    }
}

#[test]
fn a_broken_theme_is_refused_with_the_place_and_a_hint() {
    let broken = DARK
        .replace("quiet        =", "quite        =")
        .replace("#10131a\", named = \"black\" }\nraised", "#10131g\" }\nraised");
    let broken = broken.replace("named = \"cyan\" }\nteal", "named = \"cyam\" }\nteal");
    let broken = broken.replace("ink = \"violet\" }\nstale", "ink = \"violett\" }\nstale");
    let broken = broken.replace("[\"underline\"], mono = [\"underline\"] }\nfield", "[\"underlined\"] }\nfield");
    let broken = broken.replace("indexed = 52", "indexed = 9").replace("ground = \"green\" }", "ground = \"gren\" }");
    let all = mistakes(&broken).join("\n");
    let line = |needle: &str| broken.lines().position(|line| line.contains(needle)).unwrap() + 1;
    for (needle, says) in [
        ("quite ", "there is no role `quite`; did you mean `quiet`?"),
        ("#10131g", "`#10131g` is no colour like `#1f2a3c`"),
        ("cyam", "is none of the sixteen named colours; did you mean `cyan`?"),
        ("violett", "the palette has no colour `violett`; did you mean `violet`?"),
        ("underlined", "`underlined` is no way to set text; did you mean `underline`?"),
        ("indexed = 9", "`9` is one of the sixteen"),
        ("gren", "`gren` is none of the sixteen named colours; did you mean `green`?"),
    ] {
        let place = format!("t.toml:{}:", line(needle));
        assert!(all.lines().any(|row| row.starts_with(&place) && row.contains(says)), "{says} in\n{all}");
    }
    assert!(all.contains("the role `quiet` is missing"), "{all}");
    assert!(all.contains("inherits = \"default-dark\""), "{all}");
    assert!(mistakes("name = \"x\"\npalette = 1")[0].starts_with("t.toml:2:"));
    assert!(mistakes("inherits = 'default-dark'\n[roles]\nkey = { inc = 'blue' }")[0].contains("t.toml:3:"));
}

#[test]
fn a_heir_says_only_what_it_changes() {
    let text = "inherits = 'default-light'\n[palette]\nblue = { rgb = '#ff0000' }\n\
                [roles]\nkey = { with = [] }\nfaint = { ink = 'red' }\nband-quiet = { ink = 'none' }\n";
    let theme = Theme::parse("t.toml", text).unwrap();
    let light = Theme::named("default-light", &only_builtin).unwrap();
    // A colour of the palette changes wherever its name is used.
    let (key, focus) = (theme.look(Role::Key), theme.look(Role::LineFocus));
    assert_eq!(key.ink.unwrap().rgb, Rgb(255, 0, 0));
    assert_eq!(focus.ink.unwrap().rgb, Rgb(255, 0, 0));
    assert_eq!(key.ink.unwrap().named, Color::LightRed, "without a name the nearest one");
    assert_eq!(key.ink.unwrap().indexed, Color::Indexed(196));
    assert_eq!(key.modifiers, Modifier::empty(), "nothing in the list takes everything away");
    assert_eq!(key.mono, light.look(Role::Key).mono, "what is not said stays");
    assert_eq!(theme.look(Role::Faint).ink, light.look(Role::Bad).ink);
    assert_eq!(theme.look(Role::BandQuiet).ink, None);
    assert_eq!(theme.look(Role::Good), light.look(Role::Good));
}

#[test]
fn ones_own_themes_inherit_from_each_other_and_from_the_built_in_ones() {
    let files = [
        ("mine", "inherits = 'team'\n[roles]\nkey = { ink = 'brand' }"),
        ("team", "inherits = 'default-dark'\n[palette]\nbrand = { rgb = '#ff8800' }"),
        ("default-dark", "inherits = 'default-dark'\n[palette]\nblue = { rgb = '#00ff00' }"),
    ];
    let find = folder(&files);
    let mine = Theme::named("mine", &find).unwrap();
    assert_eq!(mine.name, "mine");
    assert_eq!(mine.look(Role::Key).ink.unwrap().rgb, Rgb(255, 136, 0));
    let line = mine.look(Role::LineFocus).ink.unwrap().rgb;
    assert_eq!(line, Rgb(0, 255, 0), "one's own takes the place of a built-in one, and may stand on it");
    assert_eq!(mine.look(Role::Bad), Theme::builtin().look(Role::Bad));
}

#[test]
fn what_is_wrong_with_inheritance_is_told_at_its_place() {
    let wrong = |files: &[(&str, &str)], name: &str| match Theme::named(name, &folder(files)).unwrap_err() {
        Unfit::NotFound(why) => why,
        Unfit::Mistaken(mistakes) => mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    };
    let round = [("a", "inherits = 'b'"), ("b", "\ninherits = 'a'")];
    assert_eq!(wrong(&round, "a"), "themes/b.toml:2:12: `a` inherits from itself");
    let far = wrong(&[("a", "inherits = 'default-drak'")], "a");
    assert!(
        far.starts_with("themes/a.toml:1:12: there is no theme `default-drak`; did you mean `default-dark`?"),
        "{far}"
    );
    assert!(far.contains("high-contrast"), "{far}");
    let below = wrong(&[("a", "inherits = 'b'"), ("b", "inherits = 'default-dark'\n[roles]\nx = {}")], "a");
    assert!(below.starts_with("themes/b.toml:3:1: there is no role `x`"), "{below}");
    let names: Vec<String> = (0..20).map(|n| format!("t{n}")).collect();
    let texts: Vec<String> = (0..20).map(|n| format!("inherits = 't{}'", n + 1)).collect();
    let many: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).collect();
    assert!(wrong(&many, "t0").contains("more than 8 themes inherit"), "{}", wrong(&many, "t0"));
    let unread = Theme::named("a", &|_| Err("it is a folder".to_owned())).unwrap_err();
    assert_eq!(unread, Unfit::NotFound("it is a folder".to_owned()));
}
