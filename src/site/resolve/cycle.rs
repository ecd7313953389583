//! Dependencies that lead back to where they began.

use std::collections::HashMap;

use super::super::mistake::{Sink, quoted};
use super::super::source::Span;
use super::{Scope, service};

/// Notes every cycle of `depends_on` once, as `a → b → a`, at the entry that closes it.
pub fn check(scope: &Scope<'_>, sink: &mut Sink<'_>) {
    let index: HashMap<&str, usize> =
        scope.services.iter().enumerate().map(|(at, (_, key, _))| (key.value.as_str(), at)).collect();
    let edges: Vec<Vec<(usize, Span)>> = scope
        .services
        .iter()
        .map(|(_, _, raw)| {
            let merged = service::with_template(scope, raw);
            let needs = merged.depends_on.iter().flat_map(|needs| &needs.0);
            needs.filter_map(|need| Some((*index.get(need.value.as_str())?, need.span.clone()))).collect()
        })
        .collect();
    let mut state = vec![Visit::New; edges.len()];
    for start in 0..edges.len() {
        walk(start, &edges, &mut state, &mut |path: &[usize], span: &Span| {
            let mut names: Vec<String> = Vec::new();
            for at in path.iter().chain(path.first()) {
                names.extend(scope.services.get(*at).map(|(name, _, _)| name.to_string()));
            }
            if let [one, _] = names.as_slice() {
                sink.add(span, format!("{} depends on itself", quoted(one)));
            } else {
                sink.add(span, format!("dependencies go in a circle: {}", names.join(" → ")));
            }
        });
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Visit {
    New,
    Open,
    Done,
}

/// Depth first, without recursion: a long chain must not end the program.
fn walk(start: usize, edges: &[Vec<(usize, Span)>], state: &mut [Visit], found: &mut dyn FnMut(&[usize], &Span)) {
    if state.get(start) != Some(&Visit::New) {
        return;
    }
    let mut path: Vec<usize> = vec![start];
    let mut next: Vec<usize> = vec![0];
    set(state, start, Visit::Open);
    while let (Some(at), Some(edge)) = (path.last().copied(), next.last_mut()) {
        let Some((to, span)) = edges.get(at).and_then(|edges| edges.get(*edge)) else {
            set(state, at, Visit::Done);
            path.pop();
            next.pop();
            continue;
        };
        *edge += 1;
        match state.get(*to) {
            Some(Visit::New) => {
                set(state, *to, Visit::Open);
                path.push(*to);
                next.push(0);
            }
            Some(Visit::Open) => {
                let from = path.iter().position(|on_path| on_path == to).unwrap_or(0);
                found(path.get(from..).unwrap_or_default(), span);
            }
            Some(Visit::Done) | None => {}
        }
    }
}

fn set(state: &mut [Visit], at: usize, visit: Visit) {
    if let Some(slot) = state.get_mut(at) {
        *slot = visit;
    }
}
