//! A person finds their way by keys: the palette, the command line, what follows a first key, the mouse.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/console.rs"]
mod console;
#[path = "common/scene.rs"]
mod scene;

use console::Console;
use quarterdeck::input::key_name;
use quarterdeck::port::{Effect, Input, Key, KeyCode};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

#[test]
fn the_palette_does_what_is_found_by_a_few_letters() {
    for size in SIZES {
        let mut console = Console::in_trouble(size);
        console.keys("ctrl-p");
        assert!(console.row_with("Palette").contains("what to do"), "{}", console.screen());
        console.types("srt");
        assert!(console.row_with(" sort ").contains('S'), "its key: {}", console.screen());
        console.keys("enter");
        assert!(!console.screen().contains("Infrastructure"), "the worst stand first: {}", console.screen());
        // What was used newly comes first.
        console.keys("ctrl-p");
        let first = console.screen().lines().skip_while(|line| !line.contains("find")).nth(2).unwrap().to_owned();
        assert!(first.contains(" sort "), "{first}");
        console.keys("esc");
        assert!(!console.screen().contains("Palette"));
    }
}

#[test]
fn the_palette_says_why_something_can_t_be_done_and_stays() {
    for size in SIZES {
        let mut console = Console::well(size);
        console.keys("ctrl-p").types("retry");
        assert!(console.row_with("retry-now").contains("no link is lost"), "{}", console.screen());
        console.asked();
        console.keys("enter");
        assert!(console.screen().contains("Palette") && console.screen().contains("retry-now: no link is lost"));
        assert_eq!(console.asked(), []);
        console.keys("ctrl-u").types("nothing like it");
        assert!(console.screen().contains("Nothing here is called that."), "{}", console.screen());
        console.keys("enter");
        assert!(console.screen().contains("Palette"));
    }
}

#[test]
fn the_palette_goes_to_services_hosts_and_environments() {
    let mut console = Console::in_trouble((120, 40));
    console.keys("ctrl-p").types("redis");
    assert!(console.row_with("service: db-1").contains("? redis"), "as it is now: {}", console.screen());
    console.keys("enter");
    assert!(console.row_with("─ Log ").contains("redis"), "{}", console.screen());
    console.keys("ctrl-p").types("app2").keys("enter");
    assert!(console.screen().contains("╭─ Hosts") && console.row_with("│ ● app-2").contains("14ms"));
    console.asked();
    console.keys("ctrl-p").types("staging").keys("enter");
    let asked = console.asked();
    assert!(
        asked.iter().any(|effect| matches!(effect, Effect::Watch(it) if it.name.as_str() == "staging")),
        "{asked:?}"
    );
    console.keys("ctrl-p").types("production");
    assert!(console.row_with("it is open").contains("production"), "{}", console.screen());
}

#[test]
fn a_command_is_completed_and_done_to_what_stands_behind_it() {
    for size in SIZES {
        let mut console = Console::in_trouble(size);
        console.keys(":").types("hos").keys("tab");
        assert!(console.screen().contains(":host"), "{}", console.screen());
        console.types(" app").keys("tab tab enter");
        assert!(console.screen().contains("╭─ Hosts") && console.row_with("Hosts").contains("Hosts"));
        assert!(console.screen().lines().any(|line| line.contains("app-2")), "{}", console.screen());
        console.keys(":").types("open settlement").keys("enter");
        assert!(console.row(2).contains("Overview") || console.row(1).contains("Overview"));
        assert!(console.screen().contains("pakashop-settlement"), "{}", console.screen());
        console.keys(":").types("unit-file gateway app-2").keys("enter");
        assert!(console.screen().contains("pakashop-gateway"), "{}", console.screen());
    }
}

