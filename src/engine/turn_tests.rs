//! When a frame is drawn, by example.
#![allow(clippy::unwrap_used)]

use std::future::Future;
use std::io;
use std::time::Duration;

use ratatui::backend::TestBackend;
use ratatui::{Frame, Terminal};

use super::*;
use crate::domain::Link;
use crate::port::event::HostEvent;
use crate::port::{Errand, Key, ShellEnd};

const PACE: Duration = Duration::from_millis(33);

struct Fake {
    terminal: Terminal<TestBackend>,
    ready: bool,
    frames: u32,
    size: (u16, u16),
}

impl Surface for Fake {
    fn measure(&mut self) -> (u16, u16) {
        self.size
    }

    fn ready(&self) -> bool {
        self.ready
    }

    fn taken(&mut self) -> impl Future<Output = io::Result<()>> {
        std::future::pending()
    }

    fn draw(&mut self, paint: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.frames += 1;
        let Ok(_) = self.terminal.draw(paint);
        Ok(())
    }

    fn redraw(&mut self) {}

    fn copy(&mut self, _text: &str) {}

    fn mouse(&mut self, _heard: bool) {}

    fn title(&mut self, _title: &crate::port::Title) {}

    fn call(&mut self, _call: &crate::port::Call) {}

    fn suspend(&mut self) -> Result<(), String> {
        Err("Can't.".to_owned())
    }

    fn resume(&mut self) -> io::Result<bool> {
        Ok(true)
    }

    fn lend(&mut self, _words: &str) -> Result<(), String> {
        Err("Can't.".to_owned())
    }

    fn start(&mut self, _errand: &Errand) -> io::Result<()> {
        Ok(())
    }

    fn returned(&mut self) -> impl Future<Output = ShellEnd> {
        std::future::pending()
    }

    fn take_back(&mut self) -> io::Result<bool> {
        Ok(true)
    }

    fn pace(&self) -> Duration {
        PACE
    }
}

fn turn() -> Turn<Fake> {
    let Ok(terminal) = Terminal::new(TestBackend::new(80, 24));
    let mut turn = Turn::new(Fake { terminal, ready: true, frames: 0, size: (80, 24) }, Model::default());
    turn.measure(at(1000));
    turn
}

fn at(millis: u64) -> Now {
    Now::START.after(Duration::from_millis(millis))
}

fn happens(turn: &mut Turn<Fake>, millis: u64) {
    turn.event(Event::Input(Input::Focus(true)), at(millis));
    turn.draw(at(millis));
}

#[test]
fn the_first_frame_after_quiet_is_immediate_and_followers_keep_the_pace() {
    let mut turn = turn();
    turn.draw(at(1000));
    assert_eq!(turn.surface.frames, 1);
    // A flood: an event each millisecond for a second.
    for millis in 1001..=2000 {
        happens(&mut turn, millis);
    }
    assert!((29..=32).contains(&turn.surface.frames), "{}", turn.surface.frames);
    // What came too early for a frame is drawn as soon as it may be.
    happens(&mut turn, 2001);
    let wake = turn.wake().map(|wake| wake.0 <= at(2001).after(PACE).mono.0);
    assert_eq!(wake, Some(true));
    let before = turn.surface.frames;
    turn.draw(at(2100));
    happens(&mut turn, 5000);
    assert_eq!(turn.surface.frames, before + 2);
}

#[test]
fn a_key_in_a_flood_is_answered_sooner_than_the_flood_is_drawn() {
    let mut turn = turn();
    turn.draw(at(1000));
    happens(&mut turn, 1001);
    assert_eq!(turn.surface.frames, 1);
    turn.event(Event::Input(Input::Key(Key::char('?'))), at(1002));
    let answer = at(1000).after(PACE / 4);
    assert_eq!(turn.wake(), Some(answer.mono));
    turn.draw(answer);
    assert_eq!(turn.surface.frames, 2);
    // The next of the flood keeps the pace again.
    happens(&mut turn, 1020);
    assert_eq!(turn.surface.frames, 2);
    assert_eq!(turn.wake(), Some(answer.after(PACE).mono));
}

#[test]
fn nothing_is_drawn_when_nothing_happened() {
    let mut turn = turn();
    turn.draw(at(1000));
    turn.due = None;
    for millis in (1100..90_000).step_by(100) {
        turn.draw(at(millis));
    }
    assert_eq!((turn.surface.frames, turn.wake()), (1, None));
}

#[test]
fn what_time_brings_comes_about_also_where_there_is_always_something_else() {
    let mut turn = turn();
    turn.draw(at(1000));
    turn.due = Some(at(2000).mono);
    assert!(!turn.is_late(at(2000)) && turn.is_late(at(2001)));
    turn.time(at(2001));
    assert!(!turn.is_late(at(2002)) && turn.changed);
}

#[test]
fn a_screen_that_takes_nothing_gets_nothing_and_wakes_nobody() {
    let mut turn = turn();
    turn.draw(at(1000));
    turn.surface.ready = false;
    for millis in 1001..3000 {
        happens(&mut turn, millis);
    }
    assert_eq!((turn.surface.frames, turn.wake()), (1, None));
    // It takes one again: the newest state, at once and once.
    turn.surface.ready = true;
    turn.draw(at(3000));
    turn.draw(at(3040));
    assert_eq!(turn.surface.frames, 2);
}

