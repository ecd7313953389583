//! A person scales a service of containers: the number, what it means, the confirmation.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/console.rs"]
mod console;
#[path = "common/scene.rs"]
mod scene;

use console::Console;
use quarterdeck::domain::container::{Composer, Container, ContainerState, Containers, Made};
use quarterdeck::domain::permit::How;
use quarterdeck::domain::service::UnitPattern;
use quarterdeck::domain::{Compose, EnvColour, Permit, RuntimeKind};
use quarterdeck::port::event::HostEvent;
use quarterdeck::port::{Effect, Event};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

fn permits(console: &mut Console) -> Vec<Permit> {
    let permit = |effect| match effect {
        Effect::Execute(permit) => Some(*permit),
        _ => None,
    };
    console.asked().into_iter().filter_map(permit).collect()
}

/// A console on staging whose backend is two containers on app-1, of which the site expects two.
fn with_containers(size: (u16, u16)) -> Console {
    let mut environment = scene::environment("staging", EnvColour::Yellow, false);
    let backend = environment.services.iter_mut().find(|one| one.name.as_str() == "backend").unwrap();
    let compose = Compose { scale: Some(2), ..Compose::new("shop", "backend").unwrap() };
    let unit = compose.unit().unwrap();
    backend.runtime = RuntimeKind::Compose;
    backend.hosts = vec![scene::host_name("app-1")];
    backend.units = vec![UnitPattern::Exact(unit.clone())];
    backend.probes.clear();
    backend.compose = Some(compose);
    let mut console = Console::watching("02:12:05", size, environment);
    let now = console.now();
    scene::first_second(now).into_iter().for_each(|event| console.say(event));
    let one = |number: usize| Container {
        id: number.to_string().repeat(64),
        name: format!("shop-backend-{number}"),
        state: ContainerState::Running,
        image: "shop/backend:1.4.2".into(),
        made: Made { folder: "/opt/shop".into(), files: "/opt/shop/compose.yml".into(), ..Made::default() },
        ..Container::default()
    };
    let containers =
        Containers { all: vec![one(1), one(2)], composer: Some(Composer::Plugin), ..Containers::default() };
    let facts = quarterdeck::runtimes::compose::facts(containers);
    let host = scene::host_name("app-1");
    let mut units = scene::units("app-1");
    units.push((unit.clone(), facts));
    console.say(Event::Host(host.clone(), HostEvent::Units(units)));
    console.say(Event::Host(host, HostEvent::Usage(vec![(unit.clone(), scene::usage(&unit))])));
    console.types("/backend").keys("enter esc");
    console.asked();
    console
}

#[test]
fn to_scale_asks_for_a_number_and_shows_what_it_means_before_anything_is_done() {
    for size in SIZES {
        let mut console = with_containers(size);
        console.keys("a").types("scale").keys("enter");
        let screen = console.screen();
        assert!(screen.contains("Scale backend"), "{screen}");
        assert!(console.row_with("how many containers").contains("each host 2"), "what the site expects: {screen}");
        assert!(console.row_with("backend on app-1").contains("2 run now, the site expects 2"), "{screen}");
        for (typed, told) in
            [("0", "use stop"), ("", "as a number from 1 to 100"), ("101", "100 containers at most"), ("x", "a number")]
        {
            console.keys("ctrl-u").types(typed).keys("enter");
            assert!(console.screen().contains(told), "{typed}: {}", console.screen());
        }
        assert!(permits(&mut console).is_empty());
        // One level up, and down again.
        console.keys("esc");
        assert!(console.row_with(" stop ").contains("Stop it"), "{}", console.screen());
        console.keys("enter ctrl-u").types("3").keys("enter");
        let screen = console.screen();
        assert!(screen.contains("scale backend on app-1 to 3"), "{screen}");
        console.keys("y");
        let all = permits(&mut console);
        let [permit] = all.as_slice() else { panic!("{}", console.screen()) };
        assert_eq!((permit.how(), permit.plan().steps.len()), (How::Yes, 1));
        let command = permit.plan().steps[0].command.join(" ");
        assert_eq!(
            command,
            "env -u QD_LINK docker compose -p shop --project-directory /opt/shop -f /opt/shop/compose.yml up -d --no-deps \
             --no-recreate --no-build --scale backend=3 backend"
        );
        assert!(permit.plan().impact.needed_by.is_empty(), "nothing goes away");
    }
}

#[test]
fn a_scale_that_takes_containers_away_says_so_and_who_needs_them() {
    let mut console = with_containers((200, 60));
    console.keys("a").types("scale").keys("enter ctrl-u").types("1").keys("enter");
    let screen = console.screen();
    for text in [
        "1 of 2 containers of backend on app-1 goes away",
        "with 1 it will count as degraded",
        "tracking",
        "--scale backend=1 backend",
    ] {
        assert!(screen.contains(text), "{text}\n{screen}");
    }
    console.keys("esc a").types("scale").keys("enter ctrl-u").types("4").keys("enter");
    let screen = console.screen();
    for text in ["free on app-1.", "New containers are made from the files", "The site expects 2"] {
        assert!(screen.contains(text), "{text}\n{screen}");
    }
    // The number that runs is nothing to do.
    console.keys("esc a").types("scale").keys("enter ctrl-u").types("2").keys("enter");
    assert!(console.screen().contains("2 run already"), "{}", console.screen());
    assert!(permits(&mut console).is_empty());
}

#[test]
fn what_is_no_container_says_that_it_is_not_scaled() {
    let mut console = Console::well((120, 40));
    console.types("/search app-2").keys("enter esc a");
    let screen = console.screen();
    assert!(console.row_with("  scale ").contains("only containers of a Compose project are scaled"), "{screen}");
}
