//! The commands that change a unit, or a manager, of systemd: built here and nowhere else, so that what a person was
//! shown is what is sent.

use super::systemd::{self, Scope};
use crate::domain::host::BecomeRoot;
use crate::domain::unit::UnitName;
use crate::domain::verb::Verb;

/// Units of this prefix are our own: they prove that a step was done once, so nobody else may stop or reset them.
const OURS: &str = "qd-";

/// Why there is no command for a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoCommand {
    /// The verb wants a unit. Without one `reset-failed` would mean every unit of the host.
    #[error("{0} wants a unit")]
    NoUnit(Verb),
    /// The verb concerns the manager alone.
    #[error("{0} concerns the whole host, not a unit")]
    NotOfAUnit(Verb),
    /// Only containers have a number that can be changed.
    #[error("only containers of a Compose project are scaled")]
    NotOfSystemd,
    /// The unit is one of ours.
    #[error("units whose name begins with qd- are the console's own: they prove what was done")]
    Ours,
}

/// The command for one change, without what makes it root.
///
/// What takes the unit up or down is handed to systemd with `--no-block`: systemd does the job by itself then, whether
/// the link holds or not, and the command is over at once. Its effect is looked at afterwards.
///
/// # Errors
/// When the verb and the unit do not fit, or the unit is ours.
pub fn change(verb: Verb, unit: Option<&UnitName>, user: bool) -> Result<Vec<String>, NoCommand> {
    let mut arguments = vec!["--no-ask-password"];
    match verb {
        Verb::Start | Verb::Stop | Verb::Restart | Verb::Reload => arguments.extend(["--no-block", verb.name()]),
        Verb::Enable | Verb::Disable | Verb::ResetFailed | Verb::DaemonReload => arguments.push(verb.name()),
        Verb::Kill(signal) => arguments.extend(["kill", "-s", signal.name()]),
        Verb::Scale(_) => return Err(NoCommand::NotOfSystemd),
    }
    match (verb == Verb::DaemonReload, unit) {
        (true, None) => {}
        (true, Some(_)) => return Err(NoCommand::NotOfAUnit(verb)),
        (false, None) => return Err(NoCommand::NoUnit(verb)),
        (false, Some(unit)) if unit.as_str().starts_with(OURS) => return Err(NoCommand::Ours),
        (false, Some(unit)) => arguments.extend(["--", unit.as_str()]),
    }
    let scope = if user { Scope::User } else { Scope::System };
    Ok(systemd::command(scope, "systemctl", arguments).argv)
}

/// The same command as root, in the form that people are shown and that does the same when they type it.
pub fn as_root(become_root: BecomeRoot, argv: &[String]) -> Vec<String> {
    match become_root {
        BecomeRoot::Sudo => ["sudo", "--"].into_iter().map(String::from).chain(argv.iter().cloned()).collect(),
        BecomeRoot::AlreadyRoot | BecomeRoot::Polkit | BecomeRoot::Never => argv.to_vec(),
    }
}

/// The same command as root, in the form that is sent. Where sudo wants a password it says `prompt` and reads it from
/// its input; `prompt` is a word that nobody can guess, so that nothing else is ever taken for the question.
pub fn sent_as_root(become_root: BecomeRoot, argv: &[String], prompt: &str) -> Vec<String> {
    match become_root {
        BecomeRoot::Sudo => {
            ["sudo", "-S", "-p", prompt, "--"].into_iter().map(String::from).chain(argv.iter().cloned()).collect()
        }
        BecomeRoot::AlreadyRoot | BecomeRoot::Polkit | BecomeRoot::Never => argv.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::runtimes::shell::shown;

    fn unit(name: &str) -> UnitName {
        UnitName::new(name).unwrap()
    }

    #[test]
    fn every_verb_has_its_command_and_none_may_ask() {
        let shown = |verb, unit: Option<&UnitName>| shown(&change(verb, unit, false).unwrap());
        let api = unit("api.service");
        assert_eq!(shown(Verb::Restart, Some(&api)), "systemctl --no-ask-password --no-block restart -- api.service");
        assert_eq!(
            shown(Verb::of_word("kill-hup").unwrap(), Some(&api)),
            "systemctl --no-ask-password kill -s SIGHUP -- api.service"
        );
        assert_eq!(shown(Verb::DaemonReload, None), "systemctl --no-ask-password daemon-reload");
        for verb in Verb::ALL {
            let unit = (verb != Verb::DaemonReload).then_some(&api);
            let argv = change(verb, unit, false).unwrap();
            assert_eq!(argv[..2], ["systemctl", "--no-ask-password"]);
            assert_eq!(argv.last().map(String::as_str) == Some("api.service"), unit.is_some());
        }
    }

    #[test]
    fn nothing_is_ever_reset_without_a_unit_and_our_own_units_are_left_alone() {
        for verb in Verb::ALL.into_iter().filter(|verb| *verb != Verb::DaemonReload) {
            assert_eq!(change(verb, None, false), Err(NoCommand::NoUnit(verb)));
            assert_eq!(change(verb, Some(&unit("qd-0193-1.service")), false), Err(NoCommand::Ours));
        }
        assert!(change(Verb::DaemonReload, Some(&unit("a.service")), false).is_err());
    }

    #[test]
    fn becoming_root_is_shown_as_a_person_would_type_it() {
        let argv = change(Verb::Stop, Some(&unit("api.service")), false).unwrap();
        let told = |become_root| shown(&as_root(become_root, &argv));
        let plain = "systemctl --no-ask-password --no-block stop -- api.service";
        assert_eq!(told(BecomeRoot::Sudo), format!("sudo -- {plain}"));
        for become_root in [BecomeRoot::AlreadyRoot, BecomeRoot::Polkit, BecomeRoot::Never] {
            assert_eq!(told(become_root), plain);
        }
        let sent = sent_as_root(BecomeRoot::Sudo, &argv, "WORD");
        assert_eq!(sent[..5], ["sudo", "-S", "-p", "WORD", "--"]);
        assert_eq!(sent[5..], argv[..]);
    }

    #[test]
    fn the_users_own_manager_is_found_where_no_module_of_pam_has_told_its_place() {
        let argv = change(Verb::Start, Some(&unit("a.service")), true).unwrap();
        assert_eq!(
            argv[3..],
            ["qd-user", "systemctl", "--user", "--no-ask-password", "--no-block", "start", "--", "a.service"]
        );
    }
}
