//! D1 to D5: every way in which the console ends leaves the terminal as it was found.

use super::*;

fn assert_crashed(fault: &str, place: &str) {
    for _ in 0..rounds(2) {
        let mut pty = struck(fault);
        let exit = pty.wait_exit(patient(SECOND));
        assert_eq!(exit.code(), 70, "{pty:?}");
        assert_restored(&pty);
        let report = afterwards(&pty);
        assert!(report.contains("a mistake of its own") && report.contains(place), "{report}");
        assert_eq!(report.matches("a mistake of its own").count(), 1, "told once: {report}");
        assert!(!report.contains('\x1b'), "nothing is drawn after the end: {report:?}");
    }
}

#[test]
fn d01_a_panic_on_the_thread_of_the_loop_restores_first_and_tells_then() {
    assert_crashed("panic-ui", "struck on the thread of the loop");
}

#[test]
fn d02_a_panic_in_a_task_or_a_thread_ends_the_program() {
    assert_crashed("panic-task", "struck in a task");
    assert_crashed("panic-thread", "struck in a thread");
}

#[test]
fn d03_an_error_is_told_on_a_restored_terminal() {
    for _ in 0..rounds(2) {
        let mut pty = struck("error");
        let exit = pty.wait_exit(patient(SECOND));
        assert_eq!(exit.code(), 70, "{pty:?}");
        assert_restored(&pty);
        assert_eq!(afterwards(&pty).trim(), "The session failed, as was asked for.");
    }
}

#[test]
fn d03_the_person_quits() {
    for _ in 0..rounds(2) {
        let mut pty = drawn();
        let exit = pty.send("q").wait_exit(patient(SECOND));
        assert_eq!(exit.code(), 0, "{pty:?}");
        assert_restored(&pty);
        assert_eq!(afterwards(&pty), "");
    }
}

#[test]
fn d04_each_signal_that_ends_restores_and_has_its_exit_code() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::QUIT, 131), (Signal::HUP, 129)] {
        for _ in 0..rounds(2) {
            let mut pty = drawn();
            let exit = pty.signal(signal).wait_exit(patient(SECOND));
            assert_eq!(exit.code(), code, "{pty:?}");
            assert_restored(&pty);
            assert_eq!(afterwards(&pty), "");
        }
    }
}

#[test]
fn d04_a_loop_that_hangs_is_ended_by_the_first_signal_after_a_grace_and_by_the_second_at_once() {
    for _ in 0..rounds(1) {
        let mut pty = struck("stuck");
        pty.wait_quiet(Duration::from_millis(100));
        let exit = pty.signal(Signal::TERM).wait_exit(patient(SECOND));
        assert_eq!(exit.code(), 143, "{pty:?}");
        assert!(exit.took >= Duration::from_millis(500), "there is a grace: {exit:?}");
        assert_restored(&pty);

        let mut pty = struck("stuck");
        pty.wait_quiet(Duration::from_millis(100));
        pty.signal(Signal::TERM).read_during(Duration::from_millis(100));
        let exit = pty.signal(Signal::INT).wait_exit(Duration::from_millis(1500));
        assert_eq!(exit.code(), 130, "{pty:?}");
        assert_restored(&pty);
    }
}

/// The program ends in time, spends no time on it, and does not panic.
fn assert_ends_with_its_terminal(mut pty: Pty) {
    let before = pty.cpu();
    let exit = pty.hang_up().wait_exit(patient(SECOND));
    assert_eq!(exit.code(), 129, "{pty:?}");
    assert!(exit.cpu - before <= patient(Duration::from_millis(100)), "{exit:?}");
}

#[test]
fn d05_a_terminal_that_vanishes_ends_the_program() {
    let path = env!("CARGO_BIN_EXE_qd");
    for _ in 0..rounds(2) {
        assert_ends_with_its_terminal(drawn());

        // The hang-up signal was ignored when it began, as nohup does.
        let script = format!("trap '' HUP; exec {path} bare");
        let mut pty = Launch::program("sh", &["-c", &script]).start();
        pty.wait_drawn();
        assert_ends_with_its_terminal(pty);
    }
}

#[test]
fn d05_without_any_signal_the_end_of_input_is_enough() {
    let folder = tempfile::tempdir().unwrap();
    let ended = folder.path().join("ended");
    for _ in 0..rounds(2) {
        // The terminal does not control the session in which we run, so the system sends nothing.
        let script =
            format!("trap '' HUP; setsid {} bare; echo $? > {}; sleep 60", env!("CARGO_BIN_EXE_qd"), ended.display());
        let mut pty = Launch::program("sh", &["-c", &script]).start();
        pty.wait_drawn();
        let qd = *pty.children().first().expect("the shell has started it");
        pty.adopt(qd).hang_up();
        pty.wait_until(patient(SECOND), "its end", |_| matches!(pty::state(qd), '-' | 'Z'));
        let told = || std::fs::read_to_string(&ended).unwrap_or_default();
        pty.wait_until(SOON, "its exit code", |_| told().ends_with('\n'));
        assert_eq!(told().trim(), "129");
        std::fs::remove_file(&ended).unwrap();
    }
}

#[test]
fn d05_a_terminal_that_vanishes_while_it_is_blocked_ends_the_program() {
    assert_ends_with_its_terminal(blocked());
}
