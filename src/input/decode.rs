//! The pure decoder of terminal bytes: keys, clicks, pastes; never an action from something partial or malformed.
//!
//! Bytes may be split anywhere. Only [`Decoder::expire`] lets time pass, so that whoever reads can first make
//! sure that nothing more has come. What is not known is swallowed whole. Since a sequence may be split, the
//! bytes that introduce one (`[ O ] P X ^ _` after escape) are never taken as alt with that character.

mod csi;
mod paste;

use std::time::Duration;

use crate::domain::Moment;
use crate::port::{Input, Key, KeyCode, Modifiers};
use csi::Meaning;
use paste::{Paste, Tail, TailEnd};

/// A lone escape byte is the key after this time.
pub const ESCAPE_WAIT: Duration = Duration::from_millis(40);
/// Anything else that stays unfinished is given up after this time.
pub const PARTIAL_WAIT: Duration = Duration::from_millis(1500);

const ESC: u8 = 0x1B;
const CAN: u8 = 0x18;
const SUB: u8 = 0x1A;
/// Longest control sequence whose meaning is looked at.
const LONGEST_CSI: usize = 64;

/// The decoder.
#[derive(Debug, Default)]
pub struct Decoder {
    state: State,
    /// When the unfinished state began.
    since: Moment,
    cut: u64,
}

#[derive(Debug, Default)]
enum State {
    /// Nothing unfinished.
    #[default]
    Ground,
    /// After escape.
    Escape,
    /// Inside a control sequence: what stood between introducer and final byte.
    Csi(Vec<u8>),
    /// After `ESC O`, with or without a digit.
    Ss3,
    /// After `CSI [`, with which the Linux console begins its function keys.
    Console,
    /// Inside a string (an answer that we never asked for); whether its last byte was escape.
    Text(bool),
    /// Bytes of an old mouse report that are still to come.
    OldMouse(u8),
    /// Inside a character; with alt.
    Character { bytes: [u8; 4], have: usize, need: usize, alt: bool },
    /// Inside a bracketed paste.
    Paste(Paste),
    /// Just after a paste, or after one that was given up.
    Tail(Tail),
}

impl Decoder {
    /// Takes bytes in and returns what they mean.
    pub fn feed(&mut self, bytes: &[u8], now: Moment) -> Vec<Input> {
        let mut found = Vec::new();
        for byte in bytes {
            self.byte(*byte, now, &mut found);
        }
        found
    }

    /// When [`Self::expire`] must be called if no byte comes.
    pub fn deadline(&self) -> Option<Moment> {
        match &self.state {
            State::Ground => None,
            State::Escape => Some(self.since.after(ESCAPE_WAIT)),
            State::Csi(_)
            | State::Ss3
            | State::Console
            | State::Text(_)
            | State::OldMouse(_)
            | State::Character { .. } => Some(self.since.after(PARTIAL_WAIT)),
            State::Paste(paste) => Some(paste.deadline()),
            State::Tail(tail) => Some(tail.deadline()),
        }
    }

    /// No byte has come until now.
    pub fn expire(&mut self, now: Moment) -> Vec<Input> {
        let mut found = Vec::new();
        if self.deadline().is_none_or(|deadline| deadline > now) {
            return found;
        }
        match std::mem::take(&mut self.state) {
            State::Escape => found.push(Input::Key(Key::plain(KeyCode::Esc))),
            State::Paste(paste) => {
                self.cut += paste.cut();
                self.state = State::Tail(Tail::after_unfinished(now));
                found.push(Input::Paste(paste.text()));
            }
            State::Tail(tail) => match tail.end(now) {
                TailEnd::Wait(tail) => self.state = State::Tail(tail),
                TailEnd::Keys(bytes, next) => {
                    for byte in bytes {
                        self.byte(byte, now, &mut found);
                    }
                    if let (State::Ground, Some(tail)) = (&self.state, next) {
                        self.state = State::Tail(tail);
                    }
                }
                TailEnd::Swallowed(count, next) => {
                    self.cut += count;
                    self.state = next.map_or(State::Ground, State::Tail);
                }
            },
            State::Ground
            | State::Csi(_)
            | State::Ss3
            | State::Console
            | State::Text(_)
            | State::OldMouse(_)
            | State::Character { .. } => {}
        }
        found
    }

    /// Bytes of pastes that were too long or not properly ended, and went nowhere.
    pub fn cut(&self) -> u64 {
        self.cut
    }

    fn begin(&mut self, state: State, now: Moment) {
        self.state = state;
        self.since = now;
    }

