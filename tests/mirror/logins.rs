//! The lock where people have logins of their own on the lock host: nobody's token ends that of somebody else.
//!
//! Logins are played with `setpriv`, which only root may use: elsewhere these tests say so and prove nothing.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use quarterdeck::domain::LinkFailure;
use quarterdeck::domain::lock::Stands;
use quarterdeck::engine::clock::{AnyClock, Clock, HeldClock, RealClock};
use quarterdeck::engine::lock::{EnvironmentLock, Held, LockError};
use quarterdeck::engine::mirror::Mirror;
use quarterdeck::engine::transport::{Connection, Duplex, Stream};
use quarterdeck::port::{End, Output, RemoteCommand};

use super::kit::{Link, Place, machine, who};
use super::lock::{holder, seen};

const ADA: u32 = 51_001;
const BO: u32 = 51_002;
const CY: u32 = 51_003;

/// This machine as a login of it sees it.
struct AsLogin(Arc<dyn Connection>, u32);

impl Connection for AsLogin {
    fn run(&self, mut command: RemoteCommand) -> BoxFuture<'static, Output> {
        let login = self.1.to_string();
        let before = ["setpriv", "--reuid", &login, "--regid", &login, "--clear-groups"];
        command.argv.splice(..0, before.map(str::to_owned));
        self.0.run(command)
    }

    fn stream(&self, command: RemoteCommand) -> BoxFuture<'static, Result<Stream, End>> {
        self.0.stream(command)
    }

    fn dial(&self, host: String, port: u16) -> BoxFuture<'static, Result<Duplex, String>> {
        self.0.dial(host, port)
    }

    fn gone(&self) -> BoxFuture<'static, LinkFailure> {
        self.0.gone()
    }

    fn heard(&self) -> Instant {
        self.0.heard()
    }
}

/// A lock host with root's folder for what is shared; nothing where logins can't be played.
async fn shared() -> Option<Place> {
    if fs::metadata("/proc/self").unwrap().uid() != 0 || Command::new("setpriv").arg("--version").output().is_err() {
        eprintln!("not root, or no setpriv: nothing is proved");
        return None;
    }
    let place = Place::new();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
    // Root makes the folder that others use as well.
    let lock = as_login(&place, 0).await;
    let taken = lock.lock.take_by_hand(holder("root", None), &AnyClock::Real(RealClock)).await.unwrap();
    lock.lock.give_up(taken.token, &who("root"), "released", Timestamp::now()).await.unwrap();
    Some(place)
}

/// What somebody with this login uses.
struct Workstation {
    lock: EnvironmentLock,
    mirror: Mirror,
    clock: HeldClock,
    _link: Link,
}

async fn as_login(place: &Place, login: u32) -> Workstation {
    let link = Link::new(Some(Arc::new(AsLogin(machine().await, login)) as Arc<dyn Connection>));
    let lock = EnvironmentLock::of(&place.environment(), link.subscribe()).unwrap();
    let mirror = Mirror::of(&place.environment(), link.subscribe()).unwrap();
    Workstation { lock, mirror, clock: HeldClock::at(RealClock.now()), _link: link }
}

impl Workstation {
    async fn take(&self, person: &str, run: &quarterdeck::domain::Run) -> Result<Held, LockError> {
        self.lock.take(holder(person, Some(run)), 0, AnyClock::Held(self.clock.clone())).await
    }

    /// Whether a change may begin, asked of the lock host now.
    async fn may_change(&self, held: &Held) -> Result<(), String> {
        self.clock.advance(Duration::from_secs(3));
        held.confirm().await
    }
}

fn folder(place: &Place) -> PathBuf {
    place.path().join("state/mirror").join(format!("{}.lock", place.of_lock()))
}

fn unheard(token: &Path) {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    fs::write(token.join("beat"), format!("1 {boot}")).unwrap();
}

