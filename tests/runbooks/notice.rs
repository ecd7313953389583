//! What a part tells others is shown before it is told.

use std::sync::Arc;

use quarterdeck::domain::channel::{Channel, Channels, Way};
use quarterdeck::domain::name::ChannelName;
use quarterdeck::domain::phrase::Phrase;
use quarterdeck::domain::procedure::{Doing, Kind};
use quarterdeck::port::Effect;

use super::SIZES;
use super::console::Console;
use super::procedures::{self, Doc};

#[test]
fn a_part_that_only_tells_somebody_something_is_begun_by_a_second_key() {
    for size in SIZES {
        let mut tell = Doc::new("tell", "Tell them", Kind::Runbook);
        tell.ask("The team knows");
        tell.0.parts[0].doing = Doing::Notify("ops".to_owned(), Phrase::read("The shop is back"));
        let mut environment = procedures::production(vec![tell.done()]);
        let way = Way::Command(vec!["true".to_owned()]);
        let channel = Channel { name: ChannelName::new("ops").unwrap(), way, texts: Default::default() };
        environment.channels = Arc::new(Channels { all: vec![channel], notify: Vec::new(), drill: false });
        environment.trusted = true;
        let mut console = Console::well_in(size, environment);
        console.keys("4").types("/tell").keys("enter enter");
        console.asked();
        console.keys("enter");
        let screen = console.screen();
        assert!(screen.contains("tells ops: The shop is back"), "{screen}");
        let begun = |console: &mut Console| console.asked().iter().any(|one| matches!(one, Effect::Conduct(_)));
        assert!(!begun(&mut console), "{screen}");
        console.keys("enter");
        assert!(begun(&mut console), "{}", console.screen());
    }
}
