//! The shape of `site.toml` as it is written: every key, its type, and the sentence that explains it.
//!
//! The reader, the layers and the JSON schema are all made from these lists, so that they can't drift apart.

mod approvals;
mod channel;
mod github;
mod highlight;
mod log;
mod metric;
mod source;

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::read::{Entries, FromToml, Layer, Located, Several, Value, table, words};

use super::duration::Lasting;
use super::json_rule::JsonRules;
use super::mistake::Sink;
use super::status::StatusRange;

pub use approvals::RawApprovals;
pub use channel::{RawChannel, RawChannelKind, RawNotify, RawOccasion, RawTexts};
pub use github::RawGitHub;
pub use highlight::{RawHighlight, RawHue};
pub use log::RawLog;
pub use metric::{RawLevel, RawLogFigure, RawMetric};
pub use source::RawSource;

table! {
    /// One system under operation: its environments, hosts, services and checks.
    RawSite as "a site" {
        /// Its name; the name of its folder if nothing is said.
        name: Located<String>,
        /// One line about it.
        title: Located<String>,
        /// Headings under which services stand, in the order of the screen.
        tiers: Vec<Located<String>>,
        /// What holds where nothing else is said.
        defaults: RawDefaults,
        /// What procedures find in every environment.
        procedures: RawProcedures,
        /// Services to be like: a service takes every key of its template that it does not set itself.
        templates: Entries<RawService>,
        /// Where the system runs: staging, production, …
        environments: Entries<RawEnvironment>,
        /// What is operated.
        services: Entries<RawService>,
        /// Logs beside those of units and containers: files, containers and commands that print lines.
        logs: Entries<RawLog>,
        /// Who may waive, approve and allow what others may not: each role with its people, by the `name` in their own
        /// configuration, else their login. A role is claimed, not proven.
        roles: Entries<Several<String>>,
        /// What counts as an approval of a plan.
        approvals: RawApprovals,
        /// Where the team hears what becomes of runs.
        channels: Entries<RawChannel>,
        /// Which channels hear what of runs of procedures, where an environment does not say otherwise.
        notify: Vec<RawNotify>,
        /// Where its code is kept, in git.
        source: RawSource,
        /// Where its code lies at GitHub: what gates ask of a commit.
        github: RawGitHub,
        /// What is marked in its logs.
        highlight: Vec<RawHighlight>,
        /// Filters for its logs: names and queries.
        filters: Entries<Located<String>>,
    }
}

table! {
    /// What holds where nothing else is said.
    RawDefaults as "the defaults" {
        /// For every host.
        host: RawHostDefaults,
        /// For every probe.
        probe: RawProbeDefaults,
    }
}

table! {
    /// What procedures find in every environment.
    RawProcedures as "what procedures find" {
        /// The program that is given SQL on its standard input where a step names none: program and arguments.
        sql: Located<Vec<Located<String>>>,
        /// The same for PromQL.
        promql: Located<Vec<Located<String>>>,
    }
}

table! {
    /// What holds for every host that says nothing else.
    RawHostDefaults as "the defaults of hosts" {
        /// How a change becomes root.
        r#become: RawBecome,
        /// What kind of shell answers.
        shell: RawShell,
    }
}

table! {
    /// What holds for every probe that says nothing else.
    RawProbeDefaults as "the defaults of probes" {
        /// Time between the starts of two askings, such as `"10s"`.
        interval: Located<Lasting>,
        /// Deadline of one asking, shorter than the interval.
        timeout: Located<Lasting>,
        /// Passes in a row that make it pass after a failure.
        rise: Located<i64>,
        /// Failures in a row that make it fail after a pass.
        fall: Located<i64>,
    }
}

table! {
    /// One environment: its hosts and what differs there.
    RawEnvironment as "an environment" {
        /// Whether destructive actions ask for the target's name.
        protected: bool,
        /// The colour of its band.
        colour: RawColour,
        /// Values that probes, commands and links use as `${name}`.
        variables: Entries<Variable>,
        /// The host on which its lock is kept.
        lock_host: Located<String>,
        /// Logins on its lock host whose records of releases count for gates, beside your own and root.
        release_logins: Several<String>,
        /// Absolute directory for the console's records on its hosts.
        state_directory: Located<String>,
        /// Its machines.
        hosts: Entries<RawHost>,
        /// What is different for a service here: any key of a service.
        services: Entries<RawService>,
        /// Which channels hear what of runs here, in the place of what the site says.
        notify: Vec<RawNotify>,
        /// When it may be changed: while any of these is open; always if there is none.
        windows: Vec<RawWindow>,
        /// When it may not be changed, whatever is open.
        freezes: Vec<RawFreeze>,
        /// For which kinds of procedure windows and freezes hold, such as `"deploy"`.
        window_kinds: Several<String>,
        /// The role that may change it all the same, for a reason.
        window_override: Located<String>,
    }
}

