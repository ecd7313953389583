//! Runs of procedures: what is kept beside them, and that a dead program's run is taken over by exactly one.

use std::io::{BufRead, BufReader};
use std::process::Child;
use std::sync::Arc;

use jiff::{Span, Timestamp};
use quarterdeck::domain::procedure::Given;
use quarterdeck::domain::run::{Reason, RunDocument, RunState, RunStep, StepState};
use quarterdeck::domain::{HostName, InputName, PartId, ProcedureName, Run, RunId};
use quarterdeck::engine::jobs::Offsets;
use quarterdeck::engine::store::{Adopted, Document, KEPT, PastWish, Recorded, RunsWish, Store, Taker, Who, Why};
use quarterdeck::port::procedure::Piece;

use super::common::{ALL, as_child, child, close, found, open, run, stands};
use super::lab::{repetitions, report};

/// A run of a procedure with so many parts, of which none was begun.
pub fn procedure(name: &str, parts: usize) -> Run {
    let mut run = run(&format!("{name} on {parts} hosts"), parts);
    run.kind = "runbook".into();
    run.document = Some(RunDocument {
        name: ProcedureName::new(name).unwrap(),
        digest: "a1".repeat(32),
        whole: true,
        given: vec![given("version", Some("1.2.3")), given("password", None)],
        decided: Default::default(),
    });
    for (number, step) in run.steps.iter_mut().enumerate() {
        step.part = Some(PartId::new(&format!("part-{number}")).unwrap());
        step.service = None;
        step.unit = None;
    }
    run
}

fn given(name: &str, value: Option<&str>) -> Given {
    Given { name: InputName::new(name).unwrap(), value: value.map(str::to_owned) }
}

pub fn who(person: &str) -> Who {
    Who { person: person.to_owned(), workstation: format!("{person}@desk") }
}

fn piece(step: usize, offset: u64, bytes: &[u8]) -> Piece {
    Piece { step, attempt: 1, error: false, offset, bytes: bytes.into() }
}

fn wish(name: &str) -> PastWish {
    PastWish { site: quarterdeck::domain::SiteName::new("shop").unwrap(), procedure: ProcedureName::new(name).unwrap() }
}

#[tokio::test]
async fn a_run_of_a_procedure_comes_back_with_its_document_and_everything_of_its_steps() {
    let folder = tempfile::tempdir().unwrap();
    let mut written = procedure("payments-failing", 2);
    {
        let store = open(folder.path()).await;
        store.begin(written.clone()).await.unwrap();
        let text: Arc<str> = "# Payments fail\n\nLook.\n".into();
        let document = Document {
            digest: "a1".repeat(32),
            name: ProcedureName::new("payments-failing").unwrap(),
            site: written.site.clone(),
            environment: written.environment.clone(),
            person: "ada".into(),
            text,
        };
        for _ in 0..2 {
            store.keep_document(document.clone(), Timestamp::now()).await.unwrap();
        }
        let other = Document { text: "# Forged\n".into(), ..document.clone() };
        store.keep_document(other, Timestamp::now()).await.unwrap();
        assert_eq!(store.document("a1".repeat(32)).await.unwrap(), Some(document), "the first stays");
        assert_eq!(store.document("b2".repeat(32)).await.unwrap(), None);

        let mut step = stands(&written.steps[0], StepState::Failed, b"no\xff");
        (step.attempt, step.reason, step.exit) = (2, Some(Reason::NonZeroExit), Some(3));
        (step.by, step.value) = (Some("bob".into()), Some("yes".into()));
        store.step(written.id.clone(), 0, step.clone()).await.unwrap();
        written.steps[0] = step;
        let told = vec![given("version", Some("1.2.4")), given("host", Some("app-1"))];
        store.give(written.id.clone(), told, Timestamp::now()).await.unwrap();
        let document = written.document.as_mut().unwrap();
        document.given = vec![given("version", Some("1.2.4")), given("password", None), given("host", Some("app-1"))];
    }
    let store = open(folder.path()).await;
    assert_eq!(store.runs(ALL).await.unwrap(), [written.clone()]);
    let records = store.records(written.id.clone()).await.unwrap();
    assert!(matches!(&records[0].what, Recorded::Whole(run) if run.steps.len() == 2), "{records:?}");
    assert!(matches!(&records[1].what, Recorded::Step(0, step) if step.attempt == 2));
    assert!(matches!(&records[2].what, Recorded::Given(given) if given.len() == 2));
    assert_eq!(records.len(), 3);
    let bytes: Vec<u8> = found(folder.path(), "store.").iter().flat_map(|path| std::fs::read(path).unwrap()).collect();
    assert!(bytes.windows(5).any(|five| five == b"1.2.4"), "values are there; of secrets there is only the name");
}

