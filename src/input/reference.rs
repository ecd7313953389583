//! The reference page of keys and commands, made from the table of actions and a keymap.

use std::fmt::Write as _;

use super::action::{ActionRow, TABLE, Weight};
use super::command::{self, Takes};
use super::context::Context;
use super::key_name;
use super::keymap::Keymap;

const HEAD: &str = "# Keys and commands

Made from the table of actions and the built-in keymap; `?` shows the same for the place where you are, with your own
keys.

**Your own keys.** `keymap = \"NAME\"` in `config.toml` takes `keymaps/NAME.toml` beside it, or a keymap that is built
in: `default`, `k9s`, `less`. A file of yours with the name of a built-in one is taken in its place. A file only says
what it changes: it lies on `default`, or on what `inherits = \"NAME\"` in its first line names. Its sections are those
below; each line is an action with all its keys, `[]` for none.

```toml
inherits = \"k9s\"

[global]
quit = [\"Q\"]
copy-pane = []

[overview]
unfold-all = [\"z o\"]
```

A file is refused, with line and column, when a key means two things in one section, when a key would never be reached
because a nearer section takes it everywhere, when an action does not belong where it stands, and when it takes what
others need: nothing is on `ctrl-a`, `ctrl-b`, `ctrl-h`, `ctrl-j` and `ctrl-k`, `ctrl-c` always interrupts, and what
leads to a change is on no key with `ctrl`. `qd check` judges every keymap of yours.

**Commands.** Every action outside of dialogs is a command behind `:`, by its name. What acts on a row takes the name of
one: `:open pricing`, `:open pricing app-1`. `show-` may be left out. `tab` completes, `up` brings earlier commands back.
";

/// The page.
pub fn markdown(keymap: &Keymap) -> String {
    let mut page = HEAD.to_owned();
    let short: Vec<String> =
        command::aliases().map(|(word, action)| format!("`:{word}` is `:{}`", action.row().name)).collect();
    // Writing to a string can't fail.
    let _ = writeln!(page, "Short words: {}.", short.join(", "));
    for context in Context::ALL {
        let rows: Vec<&ActionRow> = TABLE.iter().filter(|row| row.contexts.contains(context)).collect();
        if rows.is_empty() {
            continue;
        }
        let _ = write!(
            page,
            "\n## {} `[{}]`\n\n| keys | action | what it does |\n|---|---|---|\n",
            context.heading(),
            context.name()
        );
        for row in rows {
            let keys = keymap.keys_in(*context, row.action);
            let keys: Vec<String> = keys.into_iter().map(|keys| format!("`{}`", escaped(keys))).collect();
            let change = if row.weight == Weight::Change { "; leads to a change" } else { "" };
            let takes = taken(row);
            let _ = writeln!(
                page,
                "| {} | `{}{takes}` | {}{change} |",
                keys.join(" "),
                row.name,
                row.doc.replace('|', "\\|")
            );
        }
    }
    page
}

fn escaped(keys: &[crate::port::Key]) -> String {
    key_name::sequence_name(keys).replace('|', "\\|")
}

/// What may stand behind the command of an action.
fn taken(row: &ActionRow) -> &'static str {
    if !command::is_command(row) {
        return "";
    }
    match command::takes(row.action) {
        Takes::Nothing => "",
        Takes::Service => " [SERVICE [HOST]]",
        Takes::Host => " [HOST]",
        Takes::Row => " [SERVICE [HOST] or HOST]",
        Takes::Environment => " [[SITE] ENV]",
        Takes::Procedure => " [PROCEDURE]",
        Takes::Words => " [WORDS]",
    }
}
