//! One `systemctl show` for many units: what is asked, and how the answer is read without being fooled by it.

use std::time::Duration;

use super::systemd::{Scope, plain_command};
use super::systemd_props::{KNOWN, Prop, Properties, Shape, known};
use super::systemd_time::{span, timestamp};
use crate::domain::UnitName;
use crate::port::RemoteCommand;

/// Properties whose text anybody may have written: a description, and what a service says of itself.
const FREE: [&str; 2] = ["Description", "StatusText"];

/// What each unit uses; asked for only where it is on screen.
const USAGE: [&str; 3] = ["MemoryCurrent", "CPUUsageNSec", "TasksCurrent"];

/// Which properties to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// All that we know how to read.
    Everything,
    /// Only those that systemd itself words, for a host whose answer could not be told apart from a forgery.
    NoFreeText,
    /// Only what the units use.
    Usage,
}

/// Why an answer can't be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Forged {
    /// More or fewer blocks than units.
    #[error("systemctl was asked for {asked} units and answered with {got}")]
    Count {
        /// How many units were asked for.
        asked: usize,
        /// How many blocks came.
        got: usize,
    },
    /// A line that is no property we asked for, or one that came twice.
    #[error("systemctl answered with a line that does not belong there, in the block of {0}")]
    Line(UnitName),
}

/// The command that shows these units.
pub fn show(scope: Scope, units: &[UnitName], ask: Ask) -> RemoteCommand {
    let wanted: Vec<&str> = match ask {
        Ask::Everything => KNOWN.iter().map(|(name, _)| *name).filter(|name| !USAGE.contains(name)).collect(),
        Ask::NoFreeText => {
            let plain = |name: &&str| !FREE.contains(name) && !USAGE.contains(name);
            KNOWN.iter().map(|(name, _)| *name).filter(plain).collect()
        }
        Ask::Usage => ["Id"].into_iter().chain(USAGE).collect(),
    };
    let mut arguments =
        vec!["--no-pager".to_owned(), "show".to_owned(), format!("--property={}", wanted.join(",")), "--".to_owned()];
    arguments.extend(units.iter().map(ToString::to_string));
    plain_command(scope, "systemctl", arguments).within(Duration::from_secs(10))
}

/// Reads the answer to [`show`]: one block for each unit, in the order asked.
///
/// A description with a line break can pretend to be further lines or further blocks (newer versions print
/// `[unprintable]` instead). Each way to do so adds a block, a line that was not asked for, or a second value.
///
/// # Errors
/// The first sign that the answer holds more than systemd's own lines.
pub fn parse(output: &[u8], asked: &[UnitName]) -> Result<Vec<(UnitName, Properties)>, Forged> {
    let blocks = blocks(output);
    if blocks.len() != asked.len() {
        return Err(Forged::Count { asked: asked.len(), got: blocks.len() });
    }
    asked.iter().zip(blocks).map(|(name, lines)| Ok((name.clone(), block(name, &lines)?))).collect()
}

fn blocks(output: &[u8]) -> Vec<Vec<&[u8]>> {
    let mut blocks: Vec<Vec<&[u8]>> = Vec::new();
    let mut open = false;
    for line in output.split(|byte| *byte == b'\n') {
        if line.is_empty() {
            open = false;
            continue;
        }
        if !open {
            blocks.push(Vec::new());
            open = true;
        }
        if let Some(block) = blocks.last_mut() {
            block.push(line);
        }
    }
    blocks
}

fn block(unit: &UnitName, lines: &[&[u8]]) -> Result<Properties, Forged> {
    let forged = || Forged::Line(unit.clone());
    let mut properties = Properties::default();
    let mut seen: Vec<&str> = Vec::new();
    let mut listen: Vec<Vec<u8>> = Vec::new();
    for line in lines {
        let at = line.iter().position(|byte| *byte == b'=').ok_or_else(forged)?;
        let (name, value) = (&line[..at], &line[at + 1..]);
        let (name, shape) = std::str::from_utf8(name).ok().and_then(known).ok_or_else(forged)?;
        if shape == Shape::Listen {
            listen.push(listener(value));
            continue;
        }
        if seen.contains(&name) {
            return Err(forged());
        }
        seen.push(name);
        if let Some(value) = read(shape, value) {
            properties.set(name, value);
        }
    }
    if !listen.is_empty() {
        properties.set("Listen", Prop::List(listen));
    }
    Ok(properties)
}

/// `0.0.0.0:80 (Stream)` in the words of the bus: `Stream 0.0.0.0:80`.
fn listener(value: &[u8]) -> Vec<u8> {
    let split = value.iter().rposition(|byte| *byte == b' ').filter(|_| value.ends_with(b")"));
    split.map_or_else(
        || value.to_vec(),
        |at| {
            let kind = value[at + 1..].iter().filter(|byte| !b"()".contains(byte));
            kind.copied().chain(*b" ").chain(value[..at].iter().copied()).collect()
        },
    )
}

