//! F4: a name and a password in an address are neither shown, nor kept, nor logged, wherever the address stands.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::canaries::Canaries;
use crate::desk::{Desk, HERE, told};

#[test]
fn f4_in_a_site_and_in_procedures_they_are_refused_and_not_repeated() {
    let canaries = Canaries::new();
    let word = canaries.get(0);
    let desk = Desk::new(&format!(
        "{HERE}[services.a]\nhosts = \"all\"\nunits = \"a.service\"\nlinks = {{ Docs = \"https://ada:{word}@docs.example/\" }}\n\
         probes.one = {{ http = \"https://ada:{word}@host.example/health\" }}\n\
         probes.two = {{ http = \"https://{word}@host.example/health\", status = \"odd\" }}\n\
         probes.three = {{ tcp = \"tcp://ada:{word}@host:80\" }}\n"
    ));
    desk.procedure(
        "call",
        &format!(
            "# Call\n\n```http {{#one request=\"POST https://ada:{word}@api.example/\"}}\nx\n```\n\n\
             - [ ] Two {{request=\"https://ada:{word}@api.example/\"}}\n- [ ] Three {{host=\"https://ada:{word}@x\" odd=1}}\n"
        ),
    );
    for command in [
        &["check", "shop"][..],
        &["check", "shop", "--json"],
        &["status", "shop", "-e", "lab"],
        &["outline", "../config/quarterdeck/sites/shop/procedures/call.md"],
    ] {
        let output = desk.run(command);
        assert_eq!(canaries.seen_in(told(&output).as_bytes()), None, "{command:?}: {}", told(&output));
    }
    let checked = told(&desk.run(&["check", "shop"]));
    assert!(checked.contains("can't contain a user name or password"), "{checked}");
    for folder in ["data", "state", "runtime"] {
        assert_eq!(canaries.seen_below(&desk.path(folder)), None);
    }
}

/// Answers every request with a redirect to these places, one after the other.
fn redirecting(places: Vec<String>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for place in places.iter().cycle() {
            let Ok((mut stream, _)) = listener.accept() else { return };
            let _ = stream.read(&mut [0; 4096]);
            let answer =
                format!("HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    port
}

#[test]
fn f4_in_a_redirect_they_are_not_shown() {
    let canaries = Canaries::new();
    let word = canaries.get(0);
    let places = [
        format!("https://ada:{word}@login.example/x"),
        format!("https://ada:{word}@[bad/x"),
        format!("https://{word}@login.example:99999/"),
    ];
    for place in places {
        let port = redirecting(vec![place.clone()]);
        let desk = Desk::new(&format!(
            "{HERE}[services.a]\nhosts = \"all\"\nunits = \"a.service\"\n\
             probes.one = {{ http = \"http://127.0.0.1:{port}/\", interval = \"1s\", fall = 1 }}\n"
        ))
        .variable("QD_LOG", "trace");
        let output = desk.run(&["status", "shop", "-e", "lab", "--json"]);
        let said = told(&output);
        assert!(said.contains("302"), "it was asked: {said}");
        assert_eq!(canaries.seen_in(said.as_bytes()), None, "{place}: {said}");
        assert_eq!(canaries.seen_below(desk.folder.path()), None);
    }
}
