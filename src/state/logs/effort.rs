//! How many rows are looked at, counted in tests alone: what comes must not cost the more, the more is held.

#[cfg(test)]
thread_local! {
    static LOOKS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// So many rows are looked at.
#[inline]
pub(super) fn look(rows: usize) {
    #[cfg(test)]
    LOOKS.with(|looks| looks.set(looks.get() + rows as u64));
    #[cfg(not(test))]
    let _ = rows;
}

/// How many were looked at in this thread so far.
#[cfg(test)]
pub(super) fn looks() -> u64 {
    LOOKS.with(std::cell::Cell::get)
}
