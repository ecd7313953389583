//! Markdown as blocks, one after the other, and the places among them where something can be done.

use std::ops::Range;

use pulldown_cmark::{BlockQuoteKind, CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::definitions::Definitions;
use super::fence::{self, Info};
use super::inline::{self, Pieces};
use super::tail::{self, Found};
use crate::domain::procedure::{Block, Inline, Marker, Placed, Style};
use crate::text::Foreign;

/// What was read.
#[derive(Debug, Default)]
pub struct Reading {
    /// The blocks; `line` holds the place in the text in bytes until [`Reading::placed`] makes lines of it.
    pub blocks: Vec<Placed>,
    /// Headings, items and blocks of code, in their order.
    pub marks: Vec<Mark>,
    /// Attributes behind which nothing stands that they could belong to.
    pub strays: Vec<Range<usize>>,
    /// Lists and quotations that stand too deep in others to be read.
    pub deep: Vec<usize>,
}

/// How many lists and quotations may stand in each other.
pub const DEEPEST: usize = 100;

/// Something that may be a section, a step or an item.
#[derive(Debug)]
pub struct Mark {
    /// Its block.
    pub block: usize,
    /// Where it begins in the text.
    pub at: usize,
    /// Its attributes.
    pub found: Found,
    /// The item it stands in, as the place of its mark.
    pub inside: Option<usize>,
    /// What it is.
    pub shape: Shape,
}

/// What a mark is.
#[derive(Debug)]
pub enum Shape {
    /// A heading: level and words.
    Heading(u8, String),
    /// An item of a list with its words; whether it has a box.
    Item(String, bool),
    /// A block of code that stands between marks: what its first line says, its text, and the paragraph before it.
    Fence(Info, String, Option<String>),
}

/// Reads the Markdown of `text` from `body` on.
pub fn read(text: &str, body: usize) -> Reading {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM;
    let markdown = text.get(body..).unwrap_or_default();
    let mut reader = Reader { text, ..Reader::default() };
    let mut events = Parser::new_ext(markdown, options).into_offset_iter();
    let mut unused = Definitions::of(events.reference_definitions());
    while let Some((event, range)) = events.next() {
        if let Event::Start(Tag::Link { id, .. } | Tag::Image { id, .. }) = &event {
            unused.used(events.reference_definitions(), id);
        }
        reader.take(event, range.start + body..range.end + body);
    }
    reader.flush();
    unused.show(text, body, &mut reader.reading);
    reader.reading
}

#[derive(Default)]
struct Item {
    number: Option<u64>,
    task: Option<bool>,
    at: usize,
    mark: Option<usize>,
}

#[derive(Default)]
struct Reader<'t> {
    text: &'t str,
    reading: Reading,
    lists: Vec<Option<u64>>,
    items: Vec<Item>,
    quoted: usize,
    pieces: Pieces<'t>,
    /// Where the leaf that is being read begins.
    leaf: Option<usize>,
    code: Option<(Range<usize>, bool, String)>,
    html: Option<(usize, String)>,
    table: Option<Table>,
    footnote: Option<String>,
    /// The paragraph that was read last: its block and its words.
    before: Option<(usize, String)>,
    /// The mark that was read last, and where it ends.
    last: Option<(usize, usize)>,
    /// How many beginnings are still without an end in what is too deep to be read.
    skipped: usize,
}

#[derive(Default)]
struct Table {
    at: usize,
    head: Vec<Vec<Inline>>,
    rows: Vec<Vec<Vec<Inline>>>,
    row: Vec<Vec<Inline>>,
    /// Where the cell that was read last ends.
    cell_end: usize,
}

