//! Sections and parts, made of what stands in a document and of its attributes.

use std::collections::{BTreeSet, HashMap};

use super::attributes::{self, Attributes, Kind};
use super::fence::{self, Info};
use super::ids::Names;
use super::reader::{DEEPEST, Mark, Reading, Shape};
use super::roles;
use super::tail::Found;
use super::titles::Titles;
use crate::domain::phrase::Phrase;
use crate::domain::procedure::{self, Doing, Language, Part, Role, Section};
use crate::site::mistake::{Sink, did_you_mean, quoted};
use crate::site::source::Span;
use crate::text::Foreign;

/// Sections and parts.
#[derive(Debug, Default)]
pub struct Assembled {
    /// The sections.
    pub sections: Vec<Section>,
    /// The parts.
    pub parts: Vec<Part>,
}

/// What is said of a block of code that goes on to the end of the file.
const OPEN: &str = "this block of code is not closed";
/// What to do about it.
const CLOSE: &str = "end it with a line of the same marks";

/// A part that has no id yet.
struct Draft {
    mark: usize,
    /// The block of code below or inside that it is one with.
    with: Option<usize>,
    section: Option<usize>,
    title: String,
    doing: Doing,
    attributes: Attributes,
}

/// What becomes of a block of code because of what stands around it.
enum Claim {
    /// It is one with what stands around it.
    Taken,
    /// Attributes around it were meant for it and can't be.
    Denied(String),
}

struct Maker<'r, 'a, 's> {
    marks: &'r [Mark],
    commands: Vec<Option<(Language, String)>>,
    attributes: Vec<Option<Attributes>>,
    /// Blocks of code by the item or the heading that they stand in.
    of_item: HashMap<usize, Vec<usize>>,
    of_heading: HashMap<usize, Vec<usize>>,
    claims: HashMap<usize, Claim>,
    titles: Titles,
    drafts: Vec<Draft>,
    sink: &'a mut Sink<'s>,
}

/// Makes them; blocks learn which part and which section they are.
pub fn assemble(reading: &mut Reading, kind: procedure::Kind, sink: &mut Sink<'_>) -> Assembled {
    for stray in &reading.strays {
        let hint = "they belong right behind a heading, an item or a block of code";
        sink.add_hint(stray, "these attributes stand behind nothing that can have any", hint);
    }
    for at in &reading.deep {
        let message = format!("more than {DEEPEST} lists and quotations stand in each other here");
        sink.add_hint(
            &(*at..at + 1),
            message,
            "what stands deeper is shown as it is written, and nothing in it is run",
        );
    }
    let title_of_all = title(&reading.marks);
    let mut maker = Maker::new(&reading.marks, sink);
    let mut sections = Sections { kind, ..Sections::default() };
    for (index, mark) in reading.marks.iter().enumerate() {
        match &mark.shape {
            Shape::Heading(level, words) => {
                let read = maker.attributes.get(index).and_then(Option::as_ref);
                let section = sections.add(*level, words, mark.at, read);
                if let Some(read) = read.filter(|read| read.due.is_some())
                    && sections.all.get(section).is_some_and(|section| section.role != Role::FollowUp)
                {
                    let hint = "begin its heading with `Follow-up`, outside of the gate and the rollback";
                    maker.sink.add_hint(&read.span, "`due` is for a section that follows up a release", hint);
                }
                if let Some(placed) = reading.blocks.get_mut(mark.block)
                    && let procedure::Block::Heading(_, _, of) = &mut placed.block
                {
                    *of = section;
                }
                maker.titles.section(words, title_of_all == Some(index));
                maker.heading(index, Some(section));
            }
            Shape::Item(words, task) => {
                maker.titles.item(index, mark.inside, words);
                maker.item(index, *task, sections.current());
            }
            Shape::Fence(info, text, before) => {
                maker.fence(index, info, text, before.as_deref(), sections.current());
            }
        }
    }
    let drafts = maker.drafts;
    let parts = named(drafts, reading, sink);
    Assembled { sections: sections.all, parts }
}

