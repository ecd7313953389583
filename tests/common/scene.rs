//! A system to look at: three hosts, two dozen services, and a night on which the cache host is lost.
#![allow(dead_code, reason = "each test file uses a part of the scene")]

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use quarterdeck::domain::host::{ClockOffset, Disk, SshAlias};
use quarterdeck::domain::link::{Means, Text};
use quarterdeck::domain::probe::{Ask, Detail, Found, HttpAsk, Method, Vantage};
use quarterdeck::domain::service::{Tier, UnitPattern};
use quarterdeck::domain::unit::{Active, Exit, Load, TimerFacts, Usage};
use quarterdeck::domain::{
    BecomeRoot, EnvColour, EnvName, Environment, Expected, Host, HostFacts, HostName, Link, LinkFailure, Moment, Now,
    Probe, ProbeName, ProbeReport, Reach, RuntimeKind, Service, ServiceName, Shell, Site, SiteName, UnitFacts,
    UnitName,
};
use quarterdeck::port::Event;
use quarterdeck::port::event::{HostEvent, LogLine, UnitDetail};
use quarterdeck::text::Foreign;

/// Eleven days after an arbitrary start of the monotonic clock.
pub const AWAKE: Duration = Duration::from_secs(11 * 86_400);

/// A time of the night in question.
pub fn at(time: &str) -> Timestamp {
    format!("2026-03-14T{time}Z").parse().unwrap()
}

/// Both clocks at a time of that night.
pub fn now(time: &str) -> Now {
    let mono = AWAKE + Duration::try_from(at(time).duration_since(at("00:00:00"))).unwrap();
    Now { wall: at(time), mono: Moment(mono) }
}

pub fn host_name(name: &str) -> HostName {
    HostName::new(name).unwrap()
}

pub fn service_name(name: &str) -> ServiceName {
    ServiceName::new(name).unwrap()
}

pub fn unit_name(name: &str) -> UnitName {
    UnitName::new(name).unwrap()
}

/// What the scene is made of: name, rank and name of the tier, hosts, port, what it needs.
type Line = (&'static str, u32, &'static str, &'static [&'static str], u16, &'static [&'static str]);

const ONE: &[&str] = &["app-1"];
const BOTH: &[&str] = &["app-1", "app-2"];
const DB: &[&str] = &["db-1"];

const SERVICES: [Line; 23] = [
    ("postgresql", 0, "Infrastructure", DB, 0, &[]),
    ("redis", 0, "Infrastructure", DB, 0, &[]),
    ("meilisearch", 0, "Infrastructure", DB, 0, &[]),
    ("nginx", 0, "Infrastructure", BOTH, 0, &["gateway"]),
    ("config", 1, "Foundation", ONE, 3000, &["postgresql"]),
    ("gateway", 1, "Foundation", BOTH, 3001, &["config", "redis"]),
    ("backend", 2, "Core", ONE, 3005, &["config", "postgresql", "redis"]),
    ("search", 2, "Core", BOTH, 3110, &["config", "meilisearch"]),
    ("analytics", 2, "Core", ONE, 3111, &["config", "postgresql"]),
    ("notifications", 2, "Core", ONE, 3112, &["config", "redis"]),
    ("tracking", 3, "Commerce", ONE, 3113, &["backend"]),
    ("settlement", 3, "Commerce", ONE, 0, &["backend", "postgresql"]),
    ("pricing", 3, "Commerce", ONE, 3114, &["config"]),
    ("coupon", 3, "Commerce", ONE, 3115, &["config"]),
    ("loyalty", 3, "Commerce", ONE, 3116, &["config"]),
    ("fraud", 3, "Commerce", ONE, 3117, &["config"]),
    ("moderation", 4, "Support", &["app-2"], 3118, &["config"]),
    ("recommendations", 4, "Support", &["app-2"], 3119, &["search"]),
    ("scheduler", 4, "Support", &["app-2"], 3120, &["config"]),
    ("whatsapp", 4, "Support", &["app-2"], 3121, &["backend"]),
    ("reports", 4, "Support", &["app-2"], 3122, &["analytics"]),
    ("backup", 5, "Tasks", DB, 0, &[]),
    ("vacuum", 5, "Tasks", &["app-2"], 0, &[]),
];

/// The unit of a service.
pub fn unit_of(service: &str) -> UnitName {
    match service {
        "backup" | "vacuum" => unit_name(&format!("pakashop-{service}.timer")),
        "postgresql" | "redis" | "meilisearch" | "nginx" => unit_name(&format!("{service}.service")),
        other => unit_name(&format!("pakashop-{other}.service")),
    }
}