table! {
    /// When an environment may be changed.
    RawWindow as "a window" {
        /// The days on which it begins: `"mon-fri"`, `"sat"`, `"daily"`.
        days: Located<String>,
        /// When it begins, such as `"22:00"`.
        from: Located<String>,
        /// When it ends: the next day, unless that is later than it begins.
        to: Located<String>,
        /// By whose clocks, such as `"Europe/Berlin"`.
        zone: Located<String>,
    }
}

table! {
    /// When an environment may not be changed.
    RawFreeze as "a freeze" {
        /// Its first day, or its begin: `"2026-12-20"`, `"2026-12-20 18:00"`.
        from: Located<String>,
        /// Its last day, or its end.
        to: Located<String>,
        /// By whose clocks, such as `"Europe/Berlin"`.
        zone: Located<String>,
        /// Why.
        reason: Located<String>,
    }
}

table! {
    /// One machine.
    RawHost as "a host" {
        /// Alias in the user's own ssh configuration; the host's name if nothing is said.
        ssh: Located<String>,
        /// Whether it is this machine, reached without ssh.
        local: Located<bool>,
        /// Words by which services choose hosts.
        tags: Several<String>,
        /// How a change becomes root.
        r#become: RawBecome,
        /// What kind of shell answers.
        shell: RawShell,
    }
}

table! {
    /// One service.
    RawService as "a service" {
        /// The template it is like.
        template: Located<String>,
        /// One line about it.
        title: Located<String>,
        /// Which adapter operates it.
        runtime: RawRuntime,
        /// For systemd: its units, names or globs; `NAME.service` if nothing is said.
        units: Several<String>,
        /// Whether the units belong to the login's own manager.
        user: Located<bool>,
        /// For compose: the project.
        project: Located<String>,
        /// For compose: the project's files on the host, one or several; what Compose finds in the folder if nothing is said.
        files: Several<String>,
        /// For compose: the project's folder on the host.
        folder: Located<String>,
        /// For compose: its name inside the project, if it differs.
        container: Located<String>,
        /// For compose: how many of its containers are expected to run on each host.
        scale: Located<i64>,
        /// Where it runs: names of hosts, tags, or `"all"`.
        hosts: Several<String>,
        /// The environments it is part of; all of them if nothing is said.
        environments: Several<String>,
        /// The heading under which it stands.
        tier: Located<String>,
        /// Services it can't do without.
        depends_on: Several<String>,
        /// What is expected of it.
        expected: RawExpected,
        /// How many of its instances may be away at once while it is restarted.
        max_unavailable: Located<i64>,
        /// How long an instance must stand as it should after a change before it counts as well, such as `5s`.
        settle: Located<Lasting>,
        /// How long its probes have to become green after a change, such as `90s`; else 30 s, or longer as they allow.
        ready_within: Located<Lasting>,
        /// A command on the host that prints its version: program and arguments.
        version: Located<Vec<Located<String>>>,
        /// Pages about it: title and address.
        links: Entries<Located<String>>,
        /// Values that its probes, commands and links use as `${name}`.
        variables: Entries<Variable>,
        /// Its checks of health.
        probes: Entries<RawProbe>,
        /// Its figures, which guards judge.
        metrics: Entries<RawMetric>,
        /// Logs of the site that are read with its own.
        logs: Several<String>,
    }
}

table! {
    /// One check of health: exactly one of `http`, `tcp` and `command`.
    RawProbe as "a probe" {
        /// Address to ask, `http` or `https`.
        http: Located<String>,
        /// `host:port` that must take a connection.
        tcp: Located<String>,
        /// Program and arguments that must leave with a good status.
        command: Located<Vec<Located<String>>>,
        /// Where it is asked from; the host when the address is `localhost` or for a command, else here.
        from: RawVantage,
        /// For http: `GET` or `HEAD`.
        method: RawMethod,
        /// For http: statuses that pass, such as `200` or `"200-299"`.
        status: Several<StatusRange>,
        /// For http: what fields of the JSON body must be.
        json: JsonRules,
        /// For http: slower than this fails.
        latency: Located<Lasting>,
        /// For https: fewer days of certificate life than this fail.
        certificate_days: Located<i64>,
        /// For https: take any certificate; always shown on screen.
        insecure: Located<bool>,
        /// For a command: exit statuses that pass.
        exits: Several<i64>,
        /// Time between the starts of two askings, such as `"10s"`.
        interval: Located<Lasting>,
        /// Deadline of one asking, shorter than the interval.
        timeout: Located<Lasting>,
        /// Passes in a row that make it pass after a failure.
        rise: Located<i64>,
        /// Failures in a row that make it fail after a pass.
        fall: Located<i64>,
    }
}

