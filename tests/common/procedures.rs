//! Documents and runs of them, put together by hand: what the loader and the engine would say.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::sync::Arc;
use std::time::Duration;

use quarterdeck::domain::procedure::{
    Block, Danger, Doing, Header, Inline, Kind, Language, Marker, Options, Part, Placed, Role, Section, Style, Target,
    Way,
};
use quarterdeck::domain::run::{Decided, Reason, RunDocument, RunState, RunStep, StepState, StepVerdict};
use quarterdeck::domain::{
    EnvName, Environment, HostName, PartId, Procedure, ProcedureName, Run, RunId, ServiceName, SiteName,
};
use quarterdeck::port::Event;
use quarterdeck::port::act::RunNews;
use quarterdeck::port::procedure::{Piece, ProcedureNews};
use quarterdeck::text::Foreign;

use super::console::Console;
use super::scene;

pub fn inline(text: &str) -> Vec<Inline> {
    // `code`, **strong**, *emphasis*: enough of Markdown to look at.
    let mut all = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['`', '*', '[']) {
        let (mark, style) = match &rest[at..] {
            r if r.starts_with("**") => ("**", Style { strong: true, ..Style::default() }),
            r if r.starts_with('*') => ("*", Style { emphasis: true, ..Style::default() }),
            r if r.starts_with('`') => ("`", Style { code: true, ..Style::default() }),
            _ => ("]", Style::default()),
        };
        let from = at + if mark == "]" { 1 } else { mark.len() };
        let Some(end) = rest[from..].find(mark).map(|end| from + end) else { break };
        all.push(Inline { text: Foreign::from(&rest[..at]), ..Inline::default() });
        let link = (mark == "]").then(|| "https://status.example.org".to_owned());
        all.push(Inline { text: Foreign::from(&rest[from..end]), style, link });
        rest = &rest[end + mark.len()..];
    }
    all.push(Inline { text: Foreign::from(rest), ..Inline::default() });
    all.retain(|inline| !inline.text.is_empty());
    all
}

/// A document that grows line by line.
pub struct Doc(pub Procedure);

impl Doc {
    pub fn new(name: &str, title: &str, kind: Kind) -> Self {
        let header = Header { title: Foreign::from(title), kind, ..Header::default() };
        let mut doc = Self(Procedure {
            name: ProcedureName::new(name).unwrap(),
            file: format!("procedures/{name}.md"),
            digest: format!("{:064x}", name.len()),
            text: Arc::from(format!("# {title}\n")),
            header,
            sections: Vec::new(),
            blocks: Vec::new(),
            parts: Vec::new(),
        });
        doc.heading(1, title);
        doc
    }

    fn block(&mut self, depth: u8, part: Option<usize>, block: Block) -> &mut Self {
        let line = self.0.blocks.len() * 2 + 1;
        self.0.blocks.push(Placed { line, depth, quoted: 0, part, block });
        self
    }

    pub fn heading(&mut self, level: u8, title: &str) -> &mut Self {
        let number = self.0.sections.len();
        let role = match title {
            "Rollback" => Role::Rollback,
            "Gate" => Role::Gate,
            "Verify" => Role::Verify,
            phase if phase.starts_with("Phase") => Role::Phase,
            _ => Role::Plain,
        };
        self.0.sections.push(Section {
            title: Foreign::from(title),
            anchor: title.to_lowercase().replace(' ', "-"),
            level,
            line: number + 1,
            inside: None,
            role,
            budget: None,
            parallel: 1,
            due: None,
        });
        self.block(0, None, Block::Heading(level, inline(title), number))
    }

    pub fn text(&mut self, text: &str) -> &mut Self {
        self.block(0, None, Block::Paragraph(inline(text)))
    }

    pub fn quote(&mut self, text: &str) -> &mut Self {
        self.block(0, None, Block::Paragraph(inline(text)));
        self.0.blocks.last_mut().unwrap().quoted = 1;
        self
    }

    pub fn bullet(&mut self, text: &str) -> &mut Self {
        self.block(1, None, Block::Item(Marker::Bullet, inline(text)))
    }

    pub fn code(&mut self, language: &str, text: &str) -> &mut Self {
        self.block(0, None, Block::Code(language.into(), Foreign::from(text)))
    }

