//! Hostile text against every place that draws foreign text: faults C1 to C14.
//!
//! `SITES` in `foreign/sites.rs` is the table of render sites and every screen that shows foreign
//! text has a row in it. **To add a row**: write `fn(&mut Frame, &[u8])` that puts the bytes into
//! the model as the world would (a unit's description, a log line, an error from a host) and draws
//! the screen with the ordinary `view`; give it a name, and say with `name: true` if the text is
//! shown there as a name. Nothing else: each test below draws every row with every string.
//!
//! Text that leaves for a file, a clipboard or a web hook has its own table, `EXPORTS`; lines of logs that do so have `LOG_EXPORTS`.
//!
//! What is drawn goes through the real backend into bytes. The bytes must pass a list of allowed
//! sequences of our own (`foreign/bytes.rs`), and a terminal emulator that shares no code with us
//! must then show, cell for cell, the grid that was meant (`foreign/tty.rs`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "foreign/bytes.rs"]
mod bytes;
#[path = "foreign/changing.rs"]
mod changing;
#[path = "foreign/hostile.rs"]
mod hostile;
#[path = "foreign/logs.rs"]
mod logs;
#[path = "common/past.rs"]
mod past;
#[path = "foreign/procedures.rs"]
mod procedures;
#[path = "foreign/random.rs"]
mod random;
#[path = "common/scene.rs"]
mod scene;
#[path = "foreign/screens.rs"]
mod screens;
#[path = "foreign/sites.rs"]
mod sites;
#[path = "foreign/tty.rs"]
mod tty;

use changing::CHANGING;
use logs::{LOG_EXPORTS, LOGS};
use procedures::PROCEDURES;
use quarterdeck::text::{Budget, Foreign, plain, sanitize};
use screens::SCREENS;
use sites::{EXPORTS, Export, SITES, Site};
use tty::{Shown, Stage, over_quiet};

/// A screen on which every short string is visible in whole.
const WIDE: (u16, u16) = (110, 7);

/// All places that draw foreign text: those of the room itself, and those of the screens.
fn every_site() -> impl Iterator<Item = &'static Site> {
    SITES.iter().chain(SCREENS).chain(LOGS).chain(CHANGING).chain(PROCEDURES)
}

/// All places that write foreign text out.
fn every_export() -> impl Iterator<Item = &'static Export> {
    EXPORTS.iter().chain(LOG_EXPORTS)
}