fn host(name: &str, tag: &str) -> Host {
    Host {
        name: host_name(name),
        reach: Reach::Ssh(SshAlias::new(name).unwrap()),
        tags: vec![tag.to_owned()],
        become_root: BecomeRoot::Sudo,
        shell: Shell::Plain,
    }
}

fn service((name, rank, tier, hosts, port, needs): Line) -> Service {
    let probe = |port: u16| Probe {
        name: ProbeName::new("ready").unwrap(),
        ask: Ask::Http(HttpAsk {
            method: Method::Get,
            url: format!("http://localhost:{port}/health/ready"),
            status: vec![(200, 299)],
            fields: Vec::new(),
            slower: Some(Duration::from_millis(400)),
            certificate_days: None,
            insecure: false,
        }),
        from: Vantage::Host,
        interval: Duration::from_secs(10),
        timeout: Duration::from_secs(5),
        rise: 1,
        fall: 1,
    };
    Service {
        name: service_name(name),
        title: Foreign::from(match name {
            "backend" => "Orders, checkout and the shop's own API",
            _ => "",
        }),
        runtime: RuntimeKind::Systemd,
        units: vec![UnitPattern::Exact(unit_of(name))],
        user: false,
        compose: None,
        hosts: hosts.iter().map(|host| host_name(host)).collect(),
        tier: Tier { rank, name: tier.to_owned() },
        depends_on: needs.iter().map(|name| service_name(name)).collect(),
        expected: if rank == 5 { Expected::Oneshot } else { Expected::Running },
        version: None,
        max_unavailable: 1,
        metrics: Vec::new(),
        logs: Vec::new(),
        settle: Duration::from_secs(5),
        ready_within: None,
        links: Vec::new(),
        probes: (port > 0).then(|| probe(port)).into_iter().collect(),
    }
}

/// An environment of the shop.
pub fn environment(name: &str, colour: EnvColour, protected: bool) -> Environment {
    Environment {
        protected,
        colour,
        hosts: vec![host("app-1", "app"), host("app-2", "app"), host("db-1", "data")],
        services: SERVICES.map(service).to_vec(),
        trusted: true,
        read: Default::default(),
        ..Environment::new(SiteName::new("pakashop").unwrap(), EnvName::new(name).unwrap())
    }
}

/// Production of the shop.
pub fn production() -> Environment {
    environment("production", EnvColour::Red, true)
}

/// The shop, with staging and production.
pub fn site() -> Arc<Site> {
    Arc::new(Site {
        name: SiteName::new("pakashop").unwrap(),
        title: Foreign::from("A shop of nineteen services"),
        folder: None,
        digest: "0".repeat(64),
        trusted: true,
        environments: vec![environment("staging", EnvColour::Yellow, false), production()],
    })
}

/// A unit that runs since a time.
pub fn running(service: &str, since: Timestamp) -> UnitFacts {
    UnitFacts {
        description: Foreign::from(format!("PakaShop {service}")),
        load: Load::Loaded,
        active: Active::Active,
        sub: Foreign::from("running"),
        file_state: Foreign::from("enabled"),
        fragment: Foreign::from(format!("/etc/systemd/system/pakashop-{service}.service")),
        drop_ins: vec![Foreign::from(format!("/etc/systemd/system/pakashop-{service}.service.d/memory.conf"))],
        result: Foreign::from("success"),
        main_pid: 812,
        state_change: Some(since),
        active_enter: Some(since),
        invocation: "a".repeat(32),
        needs: vec![Foreign::from("network-online.target"), Foreign::from("sysinit.target")],
        needed_by: vec![Foreign::from("multi-user.target")],
        ..UnitFacts::default()
    }
}

/// The same unit after it failed.
pub fn failed(service: &str, when: Timestamp, status: i32, restarts: u32, result: &str) -> UnitFacts {
    UnitFacts {
        active: Active::Failed,
        sub: Foreign::from("failed"),
        result: Foreign::from(result),
        exit: Exit::Exited(status),
        main_pid: 0,
        restarts,
        state_change: Some(when),
        inactive_enter: Some(when),
        exited_at: Some(when),
        ..running(service, when)
    }
}

fn timer(service: &str, last: Timestamp, next: Timestamp) -> UnitFacts {
    UnitFacts {
        sub: Foreign::from("waiting"),
        timer: Some(TimerFacts {
            last: Some(last),
            next: Some(next),
            triggers: Foreign::from(format!("pakashop-{service}.service")),
        }),
        ..running(service, at("00:00:00"))
    }
}

