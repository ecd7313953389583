//! What makes tools of platforms and of package managers read, change or destroy: only known verbs in their place read.

use super::cloud::{by_verb, words};
use super::shell::{Arg, Around, has, read_if};
use crate::domain::procedure::Danger;

/// Services whose verbs are known to mean what they say: `describe-`, `list-`, `get-` and their like only ask there.
const AWS: &str = "acm athena autoscaling backup cloudformation cloudfront cloudtrail cloudwatch ce codebuild codedeploy \
    codepipeline cognito-idp dynamodb ec2 ecr ecs efs eks elasticache elb elbv2 es events firehose guardduty health iam \
    kafka kinesis kms lambda logs opensearch organizations pi rds redshift route53 route53resolver s3api s3control \
    scheduler secretsmanager securityhub service-quotas servicediscovery ses sesv2 shield sns sqs ssm stepfunctions sts \
    support wafv2";
/// Verbs there that write what they get into a file.
const AWS_FILES: &[&str] = &["get-object", "get-object-torrent", "select-object-content", "get-snapshot-block"];
/// Options of `aws` that stand before the service and take the next word.
const AWS_LEAD: &[&str] = &[
    "--profile",
    "--region",
    "--endpoint-url",
    "--output",
    "--query",
    "--color",
    "--cli-read-timeout",
    "--cli-connect-timeout",
    "--ca-bundle",
];

pub(super) fn aws(rest: &[Arg], _: Around) -> Danger {
    let all = words(rest, AWS_LEAD);
    let (service, verb) = (all.first().copied().unwrap_or_default(), all.get(1).copied().unwrap_or_default());
    let starts = |beginnings: &[&str]| beginnings.iter().any(|start| verb.starts_with(start));
    let known = AWS.split_whitespace().any(|known| known == service);
    match (service, verb) {
        ("", "") => read_if(rest.len() == 1 && has(rest, &["--version"])),
        ("s3", "ls" | "presign") => Danger::Read,
        ("s3", "cp") if all.last() == Some(&"-") && all.len() == 4 && all[2].starts_with("s3://") => Danger::Read,
        ("s3", "rm" | "rb") => Danger::Destructive,
        ("s3", "sync") if has(rest, &["--delete"]) => Danger::Destructive,
        ("s3", "sync" | "cp" | "mv") => read_if(has(rest, &["--dryrun"])),
        ("logs", "tail") | (_, "wait") | ("dynamodb", "scan" | "query") => read_if(known),
        ("configure", "list" | "list-profiles" | "get") => Danger::Read,
        _ if AWS_FILES.contains(&verb) || has(rest, &["--wake-up"]) => Danger::Change,
        _ if starts(&["describe-", "list-", "get-", "head-", "lookup-", "batch-get-", "search-", "filter-"]) => {
            read_if(known)
        }
        _ if starts(&["delete-", "terminate-", "purge-", "deregister-", "batch-delete-", "destroy-"])
            || verb == "schedule-key-deletion" =>
        {
            Danger::Destructive
        }
        _ => Danger::Change,
    }
}

/// What stands before the verb of `gcloud`.
const GCLOUD: &str = "alpha beta compute instances disks snapshots images addresses networks subnets firewall-rules \
    forwarding-rules backend-services url-maps regions zones machine-types instance-groups managed instance-templates \
    container clusters node-pools operations sql databases backups users run services revisions jobs executions app \
    versions projects iam roles service-accounts logging logs sinks metrics monitoring dashboards pubsub topics \
    subscriptions dns managed-zones record-sets secrets functions builds storage buckets objects artifacts repositories \
    packages redis memcache scheduler tasks queues kms keys keyrings auth config configurations health-checks \
    target-pools routers vpn-tunnels ssl-certificates";
/// What stands before the verb of `az`.
const AZ: &str = "account acr ad advisor aks alert app backup blob container containerapp cosmosdb credential db deployment \
    disk dns eventhubs extension feature flexible-server functionapp group identity image keyvault lb log log-analytics \
    logs metrics monitor mysql network nic nsg postgres provider public-ip record-set redis replica repository resource \
    revision role assignment definition rule secret server servicebus snapshot sp sql storage subnet tag task vm vmss \
    vnet webapp workspace activity-log zone";