impl<'t> Reader<'t> {
    fn take(&mut self, event: Event<'t>, range: Range<usize>) {
        if self.skips(&event, &range) {
            return;
        }
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag, range),
            Event::TaskListMarker(ticked) => {
                if let Some(item) = self.items.last_mut() {
                    item.task = Some(ticked);
                }
            }
            Event::Rule => {
                self.open_block();
                self.push(Block::Rule, range.start);
            }
            Event::Text(text) if self.code.is_some() => {
                if let Some((_, _, code)) = &mut self.code {
                    code.push_str(&text);
                }
            }
            Event::Html(text) | Event::Text(text) if self.html.is_some() => {
                if let Some((_, html)) = &mut self.html {
                    html.push_str(&text);
                }
            }
            other => self.pieces.push((other, range)),
        }
    }

    /// Whether this stands too deep: the outermost of it is shown as it is written, and nothing in it is read.
    fn skips(&mut self, event: &Event<'t>, range: &Range<usize>) -> bool {
        match event {
            Event::Start(_) if self.skipped > 0 => self.skipped += 1,
            Event::End(_) if self.skipped > 0 => self.skipped -= 1,
            _ if self.skipped > 0 => {}
            Event::Start(Tag::List(_) | Tag::BlockQuote(_)) if self.lists.len() + self.quoted >= DEEPEST => {
                self.open_block();
                let text = Foreign::from(self.text.get(range.clone()).unwrap_or_default().trim_end());
                self.push(Block::Paragraph(vec![Inline { text, ..Inline::default() }]), range.start);
                self.reading.deep.push(range.start);
                self.skipped = 1;
            }
            _ => return false,
        }
        true
    }

    fn start(&mut self, tag: Tag<'t>, range: Range<usize>) {
        match tag {
            Tag::Paragraph => {
                self.flush();
                self.leaf = Some(range.start);
            }
            Tag::Heading { .. } => {
                self.open_block();
                self.leaf = Some(range.start);
            }
            Tag::BlockQuote(kind) => {
                self.open_block();
                self.quoted += 1;
                if let Some(kind) = kind {
                    let style = Style { strong: true, ..Style::default() };
                    let word = Inline { text: Foreign::from(alert(kind)), style, link: None };
                    self.push(Block::Paragraph(vec![word]), range.start);
                }
            }
            Tag::CodeBlock(kind) => {
                self.open_block();
                self.code = Some((range, matches!(kind, CodeBlockKind::Fenced(_)), String::new()));
            }
            Tag::HtmlBlock => {
                self.open_block();
                self.html = Some((range.start, String::new()));
            }
            Tag::List(number) => {
                self.open_block();
                self.lists.push(number);
            }
            Tag::Item => {
                self.flush();
                let number = self.lists.last_mut().and_then(|list| {
                    let number = *list;
                    *list = list.map(|number| number.saturating_add(1));
                    number
                });
                self.items.push(Item { number, at: range.start, ..Item::default() });
            }
            Tag::FootnoteDefinition(label) => {
                self.open_block();
                self.footnote = Some(label.to_string());
            }
            Tag::Table(_) => {
                self.open_block();
                self.table = Some(Table { at: range.start, ..Table::default() });
            }
            Tag::TableHead | Tag::TableRow | Tag::TableCell => self.pieces.clear(),
            Tag::DefinitionList | Tag::DefinitionListTitle | Tag::DefinitionListDefinition | Tag::MetadataBlock(_) => {
                self.flush();
            }
            Tag::Emphasis
            | Tag::Strong
            | Tag::Strikethrough
            | Tag::Superscript
            | Tag::Subscript
            | Tag::Link { .. }
            | Tag::Image { .. } => self.pieces.push((Event::Start(tag), range)),
        }
    }

    fn end(&mut self, tag: TagEnd, range: Range<usize>) {
        match tag {
            TagEnd::Paragraph => self.flush(),
            TagEnd::Heading(level) => self.heading(level, range),
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.quoted = self.quoted.saturating_sub(1);
            }
            TagEnd::CodeBlock => self.code(),
            TagEnd::HtmlBlock => self.html(),
            TagEnd::List(_) => {
                self.flush();
                self.lists.pop();
            }
            TagEnd::Item => {
                self.open_block();
                self.items.pop();
            }
            TagEnd::FootnoteDefinition => {
                self.flush();
                self.footnote = None;
            }
            TagEnd::TableCell => {
                let cell = inline::one_line(&std::mem::take(&mut self.pieces));
                if let Some(table) = &mut self.table {
                    table.row.push(cell);
                    table.cell_end = range.end;
                }
            }
            TagEnd::TableHead => {
                if let Some(table) = &mut self.table {
                    table.head = std::mem::take(&mut table.row);
                }
            }
            TagEnd::TableRow => {
                if let Some(table) = &mut self.table {
                    let mut row = std::mem::take(&mut table.row);
                    // Markdown drops the cells that its head has no room for.
                    let rest = self.text.get(table.cell_end.max(range.start)..range.end).unwrap_or_default();
                    let more = rest.split('|').map(str::trim).filter(|cell| !cell.is_empty());
                    row.extend(more.map(|cell| vec![Inline { text: cell.into(), ..Inline::default() }]));
                    table.rows.push(row);
                }
            }
            TagEnd::Table => {
                if let Some(table) = self.table.take() {
                    self.push(Block::Table(table.head, table.rows), table.at);
                }
            }
            TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::MetadataBlock(_) => self.flush(),
            TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::Link
            | TagEnd::Image => self.pieces.push((Event::End(tag), range)),
        }
    }

    fn push(&mut self, block: Block, at: usize) -> usize {
        let small = |count: usize| u8::try_from(count).unwrap_or(u8::MAX);
        let (depth, quoted) = (small(self.lists.len()), small(self.quoted));
        self.reading.blocks.push(Placed { line: at, depth, quoted, part: None, block });
        self.reading.blocks.len() - 1
    }

    fn mark(&mut self, block: usize, at: usize, found: Found, shape: Shape, end: usize) -> usize {
        let items = self.items.iter().rev();
        let inside = items.skip(usize::from(matches!(shape, Shape::Item(..)))).find_map(|item| item.mark);
        self.reading.marks.push(Mark { block, at, found, inside, shape });
        let mark = self.reading.marks.len() - 1;
        self.last = Some((mark, end));
        mark
    }

    /// Ends what is being read as words, and makes sure that the item which a block stands in has begun.
    fn open_block(&mut self) {
        self.flush();
        if self.items.last().is_some_and(|item| item.mark.is_none()) {
            self.item(Pieces::new());
        }
    }

    /// Ends what is being read as words: an item's first ones, or a paragraph.
    fn flush(&mut self) {
        let pieces = std::mem::take(&mut self.pieces);
        let at = self.leaf.take().or(pieces.first().map(|(_, range)| range.start));
        if self.items.last().is_some_and(|item| item.mark.is_none()) && at.is_some() {
            return self.item(pieces);
        }
        let mut inlines = inline::inlines(&pieces);
        if let Some(label) = self.footnote.take() {
            inlines.insert(0, Inline { text: Foreign::from(format!("[^{label}]: ")), ..Inline::default() });
        }
        if let (false, Some(at)) = (inlines.is_empty(), at) {
            let words = inline::words(&inlines);
            let block = self.push(Block::Paragraph(inlines), at);
            self.before = Some((block, words));
        }
    }

    fn item(&mut self, mut pieces: Pieces<'t>) {
        let Some(item) = self.items.last() else { return };
        let (at, task) = (item.at, item.task);
        let marker = match (task, item.number) {
            (Some(ticked), _) => Marker::Task(ticked),
            (None, Some(number)) => Marker::Number(number),
            (None, None) => Marker::Bullet,
        };
        let end = pieces.iter().map(|(_, range)| range.end).max().unwrap_or(at);
        let (found, cut) = tail::of_line(self.text, &pieces, task.is_some());
        if let Some(cut) = cut {
            inline::cut(&mut pieces, cut);
        }
        let inlines = inline::one_line(&pieces);
        let words = inline::words(&inlines);
        let block = self.push(Block::Item(marker, inlines), at);
        let mark = self.mark(block, at, found, Shape::Item(words, task.is_some()), end);
        if let Some(item) = self.items.last_mut() {
            item.mark = Some(mark);
        }
    }

    fn heading(&mut self, level: HeadingLevel, range: Range<usize>) {
        let mut pieces = std::mem::take(&mut self.pieces);
        self.leaf = None;
        let (found, cut) = tail::of_line(self.text, &pieces, false);
        if let Some(cut) = cut {
            inline::cut(&mut pieces, cut);
        }
        let inlines = inline::one_line(&pieces);
        let words = inline::words(&inlines);
        let level = level as u8;
        let block = self.push(Block::Heading(level, inlines, 0), range.start);
        self.mark(block, range.start, found, Shape::Heading(level, words), range.end);
    }

    fn code(&mut self) {
        let Some((range, fenced, code)) = self.code.take() else { return };
        let shown = code.strip_suffix('\n').unwrap_or(&code);
        if !fenced {
            self.push(Block::Code(String::new(), Foreign::from(shown)), range.start);
            return;
        }
        let info = fence::info(self.text, &range);
        let beside = [info.title.as_deref(), info.rest.as_deref()];
        for words in beside.into_iter().flatten() {
            let style = Style { emphasis: true, ..Style::default() };
            let words = Inline { text: Foreign::from(words), style, link: None };
            self.push(Block::Paragraph(vec![words]), range.start);
        }
        let last = self.reading.blocks.len().wrapping_sub(1);
        let small = |count: usize| u8::try_from(count).unwrap_or(u8::MAX);
        let here = (small(self.lists.len()), small(self.quoted));
        let before = self.before.take().filter(|(block, _)| {
            *block == last && self.reading.blocks.get(last).is_some_and(|placed| (placed.depth, placed.quoted) == here)
        });
        let block = self.push(Block::Code(info.language.clone(), Foreign::from(shown)), range.start);
        let shape = Shape::Fence(info.clone(), code, before.map(|(_, words)| words));
        self.mark(block, range.start, info.found, shape, range.end);
    }

    fn html(&mut self) {
        let Some((at, html)) = self.html.take() else { return };
        let shown = html.trim_end();
        if !shown.trim_start().starts_with("<!--") || !shown.ends_with("-->") || shown.matches("<!--").count() > 1 {
            self.push(Block::Html(Foreign::from(shown)), at);
            return;
        }
        let source = self.text.get(at..).unwrap_or_default();
        let blanks = source.len() - source.trim_start().len();
        let end = source.find("-->").map_or(at, |end| at + end + 3);
        let found = tail::of_comment(self.text, at + blanks..end);
        if found == Found::Nothing {
            return;
        }
        let last = self.last.filter(|(_, end)| {
            let between = self.text.get(*end..at).unwrap_or("?");
            between.chars().all(|c| c.is_whitespace() || c == '>')
        });
        match last.and_then(|(mark, _)| self.reading.marks.get_mut(mark)) {
            Some(mark) if mark.found == Found::Nothing => mark.found = found,
            Some(_) | None => self.reading.strays.push(at + blanks..end),
        }
    }
}

fn alert(kind: BlockQuoteKind) -> &'static str {
    match kind {
        BlockQuoteKind::Note => "Note",
        BlockQuoteKind::Tip => "Tip",
        BlockQuoteKind::Important => "Important",
        BlockQuoteKind::Warning => "Warning",
        BlockQuoteKind::Caution => "Caution",
    }
}
