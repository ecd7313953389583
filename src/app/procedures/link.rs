//! The links of a document: which there are where a person looks, and where one inside the site leads.

use std::sync::Arc;

use super::open;
use crate::app::model::Model;
use crate::domain::Procedure;
use crate::domain::procedure::{Block, Inline};

/// The links of the part under the cursor, else of the whole document.
pub fn links(model: &Model) -> Vec<(String, String)> {
    let Some(procedure) = model.procedure.procedure.as_ref() else { return Vec::new() };
    let of = |part: Option<usize>| {
        let mut found: Vec<(String, String)> = Vec::new();
        for (place, placed) in procedure.blocks.iter().enumerate() {
            if part.is_some() && model.procedure.outline.owner(place) != part {
                continue;
            }
            let cells: Vec<&[Inline]> = match &placed.block {
                Block::Heading(_, inlines, _) | Block::Paragraph(inlines) | Block::Item(_, inlines) => vec![inlines],
                Block::Table(head, body) => head.iter().chain(body.iter().flatten()).map(Vec::as_slice).collect(),
                Block::Code(..) | Block::Rule | Block::Html(_) => Vec::new(),
            };
            for inline in cells.into_iter().flatten() {
                let Some(link) = &inline.link else { continue };
                if !found.iter().any(|(_, known)| known == link) {
                    found.push((inline.text.plain(), link.clone()));
                }
            }
        }
        found
    };
    let here = model.procedure.cursor.map(|part| of(Some(part))).unwrap_or_default();
    if here.is_empty() { of(None) } else { here }
}

/// Follows a link inside the site: to a section of this document, or to another one. Says whether it was one.
pub fn follow_link(model: &mut Model, link: &str) -> bool {
    let Some(procedure) = model.procedure.procedure.clone() else { return false };
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    if !file.is_empty() {
        let name = file.rsplit('/').next().unwrap_or(file);
        let other = model.environment().and_then(|environment| {
            let named = |one: &&Arc<Procedure>| one.file.rsplit('/').next() == Some(name);
            environment.procedures.iter().find(named).map(|one| one.name.clone())
        });
        let Some(other) = other else { return false };
        open(model, &other);
        return true;
    }
    let part = procedure.parts.iter().position(|part| part.id.as_str() == anchor);
    if part.is_some() {
        model.procedure.stand_on(part);
        return true;
    }
    let block = procedure.blocks.iter().position(|placed| match &placed.block {
        Block::Heading(_, _, section) => procedure.sections.get(*section).is_some_and(|one| one.anchor == anchor),
        Block::Paragraph(_) | Block::Item(..) | Block::Code(..) | Block::Table(..) | Block::Rule | Block::Html(_) => {
            false
        }
    });
    let Some(atom) = block.and_then(|block| model.procedure.paper.first(block)) else { return false };
    model.procedure.top = crate::ui::paper::Place::at(atom);
    model.procedure.cursor = None;
    true
}
