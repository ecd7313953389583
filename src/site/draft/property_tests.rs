//! Whatever hosts show, the site that is made of it loads without a mistake, a warning or a command.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;

use proptest::prelude::*;

use super::tests::wish;
use super::*;
use crate::domain::survey::{Container, Engine, Listener, Rights, SeenUnit, Speaks};
use crate::domain::unit::Active;
use crate::domain::{Survey, UnitName};
use crate::site::load::Commands;
use crate::site::{load, load_built_in, render};
use crate::text::Foreign;

fn foreign() -> impl Strategy<Value = Foreign> {
    let piece = prop::sample::select(vec![
        "\n",
        "\r\n",
        "\"",
        "'''",
        "\"\"\"",
        "\\",
        "\\u0000",
        "#",
        "[services.x]\n",
        "a = 1\n",
        "${site}",
        "$${",
        "\0",
        "\u{1b}[2J",
        "\u{202e}",
        "\u{2028}",
        "\u{85}",
        "é",
        "word",
        " ",
        "\t",
        "}",
        "]",
        "=",
    ]);
    prop_oneof![
        prop::collection::vec(piece, 0..8).prop_map(|pieces| Foreign::from(pieces.concat())),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Foreign::from),
    ]
}

fn unit_name() -> impl Strategy<Value = UnitName> {
    let stem = prop_oneof![
        prop::sample::select(vec![
            "a", "A", "b", "db1", "dbl", "c@1", "c@2", "c", "a.b", "a_b", "a-b", "@x", "@", ":", "\\x2d", "-a\\@"
        ])
        .prop_map(str::to_owned),
        "[a-zA-Z0-9:_.\\\\@-]{1,30}",
        "[a-z]{200}",
    ];
    let suffix = prop::sample::select(vec!["service", "service", "service", "timer", "socket", "target", "odd"]);
    (stem, suffix).prop_filter_map("no unit", |(stem, suffix)| UnitName::new(&format!("{stem}.{suffix}")))
}

fn active() -> impl Strategy<Value = Active> {
    prop::sample::select(vec![Active::Active, Active::Failed, Active::Inactive, Active::Activating, Active::Unknown])
}

fn unit() -> impl Strategy<Value = SeenUnit> {
    let file = prop_oneof![Just(Foreign::from("/etc/systemd/system/x")), Just(Foreign::from("/lib/x")), foreign()];
    let names = || prop::collection::vec(unit_name(), 0..4);
    (unit_name(), foreign(), active(), any::<(bool, bool)>(), file, (names(), names(), names())).prop_map(
        |(name, title, active, (enabled, oneshot), file, (needs, after, triggers))| SeenUnit {
            name,
            title,
            active,
            enabled,
            oneshot,
            file,
            needs,
            after,
            triggers,
            holds: Vec::new(),
        },
    )
}

fn listener(units: Vec<UnitName>) -> impl Strategy<Value = Listener> {
    let answer = (prop::sample::select(vec!["/", "/health", "/ready", "/healthz"]), 100u16..600);
    let speaks = prop_oneof![
        Just(Speaks::NotAsked),
        Just(Speaks::Other),
        prop::collection::vec(answer, 0..4).prop_map(Speaks::Http)
    ];
    let unit = prop_oneof![
        Just(None),
        unit_name().prop_map(Some),
        any::<prop::sample::Index>().prop_map(move |at| (!units.is_empty()).then(|| at.get(&units).clone()))
    ];
    (prop::option::of(any::<std::net::IpAddr>()), 1..6u16, foreign(), unit, speaks)
        .prop_map(|(address, port, process, unit, speaks)| Listener { address, port, process, unit, speaks })
}

fn survey() -> impl Strategy<Value = Survey> {
    let rights = prop::sample::select(vec![
        Rights::Root,
        Rights::SudoGroup,
        Rights::Polkit,
        Rights::SudoUntried,
        Rights::Nothing,
    ]);
    let container =
        (foreign(), foreign(), foreign()).prop_map(|(name, image, status)| Container { name, image, status });
    let containers = prop_oneof![foreign().prop_map(Err), prop::collection::vec(container, 0..4).prop_map(Ok)];
    let engine = containers.prop_map(|containers| Engine { program: "docker", containers });
    let units = prop::collection::vec(unit(), 0..25);
    units.prop_flat_map(move |units| {
        let names = units.iter().map(|unit| unit.name.clone()).collect();
        let listeners = prop::collection::vec(listener(names), 0..12);
        let engines = prop::collection::vec(engine.clone(), 0..2);
        (Just(units), listeners, engines, rights.clone(), [foreign(), foreign(), foreign()]).prop_map(
            |(units, listeners, engines, rights, [hostname, system, login])| {
                let gaps = vec![hostname.plain()];
                Survey { hostname, system, login, rights, units, listeners, engines, gaps }
            },
        )
    })
}

fn looked() -> impl Strategy<Value = Looked> {
    let word = prop::sample::select(vec!["web-1", "web-l", "deploy@web-1", "10.0.0.7", "WEB-1", "x@y"]);
    let alias = prop_oneof![Just(None), word.prop_map(|word| SshAlias::new(word).ok())];
    let survey = prop_oneof![4 => survey().prop_map(Ok), 1 => foreign().prop_map(|why| Err(why.plain()))];
    (alias, survey).prop_map(|(alias, survey)| Looked { alias, survey })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_hosts_give_a_site_that_loads(looked in prop::collection::vec(looked(), 1..4)) {
        let made = draft(&wish(), &looked);
        let parsed = load::parse(Path::new("site.toml"), "shop", made.text.as_bytes());
        prop_assert!(parsed.mistakes.is_empty(), "{}\n{}", made.text, render(&parsed.mistakes));
        let site = load_built_in("shop", &made.text).unwrap();
        prop_assert_eq!(Commands::of(&site), []);
        prop_assert_eq!(site.environments.len(), 1);
        prop_assert_eq!(site.environments[0].services.len(), made.services);
        prop_assert_eq!(site.environments[0].hosts.len(), looked.len());
        let odd = made.text.chars().find(|c| c.is_control() && *c != '\n');
        prop_assert_eq!(odd, None);
    }
}
