//! Services, probes, inputs and channels that parts name and that are not there.

use super::super::mistake::quoted;
use super::{Case, Finding};
use crate::domain::procedure::Doing;
use crate::domain::{ProbeName, ServiceName};

pub(super) fn rule(case: &Case<'_>) -> Vec<Finding> {
    let environment = case.environment;
    let mut found = Vec::new();
    let service = |line: usize, name: &ServiceName| {
        let hint = "correct the name, or name the environments that it is for in its front matter";
        let unknown = environment.service(name).is_none();
        unknown.then(|| Finding::mistake(line, format!("{} has no service {name}", environment.name), hint))
    };
    let probe = |line: usize, of: &ServiceName, name: &ProbeName| match environment.service(of) {
        None => service(line, of),
        Some(known) if known.probes.iter().any(|probe| probe.name == *name) => None,
        Some(_) => {
            let message = format!("{of} has no probe {name} in {}", environment.name);
            Some(Finding::mistake(line, message, "it is written service/probe, with names of site.toml"))
        }
    };
    for part in &case.procedure.parts {
        match &part.doing {
            Doing::Check(of, name) => found.extend(probe(part.line, of, name)),
            Doing::Hold(_, Some(guard)) => {
                found.extend(guard.probes.iter().filter_map(|(of, name)| probe(part.line, of, name)));
            }
            Doing::Restart(services) => {
                found.extend(services.iter().filter_map(|name| service(part.line, name)));
                if services.is_empty() && case.procedure.header.services.is_empty() {
                    let message = format!("{} restarts no service: neither it nor the front matter names one", part.id);
                    found.push(Finding::mistake(part.line, message, "write restart=\"a b\""));
                }
            }
            Doing::Prompt(names) => {
                for name in names.iter().filter(|name| !case.has_input(name.as_str())) {
                    let message = format!("{} asks for {name}, which is no input of it", part.id);
                    found.push(Finding::mistake(part.line, message, "declare it under [inputs] in the front matter"));
                }
            }
            Doing::Run(..)
            | Doing::Fact(_)
            | Doing::Request(..)
            | Doing::Ask
            | Doing::Hold(_, None)
            | Doing::Decide(_)
            | Doing::Shift(..)
            | Doing::Call(..) => {}
            Doing::Notify(channel, _) if environment.channels.get(channel).is_some() => {}
            Doing::Notify(channel, _) => {
                let message =
                    format!("{} has no channel {}, so {} is done by hand", environment.site, quoted(channel), part.id);
                found.push(Finding::warning(part.line, message, "declare it under [channels] in site.toml"));
            }
        }
    }
    found
}
