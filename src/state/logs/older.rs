//! Lines older than those that are held: which pages to ask the hosts for, and how a page joins what is there. Never a
//! line twice across the seam, and never a hole in it.

use super::filter::Filter;
use super::host::{HostLog, Older, Picked};
use super::host_filter::host_filter;
use super::reading::Reading;
use super::store::LogStore;
use crate::domain::{HostName, Lane, LogSource};
use crate::port::log::{LogRow, Loss, LossKind, Since, TailState};
use crate::port::log_page::{HostFilter, LogPage, PageEnd, PageWish};
use crate::runtimes::tail::cursor::Parts;
use crate::runtimes::tail::entry::time_of;
use crate::runtimes::tail::page::is_held;
use crate::text::Foreign;

/// Lines of a page.
pub const PAGE: u32 = 2000;
/// Bytes that a page may take, about; less room than that is none.
const ROOM: usize = 1 << 20;

/// Why no older lines are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoPage {
    /// They are on their way.
    Fetching,
    /// There are none.
    Beginning,
    /// Lines have no more memory.
    Full,
    /// It failed, and nobody asked for another attempt.
    Failed,
    /// The tail has not told yet what is there.
    Early,
}

impl Reading {
    /// Asks for a page of older lines of each host that may have some; `filter` is what passes on the screen, and what the
    /// hosts choose by as far as they can. A host that could not answer is asked `again` only by hand.
    ///
    /// # Errors
    /// Why there is nothing to ask for.
    pub fn older(&mut self, filter: &Filter, again: bool) -> Result<Vec<PageWish>, NoPage> {
        let mut wishes = Vec::new();
        let mut why = NoPage::Beginning;
        let sources = self.sources().iter().flat_map(|(host, all)| all.iter().map(move |source| (host, source)));
        for (host, source) in sources {
            // Of containers, files and commands nothing is read backwards.
            let LogSource::Journal(wanted) = source else { continue };
            if filter.host.as_ref().is_some_and(|wanted| wanted != host) {
                continue;
            }
            let only = host_filter(filter, host, &wanted.units);
            let (tail, host, wanted) = (self.id(), host.clone(), wanted.clone());
            let wish = PageWish { tail, host, wanted, before: None, lines: PAGE, only };
            wishes.push(wish);
        }
        let since = self.since;
        wishes.retain_mut(|wish| match ask(&mut self.store, wish, since, again) {
            Ok(()) => true,
            Err(no) => {
                why = if why == NoPage::Beginning { no } else { why };
                false
            }
        });
        if wishes.is_empty() { Err(why) } else { Ok(wishes) }
    }

    /// Takes a page in, if it is still what was asked for and joins what is held.
    pub fn take_page(&mut self, page: LogPage) {
        let LogPage { wish, mut rows, end } = page;
        if wish.tail != self.id() {
            return;
        }
        let Some(log) = self.store.log_mut(&wish.host).filter(|log| log.older == Older::Fetching) else { return };
        let oldest = log.oldest();
        if wish.before.is_some() && wish.before != oldest {
            // What it was to join was let go meanwhile.
            log.older = Older::There;
            return;
        }
        if let Some(oldest) = &oldest {
            let is_new = |row: &LogRow| match row {
                LogRow::Entry(entry) => !is_held(oldest, &entry.cursor),
                LogRow::Loss(_) => true,
            };
            rows.retain(is_new);
        }
        log.older = match end {
            PageEnd::More => Older::There,
            PageEnd::Beginning => Older::Beginning,
            PageEnd::Failed(why) => Older::Failed(why),
        };
        let failed = matches!(log.older, Older::Failed(_));
        if let Some(only) = wish.only.filter(|_| log.picked.is_none() && !failed) {
            // Above a row nobody needs to be told of rows that are not there.
            if !rows.is_empty() || log.older == Older::There {
                rows.extend(oldest.as_ref().and_then(|oldest| picked(&only, Parts::of(oldest).realtime?)));
            }
            log.picked = Some(Picked { only, before: log.first() });
        }
        self.store.take_older(&wish.host, &rows);
    }

    /// What was being fetched does not come any more.
    pub(super) fn fetch_no_more(&mut self) {
        let hosts: Vec<HostName> = self.sources().keys().cloned().collect();
        for host in hosts {
            if let Some(log) = self.store.log_mut(&host).filter(|log| log.older == Older::Fetching) {
                log.older = Older::There;
            }
        }
    }
}

/// Whether older lines than those that are held may be on the host.
pub fn has_older(since: Since, log: &HostLog) -> bool {
    match log.older {
        _ if log.lane != Lane::Journal => false,
        Older::Beginning => false,
        Older::Fetching | Older::Failed(_) => true,
        Older::There if log.evicted > 0 => true,
        Older::There => match since {
            // Fewer than were asked for are all there are, once the host has told them.
            Since::Newest(lines) => {
                let told = log.live || matches!(log.state, Some(TailState::Following | TailState::Ended));
                !told || log.lines >= u64::from(lines)
            }
            Since::Head => false,
            Since::Ago(_) | Since::At(_) | Since::Boot => true,
        },
    }
}

/// The row that says what the rows above it are.
fn picked(only: &HostFilter, realtime: u64) -> Option<LogRow> {
    let kind = LossKind::Picked(Foreign::from(only.told.as_str()));
    Some(LogRow::Loss(Loss { at: time_of(realtime)?, kind, lost: None, cursor: None }))
}

/// Whether a host is asked, and from where on.
fn ask(store: &mut LogStore, wish: &mut PageWish, since: Since, again: bool) -> Result<(), NoPage> {
    let is_full = store.bytes().saturating_add(ROOM) > store.cap();
    let Some(log) = store.log_mut(&wish.host) else { return Err(NoPage::Early) };
    if log.state.is_none() {
        return Err(NoPage::Early);
    }
    if log.older == Older::Fetching {
        return Err(NoPage::Fetching);
    }
    if matches!(log.older, Older::Failed(_)) && !again {
        return Err(NoPage::Failed);
    }
    if log.picked.as_ref().is_some_and(|picked| wish.only.as_ref() != Some(&picked.only)) {
        // What was chosen by something else has holes.
        store.forget_picked(&wish.host);
    }
    let Some(log) = store.log_mut(&wish.host) else { return Err(NoPage::Early) };
    if !has_older(since, log) {
        return Err(NoPage::Beginning);
    }
    if is_full {
        return Err(NoPage::Full);
    }
    log.older = Older::Fetching;
    wish.before = log.oldest();
    Ok(())
}
