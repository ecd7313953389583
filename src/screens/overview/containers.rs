//! The containers of a service in the detail pane.

use crate::domain::container::{Container, Containers, Health};
use crate::style::Role;
use crate::ui::{Lines, Words, figure};

/// Containers that are told one by one.
const MOST: usize = 8;

/// What is known of them.
pub fn lines(lines: &mut Lines, containers: &Containers) {
    if containers.unseen.is_some() {
        lines.pair("containers", Words::new().prose(Role::Unknown, &containers.told));
        return;
    }
    if containers.all.is_empty() {
        lines.pair("containers", Words::of(Role::Bad, "none"));
        return;
    }
    for one in containers.all.iter().take(MOST) {
        lines.pair("container", head(one));
        let said = one.health_said.plain();
        if one.health == Health::Unhealthy && !said.is_empty() {
            lines.below(Words::new().prose(Role::Warn, &said));
        }
        if !one.error.is_empty() && !one.runs() {
            lines.below(Words::new().prose(Role::Bad, &one.error.plain()));
        }
        for port in &one.ports {
            lines.below(Words::of(Role::Quiet, port.plain()));
        }
    }
    let more = containers.all.len().saturating_sub(MOST);
    if more > 0 {
        lines.below(Words::of(Role::Quiet, format!("and {}", figure::count(more, "more container"))));
    }
    let mut told: Vec<(&[u8], &str)> = Vec::new();
    for one in &containers.all {
        let image = (one.image.raw(), one.image_id.as_str());
        if told.contains(&image) {
            continue;
        }
        told.push(image);
        lines.pair("image", Words::new().path(Role::Text, &one.image.plain()));
        let digest = one.digest.plain();
        let digest = digest.rsplit('@').next().filter(|digest| !digest.is_empty());
        let id: String = one.image_id.chars().take(12).collect();
        let of = digest.map_or_else(|| format!("{id}, of no registry"), str::to_owned);
        lines.below(Words::new().prose(Role::Quiet, &of));
    }
}

/// Its name and how it stands.
fn head(one: &Container) -> Words {
    let name = if one.name.is_empty() { one.id.chars().take(12).collect() } else { one.name.clone() };
    let cause = one.cause();
    let good = one.runs() && one.health != Health::Unhealthy;
    let role = if good { Role::Text } else { Role::Warn };
    let mut words = Words::of(role, name).text(Role::Quiet, format!(" {}", one.state.word()));
    let health = match one.health {
        Health::None => "",
        Health::Starting => "health not known yet",
        Health::Healthy => "healthy",
        Health::Unhealthy => "unhealthy",
    };
    if !health.is_empty() && one.runs() {
        words = words.tail(Role::Quiet, ",").text(role, format!(" {health}"));
    }
    if !one.runs() && !cause.is_empty() {
        words = words.tail(Role::Quiet, ",").text(Role::Bad, format!(" {cause}"));
    }
    words
}