/// The verb behind the words that only say of what, and the word before it.
fn verb<'a>(all: &[&'a str], nouns: &str) -> (&'a str, &'a str) {
    let is_noun = |word: &str| nouns.split_whitespace().any(|noun| noun == word);
    let first = all.iter().position(|word| !["alpha", "beta"].contains(word)).unwrap_or(0);
    // `run` is a product where it stands first and a verb elsewhere.
    let is_verb = |(at, word): (usize, &&str)| !is_noun(word) || (*word == "run" && at > first);
    let at = all.iter().enumerate().position(is_verb).unwrap_or(all.len());
    let word = |at: Option<usize>| at.and_then(|at| all.get(at)).copied().unwrap_or_default();
    (word(Some(at)), word(at.checked_sub(1)))
}

fn destroys(all: &[&str]) -> bool {
    all.iter().any(|word| ["delete", "destroy", "purge"].contains(word))
}

pub(super) fn gcloud(rest: &[Arg], _: Around) -> Danger {
    let all = words(rest, &["--project", "--zone", "--region", "--format", "--account"]);
    if destroys(&all) {
        return Danger::Destructive;
    }
    read_if(matches!(
        verb(&all, GCLOUD),
        ("list" | "describe" | "get-iam-policy" | "get-server-config" | "get-health" | "get-serial-port-output", _)
            | ("read", "logging" | "logs")
            | ("get-value", "config")
            | ("log", "builds")
            | ("ls" | "cat" | "du", "storage")
            | ("info" | "version", "")
    ))
}

pub(super) fn az(rest: &[Arg], _: Around) -> Danger {
    let all = words(rest, &["-g", "-n", "-o", "-s"]);
    if destroys(&all) {
        return Danger::Destructive;
    }
    read_if(match verb(&all, AZ) {
        ("list" | "show" | "get-instance-view", _) | ("tail", "log") | ("version", "") => true,
        (verb, _) => verb.starts_with("list-") || verb.starts_with("show-"),
    })
}

pub(super) fn gh(rest: &[Arg], _: Around) -> Danger {
    const NOUNS: &str = "pr issue run workflow release repo secret variable cache label gist ruleset org project ssh-key \
        gpg-key codespace auth alias extension config";
    let all = words(rest, &["-R", "--repo", "-L", "--limit", "--json", "-q", "--jq"]);
    let (noun, verb) = (all.first().copied().unwrap_or_default(), all.get(1).copied().unwrap_or_default());
    match (noun, verb) {
        ("api", "graphql") => Danger::Change,
        ("api", _) => read_if(!has(rest, &["-X", "-f", "-F", "--method", "--input", "--field", "--raw-field"])),
        ("status" | "search", _) => Danger::Read,
        (_, "list" | "view" | "checks" | "status" | "diff" | "watch") => {
            read_if(NOUNS.split_whitespace().any(|known| known == noun))
        }
        ("repo" | "release" | "run" | "secret" | "variable" | "issue" | "cache", "delete") => Danger::Destructive,
        _ => Danger::Change,
    }
}

pub(super) fn railway(rest: &[Arg], _: Around) -> Danger {
    let all = words(rest, &["-s", "--service", "-e", "--environment", "-p", "--project", "-n", "--lines", "--since"]);
    let sub = all.get(1).copied();
    match all.first().copied().unwrap_or_default() {
        "status" | "logs" | "list" | "whoami" | "metrics" => Danger::Read,
        "service" | "deployment" | "environment" | "volume" => {
            by_verb(sub, &["list", "ls", "status"], &["delete", "remove", "rm"])
        }
        "variables" | "variable" => {
            read_if(!has(rest, &["--set", "--remove", "--delete"]) && matches!(sub, None | Some("list")))
        }
        "down" | "delete" => Danger::Destructive,
        _ => Danger::Change,
    }
}

