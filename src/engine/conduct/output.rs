//! What a step prints on its way: masked, put into the store, and only then told.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::ledger::Ledger;
use super::mask::{Masker, Masks};
use crate::engine::jobs::Output;
use crate::port::Event;
use crate::port::procedure::{Piece, ProcedureNews};

/// Pieces on their way from a job; whoever reads the job waits for a place.
pub(super) const PIECES: usize = 64;
/// Of what a failed step printed, so much is shown with its failure.
const TAIL: usize = 8 << 10;
/// A captured value may be so long, because a script can't take more of it.
pub(super) const CAPTURED: usize = 128 << 10;

/// One stream of one try.
#[derive(Default)]
struct Line {
    masker: Masker,
    /// The place of the next byte to be shown.
    at: Option<u64>,
}

/// Takes the output of one try until there is no more.
pub(super) struct Reading {
    pub(super) ledger: Ledger,
    pub(super) step: usize,
    pub(super) attempt: u32,
    /// Whether what is printed on standard output is wanted as a value.
    pub(super) capture: bool,
    /// Masks for everything, when those that it needs are not known.
    hidden: Option<Arc<Masks>>,
    streams: [Line; 2],
    kept: Kept,
}

/// What is kept of the output beside the store.
#[derive(Default)]
pub(super) struct Kept {
    /// Its last bytes, masked.
    pub(super) tail: VecDeque<u8>,
    /// What was captured, as it came.
    pub(super) captured: Vec<u8>,
    /// Whether more was printed than can be captured.
    pub(super) too_long: bool,
}

impl Kept {
    /// The last bytes, from the beginning of a line on where they were cut.
    pub(super) fn tail(&self) -> Vec<u8> {
        let bytes: Vec<u8> = self.tail.iter().copied().collect();
        if bytes.len() < TAIL {
            return bytes;
        }
        let from = bytes.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        bytes.get(from..).unwrap_or_default().to_vec()
    }
}

impl Reading {
    pub(super) fn new(ledger: Ledger, step: usize, attempt: u32, capture: bool, hidden: bool) -> Self {
        let hidden = hidden.then(|| Arc::new(Masks::everything()));
        Self { ledger, step, attempt, capture, hidden, streams: Default::default(), kept: Kept::default() }
    }

    /// Takes everything that comes.
    pub(super) async fn take(mut self, mut output: mpsc::Receiver<Output>) -> Kept {
        let mut came = Vec::with_capacity(PIECES);
        while output.recv_many(&mut came, PIECES).await > 0 {
            let pieces = came.drain(..).filter_map(|output| self.masked(output)).collect();
            self.keep(pieces).await;
        }
        let rest: Vec<Piece> = [false, true].into_iter().filter_map(|error| self.rest(error)).collect();
        self.keep(rest).await;
        self.kept
    }

    fn masked(&mut self, output: Output) -> Option<Piece> {
        if self.capture && !output.error {
            let room = CAPTURED.saturating_sub(self.kept.captured.len());
            self.kept.too_long |= output.bytes.len() > room;
            self.kept.captured.extend(output.bytes.iter().take(room));
        }
        let masks = self.hidden.clone().unwrap_or_else(|| Arc::clone(&self.ledger.masks.borrow()));
        let line = self.streams.get_mut(usize::from(output.error))?;
        let at = *line.at.get_or_insert(output.offset);
        let bytes = line.masker.feed(&masks, &output.bytes);
        self.piece(output.error, at, bytes)
    }

    fn rest(&mut self, error: bool) -> Option<Piece> {
        let line = self.streams.get_mut(usize::from(error))?;
        let (at, bytes) = (line.at?, line.masker.rest());
        self.piece(error, at, bytes)
    }

    fn piece(&mut self, error: bool, offset: u64, bytes: Vec<u8>) -> Option<Piece> {
        if bytes.is_empty() {
            return None;
        }
        self.kept.tail.extend(&bytes);
        let over = self.kept.tail.len().saturating_sub(TAIL);
        self.kept.tail.drain(..over);
        if let Some(line) = self.streams.get_mut(usize::from(error)) {
            line.at = Some(offset + bytes.len() as u64);
        }
        Some(Piece { step: self.step, attempt: self.attempt, error, offset, bytes: bytes.into() })
    }

    async fn keep(&self, pieces: Vec<Piece>) {
        if pieces.is_empty() {
            return;
        }
        let run = &self.ledger.run;
        if let Err(error) = self.ledger.store.output(run.clone(), pieces.clone()).await {
            // It is still at the host, and is shown all the same.
            tracing::warn!(%run, step = self.step, %error, "output could not be kept");
        }
        for piece in pieces {
            self.ledger.send(Event::Procedure(ProcedureNews::Output(run.clone(), piece))).await;
        }
    }
}
