//! What `docker stats` tells of containers. Its figures are made for people: `1.55%`, `812KiB / 23.54GiB`.

use serde_json::Value;

use super::is_id;

/// What one container uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    /// Which.
    pub id: String,
    /// Hundredths of a percent of one core.
    pub share: Option<u32>,
    /// Bytes.
    pub memory: Option<u64>,
    /// Processes and threads.
    pub tasks: Option<u64>,
}

/// Reads the answer to [`super::stats`]: those lines that are whole.
pub fn used(output: &[u8]) -> Vec<Used> {
    let lines = output.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.filter_map(line).collect()
}

fn line(line: &[u8]) -> Option<Used> {
    let value: Value = serde_json::from_slice(line).ok()?;
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    let id = [text("ID"), text("Container")].into_iter().find(|id| is_id(id))?.to_owned();
    let memory = text("MemUsage").split('/').next().and_then(bytes);
    let tasks = text("PIDs").parse().ok();
    // All noughts is how it tells of one that does not run.
    let runs = tasks != Some(0);
    Some(Used {
        id,
        share: text("CPUPerc").strip_suffix('%').and_then(hundredths).filter(|_| runs),
        memory: memory.filter(|_| runs),
        tasks: tasks.filter(|_| runs),
    })
}

fn hundredths(word: &str) -> Option<u32> {
    let figure: f64 = word.trim().parse().ok()?;
    whole(figure * 100.0).and_then(|figure| u32::try_from(figure).ok())
}

fn bytes(word: &str) -> Option<u64> {
    let word = word.trim();
    let at = word.find(|c: char| c.is_ascii_alphabetic())?;
    let (figure, unit) = word.split_at(at);
    let times: f64 = match unit {
        "B" => 1.0,
        "kB" | "KB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        "TB" => 1e12,
        "KiB" => 1024.0,
        "MiB" => 1_048_576.0,
        "GiB" => 1_073_741_824.0,
        "TiB" => 1_099_511_627_776.0,
        _ => return None,
    };
    whole(figure.trim().parse::<f64>().ok()? * times)
}

fn whole(figure: f64) -> Option<u64> {
    (figure.is_finite() && (0.0..1e18).contains(&figure)).then(|| figure.round() as u64)
}