/// The heading that is the title of the document: the first, where all others stand below it.
fn title(marks: &[Mark]) -> Option<usize> {
    let mut headings = marks.iter().enumerate().filter_map(|(index, mark)| match mark.shape {
        Shape::Heading(level, _) => Some((index, level)),
        Shape::Item(..) | Shape::Fence(..) => None,
    });
    let (first, level) = headings.next()?;
    headings.all(|(_, other)| other > level).then_some(first)
}

impl<'r, 'a, 's> Maker<'r, 'a, 's> {
    fn new(marks: &'r [Mark], sink: &'a mut Sink<'s>) -> Self {
        let mut of_item: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut of_heading: HashMap<usize, Vec<usize>> = HashMap::new();
        let (mut commands, mut attributes) = (Vec::new(), Vec::new());
        let mut heading = None;
        for (index, mark) in marks.iter().enumerate() {
            attributes.push(match &mark.found {
                Found::Nothing => None,
                Found::Group(group) => Some(attributes::read(group, sink)),
                Found::Broken(broken) => {
                    sink.add(&broken.span, broken.message);
                    let misread = Some(broken.message.to_owned());
                    let span = broken.span.clone();
                    Some(Attributes { span, misread, says: true, more: true, ..Attributes::default() })
                }
            });
            let mut command = None;
            match &mark.shape {
                Shape::Heading(..) => heading = Some(index),
                Shape::Item(..) => {}
                Shape::Fence(info, text, _) => {
                    command = fence::command(&info.language, text);
                    if let Some(item) = mark.inside {
                        of_item.entry(item).or_default().push(index);
                    }
                    if let Some(heading) = heading {
                        of_heading.entry(heading).or_default().push(index);
                    }
                }
            }
            commands.push(command);
        }
        let (claims, titles, drafts) = (HashMap::new(), Titles::default(), Vec::new());
        Self { marks, commands, attributes, of_item, of_heading, claims, titles, drafts, sink }
    }

    fn wrong(&mut self, read: &mut Attributes, message: &str, hint: &str) {
        read.misread.get_or_insert_with(|| format!("{message}; {hint}"));
        self.sink.add_hint(&read.span, message, hint);
    }

    fn draft(&mut self, mark: usize, section: Option<usize>, title: &str, doing: Doing, attributes: Attributes) {
        let title = title.to_owned();
        self.drafts.push(Draft { mark, with: None, section, title, doing, attributes });
    }

    /// The commands among these blocks of code.
    fn runnable(&self, fences: &[usize]) -> Vec<usize> {
        fences.iter().copied().filter(|fence| self.commands.get(*fence).is_some_and(Option::is_some)).collect()
    }

    fn heading(&mut self, index: usize, section: Option<usize>) {
        let Some(read) = self.attributes.get_mut(index).and_then(Option::take) else { return };
        let fences = self.of_heading.get(&index).cloned().unwrap_or_default();
        let direct = |fence: &usize| self.marks.get(*fence).is_some_and(|mark| mark.inside.is_none());
        let near: Vec<usize> = fences.iter().copied().filter(direct).collect();
        // Those in items below are meant only where there is no other.
        let fences = if near.is_empty() && read.says { fences } else { near };
        if read.says || read.id.is_some() || read.misread.is_some() {
            self.around(index, read, &fences, section, false);
        }
    }

    fn item(&mut self, index: usize, task: bool, section: Option<usize>) {
        let fences = self.of_item.get(&index).cloned().unwrap_or_default();
        let Some(mut read) = self.attributes.get_mut(index).and_then(Option::take) else {
            if task {
                let title = self.titles.of_item(index);
                self.draft(index, section, &title, Doing::Ask, Attributes::default());
            }
            return;
        };
        // Services that are started anew may go together; anything else is one thing.
        let together = read.parallel.is_some() && !read.is_restart();
        if read.budget.is_some() || read.due.is_some() || together {
            self.wrong(&mut read, "`budget`, `due` and `parallel` are for sections", "put them behind a heading");
        }
        self.around(index, read, &fences, section, task);
    }