#[test]
fn the_moment_of_the_view_wakes_it_once() {
    let mut turn = turn();
    turn.draw(at(1000));
    turn.due = Some(at(4000).mono);
    assert_eq!(turn.wake(), Some(at(4000).mono));
    turn.time(at(3999));
    turn.draw(at(3999));
    assert_eq!(turn.surface.frames, 1);
    turn.time(at(4000));
    turn.draw(at(4000));
    assert_eq!(turn.surface.frames, 2);
}

#[test]
fn a_stop_that_is_refused_leaves_the_screen_on() {
    let mut turn = turn();
    turn.notice(Notice::Suspend, at(1000));
    turn.draw(at(1100));
    assert_eq!(turn.surface.frames, 1);
}

#[test]
fn a_size_that_changed_without_a_word_is_seen_when_all_is_drawn_anew() {
    let mut turn = turn();
    turn.surface.size = (100, 40);
    turn.event(Event::Resumed, at(1000));
    assert_eq!(turn.model.size, (100, 40));
}

#[test]
fn figures_wait_for_the_next_second_and_words_do_not() {
    let mut turn = turn();
    let known = &crate::engine::drill::embedded::SITES[0];
    let site = crate::site::load_built_in(known.name, known.site).unwrap();
    let environment = std::sync::Arc::new(site.environments[0].clone());
    let host = environment.hosts[0].name.clone();
    turn.event(Event::Opened(environment), at(1000));
    turn.draw(at(1000));
    turn.due = None;
    for millis in [1200, 1500, 1900] {
        turn.event(Event::Host(host.clone(), HostEvent::Facts(Box::default())), at(millis));
        turn.draw(at(millis));
        turn.due = None;
    }
    assert_eq!((turn.surface.frames, turn.wake()), (1, Some(at(2000).mono)), "nobody waits for figures");
    turn.time(at(2000));
    turn.draw(at(2000));
    turn.due = None;
    assert_eq!((turn.surface.frames, turn.wake()), (2, None));
    let up = Link::Up { since: at(2300).mono, round_trip: None, heard: at(2300).mono, means: None };
    turn.event(Event::Host(host, HostEvent::Link(up)), at(2300));
    turn.draw(at(2300));
    assert_eq!(turn.surface.frames, 3, "a word is drawn at once");
    turn.due = None;
    let host = turn.model.environment().unwrap().hosts[0].name.clone();
    for millis in [3400, 3600] {
        turn.event(Event::Host(host.clone(), HostEvent::Units(Vec::new())), at(millis));
        turn.draw(at(millis));
        turn.due = None;
    }
    assert_eq!((turn.surface.frames, turn.wake()), (3, Some(at(4000).mono)), "a list that changes no word waits");
}

#[test]
fn lines_that_come_while_one_is_held_are_laid_out_once_for_a_frame_and_before_a_key() {
    use crate::app::model::Screen;
    use crate::domain::Lane;
    use crate::port::log::{Cursor, LogBatch, LogEntry, LogRow};
    let mut turn = turn();
    let known = &crate::engine::drill::embedded::SITES[0];
    let site = crate::site::load_built_in(known.name, known.site).unwrap();
    let environment = std::sync::Arc::new(site.environments[0].clone());
    let host = environment.hosts[0].name.clone();
    turn.event(Event::Opened(environment), at(1000));
    turn.model.screen = Screen::Logs;
    turn.event(Event::Woke, at(1000));
    let tail = turn.model.reading.as_ref().unwrap().id();
    let batch = |number: u64| {
        let entry = LogEntry {
            cursor: Cursor::new(&format!("c={number}")).unwrap(),
            at: Now::START.wall,
            monotonic: 0,
            boot: 0,
            priority: 6,
            unit: None,
            identifier: "yes".into(),
            pid: 0,
            // No two of them say the same but for a number.
            message: "z".repeat(usize::try_from(number).unwrap() + 1).into(),
            cut: 0,
        };
        Event::Log(LogBatch { tail, host: host.clone(), lane: Lane::Journal, rows: vec![LogRow::Entry(entry)] })
    };
    let key = |turn: &mut Turn<Fake>, name: &str, millis: u64| {
        for key in crate::input::key_name::parse_sequence(name).unwrap() {
            turn.event(Event::Input(Input::Key(key)), at(millis));
        }
    };
    (0..60).for_each(|number| turn.event(batch(number), at(1000)));
    key(&mut turn, "k", 1000);
    turn.draw(at(1100));
    let (frames, place) = (turn.surface.frames, turn.model.logs.place);
    for number in 60..90 {
        turn.event(batch(number), at(1200));
        assert!(turn.model.is_unsettled());
    }
    turn.draw(at(1300));
    assert_eq!(turn.surface.frames, frames, "what came is counted with the next beat");
    turn.time(at(2000));
    turn.draw(at(2000));
    assert!(!turn.model.is_unsettled() && turn.model.logs.place == place, "the line under the cursor stays");
    turn.event(batch(90), at(2100));
    key(&mut turn, "k", 2100);
    assert!(!turn.model.is_unsettled() && turn.model.logs.place != place);
}