/// A token that a login writes without asking anybody.
fn put(place: &Place, login: u32, token: u64, run: &str) -> PathBuf {
    let at = folder(place).join(format!("token-{token}"));
    fs::create_dir(&at).unwrap();
    fs::write(at.join("who"), r#"{"person":"bo","workstation":"bo@laptop","message":"Deploy"}"#).unwrap();
    fs::write(at.join("kind"), "hand").unwrap();
    fs::write(at.join("run"), run).unwrap();
    fs::write(at.join("beat"), "1 never").unwrap();
    fs::write(at.join("beat"), "1 never").unwrap();
    for path in [at.clone(), at.join("who"), at.join("kind"), at.join("run"), at.join("beat")] {
        std::os::unix::fs::chown(path, Some(login), None).unwrap();
    }
    at
}

#[tokio::test]
async fn a_token_that_another_login_puts_over_a_lock_takes_it_from_nobody() {
    let Some(place) = shared().await else { return };
    let (ada, bo) = (as_login(&place, ADA).await, as_login(&place, BO).await);
    let (run, other) = (place.run(1), place.run(1));
    let held = ada.take("ada", &run).await.unwrap();
    // Also one that names the run of whoever has it, and one that was given back as soon as it lay there.
    let (first, second, third) = (held.token() + 10, held.token() + 20, held.token() + 30);
    put(&place, CY, first, "");
    put(&place, CY, second, run.id.as_str());
    fs::write(put(&place, BO, third, "").join("released"), "").unwrap();

    assert_eq!(ada.may_change(&held).await, Ok(()));
    held.reserve().await.unwrap();
    let Err(LockError::Held { lock, .. }) = bo.take("bo", &other).await else { panic!() };
    assert_eq!((lock.token, lock.stands, lock.holder.person.as_str()), (held.token(), Stands::Held, "ada"));
    let told = lock.told(Timestamp::now());
    assert!(told.contains(&format!("the login {CY} has put token {second} over it")), "{told}");

    // Its holder is gone, and it stays reserved for its run.
    unheard(&folder(&place).join(format!("token-{}", held.token())));
    let now = seen(&bo.lock).await;
    assert_eq!((now.token, now.stands), (held.token(), Stands::Reserved));
    assert!(matches!(bo.take("bo", &other).await, Err(LockError::Held { .. })));
    let again = ada.take("ada", &run).await.unwrap();
    assert!(again.token() > third && ada.may_change(&again).await.is_ok());
    assert!(ada.may_change(&held).await.is_err(), "its own later token ends it");

    // What lies over it counts once it is over, and is broken by its token.
    again.release().await.unwrap();
    let now = seen(&bo.lock).await;
    assert_eq!((now.token, now.stands, now.login.plain()), (second, Stands::Held, CY.to_string()));
    assert!(now.told(Timestamp::now()).contains(&format!("by the login {CY}")));
    let broken = bo.lock.give_up(second, &who("bo"), "put there by nobody", Timestamp::now()).await.unwrap().unwrap();
    assert_eq!(broken.stands, Stands::Free, "{broken:?}");
    bo.take("bo", &other).await.unwrap();
}

#[tokio::test]
async fn what_lies_over_a_lock_is_broken_without_breaking_the_lock() {
    let Some(place) = shared().await else { return };
    let (ada, bo) = (as_login(&place, ADA).await, as_login(&place, BO).await);
    let held = ada.take("ada", &place.run(1)).await.unwrap();
    held.reserve().await.unwrap();
    let over = held.token() + 5;
    put(&place, CY, over, "");
    let now = bo.lock.give_up(over, &who("bo"), "it is none", Timestamp::now()).await.unwrap().unwrap();
    assert_eq!((now.token, now.stands, now.beside), (held.token(), Stands::Held, Vec::new()));
    assert_eq!(ada.may_change(&held).await, Ok(()));
    let now = bo.lock.give_up(held.token(), &who("bo"), "hers is gone", Timestamp::now()).await.unwrap().unwrap();
    assert_eq!(now.stands, Stands::Free);
    let why = ada.may_change(&held).await.unwrap_err();
    assert!(why.contains("not ours any more"), "{why}");
}

#[tokio::test]
async fn a_lock_that_lapsed_is_had_by_whichever_login_took_it_since() {
    let Some(place) = shared().await else { return };
    let (ada, bo) = (as_login(&place, ADA).await, as_login(&place, BO).await);
    let (run, other) = (place.run(1), place.run(1));
    let held = ada.take("ada", &run).await.unwrap();
    unheard(&folder(&place).join(format!("token-{}", held.token())));
    let next = bo.take("bo", &other).await.unwrap();
    next.reserve().await.unwrap();
    let why = ada.may_change(&held).await.unwrap_err();
    assert!(why.contains("bo (bo@desk"), "{why}");
    next.release().await.unwrap();
    // Somebody may have changed anything meanwhile.
    let Err(LockError::Lost { .. }) = held.reserve().await else { panic!() };
    assert_eq!(seen(&ada.lock).await.stands, Stands::Free);
}

#[tokio::test]
async fn a_run_that_was_taken_over_has_its_lock_with_it_and_no_other_has() {
    let Some(place) = shared().await else { return };
    let (ada, bo, cy) = (as_login(&place, ADA).await, as_login(&place, BO).await, as_login(&place, CY).await);
    let run = place.run(1);
    let (trail, sent) = ada.mirror.begin(&run, 1, who("ada"), Timestamp::now());
    sent.await.unwrap();
    let held = ada.take("ada", &run).await.unwrap();
    held.reserve().await.unwrap();
    drop(trail);
    // To know the name of a run is not to have taken it over.
    assert!(matches!(bo.take("bo", &run).await, Err(LockError::Held { .. })));
    assert_eq!(ada.may_change(&held).await, Ok(()));
    bo.mirror.adopt(&run.id, 1, 1).await.unwrap();
    let taken = bo.take("bo", &run).await.unwrap();
    let why = ada.may_change(&held).await.unwrap_err();
    assert!(why.contains("bo (bo@desk"), "{why}");
    assert!(matches!(cy.take("cy", &run).await, Err(LockError::Held { .. })));
    cy.mirror.adopt(&run.id, 2, 1).await.unwrap();
    let last = cy.take("cy", &run).await.unwrap();
    assert!(bo.may_change(&taken).await.is_err() && ada.may_change(&held).await.is_err());
    assert_eq!(cy.may_change(&last).await, Ok(()));
    assert_eq!(seen(&ada.lock).await.token, last.token());
    last.release().await.unwrap();
    assert_eq!(seen(&ada.lock).await.stands, Stands::Free, "none of the earlier ones is back");
}

#[tokio::test]
async fn what_was_broken_stays_so_for_as_long_as_its_token_lies_there() {
    let Some(place) = shared().await else { return };
    let (ada, bo) = (as_login(&place, ADA).await, as_login(&place, BO).await);
    let held = ada.take("ada", &place.run(1)).await.unwrap();
    held.reserve().await.unwrap();
    bo.lock.give_up(held.token(), &who("bo"), "hers is gone", Timestamp::now()).await.unwrap();
    let broken = folder(&place).join(format!("broken-{}", held.token()));
    let aged = Command::new("touch").args(["-d", "40 days ago"]).arg(&broken).status().unwrap();
    assert!(aged.success());
    for _ in 0..2 {
        let taken = bo.take("bo", &place.run(1)).await.unwrap();
        taken.release().await.unwrap();
        assert_eq!(seen(&ada.lock).await.stands, Stands::Free);
    }
    assert!(broken.is_dir());
}

#[tokio::test]
async fn root_ends_what_others_have_and_nobody_ends_what_root_has() {
    let Some(place) = shared().await else { return };
    let (ada, root) = (as_login(&place, ADA).await, as_login(&place, 0).await);
    let held = root.take("ada", &place.run(1)).await.unwrap();
    put(&place, ADA, held.token() + 5, "");
    assert_eq!(root.may_change(&held).await, Ok(()));
    assert_eq!(seen(&ada.lock).await.token, held.token());
    let own = put(&place, 0, held.token() + 9, "");
    assert!(root.may_change(&held).await.is_err(), "of one login the last one has it");
    fs::write(own.join("released"), "").unwrap();
    assert_eq!(seen(&ada.lock).await.stands, Stands::Free);
}