    /// A heading or an item with attributes, and the blocks of code below or inside of it.
    fn around(&mut self, index: usize, mut read: Attributes, fences: &[usize], section: Option<usize>, task: bool) {
        let title = match self.marks.get(index).map(|mark| &mark.shape) {
            Some(Shape::Heading(_, words)) => words.clone(),
            Some(Shape::Item(..) | Shape::Fence(..)) | None => self.titles.of_item(index),
        };
        let runnable = self.runnable(fences);
        if let Some(why) = read.misread.clone() {
            self.deny(&runnable, &why);
            if runnable.is_empty() || task {
                self.draft(index, section, &title, Doing::Ask, read);
            }
            return;
        }
        if read.is_restart() {
            read.options.at_once = read.parallel;
        }
        match read.kind.take() {
            Some(Kind::Whole(doing)) => return self.draft(index, section, &title, doing, read),
            Some(Kind::Notify(channel)) => {
                return self.draft(index, section, &title, Doing::Notify(channel, Phrase::read(&title)), read);
            }
            Some(Kind::Request(method, address)) => {
                let body = match fences {
                    [] => String::new(),
                    [only] => self.text(*only),
                    [_, _, ..] => {
                        let hint = "put the attributes behind the first line of the block that is its body";
                        self.wrong(&mut read, "more than one block of code could be the body of this request", hint);
                        self.deny(&runnable, "a request stands above it, and it is not clear what its body is");
                        return self.draft(index, section, &title, Doing::Ask, read);
                    }
                };
                self.draft(index, section, &title, Doing::Request(method, address, body), read);
                return self.join(fences.first().copied());
            }
            None => {}
        }
        let wants = read.command || !read.options.targets.is_empty() || read.options.retries > 0;
        match runnable.as_slice() {
            [only] if !read.options.todo && (!task || read.more) => self.one(index, read, *only, section, title),
            [_, _, ..] if read.more => {
                let hint = "put attributes behind the first line of each block of code instead";
                self.wrong(&mut read, "these attributes are for one command, and there are several", hint);
                let why = read.misread.clone().unwrap_or_default();
                self.deny(&runnable, &why);
                if task {
                    self.draft(index, section, &title, Doing::Ask, read);
                }
            }
            [] if wants && !read.options.todo => {
                let hint = "put it into a block of code below, or add `todo` until it is known";
                self.wrong(&mut read, "there is no command for these attributes", hint);
                self.draft(index, section, &title, Doing::Ask, read);
            }
            _ if task || read.says => self.draft(index, section, &title, Doing::Ask, read),
            _ => {
                // A heading's name is a place in the document; an item's is one of a part, and here is none.
                let is_item = matches!(self.marks.get(index).map(|mark| &mark.shape), Some(Shape::Item(..)));
                if let Some(id) = read.id.as_ref().filter(|_| is_item) {
                    let message = format!("{id} is no part: it is nothing that is ticked, and nothing that is done");
                    let hint = "write `- [ ]` for an item, or say in the braces what is done".to_owned();
                    self.sink.warn(&read.span, message, Some(hint));
                }
            }
        }
    }

    /// A heading or an item that is one step with its only command.
    fn one(&mut self, index: usize, mut read: Attributes, fence: usize, section: Option<usize>, title: String) {
        if self.attributes.get(fence).is_some_and(Option::is_some) {
            if !read.says {
                return;
            }
            let hint = "keep them in one place";
            self.wrong(&mut read, "the command below has attributes of its own", hint);
            let why = read.misread.clone().unwrap_or_default();
            self.deny(&[fence], &why);
            return;
        }
        let open =
            matches!(self.marks.get(fence).map(|mark| &mark.shape), Some(Shape::Fence(Info { open: true, .. }, ..)));
        if open {
            // It is told where the block stands.
            return;
        }
        let Some((language, script)) = self.commands.get(fence).cloned().flatten() else { return };
        self.draft(index, section, &title, Doing::Run(language, script), read);
        self.join(Some(fence));
    }

