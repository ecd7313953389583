//! Nineteen services, each of which takes between 0.2 and 3 s to be ready, started anew as a step of a procedure: in the
//! order of what they need, together where nothing of another is needed, and no further than the first that fails.

use std::collections::BTreeMap;

use crate::kit::{Bench, HOSTS, Ran};
use crate::lab::{Lab, report};
use crate::rolling::start;

/// The nineteen, with what they need and where they are: those of the lab's site, which does the same.
struct Shop<'lab> {
    lab: &'lab Lab,
    bench: Bench<'lab>,
    services: BTreeMap<String, (Vec<String>, Vec<String>)>,
}

impl<'lab> Shop<'lab> {
    fn new(lab: &'lab Lab, procedure: &str) -> Self {
        let bench = Bench::new(lab);
        let text = std::fs::read_to_string(lab.site().join("site.toml")).unwrap();
        let text = text.replace("\ntier = ", "\nsettle = \"0s\"\ntier = ");
        std::fs::write(bench.site().join("site.toml"), &text).unwrap();
        std::fs::create_dir_all(bench.site().join("procedures")).unwrap();
        let parsed: toml::Table = text.parse().unwrap();
        let words = |value: Option<&toml::Value>| -> Vec<String> {
            let list = value.and_then(|value| value.as_array()).into_iter().flatten();
            list.filter_map(|word| word.as_str()).map(str::to_owned).collect()
        };
        let all = parsed["services"].as_table().unwrap().iter();
        let services: BTreeMap<String, (Vec<String>, Vec<String>)> = all
            .filter(|(_, service)| service["units"].as_str().unwrap().starts_with("pakashop-"))
            .map(|(name, one)| (name.clone(), (words(one.get("hosts")), words(one.get("depends_on")))))
            .collect();
        assert_eq!(services.len(), 19);
        let names: Vec<String> = services.keys().map(|name| format!("{name:?}")).collect();
        let document = format!("+++\ntitle = \"All\"\nservices = [{}]\n+++\n{procedure}", names.join(", "));
        std::fs::write(bench.site().join("procedures/all.md"), document).unwrap();
        // The same delays every time.
        let mut state = 19u32;
        for (name, (hosts, _)) in &services {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let delay = 200 + (state >> 8) % 2_801;
            for host in hosts {
                lab.ctl(host, &format!("pakashop-{name}"), &format!("start-slow {delay}"));
            }
        }
        let shop = Self { lab, bench, services };
        let trusted = shop.qd(&["trust", "--yes", shop.bench.site().to_str().unwrap()]);
        assert_eq!(trusted.code, 0, "{trusted:?}");
        shop
    }