    pub fn table(&mut self, rows: &[&[&str]]) -> &mut Self {
        let row = |cells: &&[&str]| cells.iter().map(|cell| inline(cell)).collect::<Vec<_>>();
        let block = Block::Table(row(&rows[0]), rows[1..].iter().map(row).collect());
        self.block(0, None, block)
    }

    pub fn html(&mut self, text: &str) -> &mut Self {
        self.block(0, None, Block::Html(Foreign::from(text)))
    }

    fn part(&mut self, title: &str, doing: Doing, options: Options) -> usize {
        let id: String =
            title.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let id = id.trim_matches('-').chars().take(40).collect::<String>();
        self.0.parts.push(Part {
            id: PartId::new(id.trim_end_matches('-')).unwrap(),
            title: Foreign::from(title),
            line: self.0.blocks.len() * 2 + 1,
            section: self.0.sections.len().checked_sub(1),
            block: self.0.blocks.len(),
            doing,
            options,
            misread: None,
        });
        self.0.parts.len() - 1
    }

    pub fn ask(&mut self, title: &str) -> &mut Self {
        let part = self.part(title, Doing::Ask, Options::default());
        self.block(1, Some(part), Block::Item(Marker::Task(false), inline(title)))
    }

    pub fn decide(&mut self, title: &str, ways: &[(&str, &str)]) -> &mut Self {
        let ways =
            ways.iter().map(|(word, about)| Way { word: (*word).into(), about: Foreign::from(*about) }).collect();
        let part = self.part(title, Doing::Decide(ways), Options::default());
        self.block(1, Some(part), Block::Item(Marker::Task(false), inline(title)))
    }

    /// A step with its command: the title is an item or a paragraph, the command a block of code in it.
    pub fn run(&mut self, title: &str, command: &str, hosts: &[&str], danger: Danger) -> &mut Self {
        self.run_with(title, command, hosts, danger, |_| {})
    }

    pub fn run_with(
        &mut self,
        title: &str,
        command: &str,
        hosts: &[&str],
        danger: Danger,
        more: impl FnOnce(&mut Options),
    ) -> &mut Self {
        let targets = hosts.iter().map(|host| match *host {
            "here" => Target::Here,
            name => Target::Host(HostName::new(name).unwrap()),
        });
        let mut options = Options { targets: targets.collect(), danger: Some(danger), ..Options::default() };
        more(&mut options);
        let part = self.part(title, Doing::Run(Language::Sh, command.to_owned()), options);
        self.block(1, Some(part), Block::Item(Marker::Bullet, inline(title)));
        self.block(1, Some(part), Block::Code("sh".into(), Foreign::from(command)))
    }

    /// How long the section that was begun last may take.
    pub fn budget(&mut self, span: Duration) -> &mut Self {
        self.0.sections.last_mut().unwrap().budget = Some(span);
        self
    }

    /// The part that was written last is another kind, with other options.
    pub fn but(&mut self, more: impl FnOnce(&mut Part)) -> &mut Self {
        more(self.0.parts.last_mut().unwrap());
        self
    }

    pub fn symptoms(&mut self, symptoms: &[&str]) -> &mut Self {
        self.0.header.symptoms = symptoms.iter().map(|one| (*one).to_owned()).collect();
        self
    }

    pub fn services(&mut self, services: &[&str]) -> &mut Self {
        self.0.header.services = services.iter().map(|one| ServiceName::new(one).unwrap()).collect();
        self
    }

    pub fn review(&mut self, date: &str) -> &mut Self {
        self.0.header.review = Some(date.parse().unwrap());
        self
    }

    pub fn done(&mut self) -> Arc<Procedure> {
        Arc::new(self.0.clone())
    }
}

