//! What holds for themes and glyphs: whole, readable, and refused with a place when they are not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::colour::NAMED;
use super::*;
use crate::domain::{ProbeVerdict, State};

#[test]
fn contrast_is_that_of_the_guidelines() {
    assert!((Rgb(0, 0, 0).contrast(Rgb(255, 255, 255)) - 21.0).abs() < 0.01);
    assert!((Rgb(0x76, 0x76, 0x76).contrast(Rgb(255, 255, 255)) - 4.54).abs() < 0.01);
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
        let rest = [glyphs.gap, glyphs.more, glyphs.quote, glyphs.late, glyphs.again]
            .into_iter()
            .chain(glyphs.branch)
            .chain(glyphs.meter);
        let all = single.into_iter().chain(more).chain(rest).chain(glyphs.states).chain(glyphs.bars);
        for glyph in all.chain(glyphs.frame) {
            assert_eq!(unicode_width::UnicodeWidthStr::width(glyph), 1, "{glyph}");
            assert!(set == GlyphSet::Unicode || glyph.is_ascii(), "{glyph}");
        }
    }
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
