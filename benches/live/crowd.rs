//! Twenty hosts that write without pause: whether all is read, and what that costs.

use std::time::{Duration, Instant};

use crate::cost;
use crate::shell::Shell;
use crate::stage::Stage;

const HOSTS: usize = 20;
/// What lines on the screen may take.
const MEMORY: &str = "64MiB";
const WITHIN: Duration = Duration::from_secs(60);

/// Two hundred lines a second from each, for ten minutes or `QD_CROWD_SECONDS`.
pub fn measure(stage: &Stage) {
    let span: u64 = std::env::var("QD_CROWD_SECONDS").ok().and_then(|span| span.parse().ok()).unwrap_or(600);
    println!("\n{HOSTS} hosts that write 200 lines a second each, {span} s, {MEMORY} for lines");
    let real = stage.lab.hosts();
    stage.crowd(HOSTS, &real, MEMORY);
    let mut shells: Vec<Shell> = real.iter().map(|host| Shell::on(&stage.lab, host)).collect();
    for shell in &mut shells {
        shell.send(
            "printf '%s\\n' i=0 'while :; do for j in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do \
             echo \"GET /api/v1/orders status=200 took=12ms customer=c-$j cart=open order=$i.\"; i=$((i+1)); done; \
             sleep 0.1; done' >/run/qd-crowd.sh; printf '%s\\n' '[Service]' LogRateLimitIntervalSec=1 LogRateLimitBurst=10000 \
             'ExecStart=/bin/sh /run/qd-crowd.sh' >/run/systemd/system/qd-crowd@.service; systemctl daemon-reload; \
             echo ready",
        );
        assert_eq!(shell.line(), "ready");
    }
    let mut pty = stage.console("crowd", &[]).size(160, 50).start();
    pty.wait_until(WITHIN, "the services", |pty| pty.screen().contains(" crowd-1 "));
    pty.read_during(Duration::from_secs(20));
    pty.send("2");
    pty.wait_until(WITHIN, "the logs", |pty| pty.screen().contains("lost"));
    pty.read_during(Duration::from_secs(10));
    for number in 1..=HOSTS {
        let shell = &mut shells[number % real.len()];
        shell.send(&format!("systemctl start qd-crowd@{number}; echo on"));
        assert_eq!(shell.line(), "on");
    }
    let (begin, own, all) = (Instant::now(), cost::threads(pty.pid()), cost::family(pty.pid()));
    for part in 1..=10 {
        pty.read_during((begin + Duration::from_secs(span) * part / 10).saturating_duration_since(Instant::now()));
        println!("  {:>5.0} s: {} MiB resident", begin.elapsed().as_secs_f64(), pty.memory() >> 10);
    }
    let took = begin.elapsed().as_secs_f64();
    let share = |cpu: Duration| cpu.as_secs_f64() / took * 100.0;
    let (own, all) = (share(cost::threads(pty.pid()) - own), share(cost::family(pty.pid()) - all));
    for shell in &mut shells {
        shell.send("systemctl stop 'qd-crowd@*'; journalctl --sync; echo off");
        assert_eq!(shell.line(), "off");
    }
    // Each line has its number, so the last one tells how many there were.
    let mut written = 0;
    for number in 1..=HOSTS {
        let shell = &mut shells[number % real.len()];
        shell.send(&format!("journalctl -q -o cat -n 20 -u qd-crowd@{number} | grep order= | tail -n 1"));
        let last = shell.line();
        let last = last.split("order=").nth(1).and_then(|rest| rest.trim_end_matches('.').parse::<u64>().ok());
        written += last.map_or(0, |last| last + 1);
    }
    for shell in &mut shells {
        shell.send("rm /run/systemd/system/qd-crowd@.service /run/qd-crowd.sh; systemctl daemon-reload; echo gone");
        assert_eq!(shell.line(), "gone");
    }
    pty.read_during(Duration::from_secs(5));
    println!("  {own:.1} % of a core in qd, {all:.1} % with its ssh; the units wrote {written} lines");
    for line in pty.screen().lines().filter(|line| line.contains(" lines") || line.contains(" lost")) {
        println!("  the screen: {}", line.trim());
    }
    pty.send("q").wait_exit(WITHIN);
}
