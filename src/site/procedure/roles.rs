//! What a section is for, by the words of its heading.

use crate::domain::procedure::{Kind, Role};

/// The role that a heading gives. Whatever speaks of a rollback is kept out of an ordinary run, because to do it by
/// mistake is worse than to leave it out; `title` is the document's own title, which gives none. `due` says that the section
/// is due some time after a release.
pub fn role(words: &str, title: bool, kind: Kind, around: Role, due: bool) -> Role {
    if title || matches!(around, Role::Rollback | Role::Gate | Role::FollowUp) {
        // What stands inside a rollback or a gate is part of it, whatever it is called.
        return Role::Plain;
    }
    let words = words.to_lowercase().replace("roll-back", "rollback").replace("roll back", "rollback");
    let words = words.replace("follow-up", "followup").replace("follow up", "followup");
    let words: Vec<&str> = words
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .skip_while(|word| word.chars().all(|c| c.is_ascii_digit()))
        .collect();
    let (first, last) = (words.first().copied().unwrap_or_default(), words.last().copied().unwrap_or_default());
    let about = words.iter().any(|word| ["rollback", "rollbacks"].contains(word));
    if about && (kind != Kind::Rollback || words.len() == 1) && !BEFORE.contains(&first) {
        return Role::Rollback;
    }
    match (first, last) {
        // Anybody may head a section so: what is kept with a release says when it is due.
        ("followup" | "followups", _) if due => Role::FollowUp,
        ("gate", "gate") => Role::Gate,
        ("verify" | "verification", _) | (_, "verification") if around != Role::Verify => Role::Verify,
        ("phase", _) if around == Role::Plain => Role::Phase,
        _ => Role::Plain,
    }
}

/// First words of headings that speak of a rollback and do none.
const BEFORE: [&str; 8] = ["check", "confirm", "review", "prepare", "plan", "test", "before", "phase"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_give_roles() {
        let of = |words: &str| role(words, false, Kind::Deploy, Role::Plain, false);
        assert_eq!(of("Gate"), Role::Gate);
        assert_eq!(of("Gate keepers"), Role::Plain);
        assert_eq!(of("Phase 2: the database"), Role::Phase);
        assert_eq!(of("4.2 Phase 2: Migration"), Role::Phase);
        assert_eq!(of("Verify"), Role::Verify);
        assert_eq!(of("5. Post-deployment verification"), Role::Verify);
        for words in ["Rollback", "7. Rollback procedures", "If you must roll back", "Automatic Roll-back"] {
            assert_eq!(of(words), Role::Rollback, "{words}");
        }
        assert_eq!(of("Check the rollback plan"), Role::Plain);
        assert_eq!(of(""), Role::Plain);
        let due = |words: &str| role(words, false, Kind::Deploy, Role::Plain, true);
        assert_eq!(due("Follow-up: first hour"), Role::FollowUp);
        assert_eq!(due("8. Follow up, 24 hours"), Role::FollowUp);
        assert_eq!(due("First hour"), Role::Plain);
        assert_eq!(of("Follow-up with the customer"), Role::Plain, "it says no time");
    }

    #[test]
    fn what_is_around_counts() {
        assert_eq!(role("Rollback of the code", true, Kind::Runbook, Role::Plain, false), Role::Plain, "the title");
        assert_eq!(role("Verify", false, Kind::Deploy, Role::Rollback, false), Role::Plain, "belongs to the rollback");
        assert_eq!(role("Phase 1", false, Kind::Deploy, Role::Gate, false), Role::Plain);
        assert_eq!(role("Verify", false, Kind::Deploy, Role::Phase, false), Role::Verify);
        assert_eq!(role("Rollback the database", false, Kind::Rollback, Role::Plain, false), Role::Plain);
        assert_eq!(role("Rollback", false, Kind::Rollback, Role::Plain, false), Role::Rollback);
    }
}
