//! Looks at units, many of one host in one command: while a host is being asked, whoever wants to look next waits, and all
//! of them are asked for together. So twenty services that start at once cost a host no more than one.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::{OnceCell, mpsc, oneshot};

use super::place::{Place, Unasked, read, read_all};
use crate::domain::{HostName, Moment, UnitName};
use crate::engine::clock::Clock;
use crate::runtimes::systemd::Scope;
use crate::runtimes::systemd_look::{self, Look};

/// Looks that may wait for their turn; whoever wants another waits for a place.
const WAITING: usize = 64;
/// Units in one command.
const TOGETHER: usize = 64;

/// Somebody who wants to look.
struct Wish {
    unit: UnitName,
    scope: Scope,
    until: Moment,
    answer: oneshot::Sender<Result<Look, Unasked>>,
}

/// What looks at one host.
struct OfHost {
    wishes: mpsc::Sender<Wish>,
    /// Whether its journal may be read, once it was seen that it may.
    readable: OnceCell<()>,
}

/// What looks at all hosts of a place.
#[derive(Clone)]
pub(in crate::engine) struct Looker(Arc<BTreeMap<HostName, OfHost>>);

impl Looker {
    /// One task for each host, which ends with the last clone of this.
    pub(in crate::engine) fn of(place: &Place) -> Self {
        let begin = |host: &HostName| {
            let (wishes, wished) = mpsc::channel(WAITING);
            tokio::spawn(answer(place.alone(), host.clone(), wished));
            (host.clone(), OfHost { wishes, readable: OnceCell::new() })
        };
        Self(Arc::new(place.ways.keys().map(begin).collect()))
    }

    /// Looks at a unit; nothing when the host is none of ours.
    pub(super) async fn look(
        &self,
        host: &HostName,
        unit: &UnitName,
        scope: Scope,
        until: Moment,
    ) -> Option<Result<Look, Unasked>> {
        let (answer, answered) = oneshot::channel();
        let wish = Wish { unit: unit.clone(), scope, until, answer };
        self.0.get(host)?.wishes.send(wish).await.ok()?;
        answered.await.ok()
    }

    /// Whether it was seen before that the journal of a host may be read.
    pub(super) fn may_read(&self, host: &HostName) -> bool {
        self.0.get(host).is_some_and(|of| of.readable.initialized())
    }

    /// It was seen that the journal of a host may be read.
    pub(super) fn has_read(&self, host: &HostName) {
        if let Some(of) = self.0.get(host) {
            let _ = of.readable.set(());
        }
    }
}

async fn answer(place: Place, host: HostName, mut wished: mpsc::Receiver<Wish>) {
    while let Some(first) = wished.recv().await {
        let scope = first.scope;
        let (mut group, mut others) = (vec![first], Vec::new());
        while group.len() + others.len() < TOGETHER
            && let Ok(next) = wished.try_recv()
        {
            if next.scope == scope { group.push(next) } else { others.push(next) }
        }
        together(&place, &host, scope, group).await;
        let Some(scope) = others.first().map(|wish| wish.scope) else { continue };
        together(&place, &host, scope, others).await;
    }
}

/// Asks for some units at once; each by itself where the host's answer can't be told apart.
async fn together(place: &Place, host: &HostName, scope: Scope, group: Vec<Wish>) {
    let units: Vec<UnitName> = group.iter().map(|wish| wish.unit.clone()).collect();
    let now = place.clock.now().mono;
    let until = group.iter().map(|wish| wish.until).max().unwrap_or(now);
    let asked = place.ask(host, systemd_look::look(scope, &units), until).await;
    let looks = match asked {
        Ok(output) => match read_all(&output, &units) {
            Some(looks) => looks.into_iter().map(Ok).collect(),
            None => one_by_one(place, host, scope, &group).await,
        },
        Err(why) => group.iter().map(|_| Err(why.clone())).collect::<Vec<_>>(),
    };
    for (wish, look) in group.into_iter().zip(looks) {
        // Who has given up meanwhile needs no answer.
        let _ = wish.answer.send(look);
    }
}

async fn one_by_one(place: &Place, host: &HostName, scope: Scope, group: &[Wish]) -> Vec<Result<Look, Unasked>> {
    let mut looks = Vec::new();
    for wish in group {
        let command = systemd_look::look(scope, std::slice::from_ref(&wish.unit));
        let look = match place.ask(host, command, wish.until).await {
            Ok(output) => read(host, &wish.unit, &output).map_err(Unasked::Odd),
            Err(why) => Err(why),
        };
        looks.push(look);
    }
    looks
}
