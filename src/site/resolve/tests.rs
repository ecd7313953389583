//! What a file means once it is resolved.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::time::Duration;

use crate::domain::probe::{Ask, HttpAsk, Must, Scalar, Vantage};
use crate::domain::service::UnitPattern;
use crate::domain::{
    BecomeRoot, EnvColour, Environment, Expected, HostName, Probe, Reach, RuntimeKind, Service, ServiceName, Shell,
    Site,
};
use crate::site::{load_built_in, render};

fn site(text: &str) -> Site {
    load_built_in("shop", text).unwrap_or_else(|mistakes| panic!("{}", render(&mistakes)))
}

fn service<'a>(environment: &'a Environment, name: &str) -> &'a Service {
    environment.service(&ServiceName::new(name).unwrap()).unwrap_or_else(|| panic!("no {name}"))
}

fn probe<'a>(service: &'a Service, name: &str) -> &'a Probe {
    service.probes.iter().find(|probe| probe.name.as_str() == name).unwrap()
}

fn http(probe: &Probe) -> &HttpAsk {
    let Ask::Http(ask) = &probe.ask else { panic!("{probe:?} is not http") };
    ask
}

fn hosts(service: &Service) -> Vec<&str> {
    service.hosts.iter().map(HostName::as_str).collect()
}

/// The services the document names, in the order in which they come up.
const NODE: [&str; 15] = [
    "config",
    "gateway",
    "backend",
    "notifications",
    "tracking",
    "scheduler",
    "fraud",
    "coupon",
    "loyalty",
    "whatsapp",
    "reports",
    "reconciliation",
    "invoicing",
    "pricing",
    "settlement",
];
const OTHERS: [&str; 4] = ["search", "analytics", "moderation", "recommendations"];
const INFRASTRUCTURE: [&str; 3] = ["postgresql", "redis", "meilisearch"];

#[test]
fn pakashop_is_whole() {
    let site = load_built_in("pakashop", include_str!("../../../sites/pakashop/site.toml"));
    let site = site.unwrap_or_else(|mistakes| panic!("{}", render(&mistakes)));
    let [staging, production] = site.environments.as_slice() else { panic!("two environments") };
    assert!(production.protected && production.colour == EnvColour::Red && !staging.protected);
    let names = |environment: &Environment| environment.hosts.iter().map(|h| h.name.to_string()).collect::<Vec<_>>();
    assert_eq!(names(staging), ["staging"]);
    assert_eq!(names(production), ["app-1", "app-2", "db-1"]);
    for environment in [staging, production] {
        assert_eq!(environment.services.len(), 24);
        let mut ports = BTreeSet::new();
        for name in NODE.into_iter().chain(OTHERS) {
            let service = service(environment, name);
            let [UnitPattern::Exact(unit)] = service.units.as_slice() else { panic!("{name}") };
            assert_eq!(unit.as_str(), format!("pakashop-{name}.service"));
            let ready = http(probe(service, "ready"));
            let rest = ready.url.strip_prefix("http://localhost:").unwrap();
            assert!(ports.insert(rest.strip_suffix("/health/ready").unwrap().to_owned()), "{name} shares its port");
            assert_eq!(probe(service, "ready").from, Vantage::Host);
            let fields = &http(probe(service, "live")).fields;
            let own = Must::Equal(Scalar::Text(format!("pakashop-{name}")));
            assert!(fields.iter().any(|rule| rule.path == "service" && rule.must == own), "{name}");
            assert!(service.version.is_some());
        }
        for known in ["3080", "3005", "3120", "3110", "8000"] {
            assert!(ports.contains(known), "{known}");
        }
        for name in INFRASTRUCTURE.into_iter().chain(["nginx"]) {
            assert_eq!(service(environment, name).units.len(), 1);
        }
        let public = service(environment, "public-api");
        assert_eq!((public.runtime, probe(public, "ready").from), (RuntimeKind::Http, Vantage::Here));
        assert_eq!(http(probe(public, "live")).certificate_days, Some(14));
        comes_after_what_it_needs(environment);
    }
    assert_eq!(http(probe(service(production, "public-api"), "live")).url, "https://pakashop.store/api/v1/health");
    let url = &http(probe(service(staging, "public-api"), "ready")).url;
    assert_eq!(url, "https://staging.pakashop.store/api/v1/health/ready");
}

