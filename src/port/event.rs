//! Everything that can happen to the core, as closed data.

use std::sync::Arc;

use super::act::{RunNews, StoreState};
use super::export::Exported;
use super::input::Input;
use super::keepsake::KeepsakeNews;
use super::link::LinkNews;
use super::log::{LogBatch, LogFields, TailState};
use super::log_page::LogPage;
use super::procedure::ProcedureNews;
use super::release::ReleaseNews;
use super::shell::ShellNews;
use crate::domain::link::Means;
use crate::domain::log_source::Lane;
use crate::domain::unit::{UnitFacts, UnitName, Usage};
use crate::domain::{Environment, HostFacts, HostName, Link, ProbeName, ProbeReport, Run, ServiceName};
use crate::text::Foreign;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A person did something.
    Input(Input),
    /// The moment came that `view` had named, or the loop woke for another reason.
    Woke,
    /// A frame is about to be drawn: what comes by the hundred is laid out once for it.
    Frame,
    /// A frame with the dialog of this number was written out: from now on keys can be meant for it.
    Shown(u64),
    /// The program was continued after a stop, or its terminal changed hands: everything must be drawn anew.
    Resumed,
    /// Somebody wants the program to end (a signal, or the terminal is gone).
    Stop,
    /// An environment is watched from now on.
    Opened(Arc<Environment>),
    /// News of one host. Dropped when its environment is no longer watched.
    Host(HostName, HostEvent),
    /// A probe answered; `None` as host for a probe that is asked from here, once for the whole service.
    Probe {
        /// The service.
        service: ServiceName,
        /// The host of the instance.
        host: Option<HostName>,
        /// The probe.
        probe: ProbeName,
        /// Its answer.
        report: ProbeReport,
    },
    /// A question that only a person can answer came up.
    Asked(Question),
    /// A question is no longer open: answered, timed out, or whoever asked is gone.
    Settled(u64),
    /// Details of a unit, as asked for.
    Detail(HostName, UnitName, Box<UnitDetail>),
    /// News of a run.
    Run(RunNews),
    /// News of a run of a procedure.
    Procedure(ProcedureNews),
    /// The newest runs of the environment from the store, the newest first, as asked for.
    History(Vec<Run>),
    /// News of releases and versions, as asked for.
    Release(ReleaseNews),
    /// The choices that this program with its arguments lists, as asked for; or why there are none, as a clause without a
    /// full stop.
    Choices(Vec<String>, Result<Vec<String>, String>),
    /// Whether the store takes records, whenever that changes.
    Store(StoreState),
    /// Rows of a log.
    Log(LogBatch),
    /// How one lane of a tail stands.
    Tail(u64, HostName, Lane, TailState),
    /// All fields of one entry of a journal, as asked for.
    LogFields(Box<LogFields>),
    /// Older lines of a host came, or could not be read.
    LogPage(Box<LogPage>),
    /// Lines were written into a file, or a sentence why not.
    Exported(Result<Exported, String>),
    /// What became of a link that was to be opened.
    Link(LinkNews),
    /// What became of something that a person keeps.
    Keepsakes(KeepsakeNews),
    /// News of a shell for which the terminal was lent.
    Shell(ShellNews),
    /// Something of the program's own failed; a sentence for the person.
    Trouble(String),
}

impl Event {
    /// Whether it brings figures or lists that are read anew again and again. Unless they change a word nobody waits for
    /// them: they are drawn together with the clock, at most once a second.
    pub fn is_figures(&self) -> bool {
        match self {
            Event::Probe { .. } => true,
            Event::Host(_, news) => match news {
                HostEvent::Heard(_)
                | HostEvent::Usage(_)
                | HostEvent::Facts(_)
                | HostEvent::Version(..)
                | HostEvent::Units(_) => true,
                HostEvent::Link(_)
                | HostEvent::Means(_)
                | HostEvent::Unit(..)
                | HostEvent::InJournal(_)
                | HostEvent::LastError(..) => false,
            },
            Event::Input(_)
            | Event::Woke
            | Event::Frame
            | Event::Shown(_)
            | Event::Resumed
            | Event::Stop
            | Event::Opened(_)
            | Event::Asked(_)
            | Event::Settled(_)
            | Event::Detail(..)
            | Event::Run(_)
            | Event::Procedure(_)
            | Event::History(_)
            | Event::Release(_)
            | Event::Choices(..)
            | Event::Store(_)
            | Event::Log(_)
            | Event::Tail(..)
            | Event::LogFields(_)
            | Event::LogPage(_)
            | Event::Exported(_)
            | Event::Shell(_)
            | Event::Keepsakes(_)
            | Event::Link(_)
            | Event::Trouble(_) => false,
        }
    }
}

/// News of one host.
#[derive(Debug, Clone, PartialEq)]
pub enum HostEvent {
    /// Its link changed.
    Link(Link),
    /// A byte came from it, with the round trip if this was measured.
    Heard(Option<std::time::Duration>),
    /// How unit state arrives.
    Means(Means),
    /// A full and current list of the units of interest: the configured ones, those that match a glob, and
    /// all that failed. Replaces everything known before; what is not in it is gone.
    Units(Vec<(UnitName, UnitFacts)>),
    /// The units that match a pattern and that the host's journal names, loaded or not, once for each link; or why that is not
    /// known, as a clause without a full stop. Told only where logs are read by patterns.
    InJournal(Result<Vec<UnitName>, String>),
    /// One unit changed.
    Unit(UnitName, Box<UnitFacts>),
    /// Memory, processor time and tasks of some units.
    Usage(Vec<(UnitName, Usage)>),
    /// The last error line of a unit's log; `None` when it has none.
    LastError(UnitName, Option<LogLine>),
    /// What the host says of itself.
    Facts(Box<HostFacts>),
    /// What the version command of a service printed.
    Version(ServiceName, Foreign),
}

/// One line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written, by the host's clock.
    pub at: jiff::Timestamp,
    /// Syslog priority, 0 (emergency) to 7 (debug).
    pub priority: u8,
    /// What it says.
    pub message: Foreign,
}

/// A question that only a person can answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its number; answers name it.
    pub id: u64,
    /// The host for which it is asked.
    pub host: HostName,
    /// What kind of answer it wants.
    pub kind: QuestionKind,
    /// The words of whoever asks (ssh, a server): foreign.
    pub prompt: Foreign,
}

/// What kind of answer a question wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QuestionKind {
    /// Something nobody may see: passphrase, password, second factor.
    Secret,
    /// The same, for a secret that a step of a run needs.
    Input,
    /// The same, for becoming root on a host whose link is up.
    Sudo,
    /// Whether an unknown host key, shown with its fingerprint in the prompt, is the right one.
    HostKey,
    /// Whether something may go on: an agent asks for a touch or a yes.
    Confirm,
}

/// What the detail pane shows beyond the unit's facts.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitDetail {
    /// The unit file with its drop-ins, as `systemctl cat` prints it; or why it can't be read.
    pub file: Result<Foreign, String>,
    /// The newest lines of its log, oldest first.
    pub log: Result<Vec<LogLine>, String>,
}
