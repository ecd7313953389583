//! The table of actions: everything a key can mean, with its name, its words and where it applies.

use super::context::Context;

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionRow {
    /// The action.
    pub action: Action,
    /// Its name in keymap files.
    pub name: &'static str,
    /// One or two words for the hint line.
    pub hint: &'static str,
    /// What it does, for the help.
    pub doc: &'static str,
    /// The sections of a keymap file in which it may be bound.
    pub contexts: &'static [Context],
    /// Whether it leads to a change on a host.
    pub weight: Weight,
}

/// What an action may lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Nothing on any host changes.
    Look,
    /// It leads to a change on a host, by way of a question or of what a person does there. Written `-> Change` behind its row.
    Change,
}

macro_rules! weight {
    () => {
        Weight::Look
    };
    ($weight:ident) => {
        Weight::$weight
    };
}

macro_rules! actions {
    ($($action:ident $name:literal $hint:literal $doc:literal [$($context:ident)+] $(-> $weight:ident)?)*) => {
        /// Everything a key can mean.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action { $(#[doc = $doc] $action,)* }

        /// All actions, in the order of the help.
        pub const TABLE: &[ActionRow] = &[$(ActionRow {
            action: Action::$action,
            name: $name,
            hint: $hint,
            doc: $doc,
            contexts: &[$(Context::$context),+],
            weight: weight!($($weight)?),
        },)*];
    };
}