/// Dependencies give the documented order: infrastructure, config, gateway, backend, the rest.
fn comes_after_what_it_needs(environment: &Environment) {
    let needs =
        |name: &str| -> Vec<String> { service(environment, name).depends_on.iter().map(ToString::to_string).collect() };
    assert!(needs("config").contains(&"postgresql".to_owned()));
    assert!(needs("gateway").contains(&"config".to_owned()));
    assert!(needs("backend").contains(&"gateway".to_owned()));
    for name in NODE.into_iter().skip(3).chain(OTHERS) {
        assert!(needs(name).contains(&"backend".to_owned()), "{name}");
        assert_eq!(service(environment, name).tier.name, "Supporting");
    }
    for one in &environment.services {
        for need in &one.depends_on {
            let below = environment.service(need).unwrap();
            assert!(below.tier <= one.tier, "{} stands above {need}", one.name);
        }
    }
}

#[test]
fn what_is_not_said_has_a_default() {
    let site =
        site("[environments.e.hosts]\nh = {}\n[services.s]\nhosts = \"h\"\nprobes.p = { tcp = \"localhost:1\" }");
    let environment = &site.environments[0];
    assert_eq!((environment.colour, environment.protected), (EnvColour::Blue, false));
    assert_eq!(environment.state_directory, "/var/lib/quarterdeck");
    let host = &environment.hosts[0];
    assert!(matches!(&host.reach, Reach::Ssh(alias) if alias.as_str() == "h"));
    assert_eq!((host.become_root, host.shell), (BecomeRoot::Sudo, Shell::Plain));
    let service = service(environment, "s");
    assert_eq!((service.runtime, service.expected, service.user), (RuntimeKind::Systemd, Expected::Running, false));
    assert!(matches!(&service.units[..], [UnitPattern::Exact(unit)] if unit.as_str() == "s.service"));
    let probe = probe(service, "p");
    assert_eq!((probe.interval, probe.timeout), (Duration::from_secs(10), Duration::from_secs(5)));
    assert_eq!((probe.rise, probe.fall, probe.from), (2, 3, Vantage::Host));
}

#[test]
fn hosts_are_chosen_by_name_tag_and_all_in_the_order_of_the_file() {
    let site = site(
        "[environments.e.hosts]\na = { tags = \"x\" }\nb = { tags = [\"x\", \"y\"] }\nc = { local = true }\n\
         [services.s1]\nhosts = [\"c\", \"a\"]\n[services.s2]\nhosts = \"x\"\n[services.s3]\nhosts = [\"y\", \"c\"]\n\
         [services.s4]\nhosts = \"all\"\n",
    );
    let environment = &site.environments[0];
    let of = |name| hosts(service(environment, name));
    assert_eq!((of("s1"), of("s2")), (vec!["a", "c"], vec!["a", "b"]));
    assert_eq!((of("s3"), of("s4")), (vec!["b", "c"], vec!["a", "b", "c"]));
    assert_eq!(environment.hosts[2].reach, Reach::Local);
}

