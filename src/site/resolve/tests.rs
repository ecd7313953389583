//! What a file means once it is resolved.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::domain::ServiceName;
use crate::domain::probe::{Ask, Vantage};
use crate::site::{load_built_in, render};

#[test]
fn pakashop_is_whole() {
    let site = load_built_in("pakashop", include_str!("../../../sites/pakashop/site.toml"));
    let site = site.unwrap_or_else(|mistakes| panic!("{}", render(&mistakes)));
    let [staging, production] = site.environments.as_slice() else { panic!("two environments") };
    assert!(production.protected && !staging.protected);
    for environment in [staging, production] {
        assert_eq!(environment.services.len(), 24);
        let backend = environment.service(&ServiceName::new("backend").unwrap()).unwrap();
        let ready = backend.probes.iter().find(|probe| probe.name.as_str() == "ready").unwrap();
        let Ask::Http(ask) = &ready.ask else { panic!("http") };
        assert_eq!(ask.url, "http://localhost:3005/health/ready");
        assert_eq!(ask.fields.len(), 3);
        assert_eq!(ready.from, Vantage::Host);
    }
}
