//! The keymap: which keys mean which action, read from files and held as one trie for each context.

use std::collections::BTreeMap;

use toml::Spanned;

use super::action::{Action, TABLE};
use super::context::Context;
use super::key_name;
use crate::domain::Mistake;
use crate::domain::mistake::nearest;
use crate::port::Key;

/// The keymap that is built in.
pub const DEFAULT_KEYMAP: &str = include_str!("../../keymaps/default.toml");

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
enum Node {
    Leaf(Action, usize),
    Branch(BTreeMap<Key, Node>),
}

/// One line of a keymap file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Binding {
    context: Context,
    action: Action,
    keys: Vec<(Vec<Key>, Mistake)>,
}

impl Keymap {
    /// The built-in keymap.
    pub fn builtin() -> Self {
        #[expect(clippy::expect_used, reason = "the file is part of the program and a test reads it")]
        Self::parse("keymaps/default.toml", DEFAULT_KEYMAP).expect("the built-in keymap is whole")
    }

    /// Reads a whole keymap.
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
    pub fn with(mut self, file: &str, text: &str) -> Result<Self, Vec<Mistake>> {
        let (new, mut mistakes) = read(file, text);
        self.bindings.retain(|old| !new.iter().any(|new| (new.context, new.action) == (old.context, old.action)));
        self.bindings.extend(new);
        self.bindings.sort_by_key(|binding| (binding.context, binding.action));
        self.tries.clear();
        // What was there before goes in first, so that a clash is told at the line that brought it.
        let mut order: Vec<(usize, &Binding)> = self.bindings.iter().enumerate().collect();
        order.sort_by_key(|(_, binding)| binding.keys.iter().any(|(_, place)| place.file == file));
        for (number, binding) in order {
            for (keys, place) in &binding.keys {
                let trie = self.tries.entry(binding.context).or_default();
                if let Err(other) = insert(trie, keys, binding.action, number) {
                    mistakes.push(clash(&self.bindings, binding, keys, place, other));
                }
            }
        }
        if mistakes.is_empty() { Ok(self) } else { Err(mistakes) }
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

    /// What may follow the keys that were pressed: for a hint.
    pub fn followers(&self, contexts: &[Context], pending: &[Key]) -> Vec<(Key, Option<Action>)> {
        let branch = contexts.iter().find_map(|context| match self.node(*context, pending.iter().copied()) {
            Some(Node::Branch(next)) => Some(next),
            Some(Node::Leaf(..)) | None => None,
        });
        let named = |(key, node): (&Key, &Node)| match node {
            Node::Leaf(action, _) => (*key, Some(*action)),
            Node::Branch(_) => (*key, None),
        };
        branch.map(|next| next.iter().map(named).collect()).unwrap_or_default()
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

    fn node(&self, context: Context, keys: impl Iterator<Item = Key>) -> Option<&Node> {
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

type Raw = BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, Vec<Spanned<String>>>>;

fn read(file: &str, text: &str) -> (Vec<Binding>, Vec<Mistake>) {
    let raw: Raw = match toml::from_str(text) {
        Ok(raw) => raw,
        Err(error) => {
            let message = error.message().lines().next().unwrap_or_default().to_owned();
            return (Vec::new(), vec![Mistake::at(file, text, error.span().unwrap_or(0..0), message)]);
        }
    };
    let (mut bindings, mut mistakes) = (Vec::new(), Vec::new());
    let wrong = |at: &Spanned<String>, message: String| Mistake::at(file, text, at.span(), message);
    for (section, lines) in &raw {
        let Some(context) = Context::ALL.iter().copied().find(|context| context.name() == section.get_ref()) else {
            let hint = nearest(section.get_ref(), Context::ALL.iter().map(|context| context.name()));
            mistakes.push(wrong(section, format!("there is no section `{}`{hint}", section.get_ref())));
            continue;
        };
        for (name, keys) in lines {
            let Some(action) = Action::named(name.get_ref()) else {
                let hint = nearest(name.get_ref(), TABLE.iter().map(|row| row.name));
                mistakes.push(wrong(name, format!("there is no action `{}`{hint}", name.get_ref())));
                continue;
            };
            if !action.row().contexts.contains(&context) {
                let where_to: Vec<String> =
                    action.row().contexts.iter().map(|place| format!("`[{}]`", place.name())).collect();
                let (word, section) = (name.get_ref(), section.get_ref());
                let message = format!("`{word}` can't be in `[{section}]`; it goes to {}", where_to.join(" or "));
                mistakes.push(wrong(name, message));
                continue;
            }
            let mut good = Vec::new();
            for key in keys {
                match key_name::parse_sequence(key.get_ref()) {
                    Ok(sequence) => good.push((sequence, wrong(key, String::new()))),
                    Err(message) => mistakes.push(wrong(key, message)),
                }
            }
            bindings.push(Binding { context, action, keys: good });
        }
    }
    (bindings, mistakes)
}
