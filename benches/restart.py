#!/usr/bin/python3
"""Starts PakaShop's nineteen services anew in the lab, in four ways, and prints how long each takes.

    tests/lab/up pakashop --name X && . target/lab/X/env
    cargo build --release --bin qd
    benches/restart.py [--seed N] [--qd PROGRAM] [--rounds N] [--parallel N]...

Each service takes between 0.2 and 3 s to be ready, drawn from the seed; what needs what is as in sites/pakashop
(config, gateway, backend, the sixteen others: four deep), each service on one host. Nothing is asserted.

  script      as PakaShop's own: one after the other, two seconds of sleep behind each, no look at health
  waiting     one after the other, each waited for until systemd calls it ready
  qd restart  ours: in the order of what they need, what needs nothing of another together, each verified
  qd run      the same as a step `restart` of a procedure
"""
import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
import time

CORE = ["config", "gateway", "backend"]
ON = {
    "app-1": CORE + ["search", "analytics", "notifications", "tracking", "moderation", "recommendations", "scheduler"],
    "app-2": ["fraud", "coupon", "loyalty", "whatsapp", "reports", "reconciliation", "invoicing", "pricing",
              "settlement"],
}
WHERE = {service: host for host, services in ON.items() for service in services}
ALL = list(WHERE)
NEEDS = {"config": [], "gateway": ["config"], "backend": ["config", "gateway"]}


def site(ports):
    """A site of its own, so that nothing of the lab's own is waited for."""
    lines = ['title = "Restart"', "[defaults.probe]", 'interval = "5s"', 'timeout = "4s"', "rise = 1", "fall = 2"]
    lines += ["[environments.lab]", 'colour = "green"', "[environments.lab.hosts]"]
    lines += ['%s = { ssh = "%s", become = "root" }' % (host, host) for host in ON]
    for service in ALL:
        needs = NEEDS.get(service, ["backend"])
        lines += ["[services.%s]" % service, 'units = "pakashop-%s.service"' % service, 'hosts = ["%s"]' % WHERE[service],
                  "settle = \"0s\"", "depends_on = [%s]" % ", ".join('"%s"' % need for need in needs)]
        lines += ['probes.ready = { http = "http://localhost:%s/health/ready", status = 200, json = { status = "ready" } }'
                  % ports[service]]
    return "\n".join(lines) + "\n"


PROCEDURE = """+++
title = "Restart all"
services = [%s]
+++
# Restart all
- All of them. <!-- {#all restart} -->
""" % ", ".join('"%s"' % service for service in ALL)


class Bench:
    def __init__(self, options):
        self.root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        self.lab = os.environ.get("QD_LAB") or sys.exit("source the env of a lab first: see tests/lab/README.md")
        self.name = open(self.lab + "/name").read().strip()
        self.options = options
        self.home = tempfile.TemporaryDirectory(prefix="qd-restart-")
        os.makedirs(self.home.name + "/shop/procedures")
        with open(self.home.name + "/shop/site.toml", "w") as out:
            out.write(site(self.ports()))
        with open(self.home.name + "/shop/procedures/all.md", "w") as out:
            out.write(PROCEDURE)
        self.environment = dict(os.environ, QD_SSH_CONFIG=self.lab + "/ssh_config")
        for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
            self.environment[variable] = self.home.name + "/" + variable.lower()
            os.makedirs(self.environment[variable])
        self.masters = {host: self.home.name + "/" + host for host in ON}
        self.qd("trust", "--yes", self.home.name + "/shop")

    def ports(self):
        ports = {}
        for line in open(self.root + "/tests/lab/sites/pakashop.tsv"):
            words = line.split("\t")
            if words[0].startswith("pakashop-"):
                ports[words[0].removeprefix("pakashop-")] = words[2]
        return ports

    def ssh(self, host, command):
        argv = ["ssh", "-F", self.lab + "/ssh_config", "-o", "ControlMaster=auto", "-o", "ControlPersist=60",
                "-o", "ControlPath=" + self.masters[host], host, command]
        return subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout

    def tool(self, tool, *words):
        subprocess.run([self.root + "/tests/lab/" + tool, "--name", self.name, *words], check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def qd(self, *words):
        done = subprocess.run([self.options.qd, *words], env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, cwd=self.home.name)
        if done.returncode:
            sys.exit("qd %s: %s%s" % (" ".join(words), done.stdout, done.stderr))
        return done.stdout

    def slow(self, delays):
        for service, delay in delays.items():
            self.tool("ctl", WHERE[service], "pakashop-" + service, "start-slow %d" % delay)

    def script(self):
        for service in ALL:
            self.ssh(WHERE[service], "systemctl --no-block restart pakashop-" + service)
            time.sleep(2)
            self.ssh(WHERE[service], "systemctl is-active --quiet pakashop-%s || true" % service)

    def waiting(self):
        for service in ALL:
            self.ssh(WHERE[service], "systemctl restart pakashop-" + service)

    def restart(self, *more):
        self.qd("restart", "-S", self.home.name + "/shop", "-e", "lab", "--yes", *more, *ALL)

    def run(self, *more):
        self.qd("run", "all", self.home.name + "/shop", "-e", "lab", "--yes", *more)

    def own(self):
        """How long the newest run took by its record, without finding and reading the hosts before it."""
        import json
        newest = json.loads(self.qd("runs", "--json"))
        newest = newest["runs"][0] if isinstance(newest, dict) else newest[0]
        parse = lambda text: __import__("datetime").datetime.fromisoformat(re.sub(r"(\.\d{6})\d*", r"\1", text).replace("Z", "+00:00"))
        return (parse(newest["ended"]) - parse(newest["begun"])).total_seconds()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=19)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--parallel", type=int, action="append", default=[])
    parser.add_argument("--qd", default="target/release/qd")
    options = parser.parse_args()
    options.qd = os.path.abspath(options.qd)
    draw = random.Random(options.seed)
    delays = {service: draw.randint(200, 3000) for service in ALL}
    bench = Bench(options)
    bench.slow(delays)
    try:
        for host in ON:
            bench.ssh(host, "true")
        core = sum(delays[service] for service in CORE)
        longest = core + max(delay for service, delay in delays.items() if service not in CORE)
        print("seed %d: %.1f s of readiness in all, %.1f s along the longest way of needs" %
              (options.seed, sum(delays.values()) / 1000, longest / 1000))
        print("load %.1f" % os.getloadavg()[0])
        ways = [("script", bench.script), ("waiting", bench.waiting), ("qd restart", bench.restart),
                ("qd run", bench.run)]
        for count in options.parallel:
            ways.append(("qd restart --parallel %d" % count,
                         lambda count=count: bench.restart("--parallel", str(count))))
        base = {}
        print("%-26s %9s %9s %9s %9s" % ("", "whole", "its run", "/ script", "/ waiting"))
        for _ in range(options.rounds):
            for name, way in ways:
                begun = time.monotonic()
                way()
                whole = time.monotonic() - begun
                own = bench.own() if name.startswith("qd") else whole
                base.setdefault(name, whole)
                print("%-26s %8.1fs %8.1fs %9.2f %9.2f" % (
                    name, whole, own, own / base["script"], own / base.get("waiting", whole)), flush=True)
    finally:
        for service in ALL:
            bench.tool("ctl", WHERE[service], "pakashop-" + service, "reset")
        for host in ON:
            subprocess.run(["ssh", "-F", bench.lab + "/ssh_config", "-o", "ControlPath=" + bench.masters[host], "-O",
                            "exit", host], stdin=subprocess.DEVNULL, capture_output=True, check=False)


if __name__ == "__main__":
    main()
