//! The loop: events in, `update`, effects out, `view` when something changed, and sleep until the next event
//! or the moment that `view` named.

use std::pin::pin;
use std::time::Duration;

use futures_util::{FutureExt, Stream, StreamExt};
use tokio::sync::mpsc;

use super::clock::Clock;
use super::signals::Notice;
use super::surface::Surface;
use super::turn::Turn;
use crate::app::Model;
use crate::port::{Effect, Event, Input, ShellEnd};

/// Inputs taken in before the next look at the clock and the screen.
const INPUTS_A_TURN: usize = 256;
/// Events of the world taken in before the next look at the person, and as many of its lines.
const EVENTS_A_TURN: usize = 1024;
/// How long they may be taken in before that look, at least one of each kind: a quarter of a frame. What is left waits where it
/// is, and when there is no room for more, whoever reads on a host waits as well.
const SHARE: Duration = Duration::from_millis(8);

/// The channels between the loop and the world.
#[derive(Debug)]
pub struct Channels {
    /// What the world says, 1024: the world waits when it is full; nothing is dropped.
    pub events: mpsc::Sender<Event>,
    /// Their other end.
    pub world: mpsc::Receiver<Event>,
    /// What is read of logs, 32 batches of few hundred lines: whoever reads waits when it is full, and nothing else waits behind
    /// lines, of which any number can come.
    pub lines: mpsc::Sender<Event>,
    /// Their other end.
    pub read: mpsc::Receiver<Event>,
    /// What the world shall do, 64: when it is full the loop keeps them in its outbox, where they replace each other.
    pub effects: mpsc::Sender<Effect>,
    /// Their other end.
    pub wishes: mpsc::Receiver<Effect>,
}

/// New channels.
pub fn channels() -> Channels {
    let (events, world) = mpsc::channel(1024);
    let (lines, read) = mpsc::channel(32);
    let (effects, wishes) = mpsc::channel(64);
    Channels { events, world, lines, read, effects, wishes }
}

/// Everything the loop is made of.
#[derive(Debug)]
pub struct Parts<S, I, N, C> {
    /// Where it draws.
    pub surface: S,
    /// What the person does; its end means that the terminal is gone.
    pub input: I,
    /// What the system says to the program.
    pub notices: N,
    /// Its clock.
    pub clock: C,
    /// Where it begins.
    pub model: Model,
    /// What the world says.
    pub world: mpsc::Receiver<Event>,
    /// What it reads of logs.
    pub lines: mpsc::Receiver<Event>,
    /// What the world shall do.
    pub effects: mpsc::Sender<Effect>,
}

/// Why the loop ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The person asked for it.
    Asked,
    /// This signal asked for it.
    Signal(u8),
    /// There is no terminal any more.
    Gone,
    /// Some part of the program panicked.
    Crashed,
}

/// Runs until the end, and gives back what it drew on and what it knew.
pub async fn run<S, I, N, C>(parts: Parts<S, I, N, C>) -> (Ended, S, Model)
where
    S: Surface,
    I: Stream<Item = Input>,
    N: Stream<Item = Notice>,
    C: Clock,
{
    let Parts { surface, input, notices, clock, model, mut world, mut lines, effects } = parts;
    let mut input = pin!(input);
    let mut notices = pin!(notices.fuse());
    let (mut world_speaks, mut lines_come) = (true, true);
    let mut turn = Turn::new(surface, model);
    turn.measure(clock.now());

    while turn.ended.is_none() {
        turn.draw(clock.now());
        let wake = turn.wake();
        let ready = turn.surface.ready();
        let lent = turn.is_lent();
        // Biased, from the top: a word of the system ends or stops everything else; a key is never kept
        // waiting by a flood of data; a free screen makes the next frame possible. Nothing starves: below, each
        // turn also takes in what the world has said and what time has brought, whatever came first.
        let happened = tokio::select! {
            biased;
            Some(notice) = notices.next() => Happened::Notice(notice),
            input = input.next() => Happened::Input(input),
            happened = of_surface(&mut turn.surface, lent), if !ready || lent => happened,
            permit = effects.reserve(), if !turn.outbox.is_empty() => {
                match (permit, turn.outbox.pop()) {
                    (Ok(permit), Some(effect)) => permit.send(effect),
                    // The world is gone; it has said why, or will.
                    (Err(_), _) | (Ok(_), None) => {}
                }
                Happened::Sent
            }
            event = world.recv(), if world_speaks => Happened::World(event),
            event = lines.recv(), if lines_come => Happened::Lines(event),
            () = clock.until(wake.unwrap_or_default()), if wake.is_some() => Happened::Time,
        };
        let now = clock.now();
        match happened {
            Happened::Notice(notice) => turn.notice(notice, now),
            Happened::Returned(how) => turn.returned(how, now),
            Happened::Input(Some(input)) => {
                // What is on the screen by now is so also when the key was heard of first.
                if !lent && let Some(taken) = turn.surface.taken().now_or_never() {
                    match taken {
                        Ok(()) => turn.written(now),
                        Err(_) => turn.stop(Ended::Gone, now),
                    }
                }
                turn.event(Event::Input(input), now);
            }
            Happened::Input(None) => turn.stop(Ended::Gone, now),
            Happened::Taken(true) => turn.written(now),
            Happened::Sent => {}
            Happened::Taken(false) => turn.stop(Ended::Gone, now),
            Happened::World(Some(event)) | Happened::Lines(Some(event)) => turn.event(event, now),
            Happened::World(None) => world_speaks = false,
            Happened::Lines(None) => lines_come = false,
            Happened::Time => turn.time(now),
        }
        // Drain before drawing.
        for _ in 0..INPUTS_A_TURN {
            if turn.ended.is_some() {
                break;
            }
            match input.next().now_or_never() {
                Some(Some(input)) => turn.event(Event::Input(input), now),
                Some(None) => turn.stop(Ended::Gone, now),
                None => break,
            }
        }
        // However much comes, the next look at the person and at the screen is never far: what is said first, then lines.
        let until = clock.now().mono.after(SHARE);
        for said in [&mut world, &mut lines] {
            for _ in 0..EVENTS_A_TURN {
                match said.try_recv() {
                    Ok(event) if turn.ended.is_none() => turn.event(event, now),
                    Ok(_) | Err(_) => break,
                }
                if clock.now().mono >= until {
                    break;
                }
            }
        }
        if turn.is_late(now) {
            turn.time(now);
        }
        while let Some(effect) = turn.outbox.pop() {
            match effects.try_send(effect) {
                Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => {}
                Err(mpsc::error::TrySendError::Full(effect)) => {
                    turn.outbox.put_back(effect);
                    break;
                }
            }
        }
    }
    (turn.ended.unwrap_or(Ended::Asked), turn.surface, turn.model)
}

/// What the screen has to say: the program that has it has ended, or the frame on its way was taken.
async fn of_surface(surface: &mut impl Surface, lent: bool) -> Happened {
    if lent { Happened::Returned(surface.returned().await) } else { Happened::Taken(surface.taken().await.is_ok()) }
}

enum Happened {
    Notice(Notice),
    Returned(ShellEnd),
    Input(Option<Input>),
    Taken(bool),
    Sent,
    World(Option<Event>),
    Lines(Option<Event>),
    Time,
}
