//! What is left of a run whose document can't be read any more: a part for each of its steps, with their commands.

use std::sync::Arc;

use crate::domain::procedure::{Block, Doing, Header, Inline, Language, Marker, Options, Part, Placed, Role, Section};
use crate::domain::{PartId, Procedure, ProcedureName, Run};
use crate::text::Foreign;

/// A document that is made of the record of a run alone, and says `why` it is.
pub fn bare(run: &Run, why: &str) -> Option<Arc<Procedure>> {
    let document = run.document.as_ref()?;
    let words = |text: &str| vec![Inline { text: Foreign::from(text), ..Inline::default() }];
    let block = |part: Option<usize>, depth: u8, block: Block| Placed { line: 1, depth, quoted: 0, part, block };
    let title = Foreign::from(run.title.as_str());
    let mut blocks = vec![
        block(None, 0, Block::Heading(1, vec![Inline { text: title.clone(), ..Inline::default() }], 0)),
        block(None, 0, Block::Paragraph(words(why))),
        block(None, 0, Block::Paragraph(words("What follows is what was recorded of its steps."))),
    ];
    let mut parts: Vec<Part> = Vec::new();
    for step in &run.steps {
        let Some(id) = step.part.as_ref().filter(|id| parts.iter().all(|part| part.id != **id)) else { continue };
        let place = parts.len();
        let first = blocks.len();
        blocks.push(block(Some(place), 1, Block::Item(Marker::Bullet, words(id.as_str()))));
        if !step.command.is_empty() {
            blocks.push(block(Some(place), 1, Block::Code("sh".into(), Foreign::from(step.command.as_str()))));
        }
        parts.push(recorded(id, first, &step.command));
    }
    Some(Arc::new(Procedure {
        name: document.name.clone(),
        file: file(&document.name),
        digest: document.digest.clone(),
        text: Arc::from(""),
        header: Header { title: title.clone(), ..Header::default() },
        sections: vec![Section {
            title,
            anchor: String::new(),
            level: 1,
            line: 1,
            inside: None,
            role: Role::Plain,
            budget: None,
            parallel: 1,
            due: None,
        }],
        blocks,
        parts,
    }))
}

fn file(name: &ProcedureName) -> String {
    format!("procedures/{name}.md")
}

fn recorded(id: &PartId, block: usize, command: &str) -> Part {
    let doing = if command.is_empty() { Doing::Ask } else { Doing::Run(Language::Sh, command.to_owned()) };
    Part {
        id: id.clone(),
        title: Foreign::from(id.as_str()),
        line: 1,
        section: None,
        block,
        doing,
        options: Options::default(),
        misread: None,
    }
}
