//! Everything the core can ask of the engine, as closed data. The engine never decides; it only does.

use std::sync::Arc;

use super::calling::{Call, Title};
use super::export::LogExport;
use super::keepsake::KeepsakeWish;
use super::log::{Cursor, TailWish};
use super::log_page::PageWish;
use super::procedure::Decision;
use super::release::{FollowWish, ReleaseWish};
use super::secret::Secret;
use crate::domain::{Environment, HostName, Permit, ProcedurePlan, RunId, SiteName, UnitName};

/// One thing to do.
#[derive(Debug, PartialEq)]
pub enum Effect {
    /// Watch this environment; whatever was watched before is let go.
    Watch(Arc<Environment>),
    /// Try this host's link now.
    RetryNow(HostName),
    /// Read everything of every host anew.
    Refresh,
    /// These units are on screen: read what they use. Replaces the list before; empty ends it.
    ReadUsage(Vec<(HostName, UnitName)>),
    /// Read the unit file and the newest log lines of one unit.
    ReadDetail(HostName, UnitName),
    /// The answer to a question; `None` when the person declined.
    Answer(u64, Option<Secret>),
    /// Do what was permitted: record it, do it, verify it, and say so.
    Execute(Box<Permit>),
    /// Begin no further step of this run; the ones under way end by themselves.
    StopRun(RunId),
    /// Do these parts of a procedure: record them, do them, and say how they go.
    Conduct(Box<Permit<ProcedurePlan>>),
    /// What a person decides about a run of a procedure.
    Decide(RunId, Decision),
    /// Run the previews of a plan, which only read, and say what they printed.
    Preview(Box<ProcedurePlan>),
    /// Take over a run that nobody is at, and go on exactly where it stood.
    Resume(RunId),
    /// Read what the steps of a run printed, and its document as it was.
    ReadRun(RunId),
    /// Read the newest runs of the environment, so many at most.
    ReadHistory(u32),
    /// Ask the record or git for releases and versions.
    ReadReleases(ReleaseWish),
    /// Run this program of a document of the environment here, which lists the choices of an input.
    ListChoices(Vec<String>),
    /// Keep what is said of a checklist that follows a release, or ask what the console can see to by itself.
    Follow(FollowWish),
    /// Read logs; whatever was read before is let go.
    Tail(TailWish),
    /// Read no logs any more.
    EndTail,
    /// Read all fields of one entry of a host's journal.
    ReadFields(HostName, Cursor),
    /// Read older lines of a host, beside its tail.
    ReadPage(PageWish),
    /// Write lines of logs into a new file, and say where it is.
    Export(Box<LogExport>),
    /// Read, keep or take away what a person keeps of this site.
    Keepsake(SiteName, KeepsakeWish),
    /// Show lines of logs in the person's pager on this terminal, and come back when it ends: at the line of this place
    /// among them, else at their end.
    Page(Box<LogExport>, Option<usize>),
    /// Open a shell on the host on this terminal, and come back when it ends.
    Shell(HostName),
    /// Open this address of the web in the person's browser.
    OpenLink(String),
    /// Put this text on the person's clipboard, by OSC 52. Sanitised already, at most 64 KiB.
    Copy(String),
    /// Hear the mouse, or leave it to the terminal for selecting text.
    Mouse(bool),
    /// The title of the window from now on, where the person wants one.
    Title(Title),
    /// Call the person, who is not looking.
    Call(Call),
    /// Draw everything anew.
    Redraw,
    /// Give the terminal back and stop, as ctrl-z does.
    Suspend,
    /// End the program.
    Quit,
}
