//! The keymap: which keys mean which action, read from files and held as one trie for each context.

use std::collections::BTreeMap;

use super::action::Action;
use super::context::Context;
use super::key_name;
use super::keymap_file::{self, Binding, File};
use super::keymap_rules;
use crate::domain::Mistake;
use crate::port::Key;

/// What a key means after the keys that were pressed before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// This action.
    Action(Action),
    /// The beginning of a longer sequence.
    Pending,
    /// Nothing.
    Nothing,
}

/// Which keys mean which action.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keymap {
    tries: BTreeMap<Context, BTreeMap<Key, Node>>,
    bindings: Vec<Binding>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Leaf(Action, usize),
    Branch(BTreeMap<Key, Node>),
}

impl Keymap {
    /// Reads a whole keymap, on top of nothing.
    ///
    /// # Errors
    /// All mistakes of the file.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Mistake>> {
        Self::default().with(file, text)
    }

    /// The same keymap with a file on top: an action named there in a section loses the keys it had in it.
    ///
    /// # Errors
    /// All mistakes of the file, among them keys that now mean two things.
    pub fn with(self, file: &str, text: &str) -> Result<Self, Vec<Mistake>> {
        self.laid_under(file, keymap_file::read(file, text).map_err(|mistake| vec![mistake])?)
    }

    /// The same with a file on top that was read.
    pub(super) fn laid_under(mut self, file: &str, read: File) -> Result<Self, Vec<Mistake>> {
        let File { bindings: new, mut mistakes, .. } = read;
        mistakes.extend(new.iter().flat_map(keymap_rules::reserved));
        self.bindings.retain(|old| !new.iter().any(|new| (new.context, new.action) == (old.context, old.action)));
        self.bindings.extend(new);
        self.bindings.sort_by_key(|binding| (binding.context, binding.action));
        self.tries.clear();
        // What was there before goes in first, so that a clash is told at the line that brought it.
        let mut order: Vec<(usize, &Binding)> = self.bindings.iter().enumerate().collect();
        order.sort_by_key(|(_, binding)| binding.place.file == file);
        for (number, binding) in order {
            for (keys, place) in &binding.keys {
                let trie = self.tries.entry(binding.context).or_default();
                if let Err(other) = insert(trie, keys, binding.action, number) {
                    mistakes.push(clash(&self.bindings, binding, keys, place, other));
                }
            }
        }
        if mistakes.is_empty() {
            mistakes = keymap_rules::never_reached(&self, file);
        }
        if mistakes.is_empty() { Ok(self) } else { Err(mistakes) }
    }

    /// All lines, in the order of sections and actions.
    pub(super) fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// What `key` means after `pending`, in the first of the contexts that knows it.
    pub fn lookup(&self, contexts: &[Context], pending: &[Key], key: Key) -> Lookup {
        for context in contexts {
            match self.node(*context, pending.iter().copied().chain([key])) {
                Some(Node::Leaf(action, _)) => return Lookup::Action(*action),
                Some(Node::Branch(_)) => return Lookup::Pending,
                None => {}
            }
        }
        Lookup::Nothing
    }

    /// What may follow the keys that were pressed: for a hint. Where two contexts know a key, the nearer one counts.
    pub fn followers(&self, contexts: &[Context], pending: &[Key]) -> Vec<(Key, Option<Action>)> {
        let mut all: BTreeMap<Key, Option<Action>> = BTreeMap::new();
        for context in contexts {
            let Some(Node::Branch(next)) = self.node(*context, pending.iter().copied()) else { continue };
            for (key, node) in next {
                let action = match node {
                    Node::Leaf(action, _) => Some(*action),
                    Node::Branch(_) => None,
                };
                all.entry(*key).or_insert(action);
            }
        }
        all.into_iter().collect()
    }

    /// The key sequences of an action in the first of the contexts that has some, in the order of the file.
    pub fn keys_of(&self, contexts: &[Context], action: Action) -> Vec<&[Key]> {
        contexts.iter().map(|context| self.keys_in(*context, action)).find(|keys| !keys.is_empty()).unwrap_or_default()
    }

    /// The key sequences of an action in one context.
    pub fn keys_in(&self, context: Context, action: Action) -> Vec<&[Key]> {
        let here = self.bindings.iter().filter(|binding| (binding.context, binding.action) == (context, action));
        here.flat_map(|binding| binding.keys.iter().map(|(keys, _)| keys.as_slice())).collect()
    }

    /// Whether a file says anything of the action in this context, be it that it has no key.
    pub fn names(&self, context: Context, action: Action) -> bool {
        self.bindings.iter().any(|binding| (binding.context, binding.action) == (context, action))
    }

    pub(super) fn node(&self, context: Context, keys: impl Iterator<Item = Key>) -> Option<&Node> {
        let mut level = Some(self.tries.get(&context)?);
        let mut node = None;
        for key in keys {
            node = Some(level?.get(&key)?);
            level = match node {
                Some(Node::Branch(next)) => Some(next),
                Some(Node::Leaf(..)) | None => None,
            };
        }
        node
    }
}

/// Puts a sequence in; `Err` names the binding that stands in its way.
fn insert(trie: &mut BTreeMap<Key, Node>, keys: &[Key], action: Action, number: usize) -> Result<(), usize> {
    let Some((first, rest)) = keys.split_first() else { return Ok(()) };
    if rest.is_empty() {
        return match trie.get(first) {
            Some(node) => Err(any_leaf(node)),
            None => {
                trie.insert(*first, Node::Leaf(action, number));
                Ok(())
            }
        };
    }
    match trie.entry(*first).or_insert_with(|| Node::Branch(BTreeMap::new())) {
        Node::Leaf(_, other) => Err(*other),
        Node::Branch(next) => insert(next, rest, action, number),
    }
}

fn any_leaf(node: &Node) -> usize {
    match node {
        Node::Leaf(_, number) => *number,
        Node::Branch(next) => next.values().next().map_or(0, any_leaf),
    }
}

fn clash(all: &[Binding], binding: &Binding, keys: &[Key], place: &Mistake, other: usize) -> Mistake {
    let name = key_name::sequence_name(keys);
    let other = all.get(other);
    let overlap = |(theirs, _): &&(Vec<Key>, Mistake)| theirs.starts_with(keys) || keys.starts_with(theirs);
    let there = other.and_then(|other| other.keys.iter().find(overlap));
    let message = match (other, there) {
        (Some(other), Some((theirs, at))) if theirs == keys => {
            let (action, file, line) = (other.action.row().name, &at.file, at.line);
            format!("`{name}` means `{action}` already, in {file}:{line}")
        }
        (Some(other), Some((theirs, at))) => {
            let (theirs, action) = (key_name::sequence_name(theirs), other.action.row().name);
            format!("`{name}` and `{theirs}` (`{action}`, in {}:{}) begin alike", at.file, at.line)
        }
        _ => format!("`{name}` means something already"),
    };
    Mistake { message: format!("{message}, so it can't mean `{}`", binding.action.row().name), ..place.clone() }
}