#[tokio::test]
async fn output_is_kept_once_however_it_is_cut_and_no_more_than_there_is_room_for() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let written = procedure("sweep", 3);
    let id = written.id.clone();
    store.begin(written).await.unwrap();
    let whole: Vec<u8> = (0..20_000u32).flat_map(|line| format!("line {line}\n").into_bytes()).collect();
    // Pieces of any length from any place, again and again; `seed` makes the same ones each time.
    let mut seed = fastrand::Rng::with_seed(7);
    let mut reached = 0;
    while reached < whole.len() {
        let from = seed.usize(..=reached);
        let until = (from + seed.usize(1..9_000)).min(whole.len());
        store.output(id.clone(), vec![piece(1, from as u64, &whole[from..until])]).await.unwrap();
        reached = reached.max(until);
    }
    // What lies ahead may come first, and two streams and two tries keep apart.
    let error = Piece { error: true, ..piece(1, 4, b"EFGH") };
    store.output(id.clone(), vec![error, Piece { error: true, ..piece(1, 0, b"abcdXY") }]).await.unwrap();
    store.output(id.clone(), vec![Piece { attempt: 2, ..piece(1, 0, b"again") }]).await.unwrap();
    let kept = store.outputs(id.clone(), usize::MAX).await.unwrap();
    let bytes = |attempt: u32, error: bool| -> Vec<u8> {
        let mut at = None;
        let of = kept.pieces.iter().filter(|piece| piece.attempt == attempt && piece.error == error);
        of.flat_map(|piece| {
            assert!(at.is_none_or(|at| at == piece.offset), "a gap or a byte twice");
            at = Some(piece.offset + piece.bytes.raw().len() as u64);
            piece.bytes.raw().to_vec()
        })
        .collect()
    };
    assert_eq!((bytes(1, false), bytes(1, true)), (whole.clone(), b"abcdEFGH".to_vec()));
    assert_eq!(bytes(2, false), b"again");
    assert_eq!(kept.reached(1, 1), Offsets { output: whole.len() as u64, error: 8 });
    assert_eq!(kept.reached(2, 1), Offsets::default());

    let tail = store.outputs(id.clone(), 6).await.unwrap();
    let last: Vec<u8> =
        tail.pieces.iter().find(|piece| piece.attempt == 1 && !piece.error).unwrap().bytes.raw().to_vec();
    assert_eq!(last, whole[whole.len() - 6..]);

    let block = vec![b'x'; 3 << 20];
    for number in 0..4u64 {
        store.output(id.clone(), vec![piece(2, number * block.len() as u64, &block)]).await.unwrap();
    }
    let kept = store.outputs(id.clone(), usize::MAX).await.unwrap();
    let of_it: u64 =
        kept.pieces.iter().filter(|piece| piece.step == 2).map(|piece| piece.bytes.raw().len() as u64).sum();
    let one = kept.tries.iter().find(|one| one.step == 2).unwrap();
    assert_eq!((of_it, one.reached, one.cut), (KEPT, 12 << 20, (12 << 20) - KEPT));
    let elsewhere = RunId::new("01939a2e-77aa-7c11-8f3e-0123456789ab").unwrap();
    let lost = store.output(elsewhere, vec![piece(0, 0, b"x")]).await.unwrap_err();
    assert!(matches!(lost.why, Why::Missing(_)));
}