/// Draws each text at each site, one over the other; what was drawn is already checked when
/// `judge` sees it.
///
/// The places of the screens share one way of drawing, so that each gets a quarter in turn; all of them with `QD_LONG`.
fn everywhere(texts: &[Vec<u8>], mut judge: impl FnMut(&Site, &[u8], &Shown<'_>)) {
    let apart = if std::env::var_os("QD_LONG").is_some() { 1 } else { 4 };
    for (index, site) in every_site().enumerate() {
        let apart = if index < SITES.len() { 1 } else { apart };
        let mut stage = Stage::new(site, WIDE);
        stage.draw(b"quiet");
        for (turn, text) in texts.iter().enumerate() {
            if (turn + index).is_multiple_of(apart) {
                judge(site, text, &stage.draw(text));
            }
        }
        stage.draw(b"quiet");
    }
    for export in every_export() {
        for text in texts {
            let out = (export.write)(text);
            bytes::check_export(&out).unwrap_or_else(|why| panic!("{}: {why}: {text:?}", export.name));
        }
    }
}

#[test]
fn there_are_enough_hostile_strings() {
    let families = hostile::families();
    assert_eq!(families.len(), 13);
    let all: std::collections::BTreeSet<Vec<u8>> = families.into_iter().flat_map(|(_, texts)| texts).collect();
    assert!(all.len() >= 200, "{}", all.len());
}

#[test]
fn the_checks_can_fail() {
    for raw in [
        "\x1b]52;c;QQ==\x07",
        "\x1b[c",
        "\x1b[2;3r",
        "a\nb",
        "\x1b[?47h",
        "\x07",
        "\u{202E}",
        "\u{9b}",
        "\x1bc",
        "\x1b[8m",
    ] {
        assert!(bytes::check_tty(raw.as_bytes()).is_err(), "{raw:?}");
    }
    for careless in [sites::CARELESS_SYMBOL, sites::CARELESS_WIDGET] {
        let caught = std::panic::catch_unwind(|| over_quiet(&careless, "a\u{200D}\u{E0041}b\x1b[2Jc".as_bytes(), WIDE));
        assert!(caught.is_err(), "{} draws raw text and was not caught", careless.name);
    }
}

#[test]
fn c01_operating_system_commands_are_inert_marks() {
    let mut seen = 0;
    everywhere(&hostile::c01(), |site, text, shown| {
        assert!(shown.text().contains("‹osc"), "{}: {text:?}: {}", site.name, shown.text());
        for secret in ["aGVsbG8", "evil.example", "forged", "AAAA"] {
            assert!(!shown.text().contains(secret), "{}: the payload shows: {}", site.name, shown.text());
        }
        seen += 1;
    });
    assert!(seen >= 100 * SITES.len());
}

#[test]
fn c02_queries_reach_no_terminal() {
    // The list of allowed sequences holds no query at all, so nothing can be answered.
    everywhere(&hostile::c02(), |site, text, shown| {
        assert!(shown.text().contains(['‹', '␅']), "{}: {text:?}: {}", site.name, shown.text());
    });
}

#[test]
fn c03_modes_and_screen_stay_intact() {
    // The emulator's modes are compared after every frame; here also the surroundings.
    everywhere(&hostile::c03(), |site, text, shown| {
        assert!(shown.text().contains('‹'), "{}: {text:?}: {}", site.name, shown.text());
        assert!(shown.text().contains(sites::NEIGHBOUR), "{}: {text:?}: {}", site.name, shown.text());
    });
}

#[test]
fn c04_c1_controls_are_visible() {
    everywhere(&hostile::c04(), |site, text, shown| {
        let mark = if std::str::from_utf8(text).is_ok() {
            "‹"
        } else if site.name_rules {
            "‹x"
        } else {
            "\u{FFFD}"
        };
        assert!(shown.text().contains(mark), "{}: {text:?}: {}", site.name, shown.text());
    });
}

#[test]
fn c05_strings_without_end_are_consumed_within_bounds() {
    everywhere(&hostile::c05(), |site, text, shown| {
        assert!(shown.text().contains('‹'), "{}: {:?}: {}", site.name, text.get(..20), shown.text());
    });
    for opening in ["\x1b_G", "\x1b^", "\x1bX", "\x1bP", "\x1b]1337;File="] {
        let text = [opening.as_bytes(), &vec![b'A'; 10_000_000]].concat();
        let clean = sanitize(&text, Budget::rows());
        assert!(clean.tokens == 1 && clean.text().len() <= 8192 && clean.cut > 9_900_000, "{opening:?}");
    }
}

/// These have lines of their own: each stands among lines of the same kind, in a box that is theirs.
const LINES: [&str; 3] = ["code of a procedure", "output of a step", "evidence of a failure"];

#[test]
fn c06_no_row_can_be_overwritten_or_forged() {
    everywhere(&hostile::c06(), |site, text, shown| {
        assert!(shown.text().contains("genuine"), "{}: {text:?}: {}", site.name, shown.text());
        for row in shown.text().lines() {
            let content = row.trim_start_matches(['│', ' ', '┌', '─']);
            let forged = content.starts_with("forged") && !LINES.contains(&site.name);
            assert!(!forged, "{}: {text:?}: {}", site.name, shown.text());
        }
    });
}

#[test]
fn c07_turned_names_show_how_they_turn() {
    everywhere(&hostile::c07(), |site, text, shown| {
        assert!(shown.text().contains("‹U+"), "{}: {text:?}: {}", site.name, shown.text());
        assert!(shown.text().contains(sites::NEIGHBOUR), "{}: {text:?}: {}", site.name, shown.text());
    });
}

#[test]
fn c08_different_names_differ_on_the_screen() {
    let mut compared = 0;
    for site in every_site().filter(|site| site.name_rules) {
        let honest = over_quiet(site, b"payments", WIDE);
        for text in hostile::c08() {
            assert_ne!(over_quiet(site, &text, WIDE), honest, "{}: {text:?}", site.name);
            compared += 1;
        }
    }
    assert!(compared >= 20);
    everywhere(&hostile::c08(), |_, _, _| {});
}

#[test]
fn c09_marks_are_capped_and_have_a_base() {
    everywhere(&hostile::c09(), |site, text, shown| {
        let marks = shown.text().chars().filter(|c| ('\u{300}'..'\u{370}').contains(c)).count();
        assert!(marks <= 16, "{}: {marks} marks of {} bytes", site.name, text.len());
    });
    assert!(plain("\u{301}x").starts_with('◌'));
}

#[test]
fn c10_no_border_moves_at_any_width() {
    // The stage compares each cell with the emulator's; borders are cells as any other.
    let texts = hostile::c10();
    for cols in 1..=200 {
        for (index, site) in every_site().enumerate() {
            let mut stage = Stage::new(site, (cols, 4));
            for (turn, text) in texts.iter().enumerate() {
                // At the narrow widths, where edges differ most, all of them; beyond, a third in turn. The places
                // of the screens share one way of drawing, so that fewer of each are enough.
                let apart = match (index < SITES.len(), cols <= 40) {
                    (true, true) => 1,
                    (true, false) => 3,
                    (false, true) => 11,
                    (false, false) => 37,
                };
                if (usize::from(cols) + index + turn).is_multiple_of(apart) {
                    stage.draw(text);
                }
            }
        }
    }
}

#[test]
fn c11_tabs_are_expanded_within_bounds() {
    everywhere(&hostile::c11(), |site, text, shown| {
        assert!(!shown.text().contains('\t'), "{}: {text:?}", site.name);
    });
    for column in 0..10 {
        let text = format!("{}\tx", "a".repeat(column));
        let expected = format!("{}{}x", "a".repeat(column), " ".repeat(8 - column % 8));
        assert_eq!(plain(&text), expected);
    }
    assert_eq!(plain("漢\tx"), "漢      x");
    assert!(plain(&"\t".repeat(10_000)).len() <= 8192);
}

#[test]
fn c12_broken_encodings_become_replacements() {
    everywhere(&hostile::c12(), |_, _, _| {});
    let whole = "a漢🦀é".as_bytes();
    for at in 0..=whole.len() {
        let (one, two) = whole.split_at(at);
        let (one_shown, two_shown) = (Foreign::from(one).plain(), Foreign::from(two).plain());
        let broken = std::str::from_utf8(one).is_err();
        assert_eq!(one_shown.contains('\u{FFFD}'), broken && !one.is_empty(), "{at}");
        assert_eq!(two_shown.contains('\u{FFFD}'), std::str::from_utf8(two).is_err(), "{at}");
    }
    assert_eq!(Foreign::from(whole).plain(), "a漢🦀é");
}

#[test]
fn c13_colours_stay_within_their_row_and_readable() {
    everywhere(&hostile::c13(), |site, text, shown| {
        assert!(shown.text().contains(sites::NEIGHBOUR), "{}: {text:?}", site.name);
        for cell in shown.neighbour() {
            assert_eq!(cell.fgcolor(), vt100::Color::Default, "{}: {text:?}", site.name);
            assert_eq!(cell.bgcolor(), vt100::Color::Default, "{}: {text:?}", site.name);
            assert!(!cell.bold() && !cell.inverse() && !cell.underline(), "{}: {text:?}", site.name);
        }
        for cell in shown.cells() {
            let equal = cell.fgcolor() == cell.bgcolor() && cell.fgcolor() != vt100::Color::Default;
            assert!(!equal || cell.contents().trim().is_empty(), "{}: {text:?}: unreadable", site.name);
        }
    });
}

#[test]
fn c14_the_store_keeps_the_bytes_and_exports_are_clean() {
    for (family, texts) in hostile::families() {
        for text in texts {
            let foreign = Foreign::from(text.as_slice());
            assert_eq!(foreign.raw(), text, "{family}");
            assert_eq!(foreign, Foreign::from(text.clone()));
            for export in every_export() {
                let out = (export.write)(foreign.raw());
                bytes::check_export(&out).unwrap_or_else(|why| panic!("{family}: {}: {why}: {text:?}", export.name));
            }
        }
    }
}

/// Seeded random text at every site: what no family thought of.
#[test]
fn random_text_is_as_harmless_everywhere() {
    let mut source = fastrand::Rng::with_seed(0x51DE_CA5E);
    let texts: Vec<_> = (0..300).map(|_| random::text(&mut source)).collect();
    everywhere(&texts, |_, _, _| {});
}

/// `QD_FUZZ_COUNT` random inputs (ten million unless told), with a seed from `QD_FUZZ_SEED`.
#[test]
#[ignore = "takes minutes; run with --ignored, best in the release profile"]
fn sanitize_ten_million() {
    let told = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let count = told("QD_FUZZ_COUNT").unwrap_or(10_000_000);
    let mut source = fastrand::Rng::with_seed(told("QD_FUZZ_SEED").unwrap_or(1));
    for number in 0..count {
        let seed = source.u64(..);
        let mut own = fastrand::Rng::with_seed(seed);
        let bytes = random::text(&mut own);
        let budget = random::budget(&mut own);
        let once = sanitize(&bytes, budget).text();
        let again = sanitize(once.as_bytes(), budget).text();
        assert_eq!(once, again, "input {number}, seed {seed}, {budget:?}: {bytes:?}");
        if let Err(why) = bytes::check_export(once.as_bytes()) {
            panic!("input {number}, seed {seed}, {budget:?}: {why}: {bytes:?}");
        }
    }
    println!("{count} inputs: no panic, idempotent, nothing outside the allow-list");
}
