//! The parts of a procedure with those of the procedures that it calls in their place, each under a name of its own.

use std::rc::Rc;

use super::missing::Wrong;
use crate::domain::procedure::{Doing, Options, Part, Procedure, Role, Term, Terms};
use crate::domain::{Environment, InputName, PartId, ProcedureName};

/// In how many procedures a call may stand.
const DEEPEST: usize = 8;
/// How many parts a plan may have: a document that calls and calls again is no plan.
const MOST: usize = 10_000;

/// One part where it stands.
#[derive(Debug, Clone)]
pub(super) struct Item<'a> {
    /// Its name in the plan.
    pub(super) id: PartId,
    /// The part.
    pub(super) part: &'a Part,
    /// How it is done, with the names that it speaks of as they are in the plan.
    pub(super) options: Options,
    /// The procedure it stands in, and the values that it was called with.
    pub(super) frame: Rc<Frame<'a>>,
    /// What its section is for.
    pub(super) role: Role,
    /// The section of the document in which it stands, or the call that leads to it.
    pub(super) section: Option<usize>,
    /// How many parts of that section may be under way at once; those of a call go one by one.
    pub(super) together: usize,
}

/// Who calls, and with which values.
type Caller<'a> = (Rc<Frame<'a>>, &'a [(InputName, String)]);

/// A procedure as it was called.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    /// The procedure.
    pub(super) procedure: &'a Procedure,
    /// Who called it, with which values.
    pub(super) caller: Option<Caller<'a>>,
    /// What is put before the names of its parts.
    prefix: Option<PartId>,
}

/// The name of a part of a called procedure: `call.inner`, cut where that would be too long for a name.
pub fn inner_id(call: &PartId, inner: &PartId) -> PartId {
    let word = format!("{call}.{inner}");
    if let Ok(id) = PartId::new(&word) {
        return id;
    }
    // FNV-1a: the same for the same words, on every machine.
    let hash = word
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let kept: String = word.chars().take(47).collect();
    PartId::new(&format!("{kept}-{hash:016x}")).unwrap_or_else(|_| inner.clone())
}

/// Whether a part is the one that is named, or stands in the procedure that this one calls.
pub fn is_of(id: &PartId, named: &PartId) -> bool {
    id == named || id.as_str().strip_prefix(named.as_str()).is_some_and(|rest| rest.starts_with('.'))
}

/// What a part of a called procedure is titled, found by the name that it has in a plan; that name where the called
/// procedure does not know it any more.
pub fn inner_title(procedure: &Procedure, environment: &Environment, id: &PartId) -> String {
    fn titled(procedure: &Procedure, environment: &Environment, id: &str, deep: usize) -> Option<String> {
        if let Some(part) = procedure.parts.iter().find(|part| part.id.as_str() == id) {
            return Some(part.title.plain());
        }
        procedure.parts.iter().find_map(|part| {
            let Doing::Call(name, _) = &part.doing else { return None };
            let rest = id.strip_prefix(part.id.as_str())?.strip_prefix('.')?;
            titled(environment.procedure(name)?, environment, rest, deep.checked_sub(1)?)
        })
    }
    titled(procedure, environment, id.as_str(), DEEPEST).unwrap_or_else(|| id.to_string())
}

/// The part of this name, also one of a called procedure, with the procedure it stands in.
pub fn find_part<'a>(
    procedure: &'a Procedure,
    environment: &'a Environment,
    id: &PartId,
) -> Option<(&'a Procedure, &'a Part)> {
    if let Some(part) = procedure.part(id) {
        return Some((procedure, part));
    }
    let mut items = expand(procedure, environment, &mut Vec::new());
    items.extend(by_header(procedure, environment, &mut Vec::new()).unwrap_or_default());
    items.into_iter().find(|item| item.id == *id).map(|item| (item.frame.procedure, item.part))
}

/// All parts of a procedure, in their order, calls replaced by what they call.
pub(super) fn expand<'a>(
    procedure: &'a Procedure,
    environment: &'a Environment,
    wrong: &mut Vec<Wrong>,
) -> Vec<Item<'a>> {
    let frame = Rc::new(Frame { procedure, caller: None, prefix: None });
    let mut items = Vec::new();
    walk(&frame, environment, &Terms::default(), &mut items, wrong);
    items
}

