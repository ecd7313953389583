//! The variables that earlier parts gave, for a step that needs them.

use super::task::Task;
use crate::domain::procedure::Job;
use crate::domain::{HostName, InputName};

impl Task {
    /// The variables that earlier parts gave, for a step on this host.
    pub(super) fn captured(&self, job: &Job, host: &HostName) -> Result<Vec<(InputName, String)>, String> {
        let mut captured = Vec::new();
        for name in &job.script.captured {
            match self.course.value(name.as_str(), host) {
                Some(value) => captured.push((name.clone(), value.to_owned())),
                None => return Err(self.not_known(name, host)),
            }
        }
        Ok(captured)
    }

    /// Why a variable has no value on a host.
    fn not_known(&self, name: &InputName, host: &HostName) -> String {
        if let Some(part) = self.course.not_begun(name, host) {
            return format!(
                "{name} is not known on {host}: the step {part}, which gives it, did not run there. Nothing was sent."
            );
        }
        if self.course.is_elsewhere(name, host) {
            return format!(
                "{name} is not known on {host}: the step that gives it gave nothing there, or was not kept because it held \
                 a secret. Nothing was sent."
            );
        }
        format!("{name} is not known yet: nothing was sent.")
    }
}
