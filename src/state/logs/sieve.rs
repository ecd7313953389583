//! The part of an order that passes a filter: made in slices, the newest rows first, and kept up with what comes. With it
//! the rows around those that pass, where they are wanted.

use std::collections::VecDeque;

use super::filter::Filter;
use super::host::{Gone, HostLog};
use super::order::{Order, Ref};
use super::search::{Mask, mask};
use super::tally::Tally;
use crate::port::log_block::Row;

/// Rows that one slice looks at.
const SLICE_ROWS: usize = 200_000;
/// Bytes that the first slice looks at, so that the newest lines are there at once; each next one looks at twice as many.
const FIRST_SLICE: usize = 512 << 10;
/// Bytes that a slice looks at, at most.
const SLICE_BYTES: usize = 4 << 20;

/// What passes.
#[derive(Debug, Clone)]
pub struct Sieve {
    filter: Filter,
    order: Order,
    tally: Tally,
    around: Around,
    /// Everything from here on was looked at; nothing before.
    frontier: Ref,
    /// Whether all was looked at.
    done: bool,
    /// Bytes that the next slice looks at.
    slice: usize,
    /// Of each host what passes of the block in which the search is.
    windows: Vec<Window>,
}

/// What passes of a block.
#[derive(Debug, Clone, Default)]
struct Window {
    /// Number of its first row.
    first: u64,
    mask: Mask,
}

/// The rows that pass and those around them.
#[derive(Debug, Clone, Default)]
struct Around {
    order: Order,
    /// Rows in front of the search that are wanted if one of the next passes, the newest first.
    waiting: VecDeque<Ref>,
    /// How many of the next rows are wanted, because one before them has passed.
    wanted: usize,
}

impl Sieve {
    /// Nothing looked at yet.
    pub fn new(filter: Filter) -> Self {
        Self {
            filter,
            order: Order::default(),
            tally: Tally::default(),
            around: Around::default(),
            frontier: Ref::LAST,
            done: false,
            slice: FIRST_SLICE,
            windows: Vec::new(),
        }
    }

    /// The filter.
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// What passes, as far as it was looked at.
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// How much of that lies in which time.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The same with the lines around it.
    pub fn around(&self) -> &Order {
        if self.filter.around == 0 { &self.order } else { &self.around.order }
    }

    /// Whether all was looked at.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Takes a row in that came just now, if it lies where was looked already. `base` is what it is chosen from.
    pub fn admit(&mut self, row: Ref, base: &Order, hosts: &[HostLog]) {
        if !self.done && row < self.frontier {
            return;
        }
        let passes = if row.is_loss() { self.filter.spans(row.key()) } else { self.asked(row, hosts) };
        if passes {
            self.order.insert(row);
            self.tally.add(&[row]);
        }
        let lines = self.filter.around;
        if lines == 0 {
            return;
        }
        let near = || base.backward(row).take(lines).chain(base.forward(row).filter(|one| *one != row).take(lines));
        if row.is_loss() {
            self.around.order.insert(row);
        } else if passes {
            near().chain([row]).for_each(|one| self.around.order.insert(one));
        } else if near().any(|one| !one.is_loss() && self.order.contains(one)) {
            self.around.order.insert(row);
        }
    }