#[test]
fn the_nearer_word_wins() {
    let site = site(
        "[defaults.probe]\ninterval = \"20s\"\nrise = 5\n[defaults.host]\nbecome = \"never\"\n\
         [environments.e]\nvariables = { port = 1, name = \"env\" }\n\
         [environments.e.hosts]\nh = {}\ni = { become = \"root\" }\n\
         [environments.e.services.s]\nprobes.p.rise = 7\nexpected = \"stopped\"\n\
         [environments.f.hosts]\nj = {}\n\
         [templates.base]\nhosts = \"all\"\nexpected = \"oneshot\"\nvariables = { port = 2 }\n\
         probes.p = { http = \"http://localhost:${port}/${name}\", interval = \"30s\", json = { a = 1 } }\n\
         [templates.t]\ntemplate = \"base\"\nprobes.p.fall = 9\n\
         [services.s]\ntemplate = \"t\"\nvariables = { port = 3, name = \"own\" }\nprobes.p.json = { b = 2 }\n",
    );
    let (here, there) = (service(&site.environments[0], "s"), service(&site.environments[1], "s"));
    let first = probe(here, "p");
    assert_eq!(http(first).url, "http://localhost:3/own", "the service's own variables");
    assert_eq!((first.rise, probe(there, "p").rise), (7, 5), "environment over defaults");
    assert_eq!((first.interval, first.fall), (Duration::from_secs(30), 9), "template over defaults");
    assert_eq!((here.expected, there.expected), (Expected::Stopped, Expected::Oneshot));
    let fields: Vec<&str> = http(first).fields.iter().map(|rule| rule.path.as_str()).collect();
    assert_eq!(fields, ["a", "b"], "fields are put together");
    let roots: Vec<BecomeRoot> = site.environments[0].hosts.iter().map(|host| host.become_root).collect();
    assert_eq!(roots, [BecomeRoot::Never, BecomeRoot::AlreadyRoot]);
}

#[test]
fn a_probe_that_asks_something_else_forgets_what_was_asked() {
    let site = site(
        "[environments.e.hosts]\nh = {}\n[templates.t]\nhosts = \"h\"\n\
         probes.p = { http = \"https://localhost/\", status = 204, certificate_days = 9, interval = \"1m\" }\n\
         [services.s]\ntemplate = \"t\"\nprobes.p.tcp = \"localhost:9\"\n",
    );
    let probe = probe(service(&site.environments[0], "s"), "p");
    assert!(matches!(&probe.ask, Ask::Tcp { port: 9, .. }));
    assert_eq!(probe.interval, Duration::from_secs(60));
}

/// Fault F8: values are data, whatever is in them.
#[test]
fn f8_values_stay_one_argument() {
    for value in ["$(id)", ";id", "a\nb", "'", "\"", "!", "*", "-rf", "${x}", "`id`", "a b"] {
        if value.contains("${") {
            continue;
        }
        let quoted = serde_json::to_string(value).unwrap();
        let text = format!(
            "[environments.e]\nvariables = {{ v = {quoted} }}\n[environments.e.hosts]\nh = {{}}\n\
             [services.s]\nhosts = \"h\"\nprobes.p = {{ command = [\"echo\", \"${{v}}\", \"x${{v}}y\"] }}\n"
        );
        let site = site(&text);
        let Ask::Command { argv, .. } = &probe(service(&site.environments[0], "s"), "p").ask else { panic!() };
        assert_eq!(argv, &["echo".to_owned(), value.to_owned(), format!("x{value}y")]);
    }
    for value in ["\\u0000".to_owned(), "x".repeat(200_000), "${x}".to_owned()] {
        let text = format!("[environments.e]\nvariables = {{ v = \"{value}\" }}\n[environments.e.hosts]\nh = {{}}\n");
        assert_eq!(load_built_in("shop", &text).unwrap_err().len(), 1);
    }
}

#[test]
fn counts_are_judged_also_where_the_address_is_no_good() {
    let text = "[environments.e.hosts]\na = {}\n[services.s]\nhosts = \"all\"\nprobes.p = { http = \"http://localhost:99999/\", rise = 0 }\n";
    let parsed = crate::site::parse(std::path::Path::new("site.toml"), "s", text.as_bytes());
    let told: Vec<&str> = parsed.mistakes.iter().map(|mistake| mistake.message.as_str()).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().any(|message| message.contains("`rise`")), "{told:?}");
}
