//! Sentences that a run says beside its record: trouble stays until it is hidden or over, the answer to a key goes as other
//! answers do.

use std::time::Duration;

use super::is_on_screen;
use crate::app::model::Model;
use crate::app::troubles;
use crate::domain::channel::{Delivery, Told};
use crate::domain::{Now, RunId};
use crate::port::procedure::ProcedureNews;
use crate::text::Foreign;

/// How long it is said what a drill does not send.
const REHEARSED: Duration = Duration::from_secs(6);
/// How long it is said why what a key asked for was not done, unless another key comes.
const DENIED: Duration = Duration::from_secs(10);

/// Says what is to be said of news.
pub(super) fn heard(model: &mut Model, news: &ProcedureNews, now: Now) {
    match news {
        ProcedureNews::Notice(run, told) => notice(model, run, told, now),
        ProcedureNews::Trouble(run, sentence) => troubles::tell_of(model, run.clone(), sentence.clone()),
        ProcedureNews::Denied(run, sentence) => denied(model, run, sentence, now),
        ProcedureNews::Output(..)
        | ProcedureNews::Needs(..)
        | ProcedureNews::Preview(..)
        | ProcedureNews::Open(_)
        | ProcedureNews::Document(..)
        | ProcedureNews::Past(..)
        | ProcedureNews::Over(..)
        | ProcedureNews::Guarded(..)
        | ProcedureNews::Lock(_)
        | ProcedureNews::Awaited(_)
        | ProcedureNews::Changed(..)
        // What is read of it stands beside its row.
        | ProcedureNews::NotTaken(..) => {}
    }
}

/// What a key asked of the run on screen is answered where all keys are; of another run it is told with its name.
fn denied(model: &mut Model, run: &RunId, sentence: &str, now: Now) {
    if is_on_screen(model, run) {
        model.say_for(Foreign::from(sentence).plain(), DENIED, now);
    } else {
        troubles::tell_of(model, run.clone(), sentence.to_owned());
    }
}

/// What was not delivered must be seen; what a drill does not send is said.
fn notice(model: &mut Model, run: &RunId, told: &Told, now: Now) {
    match told.delivery {
        Delivery::Delivered => {}
        Delivery::NotDelivered | Delivery::Unknown => troubles::tell_of(model, run.clone(), told.sentence()),
        Delivery::Rehearsed => model.say_for(told.sentence(), REHEARSED, now),
    }
}
