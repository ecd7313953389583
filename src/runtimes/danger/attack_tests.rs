//! Commands that look as if they only read and do not.
#![allow(clippy::unwrap_used)]

use super::danger;
use crate::domain::procedure::{Danger, Language};

fn none_is_read(language: Language, commands: &[&str]) {
    let read: Vec<&&str> = commands.iter().filter(|text| danger(language, text) == Danger::Read).collect();
    assert!(read.is_empty(), "taken for harmless:\n{read:#?}");
}

#[test]
fn commands_that_hide_what_they_do_are_not_read() {
    none_is_read(Language::Bash, COMMANDS);
}

#[test]
fn queries_that_hide_what_they_do_are_not_read() {
    none_is_read(Language::Sql, QUERIES);
}

/// Each command in another is graded once: every level that doubled the work froze whoever opened such a document.
#[test]
fn commands_in_each_other_are_graded_in_no_time_however_deep() {
    let nested = |deep: usize, inner: &str| format!("echo {}{inner}{}", "$(echo ".repeat(deep), ")".repeat(deep));
    assert_eq!(danger(Language::Sh, &nested(6, "x")), Danger::Read);
    assert_eq!(danger(Language::Sh, &nested(6, "$(rm -rf /srv/x)")), Danger::Destructive);
    for deep in [9, 30, 200, 20_000] {
        assert_eq!(danger(Language::Sh, &nested(deep, "x")), Danger::Destructive, "{deep} deep: nobody has looked");
    }
    let sums = format!("echo {}1{}", "$((1+$(echo ".repeat(20), ")))".repeat(20));
    assert_ne!(danger(Language::Sh, &sums), Danger::Read);
    for hidden in
        ["echo `echo \\`rm -rf /srv/x\\``", "echo $(( $(rm -rf /srv/x) + 1 ))", "echo \"$(echo `rm -rf /srv/x`)\""]
    {
        assert_eq!(danger(Language::Sh, hidden), Danger::Destructive, "{hidden}");
    }
}

/// The lines of a list; `\n` is the end of a line.
fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("# "));
    lines.map(|line| line.replace("\\n", "\n")).collect()
}

#[test]
fn a_thousand_lines_that_change_something_are_none_of_them_read() {
    let all = lines(include_str!("../../../tests/fixtures/danger/changes.txt"));
    assert!(all.len() > 1000, "{}", all.len());
    none_is_read(Language::Bash, &all.iter().map(String::as_str).collect::<Vec<_>>());
    none_is_read(Language::Sh, &all.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn what_only_looks_is_seldom_taken_for_more() {
    let all = lines(include_str!("../../../tests/fixtures/danger/reads.txt"));
    let asked: Vec<&String> = all.iter().filter(|text| danger(Language::Bash, text) != Danger::Read).collect();
    assert!(all.len() > 300 && asked.len() * 100 <= all.len(), "{} of {}: {asked:#?}", asked.len(), all.len());
}

const COMMANDS: &[&str] = &[
    "bash deploy.sh -c test",
    "ssh -oGSSAPIAuthentication=no h 'dropdb x'",
    "ssh -oGlobalKnownHostsFile=/dev/null h rm -rf /srv",
    "ssh -o ProxyCommand='touch f' h ls",
    "env --split='touch f'",
    "env -a cat rm f",
    "su -c ls -c 'rm x'",
    "sudo -e test",
    "sudo -ucelery -i",
    "/usr/bin/time -o/tmp/f ls",
    "ionice -c3 -p 1",
    "kubectl delete pod exec -- ls",
    "npx tree",
    "docker --tlskey ps rm -f db",
    "redis-cli -X GET FLUSHALL",
    "systemctl --message status reboot",
    "tar -Copt -xf a.tar",
    "tar -C/opt -zxf a.tar",
    "tar --one-top-level -xf a.tar",
    "git clean -fdx -e'*.json'",
    "git clean -f -e -n",
    "git clean -fd -e cat-file",
    "gzip -S.ct f",
    "rsync -a --delete -f'- *.json' a b",
    "unzip -o -d/opt x.zip",
    "nginx -c/etc/x",
    "sshd -f/etc/x",
    "crontab -ualice tab",
    "swapon -Lswap",
    "ansible all -uCentos",
    "export PATH=/tmp:$PATH",
    "PS4='$(touch f)'; set -x; ls",
    "hash -p /tmp/x ls",
    "mapfile -C 'touch f' -c 1 a",
    "let 'a[$(touch f)]=1'",
    "test -v 'a[$(touch f)]'",
    "read 'a[$(touch f)]'",
    "echo ${x@P}",
    "x='a[$(touch f)]'; echo $((x))",
    "printf -v PATH /tmp",
    "read -r PATH",
    "declare -n r=PATH",
    "LESSOPEN='|touch f' less x",
    "TAR_OPTIONS=--checkpoint-action=exec=x tar -tf a",
    "KUBECTL_EXTERNAL_DIFF=touch kubectl diff -f x",
    ":(){ :|:& };:",
    "ls() { echo; }; ls",
    "sed --in-pl s/a/b/ f",
    "sort --out=f g",
    "date --se=12:00",
    "journalctl --rot",
    "gawk --fil=x f",
    "curl -X POST https://x --next https://y",
    "curl https://x --next -X POST https://y",
    "curl -XDELETE https://x",
    "curl gopher://x:6379/_FLUSHALL",
    "awk 'BEGIN{print \"a;b\" > \"f\"}'",
    "awk '{print \"}\" > \"f\"}' x",
    "sed -n -e p -ne 'w f' x",
    "openssl dgst --out f x",
    "tar tIf 'touch f' a.tar",
    "tar -tf a.tar --checkpoint-act=exec=x",
    "ip a a 10.0.0.1/8 dev eth0",
    "ip r d default",
    "ip -b f",
    "resolvectl dns eth0 1.1.1.1",
    "resolvectl domain eth0 x",
    "ufw app default deny",
    "sysctl -f x",
    "hostname --file x",
    "smartctl -s off /dev/sda",
    "sensors -s",
    "systemd-analyze set-log-level debug",
    "systemd-analyze service-watchdogs no",
    "lastlog --clear -u x",
    "pidstat -e touch f",
    "tree -o f",
    "file -C -m x",
    "wget -O- -O f https://x",
    "gawk -pf 'BEGIN{}'",
    "git grep --open-files-in-pager=x a",
    "git -C log -c core.fsmonitor=x log",
    "git --git-dir=/tmp/x status",
    "helm template x --post-renderer y",
    "helm template x --output-dir y",
    "terraform providers lock",
    "terraform plan -generate-config-out=f",
    "docker buildx history rm x",
    "redis-cli ACL LOG RESET",
    "ansible all -m shell -m ping",
    "find . -name x $ACTION",
];

const QUERIES: &[&str] = &[
    "SELECT 'x' \\gexec",
    "SELECT 1 \\g /tmp/f",
    "SELECT 1 \\! touch f",
    "\\echo `touch f`",
    "SELECT \"pg_terminate_backend\"(1)",
    "SELECT 1 --1; DROP TABLE a",
];