/// What one follows when payments fail.
pub fn payments() -> Arc<Procedure> {
    let both = &["app-1", "app-2"];
    Doc::new("payments-failing", "Payments failing", Kind::Runbook)
        .services(&["backend", "settlement"])
        .symptoms(&["payment_error", "webhook.*signature", "unhandled rejection"])
        .review("2026-09-30")
        .text("Orders reach checkout, the charge is **refused** or never confirmed. Symptom in the log: `payment_error`.")
        .heading(2, "Assess")
        .ask("Acknowledged in #incidents")
        .ask("The [provider's status page] shows no outage")
        .run("Errors by kind, last 15 minutes", "journalctl -u pakashop-backend -S -15m -o cat |\n  jq -r 'select(.msg==\"payment_error\").kind' | # one kind a line\n  sort | uniq -c", both, Danger::Read)
        .heading(2, "Mitigate")
        .run("Compare the webhook secret with the provider's", "sha256sum < /opt/pakashop/services/backend/.webhook_secret\ncurl -s \"$PROVIDER/endpoints/$id\" | jq -r .secret_sha256", both, Danger::Read)
        .run("Put the new secret in place", "install -m 0400 \"$NEW_SECRET\" /opt/pakashop/services/backend/.webhook_secret", both, Danger::Change)
        .run("Restart backend and settlement in order", "sudo systemctl restart pakashop-backend pakashop-settlement", &["app-1"], Danger::Change)
        .decide("Do payments go through again?", &[("yes", "go on with Resolve"), ("no", "roll back the last release")])
        .heading(2, "Resolve")
        .table(&[&["Metric", "Well when"], &["`payment_error_rate`", "under 1 % for 10 minutes"], &["webhook latency", "p95 under 500 ms"]])
        .ask("The status page says resolved")
        .quote("Customers read the status page first: write when the next word comes.")
        .done()
}

