//! `qd approve`: shows the whole plan of a run that waits for approvals, and says that it may be done.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;

use super::{Exit, Reaching, Where, asked, change, choose, output};
use crate::domain::approval::{Approval, Asked, Proof, Seen};
use crate::domain::{Environment, Run};
use crate::engine::approvals::{Approvals, holds, sign};
use crate::engine::mirror::Mirror;
use crate::engine::store::Who;
use crate::state::approvals::{Bind, bind};
use crate::state::procedures::plan_told;
use crate::text::Foreign;

/// Digits of a digest that are enough to mean it.
const DIGITS: usize = 12;

/// What may be said.
#[derive(Debug, Args)]
pub struct Approve {
    /// The run, or enough of its end to know it.
    pub run: String,
    /// Which site and environment.
    #[command(flatten)]
    pub place: Where,
    /// Sign it with this key: a private one, or a public one whose private one your agent has. Without a key the approval
    /// is only claimed.
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Only show the plan, its digest, and who has approved it.
    #[arg(long)]
    pub show: bool,
    /// Approve exactly the plan with this digest, as --show tells it, without being asked.
    #[arg(long, value_name = "SHA256", conflicts_with = "show")]
    pub digest: Option<String>,
}

/// Shows, asks, signs, and puts it on the lock host.
pub fn run(arguments: &Approve, reach: &Reaching) -> Exit {
    output::begin_log();
    match asked::prepared(&arguments.place).and_then(|prepared| act(arguments, prepared, reach)) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn refused(text: &str) -> Exit {
    choose::complain(Exit::Refused, text)
}

fn act(arguments: &Approve, (environment, who): (Arc<Environment>, Who), reach: &Reaching) -> Result<Exit, Exit> {
    if reach.read_only && !arguments.show {
        return Err(refused("--read-only refuses every change, also an approval."));
    }
    asked::has_lock_host(&environment, "and that is where approvals lie")?;
    asked::until_done(async {
        let line = asked::line(&environment, reach, Exit::Unavailable).await?;
        let mirror = Mirror::of(&environment, line.subscribe());
        let mirror = mirror.ok_or_else(|| choose::complain(Exit::Software, "the lock host is gone."))?;
        done(arguments, &environment, &who, &mirror).await
    })
}

async fn done(arguments: &Approve, environment: &Environment, who: &Who, mirror: &Mirror) -> Result<Exit, Exit> {
    let run = one(mirror, &arguments.run).await?;
    let bind = planned(&run, environment)?;
    let approvals = mirror.approvals();
    let found = approvals.of(&run.id, &environment.approvals).await;
    let found = found.map_err(|why| choose::complain(Exit::Unavailable, &format!("Nothing was approved: {why}.")))?;
    let left_out = found.left_out(approvals.host());
    let mut before = told_before(&run, &bind, environment, found.seen);
    before.extend(left_out);
    output::print(&shown(&run, &bind, environment, &before))?;
    if arguments.show {
        return Ok(Exit::Ok);
    }
    let approval = Approval {
        run: run.id.clone(),
        site: environment.site.clone(),
        environment: environment.name.clone(),
        procedure: bind.plan.procedure.clone(),
        bound: bind.bound.clone(),
        person: who.person.clone(),
        workstation: who.workstation.clone(),
        at: Timestamp::now(),
    };
    may(&approval, arguments, &run, &bind, environment)?;
    confirmed(arguments, &bind)?;
    let signature = signed(&approval, arguments, environment).await?;
    // Whoever reads long may have read what is no longer so.
    let run = one(mirror, &arguments.run).await?;
    if planned(&run, environment)?.bound != bind.bound {
        return Err(refused("The plan changed while you looked at it: nothing was approved. Look at it anew."));
    }
    put(&approvals, &approval, signature).await
}

/// The run that goes on whose name ends so.
async fn one(mirror: &Mirror, word: &str) -> Result<Run, Exit> {
    let word = word.to_lowercase();
    let shown = Foreign::from(word.as_str()).plain();
    let listing = mirror.list().await;
    let listing =
        listing.map_err(|why| choose::complain(Exit::Unavailable, &format!("Nothing was approved: {why}.")))?;
    let all = listing.runs.into_iter().map(|found| found.run);
    let mut found: Vec<Run> = all.filter(|run| !word.is_empty() && run.id.as_str().ends_with(&word)).collect();
    match (found.pop(), found.is_empty()) {
        (Some(run), true) => Ok(run),
        (None, _) => {
            let text = format!("no run that goes on ends in {shown} on the lock host {}.", mirror.host());
            Err(choose::complain(Exit::Usage, &text))
        }
        (Some(_), false) => {
            let text = format!("{} runs end in {shown}: say more of its name.", found.len() + 1);
            Err(choose::complain(Exit::Usage, &text))
        }
    }
}

fn planned(run: &Run, environment: &Environment) -> Result<Bind, Exit> {
    let document = run.document.as_ref().and_then(|document| environment.procedure(&document.name));
    let document = document.ok_or_else(|| refused("That run is of no procedure that this site has here."))?;
    let bind = bind(run, document, environment);
    let bind = bind.map_err(|why| refused(&format!("Run {} can't be approved here: {why}.", run.id.short())))?;
    if bind.quorums().next().is_none() {
        return Err(refused(&format!("Run {} asks for no approval.", run.id.short())));
    }
    Ok(bind)
}

/// What each item has so far, in lines.
fn told_before(run: &Run, bind: &Bind, environment: &Environment, seen: Vec<Seen>) -> Vec<String> {
    let own = [(run.person.clone(), run.workstation.clone())];
    let mut lines = Vec::new();
    for (part, quorum) in bind.quorums() {
        let (rules, roles) = (&*environment.approvals, &*environment.roles);
        let (bound, expires, now) = (&bind.bound, part.options.expires, Timestamp::now());
        let counted = Asked { quorum, rules, roles, bound, own: &own, expires, now }.count(seen.clone());
        lines.push(format!("{}: {} ({} missing)", part.title.plain(), quorum.told(), counted.missing));
        let line = |seen: &Seen| {
            let at = seen.approval.at.strftime("%Y-%m-%d %H:%M UTC");
            format!("  {} {}, {at}, from {}", seen.approval.person, seen.word(), seen.approval.workstation)
        };
        lines.extend(counted.counts.iter().map(line));
        lines.extend(counted.others.iter().map(|(seen, why)| format!("{}: does not count: {why}", line(seen))));
    }
    lines
}

fn shown(run: &Run, bind: &Bind, environment: &Environment, before: &[String]) -> String {
    let document = environment.procedure(&bind.plan.procedure);
    let mut lines = plan_told(&bind.plan, document.map(|one| &**one), |_| None);
    lines.push(String::new());
    let by = Foreign::from(format!("{} from {}", run.person, run.workstation)).plain();
    lines.push(format!("run {}, begun by {by}", run.id));
    lines.extend(bind.version.iter().map(|(word, value)| format!("  {word} {}", value.plain())));
    lines.extend(before.iter().map(|line| Foreign::from(line.as_str()).plain()));
    lines.push(format!("sha256 {}", bind.bound.plan));
    lines.join("\n") + "\n"
}

/// Whether this person's word would count for any item.
fn may(
    approval: &Approval,
    arguments: &Approve,
    run: &Run,
    bind: &Bind,
    environment: &Environment,
) -> Result<(), Exit> {
    let rules = &environment.approvals;
    let proof = match (&arguments.key, &rules.signers) {
        (Some(_), Some(_)) => Proof::Proven,
        _ => Proof::Claimed,
    };
    let own = [(run.person.clone(), run.workstation.clone())];
    let mut whys: Vec<String> = Vec::new();
    for (part, quorum) in bind.quorums() {
        let (roles, bound, expires) = (&*environment.roles, &bind.bound, part.options.expires);
        let asked = Asked { quorum, rules, roles, bound, own: &own, expires, now: approval.at };
        let seen = Seen { approval: approval.clone(), login: Foreign::default(), proof: proof.clone(), key: None };
        match asked.count(vec![seen]).others.pop() {
            None => return Ok(()),
            Some((_, why)) if !whys.contains(&why) => whys.push(why),
            Some(_) => {}
        }
    }
    let claimed = proof == Proof::Claimed && !rules.claimed && rules.signers.is_some();
    let hint = if claimed && arguments.key.is_none() { " Sign it: --key FILE." } else { "" };
    Err(refused(&format!("Nothing was approved: {}.{hint}", whys.join("; "))))
}

/// The word of the person.
fn confirmed(arguments: &Approve, bind: &Bind) -> Result<(), Exit> {
    let digest = &bind.bound.plan;
    match &arguments.digest {
        Some(said) if said.len() >= DIGITS && digest.starts_with(&said.to_ascii_lowercase()) => return Ok(()),
        Some(_) => {
            return Err(refused(&format!("This is not the plan that --digest means: its SHA-256 is {digest}.")));
        }
        None => {}
    }
    let _ = std::io::stdout().flush();
    let question = "Approve exactly this plan? Type y: ";
    let Some(typed) = change::read_line(question) else {
        let short = digest.get(..DIGITS).unwrap_or(digest);
        let text = format!("Nobody is there to say so: read the plan, then say --digest {short}.");
        return Err(refused(&text));
    };
    match typed.expose() {
        b"y" | b"Y" => Ok(()),
        _ => Err(refused("Nothing was approved.")),
    }
}

async fn signed(approval: &Approval, arguments: &Approve, environment: &Environment) -> Result<Option<String>, Exit> {
    let Some(key) = arguments.key.clone() else { return Ok(None) };
    let text = approval.statement().map_err(|why| refused(&format!("Nothing was approved: {why}.")))?;
    let signing = tokio::task::spawn_blocking(move || sign(&text, &key)).await;
    let signing = signing.unwrap_or_else(|error| Err(error.to_string()));
    let signature =
        signing.map_err(|why| choose::complain(Exit::Unavailable, &format!("Nothing was approved: {why}.")))?;
    if let Err(why) = holds(approval, &signature, &environment.approvals).await {
        return Err(refused(&format!("Nothing was approved, because it would not count: {why}.")));
    }
    Ok(Some(signature))
}

async fn put(approvals: &Approvals, approval: &Approval, signature: Option<String>) -> Result<Exit, Exit> {
    let is_signed = signature.is_some();
    let put = approvals.put(approval, signature).await;
    put.map_err(|why| choose::complain(Exit::Unavailable, &format!("Nothing was approved: {why}.")))?;
    let how = if is_signed { "signed" } else { "claimed" };
    output::print(&format!("run {} is approved by {} ({how})\n", approval.run.short(), approval.person))?;
    Ok(Exit::Ok)
}