#[tokio::test]
async fn a_person_goes_on_with_parts_that_were_not_chosen_before() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let run = procedure("deploy", 1);
    store.begin(run.clone()).await.unwrap();
    let next = stands(&run.steps[0], StepState::Planned, b"");
    store.step(run.id.clone(), 1, next.clone()).await.unwrap();
    store.step(run.id.clone(), 1, stands(&next, StepState::Intent, b"")).await.unwrap();
    let kept = store.find(run.id.to_string()).await.unwrap();
    assert_eq!(kept[0].steps.len(), 2);
    assert_eq!(kept[0].steps[1].state, StepState::Intent);
    let gap = store.step(run.id.clone(), 3, next.clone()).await.unwrap_err();
    assert!(matches!(gap.why, Why::Missing(_)), "a step that leaves a gap: {gap}");
    // What a verb does is planned whole.
    let verb = super::common::run("restart pricing", 1);
    store.begin(verb.clone()).await.unwrap();
    let more = store.step(verb.id.clone(), 1, next).await.unwrap_err();
    assert!(matches!(more.why, Why::Missing(_)), "{more}");
}

#[tokio::test]
async fn what_was_typed_and_how_long_it_took_is_known_the_next_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let begun: Timestamp = "2026-11-21T02:00:00Z".parse().unwrap();
    for (version, seconds) in [("1.0", 40_i64), ("1.1", 10), ("1.1", 20), ("1.2", 30)] {
        let mut run = procedure("deploy", 1);
        run.document.as_mut().unwrap().given[0].value = Some(version.to_owned());
        store.begin(run.clone()).await.unwrap();
        let late = begun + Span::new().seconds(seconds);
        for (state, at) in [(StepState::Intent, begun), (StepState::Started, begun), (StepState::Verified, late)] {
            let mut step = RunStep { state, at: Some(at), ..run.steps[0].clone() };
            // What a person waited for, the way to the host with it, is what its log says that it took.
            let took = std::time::Duration::from_secs(seconds.unsigned_abs()) + std::time::Duration::from_secs(2);
            step.verdict = (state == StepState::Verified)
                .then(|| quarterdeck::domain::run::StepVerdict { took, checks: Vec::new() });
            store.step(run.id.clone(), 0, step).await.unwrap();
        }
        store.end(run.id, RunState::Succeeded, late).await.unwrap();
    }
    let past = store.past(wish("deploy")).await.unwrap();
    assert_eq!(past.typed(&InputName::new("version").unwrap()), ["1.2", "1.1", "1.0"]);
    assert!(past.typed(&InputName::new("password").unwrap()).is_empty());
    let (part, host) = (PartId::new("part-0").unwrap(), HostName::new("app-1").unwrap());
    assert_eq!(past.expected(&part, &host).unwrap().as_secs(), 32);
    assert_eq!(past.expected(&part, &HostName::new("db-1").unwrap()).unwrap().as_secs(), 32, "as elsewhere");
    assert_eq!(past.usually(&part).unwrap().as_secs(), 32);
    assert_eq!(past.expected(&PartId::new("other").unwrap(), &host), None);
    assert_eq!(store.past(wish("other")).await.unwrap(), Default::default());
}

#[tokio::test]
async fn runs_are_found_by_words_of_any_kind() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let mut first = procedure("payments-failing", 2);
    first.title = "Zahlungen über PayPal".into();
    let mut ticked = stands(&first.steps[1], StepState::Verified, b"");
    ticked.by = Some("Grace".into());
    store.begin(first.clone()).await.unwrap();
    store.step(first.id.clone(), 1, ticked).await.unwrap();
    store.begin(run("restart pricing", 1)).await.unwrap();
    for (words, count) in [
        ("ÜBER", 1),
        ("payments", 1),
        ("APP-1", 2),
        ("app-2", 1),
        ("grace", 1),
        ("ada app-1", 2),
        ("ada zahlungen app-2", 1),
        ("nobody", 0),
        ("%", 0),
    ] {
        let found = store.runs(RunsWish { words: Some(words.to_owned()), ..ALL }).await.unwrap();
        assert_eq!(found.len(), count, "{words}");
    }
}