fn read(shape: Shape, value: &[u8]) -> Option<Prop> {
    let text = || std::str::from_utf8(value).ok();
    match shape {
        Shape::Text | Shape::Id => Some(Prop::Text(value.to_vec())),
        Shape::Truth => Some(Prop::Truth(value == b"yes")),
        Shape::Number => text()?.trim().parse().ok().map(Prop::Number),
        Shape::Time => {
            let micros = timestamp(text()?).map_or(0, jiff::Timestamp::as_microsecond);
            Some(Prop::Number(u64::try_from(micros).unwrap_or(0)))
        }
        Shape::Monotonic => {
            let micros = span(text()?).map_or(0, |span| span.as_micros());
            Some(Prop::Number(u64::try_from(micros).unwrap_or(0)))
        }
        Shape::List | Shape::Listen => {
            let words = value.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
            Some(Prop::List(words.map(<[u8]>::to_vec).collect()))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::domain::unit::{Active, Exit, Load};

    fn names(words: &[&str]) -> Vec<UnitName> {
        words.iter().map(|word| UnitName::new(word).unwrap()).collect()
    }

    #[test]
    fn a_recorded_answer_is_read() {
        let asked = names(&[
            "pakashop-search.service",
            "crasher.service",
            "nothere.service",
            "lab-tick.timer",
            "lab-tick.service",
            "systemd-journald.socket",
            "hostile.service",
        ]);
        let units = parse(include_bytes!("../../tests/fixtures/systemd252-show.txt"), &asked).unwrap();
        let facts: Vec<_> = units.iter().map(|(name, properties)| properties.facts(name)).collect();
        assert_eq!((facts[0].active, facts[0].load), (Active::Active, Load::Loaded));
        assert!(facts[0].main_pid > 1 && facts[0].active_enter.is_some() && facts[0].invocation.len() == 32);
        assert_eq!(facts[0].description.raw(), b"Test service pakashop-search");
        assert_eq!(facts[0].drop_ins.len(), 1);
        assert_eq!((facts[1].active, facts[1].exit), (Active::Failed, Exit::Exited(3)));
        assert_eq!(facts[1].cause(), "exit 3");
        assert_eq!(facts[2].load, Load::NotFound);
        let timer = facts[3].timer.as_ref().unwrap();
        assert_eq!(timer.triggers.raw(), b"lab-tick.service");
        assert!(timer.next.unwrap() > facts[3].state_change.unwrap());
        assert!(facts[4].oneshot && facts[4].result.raw() == b"success");
        let socket = facts[5].socket.as_ref().unwrap();
        assert_eq!(socket.listen[0].raw(), b"Datagram /run/systemd/journal/socket");
        assert_eq!(facts[6].description.raw(), b"[unprintable]", "252 prints no line break");
        assert_eq!(facts[6].active, Active::Active);
    }

    #[test]
    fn an_older_answer_with_missing_properties_is_fine() {
        let asked = names(&["a.service"]);
        let units = parse(include_bytes!("../../tests/fixtures/systemd-old-show.txt"), &asked).unwrap();
        let facts = units[0].1.facts(&asked[0]);
        assert_eq!((facts.active, facts.restarts), (Active::Active, 0));
        assert_eq!(facts.exit, Exit::None);
    }

    #[test]
    fn a_description_that_pretends_to_be_lines_or_blocks_is_found_out() {
        let asked = names(&["a.service", "b.service"]);
        let honest = b"Id=a.service\nDescription=x\nActiveState=active\n\nId=b.service\nActiveState=failed\n";
        assert!(parse(honest, &asked).is_ok());
        let line = b"Id=a.service\nDescription=x\nActiveState=active\nActiveState=failed\n\nId=b.service\n";
        assert_eq!(parse(line, &asked), Err(Forged::Line(asked[0].clone())));
        let block = b"Id=a.service\nDescription=x\n\nId=b.service\nActiveState=active\n\nId=b.service\n";
        assert_eq!(parse(block, &asked), Err(Forged::Count { asked: 2, got: 3 }));
        let odd = b"Id=a.service\nDescription=x\nhello\n\nId=b.service\n";
        assert_eq!(parse(odd, &asked), Err(Forged::Line(asked[0].clone())));
        assert!(!show(Scope::System, &asked, Ask::NoFreeText).argv[6].contains("Description"));
    }

    #[test]
    fn bytes_that_are_no_utf8_are_kept() {
        let asked = names(&["a.service"]);
        let units = parse(b"Id=a.service\nDescription=\xff\x1b[31m\nMemoryCurrent=[not set]\n", &asked).unwrap();
        assert_eq!(units[0].1.facts(&asked[0]).description.raw(), b"\xff\x1b[31m");
        assert_eq!(units[0].1.usage().memory, None);
    }

    proptest::proptest! {
        #[test]
        fn no_answer_panics(output: Vec<u8>, cut in 0usize..4000) {
            let asked = names(&["a.service", "b.service"]);
            let read = parse(&output, &asked);
            proptest::prop_assert!(read.map_or(true, |units| units.len() == 2));
            let real = include_bytes!("../../tests/fixtures/systemd252-show.txt");
            let part = &real[..cut.min(real.len())];
            let read = parse(part, &asked);
            proptest::prop_assert!(read.map_or(true, |units| units.len() == 2));
        }
    }
}
