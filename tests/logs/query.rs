//! A person who looks for something in the logs.

use super::console::Console;
use super::log_scene::opened;
use super::{MIDDLE, SMALL};

#[test]
fn a_mistake_is_pointed_at_and_what_was_found_before_stays() {
    for size in [SMALL, MIDDLE] {
        let mut console = Console::in_trouble(size);
        opened(&mut console);
        console.types("/status=502");
        assert!(console.screen().contains("6 of 17 lines"), "{}", console.screen());
        console.types(" level>=");
        let typed = console.row_with("status=502 level>=");
        let below = console.row_with("a value must follow behind level");
        let end = typed[..typed.find("level>=").unwrap()].chars().count() + "level>=".len();
        assert_eq!(below.chars().nth(end), Some('^'), "{}", console.screen());
        assert!(!console.screen().contains("score service"), "what was found before stays: {}", console.screen());
        // It is not kept before it is mended.
        console.keys("enter").types("erro");
        assert!(console.screen().contains("a level is one of emerg"), "{}", console.screen());
        console.types("r").keys("enter");
        assert!(console.screen().contains("6 of 17 lines") && !console.screen().contains('^'), "{}", console.screen());
        console.keys("esc");
        assert!(console.screen().contains("17 lines"), "{}", console.screen());
    }
}

#[test]
fn fields_of_messages_are_found_and_marked() {
    let mut console = Console::in_trouble(MIDDLE);
    opened(&mut console);
    console.types("/elapsed_ms>30000 provider=stripe");
    assert!(console.screen().contains("1 of 17 lines"), "{}", console.screen());
    console.keys("ctrl-u").types("status>=500 or unit:fraud");
    assert!(console.screen().contains("7 of 17 lines"), "{}", console.screen());
    console.keys("ctrl-u").types("host:app-2 level>=error !status=*");
    assert!(console.screen().contains("2 of 17 lines"), "{}", console.screen());
}
