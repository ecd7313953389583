//! Channels and who hears what in them, as they are written.

use crate::site::read::{Layer, Located, Several, table, words};

table! {
    /// Where the team hears what becomes of runs.
    RawChannel as "a channel" {
        /// What it is.
        kind: RawChannelKind,
        /// The variable of the environment with its address, which is a secret.
        url_from_env: Located<String>,
        /// The program and arguments that print its address.
        url_from: Located<Vec<Located<String>>>,
        /// The file with its address, which nobody else may read.
        url_file: Located<String>,
        /// Its address itself: only in a file that nobody else may read.
        url: Located<String>,
        /// For a command: program and arguments; the text comes on standard input.
        command: Located<Vec<Located<String>>>,
        /// Texts in the place of the usual ones, with fields such as `{title}`.
        texts: RawTexts,
    }
}

table! {
    /// Texts for a channel.
    RawTexts as "the texts of a channel" {
        /// When a run has begun.
        started: Located<String>,
        /// When a run has waited for a person for a minute.
        waiting: Located<String>,
        /// When a run has ended and what it had done was undone.
        rolled_back: Located<String>,
        /// When a run has ended otherwise than well.
        failed: Located<String>,
        /// When a run has ended well.
        finished: Located<String>,
        /// What a step of the kind `notify` says.
        said: Located<String>,
    }
}

words! {
    /// What a channel is.
    RawChannelKind as "kind of channel" {
        /// An incoming webhook of Slack.
        Slack = "slack",
        /// A webhook of Discord.
        Discord = "discord",
        /// An address that takes JSON by POST.
        Webhook = "webhook",
        /// A command on this machine.
        Command = "command",
    }
}

words! {
    /// Something that a channel may hear.
    RawOccasion as "occasion" {
        /// A run has begun.
        Started = "started",
        /// A run has waited for a person for a minute.
        Waiting = "waiting",
        /// A run has ended and what it had done was undone.
        RolledBack = "rolled_back",
        /// A run has ended otherwise than well.
        Failed = "failed",
        /// A run has ended well.
        Finished = "finished",
    }
}

impl Layer for RawChannel {
    fn layer(top: Self, base: Self) -> Self {
        Self::layered(top, base)
    }
}

impl Layer for RawTexts {
    fn layer(top: Self, base: Self) -> Self {
        Self::layered(top, base)
    }
}

table! {
    /// Which channel hears what.
    RawNotify as "who hears what" {
        /// The channel.
        channel: Located<String>,
        /// What it hears.
        on: Several<RawOccasion>,
        /// Only of procedures of these kinds, such as `"deploy"`.
        kinds: Several<String>,
    }
}

impl Layer for RawNotify {
    fn layer(top: Self, base: Self) -> Self {
        Self::layered(top, base)
    }
}