pub(super) fn wrangler(rest: &[Arg], _: Around) -> Danger {
    let all = words(rest, &["-c", "--config", "-e", "--env", "--name"]);
    match all.as_slice() {
        ["whoami" | "tail", ..]
        | ["deployments", "list" | "status" | "view", ..]
        | ["versions", "list" | "view", ..]
        | ["secret" | "d1" | "queues" | "r2" | "pages", "list" | "info", ..]
        | ["kv", "namespace" | "key", "list"]
        | ["r2", "bucket", "list" | "info", ..]
        | ["pages", "project" | "deployment", "list"] => Danger::Read,
        ["delete", ..] | ["secret" | "d1" | "queues", "delete", ..] | ["kv" | "r2", _, "delete", ..] => {
            Danger::Destructive
        }
        _ => Danger::Change,
    }
}

/// The words of a package manager of JavaScript.
fn package_words(rest: &[Arg]) -> Vec<&str> {
    words(rest, &["--prefix", "-C", "--dir", "--filter", "-w", "--workspace"])
}

pub(super) fn npm(rest: &[Arg], _: Around) -> Danger {
    let all = package_words(rest);
    let sub = all.get(1).copied().unwrap_or_default();
    match all.first().copied().unwrap_or_default() {
        "audit" => read_if(sub != "fix" && !has(rest, &["--fix"])),
        "outdated" | "ls" | "list" | "ll" | "la" | "view" | "show" | "info" | "why" | "explain" | "ping" | "root"
        | "search" | "whoami" | "licenses" => Danger::Read,
        "config" => read_if(matches!(sub, "get" | "list")),
        "" => read_if(has(rest, &["--version", "-v"])),
        "unpublish" => Danger::Destructive,
        _ => Danger::Change,
    }
}

/// What it does not know itself is a script of the package, and those may bear any name.
pub(super) fn pnpm(rest: &[Arg], _: Around) -> Danger {
    let all = package_words(rest);
    match all.first().copied().unwrap_or_default() {
        "audit" => read_if(!has(rest, &["--fix"])),
        "outdated" | "ls" | "list" | "ll" | "la" | "view" | "info" | "show" | "why" | "root" | "search" | "whoami"
        | "ping" | "licenses" => Danger::Read,
        "" => read_if(has(rest, &["--version", "-v"])),
        _ => Danger::Change,
    }
}

/// As for pnpm, with other words.
pub(super) fn yarn(rest: &[Arg], _: Around) -> Danger {
    let all = package_words(rest);
    match all.first().copied().unwrap_or_default() {
        "audit" | "outdated" | "list" | "info" | "why" | "licenses" | "versions" => Danger::Read,
        "" => read_if(rest.len() == 1 && has(rest, &["--version", "-v"])),
        _ => Danger::Change,
    }
}

pub(super) fn rabbitmqctl(rest: &[Arg], _: Around) -> Danger {
    let all = words(rest, &["-n", "--node", "-p", "--vhost"]);
    let verb = all.first().copied().unwrap_or_default();
    let known = ["status", "cluster_status", "report", "environment", "ping", "check_running", "check_local_alarms"];
    match verb {
        "reset" | "force_reset" | "delete_queue" | "purge_queue" | "delete_vhost" => Danger::Destructive,
        verb => read_if(verb.starts_with("list_") || known.contains(&verb)),
    }
}

pub(super) fn supervisorctl(rest: &[Arg], _: Around) -> Danger {
    read_if(words(rest, &["-c"]).first().is_some_and(|verb| ["status", "avail", "pid", "version"].contains(verb)))
}

pub(super) fn pm2(rest: &[Arg], _: Around) -> Danger {
    let reads = ["list", "ls", "l", "status", "show", "describe", "logs", "jlist", "prettylist", "env", "id", "pid"];
    let all = words(rest, &["--lines"]);
    read_if(all.first().is_some_and(|verb| reads.contains(verb)))
}

pub(super) fn nvidia(rest: &[Arg], _: Around) -> Danger {
    let fits = |arg: &Arg| {
        ["-L", "-q"].contains(&arg.text.as_str())
            || arg.text.starts_with("--query-gpu=")
            || arg.text.starts_with("--format=")
    };
    read_if(rest.iter().all(|arg| !arg.expands && fits(arg)))
}

/// A program of which nothing is known but that it says its version.
pub(super) fn version(rest: &[Arg], _: Around) -> Danger {
    read_if(matches!(rest, [only] if ["--version", "-v", "-V", "version", "-version"].contains(&only.text.as_str())))
}
