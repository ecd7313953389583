//! The places of procedures that draw foreign text: documents are written by anybody, and commands print anything.
#![allow(clippy::field_reassign_with_default, reason = "the state has fields of its own")]

use std::rc::Rc;
use std::sync::Arc;

use quarterdeck::domain::procedure::{Block, Doing, Header, Inline, Language, Marker, Options, Part, Placed};
use quarterdeck::domain::run::{RunDocument, RunState, RunStep, StepState};
use quarterdeck::domain::{Environment, HostName, PartId, Procedure, ProcedureName, Run};
use quarterdeck::port::act::RunNews;
use quarterdeck::port::procedure::Piece;
use quarterdeck::screens::choose::About;
use quarterdeck::screens::procedure::{Desk, Focus, State, view};
use quarterdeck::screens::{choose, runbooks};
use quarterdeck::state::Runs;
use quarterdeck::state::procedures::{Conducted, Sheet, Shelf};
use quarterdeck::style::Styles;
use quarterdeck::text::Foreign;
use quarterdeck::ui::Pen;
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::screens::{below, clock, styles};
use crate::sites::{NEIGHBOUR, Site};
use crate::{past, scene};

/// Every place of them.
pub const PROCEDURES: &[Site] = &[
    Site { name: "heading of a procedure", name_rules: false, draw: heading },
    Site { name: "item of a procedure", name_rules: false, draw: item },
    Site { name: "code of a procedure", name_rules: false, draw: code },
    Site { name: "cell of a procedure's table", name_rules: false, draw: cell },
    Site { name: "title of a step", name_rules: false, draw: step },
    Site { name: "output of a step", name_rules: false, draw: output },
    Site { name: "title in the list of procedures", name_rules: false, draw: listed },
    Site { name: "evidence of a failure", name_rules: false, draw: evidence },
];

fn inlines(text: &[u8]) -> Vec<Inline> {
    vec![Inline { text: text.into(), ..Inline::default() }]
}

/// A document of one block with a step that is called so.
fn document(title: &[u8], step: &[u8], block: Block) -> Arc<Procedure> {
    let part = Part {
        id: PartId::new("look").unwrap(),
        title: step.into(),
        line: 1,
        section: None,
        block: 0,
        doing: Doing::Run(Language::Sh, "true".into()),
        options: Options::default(),
        misread: None,
    };
    Arc::new(Procedure {
        name: ProcedureName::new("look").unwrap(),
        file: "procedures/look.md".into(),
        digest: "0".repeat(64),
        text: Arc::from(""),
        header: Header { title: title.into(), ..Header::default() },
        sections: Vec::new(),
        blocks: vec![Placed { line: 1, depth: 0, quoted: 0, part: None, block }],
        parts: vec![part],
    })
}

/// Where they are drawn: made once, because there are many draws.
fn place() -> Rc<(Environment, Styles)> {
    thread_local!(static PLACE: Rc<(Environment, Styles)> = Rc::new((scene::production(), styles())));
    PLACE.with(Rc::clone)
}

/// Draws a document, or one of the panes beside it, above the neighbour.
fn drawn(frame: &mut Frame<'_>, procedure: &Arc<Procedure>, conducted: &Conducted, focus: Focus) {
    let (place, area) = (place(), frame.area());
    let (environment, styles) = &*place;
    let above = Rect { height: area.height.saturating_sub(1), ..area };
    let mut state = State::default();
    state.open(Arc::clone(procedure), None);
    (state.focus, state.zoomed, state.cursor) = (focus, true, Some(0));
    let conduct = conducted.all().first();
    let desk = Desk {
        grades: &[],
        environment,
        sheet: Sheet { procedure, run: conduct.map(|conduct| &conduct.run) },
        conduct,
        past: false,
        runs: &[],
        person: "ada",
        clock: clock(),
        glyphs: styles.glyphs,
    };
    let mut pen = Pen::new(frame.buffer_mut(), styles, clock());
    view(&state, &desk, &mut pen, above);
    frame.render_widget(NEIGHBOUR, Rect { y: area.y + above.height, height: area.height - above.height, ..area });
}

fn page(frame: &mut Frame<'_>, block: Block) {
    drawn(frame, &document(b"x", b"x", block), &Conducted::default(), Focus::Document);
}

fn heading(frame: &mut Frame<'_>, text: &[u8]) {
    page(frame, Block::Heading(1, inlines(text), 0));
}

fn item(frame: &mut Frame<'_>, text: &[u8]) {
    page(frame, Block::Item(Marker::Bullet, inlines(text)));
}

fn code(frame: &mut Frame<'_>, text: &[u8]) {
    page(frame, Block::Code("sh".into(), text.into()));
}

fn cell(frame: &mut Frame<'_>, text: &[u8]) {
    page(frame, Block::Table(vec![inlines(text), inlines(b"b")], Vec::new()));
}

fn step(frame: &mut Frame<'_>, text: &[u8]) {
    let procedure = document(b"x", text, Block::Rule);
    drawn(frame, &procedure, &Conducted::default(), Focus::Steps);
}

fn output(frame: &mut Frame<'_>, text: &[u8]) {
    let procedure = document(b"x", b"x", Block::Rule);
    let document = RunDocument {
        name: procedure.name.clone(),
        digest: procedure.digest.clone(),
        whole: true,
        given: Vec::new(),
        decided: Default::default(),
    };
    let step = RunStep {
        host: HostName::new("app-2").unwrap(),
        part: Some(PartId::new("look").unwrap()),
        state: StepState::Started,
        attempt: 1,
        ..RunStep::default()
    };
    let run = Run {
        state: RunState::Running,
        ended: None,
        document: Some(document),
        steps: vec![step],
        ..past::night().swap_remove(1)
    };
    let mut conducted = Conducted::default();
    conducted.observe(&RunNews::Begun(Box::new(run.clone())), clock().now);
    let piece = Piece { step: 0, attempt: 1, error: false, offset: 0, bytes: text.into() };
    conducted.get_mut(&run.id).unwrap().printed.entry((0, 1)).or_default().take(&piece);
    drawn(frame, &procedure, &conducted, Focus::Output);
}

fn listed(frame: &mut Frame<'_>, text: &[u8]) {
    let (place, area) = (place(), frame.area());
    let (environment, styles) = &*place;
    let procedures = vec![document(text, b"x", Block::Rule)];
    let environment = Environment { procedures, services: Vec::new(), ..environment.clone() };
    let (runs, conducted) = (Runs::default(), Conducted::default());
    let above = Rect { height: area.height.saturating_sub(1), ..area };
    let shelf = Shelf { environment: &environment, runs: &runs, conducted: &conducted };
    let mut state = runbooks::State::default();
    state.in_detail = true;
    let mut pen = Pen::new(frame.buffer_mut(), styles, clock());
    runbooks::view(&state, shelf, "procedures", &mut pen, above);
    frame.render_widget(NEIGHBOUR, Rect { y: area.y + above.height, height: area.height - above.height, ..area });
}

fn evidence(frame: &mut Frame<'_>, text: &[u8]) {
    let about = vec![About { heading: "saw".into(), text: Foreign::from(text), difference: false }];
    let columns = usize::from(frame.area().width);
    below(frame, &choose::lines(&about, columns, clock(), place().1.glyphs), "saw");
}
