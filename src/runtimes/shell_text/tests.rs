//! What is seen of scripts.
#![allow(clippy::unwrap_used)]

use super::{gaps, key_of, scan, sets, simples_deep, unset};

fn keys(text: &str) -> Vec<String> {
    gaps(text, &scan(text)).into_iter().map(|gap| gap.key).collect()
}

#[test]
fn placeholders_are_found_and_redirections_are_none() {
    assert_eq!(keys("migrate <app_name> <previous-migration_number>"), ["app_name", "previous_migration_number"]);
    assert_eq!(keys("psql < backup_YYYYMMDD_HHMMSS.sql"), ["YYYYMMDD_HHMMSS"]);
    assert_eq!(keys("aws s3 cp s3://b/p-YYYYMMDD-HHMMSS.gz ."), ["YYYYMMDD_HHMMSS"]);
    assert_eq!(keys("docker pull ghcr.io/<repo>/backend:<tag>"), ["repo", "tag"]);
    assert_eq!(keys("git checkout v<previous-version>"), ["previous_version"]);
    assert_eq!(keys("echo '{{ name }}' {{other}}"), ["name", "other"]);
    assert_eq!(keys("journalctl --since 'YYYY-MM-DD HH:MM'"), ["YYYY_MM_DD_HH_MM"]);
    for text in [
        "sort <in>out",
        "cat <in >out",
        "cat <<EOF\nx\nEOF",
        "docker images | grep '<none>'",
        "echo '<b>bold</b>'",
        "docker ps --format '{{.Names}} {{json .}}'",
        "echo ${{ secrets.X }}",
        "# migrate <app_name>",
        "diff <(ls a) <(ls b)",
        "echo XYYYYMMDD",
        "echo \\<name\\>",
        "test a -lt b && x 2>&1",
    ] {
        assert_eq!(keys(text), [""; 0], "{text}");
    }
    assert_eq!(key_of("App name"), "app_name");
}

#[test]
fn variables_that_nothing_sets_are_found() {
    let names = |text: &str| unset(text, &scan(text)).into_iter().map(|one| one.name.clone()).collect::<Vec<_>>();
    assert_eq!(names("psql $DATABASE_URL < x; echo ${VERSION}"), ["DATABASE_URL", "VERSION"]);
    assert_eq!(names("echo \"$(docker pull $REPO/x:${TAG%-*})\""), ["REPO", "TAG"]);
    for text in [
        "echo $HOME $USER $LC_ALL $BASH_VERSION",
        "STAMP=$(date +%s); echo $STAMP",
        "export A_B=1\necho $A_B",
        "for NAME in a b; do echo $NAME; done",
        "read -r LINE; echo $LINE",
        "echo ${PORT:-80} ${X+y} ${Z:=1} $Z",
        "awk '{print $NF}' f; echo '$NOT'",
        "echo $lower $1 $$ \\$ESCAPED",
        "cat <<'EOF'\n$QUOTED\nEOF",
        "while IFS= read -r ROW; do echo $ROW; done",
        "# $COMMENT",
    ] {
        assert_eq!(names(text), [""; 0], "{text}");
    }
}

#[test]
fn what_is_set_to_words_is_known() {
    let literal = |text: &str| sets(text).into_iter().map(|set| (set.name, set.literal)).collect::<Vec<_>>();
    assert_eq!(literal("TAG='v1.2'"), [("TAG".to_owned(), Some("v1.2".to_owned()))]);
    assert_eq!(literal("TAG=$(date)"), [("TAG".to_owned(), None)]);
    assert_eq!(literal("A=1 ./run"), [], "it is for that program alone");
}

#[test]
fn commands_are_found_in_substitutions_and_blocks() {
    let programs = |text: &str| {
        let mut all: Vec<String> =
            simples_deep(text).iter().filter_map(|one| Some(one.command().first()?.text.clone())).collect();
        all.sort();
        all
    };
    assert_eq!(programs("if a; then b | c; else d && e; fi"), ["a", "b", "c", "d", "e"]);
    assert_eq!(programs("x=$(a `b`) c \"$(d)\" <(e)"), ["a", "b", "c", "d", "e"]);
    assert_eq!(programs("case $1 in\n  start) a ;;\n  *) b ;;\nesac"), ["a", "b", "case"]);
    assert_eq!(programs("a \\\n  --b | 'c' 2>&1 >/dev/null # d"), ["a", "c"]);
    assert_eq!(programs("cat <<EOF | a\n$(b)\nc\nEOF\nd"), ["a", "b", "cat", "d"]);
}

#[test]
fn what_never_ends_is_doubtful() {
    for text in ["echo 'a", "echo \"a", "echo $(a", "echo ${a", "cat <<EOF\na", "echo `a"] {
        assert!(!scan(text).complete, "{text}");
    }
    assert!(scan(&"$(".repeat(5_000)).places.iter().all(|place| place.is_doubtful()));
}
