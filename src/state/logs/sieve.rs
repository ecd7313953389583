//! The part of the order that passes a filter: made in slices, the newest rows first, and kept up with what comes.

use super::filter::Filter;
use super::order::{Order, Ref};

/// Rows and bytes of messages that one slice looks at.
const SLICE_ROWS: usize = 30_000;
const SLICE_BYTES: usize = 4 << 20;

/// What passes.
#[derive(Debug, Clone)]
pub struct Sieve {
    filter: Filter,
    order: Order,
    /// Everything from here on was looked at; nothing before.
    frontier: Ref,
    /// Whether all was looked at.
    done: bool,
}

impl Sieve {
    /// Nothing looked at yet.
    pub fn new(filter: Filter) -> Self {
        Self { filter, order: Order::default(), frontier: Ref::LAST, done: false }
    }

    /// The filter.
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// What passes, as far as it was looked at.
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// Whether all was looked at.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Takes a row in that came just now, if it lies where was looked already.
    pub fn admit(&mut self, row: Ref, passes: impl FnOnce(&Filter) -> bool) {
        if (self.done || row >= self.frontier) && (row.is_loss() || passes(&self.filter)) {
            self.order.insert(row);
        }
    }

    /// Looks at one more slice of `all`. `passes` also says how many bytes it looked at.
    pub fn work(&mut self, all: &Order, passes: impl Fn(&Filter, Ref) -> (bool, usize)) {
        if self.done {
            return;
        }
        let (mut found, mut rows, mut bytes) = (Vec::new(), 0, 0);
        let mut older = all.backward(self.frontier);
        loop {
            let Some(row) = older.next() else {
                self.done = true;
                break;
            };
            self.frontier = row;
            let (pass, looked) = if row.is_loss() { (true, 0) } else { passes(&self.filter, row) };
            if pass {
                found.push(row);
            }
            (rows, bytes) = (rows + 1, bytes + looked);
            if rows >= SLICE_ROWS || bytes >= SLICE_BYTES {
                break;
            }
        }
        found.reverse();
        self.order.prepend(&found);
    }

    /// Takes out what is gone.
    pub fn forget(&mut self, until: i64, gone: impl Fn(Ref) -> bool) {
        self.order.forget(until, gone);
    }
}
