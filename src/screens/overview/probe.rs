//! The lines of the detail pane about probes: each field that was looked at, with what was found there.

use crate::domain::probe::{Found, ProbeState, ProbeVerdict};
use crate::domain::{Moment, Probe};
use crate::style::{Glyphs, Role};
use crate::ui::Lines;
use crate::ui::words::Piece;
use crate::ui::{Words, figure};

/// The lines of one probe.
pub fn lines(lines: &mut Lines, probe: &Probe, state: &ProbeState, now: Moment, glyphs: &Glyphs) {
    let verdict = state.verdict(probe, now);
    let role = Role::probe(verdict);
    let mut head = Words::of(role, glyphs.probe(verdict)).gap(1).text(role, verdict.word());
    // The verdict waits for `rise` or `fall` answers in a row: what stands below may already say the contrary.
    let last = state.last.as_ref().map(|report| report.found);
    match (verdict, last) {
        (ProbeVerdict::Pass, Some(Found::Fail | Found::Error | Found::Inconclusive)) => {
            head = head.text(Role::Warn, ", but not the last time");
        }
        (ProbeVerdict::Fail | ProbeVerdict::Error, Some(Found::Pass)) => {
            head = head.text(Role::Warn, ", but passed the last time");
        }
        (ProbeVerdict::Pass | ProbeVerdict::Fail | ProbeVerdict::Error, _)
        | (ProbeVerdict::Inconclusive | ProbeVerdict::Stale, _) => {}
    }
    if state.is_flapping() {
        head = head.text(Role::Warn, " (flaps)");
    }
    let Some(report) = &state.last else {
        lines.pair(probe.name.as_str(), head);
        return;
    };
    if let Some(latency) = report.latency {
        head = head.text(Role::Quiet, format!(" {}", figure::latency(latency)));
    }
    head = head.piece(Role::Faint, Piece::Read(", ", report.asked));
    lines.pair(probe.name.as_str(), head);
    lines.line(Words::new().gap(2).text(Role::Text, report.summary.plain()));
    let longest = report.details.iter().map(|detail| crate::text::width(&detail.what.plain())).max().unwrap_or(0);
    for detail in &report.details {
        let (mark, role) = if detail.holds { (glyphs.yes, Role::Good) } else { (glyphs.no, Role::Bad) };
        let what = crate::text::fit(&detail.what.plain(), longest.min(24));
        let found = if detail.holds { Role::Text } else { Role::Bad };
        let words = Words::new().gap(2).text(role, mark).text(Role::Quiet, format!(" {what}"));
        lines.line(words.text(found, format!("  {}", detail.found.plain())));
    }
    if let Some(days) = report.certificate_days {
        let role = match days {
            ..=6 => Role::Bad,
            7..=20 => Role::Warn,
            _ => Role::Text,
        };
        let text = if days < 0 { format!("expired {} days ago", -days) } else { format!("{days} days left") };
        lines.line(Words::of(Role::Quiet, "    certificate  ").text(role, text));
    }
}