/// Begins a run of a procedure, says so, and waits to be killed.
#[tokio::test]
async fn is_at_a_run_until_it_is_killed() {
    let Some(folder) = as_child() else { return };
    let store = open(&folder).await;
    let run = procedure("sweep", 3);
    store.begin(run.clone()).await.unwrap();
    for (number, state) in [StepState::Verified, StepState::Started].into_iter().enumerate() {
        store.step(run.id.clone(), number, stands(&run.steps[number], state, b"")).await.unwrap();
    }
    println!("ack {}", run.id);
    std::future::pending::<()>().await;
}

/// Tries to take over the one run that is there, once all others are there too, and says how that went.
#[tokio::test]
async fn races_for_a_run() {
    let Some(folder) = as_child() else { return };
    let store = open(&folder).await;
    println!("ready");
    while !folder.join("go").exists() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let run = store.runs(ALL).await.unwrap().remove(0);
    match store.adopt(run.id.clone(), who("racer"), Timestamp::now()).await {
        Ok(adopted) => {
            // The winner may go on.
            let step = stands(&adopted.run.steps[2], StepState::Intent, b"");
            store.step(run.id, 2, step).await.unwrap();
            println!("won {}", adopted.token);
        }
        Err(error) => println!("lost {}", matches!(error.why, Why::Lives | Why::Taken(_))),
    }
    // Whoever has won stays at it.
    while !folder.join("over").exists() {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

fn says(child: &mut Child, word: &str) -> String {
    let out = child.stdout.as_mut().unwrap();
    let mut line = String::new();
    let mut reader = BufReader::with_capacity(1, out);
    while !line.contains(word) {
        line.clear();
        assert!(reader.read_line(&mut line).unwrap() > 0, "it never said {word:?}");
    }
    line[line.find(word).unwrap()..].trim().to_owned()
}

#[tokio::test]
async fn e6_of_eight_consoles_exactly_one_takes_a_run_over() {
    let all = repetitions(2, 50);
    for _ in 0..all {
        let folder = tempfile::tempdir().unwrap();
        let mut first = child("procedures::is_at_a_run_until_it_is_killed", folder.path());
        let id = RunId::new(&says(&mut first, "ack ")[4..]).unwrap();
        let store = open(folder.path()).await;
        let refused = store.adopt(id.clone(), who("bob"), Timestamp::now()).await.unwrap_err();
        assert_eq!(refused.why, Why::Lives, "its program lives");
        assert!(store.resumable(ALL).await.unwrap().is_empty());
        first.kill().unwrap();
        first.wait().unwrap();
        assert!(store.abandoned(Timestamp::now()).await.unwrap().is_empty(), "it is not settled");
        let offered = store.resumable(ALL).await.unwrap();
        assert_eq!((offered.len(), offered[0].state), (1, RunState::Running));
        let states: Vec<StepState> = offered[0].steps.iter().map(|step| step.state).collect();
        assert_eq!(states, [StepState::Verified, StepState::Started, StepState::Planned], "exactly where it stood");

        let mut racers: Vec<Child> = (0..8).map(|_| child("procedures::races_for_a_run", folder.path())).collect();
        racers.iter_mut().for_each(|racer| drop(says(racer, "ready")));
        std::fs::write(folder.path().join("go"), "").unwrap();
        let ends: Vec<String> = racers
            .iter_mut()
            .map(|racer| {
                let out = racer.stdout.as_mut().unwrap();
                let mut lines = BufReader::with_capacity(1, out).lines().map_while(Result::ok);
                lines.find(|line| line.contains("won ") || line.contains("lost ")).unwrap()
            })
            .collect();
        std::fs::write(folder.path().join("over"), "").unwrap();
        racers.iter_mut().for_each(|racer| assert!(racer.wait().unwrap().success()));
        let won = ends.iter().filter(|end| end.contains("won 2")).count();
        let lost = ends.iter().filter(|end| end.contains("lost true")).count();
        assert_eq!((won, lost), (1, 7), "{ends:?}");
        let takeovers = store.records(id.clone()).await.unwrap().into_iter();
        let takeovers: Vec<_> = takeovers.filter(|record| matches!(record.what, Recorded::Taken(2))).collect();
        assert_eq!(takeovers.len(), 1);
        assert_eq!(takeovers[0].who, who("racer"));
    }
    report("E6", all, all, "8 consoles race for a run whose program died: 1 wins");
}

#[tokio::test]
async fn a_run_that_is_let_go_of_is_on_the_list_of_those_that_anybody_may_go_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = child("procedures::is_at_a_run_until_it_is_killed", folder.path());
    let id = RunId::new(&says(&mut first, "ack ")[4..]).unwrap();
    first.kill().unwrap();
    first.wait().unwrap();
    let (one, two) = (open(folder.path()).await, open(folder.path()).await);
    assert_eq!(one.adopt(id.clone(), who("ada"), Timestamp::now()).await.unwrap().token, 2);
    // Only whoever has it lets go of it.
    two.let_go(id.clone()).await.unwrap();
    assert!(one.resumable(ALL).await.unwrap().is_empty());
    // The lock host did not take it over: it is nobody's again, for this console too.
    one.let_go(id.clone()).await.unwrap();
    let said = one.records(id.clone()).await.unwrap();
    assert_eq!(said.last().unwrap().what, Recorded::LetGo(2), "nobody took it over");
    for store in [&one, &two] {
        assert_eq!(store.resumable(ALL).await.unwrap().len(), 1);
    }
    assert_eq!(one.adopt(id.clone(), who("ada"), Timestamp::now()).await.unwrap().token, 3);
    one.let_go(id.clone()).await.unwrap();
    assert_eq!(two.adopt(id, who("bob"), Timestamp::now()).await.unwrap().token, 4);
}

#[tokio::test]
async fn whoever_was_replaced_records_nothing_more_of_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (open(folder.path()).await, open(folder.path()).await);
    let run = procedure("sweep", 2);
    one.begin(run.clone()).await.unwrap();
    let intent = stands(&run.steps[0], StepState::Intent, b"");
    let late = two.step(run.id.clone(), 0, intent.clone()).await.unwrap_err();
    assert!(matches!(late.why, Why::Taken(_)), "nobody else writes into it: {late}");
    one.step(run.id.clone(), 0, intent.clone()).await.unwrap();

    // Another workstation has taken it over on the lock host.
    let mut theirs = one.runs(ALL).await.unwrap().remove(0);
    theirs.steps[0] = stands(&theirs.steps[0], StepState::Verified, b"done there");
    let adopted = quarterdeck::engine::store::Adopted { run: theirs.clone(), token: 2, takers: Vec::new() };
    one.take_in(adopted, who("bob"), false, Timestamp::now()).await.unwrap();
    let refused = one.step(run.id.clone(), 1, stands(&run.steps[1], StepState::Intent, b"")).await.unwrap_err();
    assert!(refused.to_string().contains("bob from bob@desk is at this run now"), "{refused}");
    assert!(one.end(run.id.clone(), RunState::Failed, Timestamp::now()).await.is_err());
    assert_eq!(one.runs(ALL).await.unwrap(), [theirs.clone()]);
    assert!(one.resumable(ALL).await.unwrap().is_empty(), "it goes on elsewhere");
    assert!(two.adopt(run.id.clone(), who("eve"), Timestamp::now()).await.is_err());

    // It comes back here, with all that was done there.
    theirs.steps[1] = stands(&theirs.steps[1], StepState::Started, b"");
    let back = |token| quarterdeck::engine::store::Adopted { run: theirs.clone(), token, takers: Vec::new() };
    assert!(two.take_in(back(2), who("ada"), true, Timestamp::now()).await.is_err(), "a token is used once");
    two.take_in(back(3), who("ada"), true, Timestamp::now()).await.unwrap();
    two.step(run.id.clone(), 1, stands(&theirs.steps[1], StepState::Verified, b"")).await.unwrap();
    two.end(run.id.clone(), RunState::Succeeded, Timestamp::now()).await.unwrap();
    assert_eq!(one.find(run.id.as_str().to_owned()).await.unwrap()[0].state, RunState::Succeeded);
}