    fn join(&mut self, fence: Option<usize>) {
        if let (Some(draft), Some(fence)) = (self.drafts.last_mut(), fence) {
            draft.with = Some(fence);
            self.claims.insert(fence, Claim::Taken);
        }
    }

    fn deny(&mut self, fences: &[usize], why: &str) {
        for fence in fences {
            self.claims.entry(*fence).or_insert_with(|| Claim::Denied(why.to_owned()));
        }
    }

    fn text(&self, fence: usize) -> String {
        match self.marks.get(fence).map(|mark| &mark.shape) {
            Some(Shape::Fence(_, text, _)) => text.trim_end().to_owned(),
            Some(Shape::Heading(..) | Shape::Item(..)) | None => String::new(),
        }
    }

    fn fence(&mut self, index: usize, info: &Info, text: &str, before: Option<&str>, section: Option<usize>) {
        let denied = match self.claims.get(&index) {
            Some(Claim::Taken) => return,
            Some(Claim::Denied(why)) => Some(why.clone()),
            None => None,
        };
        let inside = self.marks.get(index).and_then(|mark| mark.inside);
        let at = self.marks.get(index).map_or(0, |mark| mark.at);
        let command = self.commands.get(index).cloned().flatten();
        let read = self.attributes.get_mut(index).and_then(Option::take);
        let attended = read.as_ref().is_some_and(|read| read.says || read.misread.is_some());
        if command.is_none() && !attended && denied.is_none() {
            if info.open {
                self.sink.warn(&(at..at + 3), OPEN, Some(CLOSE.to_owned()));
            }
            return;
        }
        let mut read = read.unwrap_or(Attributes { span: at..at + 3, ..Attributes::default() });
        if read.budget.is_some() || read.due.is_some() || read.parallel.is_some() {
            self.wrong(&mut read, "`budget`, `due` and `parallel` are for sections", "put them behind a heading");
        }
        let title = self.titles.of_fence(
            inside,
            info.title.as_deref(),
            before,
            command.as_ref().map(|(_, text)| text.as_str()),
        );
        let doing = match (read.kind.take(), command) {
            (Some(Kind::Request(method, address)), _) => Doing::Request(method, address, text.trim_end().to_owned()),
            (Some(Kind::Whole(_) | Kind::Notify(_)), _) => {
                let hint = "put it behind a heading or an item";
                self.wrong(&mut read, "a block of code is a command or the body of a request", hint);
                Doing::Ask
            }
            (None, _) if read.options.todo => Doing::Ask,
            (None, Some((language, script))) => Doing::Run(language, script),
            (None, None) => {
                let hint = "commands stand in blocks of sh, bash, console, sql or promql";
                self.wrong(&mut read, "there is no command in this block for these attributes", hint);
                Doing::Ask
            }
        };
        if info.open && doing != Doing::Ask {
            let (message, hint) = (OPEN, CLOSE);
            if attended {
                self.wrong(&mut read, message, hint);
            } else {
                // A document that nobody wrote for us has no mistakes, but nobody knows where its command ends.
                self.sink.warn(&read.span, message, Some(hint.to_owned()));
                read.misread.get_or_insert_with(|| format!("{message}; {hint}"));
            }
        }
        if let Some(why) = denied {
            read.misread.get_or_insert(why);
        }
        self.draft(index, section, &title, doing, read);
    }
}

