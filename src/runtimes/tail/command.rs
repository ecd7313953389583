//! The commands of a tail. Everything that they ask is a match of trusted fields, so that no process can forge its
//! way into another unit's log.

use std::time::Duration;

use jiff::Timestamp;

use super::note::{COREDUMP, DROPPED, MISSED, STARTED, STOPPED};
use crate::domain::UnitName;
use crate::domain::log_source::{Boot, FieldMatch};
use crate::port::RemoteCommand;
use crate::port::log::{Cursor, Since, TailWish};
use crate::runtimes::systemd::Scope;

/// The fields that are asked for; cursor, times and boot always come along.
const FIELDS: &str = "--output-fields=MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,_COMM,_PID,_UID,_TRANSPORT,_SYSTEMD_UNIT,\
_SYSTEMD_USER_UNIT,UNIT,USER_UNIT,OBJECT_SYSTEMD_UNIT,OBJECT_SYSTEMD_USER_UNIT,COREDUMP_UNIT,MESSAGE_ID,N_DROPPED";
/// The least important priority there is.
pub const DEBUG: u8 = 7;

/// Which entries of a host are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// These units, by their manager; none for everything.
    pub units: Vec<(Scope, UnitName)>,
    /// The login's number, where units of its own manager are among them.
    pub uid: Option<u32>,
    /// Only this boot; one that is counted back is turned into its number before anything is read.
    pub boot: Option<Boot>,
    /// Only programs that call themselves so; none for all.
    pub identifiers: Vec<String>,
    /// Only entries with these fields.
    pub fields: Vec<FieldMatch>,
    /// The least important priority.
    pub least: u8,
    /// Whether journalctl knows `--output-fields` (since 236).
    pub all_fields: bool,
}

impl Filter {
    /// Whether units of the login's own manager are wanted, so that its number must be known.
    pub fn wants_uid(&self) -> bool {
        self.uid.is_none() && self.units.iter().any(|(scope, _)| *scope == Scope::User)
    }

    /// Whether every entry of the host is wanted.
    pub fn is_everything(&self) -> bool {
        self.units.is_empty()
            && self.least >= DEBUG
            && self.boot.is_none()
            && self.identifiers.is_empty()
            && self.fields.is_empty()
    }

    /// The matches, joined by `+` where any of several will do. With a level the notes about lost lines come along,
    /// whatever level they have, and where journald `itself` is of interest those about its own start and end.
    fn matches(&self, itself: bool) -> Vec<String> {
        let narrowed = self.narrowed();
        if self.units.is_empty() && self.least >= DEBUG && narrowed.is_empty() {
            return Vec::new();
        }
        let levels = || {
            let wanted = if self.least >= DEBUG { 0..0 } else { 0..self.least + 1 };
            wanted.map(|level| format!("PRIORITY={level}"))
        };
        let named = |scope: Scope, field: &str| -> Vec<String> {
            let of_scope = self.units.iter().filter(|(of, _)| *of == scope);
            of_scope.map(|(_, unit)| format!("{field}={unit}")).collect()
        };
        let mut groups: Vec<Vec<String>> = Vec::new();
        let mut group = |units: Vec<String>, rest: Vec<String>, leveled: bool| {
            if !units.is_empty() {
                let levels: Vec<String> = if leveled { levels().collect() } else { Vec::new() };
                let narrowed = if leveled { narrowed.clone() } else { Vec::new() };
                groups.push([rest, units, levels, narrowed].concat());
            }
        };
        let root = || vec!["_UID=0".to_owned()];
        let driver = |id: &str| vec!["_TRANSPORT=driver".to_owned(), format!("MESSAGE_ID={id}")];
        if self.units.is_empty() {
            group(levels().chain(narrowed.iter().cloned()).collect(), Vec::new(), false);
            for id in [DROPPED, MISSED] {
                group(driver(id), Vec::new(), false);
            }
        }
        let slices = self.units.iter().filter(|(scope, unit)| *scope == Scope::System && unit.suffix() == "slice");
        group(named(Scope::System, "_SYSTEMD_UNIT"), Vec::new(), true);
        group(slices.map(|(_, unit)| format!("_SYSTEMD_SLICE={unit}")).collect(), Vec::new(), true);
        group(named(Scope::System, "UNIT"), vec!["_PID=1".to_owned()], true);
        group(named(Scope::System, "OBJECT_SYSTEMD_UNIT"), root(), true);
        group(named(Scope::System, "COREDUMP_UNIT"), [root(), vec![format!("MESSAGE_ID={COREDUMP}")]].concat(), true);
        if self.least < DEBUG {
            group(named(Scope::System, "OBJECT_SYSTEMD_UNIT"), driver(DROPPED), false);
        }
        let own = || self.uid.map(|uid| format!("_UID={uid}")).into_iter().collect::<Vec<_>>();
        group(named(Scope::User, "_SYSTEMD_USER_UNIT"), own(), true);
        group(
            named(Scope::User, "USER_UNIT"),
            [own(), vec!["_SYSTEMD_USER_UNIT=init.scope".to_owned()]].concat(),
            true,
        );
        group(named(Scope::User, "OBJECT_SYSTEMD_USER_UNIT"), driver(DROPPED), false);
        if itself {
            group([driver(STARTED), vec![format!("MESSAGE_ID={STOPPED}")]].concat(), Vec::new(), false);
        }
        groups.join(&"+".to_owned())
    }