words! {
    /// The colour of an environment's band.
    RawColour as "colour" {
        /// For what must not be touched by mistake.
        Red = "red",
        /// For what comes before it.
        Yellow = "yellow",
        /// For what may break.
        Green = "green",
        /// For anything.
        Blue = "blue",
        /// For anything.
        Purple = "purple",
        /// For anything.
        Grey = "grey",
    }
}

words! {
    /// How a change becomes root.
    RawBecome as "way to become root" {
        /// By sudo.
        Sudo = "sudo",
        /// The login is root already.
        Root = "root",
        /// Polkit decides.
        Polkit = "polkit",
        /// Never: the host is only looked at.
        Never = "never",
    }
}

words! {
    /// What kind of shell answers.
    RawShell as "shell" {
        /// Commands run in `/bin/sh`.
        Plain = "plain",
        /// Commands run in the user's login shell with its profile read.
        Login = "login",
    }
}

words! {
    /// Which adapter operates a service.
    RawRuntime as "runtime" {
        /// Units of systemd.
        Systemd = "systemd",
        /// Nothing but its probes is known of it.
        Http = "http",
        /// Containers of a Docker Compose project.
        Compose = "compose",
    }
    later ["command"]
}

words! {
    /// What is expected of a service.
    RawExpected as "expectation" {
        /// It runs all the time.
        Running = "running",
        /// It does not run unless somebody needs it.
        Stopped = "stopped",
        /// It runs to its end now and then.
        Oneshot = "oneshot",
    }
}

words! {
    /// Where a probe is asked from.
    RawVantage as "vantage" {
        /// From this machine.
        Here = "here",
        /// From the host of the service.
        Host = "host",
    }
}

words! {
    /// HTTP method of a probe.
    RawMethod as "method of a probe" {
        /// Ask for the body too.
        Get = "GET",
        /// Ask for the head only.
        Head = "HEAD",
    }
}

/// The value of a variable: text, a number, or true or false; used as text.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable(pub Located<String>);

impl FromToml for Variable {
    fn read(value: &Value<'_>, sink: &mut Sink<'_>) -> Option<Self> {
        let text = match value.get_ref() {
            toml::de::DeValue::Integer(_) => super::read::integer(value.get_ref()).map(|number| number.to_string()),
            toml::de::DeValue::Float(float) => Some(float.as_str().to_owned()),
            toml::de::DeValue::Boolean(flag) => Some(flag.to_string()),
            toml::de::DeValue::String(_) => Some(String::read(value, sink)?),
            toml::de::DeValue::Datetime(_) | toml::de::DeValue::Array(_) | toml::de::DeValue::Table(_) => None,
        };
        let Some(text) = text else {
            return super::read::wrong_type(value, "text, a number, or true or false", sink);
        };
        Some(Self(Located { value: text, span: value.span() }))
    }
}

impl Layer for Variable {
    fn layer(top: Self, _base: Self) -> Self {
        top
    }
}

impl JsonSchema for Variable {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Variable".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

impl Layer for RawService {
    fn layer(top: Self, base: Self) -> Self {
        Self::layered(top, base)
    }
}

impl Layer for RawDefaults {
    fn layer(top: Self, base: Self) -> Self {
        Self::layered(top, base)
    }
}

impl Layer for RawProcedures {
    fn layer(top: Self, base: Self) -> Self {
        Self::layered(top, base)
    }
}

impl Layer for RawHostDefaults {
    fn layer(top: Self, base: Self) -> Self {
        Self::layered(top, base)
    }
}

impl Layer for RawProbeDefaults {
    fn layer(top: Self, base: Self) -> Self {
        Self::layered(top, base)
    }
}

impl Layer for RawWindow {
    fn layer(top: Self, _base: Self) -> Self {
        top
    }
}

impl Layer for RawFreeze {
    fn layer(top: Self, _base: Self) -> Self {
        top
    }
}

impl Layer for RawEnvironment {
    fn layer(top: Self, base: Self) -> Self {
        Self::layered(top, base)
    }
}

impl Layer for RawHost {
    fn layer(top: Self, base: Self) -> Self {
        Self::layered(top, base)
    }
}

/// A probe that asks something else takes over only when and how often it is asked.
impl Layer for RawProbe {
    fn layer(top: Self, base: Self) -> Self {
        let asks_anew = top.http.is_some() || top.tcp.is_some() || top.command.is_some();
        let same_kind = (top.http.is_some() && base.http.is_some())
            || (top.tcp.is_some() && base.tcp.is_some())
            || (top.command.is_some() && base.command.is_some());
        if !asks_anew || same_kind {
            return Self::layered(top, base);
        }
        let Self { span, lost, interval, timeout, rise, fall, .. } = base;
        Self::layered(top, Self { span, lost, interval, timeout, rise, fall, ..Self::default() })
    }
}
