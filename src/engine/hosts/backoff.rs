//! How long to wait before the next attempt: longer each time, and never all at once.

use std::time::Duration;

/// The ceilings of the waits, in seconds; the last one holds for all that follow.
const CEILINGS: [u64; 5] = [1, 2, 4, 8, 15];
/// The shortest wait, so that a refusal is never answered by a storm.
const SHORTEST: Duration = Duration::from_millis(200);
/// A link that was up this long begins again at the first ceiling; one that breaks at once does not.
const PROVEN: Duration = Duration::from_secs(5);

/// The waits of one host. Full jitter: each is drawn evenly from nothing to its ceiling, so that many hosts
/// that went away together do not come back together.
#[derive(Debug)]
pub struct Backoff {
    failures: usize,
    random: fastrand::Rng,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { failures: 0, random: fastrand::Rng::new() }
    }
}

impl Backoff {
    /// The same waits for the same seed.
    pub fn seeded(seed: u64) -> Self {
        Self { failures: 0, random: fastrand::Rng::with_seed(seed) }
    }

    /// The wait before the next attempt.
    pub fn wait(&mut self) -> Duration {
        let ceiling = CEILINGS.get(self.failures).or(CEILINGS.last()).copied().unwrap_or(1);
        self.failures = self.failures.saturating_add(1);
        Duration::from_secs(ceiling).mul_f64(self.random.f64()).max(SHORTEST)
    }

    /// The link had been up for `span` when it was lost.
    pub fn was_up(&mut self, span: Duration) {
        if span >= PROVEN {
            self.failures = 0;
        }
    }

    /// A person asked for an attempt: they see something that we do not.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_their_ceilings_and_spread_evenly_below() {
        let mut sums = [Duration::ZERO; 8];
        for seed in 0..500 {
            let mut backoff = Backoff::seeded(seed);
            for (at, sum) in sums.iter_mut().enumerate() {
                let wait = backoff.wait();
                let ceiling = Duration::from_secs([1, 2, 4, 8, 15, 15, 15, 15][at]);
                assert!(wait >= SHORTEST && wait <= ceiling, "{at}: {wait:?}");
                *sum += wait;
            }
        }
        for (at, sum) in sums.iter().enumerate() {
            let half = [0.5, 1.0, 2.0, 4.0, 7.5, 7.5, 7.5, 7.5][at];
            let mean = sum.as_secs_f64() / 500.0;
            assert!((mean - half).abs() < half * 0.15, "{at}: {mean} is not about {half}");
        }
    }

    #[test]
    fn only_a_link_that_held_starts_afresh() {
        let mut backoff = Backoff::seeded(1);
        for _ in 0..6 {
            backoff.wait();
        }
        backoff.was_up(Duration::from_secs(2));
        assert_eq!(backoff.failures, 6);
        backoff.was_up(PROVEN);
        assert!(backoff.wait() <= Duration::from_secs(1));
    }
}
