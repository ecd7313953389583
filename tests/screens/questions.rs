//! Questions of ssh and sudo: what is typed there goes to the engine once and is shown nowhere.

use quarterdeck::port::event::{Question, QuestionKind};
use quarterdeck::port::{Effect, Event, Secret};
use quarterdeck::text::Foreign;

use super::console::Console;
use super::{MIDDLE, scene};

fn question(id: u64, kind: QuestionKind, prompt: &str) -> Event {
    Event::Asked(Question { id, host: scene::host_name("app-1"), kind, prompt: Foreign::from(prompt) })
}

fn answers(effects: Vec<Effect>) -> Vec<(u64, Option<Vec<u8>>)> {
    let answer = |effect| match effect {
        Effect::Answer(id, secret) => Some((id, secret.map(|secret: Secret| secret.expose().to_vec()))),
        _ => None,
    };
    effects.into_iter().filter_map(answer).collect()
}

#[test]
fn a_secret_is_never_shown_and_goes_to_the_engine_once() {
    let mut console = Console::well(MIDDLE);
    console.say(question(7, QuestionKind::Secret, "Enter passphrase for key '/home/o/.ssh/id_ed25519': "));
    console.types("hunter2 q?").pastes("pasted\nline");
    let screen = console.screen();
    assert!(screen.contains("Enter passphrase") && screen.contains("••••••••••••••••"), "{screen}");
    assert!(!screen.contains("hunter") && !screen.contains("pasted"));
    console.asked();
    console.keys("enter");
    assert_eq!(answers(console.asked()), [(7, Some(b"hunter2 q?pasted".to_vec()))]);
    assert!(!console.screen().contains("passphrase"));
    assert!(console.0.ended().is_none(), "no key of the secret did anything else");
}

#[test]
fn the_password_of_sudo_is_as_secret_and_declining_it_connects_nothing_and_ends_the_step() {
    let mut console = Console::well(MIDDLE);
    console.say(question(7, QuestionKind::Sudo, "Password for sudo on app-1, to run: systemctl restart -- a.service"));
    console.types("hunter2");
    let screen = console.screen();
    assert!(screen.contains("sudo wants a password on app-1") && screen.contains("•••••••"), "{screen}");
    assert!(screen.contains("esc give none: the step fails") && !screen.contains("hunter"), "{screen}");
    console.asked();
    console.keys("esc");
    assert_eq!(answers(console.asked()), [(7, None)]);
}

#[test]
fn d11_a_host_key_wants_the_whole_word_and_a_paste_confirms_nothing() {
    let mut console = Console::well(MIDDLE);
    let prompt = "The authenticity of host 'app-1' can't be established.\nED25519 key fingerprint is SHA256:Zk3fJ0.";
    console.say(question(8, QuestionKind::HostKey, prompt));
    assert!(console.screen().contains("SHA256:Zk3fJ0."), "{}", console.screen());
    console.asked();
    console.pastes("yes").keys("enter").pastes("yes\n").pastes("yes\r");
    assert_eq!(answers(console.asked()), []);
    assert!(console.screen().contains("A paste confirms nothing"));
    console.types("y").keys("enter");
    assert_eq!(answers(console.asked()), []);
    assert!(console.screen().contains("Only the whole word yes says yes."));
    console.types("es").keys("enter");
    assert_eq!(answers(console.asked()), [(8, Some(b"yes".to_vec()))]);
    console.say(question(9, QuestionKind::HostKey, prompt));
    console.keys("esc");
    assert_eq!(answers(console.asked()), [(9, None)]);
}

#[test]
fn questions_wait_in_line_and_go_when_they_are_settled() {
    let mut console = Console::well(MIDDLE);
    console.say(question(1, QuestionKind::Secret, "first?"));
    console.say(question(2, QuestionKind::Secret, "second?"));
    assert!(console.screen().contains("first?") && console.screen().contains("1 more wait"));
    console.say(Event::Settled(1));
    assert!(console.screen().contains("second?") && !console.screen().contains("first?"));
    console.say(Event::Settled(2));
    assert!(!console.screen().contains("second?"));
}
