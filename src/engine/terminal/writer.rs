//! The thread that writes frames, so that a terminal which takes nothing blocks nobody else.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};

use tokio::sync::mpsc;

use super::device::Device;

/// The near end of the thread. Both channels hold one: a frame is handed over only after the one before was
/// taken, so neither ever overflows.
#[derive(Debug)]
pub(super) struct Writer {
    frames: SyncSender<Vec<u8>>,
    taken: mpsc::Receiver<io::Result<()>>,
    on_its_way: bool,
}

impl Writer {
    /// Starts the thread. It ends with this value, or with the terminal.
    pub(super) fn start(device: Arc<Device>) -> io::Result<Self> {
        let (frames, queue) = sync_channel::<Vec<u8>>(1);
        let (done, taken) = mpsc::channel(1);
        std::thread::Builder::new().name("terminal writer".into()).spawn(move || {
            for frame in queue {
                if done.blocking_send(device.write(&frame)).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { frames, taken, on_its_way: false })
    }

    /// Whether no frame is on its way.
    pub(super) fn ready(&self) -> bool {
        !self.on_its_way
    }

    /// Hands a frame over. Only when [`Self::ready`].
    pub(super) fn send(&mut self, frame: Vec<u8>) -> io::Result<()> {
        self.frames.try_send(frame).map_err(|_| io::Error::from(io::ErrorKind::NotConnected))?;
        self.on_its_way = true;
        Ok(())
    }

    /// Ends when the frame on its way was taken.
    pub(super) async fn taken(&mut self) -> io::Result<()> {
        if !self.on_its_way {
            return std::future::pending().await;
        }
        let result = self.taken.recv().await;
        self.on_its_way = false;
        result.unwrap_or_else(|| Err(io::ErrorKind::NotConnected.into()))
    }
}