#[tokio::test]
async fn who_took_a_run_over_is_recorded_once_each_with_the_moment_and_to_look_at_it_is_no_taking() {
    let folder = tempfile::tempdir().unwrap();
    let one = open(folder.path()).await;
    let run = procedure("sweep", 2);
    one.begin(run.clone()).await.unwrap();
    let taken = async || {
        let records = one.records(run.id.clone()).await.unwrap();
        let taken = records.into_iter().filter_map(|record| match record.what {
            Recorded::Taken(token) => Some((token, record.who.person, record.at)),
            _ => None,
        });
        taken.collect::<Vec<_>>()
    };
    let look = async |token, takers: &[Taker]| {
        let there = Adopted { run: run.clone(), token, takers: takers.to_vec() };
        one.take_in(there, who("eve"), false, Timestamp::now()).await.unwrap();
    };
    look(1, &[]).await;
    assert_eq!(taken().await, []);
    one.step(run.id.clone(), 0, stands(&run.steps[0], StepState::Intent, b"")).await.expect("it is still ours");
    let at = |second: i64| Timestamp::from_second(1_900_000_000 + second).unwrap();
    let chain = [("bob", 2, at(1)), ("eve", 3, at(2))];
    let chain = chain.map(|(name, token, at)| Taker { token, who: who(name), at });
    for _ in 0..2 {
        look(3, &chain).await;
    }
    assert_eq!(taken().await, [(2, "bob".to_owned(), at(1)), (3, "eve".to_owned(), at(2))]);
    let before = one.records(run.id.clone()).await.unwrap().len();
    look(3, &chain).await;
    assert_eq!(one.records(run.id.clone()).await.unwrap().len(), before, "what is known is not recorded again");
}