    /// Whether a part is asked for by something else than units and level.
    pub fn is_narrowed(&self) -> bool {
        self.boot.is_some() || !self.narrowed().is_empty()
    }

    /// What else must hold of an entry. Of one field any of its values will do, as journalctl has it.
    fn narrowed(&self) -> Vec<String> {
        let identifiers = self.identifiers.iter().map(|name| format!("SYSLOG_IDENTIFIER={name}"));
        identifiers.chain(self.fields.iter().map(ToString::to_string)).collect()
    }

    /// The option for the boot, where one is wished for.
    fn boot(&self) -> Option<String> {
        self.boot.map(|boot| format!("--boot={boot}"))
    }

    /// Asks for the number of the boot that is counted back.
    pub fn boot_id(boot: Boot) -> RemoteCommand {
        let mut argv = journalctl();
        argv.extend([format!("--boot={boot}"), "--lines=1".to_owned(), "--output=export".to_owned()]);
        let mut command = RemoteCommand::new(argv).within(Duration::from_secs(20));
        command.most = 256 << 10;
        command
    }

    fn fields(&self) -> Option<String> {
        (!self.all_fields).then(|| FIELDS.to_owned())
    }

    /// Asks for the newest entry of the whole journal.
    pub fn newest(&self) -> RemoteCommand {
        self.one(None)
    }

    /// Asks for the entry at `cursor`, or the first one behind it if it is there no more.
    pub fn at(&self, cursor: &Cursor) -> RemoteCommand {
        self.one(Some(cursor))
    }

    fn one(&self, cursor: Option<&Cursor>) -> RemoteCommand {
        let mut argv = journalctl();
        argv.extend(cursor.map(at));
        argv.extend(["--lines=1".to_owned(), "--output=export".to_owned()]);
        argv.extend(self.fields());
        let mut command = RemoteCommand::new(argv).within(Duration::from_secs(20));
        command.most = 1 << 20;
        command
    }

