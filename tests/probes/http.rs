//! H1 to H7, H9, H12 and H13: what an HTTP probe makes of servers that are up to no good.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use quarterdeck::domain::probe::{Ask, Found, HttpAsk, Method};
use quarterdeck::domain::probe::{FieldRule, Must, Scalar};
use quarterdeck::domain::{ProbeReport, ProbeVerdict, probe::ProbeState};
use quarterdeck::engine::probe::Origin;
use quarterdeck::port::{End, Output};
use tokio::io::AsyncWriteExt;

use super::servers::{self, Wire, answer, request};
use super::{ask_from, ask_http, assert_answer, get, lines, prober, summary};

const TIMEOUT: Duration = Duration::from_millis(600);
const MOST: u64 = 64 * 1024;

/// Asks through a host's connection, which counts the bytes that are read.
async fn ask_counted(ask: HttpAsk) -> (ProbeReport, u64) {
    ask_counted_within(ask, TIMEOUT).await
}

async fn ask_counted_within(ask: HttpAsk, timeout: Duration) -> (ProbeReport, u64) {
    let wire = Wire::new();
    let report = ask_from(&prober(), Ask::Http(ask), timeout, Origin::Host(wire.clone())).await;
    (report, wire.bytes_read())
}

fn status_ok(ask: HttpAsk) -> HttpAsk {
    HttpAsk { fields: vec![equal("status", "ok")], ..ask }
}

fn equal(path: &str, text: &str) -> FieldRule {
    FieldRule { path: path.into(), must: Must::Equal(Scalar::Text(text.into())) }
}

