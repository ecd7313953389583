//! What a screen asks of releases and versions, answered beside the loop.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::Releases;
use crate::domain::Environment;
use crate::engine::act::Place;
use crate::engine::git::Git;
use crate::port::Event;
use crate::port::release::{ReleaseNews, ReleaseWish};
use crate::text::Foreign;

impl Releases {
    /// Answers a wish, of git what answers in its place if there is such; the core may be gone by then.
    pub fn answer(self, wish: ReleaseWish, place: &Place, events: mpsc::Sender<Event>, now: Timestamp) {
        let (environment, outside) = (Arc::clone(&place.environment), place.outside.clone());
        drop(tokio::spawn(async move {
            let news = match wish {
                ReleaseWish::Releases => ReleaseNews::Releases(self.read(now).await),
                ReleaseWish::Versions => {
                    let versions = match (outside, git(&environment)) {
                        (Some(outside), _) => outside.versions().await,
                        (None, Ok(git)) => git.versions().await,
                        (None, Err(why)) => Err(why),
                    };
                    ReleaseNews::Versions(versions)
                }
                ReleaseWish::Facts { version, since } => {
                    let facts = match (outside, git(&environment)) {
                        (Some(outside), _) => outside.facts(version.clone(), since).await,
                        (None, Ok(git)) => git.facts(&version, since.as_deref()).await,
                        (None, Err(why)) => Err(why),
                    };
                    ReleaseNews::Facts(Foreign::from(version), facts.map(Box::new))
                }
            };
            let _ = events.send(Event::Release(news)).await;
        }));
    }
}

/// What asks git for an environment; a sentence without a full stop why nothing is asked.
///
/// # Errors
/// Why git is not asked.
pub fn git(environment: &Environment) -> Result<Git, String> {
    let source = environment.source.clone();
    let source = source.ok_or("the site does not say where its code is: say [source] in site.toml")?;
    if !environment.trusted {
        return Err(format!("{} is not trusted, so git is not asked: read it, then qd trust it", environment.site));
    }
    Ok(Git::of(source))
}
