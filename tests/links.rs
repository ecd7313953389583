//! The links of a service: chosen by keys, opened or copied.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/console.rs"]
mod console;
#[path = "common/scene.rs"]
mod scene;

use std::sync::Arc;

use console::Console;
use quarterdeck::domain::service::Link;
use quarterdeck::port::{Effect, Event, LinkNews};

const BOARD: &str = "https://grafana.pakashop.example/d/backend?from=now-1h";

fn on_backend() -> Console {
    let mut environment = scene::production();
    for service in &mut environment.services {
        if service.name.as_str() == "backend" {
            let link = |title: &str, url: &str| Link { title: title.into(), url: url.into() };
            service.links = vec![
                link("Dashboard", BOARD),
                link("Repo\u{1b}[31m\u{202e}", "https://git.pakashop.example/backend"),
                // No address of the web; the site's reader takes none such, and neither does this.
                link("Trick", "javascript:alert(1)"),
            ];
        }
    }
    let mut console = Console::watching("02:12:05", (120, 40), scene::production());
    console.say(Event::Opened(Arc::new(environment)));
    let now = console.now();
    scene::first_second(now).into_iter().for_each(|event| console.say(event));
    console.keys("/").types("backend").keys("enter");
    console.asked();
    console
}

#[test]
fn a_link_is_chosen_and_opened() {
    let mut console = on_backend();
    console.keys("o");
    let screen = console.screen();
    assert!(screen.contains("Links of backend") && screen.contains(BOARD), "{screen}");
    assert!(!screen.contains('\u{1b}') && !screen.contains('\u{202e}'), "titles are foreign: {screen:?}");
    console.keys("enter");
    assert_eq!(console.asked(), [Effect::OpenLink(BOARD.to_owned())]);
    assert!(!console.screen().contains("Links of backend"));
    console.say(Event::Link(LinkNews::Opened(BOARD.to_owned())));
    assert!(console.screen().contains(&format!("Opened {BOARD}.")), "{}", console.screen());
}

#[test]
fn without_a_browser_it_is_copied_and_that_is_said() {
    let mut console = on_backend();
    console.keys("o").types("repo").keys("enter");
    let url = "https://git.pakashop.example/backend".to_owned();
    assert_eq!(console.asked(), [Effect::OpenLink(url.clone())]);
    let why = "you came here over ssh, and the browser is elsewhere".to_owned();
    console.say(Event::Link(LinkNews::NotOpened { url: url.clone(), why }));
    assert_eq!(console.0.shown().copied, Some(url));
    assert!(console.screen().contains("Copied https://git.pakashop.example/backend: you came"), "{}", console.screen());
}

#[test]
fn what_is_no_address_of_the_web_is_not_opened() {
    let mut console = on_backend();
    console.keys("o down down enter");
    assert_eq!(console.asked(), []);
    assert!(console.screen().contains("Links of backend"));
    console.keys("esc");
    assert!(!console.screen().contains("Links of backend"));
}

#[test]
fn a_service_without_links_says_so() {
    let mut console = Console::well((80, 24));
    console.keys("o");
    assert!(console.screen().contains("links: it has no links"), "{}", console.screen());
}

#[test]
fn what_a_service_needs_and_what_needs_it_stand_with_their_states_and_lead_there() {
    let mut console = Console::in_trouble((120, 40));
    console.keys("/").types("backend").keys("enter g").keys("D");
    let screen = console.screen();
    assert!(screen.contains("Dependencies of backend"), "{screen}");
    let row = |console: &Console, text: &str| console.row_with(text);
    assert!(row(&console, "? postgresql ").contains("unknown"), "{screen}");
    assert!(row(&console, "✗ settlement ").contains("needed by") && screen.contains("down (exit 1)"), "{screen}");
    // Typing finds one, enter goes to it, whatever the list was filtered by.
    console.types("redis").keys("enter");
    assert!(!console.screen().contains("Dependencies of"), "{}", console.screen());
    assert!(console.row_with("─ ? redis").contains("db-1"), "{}", console.screen());
    // What is needed through others says through which.
    console.keys("D");
    assert!(console.screen().contains("through backend"), "{}", console.screen());
}