    /// Reads: `from` names where, `follow` whether it goes on with what comes.
    pub fn read(&self, from: &Begin, until: Option<Timestamp>, follow: bool) -> RemoteCommand {
        let mut argv = journalctl();
        if follow {
            // What happens now is read also on a host that has much to do, which is when it is looked at: a tenth of a
            // processor is enough for it, the lowest priority is not.
            argv.splice(..3, ["nice", "-n", "10"].map(String::from));
            argv.extend(["--follow".to_owned(), "--no-tail".to_owned()]);
        }
        match from {
            Begin::Head => {}
            Begin::Boot => argv.extend(self.boot.is_none().then(|| "--boot".to_owned())),
            Begin::Ago(duration) => argv.push(ago(*duration)),
            Begin::Time(at) => argv.push(moment("--since", *at)),
            Begin::Newest(lines) => argv.push(format!("--lines={}", (*lines).max(1))),
            Begin::Cursor(cursor) => argv.push(at(cursor)),
        }
        argv.extend(self.boot());
        argv.extend(until.filter(|_| !follow).map(|until| moment("--until", until)));
        argv.push("--output=export".to_owned());
        argv.extend(self.fields());
        // Of the newest lines none is spent on journald.
        argv.extend(self.matches(!matches!(from, Begin::Newest(_))));
        RemoteCommand::new(argv)
    }

    /// Asks for entries from `before` on backwards, or from the newest, as `options` say; journald's own start and end are
    /// not among them.
    pub fn backwards(&self, before: Option<&Cursor>, options: Vec<String>) -> RemoteCommand {
        let mut argv = journalctl();
        argv.extend(before.map(at));
        argv.extend(options);
        argv.push("--output=export".to_owned());
        argv.extend(self.fields());
        argv.extend(self.matches(false));
        RemoteCommand::new(argv)
    }

    /// Asks for the cursor of the entry behind which the newest `lines` entries lie that `from` asks for: one line more
    /// than nothing if there are so many. Nothing of what is read leaves the host.
    pub fn bound(&self, from: &Begin, until: Option<Timestamp>, lines: u32) -> RemoteCommand {
        let mut argv: Vec<String> = ["/bin/sh", "-c", BOUND, "qd-bound"].map(String::from).into();
        argv.push(lines.saturating_add(1).to_string());
        argv.extend(journalctl());
        argv.extend(["--reverse".to_owned(), format!("--lines={}", lines.saturating_add(1))]);
        match from {
            Begin::Ago(duration) => argv.push(ago(*duration)),
            Begin::Time(at) => argv.push(moment("--since", *at)),
            Begin::Boot => argv.push("--boot".to_owned()),
            Begin::Head | Begin::Newest(_) | Begin::Cursor(_) => {}
        }
        argv.extend(self.boot());
        argv.extend(until.map(|until| moment("--until", until)));
        argv.push("--output=export".to_owned());
        argv.extend((!self.all_fields).then(|| "--output-fields=_BOOT_ID".to_owned()));
        argv.extend(self.matches(false));
        let mut command = RemoteCommand::new(argv).within(Duration::from_secs(60));
        command.most = 4 << 10;
        command
    }
}

/// Prints the cursor of the entry with this number, if there are so many.
const BOUND: &str = r#"n=$1; shift
"$@" | sed -n 's/^__CURSOR=//p' | sed -n "${n}p""#;

/// Where a reader begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begin {
    /// With the first entry there is.
    Head,
    /// With the first entry of the boot that runs.
    Boot,
    /// With what is younger than this.
    Ago(Duration),
    /// At this moment of the host's clock.
    Time(Timestamp),
    /// With the newest entries, so many.
    Newest(u32),
    /// With this very entry.
    Cursor(Cursor),
}

impl Begin {
    /// Where a wish begins.
    pub fn of(wish: &TailWish) -> Self {
        match wish.since {
            Since::Newest(lines) => Begin::Newest(lines),
            Since::Ago(duration) => Begin::Ago(duration),
            Since::At(at) => Begin::Time(at),
            Since::Boot => Begin::Boot,
            Since::Head => Begin::Head,
        }
    }
}

fn journalctl() -> Vec<String> {
    ["nice", "-n", "19", "journalctl", "--quiet", "--no-pager"].map(String::from).into()
}

fn at(cursor: &Cursor) -> String {
    format!("--cursor={}", cursor.as_str())
}

fn ago(duration: Duration) -> String {
    format!("--since=-{}s", duration.as_secs())
}

