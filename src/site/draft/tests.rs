//! Drafts of hosts as they are, and of hosts that mean harm.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;

use super::*;
use crate::domain::survey::{Container, Engine, Listener, Rights, SeenUnit, Speaks};
use crate::domain::unit::Active;
use crate::domain::{Environment, Expected, UnitName};
use crate::site::load::Commands;
use crate::site::{Places, find, load_built_in, look, render};

pub(super) fn wish() -> Wish {
    Wish {
        name: None,
        title: "web-1".into(),
        environment: "production".into(),
        protected: true,
        colour: "red",
        origin: "Written by `qd init web-1`.".into(),
    }
}

fn unit(name: &str) -> SeenUnit {
    SeenUnit {
        name: UnitName::new(name).unwrap(),
        title: format!("The unit {name}").into(),
        active: Active::Active,
        enabled: true,
        oneshot: false,
        file: format!("/etc/systemd/system/{name}").into(),
        needs: Vec::new(),
        after: Vec::new(),
        triggers: Vec::new(),
        holds: Vec::new(),
    }
}

fn listener(port: u16, unit: &str, speaks: Speaks) -> Listener {
    Listener { address: None, port, process: "svc".into(), unit: UnitName::new(unit), speaks }
}

fn seen(word: &str, survey: Survey) -> Looked {
    Looked { alias: Some(SshAlias::new(word).unwrap()), survey: Ok(survey) }
}

/// The draft as the loader takes it.
fn loaded(looked: &[Looked]) -> (Environment, String) {
    let made = draft(&wish(), looked);
    let site = load_built_in("shop", &made.text).unwrap_or_else(|bad| panic!("{}\n{}", made.text, render(&bad)));
    assert_eq!(Commands::of(&site), []);
    (site.environments[0].clone(), made.text)
}

#[test]
fn one_service_on_two_hosts_with_what_it_needs_and_its_health() {
    let health = || Speaks::Http(vec![("/", 404), ("/health", 200), ("/health/ready", 503)]);
    let mut shop = unit("shop.service");
    shop.needs = vec![UnitName::new("redis.service").unwrap(), UnitName::new("sysinit.target").unwrap()];
    shop.after = vec![UnitName::new("postgresql.service").unwrap()];
    let first = Survey {
        units: vec![shop.clone(), unit("redis.service"), unit("postgresql.service"), unit("systemd-journald.service")],
        listeners: vec![
            listener(3005, "shop.service", health()),
            listener(5432, "postgresql.service", Speaks::Other),
            listener(22, "ssh.service", Speaks::Other),
            listener(9999, "", Speaks::NotAsked),
        ],
        rights: Rights::Root,
        ..Survey::default()
    };
    let second =
        Survey { units: vec![shop], listeners: vec![listener(3005, "shop.service", health())], ..Survey::default() };
    let (environment, text) = loaded(&[seen("web-1", first), seen("deploy@web-2", second)]);
    let shop = environment.services.iter().find(|service| service.name.as_str() == "shop").unwrap();
    assert_eq!(shop.hosts.iter().map(|host| host.as_str()).collect::<Vec<_>>(), ["web-1", "web-2"]);
    assert_eq!(shop.depends_on.iter().map(|name| name.as_str()).collect::<Vec<_>>(), ["redis", "postgresql"]);
    assert_eq!(shop.probes.iter().map(|probe| probe.name.as_str()).collect::<Vec<_>>(), ["health", "ready"]);
    assert!(text.contains("EDIT: its units only start after postgresql"), "{text}");
    assert!(
        text.contains("probes.ready = { http = \"http://localhost:3005/health/ready\" }  # answered 503"),
        "{text}"
    );
    assert!(text.contains("#   web-1: localhost:9999") && !text.contains("localhost:22 "), "{text}");
    assert!(text.contains("web-2 = { ssh = \"deploy@web-2\", become = \"never\" }"), "{text}");
    assert_eq!(environment.services.len(), 3);
}

