//! A page of older lines, read beside the follower through the same link.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::engine::transport::Connection;
use crate::engine::watch::sentence;
use crate::port::log_page::{LogPage, PageEnd, PageWish};
use crate::port::{End, Event};
use crate::runtimes::tail::{Filter, command, page};
use crate::text::Foreign;

/// Reads the page and tells it.
pub async fn read(
    connection: Option<Arc<dyn Connection>>,
    filter: Filter,
    wish: PageWish,
    events: mpsc::Sender<Event>,
) {
    let host = wish.host.clone();
    let page = match connection {
        Some(connection) => of(connection.as_ref(), filter, wish).await,
        None => failed(wish, format!("there is no link to {host} now")),
    };
    // The core may be gone; then nobody wants to know.
    let _ = events.send(Event::LogPage(Box::new(page))).await;
}

async fn of(connection: &dyn Connection, mut filter: Filter, mut wish: PageWish) -> LogPage {
    if filter.wants_uid() {
        let output = connection.run(command::uid()).await;
        filter.uid = std::str::from_utf8(&output.stdout).ok().and_then(|text| text.trim().parse().ok());
        if filter.uid.is_none() {
            return failed(wish, format!("the number of the login can't be read: {}", output.end));
        }
    }
    let mut output = connection.run(page::command(&filter, &wish)).await;
    if page::is_refused(&output, wish.only.as_ref()) {
        // Built without expressions, or one that it reads differently: all lines then.
        wish.only = None;
        output = connection.run(page::command(&filter, &wish)).await;
    }
    let why = || match output.end {
        End::LinkLost(_) => format!("the link to {} was lost meanwhile", wish.host),
        _ => format!("journalctl {}", sentence(&output)),
    };
    let (rows, end) = page::read(&output, &wish, why);
    LogPage { wish, rows, end }
}

fn failed(wish: PageWish, why: String) -> LogPage {
    LogPage { wish, rows: Vec::new(), end: PageEnd::Failed(Foreign::from(why)) }
}