    fn qd(&self, words: &[&str]) -> Ran {
        let mut command = std::process::Command::new("setsid");
        command.args(["-w", env!("CARGO_BIN_EXE_qd")]).args(words).envs(self.bench.variables());
        let output = command.stdin(std::process::Stdio::null()).output().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    fn run(&self) -> Ran {
        let site = self.bench.site();
        self.qd(&["run", "all", site.to_str().unwrap(), "-e", "lab", "--yes"])
    }

    /// When each began to start and was ready, on each of its hosts, by their journals.
    fn starts(&self) -> BTreeMap<&str, Vec<(u64, u64)>> {
        let of = |(name, (hosts, _)): (&'_ String, &(Vec<String>, Vec<String>))| {
            hosts.iter().map(|host| start(self.lab, host, &format!("pakashop-{name}.service"))).collect::<Vec<_>>()
        };
        self.services.iter().map(|one| (one.0.as_str(), of(one))).collect()
    }

    fn invocation(&self, name: &str) -> Vec<String> {
        let hosts = &self.services[name].0;
        hosts.iter().map(|host| self.lab.property(host, &format!("pakashop-{name}.service"), "InvocationID")).collect()
    }
}

impl Drop for Shop<'_> {
    fn drop(&mut self) {
        for (name, (hosts, _)) in &self.services {
            for host in hosts {
                let script = format!(
                    "rm -f /var/lib/lab/pakashop-{name}; systemctl reset-failed pakashop-{name}; \
                     systemctl --no-block restart pakashop-{name}"
                );
                self.lab.try_on(host, &["sh", "-c", &script]);
            }
        }
    }
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn a_step_starts_nineteen_services_in_order_and_together_as_the_journals_prove() {
    let lab = Lab::get();
    let _held = lab.hold(&HOSTS);
    let shop = Shop::new(&lab, "# All\n\n- All of them. <!-- {#all restart} -->\n");
    let ran = shop.run();
    assert_eq!(ran.code, 0, "{ran:?}");
    let starts = shop.starts();
    let mut compared = 0;
    for (name, (_, needs)) in &shop.services {
        for need in needs.iter().filter_map(|need| starts.get(need.as_str())) {
            let ready = need.iter().map(|(_, ready)| *ready).max().unwrap();
            let begun = starts[name.as_str()].iter().map(|(begun, _)| *begun).min().unwrap();
            assert!(begun > ready, "{name} began {} µs before what it needs was ready: {ran:?}", ready - begun);
            compared += 1;
        }
    }
    assert!(compared >= 18, "{compared}");
    for pair in ["gateway", "backend"] {
        let mut hosts = starts[pair].clone();
        hosts.sort_unstable();
        assert!(hosts[1].0 >= hosts[0].1, "never both of {pair} at once: {hosts:?}");
    }
    // Together: while one that needs nothing of another was on its way, others were too.
    let all: Vec<&(u64, u64)> = starts.values().flatten().collect();
    let beside = |one: &(u64, u64)| all.iter().filter(|other| other.0 < one.1 && one.0 < other.1).count();
    let most = all.iter().map(|one| beside(one)).max().unwrap();
    assert!(most > 4, "at most {most} were on their way at once: {starts:?}");
    let last = ran.out.lines().rev().find(|line| line.trim().starts_with("new: ")).expect("what runs new");
    assert!(!last.contains("old:") && !last.contains("between:"), "{last}");
    let first = ran.out.lines().find(|line| line.trim().starts_with("new: ")).unwrap();
    assert!(
        first.trim().starts_with("new: config; ") && first.contains("old: ") && first.contains("pricing"),
        "{first}"
    );
    report("ordered restart step", 1, 1, "19 services, 0.2 to 3 s to be ready: each began after its needs were ready");
}

#[test]
#[ignore = "needs the lab: run tests/run"]
fn a_failure_in_the_middle_stops_what_needs_it_and_the_next_phase_and_what_runs_new_is_told() {
    let lab = Lab::get();
    let _held = lab.hold(&HOSTS);
    let phases = "# All\n\n## Phase 1: the core\n\n- The core. <!-- {#core restart=\"config gateway backend search\"} -->\n\n\
                  ## Phase 2: pricing\n\n- Pricing. <!-- {#rest restart=pricing} -->\n";
    let shop = Shop::new(&lab, phases);
    let (backend, search, pricing) =
        (shop.invocation("backend"), shop.invocation("search"), shop.invocation("pricing"));
    lab.ctl("app-1", "pakashop-gateway", "crash-loop on 3");
    let site = shop.bench.site();
    let ran = shop.qd(&["run", "all", site.to_str().unwrap(), "-e", "lab", "--yes", "--on-failure", "abort"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert_eq!((shop.invocation("backend"), shop.invocation("search")), (backend, search), "{ran:?}");
    assert_eq!(shop.invocation("pricing"), pricing, "the next phase was not begun: {ran:?}");
    let last = ran.out.lines().rev().find(|line| line.trim().starts_with("new: ")).expect("what runs new");
    assert_eq!(
        last.trim(),
        "new: config; between: gateway on app-1; old: gateway on app-2, backend, search, pricing",
        "{ran:?}"
    );
}