/// The parts of the procedure that the front matter names as the rollback.
pub(super) fn by_header<'a>(
    procedure: &'a Procedure,
    environment: &'a Environment,
    wrong: &mut Vec<Wrong>,
) -> Option<Vec<Item<'a>>> {
    let name = procedure.header.rollback.as_ref()?;
    let Some(other) = environment.procedure(name) else {
        wrong.push(Wrong { part: None, line: 0, told: format!("there is no procedure {name} to roll back with") });
        return None;
    };
    let outer = Rc::new(Frame { procedure, caller: None, prefix: None });
    let prefix = PartId::new(name.as_str()).ok();
    let frame = Rc::new(Frame { procedure: other, caller: Some((outer, &[])), prefix });
    let mut items = Vec::new();
    walk(&frame, environment, &Terms::default(), &mut items, wrong);
    items.retain(|item| !item.role.is_apart());
    Some(items)
}

fn walk<'a>(
    frame: &Rc<Frame<'a>>,
    environment: &'a Environment,
    when: &Terms,
    items: &mut Vec<Item<'a>>,
    wrong: &mut Vec<Wrong>,
) {
    for part in &frame.procedure.parts {
        if items.len() >= MOST {
            return;
        }
        let id = frame.id(&part.id);
        let options = frame.options(&part.options, when);
        let Doing::Call(name, with) = &part.doing else {
            let role = frame.procedure.role(part);
            let section = part.section;
            let together = section.and_then(|at| frame.procedure.sections.get(at)).map_or(1, |one| one.parallel.max(1));
            items.push(Item { id, part, options, frame: Rc::clone(frame), role, section, together });
            continue;
        };
        match callee(frame, environment, name) {
            Ok(procedure) => {
                let caller = Some((Rc::clone(frame), with.as_slice()));
                let inner = Rc::new(Frame { procedure, caller, prefix: Some(id) });
                let from = items.len();
                walk(&inner, environment, &options.when, items, wrong);
                let outside = frame.procedure.role(part);
                // A rollback that is called by a part of the rollback is a part of it; any other is not called at all,
                // and what follows a release is the release's own.
                let mut at = from;
                while at < items.len() {
                    (items[at].section, items[at].together) = (part.section, 1);
                    match (outside, items[at].role) {
                        (Role::Rollback, _) => items[at].role = Role::Rollback,
                        (_, Role::Rollback | Role::FollowUp) => {
                            items.remove(at);
                            continue;
                        }
                        (Role::Plain, _) => {}
                        (role, _) => items[at].role = role,
                    }
                    at += 1;
                }
            }
            Err(told) => wrong.push(Wrong { part: Some(id), line: part.line, told }),
        }
    }
}

fn callee<'a>(frame: &Frame<'a>, environment: &'a Environment, name: &ProcedureName) -> Result<&'a Procedure, String> {
    let Some(procedure) = environment.procedure(name) else {
        return Err(format!("it calls {name}, and {} has no such procedure", environment.name));
    };
    let mut around = Some(frame);
    let mut depth = 1;
    while let Some(at) = around {
        if at.procedure.name == *name {
            return Err(format!("it calls {name}, which is being done already: that would never end"));
        }
        depth += 1;
        around = at.caller.as_ref().map(|(caller, _)| &**caller);
    }
    if depth > DEEPEST {
        return Err(format!("it calls {name} from the {DEEPEST}th procedure in a row, which is too deep"));
    }
    Ok(procedure)
}

impl Frame<'_> {
    fn id(&self, id: &PartId) -> PartId {
        self.prefix.as_ref().map_or_else(|| id.clone(), |prefix| inner_id(prefix, id))
    }

    /// The options of one of its parts, with the names of parts as they are in the plan, and the caller's condition.
    fn options(&self, own: &Options, when: &Terms) -> Options {
        let mut options = own.clone();
        options.undo = own.undo.as_ref().map(|undo| self.id(undo));
        let decision = |name: &str| {
            let id = PartId::new(name).ok()?;
            let part = self.procedure.part(&id)?;
            matches!(part.doing, Doing::Decide(_)).then(|| self.id(&id).to_string())
        };
        let named = |name: &String| decision(name).unwrap_or_else(|| name.clone());
        let renamed = own.when.0.iter().map(|term| match term {
            Term::Is(name) => Term::Is(named(name)),
            Term::Not(name) => Term::Not(named(name)),
            Term::Equals(name, value) => Term::Equals(named(name), value.clone()),
            Term::Differs(name, value) => Term::Differs(named(name), value.clone()),
        });
        options.when = Terms(when.0.iter().cloned().chain(renamed).collect());
        options
    }
}