fn moment(option: &str, at: Timestamp) -> String {
    let micros = at.as_microsecond().max(0);
    format!("{option}=@{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// Whether a place is one of a journal: the readers of other lanes write theirs in another way.
pub fn is_journal(cursor: &Cursor) -> bool {
    !["d=", "f=", "c="].iter().any(|own| cursor.as_str().starts_with(own))
}

/// Asks for all fields of the entry at `cursor`.
pub fn fields(cursor: &Cursor) -> RemoteCommand {
    let mut argv = journalctl();
    argv.extend([at(cursor), "--lines=1".to_owned(), "--output=export".to_owned()]);
    let mut command = RemoteCommand::new(argv).within(Duration::from_secs(20));
    command.most = 2 << 20;
    command
}

/// Asks for the number of the login.
pub fn uid() -> RemoteCommand {
    RemoteCommand::new(["id", "-u"]).within(Duration::from_secs(10))
}

/// The script of [`keeps`]. Of several settings the last one counts, as far as their files sort that way.
const KEEPS: &str = r#"s=$(cat /usr/lib/systemd/journald.conf.d/*.conf /etc/systemd/journald.conf /etc/systemd/journald.conf.d/*.conf /run/systemd/journald.conf.d/*.conf 2>/dev/null | sed -n 's/^[[:space:]]*Storage[[:space:]]*=[[:space:]]*//p' | sed -n '$p')
case $s in none*) exit 4 ;; esac
for f in /var/log/journal/*/system.journal; do [ -r "$f" ] && exit 0; done
for f in /run/log/journal/*/system.journal; do [ -r "$f" ] && exit 3; done
for f in /var/log/journal/*/system.journal /run/log/journal/*/system.journal; do [ -e "$f" ] && exit 1; done
exit 2"#;

/// Asks what the host keeps of its journal, and whether the login may read it; the status is a [`Keeps`].
pub fn keeps() -> RemoteCommand {
    RemoteCommand::new(["/bin/sh", "-c", KEEPS, "qd-keeps"]).within(Duration::from_secs(10))
}

/// What a host keeps of its journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeps {
    /// Everything, for us to read.
    All,
    /// A journal that the login may not read; its own lines at most.
    NotForUs,
    /// No journal.
    Nothing,
    /// A journal that ends with the boot.
    ThisBoot,
    /// journald is told to store nothing.
    Stopped,
}

impl Keeps {
    /// What the status of [`keeps`] means.
    pub fn of(status: i32) -> Self {
        match status {
            1 => Keeps::NotForUs,
            2 => Keeps::Nothing,
            3 => Keeps::ThisBoot,
            4 => Keeps::Stopped,
            _ => Keeps::All,
        }
    }

