//! F9: what was copied from a page of strangers is shown as it is, warned of, and done only for the name of its host.

use std::time::Duration;

use crate::desk::{Desk, HERE, told};

/// A command that reads as harmless, and what is shown of it.
const COMMANDS: [(&str, &str); 6] = [
    ("touch TRUTH # \u{202E}gnihton ylno sdaer\u{202C}", "‹U+202E›"),
    ("touch TRUTH; l\u{455} / >/dev/null || true", "l‹U+0455›"),
    ("echo\u{200B} ok || true; touch TRUTH", "echo‹U+200B› ok"),
    ("echo ok \u{2028} ; touch TRUTH", "‹U+2028›"),
    ("echo ok; \u{1b}[8mtouch TRUTH", "‹U+001B›[8mtouch"),
    ("true FAR; touch TRUTH", "‹399 blanks›; touch"),
];

fn desk(command: &str) -> Desk {
    let desk = Desk::new(HERE);
    let truth = desk.path("truth").display().to_string();
    let command = command.replace("TRUTH", &truth).replace("FAR", &" ".repeat(398));
    desk.procedure("copied", &format!("# Copied\n\n```sh {{#one host=me danger=read}}\n{command}\n```\n"));
    desk
}

#[test]
fn f9_copied_commands_show_every_byte_are_warned_of_and_want_the_name_of_their_host() {
    let run = ["run", "copied", "shop", "-e", "lab"];
    for (command, token) in COMMANDS {
        let desk = desk(command);
        let checked = told(&desk.run(&["check", "shop"]));
        assert!(checked.contains("procedures/copied.md:4:1: warning: one is not what it looks like"), "{checked}");
        let plan = told(&desk.run(&[&run[..], &["--plan"]].concat()));
        assert!(plan.contains(token) && plan.contains("touch /"), "{token}: {plan}");
        for flags in [&["--yes"][..], &[], &["--confirm", "lab"]] {
            let refused = desk.run(&[&run[..], flags].concat());
            assert_eq!(refused.status.code(), Some(77), "{command:?}: {}", told(&refused));
            assert!(told(&refused).contains("needs --confirm me"), "{}", told(&refused));
            assert!(!desk.path("truth").exists(), "{command:?} was run with {flags:?}");
        }
        let named = desk.run(&[&run[..], &["--confirm", "me", "--on-failure", "abort"]].concat());
        assert!(told(&named).contains("run "), "{}", told(&named));
    }
}

#[test]
fn f9_at_the_console_a_copied_command_is_typed_for_and_y_does_nothing() {
    let desk = desk(COMMANDS[0].0);
    let mut pty = desk.console(&["shop", "-e", "lab"]).size(120, 40).start();
    pty.wait_for("Overview");
    pty.keys("4");
    pty.wait_for("Copied");
    pty.keys("enter");
    pty.wait_for("touch");
    pty.wait_quiet(Duration::from_millis(300));
    pty.keys("enter");
    pty.wait_for("not what it looks like: type me");
    assert!(pty.screen().contains("‹U+202E›gnihton"), "{pty:?}");
    pty.keys("y enter");
    pty.wait_for("That is not the name");
    assert!(!desk.path("truth").exists());
    pty.keys("backspace");
    pty.send("me").keys("enter");
    pty.wait_until(Duration::from_secs(30), "the command", |_| desk.path("truth").exists());
    pty.signal(rustix::process::Signal::TERM);
    pty.wait_exit(Duration::from_secs(20));
}

#[test]
fn f9_honest_text_of_any_language_needs_no_more_than_before() {
    let desk = Desk::new(HERE);
    let text = "# Ehrlich\n\n```sh {#one host=me danger=change}\necho 'größer als 5 € – привет, 磁盘 ✔'\n\tif true; then true; fi\n```\n";
    desk.procedure("copied", text);
    assert!(!told(&desk.run(&["check", "shop"])).contains("looks like"));
    let done = desk.run(&["run", "copied", "shop", "-e", "lab", "--yes"]);
    assert!(done.status.success() && told(&done).contains("привет, 磁盘"), "{}", told(&done));
}
