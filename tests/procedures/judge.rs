//! Holds what is recorded of a run against what happened on the hosts.

use std::collections::{BTreeMap, BTreeSet};

use quarterdeck::domain::run::{RunState, StepState};
use quarterdeck::engine::store::Outputs;

use crate::broken::{LINES, STEPS};
use crate::team::{HOSTS, Team};

/// Every step that is not unknown happened exactly once, and every line of it is kept exactly once; of an unknown one
/// nothing happened twice. What it left on the hosts is gone.
pub fn judge(team: &Team, unknown: &BTreeSet<u64>, said: &str) {
    let (run, _) = team.now();
    // What a step printed is kept by whoever was at the run then.
    let all: Vec<Outputs> = (0..2).filter_map(|seat| team.recorded(seat)).map(|(_, outputs)| outputs).collect();
    assert_eq!(run.steps.len(), STEPS * HOSTS.len(), "{said}");
    // What is unknown was skipped, with that as its reason, so that the run could end.
    assert_eq!(run.state, RunState::Succeeded, "{said}");
    let happened: BTreeMap<&str, BTreeMap<String, usize>> =
        HOSTS.iter().map(|host| (*host, team.happened(host))).collect();
    for (number, step) in run.steps.iter().enumerate() {
        let part = step.part.as_ref().unwrap().to_string();
        let times = happened[step.host.as_str()].get(&part).copied().unwrap_or_default();
        let place = format!("{part} on {}: {said}", step.host);
        if unknown.contains(&(number as u64)) {
            assert!(times <= 1, "{times} times {place}");
            continue;
        }
        assert_eq!((step.state, times), (StepState::Verified, 1), "{place}");
        let wanted: String = (1..=LINES).map(|line| format!("{part} line {line}\n")).collect();
        let kept: Vec<Vec<u8>> = all.iter().map(|outputs| kept(outputs, number, &place)).collect();
        for kept in &kept {
            assert!(wanted.as_bytes().starts_with(kept), "other lines than were printed are kept: {place}");
        }
        let most = kept.iter().map(Vec::len).max().unwrap_or_default();
        assert!(most == wanted.len(), "{most} bytes of {} are kept: {place}", wanted.len());
    }
    for host in HOSTS {
        assert_eq!(team.left(host), "", "what the run left on {host}: {said}");
    }
}

/// What one store keeps of a step's output, each byte once and in its order.
fn kept(outputs: &Outputs, number: usize, place: &str) -> Vec<u8> {
    let mut kept = Vec::new();
    for piece in outputs.pieces.iter().filter(|piece| piece.step == number) {
        assert!(!piece.error, "nothing goes wrong in {place}");
        assert_eq!(piece.offset, kept.len() as u64, "each byte once and in its order: {place}");
        kept.extend_from_slice(piece.bytes.raw());
    }
    kept
}