actions! {
    ShowOverview "show-overview" "overview" "Show the overview: every service and its instances" [Global]
    ShowLogs "show-logs" "logs" "Show the logs: many units of many hosts in one stream" [Global]
    ShowHosts "show-hosts" "hosts" "Show the hosts: links, load, memory, disks" [Global]
    ShowRunbooks "show-runbooks" "runbooks" "Show the procedures: runbooks, guides, deploys, tasks" [Global]
    ShowChanges "show-changes" "changes" "Show what changed since the console was opened" [Global]
    ShowHistory "show-history" "history" "Show what was done: every run with its steps and verdicts" [Global]
    ShowDeploy "show-deploy" "deploy" "Show the deploy: what and where, gate, plan, run, verification, verdict" [Global]
    GoBack "go-back" "go back" "Go back to a recorded good release: opens the rollback with the releases to choose from" [Global]
    LastScreen "last-screen" "last screen" "Go back to the screen before this one" [Global]
    Help "help" "help" "Find an action, see its key, and run it" [Global]
    Palette "palette" "palette" "Find anything by a few letters: an action, a service, a host, an environment" [Global]
    CommandLine "command-line" "command" "Type a command: the name of an action, and what it shall be done to" [Global]
    Back "back" "back" "Go one step back: close a pane, clear a filter" [Global]
    NextPane "next-pane" "pane" "Give the keyboard to the next pane" [Global]
    Zoom "zoom" "zoom" "Give the whole screen to the details, or take it back" [Global]
    Unzoom "unzoom" "un-zoom" "Take the screen back from the details" [Global]
    Copy "copy" "copy" "Copy the row under the cursor as Markdown" [Global Run]
    CopyPane "copy-pane" "copy pane" "Copy the pane as Markdown" [Global]
    Refresh "refresh" "refresh" "Read everything of every host anew" [Global]
    RetryNow "retry-now" "reconnect" "Try a lost host again now" [Global]
    SwitchEnvironment "switch-environment" "environment" "Choose another site or environment" [Global]
    ToggleClock "toggle-clock" "clock" "Show or hide the clock" [Global]
    NextTheme "next-theme" "next theme" "Try the next theme; `theme` in config.toml keeps it" [Global]
    ToggleMouse "toggle-mouse" "mouse" "Let the mouse select text, or give it back to the console" [Global]
    ShowRun "show-run" "run" "Show the change that goes on, or the newest that ended" [Global]
    Quit "quit" "quit" "Leave the console; nothing on any host changes" [Global]
    Interrupt "interrupt" "cancel" "Cancel what is under way; twice leaves the console" [Always]
    Suspend "suspend" "suspend" "Stop the console as a job of the shell; `fg` goes on" [Always]
    Redraw "redraw" "redraw" "Draw the whole screen anew" [Always]

    Down "down" "down" "Move down" [List Text]
    Up "up" "up" "Move up" [List Text]
    Top "top" "top" "Move to the top" [List]
    Bottom "bottom" "bottom" "Move to the bottom" [List]
    HalfPageDown "half-page-down" "half page" "Move half a page down" [List]
    HalfPageUp "half-page-up" "half page" "Move half a page up" [List]
    PageDown "page-down" "page" "Move a page down" [List Text Logs]
    PageUp "page-up" "page" "Move a page up" [List Text Logs]
    Filter "filter" "filter" "Filter the rows as you type; `!` in front inverts" [List]

    Open "open" "detail" "Open the row: its details, or the procedure" [Overview Hosts Runbooks Changes History]
    Describe "describe" "detail" "Give the keyboard to the details of the row" [Runbooks History]
    Runbook "runbook" "runbook" "Show the procedures that fit what is under the cursor" [Overview Hosts Changes Logs Detail]
    ToggleFold "toggle-fold" "instances" "Show or hide the instances of a service" [Overview]
    Unfold "unfold" "instances" "Show the instances of a service" [Overview]
    Fold "fold" "fold" "Hide the instances of a service" [Overview]
    UnfoldAll "unfold-all" "unfold all" "Show the instances of all services" [Overview]
    FoldAll "fold-all" "fold all" "Hide all instances" [Overview]
    FailedOnly "failed-only" "only trouble" "Show only what is in trouble, or everything again" [Overview Hosts]
    Sort "sort" "sort" "Sort: the worst first, or the order of the site" [Overview Hosts]
    ActionMenu "action-menu" "actions" "Show what can be done to the row or the marked rows" [Overview Hosts Detail]
    Restart "restart" "restart" "Restart the row or the marked rows; shows first what would happen" [Overview Detail] -> Change
    Mark "mark" "mark" "Mark the row for an action, or unmark it" [Overview]
    MarkRange "mark-range" "mark range" "Mark from here to where the cursor goes; a second time ends it" [Overview]
    MarkTier "mark-tier" "mark tier" "Mark every service of the tier that is shown, or unmark them" [Overview]
    MarkAll "mark-all" "mark all" "Mark every service that is shown, or unmark them" [Overview]
    Links "links" "links" "Open one of the pages about the service: dashboard, repository, runbook" [Overview Detail Procedure]
    Dependencies "dependencies" "depends" "Show what the service needs and what needs it, with their states" [Overview Detail]
    Shell "shell" "shell" "Open a shell on the host; the console comes back when it ends" [Overview Hosts Detail Procedure Deploy] -> Change
    UnitFile "unit-file" "unit file" "Show the unit file with its drop-ins, or the details again" [Overview Detail]

    RunStep "run-step" "run" "Run the step under the cursor, tick it, or answer what it waits for" [Procedure] -> Change
    Tick "tick" "tick" "Tick the item under the cursor with your name, or take that back" [Procedure Deploy]
    EditStep "edit-step" "edit once" "Edit the command of the step for once, then see what would happen" [Procedure] -> Change
    RunAll "run-all" "run all" "Run the whole procedure; shows every command first" [Procedure] -> Change
    RollBack "roll-back" "roll back" "Run the way back that is written down; shows every command first" [Procedure Deploy] -> Change
    AnswerRun "answer-run" "answer" "Answer what the run waits for: what failed, a decision, an input" [Procedure Deploy]
    Waive "waive" "waive" "Waive the item of the gate under the cursor, with a reason, where your role may" [Procedure Deploy]
    WaitForLock "wait-for-lock" "wait for lock" "Wait for the lock that somebody else has; then the gate is judged anew, and it is confirmed anew" [Deploy]
    CheckAgain "check-again" "check again" "Check once more what the gate checks: the item under the cursor, else all of it" [Procedure Deploy]
    ChooseHost "choose-host" "where" "Choose where steps are done that name no host" [Procedure]
    PauseRun "pause-run" "pause" "Begin no further step of the run, or go on with it" [Procedure Deploy]
    CancelStep "cancel-step" "cancel" "End the command of the step that goes on, on its host" [Procedure Deploy] -> Change
    ResumeRun "resume-run" "take it up" "Take up the run that nobody is at, exactly where it stood" [Procedure History] -> Change
    EndRun "end-run" "end the run" "End the run: what was not begun is skipped" [Procedure Deploy]
    NextStep "next-step" "next step" "Go to the next step of which something is left to be done" [Procedure]
    PreviousStep "previous-step" "step before" "Go to the step before of which something is left to be done" [Procedure]
    ToggleOutput "output" "output" "Unfold what the step has printed below it, or fold it" [Procedure]

    Proceed "proceed" "go on" "Do what is next on the page: choose, attest, answer, see what the go would do" [Deploy] -> Change
    ExamineRelease "examine-release" "examine" "Say what you found of a release that did not go well, so that its version may be deployed again" [Deploy]
    NextPage "next-page" "next page" "Show the next page of the deploy" [Deploy]
    PreviousPage "previous-page" "page before" "Show the page of the deploy before this one" [Deploy]

    CopyCommands "copy-commands" "copy commands" "Copy the commands of the change, host by host" [Confirm Plan]
    LookAgain "look-again" "look again" "Plan the change anew from how things are now" [Confirm]
    StopRun "stop-run" "stop" "Begin no further step of the change; what was begun comes to its end" [Run]
    ReadLogs "read-logs" "logs" "Read the log of what is under the cursor" [Overview Hosts Changes Detail]
    Follow "follow" "follow" "Go to the end of what comes, and stay with it" [Logs Procedure Deploy]
    Pause "pause" "pause" "Stop where you are while lines go on coming; again to follow" [Logs]
    MinLevel "level" "level" "Show only warnings and worse, errors and worse, or all again" [Logs]
    NextHit "next-hit" "hits" "Go to the next row or line in which it is found" [List Logs]
    PreviousHit "previous-hit" "hit above" "Go to the row or line before in which it is found" [List Logs]
    SiteLogs "site-logs" "logs of the site" "Choose a log that the site has a name for: a file, a container, or what a command prints" [Logs]
    SavedFilters "saved-filters" "filters" "Choose a filter of yours or of the site, or one that was looked for before" [Logs]
    Around "around" "around" "While something is looked for: show one, three or ten lines around what is found, all lines, or only these again" [Logs]
    NextError "next-error" "errors" "Go to the next error; from the end, to the newest" [Logs]
    PreviousError "previous-error" "error above" "Go to the error before" [Logs]
    UnfoldLine "unfold-line" "fields" "Unfold the line to all its fields, or fold it" [Logs]
    Raw "raw" "as written" "Show messages as they were written, or their words first and their fields behind them" [Logs]
    FoldRepeats "fold-repeats" "repeats" "Show each line of those that say the same one after another, or fold them" [Logs]
    OnlyValue "only-value" "only value" "Look for lines in which the field under the cursor has the same value" [Logs]
    ToggleColumn "toggle-column" "column" "Put the field under the cursor into a column of its own, or take it out again" [Logs]
    Columns "columns" "columns" "Choose the columns: time, host, unit, level, program, process, and any field of the newest lines" [Logs]
    OnlyHost "only-host" "only host" "Show only lines of this host, or of all again" [Logs]
    OnlyUnit "only-unit" "only unit" "Show only lines of this unit, or of all again" [Logs]
    Histogram "histogram" "histogram" "Show the lines over time above them, or put that away" [Logs]
    SelectSpan "select-span" "span" "Choose a span of time in the histogram" [Logs]
    SpanBack "span-back" "earlier" "Move the end of the span to earlier lines" [Span]
    SpanForth "span-forth" "later" "Move the end of the span to later lines" [Span]
    TakeSpan "take-span" "only this span" "Show only lines of the span" [Span]
    NewPatterns "new-patterns" "new patterns" "Show what is said since the last deploy or another moment, and was not said before" [Logs Patterns]
    OnlyPattern "only-pattern" "only these" "Look for lines of the pattern" [Patterns]
    SinceHere "since-here" "since the line" "Show what is new since the line under the cursor of the list" [Patterns]
    NewSinceDeploy "new-since-deploy" "since deploy" "Show what is new since the last deploy" [Patterns]
    Bookmark "bookmark" "bookmark" "Keep a bookmark of the line, or take it away" [Logs]
    BookmarkNote "bookmark-note" "note" "Keep a bookmark of the line with a note, or change its note" [Logs]
    NextBookmark "next-bookmark" "bookmarks" "Go to the next line with a bookmark" [Logs]
    PreviousBookmark "previous-bookmark" "bookmark above" "Go to the line with a bookmark before" [Logs]
    Bookmarks "bookmarks" "bookmarks" "Choose a bookmark; a line that is not held any more is fetched with what stands around it" [Logs]
    Wrap "wrap" "wrap" "Break long lines, or cut them" [Logs]
    TimeFormat "time-format" "time" "Tell time in UTC, here, as age, or by the host's clock" [Logs]
    SinceTail "since-tail" "since" "Read the newest lines of each host, which is how it begins" [Logs]
    SinceHead "since-head" "beginning" "Read everything in the journals, when it is pressed twice" [Logs]
    SinceMinute "since-1m" "1 min" "Read the last minute" [Logs]
    SinceFive "since-5m" "5 min" "Read the last 5 minutes" [Logs]
    SinceQuarter "since-15m" "15 min" "Read the last 15 minutes" [Logs]
    SinceHalf "since-30m" "30 min" "Read the last 30 minutes" [Logs]
    SinceHour "since-1h" "hour" "Read the last hour" [Logs]
    SinceBoot "since-boot" "boot" "Read since each host booted" [Logs]
    SinceSpan "since-span" "span of time" "Read from one moment to another: 10:30, yesterday 22:00..23:15, -2h..-1h" [Logs]
    SinceDeploy "since-deploy" "deploy" "Read since the newest release that is known began" [Logs]
    CopyView "copy-view" "as a command" "Show and copy the command that prints these lines: qd logs …" [Logs]
    OlderLines "older-lines" "older" "Fetch 2,000 older lines of each host; with a filter those that pass it, chosen on the host" [Logs]
    Page "page" "pager" "Read the lines that pass in your pager: what PAGER names, else less; the console comes back when it ends" [Logs]
    Export "export" "export" "Write the lines that pass into a new file, as text" [Logs]
    ExportJson "export-json" "export JSON" "Write the lines that pass into a new file, as JSON lines" [Logs]

    KeepFilter "keep-filter" "keep" "Keep what stands in the filter line under a name" [Filter]
    Remove "remove" "take away" "Take the bookmark or the filter under the cursor away" [Kept]

    Accept "accept" "accept" "Take what was typed or chosen" [Text]
    Cancel "cancel" "cancel" "Leave without taking it" [Text Run]
    Erase "erase" "erase" "Erase the last character" [Text]
    EraseWord "erase-word" "erase word" "Erase the last word" [Text]
    EraseLine "erase-line" "erase all" "Erase everything" [Text]
    NextField "next-field" "next field" "Go to the next field" [Form]
    PreviousField "previous-field" "field before" "Go to the field before" [Form]
    Left "left" "left" "Move the cursor to the left" [Edit]
    Right "right" "right" "Move the cursor to the right" [Edit]
    LineBegin "line-begin" "line begin" "Move the cursor to the beginning of the line" [Edit]
    LineEnd "line-end" "line end" "Move the cursor to the end of the line" [Edit]
    BreakLine "break-line" "break line" "Break the line at the cursor" [Edit]
    Complete "complete" "complete" "Write out the next word that fits" [Command]
    CompleteBack "complete-back" "complete back" "Write out the word before that one" [Command]
    Earlier "earlier" "earlier" "Bring back an earlier command" [Command]
    Later "later" "later" "Bring back a later command, or what was typed" [Command]
}

impl Action {
    /// Its row of the table.
    pub fn row(self) -> &'static ActionRow {
        // The table is made by the same macro as the enum, in the same order.
        &TABLE[self as usize]
    }

    /// The action of this name.
    pub fn named(name: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.name == name).map(|row| row.action)
    }
}
