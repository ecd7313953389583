//! What holds for themes and glyphs: whole, readable, and refused with a place when they are not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::colour::NAMED;
use super::styles::DEFAULT_THEME;
use super::*;
use crate::domain::{EnvColour, ProbeVerdict, State};

const BANDS: [EnvColour; 6] =
    [EnvColour::Red, EnvColour::Yellow, EnvColour::Green, EnvColour::Blue, EnvColour::Purple, EnvColour::Grey];

fn theme() -> Theme {
    Theme::parse("default-dark.toml", DEFAULT_THEME).unwrap()
}

fn mistakes(text: &str) -> Vec<String> {
    Theme::parse("t.toml", text).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn every_text_and_line_can_be_read_on_every_ground_it_stands_on() {
    let theme = theme();
    let ground = |role: Role| theme.look(role).ground.expect("this role has a ground").rgb;
    let grounds = [Role::Text, Role::Selected, Role::Dialog, Role::Strip, Role::Marked].map(ground);
    let bands = BANDS.map(|colour| ground(Role::band(colour)));
    for role in Role::ALL.iter().copied() {
        let look = theme.look(role);
        let Some(ink) = look.ink else { continue };
        let on_band = matches!(role, Role::BandQuiet | Role::BandGood | Role::BandWarn | Role::BandBad);
        let under: Vec<Rgb> = match look.ground {
            Some(ground) => vec![ground.rgb],
            None if on_band => bands.to_vec(),
            None if role.is_line() => vec![grounds[0], grounds[2]],
            None => grounds.to_vec(),
        };
        let least = if role.is_line() { 3.0 } else { 4.5 };
        for ground in under {
            let contrast = ink.rgb.contrast(ground);
            assert!(contrast >= least, "{}: {contrast:.2} on {ground:?}, {least} is the least", role.name());
        }
    }
}

#[test]
fn contrast_is_that_of_the_guidelines() {
    assert!((Rgb(0, 0, 0).contrast(Rgb(255, 255, 255)) - 21.0).abs() < 0.01);
    assert!((Rgb(0x76, 0x76, 0x76).contrast(Rgb(255, 255, 255)) - 4.54).abs() < 0.01);
}

#[test]
fn bands_differ_from_each_other_at_every_depth() {
    for depth in [Depth::True, Depth::Indexed, Depth::Sixteen] {
        let styles = Styles::builtin(depth, GlyphSet::Unicode);
        let grounds = BANDS.map(|colour| styles.of(Role::band(colour)).bg.unwrap());
        for (n, one) in grounds.iter().enumerate() {
            assert!(!grounds[..n].contains(one), "{depth:?}: {one:?} twice");
        }
    }
}

#[test]
fn without_colours_there_is_none() {
    let styles = Styles::builtin(Depth::Mono, GlyphSet::Unicode);
    for role in Role::ALL {
        assert_eq!((styles.of(*role).fg, styles.of(*role).bg), (None, None), "{}", role.name());
    }
    assert_ne!(styles.of(Role::Selected), styles.of(Role::Text), "the cursor is seen without colours");
    assert_ne!(styles.of(Role::BandRed), styles.of(Role::Text));
}

#[test]
fn the_environment_decides_on_colours_and_glyphs() {
    let depth = |pairs: &[(&str, &str)]| {
        Depth::detect(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    };
    assert_eq!(depth(&[("COLORTERM", "truecolor"), ("TERM", "xterm-256color")]), Depth::True);
    assert_eq!(depth(&[("TERM", "screen-256color")]), Depth::Indexed);
    assert_eq!(depth(&[("TERM", "xterm")]), Depth::Sixteen);
    assert_eq!(depth(&[("TERM", "vt100")]), Depth::Mono);
    assert_eq!(depth(&[("NO_COLOR", "1"), ("COLORTERM", "truecolor")]), Depth::Mono);
    assert_eq!(depth(&[("NO_COLOR", ""), ("COLORTERM", "truecolor")]), Depth::True, "an empty one counts for nothing");
    let set = |pairs: &[(&str, &str)]| {
        GlyphSet::detect(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    };
    assert_eq!(set(&[("LANG", "de_DE.UTF-8")]), GlyphSet::Unicode);
    assert_eq!(set(&[("LANG", "de_DE.UTF-8"), ("LC_ALL", "C")]), GlyphSet::Ascii);
    assert_eq!(set(&[("LANG", "C.utf8"), ("TERM", "linux")]), GlyphSet::Ascii);
    assert_eq!(set(&[("TERM", "xterm-256color")]), GlyphSet::Unicode);
}

#[test]
fn states_can_be_told_apart_without_colour() {
    for set in [GlyphSet::Unicode, GlyphSet::Ascii] {
        let glyphs = set.glyphs();
        for (n, state) in State::ALL.iter().enumerate() {
            assert!(State::ALL[..n].iter().all(|other| glyphs.state(*other) != glyphs.state(*state)), "{state:?}");
        }
    }
    assert_ne!(Role::state(State::Unknown), Role::Good);
    assert_ne!(Role::probe(ProbeVerdict::Stale), Role::Good);
    assert_ne!(Role::probe(ProbeVerdict::Inconclusive), Role::Good);
}

#[test]
fn glyphs_are_one_column_wide_and_ascii_is_ascii() {
    for set in [GlyphSet::Unicode, GlyphSet::Ascii] {
        let glyphs = set.glyphs();
        let single = [glyphs.yes, glyphs.no, glyphs.link, glyphs.link_lost, glyphs.then, glyphs.arrow, glyphs.alarm];
        let more = [glyphs.folded, glyphs.unfolded, glyphs.dot, glyphs.none, glyphs.restarts, glyphs.secret];
        let rest = [glyphs.gap, glyphs.more, glyphs.quote].into_iter().chain(glyphs.branch).chain(glyphs.meter);
        let all = single.into_iter().chain(more).chain(rest).chain(glyphs.states).chain(glyphs.bars);
        for glyph in all.chain(glyphs.frame) {
            assert_eq!(unicode_width::UnicodeWidthStr::width(glyph), 1, "{glyph}");
            assert!(set == GlyphSet::Unicode || glyph.is_ascii(), "{glyph}");
        }
    }
}

#[test]
fn a_broken_theme_is_refused_with_the_place_and_a_hint() {
    let broken = DEFAULT_THEME.replace("quiet       =", "quite       =").replace("#10131a", "#10131g");
    let broken = broken.replace("named = \"bright-cyan\"", "named = \"bright-cyam\"");
    let broken = broken.replace("ink = \"violet\"", "ink = \"violett\"").replace("[\"underline\"]", "[\"underlined\"]");
    let all = mistakes(&broken).join("\n");
    let line = |needle: &str| broken.lines().position(|line| line.contains(needle)).unwrap() + 1;
    for (needle, says) in [
        ("quite ", "there is no role `quite`; did you mean `quiet`?"),
        ("ground      =", "`#10131g` is no colour like `#1f2a3c`"),
        ("bright-cyam", "is none of the sixteen named colours; did you mean `bright-cyan`?"),
        ("violett", "the palette has no colour `violett`; did you mean `violet`?"),
        ("underlined", "`underlined` is no way to set text; did you mean `underline`?"),
    ] {
        let place = format!("t.toml:{}:", line(needle));
        assert!(all.lines().any(|row| row.starts_with(&place) && row.contains(says)), "{says} in\n{all}");
    }
    assert!(all.contains("the role `quiet` is missing"), "{all}");
    assert!(mistakes("name = \"x\"\npalette = 1")[0].starts_with("t.toml:2:"));
}

#[test]
fn every_named_colour_has_one_name() {
    for (n, (name, colour)) in NAMED.iter().enumerate() {
        assert!(NAMED[..n].iter().all(|(other, paint)| other != name && paint != colour), "{name}");
    }
}

#[test]
fn near_colours_are_found_in_the_cube_and_the_greys() {
    use ratatui::style::Color;
    assert_eq!(Rgb(255, 0, 0).indexed(), Color::Indexed(196));
    assert_eq!(Rgb(16, 19, 26).indexed(), Color::Indexed(233));
    assert_eq!(Rgb(95, 135, 175).indexed(), Color::Indexed(67));
}

#[test]
fn hosts_in_a_log_are_told_apart_by_their_hue() {
    let styles = Styles::builtin(Depth::True, GlyphSet::Unicode);
    let hues: Vec<_> = (0..8).map(|place| styles.of(Role::log_host(place)).fg).collect();
    for (n, hue) in hues.iter().enumerate() {
        assert!(!hues[..n].contains(hue), "{n}");
    }
    assert_eq!(Role::log_host(8), Role::log_host(0));
}
