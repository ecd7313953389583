//! What must not happen without more than was said.

use crate::kit::Bench;
use crate::lab::Lab;

#[test]
#[ignore = "needs the lab: run tests/run"]
fn nothing_happens_read_only_unconfirmed_or_in_a_protected_environment_by_yes_alone() {
    let lab = Lab::get();
    let _held = lab.hold(&crate::kit::HOSTS);
    let bench = Bench::new(&lab);
    let before = bench.invocations();
    for (environment, more, says) in [
        ("lab", &["web", "--yes", "--read-only"][..], "read-only"),
        ("lab", &["web"], "needs --yes"),
        ("lab", &["web", "--confirm", "db"], "needs --yes"),
        ("prod", &["web", "--yes"], "needs --confirm web"),
        ("prod", &["web", "--confirm", "prod"], "needs --confirm web"),
    ] {
        let ran = bench.qd("restart", environment, more);
        assert_eq!(ran.code, 77, "{environment} {more:?}: {ran:?}");
        assert!(ran.err.contains(says), "{environment} {more:?}: {ran:?}");
    }
    let dry = bench.qd("restart", "oper", &["web", "--dry-run", "--read-only", "--host", "app-2"]);
    assert_eq!(dry.code, 0, "{dry:?}");
    assert!(dry.out.contains("sudo -- systemctl --no-ask-password --no-block restart -- qdt-web.service"), "{dry:?}");
    assert!(!dry.out.contains("app-1") && dry.out.contains("as root by sudo"), "{dry:?}");
    assert_eq!(bench.qd("restart", "lab", &["webb"]).code, 64);
    assert_eq!(bench.invocations(), before, "nothing was done");
    let confirmed = bench.qd("reload", "prod", &["web", "--confirm", "web", "--host", "db-1"]);
    assert_eq!(confirmed.code, 0, "{confirmed:?}");
    assert_eq!(bench.invocations(), before, "a reload keeps the run");
}