    /// What is to be said about it.
    pub fn sentence(self) -> Option<&'static str> {
        match self {
            Keeps::All => None,
            Keeps::NotForUs => Some(
                "this login may read only its own lines of the journal; a member of the group systemd-journal or adm \
                 may read all (usermod -aG systemd-journal LOGIN)",
            ),
            Keeps::Nothing => Some("the host keeps no journal that could be read; is systemd-journald running?"),
            Keeps::ThisBoot => Some(
                "the journal is in memory only and ends with each boot; Storage=persistent in journald.conf keeps it",
            ),
            Keeps::Stopped => {
                Some("journald stores nothing on this host (Storage=none in journald.conf): what is here is old")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::domain::unit::known as unit;

    #[test]
    fn a_whole_host_needs_no_match() {
        let filter = Filter { least: 7, ..Filter::default() };
        let cursor = Cursor::new("s=1;i=2").unwrap();
        let command = filter.read(&Begin::Cursor(cursor), None, true);
        let words = [
            "nice",
            "-n",
            "10",
            "journalctl",
            "--quiet",
            "--no-pager",
            "--follow",
            "--no-tail",
            "--cursor=s=1;i=2",
            "--output=export",
            FIELDS,
        ];
        assert_eq!(command.argv, words);
    }

    #[test]
    fn units_are_matched_by_trusted_fields() {
        let filter = Filter { units: vec![(Scope::System, unit("a.service"))], least: 7, ..Filter::default() };
        let words = filter.matches(true).join(" ");
        assert_eq!(
            words,
            format!(
                "_SYSTEMD_UNIT=a.service + _PID=1 UNIT=a.service + _UID=0 OBJECT_SYSTEMD_UNIT=a.service + \
                 _UID=0 MESSAGE_ID={COREDUMP} COREDUMP_UNIT=a.service + _TRANSPORT=driver MESSAGE_ID={STARTED} MESSAGE_ID={STOPPED}"
            )
        );
    }

    #[test]
    fn a_level_does_not_hide_what_is_missing() {
        let filter = Filter { units: vec![(Scope::System, unit("a.service"))], least: 3, ..Filter::default() };
        let words = filter.matches(true).join(" ");
        assert!(words.starts_with("_SYSTEMD_UNIT=a.service PRIORITY=0 PRIORITY=1 PRIORITY=2 PRIORITY=3 + "), "{words}");
        assert!(words.contains(&format!("+ _TRANSPORT=driver MESSAGE_ID={DROPPED} OBJECT_SYSTEMD_UNIT=a.service +")));
        let all = Filter { least: 3, ..Filter::default() }.matches(true).join(" ");
        assert!(all.contains(&format!("+ _TRANSPORT=driver MESSAGE_ID={DROPPED}")), "{all}");
    }

    #[test]
    fn units_of_the_login_are_only_its_own() {
        let mut filter = Filter { units: vec![(Scope::User, unit("a.service"))], least: 7, ..Filter::default() };
        assert!(filter.wants_uid());
        filter.uid = Some(1000);
        assert!(!filter.wants_uid());
        let words = filter.matches(true).join(" ");
        assert!(words.starts_with("_UID=1000 _SYSTEMD_USER_UNIT=a.service + _UID=1000"), "{words}");
    }

    #[test]
    fn a_boot_a_program_and_fields_must_hold_as_well() {
        let fields = vec![FieldMatch::read("_TRANSPORT=kernel").unwrap()];
        let mut filter = Filter { identifiers: vec!["cron".to_owned()], fields, least: 7, ..Filter::default() };
        assert!(!filter.is_everything());
        let words = filter.matches(false).join(" ");
        assert!(
            words.starts_with("SYSLOG_IDENTIFIER=cron _TRANSPORT=kernel + _TRANSPORT=driver MESSAGE_ID="),
            "{words}"
        );
        filter.units = vec![(Scope::System, unit("a.service"))];
        let words = filter.matches(false).join(" ");
        assert!(
            words.starts_with("_SYSTEMD_UNIT=a.service SYSLOG_IDENTIFIER=cron _TRANSPORT=kernel + _PID=1"),
            "{words}"
        );

        let boot = Filter { boot: Some(Boot::Id(7)), least: 7, ..Filter::default() };
        assert!(!boot.is_everything() && boot.matches(true).is_empty());
        for from in [Begin::Head, Begin::Boot, Begin::Newest(5)] {
            let argv = boot.read(&from, None, false).argv;
            let boots: Vec<&String> = argv.iter().filter(|word| word.starts_with("--boot")).collect();
            assert_eq!(boots, ["--boot=00000000000000000000000000000007"], "{from:?}");
        }
        assert!(Filter::boot_id(Boot::Back(1)).argv.contains(&"--boot=-1".to_owned()));
    }

    #[test]
    fn forbidden_options_are_never_sent() {
        let wish = Filter { least: 7, ..Filter::default() };
        for from in [Begin::Head, Begin::Boot, Begin::Newest(0), Begin::Time(Timestamp::UNIX_EPOCH)] {
            for follow in [false, true] {
                let argv = wish.read(&from, Some(Timestamp::UNIX_EPOCH), follow).argv;
                assert!(!argv.iter().any(|word| word.starts_with("--after-cursor") || word == "--all"));
                assert!(!argv.iter().any(|word| word == "--lines=0"));
            }
        }
    }
}
