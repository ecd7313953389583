//! A guard at work, on the screen of its procedure.

use quarterdeck::domain::course::{Judgement, Measured, Reading, Watching};
use quarterdeck::domain::probe::Found;
use quarterdeck::domain::run::Reason;
use quarterdeck::port::Event;
use quarterdeck::port::act::RunNews;
use quarterdeck::port::procedure::ProcedureNews;
use quarterdeck::text::Foreign;

use super::{SIZES, shop};
use crate::procedures::{self, Told};

fn measured(name: &str, limits: &str, unit: &str, judgement: Judgement, last: &[(Found, Option<f64>)]) -> Measured {
    Measured {
        name: name.into(),
        unit: unit.into(),
        limits: limits.into(),
        judgement,
        passes: 4,
        failures: (u32::try_from(last.iter().filter(|(found, _)| *found == Found::Fail).count()).unwrap(), 2),
        inconclusive: (0, 0),
        errors: (0, 4),
        count: None,
        told: Foreign::default(),
        last: last.iter().map(|(found, value)| Reading { found: *found, value: *value }).collect(),
        asked: None,
    }
}

#[test]
fn a_guard_shows_figure_limit_and_count_of_each_while_it_counts_down() {
    for size in SIZES {
        let mut console = shop(size);
        let payments = procedures::payments();
        console.keys("4").types("/payments").keys("enter enter");
        let mut told = Told::begin(&mut console, procedures::run_of(&payments, 1, "02:14:00"));
        told.ticked(&mut console, 0, "ada").ticked(&mut console, 1, "ada").started(&mut console, 2);
        let run = told.run.clone();
        let mut step = run.steps[2].clone();
        step.note = "4 min 10 s left; web/ready: HTTP 200".into();
        console.say(Event::Run(RunNews::Step(run.id.clone(), 2, Box::new(step))));
        let until = quarterdeck::domain::Moment(std::time::Duration::from_secs(3600));
        let tripped = Judgement::Ends(Reason::GuardFailed, "3 answers failed".into());
        let watching = |judgement: Judgement, errors: f64| Watching {
            until,
            series: vec![
                measured("web/ready", "", "", Judgement::Holds, &[(Found::Pass, None)]),
                measured(
                    "web/errors on app-1",
                    "good < 1 %",
                    "%",
                    judgement,
                    &[(Found::Pass, Some(0.4)), (Found::Fail, Some(errors))],
                ),
            ],
        };
        let news = |watching| Event::Procedure(ProcedureNews::Guarded(run.id.clone(), 2, Box::new(watching)));
        console.say(news(watching(Judgement::Holds, 3.25)));
        console.keys("f");
        if size.0 < 100 {
            console.keys("tab");
        }
        let screen = console.screen();
        if std::env::var_os("QD_SHOW").is_some() {
            println!("{screen}");
        }
        for text in ["4 min 10 s left", "web/ready", "pass", "3.25 %", "good < 1 %", "1 of 2 that may fail"] {
            assert!(screen.contains(text), "{text}\n{screen}");
        }
        console.say(news(watching(tripped.clone(), 9.0)));
        assert!(console.screen().contains("9 %"), "{}", console.screen());
    }
}

#[test]
fn what_a_guard_sees_elsewhere_stands_below_the_band() {
    for size in [(120, 40), (200, 60)] {
        let mut console = shop(size);
        let mut told = Told::begin(&mut console, procedures::run_of(&procedures::payments(), 1, "02:14:00"));
        told.started(&mut console, 2);
        let series =
            vec![measured("web/errors on app-1", "good < 1 %", "%", Judgement::Holds, &[(Found::Fail, Some(3.25))])];
        let until = quarterdeck::domain::Moment(std::time::Duration::from_secs(3600));
        let news = ProcedureNews::Guarded(told.run.id.clone(), 2, Box::new(Watching { until, series }));
        console.say(Event::Procedure(news));
        let screen = console.screen();
        if std::env::var_os("QD_SHOW").is_some() {
            println!("{screen}");
        }
        assert!(screen.contains("web/errors on app-1 3.25 %"), "{screen}");
    }
}
