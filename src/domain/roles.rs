//! Roles: who may waive, approve and allow what others may not. A role is claimed by a name, not proven.

use std::collections::BTreeMap;

use super::name::RoleName;

/// The roles of a site, and the people who have them: by the names in their own configuration, else their logins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roles(BTreeMap<RoleName, Vec<String>>);

impl Roles {
    /// Roles with their people.
    pub fn new(roles: impl IntoIterator<Item = (RoleName, Vec<String>)>) -> Self {
        Self(roles.into_iter().collect())
    }

    /// Who has this role; `None` when there is no such role.
    pub fn people(&self, role: &RoleName) -> Option<&[String]> {
        self.0.get(role).map(Vec::as_slice)
    }

    /// Whether a person has this role.
    pub fn has(&self, person: &str, role: &RoleName) -> bool {
        self.people(role).is_some_and(|people| people.iter().any(|one| one == person))
    }

    /// Gives this person a role of the site; one that it does not have stays unknown.
    pub fn give(&mut self, person: &str, role: &RoleName) {
        if let Some(people) = self.0.get_mut(role).filter(|people| people.iter().all(|known| known != person)) {
            people.push(person.to_owned());
        }
    }

    /// The roles, in the order of the alphabet.
    pub fn names(&self) -> impl Iterator<Item = &RoleName> {
        self.0.keys()
    }
}