/// What a host says of itself.
pub fn facts(load: f32, memory_free: u64, var_free: u64) -> HostFacts {
    const GIB: u64 = 1 << 30;
    let disk = |mount: &str, total: u64, available: u64| Disk {
        mount: Foreign::from(mount),
        total: total * GIB,
        available: available * GIB,
        inodes: 6_500_000,
        inodes_free: 6_100_000,
    };
    HostFacts {
        load: Some([load, load * 0.8, load * 0.6]),
        cores: Some(4),
        memory: Some((16 * GIB, memory_free * GIB)),
        swap: Some((2 * GIB, 2 * GIB)),
        disks: vec![disk("/", 40, 22), disk("/var", 100, var_free)],
        uptime: Some(Duration::from_secs(9 * 86_400 + 7200)),
        reboot: None,
        oom_kills: Some(0),
        clock: Some(ClockOffset { millis: 3, error: 6, at: at("02:10:00") }),
        kernel: Foreign::from("6.1.0-18-amd64"),
        system: Foreign::from("Debian GNU/Linux 12 (bookworm)"),
        systemd: Some(252),
        boot_id: Foreign::from("4f0c2d1e"),
    }
}

pub fn up(since: Now, millis: u64) -> Link {
    let round_trip = Some(Duration::from_millis(millis));
    Link::Up { since: since.mono, round_trip, heard: since.mono, means: Some(Means::Push) }
}

fn on(host: &str, news: HostEvent) -> Event {
    Event::Host(host_name(host), news)
}

/// The units of a host at the beginning, all well.
pub fn units(host: &str) -> Vec<(UnitName, UnitFacts)> {
    let here = SERVICES.iter().filter(|(_, _, _, hosts, ..)| hosts.contains(&host));
    here.map(|(name, rank, ..)| {
        let since = "2026-03-11T22:02:00Z".parse().unwrap();
        let facts = match rank {
            5 => timer(name, at("01:30:00"), at("03:30:00")),
            _ => running(name, since),
        };
        (unit_of(name), facts)
    })
    .collect()
}

/// Everything that is heard in the first second: links, units, what hosts say of themselves.
pub fn first_second(now: Now) -> Vec<Event> {
    let mut events = Vec::new();
    for (host, millis) in [("app-1", 12), ("app-2", 14), ("db-1", 19)] {
        events.push(on(host, HostEvent::Link(up(now, millis))));
        events.push(on(host, HostEvent::Means(Means::Push)));
        let units = units(host);
        let usages: Vec<(UnitName, Usage)> = units.iter().map(|(unit, _)| (unit.clone(), usage(unit))).collect();
        events.push(on(host, HostEvent::Units(units)));
        events.push(on(host, HostEvent::Usage(usages)));
    }
    events.push(on("app-1", HostEvent::Facts(Box::new(facts(0.84, 6, 9)))));
    let wants = HostFacts { reboot: Some(vec!["linux-image-amd64".into(), "libc6".into()]), ..facts(0.31, 9, 71) };
    events.push(on("app-2", HostEvent::Facts(Box::new(wants))));
    events.push(on("db-1", HostEvent::Facts(Box::new(facts(2.4, 3, 38)))));
    let stray = (unit_name("certbot.service"), failed("certbot", at("01:12:40"), 1, 0, "exit-code"));
    let mut with_stray = units("app-2");
    with_stray.push(stray);
    events.push(on("app-2", HostEvent::Units(with_stray)));
    events
}

/// What a unit uses.
pub fn usage(unit: &UnitName) -> Usage {
    let sum: u64 = unit.as_str().bytes().map(u64::from).sum();
    Usage { memory: Some((58 + sum % 150) << 20), cpu: Some(Duration::from_secs(400)), tasks: Some(11), share: None }
}

/// The answers of all probes at a time.
pub fn probes(now: Now, round: u64, failing: &[&str]) -> Vec<Event> {
    let mut events = Vec::new();
    for (name, _, _, hosts, port, _) in SERVICES.iter().filter(|line| line.4 > 0) {
        for host in hosts.iter() {
            let sum: u64 = name.bytes().map(u64::from).sum::<u64>() + u64::from(*port);
            let jump = if (round + sum).is_multiple_of(7) { 23 } else { 0 };
            let bad = failing.contains(name);
            let slow = *name == "gateway" && round > 8 && !failing.is_empty();
            let millis = if slow { 300 + 37 * (round - 8) } else { 8 + sum % 9 + jump };
            events.push(Event::Probe {
                service: service_name(name),
                host: Some(host_name(host)),
                probe: ProbeName::new("ready").unwrap(),
                report: if slow { too_slow(now, *port, millis) } else { report(now, *port, bad, millis) },
            });
        }
    }
    events
}

