//! The loop by example: what a person and the world do, and what is drawn.
#![allow(clippy::unwrap_used)]

use std::cell::RefCell;

use ratatui::layout::Rect;

use super::*;
use crate::domain::Moment;

fn stage() -> Stage {
    Stage::new(Model::default(), (80, 24))
}

#[test]
fn the_first_frame_is_there_at_once_and_quiet_draws_nothing() {
    let mut stage = stage();
    let first = stage.shown();
    assert_eq!((first.frames, first.buffer.area.width), (1, 80));
    stage.advance(Duration::from_millis(1));
    assert_eq!(stage.shown().frames, 1);
}

#[test]
fn everything_that_waits_is_taken_in_before_one_frame() {
    let mut stage = stage();
    for _ in 0..200 {
        stage.events.try_send(Event::Trouble("slow".into())).unwrap();
        stage.input.as_ref().unwrap().try_send(Input::Focus(true)).unwrap();
    }
    stage.settle();
    assert_eq!(stage.shown().frames, 2);
}

#[test]
fn another_size_reaches_model_and_screen() {
    let mut stage = stage();
    stage.resize(120, 40);
    assert_eq!(stage.shown().buffer.area, Rect::new(0, 0, 120, 40));
    stage.resize(0, 0).resize(1, 1).resize(500, 200);
    assert_eq!(stage.shown().buffer.area, Rect::new(0, 0, 500, 200));
}

#[test]
fn every_end_has_its_reason() {
    for (notice, end) in
        [(Notice::Stop(15), Ended::Signal(15)), (Notice::Stop(1), Ended::Signal(1)), (Notice::Crashed, Ended::Crashed)]
    {
        assert_eq!(stage().notice(notice).ended().unwrap().0, end);
    }
    assert_eq!(stage().hang_up().ended().unwrap().0, Ended::Gone);
}

#[test]
fn no_frame_after_a_crash() {
    let mut stage = stage();
    stage.events.try_send(Event::Resumed).unwrap();
    stage.notices.try_send(Notice::Crashed).unwrap();
    stage.settle();
    assert_eq!((stage.shown().frames, stage.ended().unwrap().0), (1, Ended::Crashed));
}

#[test]
fn a_stopped_console_draws_nothing_until_it_goes_on() {
    let mut stage = stage();
    stage.notice(Notice::Suspend).notice(Notice::Suspend);
    assert_eq!(stage.shown().suspended, 1);
    stage.event(Event::Trouble("x".into())).input(Input::Focus(false));
    assert_eq!(stage.shown().frames, 1);
    stage.notice(Notice::Continued);
    assert_eq!(stage.shown().frames, 2);
}

#[test]
fn a_paste_is_never_keys() {
    let mut stage = stage();
    stage.input(Input::Paste("q\ny\nq".into()));
    assert!(stage.ended().is_none());
    stage.keys("j down").unwrap();
    assert!(stage.ended().is_none());
}

#[test]
fn a_world_that_does_not_listen_holds_nobody_up() {
    let (clock, size) = (HeldClock::at(Now::START), watch::channel((80, 24)).1);
    let (effects, mut wishes) = mpsc::channel(1);
    effects.try_send(Effect::Refresh).unwrap();
    let parts = Parts {
        surface: Memory::new(size, watch::Sender::new(Shown::default()), mpsc::channel(1).1),
        input: stream::iter([Input::Focus(true), Input::Focus(false)]),
        notices: stream::pending(),
        clock,
        model: Model::default(),
        world: mpsc::channel(1).1,
        lines: mpsc::channel(1).1,
        effects,
    };
    // The input ends, so the loop ends, although nobody takes an effect.
    let polled = Box::pin(run(parts)).as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(polled, Poll::Ready((Ended::Gone, _, _))));
    assert_eq!(wishes.try_recv(), Ok(Effect::Refresh));
}

#[test]
fn what_came_before_a_dialog_was_on_screen_is_no_answer_to_it() {
    use crate::app::Overlay;
    use crate::screens::leave;
    let mut model = Model::default();
    model.under_way.send("restart".into(), 1, Now::START.mono);
    let mut stage = Stage::new(model, (80, 24));
    let keys = |names: &str| crate::input::key_name::parse_sequence(names).unwrap();
    stage.burst(keys("q y"));
    assert!(stage.ended().is_none(), "{stage:?}");
    assert!(stage.text().contains("That was typed before this was on screen"), "{stage:?}");
    let frames = stage.shown().frames;
    stage.advance(Duration::from_millis(1));
    assert_eq!(stage.shown().frames, frames, "that a dialog was shown draws nothing");
    stage.burst(keys("y"));
    assert_eq!(stage.ended().unwrap().0, Ended::Asked);
    // One that was there before the first frame has been shown by it.
    let mut model = Model::default();
    model.under_way.send("restart".into(), 1, Now::START.mono);
    model.overlay = Some(Overlay::Leave(leave::State::default()));
    let mut stage = Stage::new(model, (80, 24));
    assert!(stage.burst(keys("y")).ended().is_some());
}

/// A clock on which each look costs a millisecond, as what was done before it did.
#[derive(Clone)]
struct Working(HeldClock);

impl Clock for Working {
    fn now(&self) -> Now {
        self.0.advance(Duration::from_millis(1));
        self.0.now()
    }

    fn until(&self, moment: Moment) -> impl Future<Output = ()> + Send {
        self.0.until(moment)
    }
}

#[test]
fn keys_frames_and_what_else_the_world_says_come_between_lines_however_many_there_are() {
    const LINES: usize = 4_000;
    let (lines, read) = mpsc::channel(LINES);
    let (events, world) = mpsc::channel(64);
    (0..LINES).for_each(|_| lines.try_send(Event::Settled(7)).unwrap());
    (0..64).for_each(|_| events.try_send(Event::Settled(7)).unwrap());
    let (showing, shown) = watch::channel(Shown::default());
    // What is left of both whenever it is looked for keys, and how many frames there were.
    let looks = RefCell::new(Vec::new());
    let left = |sender: &mpsc::Sender<Event>| sender.max_capacity() - sender.capacity();
    let input = stream::poll_fn(|_: &mut Context<'_>| {
        looks.borrow_mut().push((left(&lines), left(&events), shown.borrow().frames));
        if left(&lines) == 0 { Poll::Ready(None) } else { Poll::Pending::<Option<Input>> }
    });
    let parts = Parts {
        surface: Memory::new(watch::channel((80, 24)).1, showing, mpsc::channel(1).1),
        input,
        notices: stream::pending(),
        clock: Working(HeldClock::at(Now::START)),
        model: Model::default(),
        world,
        lines: read,
        effects: mpsc::channel(1).0,
    };
    let polled = Box::pin(run(parts)).as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(polled, Poll::Ready((Ended::Gone, _, _))));
    let looks = looks.into_inner();
    let between = looks.windows(2).map(|two| two[0].0 - two[1].0).max().unwrap();
    assert!(between <= 16, "{between} batches of lines before the next look at the keys");
    let (lines_left, _, _) = looks.iter().find(|(_, events, _)| *events == 0).unwrap();
    assert!(*lines_left > LINES - 200, "what else is said waits behind lines: {lines_left} of them were left");
    let frames = looks.last().unwrap().2;
    assert!(frames >= 200, "{frames} frames");
}
