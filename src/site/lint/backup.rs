//! A migration of a database without a backup before it.

use super::{Case, Finding};
use crate::domain::fact::Kind;
use crate::domain::procedure::{Doing, Role};

const MIGRATES: &[&str] = &[
    "migrate deploy",
    "manage.py migrate",
    "migrations run",
    "db:migrate",
    "alembic upgrade",
    "flyway migrate",
    "liquibase update",
    "knex migrate:latest",
    "sequelize db:migrate",
    "migrate up",
    "artisan migrate",
];
const BACKS_UP: &[&str] = &["pg_dump", "mysqldump", "backup", "snapshot", "pg_basebackup", "mongodump"];

pub(super) fn rule(case: &Case<'_>) -> Vec<Finding> {
    for part in &case.procedure.parts {
        let text = match &part.doing {
            Doing::Run(_, text) => text.to_lowercase(),
            // A person or another procedure does it.
            _ => String::new(),
        };
        let found_out = matches!(&part.doing, Doing::Fact(fact) if fact.kind == Kind::Backup);
        let title = part.title.plain().to_lowercase();
        let called = matches!(&part.doing, Doing::Call(name, _) if name.as_str().contains("backup"));
        if BACKS_UP.iter().any(|word| text.contains(word) || title.contains(word)) || called || found_out {
            return Vec::new();
        }
        let looks =
            ["--plan", "--check", "--dry-run", "--fake", "migrate:status"].iter().any(|word| text.contains(word));
        let rolls_back = matches!(case.procedure.role(part), Role::Rollback);
        if !looks && !rolls_back && MIGRATES.iter().any(|word| text.contains(word)) {
            let message = format!("{} migrates the database, and nothing before it makes or checks a backup", part.id);
            return vec![Finding::warning(part.line, message, "put a step or a gate item before it that does")];
        }
    }
    Vec::new()
}