fn report(now: Now, port: u16, bad: bool, millis: u64) -> ProbeReport {
    let detail = |what: &str, found: &str, holds: bool| Detail { what: what.into(), found: found.into(), holds };
    let details = if bad {
        vec![
            detail("HTTP status", "503", false),
            detail("dependencies.postgres", "ok", true),
            detail("dependencies.redis", "refused 10.0.2.7", false),
        ]
    } else {
        vec![detail("HTTP status", "200", true)]
    };
    ProbeReport {
        found: if bad { Found::Fail } else { Found::Pass },
        summary: Foreign::from(format!("GET :{port}/health/ready → {}", if bad { 503 } else { 200 })),
        details,
        latency: (!bad).then(|| Duration::from_millis(millis)),
        certificate_days: None,
        at: now.wall,
        asked: now.mono,
    }
}

fn too_slow(now: Now, port: u16, millis: u64) -> ProbeReport {
    let holds = millis <= 400;
    let found = Foreign::from(format!("{millis} ms, limit 400 ms"));
    let latency = Detail { what: "latency".into(), found, holds };
    let status = Detail { what: "HTTP status".into(), found: "200".into(), holds: true };
    let summary = if holds { format!("GET :{port}/health/ready → 200") } else { format!("{millis} ms, limit 400") };
    ProbeReport {
        found: if holds { Found::Pass } else { Found::Fail },
        summary: Foreign::from(summary),
        details: vec![status, latency],
        latency: Some(Duration::from_millis(millis)),
        ..report(now, port, false, millis)
    }
}

/// A line of a log.
pub fn line(time: &str, priority: u8, message: &str) -> LogLine {
    LogLine { at: at(time), priority, message: Foreign::from(message) }
}

/// What is read of the backend after it failed.
pub fn backend_detail() -> UnitDetail {
    let file = "# /etc/systemd/system/pakashop-backend.service\n[Unit]\nDescription=PakaShop backend\n\
                After=network-online.target\n\n[Service]\nExecStart=/usr/bin/node /opt/pakashop/backend/server.js\n\
                Restart=on-failure\nRestartSec=2\n\n[Install]\nWantedBy=multi-user.target\n\n\
                # /etc/systemd/system/pakashop-backend.service.d/memory.conf\n[Service]\nMemoryMax=512M\n";
    UnitDetail {
        file: Ok(Foreign::from(file)),
        log: Ok(vec![
            line("02:13:28.114", 6, "request id=8f31 POST /api/v1/orders 201 84ms"),
            line("02:13:29.902", 4, "redis: connection lost, retry 1 of 5"),
            line("02:13:30.904", 4, "redis: connection lost, retry 2 of 5"),
            line("02:13:31.210", 3, "UnhandledRejection: connect ECONNREFUSED 10.0.2.7:6379"),
            line("02:13:31.244", 3, "exiting: cache is required (CACHE_REQUIRED=1)"),
            line("02:13:31.300", 5, "pakashop-backend.service: Main process exited, code=exited, status=1/FAILURE"),
            line("02:13:31.512", 6, "pakashop-backend.service: Scheduled restart job, restart counter is at 4."),
            line("02:13:32.020", 4, "pakashop-backend.service: Start request repeated too quickly."),
        ]),
    }
}

/// The trouble, as it comes: the time, and what is heard then.
pub fn trouble() -> Vec<(&'static str, Vec<Event>)> {
    let lost = Link::Waiting {
        heard: Some(now("02:14:01").mono),
        retry_at: now("02:14:13").mono,
        attempt: 1,
        why: LinkFailure::TimedOut(Duration::from_secs(4)),
    };
    let backend = |when: &str, restarts: u32, result: &str| {
        HostEvent::Unit(unit_of("backend"), Box::new(failed("backend", at(when), 1, restarts, result)))
    };
    let settlement = failed("settlement", at("02:13:33"), 1, 1, "exit-code");
    let error = line("02:13:31.210", 3, "UnhandledRejection: connect ECONNREFUSED 10.0.2.7:6379");
    vec![
        ("02:13:30", vec![on("app-1", backend("02:13:30", 1, "exit-code"))]),
        (
            "02:13:31",
            vec![
                on("app-1", backend("02:13:31", 4, "start-limit-hit")),
                on("app-1", HostEvent::LastError(unit_of("backend"), Some(error))),
            ],
        ),
        ("02:13:33", vec![on("app-1", HostEvent::Unit(unit_of("settlement"), Box::new(settlement)))]),
        ("02:14:05", vec![on("db-1", HostEvent::Link(lost))]),
    ]
}

/// A link that a person must look after.
pub fn stopped() -> Link {
    Link::Stopped {
        heard: None,
        why: LinkFailure::Authentication(Text(Foreign::from("Permission denied (publickey)."))),
    }
}