    /// Looks at one more slice of `base`; how much of a slice that was, in percent.
    pub fn work(&mut self, base: &Order, hosts: &[HostLog]) -> usize {
        if self.done {
            return 0;
        }
        let (mut found, mut around) = (Vec::new(), Vec::new());
        let (mut left, mut bytes) = (SLICE_ROWS, 0);
        self.done = true;
        'slice: for part in base.backward_parts(self.frontier) {
            for row in part.iter().rev() {
                if left == 0 || bytes >= self.slice {
                    self.done = false;
                    break 'slice;
                }
                left -= 1;
                self.frontier = *row;
                let passes = match row.is_loss() {
                    true => self.filter.spans(row.key()),
                    false => self.passes(*row, hosts, &mut bytes),
                };
                if passes {
                    found.push(*row);
                }
                if self.filter.around > 0 {
                    self.around.look(*row, passes, self.filter.around, &mut around);
                }
            }
        }
        let spent = ((SLICE_ROWS - left) * 100 / SLICE_ROWS).max(bytes * 100 / self.slice);
        self.slice = (self.slice * 2).min(SLICE_BYTES);
        if self.done {
            self.windows = Vec::new();
            let waiting = std::mem::take(&mut self.around.waiting);
            around.extend(waiting.into_iter().filter(|row| row.is_loss()));
        }
        found.reverse();
        self.order.put_in_front(&found);
        self.tally.add(&found);
        around.reverse();
        self.around.order.put_in_front(&around);
        spent
    }

    /// Whether a row passes; the first of a block asks for all of it, and adds how many bytes were looked at for that.
    fn passes(&mut self, row: Ref, hosts: &[HostLog], looked: &mut usize) -> bool {
        let filter = &self.filter;
        if !filter.spans(row.key()) || row.priority() > filter.least {
            return false;
        }
        let Some(query) = &filter.query else { return self.asked(row, hosts) };
        let place = usize::from(row.host());
        if self.windows.len() <= place {
            self.windows.resize(place + 1, Window::default());
        }
        let Some(window) = self.windows.get_mut(place) else { return false };
        let mut known = window.get(row.number());
        if known.is_none() {
            let Some(host) = hosts.get(place) else { return false };
            if let Some((first, block)) = host.block(row.number()) {
                // Of another host than the one that is wanted nothing passes.
                let other = filter.host.as_ref().is_some_and(|wanted| *wanted != host.name);
                let (mask, bytes) =
                    if other { (Mask::none(block.len()), 0) } else { mask(query.tree(), &host.name, block) };
                *looked += bytes;
                *window = Window { first, mask };
            }
            known = window.get(row.number());
        }
        // The unit is the one thing that stands neither in the reference nor in the query.
        known == Some(true) && (self.filter.unit.is_none() || self.asked(row, hosts))
    }

    /// Whether a row passes, asked by itself.
    fn asked(&self, row: Ref, hosts: &[HostLog]) -> bool {
        let filter = &self.filter;
        let Some(host) = hosts.get(usize::from(row.host())) else { return false };
        if !filter.spans(row.key())
            || row.priority() > filter.least
            || filter.host.as_ref().is_some_and(|wanted| *wanted != host.name)
        {
            return false;
        }
        if filter.unit.is_none() && filter.query.is_none() {
            return true;
        }
        match host.row(row.number()) {
            Some(Row::Line(line)) => filter.passes(&host.name, &line),
            Some(Row::Loss(_)) => true,
            None => false,
        }
    }

    /// Takes out what is gone.
    pub fn forget(&mut self, gone: &Gone) {
        let (from, until) = gone.bounds();
        let left = self.order.forward(from).take_while(|row| *row < until);
        left.filter(|row| gone.has(*row)).for_each(|row| self.tally.remove(row));
        self.order.forget((from, until), |row| gone.has(row));
        self.around.order.forget((from, until), |row| gone.has(row));
        self.around.waiting.retain(|row| !gone.has(*row));
    }

    /// Bytes it takes.
    pub fn bytes(&self) -> usize {
        self.order.bytes() + self.around.order.bytes()
    }
}

impl Window {
    /// Whether a row passes; `None` when it is in another block, or came since.
    fn get(&self, number: u64) -> Option<bool> {
        self.mask.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }
}

impl Around {
    /// Takes in the next older row; what is wanted of it and of those before goes to `found`, the newest first.
    fn look(&mut self, row: Ref, passes: bool, lines: usize, found: &mut Vec<Ref>) {
        if passes && !row.is_loss() {
            found.extend(self.waiting.drain(..));
            found.push(row);
            self.wanted = lines;
        } else if self.wanted > 0 {
            found.push(row);
            self.wanted -= 1;
        } else {
            self.waiting.push_back(row);
            if self.waiting.len() > lines {
                // What is missing is told wherever it is.
                found.extend(self.waiting.pop_front().filter(|row| row.is_loss()));
            }
        }
    }
}
