//! What no keymap may do: take keys that others need, put a change on one slip of the hand, bind what is never reached.

use super::action::{Action, Weight};
use super::context::{Context, Kind};
use super::key_name;
use super::keymap::{Keymap, Node};
use super::keymap_file::Binding;
use crate::domain::Mistake;
use crate::port::{Key, KeyCode};

/// Keys with control that belong to somebody else, and to whom.
const TAKEN: [(char, &str); 5] = [
    ('a', "screen, tmux and the beginning of a line"),
    ('b', "tmux"),
    ('h', "moving between panes, and to backspace on some terminals"),
    ('j', "moving between panes, and to enter on some terminals"),
    ('k', "moving between panes"),
];

/// What the keys of one line may not be.
pub(super) fn reserved(binding: &Binding) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    if (binding.context, binding.action) == (Context::Always, Action::Interrupt)
        && !binding.keys.iter().any(|(keys, _)| *keys == [Key::ctrl('c')])
    {
        let message = "`ctrl-c` always means `interrupt`: it must be among its keys".to_owned();
        mistakes.push(Mistake { message, ..binding.place.clone() });
    }
    for (keys, place) in &binding.keys {
        if let Some(message) = keys.iter().find_map(|key| reserved_key(binding, *key)) {
            mistakes.push(Mistake { message, ..place.clone() });
        }
    }
    mistakes
}

fn reserved_key(binding: &Binding, key: Key) -> Option<String> {
    let name = key_name::name(key);
    let (context, action) = (binding.context, binding.action);
    let word = action.row().name;
    let KeyCode::Char(c) = key.code else { return None };
    if !key.modifiers.control {
        let writes = context.kind() == Kind::Typing && !key.modifiers.alt;
        let section = context.name();
        return writes
            .then(|| format!("`{name}` writes a character in `[{section}]`, so it can't mean `{word}` there"));
    }
    // Some terminals send it for backspace.
    let erases = (context, action, c) == (Context::Text, Action::Erase, 'h');
    if let Some((_, whose)) = TAKEN.iter().find(|(taken, _)| *taken == c && !erases) {
        return Some(format!("`{name}` belongs to {whose}, so it can't mean `{word}`"));
    }
    if c == 'c' && !key.modifiers.alt && action != Action::Interrupt {
        return Some(format!("`{name}` always means `interrupt`, so it can't mean `{word}`"));
    }
    let slips = action.row().weight == Weight::Change;
    slips.then(|| format!("`{word}` leads to a change, so it can't be on `{name}`: use a key without `ctrl`"))
}

/// The keys that mean nothing anywhere, because everywhere something nearer takes them first: told at the lines of
/// `file`, be it that they brought the one or the other.
pub(super) fn never_reached(keymap: &Keymap, file: &str) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for outer in keymap.bindings() {
        for (keys, place) in &outer.keys {
            let Some((context, action)) = taken_everywhere(keymap, outer.context, keys) else { continue };
            let nearer = keymap.bindings().iter().find(|it| (it.context, it.action) == (context, action));
            let (name, word) = (key_name::sequence_name(keys), outer.action.row().name);
            let (section, other) = (context.name(), action.row().name);
            if place.file == file {
                let at = nearer.map(|it| format!(", in {}:{}", it.place.file, it.place.line)).unwrap_or_default();
                let message = format!("`{name}` never means `{word}`: in `[{section}]` it means `{other}`{at}");
                mistakes.push(Mistake { message, ..place.clone() });
            } else if let Some(nearer) = nearer.filter(|it| it.place.file == file) {
                let (section, at) = (outer.context.name(), format!("{}:{}", place.file, place.line));
                let message = format!(
                    "with this `{name}` never means `{word}` any more, as `[{section}]` in {at} says; \
                     give `{word}` another key, or none with `[]`"
                );
                mistakes.push(Mistake { message, ..nearer.place.clone() });
            }
        }
    }
    mistakes
}

/// What takes these keys of a context first, if something does wherever the context counts.
fn taken_everywhere(keymap: &Keymap, outer: Context, keys: &[Key]) -> Option<(Context, Action)> {
    let mut first = None;
    for near in Context::ALL.iter().filter(|near| **near != outer && near.kind() != Kind::Outer) {
        let stack = near.stack();
        let Some(depth) = stack.iter().position(|context| *context == outer) else { continue };
        let taken = stack.iter().take(depth).find_map(|context| Some((*context, taken_in(keymap, *context, keys)?)));
        // Where nothing takes it, it is reached.
        first = first.or(Some(taken?));
    }
    // A place that is nobody's outer one is reached where it is.
    first
}

/// The action for which a context takes these keys before they are complete, or when they are.
fn taken_in(keymap: &Keymap, context: Context, keys: &[Key]) -> Option<Action> {
    (1..=keys.len()).find_map(|count| {
        match keymap.node(context, keys.iter().take(count).copied())? {
            Node::Leaf(action, _) => Some(*action),
            // The beginning of something longer keeps what is complete here waiting for ever.
            Node::Branch(next) if count == keys.len() => first_of(next.values().next()?),
            Node::Branch(_) => None,
        }
    })
}

fn first_of(node: &Node) -> Option<Action> {
    match node {
        Node::Leaf(action, _) => Some(*action),
        Node::Branch(next) => first_of(next.values().next()?),
    }
}
