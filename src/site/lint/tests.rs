//! Each rule has a document that breaks it and one that does not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{RULES, lint};
use crate::site::{Severity, load_embedded};

const SITE: &str = r#"
[roles]
lead = ["ada"]
[environments.prod]
lock_host = "app-1"
[environments.prod.hosts]
app-1 = { tags = ["web"] }
db-1 = {}
[services.config]
hosts = ["app-1"]
units = ["shop-config.service"]
probes.ready = { command = ["true"] }
[services.gateway]
hosts = ["app-1"]
units = ["shop-gateway.service"]
depends_on = ["config"]
"#;

/// Messages of the rules about one document, which has this front matter.
fn told(front: &str, body: &str) -> Vec<String> {
    let text = format!("+++\n{front}\n+++\n\n# A document\n\n{body}\n");
    let other = "+++\n[inputs.tag]\n+++\n\n# Other\n\n```sh\necho \"$tag\"\n```\n";
    let files = [("procedures/one.md", text.as_str()), ("procedures/other.md", other)];
    let (site, _) = load_embedded("site", SITE, &files).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    let today = jiff::civil::date(2026, 11, 21);
    lint(&site, today).into_iter().map(|mistake| mistake.headline()).collect()
}

fn sh(attributes: &str, command: &str) -> String {
    format!("```sh {{{attributes}}}\n{command}\n```\n")
}

/// The rule, what its message says, a document that breaks it, and one that does not: front matter and body each.
type Case = (&'static str, &'static str, (&'static str, String), (&'static str, String));