#[test]
fn timers_templates_and_sockets_are_one_service_each() {
    let mut timer = unit("backup.timer");
    timer.triggers = vec![UnitName::new("dump.service").unwrap()];
    let dump = SeenUnit { oneshot: true, active: Active::Inactive, ..unit("dump.service") };
    let mut socket = unit("docker.socket");
    socket.triggers = vec![UnitName::new("docker.service").unwrap()];
    let lonely = unit("echo.socket");
    let units = vec![
        timer,
        dump,
        socket,
        unit("docker.service"),
        lonely,
        unit("app@1.service"),
        unit("app@2.service"),
        SeenUnit { oneshot: true, ..unit("app.service") },
        unit("a\\x2db@1.service"),
    ];
    let listeners = vec![listener(7007, "echo.socket", Speaks::Other)];
    let (environment, text) = loaded(&[seen("web-1", Survey { units, listeners, ..Survey::default() })]);
    assert!(!text.contains("probes.") && !text.contains("localhost:7007 "), "a socket is not dialled: {text}");
    let names: Vec<&str> = environment.services.iter().map(|service| service.name.as_str()).collect();
    assert_eq!(names, ["a-b", "app", "docker", "echo", "backup"], "{text}");
    assert!(text.contains("units = [\"app.service\", \"app@*.service\"]"), "{text}");
    assert!(text.contains("units = [\"backup.timer\", \"dump.service\"]"), "{text}");
    assert!(text.contains("units = \"a\\\\x2db@1.service\""), "{text}");
    assert_eq!(environment.services[4].expected, Expected::Oneshot);
    assert_eq!(environment.services[1].expected, Expected::Running);
}

#[test]
fn a_port_that_only_some_hosts_have_is_told_and_not_probed() {
    let with = |listeners| Survey { units: vec![unit("shop.service")], listeners, ..Survey::default() };
    let web = |port| listener(port, "shop.service", Speaks::Http(vec![("/", 302)]));
    let (environment, text) =
        loaded(&[seen("web-1", with(vec![web(80), web(81)])), seen("web-2", with(vec![web(80)]))]);
    assert_eq!(environment.services[0].probes.len(), 1, "{text}");
    assert!(text.contains("status = \"200-399\""), "{text}");
    assert!(text.contains("localhost:81 listens only on web-1"), "{text}");
}

#[test]
fn circles_are_opened_and_told() {
    let mut a = unit("a.service");
    let mut b = unit("b.service");
    a.needs = vec![b.name.clone(), a.name.clone()];
    b.after = vec![a.name.clone()];
    let (environment, text) = loaded(&[seen("h", Survey { units: vec![a, b], ..Survey::default() })]);
    assert_eq!(environment.services[0].depends_on.len(), 1);
    assert!(text.contains("# It also names a, which would close a circle."), "{text}");
}

#[test]
fn a_host_that_means_harm_gets_no_line_of_its_own() {
    let evil = "x\"\n[services.evil]\nversion = [\"id\"]\r\u{2028}\u{85}\u{1b}[2J${site}\\";
    let mut bad = unit("shop.service");
    bad.title = evil.into();
    bad.file = evil.into();
    let survey = Survey {
        hostname: evil.into(),
        system: evil.into(),
        login: evil.into(),
        rights: Rights::SudoUntried,
        units: vec![bad],
        listeners: vec![Listener { process: evil.into(), ..listener(1, "", Speaks::Other) }],
        engines: vec![
            Engine { program: "docker", containers: Err(evil.into()) },
            Engine {
                program: "podman",
                containers: Ok(vec![Container { name: evil.into(), image: evil.into(), status: evil.into() }]),
            },
        ],
        gaps: vec![evil.into()],
    };
    let failed = Looked { alias: None, survey: Err(evil.into()) };
    let (environment, text) = loaded(&[seen("web-1", survey), failed]);
    assert_eq!(environment.services.len(), 1, "{text}");
    assert!(!text.contains(['\u{1b}', '\r', '\u{2028}', '\u{85}']), "{text:?}");
    assert!(!text.lines().any(|line| line.starts_with("[services.evil]") || line.starts_with("version")), "{text}");
}

#[test]
fn it_is_put_in_place_whole_once_and_never_over_anything() {
    let root = tempfile::tempdir().unwrap();
    let at = root.path().canonicalize().unwrap();
    let (config, state, data) = (at.join("config"), at.join("state"), at.join("data"));
    let places = Places { config, state, data, here: at.clone() };
    let folder = places.own_sites().join("shop");
    let made = draft(&wish(), &[seen("web-1", Survey { units: vec![unit("shop.service")], ..Survey::default() })]);
    let file = put(&places, &folder, &made.text).unwrap();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), made.text);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    let own = look(&places, &find(&places, "shop").unwrap());
    assert!(own.site.is_some() && own.mistakes.is_empty());
    assert_eq!(own.standing, crate::site::Standing::Own);
    assert_eq!(put(&places, &folder, &made.text), Err(NotPut::There(file.clone())));
    std::fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("/nowhere", &file).unwrap();
    assert_eq!(put(&places, &folder, &made.text), Err(NotPut::There(file)));
    assert!(matches!(put(&places, Path::new("new"), "broken"), Err(NotPut::Bad(_))));
    assert!(!at.join("new").exists());
    std::fs::write(at.join("file"), "").unwrap();
    assert!(matches!(put(&places, Path::new("file/x"), &made.text), Err(NotPut::Refused(..))));
}