#[tokio::test]
async fn a_store_without_its_tables_of_runs_is_made_anew_with_documents_takeovers_and_output() {
    let folder = tempfile::tempdir().unwrap();
    let run = procedure("sweep", 2);
    let mut wanted = {
        let store = open(folder.path()).await;
        store.begin(run.clone()).await.unwrap();
        store.step(run.id.clone(), 0, stands(&run.steps[0], StepState::Verified, b"ok")).await.unwrap();
        store.give(run.id.clone(), vec![given("host", Some("db-1"))], Timestamp::now()).await.unwrap();
        store.output(run.id.clone(), vec![piece(0, 0, b"hello\n")]).await.unwrap();
        store.runs(ALL).await.unwrap()
    };
    close(folder.path());
    {
        let store = open(folder.path()).await;
        store.adopt(run.id.clone(), who("bob"), Timestamp::now()).await.unwrap();
        let step = stands(&run.steps[1], StepState::Started, b"");
        store.step(run.id.clone(), 1, step.clone()).await.unwrap();
        wanted[0].steps[1] = step;
    }
    close(folder.path());
    super::damage::spoil_tables(folder.path(), &["runs", "steps", "printed"]);
    let store = open(folder.path()).await;
    assert_eq!(store.runs(ALL).await.unwrap(), wanted);
    let outputs = store.outputs(run.id.clone(), 100).await.unwrap();
    assert_eq!((outputs.pieces.len(), outputs.reached(0, 1).output), (1, 6));
    let adopted = store.adopt(run.id.clone(), who("eve"), Timestamp::now()).await.unwrap();
    assert_eq!(adopted.token, 3, "tokens never go back");
}
