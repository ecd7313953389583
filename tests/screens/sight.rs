//! What a person sees is what they mean: no row out of sight, no half of a name.

use super::console::Console;

const MIDDLE: (u16, u16) = (120, 40);

#[test]
fn a_row_that_a_filter_hides_is_not_restarted() {
    let mut console = Console::well(MIDDLE);
    console.types("/nothing-like-this").keys("enter r");
    assert!(console.screen().contains("no row is in sight"), "{}", console.screen());
    assert!(!console.screen().contains("Restart "), "{}", console.screen());
}

#[test]
fn the_names_of_screens_stand_whole_or_not_at_all() {
    let names = ["Overview", "Logs", "Hosts", "Runbooks", "Changes", "History", "Deploy"];
    for columns in 60..130 {
        let console = Console::well((columns, 24));
        let tabs = console.row(1);
        let words = tabs.split_whitespace().filter(|word| word.parse::<u8>().is_err());
        assert!(words.clone().all(|word| names.contains(&word)), "{columns}: {tabs}");
        assert!(words.count() > 0 && tabs.contains('7'), "{columns}: {tabs}");
    }
}