#[test]
fn every_rule_is_broken_by_one_document_and_not_by_another() {
    let deploy = "kind = \"deploy\"";
    let placed = sh("#a host=db-1", "./place") + &sh("#b host=db-1 danger=read capture=before", "readlink /srv/x");
    let cases: Vec<Case> = vec![
        (
            "place",
            "no host db-9",
            ("", sh("#a host=db-9", "uptime")),
            ("", sh("#a host=\"db-1 tag:web lock\"", "uptime")),
        ),
        (
            "name",
            "no service pricing",
            ("", "- [ ] Up {check=pricing/ready}".into()),
            ("", "- [ ] Up {check=config/ready}".into()),
        ),
        (
            "name",
            "no probe fast",
            ("", "- [ ] Up {check=config/fast}".into()),
            ("", "- [ ] Up {check=config/ready}".into()),
        ),
        (
            "fact",
            "does not say where its code lies there",
            ("", "- Green {#a fact=\"ci commit=v1\"}".into()),
            ("", "- Room {#a fact=\"disk path=/ free=1GiB\" host=db-1}".into()),
        ),
        (
            "fact",
            "of which commit ci is",
            ("", "- Green {#a fact=\"ci\"}".into()),
            ("", "- Green {#a fact=\"probes service=config\"}".into()),
        ),
        (
            "fact",
            "no service pricing",
            ("", "- Green {#a fact=\"probes service=pricing\"}".into()),
            ("", "- Green {#a fact=\"probes service='config gateway'\"}".into()),
        ),
        (
            "fact",
            "in the tier `Core`",
            ("", "- Green {#a fact=\"probes tier=Core\"}".into()),
            ("", "- Green {#a fact=\"probes tier=Services\"}".into()),
        ),
        (
            "call",
            "no such procedure",
            ("", "- [ ] Do {call=nothing}".into()),
            ("", "- [ ] Do {call=other with_tag=1}".into()),
        ),
        (
            "call",
            "no input of it",
            ("", "- [ ] Do {call=other with_it=1}".into()),
            ("", "- [ ] Do {call=other with_tag=1}".into()),
        ),
        ("call", "never end", ("", "- [ ] Do {call=one}".into()), ("", "- [ ] Do {call=other with_tag=1}".into())),
        (
            "when",
            "nothing here gives",
            ("", sh("#a host=db-1 when=\"fast\"", "uptime")),
            ("[inputs.fast]\ntype = \"switch\"", sh("#a host=db-1 when=\"fast\"", "uptime")),
        ),
        (
            "gap",
            "nothing fills <app>",
            ("", sh("#a host=db-1", "migrate <app>")),
            ("[inputs.app]", sh("#a host=db-1", "migrate <app>")),
        ),
        (
            "gap",
            "nothing sets $DATABASE_URL",
            ("", sh("#a host=db-1", "psql $DATABASE_URL")),
            ("[inputs.DATABASE_URL]", sh("#a host=db-1", "psql $DATABASE_URL")),
        ),
        (
            "backup",
            "nothing before it makes",
            ("", sh("#a host=db-1", "npx prisma migrate deploy")),
            ("", sh("#d host=db-1", "pg_dump shop") + &sh("#a host=db-1", "npx prisma migrate deploy")),
        ),
        (
            "verify",
            "does not verify",
            (deploy, sh("#a host=db-1", "./deploy")),
            (deploy, sh("#a host=db-1", "./deploy") + "## Verify\n\n- [ ] It works\n\n## Rollback\n\n- [ ] Back\n"),
        ),
        (
            "verify",
            "no rollback",
            (deploy, sh("#a host=db-1", "./deploy")),
            (
                "kind = \"deploy\"\nrollback = \"other\"",
                sh("#a host=db-1", "./deploy") + "## Verify\n\n- [ ] It works\n",
            ),
        ),
        (
            "order",
            "before config",
            ("", sh("#a host=app-1", "systemctl restart shop-gateway\nsystemctl restart shop-config")),
            ("", sh("#a host=app-1", "systemctl restart shop-config\nsystemctl restart shop-gateway")),
        ),
        (
            "restore",
            "nothing carries it there",
            (
                "",
                sh("#a host=here", "aws s3 cp s3://b/2024.dump ./backup.dump")
                    + &sh("#r host=here", "ssh db-1 'pg_restore -d shop -c backup.dump'"),
            ),
            (
                "",
                sh("#a host=here", "aws s3 cp s3://b/2024.dump ./backup.dump")
                    + &sh("#c host=here", "scp backup.dump db-1:")
                    + &sh("#r host=here", "ssh db-1 'pg_restore -d shop -c backup.dump'"),
            ),
        ),
        (
            "fail-fast",
            "the others are not seen",
            ("", sh("#a host=here", "for url in a b; do\n  curl -f $url || exit 1\ndone")),
            ("", sh("#a host=here", "bad=0\nfor url in a b; do\n  curl -f $url || bad=1\ndone\nexit $bad")),
        ),
        (
            "review",
            "reviewed by 2026-01-01",
            ("review = 2026-01-01", String::new()),
            ("review = 2027-01-01", String::new()),
        ),
        (
            "root",
            "uses sudo",
            ("", sh("#a host=db-1", "sudo systemctl reload nginx")),
            ("", sh("#a host=db-1 root", "systemctl reload nginx")),
        ),
        (
            "capture",
            "captures only later",
            ("", sh("#a host=db-1", "echo $stamp") + &sh("#b host=db-1 capture=stamp", "date")),
            ("", sh("#b host=db-1 capture=stamp", "date") + &sh("#a host=db-1", "echo $stamp")),
        ),
        (
            "capture",
            "captures only later",
            ("", "- Now $stamp goes. {#s notify=ops}\n\n".to_owned() + &sh("#b host=db-1 capture=stamp", "date")),
            ("", sh("#b host=db-1 capture=stamp", "date") + "- Now $stamp goes. {#s notify=ops}\n"),
        ),
        (
            "name",
            "nothing is called verzion here, so s tells $verzion as it is written",
            ("[inputs.version]", "- Now ${verzion} goes, $version. {#s notify=ops}\n".into()),
            ("[inputs.version]", "- Now ${version} goes, for $5. {#s notify=ops}\n".into()),
        ),
        (
            "name",
            "s tells $token, which is a secret",
            ("[inputs.token]\nsecret = true", "- By $token. {#s notify=ops}\n".into()),
            ("[inputs.token]", "- By $token. {#s notify=ops}\n".into()),
        ),
        (
            "capture",
            "captures only later",
            ("", sh("#a host=db-1 when=stamp", "uptime") + &sh("#b host=db-1 capture=stamp", "date")),
            ("", sh("#a host=db-1 capture=stamp", "stamp=x; echo $stamp")),
        ),
        (
            "input",
            "nothing uses the input tag",
            ("[inputs.tag]", sh("#a host=db-1", "echo tags $tagged")),
            ("[inputs.tag]", sh("#a host=db-1", "echo <tag>")),
        ),
        (
            "way back",
            "itself, which would do the same",
            ("rollback = \"one\"", sh("#a host=db-1", "uptime")),
            ("rollback = \"other\"", sh("#a host=db-1", "uptime")),
        ),
        (
            "way back",
            "undone by itself",
            ("", sh("#a host=db-1 undo=#a", "./x")),
            ("", sh("#a host=db-1 undo=#b", "./x") + "## Rollback\n\n" + &sh("#b host=db-1", "./y")),
        ),
        (
            "way back",
            "does not say so",
            ("", sh("#a host=db-1 undo=#b", "./x") + "## Rollback\n\n" + &sh("#b host=db-1", "rm -rf /srv/x")),
            (
                "",
                sh("#a host=db-1 undo=#b", "./x")
                    + "## Rollback\n\n"
                    + &sh("#b host=db-1 danger=destructive", "rm -rf /srv/x"),
            ),
        ),
        (
            "way back",
            "where that fails, the way back fails too",
            (
                "back = \"auto\"",
                [placed.as_str(), "## Rollback\n\n", &sh("#c host=db-1", "./back \"$before\"")].concat(),
            ),
            (
                "back = \"auto\"",
                [placed.as_str(), "## Rollback\n\n", &sh("#c host=db-1 when=before", "./back \"$before\"")].concat(),
            ),
        ),
        (
            "release",
            "does not say what its release is",
            (deploy, sh("#a host=db-1", "uptime")),
            ("kind = \"deploy\"\n[release]\nversion = \"tag\"\n[inputs.tag]", sh("#a host=db-1", "echo $tag")),
        ),
        (
            "release",
            "names commit as its commit, and nothing gives it",
            ("[release]\nversion = \"tag\"\ncommit = \"commit\"\n[inputs.tag]", sh("#a host=db-1", "echo $tag")),
            (
                "kind = \"rollback\"\n[release]\nversion = \"tag\"\ncommit = \"commit\"\n[inputs.tag]",
                sh("#a host=db-1 capture=commit danger=read", "git rev-parse $tag"),
            ),
        ),
        (
            "release",
            "which is a secret",
            ("[release]\nversion = \"tag\"\n[inputs.tag]\nsecret = true", sh("#a host=db-1", "echo $tag")),
            ("kind = \"deploy\"\n[release]\nversion = \"tag\"\n[inputs.tag]", sh("#a host=db-1", "echo $tag")),
        ),
        (
            "release",
            "does not say what the version is",
            ("kind = \"deploy\"\n[release]\nservice = \"config\"", sh("#a host=db-1", "uptime")),
            ("kind = \"deploy\"\n[release]\nversion = \"tag\"\n[inputs.tag]", sh("#a host=db-1", "echo $tag")),
        ),
        (
            "release",
            "has no such service",
            (
                "kind = \"deploy\"\n[release]\nversion = \"tag\"\nservice = \"pricing\"\n[inputs.tag]",
                sh("#a host=db-1", "echo $tag"),
            ),
            (
                "kind = \"deploy\"\n[release]\nversion = \"tag\"\nservice = \"which\"\n[inputs.tag]\n[inputs.which]\ntype = \"service\"",
                sh("#a host=db-1", "echo $tag $which"),
            ),
        ),
        (
            "release",
            "[release] means nothing here",
            ("[release]\nversion = \"tag\"\n[inputs.tag]", sh("#a host=db-1", "echo $tag")),
            ("kind = \"deploy\"\n[release]\nversion = \"tag\"\n[inputs.tag]", sh("#a host=db-1", "echo $tag")),
        ),
        (
            "release",
            "does not say where its code is",
            ("[inputs.tag]\ntype = \"version\"", sh("#a host=db-1", "echo $tag")),
            ("[inputs.tag]\ntype = \"release\"", sh("#a host=db-1", "echo $tag")),
        ),
        (
            "budget",
            "may take 1800s",
            ("budget = \"10m\"", sh("#a host=db-1 timeout=30m", "uptime")),
            ("budget = \"5m\"", sh("#a host=db-1", "uptime")),
        ),
        (
            "budget",
            "waits 3600s",
            ("", "## Wait {budget=10m}\n\n- [ ] Wait {#w hold=1h}\n".into()),
            ("", "## Wait {budget=2h}\n\n- [ ] Wait {#w hold=1h}\n".into()),
        ),
        (
            "declared",
            "is seen to destroy",
            ("", sh("#a host=db-1 danger=change", "dropdb shop")),
            ("", sh("#a host=db-1 danger=read", "./look")),
        ),
        (
            "disguise",
            "a is not what it looks like: a mark that turns the order of what is seen round (‹U+202E›)",
            ("", sh("#a host=db-1", "uptime # \u{202E}oof")),
            ("", sh("#a host=db-1", "uptime # größer 👍")),
        ),
        ("disguise", "hidden in this line", ("", "Read\u{200B} this".into()), ("", "Read this".into())),
        (
            "waiver",
            "no part of a gate",
            ("", "## Phase 1\n\n- [ ] Signed {#a waiver=lead}".into()),
            ("", "## Gate\n\n- [ ] Signed {#a waiver=lead}".into()),
        ),
        (
            "waiver",
            "the role boss, which the site has not",
            ("", "## Gate\n\n- [ ] Signed {#a waiver=boss}".into()),
            ("", "## Gate\n\n- [ ] Signed {#a waiver=lead}".into()),
        ),
        (
            "gate",
            "a holds the gate up when it fails",
            ("", format!("## Gate\n\n{}", sh("#a host=db-1 danger=read on_error=skip", "uptime"))),
            ("", format!("## Before\n\n{}", sh("#a host=db-1 danger=read on_error=skip", "uptime"))),
        ),
        (
            "approval",
            "the role boss, which the site has not",
            ("", "## Gate\n\n- Signed {#a approve=\"1 of boss\"}".into()),
            ("", "## Gate\n\n- Signed {#a approve=\"1 of lead\"}".into()),
        ),
        (
            "approval",
            "only 1 have that role",
            ("", "## Gate\n\n- Signed {#a approve=\"2 of lead\"}".into()),
            ("", "## Gate\n\n- Signed {#a approve=\"1 of lead\"}".into()),
        ),
        (
            "approval",
            "outside of a gate",
            ("", "## Phase 1\n\n- Signed {#a approve=\"1 of lead\"}".into()),
            ("", "## Gate\n\n- Signed {#a approve=\"1 of lead\"}".into()),
        ),
        (
            "follow-up",
            "this document makes none",
            ("", "## Follow-up: first hour {due=1h}\n\n- [ ] Quiet".into()),
            ("", "## Follow the money\n\n- [ ] Quiet".into()),
        ),
        (
            "follow-up",
            "the console only looks",
            (deploy, format!("## Follow-up {{due=1h}}\n\n{}", sh("#a host=lock", "rm -f /tmp/x"))),
            (deploy, format!("## Follow-up {{due=1h}}\n\n{}", sh("#a host=lock", "uptime"))),
        ),
        ("debt", "still missing", ("", "- [ ] Tag it {#a todo}".into()), ("", "- [ ] Tag it {#a}".into())),
    ];
    let mut wrong = Vec::new();
    for (rule, says, (front, bad), (good_front, good)) in &cases {
        assert!(RULES.iter().any(|(name, _)| name == rule), "{rule}");
        let found = told(front, bad);
        if !found.iter().any(|line| line.contains(says)) {
            wrong.push(format!("{rule} does not say {says:?}: {found:?}"));
        }
        let found = told(good_front, good);
        if found.iter().any(|line| line.contains(says)) {
            wrong.push(format!("{rule} says {says:?} where all is well: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (name, _) in RULES {
        assert!(cases.iter().any(|(rule, ..)| rule == name), "no document for {name}");
    }
}

#[test]
fn a_finding_has_its_file_and_its_line() {
    let found = told("", &sh("#a host=db-9", "uptime"));
    assert!(found.iter().any(|line| line.contains("procedures/one.md:7:1: ")), "{found:?}");
}

#[test]
fn who_wants_the_lock_of_an_environment_without_one_is_told() {
    let text = "+++\ntitle = \"Move\"\nlock = true\n+++\n# Move\n\n- [ ] Tell everybody\n";
    let told = |site: &str| {
        let (site, _) = load_embedded("site", site, &[("procedures/move.md", text)]).unwrap();
        let all = lint(&site, jiff::civil::date(2026, 11, 21));
        all.into_iter().map(|mistake| mistake.headline()).collect::<Vec<_>>()
    };
    let found = told(&SITE.replace("lock_host = \"app-1\"", ""));
    assert!(found.iter().any(|line| line.contains("move.md:3:1: ") && line.contains("prod has none")), "{found:?}");
    assert!(told(SITE).iter().all(|line| !line.contains("wants the lock")));
}

#[test]
fn debt_does_not_make_a_site_bad() {
    let text = "# Later\n\n- [ ] Tag it {#a todo}\n";
    let (site, _) = load_embedded("site", SITE, &[("procedures/later.md", text)]).unwrap();
    let all = lint(&site, jiff::civil::date(2026, 11, 21));
    assert!(!all.is_empty() && all.iter().all(|mistake| mistake.severity == Severity::Warning));
}
