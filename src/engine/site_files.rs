//! Looks at the files of a site again: beside everything else, one look at a time, and no longer than a person would wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};

use crate::domain::Environment;
use crate::domain::window::Windows;
use crate::site::unchanged;

/// How long a file system may take to answer.
const WITHIN: Duration = Duration::from_secs(5);

/// Looks at the files that environments were read from. Cheap to clone; all clones share the one look.
#[derive(Debug, Clone)]
pub struct SiteFiles {
    one: Arc<Semaphore>,
    /// Whether a look took too long: as long as it is under way nobody waits for another one.
    late: Arc<AtomicBool>,
}

impl Default for SiteFiles {
    fn default() -> Self {
        Self { one: Arc::new(Semaphore::new(1)), late: Arc::default() }
    }
}

/// The file system gave no answer: a clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silent(String);

impl Silent {
    fn of(environment: &Environment) -> Self {
        let name = environment.read.first().and_then(|known| known.path.file_name());
        let name = name.map_or_else(|| "site.toml".to_owned(), |name| name.to_string_lossy().into_owned());
        let name = crate::text::Foreign::from(name).plain();
        Self(format!("{name} did not answer for {} s", WITHIN.as_secs()))
    }

    /// What happened, and what to look at.
    pub fn told(&self) -> String {
        format!("{}: look at the file system on which it lies", self.0)
    }
}

impl SiteFiles {
    /// What of the files is another one now, or that they do not answer: a clause, with what to do.
    pub async fn changed(&self, environment: &Arc<Environment>) -> Option<String> {
        match self.look(environment, unchanged::changed).await {
            Ok(changed) => changed,
            Err(silent) => Some(silent.told()),
        }
    }

    /// The windows and freezes as the site says them now, where its file is another one than was read; a clause why that
    /// is not known.
    ///
    /// # Errors
    /// That there was no answer.
    pub async fn windows(&self, environment: &Arc<Environment>) -> Result<Option<Result<Windows, String>>, Silent> {
        self.look(environment, unchanged::windows).await
    }

    /// A thread of its own, and not one of the runtime's: those are waited for at the end, and a file system that hangs
    /// may do so for ever.
    async fn look<T: Send + 'static>(
        &self,
        environment: &Arc<Environment>,
        how: impl FnOnce(&Environment) -> T + Send + 'static,
    ) -> Result<T, Silent> {
        if environment.read.is_empty() {
            // Nothing was read, so nothing can hang.
            return Ok(how(environment));
        }
        let silent = || Silent::of(environment);
        if self.late.load(Ordering::Acquire) {
            if self.one.available_permits() == 0 {
                return Err(silent());
            }
            self.late.store(false, Ordering::Release);
        }
        let one = Arc::clone(&self.one);
        let looked = async {
            let permit = one.acquire_owned().await.ok()?;
            let (say, answer) = oneshot::channel();
            let asked = Arc::clone(environment);
            let thread = std::thread::Builder::new().name("site files".to_owned()).spawn(move || {
                let came = how(&asked);
                // The next look begins when this one is over, whether or not anybody waits for it.
                drop(permit);
                let _ = say.send(came);
            });
            thread.ok()?;
            answer.await.ok()
        };
        match tokio::time::timeout(WITHIN, looked).await {
            Ok(Some(came)) => Ok(came),
            Ok(None) => Err(silent()),
            Err(_) => {
                self.late.store(true, Ordering::Release);
                Err(silent())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use std::sync::atomic::AtomicUsize;
    use std::sync::mpsc;
    use std::time::Instant;

    use super::*;
    use crate::domain::site::FileRead;
    use crate::domain::{EnvName, SiteName};

    fn environment() -> Arc<Environment> {
        let read = [FileRead { path: "/nowhere/site.toml".into(), digest: String::new() }];
        let new = Environment::new(SiteName::new("shop").unwrap(), EnvName::new("lab").unwrap());
        Arc::new(Environment { read: Arc::new(read), ..new })
    }

    #[tokio::test]
    async fn a_file_system_that_hangs_is_told_after_its_time_and_asked_by_one_look_alone() {
        let (files, environment) = (SiteFiles::default(), environment());
        let (free, held) = mpsc::channel::<()>();
        let begun = Instant::now();
        let hangs = files.look(&environment, move |_| held.recv().unwrap());
        let looks = Arc::new(AtomicUsize::new(0));
        let count = |looks: &Arc<AtomicUsize>| {
            let looks = Arc::clone(looks);
            move |_: &Environment| {
                looks.fetch_add(1, Ordering::SeqCst);
            }
        };
        // Beside it another one: it waits for its turn, no longer than its time.
        let (first, second) = tokio::join!(hangs, files.look(&environment, count(&looks)));
        assert!(begun.elapsed() >= WITHIN && begun.elapsed() < WITHIN * 3, "{:?}", begun.elapsed());
        for silent in [first.unwrap_err(), second.unwrap_err()] {
            assert!(silent.told().starts_with("site.toml did not answer for 5 s"), "{silent:?}");
        }
        // As long as it hangs nobody waits for it again, and no further look is begun.
        let begun = Instant::now();
        for _ in 0..100 {
            assert!(files.look(&environment, count(&looks)).await.is_err());
        }
        assert!(begun.elapsed() < WITHIN, "{:?}", begun.elapsed());
        assert_eq!(looks.load(Ordering::SeqCst), 0);
        assert!(files.changed(&environment).await.unwrap().contains("did not answer for 5 s"));
        // It answers again.
        free.send(()).unwrap();
        let until = Instant::now() + WITHIN * 3;
        while files.look(&environment, count(&looks)).await.is_err() {
            assert!(Instant::now() < until, "it is never looked at again");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(looks.load(Ordering::SeqCst), 1);
        assert!(files.changed(&environment).await.unwrap().contains("can't be read any more"));
    }
}
