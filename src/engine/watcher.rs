//! The place of what watches over one host while its link is up: what it is told, and what it leaves to others.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{mpsc, watch as latest};

use super::act::Way;
use super::transport::Connection;
use super::watch::{self, Control, Wanted};
use crate::domain::UnitName;
use crate::port::Event;

/// Orders for one host's watcher. When it is full the newest order is dropped: the watcher is
/// busy with older ones of the same kind, and each list of units on screen replaces the one before it.
const ORDERS: usize = 16;

/// The place of the watcher that runs while the link is up.
#[derive(Clone)]
pub(super) struct Watcher {
    pub(super) connection: latest::Sender<Option<Arc<dyn Connection>>>,
    orders: latest::Sender<Option<mpsc::Sender<Control>>>,
    pub(super) on_screen: latest::Sender<Vec<UnitName>>,
    pub(super) heard: latest::Sender<Option<Instant>>,
    /// Counts what was heard of its units.
    pub(super) stirred: latest::Sender<u64>,
}

impl Watcher {
    pub(super) fn new() -> Self {
        Self {
            connection: latest::Sender::new(None),
            orders: latest::Sender::new(None),
            on_screen: latest::Sender::new(Vec::new()),
            heard: latest::Sender::new(None),
            stirred: latest::Sender::new(0),
        }
    }

    /// Watches over one connection until dropped.
    pub(super) async fn run(self, connection: Arc<dyn Connection>, wanted: Wanted, events: mpsc::Sender<Event>) {
        let (orders, given) = mpsc::channel(ORDERS);
        let _ = orders.try_send(Control::Usage(self.on_screen.borrow().clone()));
        self.orders.send_replace(Some(orders));
        self.connection.send_replace(Some(Arc::clone(&connection)));
        let stirred = self.stirred.clone();
        let _cleared = Cleared(self, Arc::clone(&connection));
        watch::watch_host(connection, wanted, events, given, stirred).await;
        // A watcher that has nothing more to do still keeps the connection for the probes.
        std::future::pending::<()>().await;
    }

    /// The way to the host that it watches over.
    pub(super) fn way(&self) -> Way {
        let (connection, heard) = (self.connection.subscribe(), self.heard.subscribe());
        Way { connection, heard, stirred: self.stirred.subscribe() }
    }

    pub(super) fn order(&self, order: Control) {
        if let Some(orders) = self.orders.borrow().as_ref() {
            let _ = orders.try_send(order);
        }
    }
}

/// Takes the connection back from the probes when its watcher is dropped.
struct Cleared(Watcher, Arc<dyn Connection>);

impl Drop for Cleared {
    fn drop(&mut self) {
        self.0.heard.send_replace(Some(self.1.heard()));
        self.0.connection.send_replace(None);
        self.0.orders.send_replace(None);
    }
}