#[tokio::test]
async fn h00_a_good_server_passes_from_here_and_from_the_host() {
    let server = servers::json(r#"{"status":"ok","dependencies":{"redis":"ok"},"lag":3}"#).await;
    let mut ask = status_ok(get(format!("http://localhost:{}/health/ready?token=hush", server.port())));
    ask.fields.push(FieldRule { path: "lag".into(), must: Must::AtMost(5.0) });
    ask.slower = Some(Duration::from_millis(500));
    for from in [Origin::Here, Origin::Host(Wire::new())] {
        let report = ask_from(&prober(), Ask::Http(ask.clone()), TIMEOUT, from).await;
        assert_answer(&report, Found::Pass, "/health/ready → 200");
        assert_eq!(summary(&report), format!("GET :{}/health/ready → 200", server.port()));
        let lines = lines(&report);
        assert_eq!(lines[..3], ["HTTP status: 200", "status: ok", "lag: 3"]);
        assert!(lines[3].starts_with("latency: ") && lines[3].ends_with(" ms"), "{lines:?}");
        assert!(report.latency.is_some_and(|latency| latency < TIMEOUT));
    }
}

#[tokio::test]
async fn h00_each_broken_rule_has_its_line() {
    let body = r#"{"status":"degraded","dependencies":{"redis":"refused","kafka":"ok"}}"#;
    let server = servers::serve(move |mut stream| async move {
        request(&mut stream).await;
        tokio::time::sleep(Duration::from_millis(80)).await;
        let _ = stream.write_all(answer("503 Service Unavailable", body).as_bytes()).await;
    })
    .await;
    let mut ask = status_ok(get(format!("http://{server}/health/ready")));
    ask.fields.extend([equal("dependencies.redis", "ok"), equal("dependencies.kafka", "ok")]);
    ask.slower = Some(Duration::from_millis(50));
    let report = ask_http(ask).await;
    assert_answer(&report, Found::Fail, "/health/ready → 503, expected 200-299");
    let lines = lines(&report);
    assert_eq!(
        lines[..4],
        [
            "!HTTP status: 503, expected 200-299",
            "!status: degraded, expected ok",
            "!dependencies.redis: refused, expected ok",
            "dependencies.kafka: ok",
        ]
    );
    assert!(lines[4].starts_with("!latency: ") && lines[4].ends_with(", expected at most 50 ms"), "{lines:?}");
}

#[tokio::test]
async fn h00_bodies_that_are_no_json_fail_and_head_proves_nothing() {
    let page = servers::json("<html>welcome</html>").await;
    let report = ask_http(status_ok(get(format!("http://{page}/")))).await;
    assert_answer(&report, Found::Fail, "→ 200, fields: not JSON at line 1 column 1");
    let empty = servers::json("").await;
    let report = ask_http(status_ok(get(format!("http://{empty}/")))).await;
    assert_eq!(report.found, Found::Fail);
    let head = servers::says("HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n").await;
    let report = ask_http(HttpAsk { method: Method::Head, ..get(format!("http://{head}/")) }).await;
    assert_answer(&report, Found::Pass, "→ 200");
    let report = ask_http(status_ok(HttpAsk { method: Method::Head, ..get(format!("http://{head}/")) })).await;
    assert_answer(&report, Found::Inconclusive, "HEAD brings no body, so they can't be seen");
}

#[tokio::test]
async fn h01_a_server_that_accepts_and_stays_silent_fails_at_the_deadline() {
    let server = servers::silent().await;
    let report = ask_http(get(format!("http://{server}/"))).await;
    assert_answer(&report, Found::Fail, "→ connected, then silence: no answer within 600 ms");
    assert!(report.latency.unwrap() >= TIMEOUT);
}

#[tokio::test]
async fn h02_a_dripping_server_fails_at_the_deadline() {
    let dripping_head = servers::serve(|mut stream| async move {
        request(&mut stream).await;
        for byte in b"HTTP/1.1 200 OK\r\nserver: slow\r\n\r\n" {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let _ = stream.write_all(&[*byte]).await;
        }
    })
    .await;
    let report = ask_http(get(format!("http://{dripping_head}/"))).await;
    assert_eq!(report.found, Found::Fail);
    assert!(summary(&report).contains("→ head of the answer, "), "{}", summary(&report));
    assert!(summary(&report).ends_with("bytes so far, not finished within 600 ms"), "{}", summary(&report));

    let dripping_body = servers::serve(|mut stream| async move {
        request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    let report = ask_http(get(format!("http://{dripping_body}/"))).await;
    assert_answer(&report, Found::Fail, "bytes, then not finished within 600 ms");
    assert_eq!(lines(&report)[0], "HTTP status: 200");
}

#[tokio::test]
async fn h03_a_head_that_never_ends_fails_within_its_bounds() {
    let slow = servers::serve(|mut stream| async move {
        request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
        while stream.write_all(b"x-more: yes\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let (report, read) = ask_counted(get(format!("http://{slow}/"))).await;
    assert_eq!(report.found, Found::Fail);
    assert!(summary(&report).ends_with("not finished within 600 ms"), "{}", summary(&report));
    assert!(read > 0 && read < MOST);

    let fast = servers::serve(|mut stream| async move {
        request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nx-more: ").await;
        while stream.write_all(&[b'x'; 8192]).await.is_ok() {}
    })
    .await;
    let (report, read) = ask_counted(get(format!("http://{fast}/"))).await;
    assert_answer(&report, Found::Fail, "→ the head of its answer is longer than 64 KiB");
    assert!(read <= MOST, "{read} bytes were read");
}

fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h04_of_a_body_of_ten_gigabytes_64_kib_are_read() {
    let server = servers::serve(|mut stream| async move {
        request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n").await;
        while stream.write_all(&[b'x'; 8192]).await.is_ok() {}
    })
    .await;
    let (report, read) = ask_counted(get(format!("http://{server}/"))).await;
    assert_answer(&report, Found::Pass, "→ 200");
    assert_eq!(lines(&report)[1], "body: longer than 64 KiB with its head; the rest was not read");
    assert!(read <= MOST, "{read} bytes were read");
    let (report, _) = ask_counted(status_ok(get(format!("http://{server}/")))).await;
    assert_answer(&report, Found::Inconclusive, "fields: the body is too long for them to be seen");

    let before = peak_memory();
    let asks = (0..32).map(|_| ask_counted_within(get(format!("http://{server}/")), Duration::from_secs(5)));
    for (report, read) in futures_util::future::join_all(asks).await {
        assert_answer(&report, Found::Pass, "→ 200");
        assert!(read <= MOST);
    }
    let grown = peak_memory() - before;
    assert!(grown < 32, "32 askings took {grown} MiB, more than one each");
}

#[tokio::test]
async fn h05_what_is_packed_stays_packed() {
    let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 313344\r\n\r\n";
    let mut bomb = head.as_bytes().to_vec();
    bomb.extend([0x1f, 0x8b, 8, 0]);
    bomb.resize(head.len() + 313_344, 0);
    let server = servers::says(bomb).await;
    let (report, read) = ask_counted(get(format!("http://{server}/"))).await;
    assert_answer(&report, Found::Pass, "→ 200");
    assert!(read <= MOST, "{read} bytes were read");
    let (report, _) = ask_counted(status_ok(get(format!("http://{server}/")))).await;
    assert_eq!(report.found, Found::Inconclusive);
    assert!(summary(&report).contains("packed"), "{}", summary(&report));
    // Nobody asked for it either.
    let (asked, mut heard) = tokio::sync::mpsc::channel(1);
    let server = servers::serve(move |mut stream| {
        let asked = asked.clone();
        async move {
            let head = request(&mut stream).await;
            let _ = stream.write_all(answer("200 OK", "").as_bytes()).await;
            asked.send(head).await.unwrap();
        }
    })
    .await;
    ask_http(get(format!("http://{server}/a?b=c#d"))).await;
    let head = heard.recv().await.unwrap();
    assert!(head.starts_with("GET /a?b=c HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("accept-encoding: identity\r\n"), "{head}");
    assert!(head.contains(&format!("host: {server}\r\n")), "{head}");
}

#[tokio::test]
async fn h06_three_hundred_long_headers_are_refused_at_64_kib() {
    let mut head = "HTTP/1.1 200 OK\r\n".to_owned();
    for n in 0..300 {
        head += &format!("x-{n}: {}\r\n", "y".repeat(2000));
    }
    let server = servers::says(head + "content-length: 0\r\n\r\n").await;
    let (report, read) = ask_counted(get(format!("http://{server}/"))).await;
    assert_answer(&report, Found::Fail, "→ the head of its answer is longer than 64 KiB");
    assert!(read <= MOST, "{read} bytes were read");

    let short: String = (0..300).map(|n| format!("x-{n}: y\r\n")).collect();
    let server = servers::says(format!("HTTP/1.1 200 OK\r\n{short}\r\n")).await;
    let (report, _) = ask_counted(get(format!("http://{server}/"))).await;
    assert_answer(&report, Found::Fail, "or with more than 256 head fields");
}

#[tokio::test]
async fn h07_redirects_are_shown_and_never_followed() {
    let table = [
        ("/elsewhere?key=hush", "/elsewhere", ""),
        ("http://user:hush@other.example/x", "http://other.example/x", ", warning: leads to another host"),
        ("http://169.254.169.254/latest", "http://169.254.169.254/latest", ", warning: leads to another host"),
        ("//other.example", "http://other.example/", ", warning: leads to another host"),
        ("/", "/", ""),
    ];
    for (location, shown, warning) in table {
        let hits = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&hits);
        let server = servers::serve(move |mut stream| {
            counted.fetch_add(1, Ordering::SeqCst);
            async move {
                request(&mut stream).await;
                let head = format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
                let _ = stream.write_all(head.as_bytes()).await;
            }
        })
        .await;
        let report = ask_http(get(format!("http://{server}/"))).await;
        assert_answer(&report, Found::Fail, "→ 302, expected 200-299");
        let shown = if shown.starts_with('/') { format!("http://{server}{shown}") } else { shown.to_owned() };
        assert_eq!(lines(&report)[1], format!("!location: {shown}{warning}"));
        let welcome = HttpAsk { status: vec![(200, 299), (302, 302)], ..get(format!("http://{server}/")) };
        let report = ask_http(welcome).await;
        assert_answer(&report, Found::Pass, "→ 302");
        assert_eq!(lines(&report)[1], format!("location: {shown}{warning}"));
        assert_eq!(hits.load(Ordering::SeqCst), 2, "one request for each asking");
    }
}

#[tokio::test]
async fn h09_each_way_of_not_connecting_has_its_words() {
    let report = ask_http(get("http://no-such-host.invalid/")).await;
    assert_eq!(report.found, Found::Error, "a dead resolver says nothing about the service");
    assert!(summary(&report).contains("look up") || summary(&report).contains("lookup"), "{}", summary(&report));

    let refused = servers::refused().await;
    let report = ask_http(get(format!("http://{refused}/"))).await;
    assert_answer(&report, Found::Fail, "→ connection refused");
    assert_eq!(report.latency, None, "how fast nobody was there says nothing");

    let reset = servers::serve(|mut stream| async move {
        request(&mut stream).await;
        stream.set_zero_linger().unwrap();
    })
    .await;
    let report = ask_http(get(format!("http://{reset}/"))).await;
    assert_answer(&report, Found::Fail, "→ connection reset");

    let closing = servers::says("").await;
    let report = ask_http(get(format!("http://{closing}/"))).await;
    assert_answer(&report, Found::Fail, "→ closed the connection without an answer");

    let torn = servers::says("HTTP/1.1 200 OK\r\nser").await;
    let report = ask_http(get(format!("http://{torn}/"))).await;
    assert_answer(&report, Found::Fail, "20 bytes into the head of its answer");

    let short = servers::says("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc").await;
    let report = ask_http(get(format!("http://{short}/"))).await;
    assert_answer(&report, Found::Fail, "body: broke off after 3 bytes");

    let mute = servers::says("SSH-2.0-OpenSSH_9.2p1\r\n").await;
    let report = ask_http(get(format!("http://{mute}/"))).await;
    assert_eq!(report.found, Found::Fail);
    assert!(summary(&report).contains("did not answer in HTTP"), "{}", summary(&report));

    // A name with a dead first address: only the second family has a listener.
    let live = servers::json("{}").await;
    let report = ask_http(get(format!("http://localhost:{}/", live.port()))).await;
    assert_answer(&report, Found::Pass, "→ 200");

    let wire = Wire::new();
    let report = ask_from(&prober(), Ask::Http(get(format!("http://{refused}/"))), TIMEOUT, Origin::Host(wire)).await;
    assert_answer(&report, Found::Fail, "→ nobody listens there");
}

#[tokio::test]
async fn h09_ports_are_open_or_not() {
    let live = servers::silent().await;
    let dead = servers::refused().await;
    for from in [Origin::Here, Origin::Host(Wire::new())] {
        let ask = |port| Ask::Tcp { host: "localhost".into(), port };
        let report = ask_from(&prober(), ask(live.port()), TIMEOUT, from.clone()).await;
        assert_answer(&report, Found::Pass, &format!("connect :{} → open", live.port()));
        let report = ask_from(&prober(), ask(dead.port()), TIMEOUT, from).await;
        assert_eq!(report.found, Found::Fail, "{}", summary(&report));
    }
    let beyond = || Ask::Tcp { host: "db.invalid".into(), port: 5432 };
    let report = ask_from(&prober(), beyond(), TIMEOUT, Origin::Here).await;
    assert_eq!(report.found, Found::Error, "{}", summary(&report));

    // ssh takes a stream before the host has connected: one that ends at once was refused.
    let ends = servers::serve(|_| async {}).await;
    let ask = Ask::Tcp { host: "localhost".into(), port: ends.port() };
    let report = ask_from(&prober(), ask, TIMEOUT, Origin::Host(Wire::new())).await;
    assert_answer(&report, Found::Fail, "→ closed at once");

    // Beyond the host only the host itself can tell open from swallowed.
    let words = b"bash: connect: Connection refused\n".to_vec();
    let refused = "→ no connection: bash: connect: Connection refused";
    let table = [
        (End::Exited(0), Found::Pass, "connect db.invalid:5432 → open"),
        (End::Exited(1), Found::Fail, refused),
        (End::TimedOut(TIMEOUT), Found::Fail, "→ no connection within 600 ms"),
        (End::NotFound, Found::Inconclusive, "→ the host has no bash to try it with"),
        (End::NotStarted("no channel".into()), Found::Error, "→ not started: no channel"),
    ];
    for (end, found, summary_end) in table {
        let wire = Wire::saying(Output { stdout: Vec::new(), stderr: words.clone(), cut: 0, end, left_behind: false });
        let report = ask_from(&prober(), beyond(), TIMEOUT, Origin::Host(wire.clone())).await;
        assert_answer(&report, found, summary_end);
        assert_eq!(wire.commands.lock().unwrap()[0].argv[3..], ["db.invalid", "5432"]);
    }
}

#[tokio::test]
async fn h09_the_script_that_a_host_runs_tells_open_from_refused() {
    let (live, dead) = (servers::silent().await, servers::refused().await);
    for (port, opens) in [(live.port(), true), (dead.port(), false)] {
        let wire = Wire::new();
        let ask = Ask::Tcp { host: "db.invalid".into(), port };
        ask_from(&prober(), ask, TIMEOUT, Origin::Host(wire.clone())).await;
        let mut argv = wire.commands.lock().unwrap()[0].argv.clone();
        argv[3] = "127.0.0.1".to_owned();
        let output = tokio::process::Command::new(&argv[0]).args(&argv[1..]).output().await.unwrap();
        assert_eq!(output.status.success(), opens, "{output:?}");
    }
}

#[tokio::test]
async fn h09_addresses_of_the_sixth_version_stand_in_brackets() {
    let Ok(listener) = tokio::net::TcpListener::bind((std::net::Ipv6Addr::LOCALHOST, 0)).await else {
        eprintln!("this machine has no IPv6 loopback: nothing to prove here");
        return;
    };
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let head = request(&mut stream).await;
        stream.write_all(answer("200 OK", "").as_bytes()).await.unwrap();
        head
    });
    let report = ask_http(get(format!("http://{address}/"))).await;
    assert_answer(&report, Found::Pass, &format!("GET :{}/ → 200", address.port()));
    assert!(served.await.unwrap().contains(&format!("host: {address}\r\n")));
}

#[tokio::test]
async fn h10_alternating_answers_flap_once_and_never_flash_green() {
    let count = Arc::new(AtomicUsize::new(0));
    let server = servers::serve(move |mut stream| {
        let good = count.fetch_add(1, Ordering::SeqCst) % 2 == 1;
        async move {
            request(&mut stream).await;
            let status = if good { "200 OK" } else { "500 Oh no" };
            let _ = stream.write_all(answer(status, "").as_bytes()).await;
        }
    })
    .await;
    let probe = super::probe(Ask::Http(get(format!("http://{server}/"))), TIMEOUT);
    let prober = prober();
    let mut state = ProbeState::default();
    let (mut notices, mut flapped) = (0, false);
    for _ in 0..30 {
        let report = prober.ask(&super::site(), true, &probe, Origin::Here).await;
        let asked = report.asked;
        state.observe(&probe, report);
        assert_eq!(state.verdict(&probe, asked), ProbeVerdict::Fail, "a green flash");
        notices += usize::from(state.is_flapping() && !flapped);
        flapped = state.is_flapping();
    }
    assert_eq!((notices, flapped), (1, true));
}

/// Runs itself again with a proxy in the environment, which a thread can't set for itself.
#[tokio::test]
async fn h12_proxies_of_the_shell_are_ignored() {
    const SERVER: &str = "QD_TEST_H12_SERVER";
    if let Ok(server) = std::env::var(SERVER) {
        let report = ask_http(get(format!("http://{server}/"))).await;
        assert_answer(&report, Found::Pass, "→ 200");
        return;
    }
    let server = servers::json("{}").await;
    let hits = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&hits);
    let trap = servers::serve(move |mut stream| {
        counted.fetch_add(1, Ordering::SeqCst);
        async move {
            request(&mut stream).await;
            let _ = stream.write_all(answer("502 Trapped", "").as_bytes()).await;
        }
    })
    .await;
    let mut child = tokio::process::Command::new(std::env::current_exe().unwrap());
    child.args(["http::h12_proxies_of_the_shell_are_ignored", "--exact"]).env(SERVER, server.to_string());
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        child.env(name, format!("http://{trap}"));
    }
    child.env_remove("NO_PROXY").env_remove("no_proxy");
    let output = child.output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    assert_eq!(hits.load(Ordering::SeqCst), 0, "the proxy was asked");
}

#[tokio::test]
async fn h13_hostile_words_come_out_as_foreign_text() {
    let hostile = "\u{1b}]52;c;aGk=\u{7}\u{202e}evil\u{9b}2J\r\nforged";
    let body = serde_json::json!({ "status": hostile }).to_string();
    let field = servers::json(&body).await;
    let word = servers::says(answer("500 Oh\u{9b}no", hostile)).await;
    let place = servers::says(b"HTTP/1.1 302 Found\r\nlocation: http://\x9b2J\xff/?hush\r\n\r\n").await;
    let asks =
        [status_ok(get(format!("http://{field}/"))), get(format!("http://{word}/")), get(format!("http://{place}/"))];
    for ask in asks {
        let report = ask_http(ask).await;
        assert_eq!(report.found, Found::Fail);
        let shown = lines(&report).join(" ") + &summary(&report);
        let bad = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(!shown.contains(bad), "{shown:?}");
        assert!(!shown.contains("hush"), "{shown:?}");
    }
    let report = ask_http(status_ok(get(format!("http://{field}/")))).await;
    let raw = report.details[1].found.raw();
    assert!(raw.contains(&0x1b), "the bytes themselves are kept, and only the way out is guarded");
}