/// Gives ids: first those that the document names, then those made of titles.
fn named(drafts: Vec<Draft>, reading: &mut Reading, sink: &mut Sink<'_>) -> Vec<Part> {
    let mut names = Names::default();
    let mut drafts = drafts;
    for draft in &mut drafts {
        let Some(id) = &draft.attributes.id else { continue };
        if !names.take(id.as_str()) {
            let message = format!("two parts have the id {}", quoted(id.as_str()));
            sink.add(&draft.attributes.span, message.clone());
            draft.attributes.misread.get_or_insert(message);
            draft.attributes.id = None;
        }
    }
    let mut parts: Vec<Part> = Vec::new();
    let mut spans: Vec<Span> = Vec::new();
    for draft in drafts {
        let otherwise = if draft.doing == Doing::Ask { "item" } else { "step" };
        let Some(id) = draft.attributes.id.or_else(|| names.part(&draft.title, otherwise)) else { continue };
        let Some(mark) = reading.marks.get(draft.mark) else { continue };
        let with = draft.with.and_then(|fence| reading.marks.get(fence)).map(|mark| mark.block);
        for block in [Some(mark.block), with].into_iter().flatten() {
            if let Some(placed) = reading.blocks.get_mut(block) {
                placed.part = Some(parts.len());
            }
        }
        spans.push(draft.attributes.span);
        parts.push(Part {
            id,
            title: Foreign::from(draft.title),
            line: mark.at,
            section: draft.section,
            block: mark.block,
            doing: if draft.attributes.misread.is_some() { Doing::Ask } else { draft.doing },
            options: draft.attributes.options,
            misread: draft.attributes.misread,
        });
    }
    check_undo(&mut parts, &spans, sink);
    parts
}

fn check_undo(parts: &mut [Part], spans: &[Span], sink: &mut Sink<'_>) {
    let ids: BTreeSet<String> = parts.iter().map(|part| part.id.to_string()).collect();
    for (part, span) in parts.iter_mut().zip(spans) {
        let Some(undo) = part.options.undo.as_ref().map(ToString::to_string).filter(|undo| !ids.contains(undo)) else {
            continue;
        };
        let message = format!("there is no part {} to undo this", quoted(&undo));
        let hint = if sink.is_full() { None } else { did_you_mean(&undo, ids.iter().map(String::as_str)) };
        match hint {
            Some(hint) => sink.add_hint(span, message.clone(), hint),
            None => sink.add(span, message.clone()),
        }
        part.options.undo = None;
        part.misread.get_or_insert(message);
        part.doing = Doing::Ask;
    }
}

#[derive(Default)]
struct Sections {
    kind: procedure::Kind,
    all: Vec<Section>,
    open: Vec<usize>,
    anchors: Names,
}

impl Sections {
    fn current(&self) -> Option<usize> {
        self.open.last().copied()
    }

    fn add(&mut self, level: u8, words: &str, at: usize, read: Option<&Attributes>) -> usize {
        while self.open.last().is_some_and(|open| self.all.get(*open).is_some_and(|open| open.level >= level)) {
            self.open.pop();
        }
        let inside = self.current();
        let mut nearest = self.open.iter().rev().filter_map(|open| self.all.get(*open)).map(|open| open.role);
        let around = nearest.find(|role| *role != Role::Plain).unwrap_or_default();
        let title = self.all.is_empty() && level == 1;
        let anchor = match read.and_then(|read| read.id.as_ref()).filter(|id| self.anchors.take(id.as_str())) {
            Some(id) => id.to_string(),
            None => self.anchors.anchor(words),
        };
        self.all.push(Section {
            title: Foreign::from(words),
            anchor,
            level,
            line: at,
            inside,
            role: roles::role(words, title, self.kind, around, read.is_some_and(|read| read.due.is_some())),
            budget: read.and_then(|read| read.budget),
            parallel: read.and_then(|read| read.parallel).unwrap_or(1),
            due: read.and_then(|read| read.due),
        });
        self.open.push(self.all.len() - 1);
        self.all.len() - 1
    }
}