#[test]
fn what_is_no_command_stays_in_the_line_with_the_nearest_that_is_one() {
    for size in SIZES {
        let mut console = Console::in_trouble(size);
        let refused = |console: &mut Console, line: &str, why: &str| {
            console.asked();
            console.keys(":").types(line).keys("enter");
            assert!(console.screen().contains(why), "{line}: {}", console.screen());
            assert!(console.screen().contains(&format!(":{line}")), "{line} stays");
            assert_eq!(console.asked(), [], "{line}");
            console.types("x");
            assert!(!console.screen().contains(why), "typing on takes the complaint away");
            console.keys("esc");
        };
        refused(&mut console, "refesh", "there is no command `refesh`; did you mean `refresh`?");
        refused(&mut console, "open backand", "there is no service `backand` here; did you mean `backend`?");
        refused(&mut console, "host app-9", "there is no host `app-9` here; did you mean `app-1`?");
        refused(&mut console, "open gateway db-1", "`gateway` has no instance on `db-1`");
        refused(&mut console, "env prod", "there is no environment `prod`");
        refused(&mut console, "host app-1 app-2", "`app-2` is one word too many");
        refused(&mut console, "refresh all", "`refresh` takes nothing behind it");
        console.keys(":").keys("enter");
        assert!(!console.screen().contains("Command"), "an empty line closes");
    }
}

#[test]
fn earlier_commands_come_back() {
    let mut console = Console::in_trouble((80, 24));
    console.keys(":").types("sort").keys("enter");
    console.keys(":").types("hosts").keys("enter");
    console.keys(": up up");
    assert!(console.screen().contains(":sort"), "{}", console.screen());
    console.keys("down");
    assert!(console.screen().contains(":hosts"));
    console.keys("down");
    assert!(!console.screen().contains(":hosts"));
    console.keys("esc").keys(":").types("q").keys("enter");
    assert!(console.0.ended().is_some());
}

#[test]
fn a_paste_into_the_command_line_is_text_and_does_nothing() {
    let mut console = Console::in_trouble((80, 24));
    console.keys(":").pastes("quit\nquit\n");
    assert!(console.screen().contains(":quit") && console.0.ended().is_none());
}

#[test]
fn the_mouse_is_left_to_the_terminal_and_taken_back() {
    let mut console = Console::well((120, 40));
    console.keys("M");
    assert_eq!(console.0.shown().mouse, Some(false));
    assert!(console.row(39).contains("M gives it back"), "{}", console.row(39));
    console.keys("M");
    assert_eq!(console.0.shown().mouse, Some(true));
}

#[test]
fn backspace_may_arrive_as_ctrl_h() {
    let mut console = Console::well((120, 40));
    console.types("/gatex").keys("ctrl-h");
    assert!(console.screen().contains("1 of 23"), "{}", console.screen());
}

#[test]
fn un_zoom_takes_the_screen_back_and_only_that() {
    let mut console = Console::well((120, 40));
    console.keys("_");
    assert!(console.row(39).contains("nothing is zoomed"), "{}", console.row(39));
    console.keys("+");
    assert!(!console.screen().contains("╭─ Services"));
    console.keys("_");
    assert!(console.screen().contains("╭─ Services"));
}

/// Where a text stands on the screen: column and row.
fn place_of(console: &Console, text: &str) -> (u16, u16) {
    let screen = console.screen();
    let (y, line) = screen.lines().enumerate().find(|(_, line)| line.contains(text)).unwrap();
    let x = line[..line.find(text).unwrap()].chars().count();
    (u16::try_from(x).unwrap(), u16::try_from(y).unwrap())
}

#[test]
fn a_click_chooses_in_the_palette_and_the_help_and_a_second_one_does_it() {
    let mut console = Console::well((120, 40));
    console.keys("ctrl-p").types("toggle");
    let (x, y) = place_of(&console, "toggle-mouse");
    console.0.input(Input::Click(x, y));
    assert_eq!(console.0.shown().mouse, None, "once only chooses");
    console.0.input(Input::Click(x, y));
    assert_eq!(console.0.shown().mouse, Some(false));

    let mut console = Console::well((120, 40));
    console.keys("?").types("hide");
    let (x, y) = place_of(&console, "Show or hide the clock");
    console.0.input(Input::Click(x, y));
    assert!(console.row(0).contains("UTC"), "once only chooses");
    console.0.input(Input::Click(x, y));
    assert!(!console.row(0).contains("UTC"), "the clock went: {}", console.row(0));
}

