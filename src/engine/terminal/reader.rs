//! The thread that reads what the person types, decodes it, and ends with the terminal.

use std::io;
use std::sync::Arc;

use futures_util::{Stream, stream};
use tokio::sync::mpsc;

use super::device::Device;
use crate::engine::clock::RealClock;
use crate::input::decode::Decoder;
use crate::port::Input;

/// Inputs that wait for the loop. Overflow: the thread waits, and what is typed meanwhile stays in the system.
const WAITING: usize = 256;

/// Everything the person does, until the terminal is gone or was given back for good.
///
/// # Errors
/// When the thread can't be started.
pub fn inputs(device: Arc<Device>) -> io::Result<impl Stream<Item = Input> + Unpin> {
    let (inputs, queue) = mpsc::channel(WAITING);
    std::thread::Builder::new().name("terminal reader".into()).spawn(move || read(&device, &inputs))?;
    Ok(Box::pin(stream::unfold(queue, |mut queue| async move { queue.recv().await.map(|input| (input, queue)) })))
}

fn read(device: &Device, inputs: &mpsc::Sender<Input>) {
    let mut decoder = Decoder::default();
    let mut room = vec![0; 16 * 1024];
    let mut found = Vec::new();
    loop {
        let patience = decoder.deadline().map(|deadline| RealClock::moment().age(deadline));
        let Some(bytes) = device.read(&mut room, patience) else { return };
        let now = RealClock::moment();
        // Time is over only when nothing more was there to read: a slow machine must not make an escape key
        // of a sequence whose rest has long come.
        if bytes.is_empty() {
            found.extend(decoder.expire(now));
        } else {
            found.extend(decoder.feed(bytes, now));
        }
        for input in found.drain(..) {
            if inputs.blocking_send(input).is_err() {
                return;
            }
        }
    }
}
