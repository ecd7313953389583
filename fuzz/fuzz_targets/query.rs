//! Any query and any message: no panic, a mistake at a character, marks within the text, and a query that is turned round
//! says the opposite.
#![no_main]

use libfuzzer_sys::fuzz_target;
use quarterdeck::domain::query::{Query, Subject};

fuzz_target!(|data: &[u8]| {
    let line = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (typed, message) = data.split_at(line);
    let typed = String::from_utf8_lossy(typed);
    let query = match Query::parse(&typed) {
        Ok(Some(query)) => query,
        Ok(None) => return assert!(typed.trim().is_empty()),
        Err(mistake) => return assert!(typed.is_char_boundary(mistake.at) && !mistake.told(&typed).is_empty()),
    };
    let subject = Subject { host: "app-1", unit: Some("a@b.service"), identifier: b"node", pid: 7, priority: 4, message };
    let passes = query.passes(&subject);
    if let Ok(Some(turned)) = Query::parse(&format!("!({typed})")) {
        assert_ne!(turned.passes(&subject), passes);
    }
    let text = String::from_utf8_lossy(message);
    let places = query.places(&text);
    assert!(places.iter().all(|place| !place.is_empty() && text.get(place.clone()).is_some()));
    assert!(places.windows(2).all(|two| two[0].end < two[1].start));
});
