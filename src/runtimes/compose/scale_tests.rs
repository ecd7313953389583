//! The command to scale: where its files come from, and that nothing in it is a word of a shell or an option.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::domain::Verb;
use crate::domain::container::Container;
use crate::runtimes::compose::change;
use crate::runtimes::shell::shown;

fn made(folder: &str, files: &str) -> Made {
    Made { folder: folder.into(), files: files.into(), ..Made::default() }
}

fn of(all: impl IntoIterator<Item = Made>, composer: Option<Composer>) -> Containers {
    let all = all.into_iter().map(|made| Container { name: "shop_web_1".into(), made, ..Container::default() });
    Containers { all: all.collect(), composer, ..Containers::default() }
}

fn web() -> Compose {
    Compose::new("shop", "web").unwrap()
}

fn to(number: u32, web: &Compose, known: &Containers) -> Result<String, NoCommand> {
    change(Verb::Scale(Count::new(number).unwrap()), Some(web), known).map(|argv| shown(&argv))
}

const REST: &str = "up -d --no-deps --no-recreate --no-build --scale";

#[test]
fn the_files_are_those_of_the_containers_where_the_site_says_nothing() {
    let newer = made("/opt/shop", "/opt/shop/compose.yaml,/opt/shop/prod.yaml");
    let newer = Made { variables: "/opt/shop/prod.env".into(), ..newer };
    assert_eq!(
        to(3, &web(), &of([newer], Some(Composer::Plugin))).unwrap(),
        format!(
            "env -u QD_LINK docker compose -p shop --project-directory /opt/shop -f /opt/shop/compose.yaml \
             -f /opt/shop/prod.yaml --env-file /opt/shop/prod.env {REST} web=3 web"
        )
    );
    // The older one writes its files as they were typed in the folder.
    let older =
        of([made("/opt/shop", "docker-compose.yml"), made("/opt/shop", "docker-compose.yml")], Some(Composer::Alone));
    assert_eq!(
        to(1, &web(), &older).unwrap(),
        format!(
            "env -u QD_LINK docker-compose -p shop --project-directory /opt/shop -f /opt/shop/docker-compose.yml {REST} \
             web=1 web"
        )
    );
}

#[test]
fn what_the_site_says_counts() {
    let folder = Some("/srv/web".to_owned());
    let site = Compose { folder, files: vec!["a.yml".to_owned(), "/etc/b.yml".to_owned()], ..web() };
    let known = of([made("/opt/shop", "/opt/shop/compose.yaml")], Some(Composer::Plugin));
    let expected = "-p shop --project-directory /srv/web -f /srv/web/a.yml -f /etc/b.yml up";
    assert!(to(2, &site, &known).unwrap().contains(expected));
    assert_eq!(differs(&site, &known).unwrap().plain(), "/opt/shop/compose.yaml");
    assert_eq!(differs(&web(), &known), None);
    let same = of([made("/srv/web", "a.yml,/etc/b.yml")], Some(Composer::Plugin));
    assert_eq!(differs(&site, &same), None);
    // Then it does not matter that containers disagree.
    let two = of([made("/a", "a.yml"), made("/b", "b.yml")], Some(Composer::Plugin));
    assert!(to(2, &site, &two).unwrap().contains(expected));
    assert_eq!(to(2, &web(), &two), Err(NoCommand::Several(2)));
    // A folder alone leaves it to Compose to find the file.
    let bare = Compose { folder: Some("/srv/web".to_owned()), ..web() };
    let unwritten = of([Made::default()], Some(Composer::Plugin));
    let expected = format!("-p shop --project-directory /srv/web {REST} web=2 web");
    assert!(to(2, &bare, &unwritten).unwrap().ends_with(&expected));
    assert_eq!(to(2, &web(), &unwritten), Err(NoCommand::NoFiles));
}

#[test]
fn what_can_not_be_scaled_says_why() {
    let known = of([made("/opt/shop", "compose.yml")], Some(Composer::Plugin));
    let two = Verb::Scale(Count::new(2).unwrap());
    assert_eq!(change(two, None, &known), Err(NoCommand::NotOfCompose));
    assert_eq!(to(2, &web(), &of([made("/opt/shop", "compose.yml")], None)), Err(NoCommand::NoCompose));
    assert_eq!(to(2, &web(), &of([], Some(Composer::Plugin))), Err(NoCommand::NoContainer));
    assert_eq!(to(2, &web(), &Containers::unseen("gone")), Err(NoCommand::Unseen("gone".into())));
    for odd in ["opt/shop", "/opt/sh\u{202e}op", "/opt/\u{1b}[31mshop", "/opt/sh\nop", "/opt/sh\u{200b}op"] {
        let known = of([made(odd, "/opt/compose.yml")], Some(Composer::Plugin));
        assert_eq!(to(2, &web(), &known), Err(NoCommand::OddPath), "{odd:?}");
    }
}

proptest! {
    #[test]
    fn no_label_becomes_an_option_or_more_than_one_argument(folder in "\\PC{0,30}", files in "\\PC{0,40}", variables in "\\PC{0,30}") {
        let made = Made { variables: variables.as_str().into(), ..made(&folder, &files) };
        let known = of([made], Some(Composer::Plugin));
        if let Ok(argv) = change(Verb::Scale(Count::new(2).unwrap()), Some(&web()), &known) {
            let end = argv.iter().position(|word| word == "up").unwrap();
            let mut options = argv[5..end].chunks(2);
            prop_assert_eq!(options.next().unwrap(), ["-p", "shop"]);
            for pair in options {
                prop_assert!(["--project-directory", "-f", "--env-file"].contains(&pair[0].as_str()));
                prop_assert!(pair[1].starts_with('/'), "{:?}", pair);
            }
            let rest = argv[end..].join(" ");
            prop_assert_eq!(rest, format!("{REST} web=2 web"));
        }
    }
}