    fn byte(&mut self, byte: u8, now: Moment, found: &mut Vec<Input>) {
        match std::mem::take(&mut self.state) {
            State::Ground => self.ground(byte, false, now, found),
            State::Escape => match byte {
                ESC => {
                    found.push(Input::Key(Key::plain(KeyCode::Esc)));
                    self.begin(State::Escape, now);
                }
                b'[' => self.begin(State::Csi(Vec::new()), now),
                b'O' => self.begin(State::Ss3, now),
                b']' | b'P' | b'X' | b'^' | b'_' => self.begin(State::Text(false), now),
                _ => self.ground(byte, true, now, found),
            },
            State::Csi(parameters) => self.csi(parameters, byte, now, found),
            State::Ss3 => match byte {
                ESC => self.begin(State::Escape, now),
                b'0'..=b'9' | b';' => self.state = State::Ss3,
                _ => found.extend(csi::ss3(byte).map(Input::Key)),
            },
            State::Console => match byte {
                ESC => self.begin(State::Escape, now),
                _ => found.extend(csi::console(byte).map(Input::Key)),
            },
            State::Text(after_escape) => match byte {
                // BEL, CAN, SUB and the string terminator end it; escape with anything else belongs to it.
                0x07 | CAN | SUB => {}
                b'\\' if after_escape => {}
                _ => self.state = State::Text(byte == ESC),
            },
            State::OldMouse(left) => {
                if left > 1 {
                    self.state = State::OldMouse(left - 1);
                }
            }
            State::Character { mut bytes, have, need, alt } => {
                if byte & 0xC0 != 0x80 {
                    return self.ground(byte, false, now, found);
                }
                if let Some(place) = bytes.get_mut(have) {
                    *place = byte;
                }
                if have + 1 < need {
                    self.state = State::Character { bytes, have: have + 1, need, alt };
                } else {
                    let text = bytes.get(..need).and_then(|bytes| std::str::from_utf8(bytes).ok());
                    let c = text.and_then(|text| text.chars().next()).filter(|c| !c.is_control());
                    found.extend(c.map(|c| character(c, alt)));
                }
            }
            State::Paste(mut paste) => {
                if paste.ends_with(byte, now) {
                    self.cut += paste.cut();
                    self.state = State::Tail(Tail::after_paste(now));
                    found.push(Input::Paste(paste.text()));
                } else {
                    self.state = State::Paste(paste);
                }
            }
            State::Tail(mut tail) => {
                self.cut += tail.take(byte, now);
                self.state = State::Tail(tail);
            }
        }
    }

    fn ground(&mut self, byte: u8, alt: bool, now: Moment, found: &mut Vec<Input>) {
        let need = match byte {
            0xC2..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF4 => 4,
            _ => 1,
        };
        if need > 1 {
            return self.begin(State::Character { bytes: [byte, 0, 0, 0], have: 1, need, alt }, now);
        }
        let key = match byte {
            ESC => return self.begin(State::Escape, now),
            b'\t' => Key::plain(KeyCode::Tab),
            b'\r' => Key::plain(KeyCode::Enter),
            0x7F => Key::plain(KeyCode::Backspace),
            0x00 => Key::ctrl(' '),
            0x01..=0x1A => Key::ctrl(char::from(byte - 1 + b'a')),
            0x1C..=0x1F => Key::ctrl(char::from(byte + 0x40)),
            b' '..=b'~' => Key::char(char::from(byte)),
            // Not the beginning of a character.
            0x80..=0xFF => return,
        };
        found.push(Input::Key(Key { modifiers: Modifiers { alt, ..key.modifiers }, ..key }));
    }

    fn csi(&mut self, mut parameters: Vec<u8>, byte: u8, now: Moment, found: &mut Vec<Input>) {
        match byte {
            ESC => return self.begin(State::Escape, now),
            b'[' if parameters.is_empty() => return self.begin(State::Console, now),
            0x20..=0x3F => {
                // One that is too long to mean anything is still swallowed to its end.
                if parameters.len() <= LONGEST_CSI {
                    parameters.push(byte);
                }
                self.state = State::Csi(parameters);
                return;
            }
            0x40..=0x7E if parameters.len() <= LONGEST_CSI => {}
            // Malformed, or too long.
            _ => return,
        }
        match csi::meaning(&parameters, byte) {
            Meaning::Nothing => {}
            Meaning::Input(input) => found.push(input),
            Meaning::PasteBegins => self.state = State::Paste(Paste::new(now)),
            Meaning::OldMouse => self.begin(State::OldMouse(3), now),
        }
    }
}

fn character(c: char, alt: bool) -> Input {
    Input::Key(Key { code: KeyCode::Char(c), modifiers: Modifiers { alt, ..Modifiers::NONE } })
}

#[cfg(test)]
mod tests;
