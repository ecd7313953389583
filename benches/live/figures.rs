//! Many measurements as a few numbers, and how they are printed.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// What was measured again and again, in milliseconds.
#[derive(Debug, Clone)]
pub struct Figures(Vec<f64>);

impl Figures {
    /// Measures `rounds` times.
    pub fn of(rounds: usize, mut measure: impl FnMut() -> Duration) -> Self {
        Self::from((0..rounds).map(|_| measure()).collect::<Vec<_>>())
    }

    /// The value below which `share` of all lie.
    pub fn quantile(&self, share: f64) -> f64 {
        let last = self.0.len().saturating_sub(1);
        let place = (share * last as f64).round() as usize;
        self.0.get(place.min(last)).copied().unwrap_or(f64::NAN)
    }

    /// The middle one.
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl From<Vec<Duration>> for Figures {
    fn from(spans: Vec<Duration>) -> Self {
        let mut millis: Vec<f64> = spans.iter().map(|span| span.as_secs_f64() * 1e3).collect();
        millis.sort_by(f64::total_cmp);
        Self(millis)
    }
}

/// The clock of systemd's monotonic timestamps: that of all hosts of the lab and of this program.
pub fn now() -> Duration {
    let time = clock_gettime(ClockId::Monotonic);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// The load of this machine: figures of a busy one say little.
pub fn machine() {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = load.split(' ').take(3).collect();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    println!("load average {} on {cores} cores", load.join(" "));
}

/// The title of a table.
pub fn title(text: &str) {
    println!("\n{text}");
    println!("  {:<52} {:>5} {:>8} {:>8} {:>8} {:>7}", "", "n", "median", "p95", "most", "ratio");
}

/// One row: the ratio is that of the medians, ours to the baseline's.
pub fn row(name: &str, figures: &Figures, baseline: Option<&Figures>) {
    let ratio = baseline.map_or_else(|| "1".to_owned(), |base| format!("{:.2}", figures.median() / base.median()));
    println!(
        "  {name:<52} {:>5} {:>5.0} ms {:>5.0} ms {:>5.0} ms {ratio:>7}",
        figures.len(),
        figures.median(),
        figures.quantile(0.95),
        figures.quantile(1.0),
    );
}
