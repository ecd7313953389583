//! What the loop draws on: the person's terminal, or a grid in memory for tests.

use std::future::Future;
use std::io;
use std::time::Duration;

use ratatui::Frame;

use crate::port::{Call, Errand, ShellEnd, Title};

/// Something that shows frames.
pub trait Surface {
    /// Columns and rows, asked for anew.
    fn measure(&mut self) -> (u16, u16);
    /// Whether a frame can be taken now. One frame at most is on its way; while a terminal takes nothing,
    /// nothing is drawn and nothing piles up.
    fn ready(&self) -> bool;
    /// Ends when the frame on its way has been taken; an error when there is nobody to take it any more.
    /// May be dropped at any point. Pending for ever while no frame is on its way.
    fn taken(&mut self) -> impl Future<Output = io::Result<()>>;
    /// Draws a frame: what did not change is not sent, and a frame without a change sends nothing.
    ///
    /// # Errors
    /// When there is nobody to draw for any more.
    fn draw(&mut self, paint: impl FnOnce(&mut Frame<'_>)) -> io::Result<()>;
    /// Forgets what is shown: the next frame is sent whole.
    fn redraw(&mut self);
    /// Puts a text on the person's clipboard with the next frame.
    fn copy(&mut self, text: &str);
    /// Hears the mouse from now on, or leaves it to the terminal.
    fn mouse(&mut self, heard: bool);
    /// Gives the window this title with the next frame, where the person wants one.
    fn title(&mut self, title: &Title);
    /// Calls the person with the next frame.
    fn call(&mut self, call: &Call);
    /// Gives the screen back and stops the program, as ctrl-z does.
    ///
    /// # Errors
    /// A sentence that says why this can't be done; nothing has changed then.
    fn suspend(&mut self) -> Result<(), String>;
    /// Takes the screen again after the program was continued. False when it belongs to somebody else (the
    /// program was continued in the background): then the program has been stopped again.
    ///
    /// # Errors
    /// When the screen is gone.
    fn resume(&mut self) -> io::Result<bool>;
    /// Gives the screen away for a program of ours: nothing is drawn or read until it is taken back. `words` say to
    /// whom it was given.
    ///
    /// # Errors
    /// A sentence that says why this can't be done; nothing has changed then.
    fn lend(&mut self, words: &str) -> Result<(), String>;
    /// Starts the program for which the screen was lent.
    ///
    /// # Errors
    /// Why it can't be started.
    fn start(&mut self, errand: &Errand) -> io::Result<()>;
    /// Ends when that program has ended. May be dropped at any point. Pending for ever while there is none.
    fn returned(&mut self) -> impl Future<Output = ShellEnd>;
    /// Takes the screen back, mended. False as with [`Self::resume`].
    ///
    /// # Errors
    /// When the screen is gone.
    fn take_back(&mut self) -> io::Result<bool>;
    /// The least time between two frames.
    fn pace(&self) -> Duration;
}