pub fn library() -> Vec<Arc<Procedure>> {
    let mut all = vec![
        payments(),
        Doc::new("database-restore", "Restore the database from a backup", Kind::Restore)
            .services(&["postgresql"])
            .review("2026-01-31")
            .run("Newest dump", "ls -t /var/backups/pakashop | head -1", &["db-1"], Danger::Read)
            .run("Restore it", "pg_restore --clean -d pakashop \"$dump\"", &["db-1"], Danger::Destructive)
            .done(),
        Doc::new("redis-memory", "Redis runs out of memory", Kind::Runbook)
            .services(&["redis"])
            .symptoms(&["OOM command not allowed", "maxmemory"])
            .run("What takes the memory", "redis-cli info memory", &["db-1"], Danger::Read)
            .ask("The team that owns the keys knows")
            .done(),
        Doc::new("disk-full", "A disk is full", Kind::Runbook)
            .symptoms(&["disk .* 9[0-9]% full", "No space left"])
            .run("What is large", "sudo du -xhd2 /var | sort -h | tail", &[], Danger::Read)
            .done(),
        Doc::new("secrets", "Rotating secrets", Kind::Guide).text("How it is done.").done(),
        Doc::new("deploy", "Deploy the shop", Kind::Deploy)
            .services(&["backend", "gateway"])
            .ask("Announced")
            .run("Pull", "git -C /opt/pakashop pull --ff-only", &["app-1", "app-2"], Danger::Change)
            .done(),
    ];
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// Production of the shop with these procedures.
pub fn production(procedures: Vec<Arc<Procedure>>) -> Environment {
    Environment { procedures, ..scene::production() }
}

pub fn run_id(number: u32) -> RunId {
    RunId::new(&format!("01939a2e-77aa-7c11-8f3e-{number:012}")).unwrap()
}

/// A run of a whole procedure with nothing done yet: a step for each part on each of its hosts.
pub fn run_of(procedure: &Procedure, number: u32, begun: &str) -> Run {
    let steps = procedure.parts.iter().flat_map(|part| {
        let hosts: Vec<String> = part.options.targets.iter().map(ToString::to_string).collect();
        let hosts = if hosts.is_empty() { vec!["here".to_owned()] } else { hosts };
        hosts.into_iter().map(|host| RunStep {
            host: HostName::new(&host).unwrap(),
            part: Some(part.id.clone()),
            command: match &part.doing {
                Doing::Run(_, text) => text.clone(),
                _ => String::new(),
            },
            ..RunStep::default()
        })
    });
    Run {
        id: run_id(number),
        site: SiteName::new("pakashop").unwrap(),
        environment: EnvName::new("production").unwrap(),
        person: "ada".into(),
        workstation: "ada@desk".into(),
        kind: procedure.header.kind.word().into(),
        title: procedure.header.title.plain(),
        confirmed: "typed".into(),
        begun: scene::at(begun),
        ended: None,
        state: RunState::Running,
        document: Some(RunDocument {
            name: procedure.name.clone(),
            digest: procedure.digest.clone(),
            whole: true,
            given: Vec::new(),
            decided: Default::default(),
        }),
        steps: steps.collect(),
    }
}

/// A run that goes on, told step by step.
pub struct Told {
    pub run: Run,
    offsets: Vec<u64>,
}

impl Told {
    pub fn begin(console: &mut Console, run: Run) -> Self {
        console.say(Event::Run(RunNews::Begun(Box::new(run.clone()))));
        let offsets = vec![0; run.steps.len()];
        Self { run, offsets }
    }

    pub fn step(&mut self, console: &mut Console, number: usize, how: impl FnOnce(&mut RunStep)) -> &mut Self {
        let now = console.now().wall;
        let step = &mut self.run.steps[number];
        step.at = Some(now);
        step.attempt = step.attempt.max(1);
        how(step);
        console.say(Event::Run(RunNews::Step(self.run.id.clone(), number, Box::new(step.clone()))));
        self
    }

    /// More steps are recorded behind the others, of which none has begun.
    pub fn more(&mut self, console: &mut Console, steps: impl IntoIterator<Item = RunStep>) -> &mut Self {
        for step in steps {
            let number = self.run.steps.len();
            self.run.steps.push(step.clone());
            self.offsets.push(0);
            console.say(Event::Run(RunNews::Step(self.run.id.clone(), number, Box::new(step))));
        }
        self
    }

    /// Something is decided of the run as a whole.
    pub fn decided(&mut self, console: &mut Console, how: impl FnOnce(&mut Decided)) -> &mut Self {
        let mut decided = Decided::default();
        how(&mut decided);
        self.run.decide(&decided);
        console.say(Event::Run(RunNews::Decided(self.run.id.clone(), Box::new(decided))));
        self
    }

    pub fn started(&mut self, console: &mut Console, number: usize) -> &mut Self {
        self.step(console, number, |step| step.state = StepState::Started)
    }

    pub fn done(&mut self, console: &mut Console, number: usize, millis: u64) -> &mut Self {
        self.step(console, number, |step| {
            (step.state, step.exit) = (StepState::Verified, Some(0));
            step.verdict = Some(StepVerdict { took: Duration::from_millis(millis), checks: Vec::new() });
        })
    }

    pub fn ticked(&mut self, console: &mut Console, number: usize, by: &str) -> &mut Self {
        self.step(console, number, |step| (step.state, step.by) = (StepState::Verified, Some(by.into())))
    }

    pub fn failed(&mut self, console: &mut Console, number: usize, exit: i32, note: &str) -> &mut Self {
        self.step(console, number, |step| {
            (step.state, step.exit, step.reason) = (StepState::Failed, Some(exit), Some(Reason::NonZeroExit));
            step.note = Foreign::from(note);
        })
    }

    pub fn says(&mut self, console: &mut Console, number: usize, text: &str) -> &mut Self {
        let offset = self.offsets[number];
        self.offsets[number] += text.len() as u64;
        let attempt = self.run.steps[number].attempt.max(1);
        let piece = Piece { step: number, attempt, error: false, offset, bytes: Foreign::from(text) };
        console.say(Event::Procedure(ProcedureNews::Output(self.run.id.clone(), piece)));
        self
    }
}

/// A deploy whose gate has evidence to be judged and items that somebody with a role may waive.
pub fn gated() -> Arc<Procedure> {
    let waiver =
        |options: &mut Options| options.waiver = Some(quarterdeck::domain::RoleName::new("release-lead").unwrap());
    let mut doc = Doc::new("deploy-shop", "Deploy the shop behind its gate", Kind::Deploy);
    doc.heading(2, "Gate")
        .run_with("Disks have room for two releases", "df -h /opt", &["app-1"], Danger::Read, waiver)
        .run_with(
            "Errors of the last hour",
            "journalctl -u pakashop-backend -p err -S -1h",
            &["app-1"],
            Danger::Read,
            |options| {
                options.evidence = true;
                waiver(options);
            },
        )
        .ask("Support knows that the shop is deployed tonight")
        .heading(2, "Phase 1: the shop")
        .run("Pull", "git -C /opt/pakashop pull --ff-only", &["app-1", "app-2"], Danger::Change)
        .run("Restart the backend", "systemctl restart pakashop-backend", &["app-1", "app-2"], Danger::Change);
    doc.done()
}

/// Production with that procedure, and the person at this console with the role that may waive, or without it.
pub fn gated_production(may: bool) -> Environment {
    let role = quarterdeck::domain::RoleName::new("release-lead").unwrap();
    let people = if may { vec![String::new(), "ada".to_owned()] } else { vec!["grace".to_owned()] };
    let roles = quarterdeck::domain::Roles::new([(role, people)]);
    Environment { roles: roles.into(), ..production(vec![gated()]) }
}