#[test]
fn a_box_says_what_may_follow_and_stays_until_a_key_ends_it() {
    for size in SIZES {
        let mut console = Console::well(size);
        console.keys("z");
        assert!(console.row_with("Hide all instances").contains('M'), "{}", console.screen());
        assert!(console.row_with("Show the instances of all services").contains('R'));
        console.pass(std::time::Duration::from_secs(600));
        assert!(console.screen().contains("Hide all instances"), "nothing ends it by itself");
        console.keys("x");
        assert!(!console.screen().contains("Hide all instances"));
        assert!(console.screen().contains("z x means nothing here."), "{}", console.screen());
        console.pass(std::time::Duration::from_secs(4)).keys("z esc");
        assert!(!console.screen().contains("Hide all instances") && !console.screen().contains("means nothing"));
        console.keys("z R");
        assert!(console.screen().contains("├ app-1"), "{}", console.screen());
    }
}

/// What a keyboard, or a terminal that is not well, sends where a second key is awaited: it is told, and can do nothing.
#[test]
fn a_second_key_that_can_t_be_shown_is_told_as_its_number() {
    for size in SIZES {
        let mut console = Console::well(size);
        for (odd, told) in [('\u{202E}', "202E"), ('\u{378}', "378"), ('\u{E126}', "E126"), ('\u{AD}', "AD")] {
            console.keys("z").types(&odd.to_string());
            let row = console.row_with(" means nothing here.");
            assert!(row.contains(told) && !row.contains(odd), "{row}");
        }
        // Marks stand over something.
        for mark in ['\u{301}', '\u{5AE}', '\u{D82}'] {
            console.keys("z").types(&mark.to_string());
            assert!(console.screen().contains(" means nothing here."), "{}", console.screen());
        }
    }
}

/// Whatever is pressed, each screen that comes of it can be drawn.
#[test]
fn keys_at_random_lead_to_nothing_that_can_t_be_drawn() {
    let seed = std::env::var("QD_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(11);
    let count = std::env::var("QD_KEYS").ok().and_then(|count| count.parse().ok()).unwrap_or(400);
    let mut random = fastrand::Rng::with_seed(seed);
    let odd =
        ['\u{202E}', '\u{378}', '\u{301}', '\u{E126}', '\u{AD}', '\u{200D}', '\u{FE0F}', 'ß', '語', '🧑', '\u{1F3FD}'];
    for size in SIZES {
        let mut console = Console::in_trouble(size);
        let mut pressed = Vec::new();
        for _ in 0..count {
            let key = match random.u8(..10) {
                0 => Key::char(odd[random.usize(..odd.len())]),
                1 => Key::plain(KeyCode::Esc),
                2 => Key::plain([KeyCode::Enter, KeyCode::Tab, KeyCode::Up, KeyCode::Down][random.usize(..4)]),
                3 => Key::ctrl(random.char('a'..='z')),
                _ => Key::char(random.char('!'..='~')),
            };
            // What leaves is left out.
            if key == Key::char('q') || key == Key::ctrl('c') {
                continue;
            }
            pressed.push(key);
            let seen = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                console.0.press([key]);
            }));
            let last: Vec<String> = pressed.iter().rev().take(30).rev().map(|key| key_name::name(*key)).collect();
            assert!(seen.is_ok(), "seed {seed}, {size:?}, after {} keys: {}", pressed.len(), last.join(" "));
            if console.0.ended().is_some() {
                console = Console::in_trouble(size);
            }
        }
    }
}
