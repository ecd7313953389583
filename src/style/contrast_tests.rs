//! Every theme that ships can be read at every depth of colour, and shows where one is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::contrast::{Least, poor};
use super::*;
use crate::domain::{EnvColour, State};

const BANDS: [EnvColour; 6] =
    [EnvColour::Red, EnvColour::Yellow, EnvColour::Green, EnvColour::Blue, EnvColour::Purple, EnvColour::Grey];
const COLOURED: [Depth; 3] = [Depth::True, Depth::Indexed, Depth::Sixteen];

fn told(poor: &[contrast::Poor]) -> String {
    poor.iter().map(|one| format!("\n{one}")).collect()
}

#[test]
fn every_shipped_theme_can_be_read_on_every_ground_at_every_depth() {
    let mut all = String::new();
    for theme in Theme::all_builtin() {
        for depth in COLOURED {
            let least = if theme.name == "high-contrast" { Least::HIGH } else { Least::READABLE };
            // The bright black of some terminals is darker than lines should be, and there is no other grey.
            let least = if depth == Depth::Sixteen { Least { line: 2.5, ..least } } else { least };
            let mut found = poor(&theme, depth, least);
            // Nothing reaches seven on the red of a terminal's sixteen, nor on the magenta of some.
            found.retain(|one| depth != Depth::Sixteen || !one.on.name().starts_with("band-") || one.contrast < 4.5);
            if !found.is_empty() {
                all += &format!("\n{} with {depth:?}:{}", theme.name, told(&found));
            }
        }
    }
    assert!(all.is_empty(), "{all}");
}

#[test]
fn a_theme_that_can_not_be_read_is_found_out() {
    let text = "inherits = 'default-dark'\n[palette]\ngrey = { rgb = '#20242b' }\n";
    let theme = Theme::parse("t.toml", text).unwrap();
    let found = poor(&theme, Depth::True, Least::READABLE);
    let quiet = found.iter().find(|one| one.role == Role::Quiet && one.on == Role::Text).expect("quiet is told");
    assert!(quiet.to_string().starts_with("`quiet` on the ground of `text` has a contrast of 1."), "{quiet}");
    assert!(found.iter().all(|one| one.role != Role::Text));
}

#[test]
fn bands_differ_from_each_other_and_the_red_one_from_all_at_every_depth() {
    for theme in Theme::all_builtin() {
        for depth in COLOURED {
            let styles = Styles::new(&theme, depth, GlyphSet::Unicode);
            let grounds = BANDS.map(|colour| styles.of(Role::band(colour)).bg.unwrap());
            for (n, one) in grounds.iter().enumerate() {
                assert!(!grounds[..n].contains(one), "{}, {depth:?}: {one:?} twice", theme.name);
            }
        }
        // Far enough to be seen at a glance, not only told apart side by side.
        let ground = |role: Role| theme.look(role).ground.unwrap().rgb;
        for other in BANDS.into_iter().skip(1).map(Role::band).chain([Role::Text]) {
            let distance = ground(Role::BandRed).distance(ground(other));
            assert!(distance > 4_000, "{}: {} comes too near: {distance}", theme.name, other.name());
        }
        let mono = Styles::new(&theme, Depth::Mono, GlyphSet::Unicode);
        for other in BANDS.into_iter().skip(1) {
            assert_ne!(mono.of(Role::BandRed), mono.of(Role::band(other)), "{} without colours", theme.name);
        }
    }
}

#[test]
fn states_levels_and_the_cursor_are_told_apart_in_every_theme_at_every_depth() {
    for theme in Theme::all_builtin() {
        for depth in COLOURED {
            let styles = Styles::new(&theme, depth, GlyphSet::Unicode);
            let look = |state: State| styles.of(Role::state(state));
            for (one, other) in [
                (State::Up, State::Down),
                (State::Up, State::Degraded),
                (State::Up, State::Unknown),
                (State::Degraded, State::Down),
                (State::Unknown, State::Down),
            ] {
                assert_ne!(look(one), look(other), "{}, {depth:?}: {one:?} and {other:?}", theme.name);
            }
            assert_ne!(styles.of(Role::LevelError), styles.of(Role::LevelWarn), "{} {depth:?}", theme.name);
            let (cursor, ground) = (styles.of(Role::Selected).bg, styles.of(Role::Text).bg);
            assert!(cursor.is_some() && cursor != ground, "{} {depth:?}: the cursor is not seen", theme.name);
            let marked = styles.of(Role::Marked);
            assert!(
                marked != styles.of(Role::Selected) && (marked.bg != ground || !marked.add_modifier.is_empty()),
                "{} {depth:?}: a mark is not seen",
                theme.name
            );
        }
    }
}

#[test]
fn hosts_in_a_log_are_told_apart_by_their_hue() {
    for theme in Theme::all_builtin() {
        for (depth, distinct) in [(Depth::True, 8), (Depth::Indexed, 7), (Depth::Sixteen, 4)] {
            let styles = Styles::new(&theme, depth, GlyphSet::Unicode);
            let mut looks: Vec<_> = Vec::new();
            for place in 0..8 {
                let look = styles.of(Role::log_host(place));
                if !looks.contains(&look) {
                    looks.push(look);
                }
            }
            assert!(looks.len() >= distinct, "{} {depth:?}: {} looks for eight hosts", theme.name, looks.len());
        }
    }
    assert_eq!(Role::log_host(8), Role::log_host(0));
}
