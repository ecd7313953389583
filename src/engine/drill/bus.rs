//! The D-Bus end of one simulated host: a system bus with a small systemd manager behind one byte stream.
//!
//! It answers what `systemd-stdio-bridge` would connect to: the bus's own calls (`Hello`, `AddMatch`, …), the
//! manager, and the properties of units; and it emits `PropertiesChanged` after `Subscribe`.

use futures_util::StreamExt;
use tokio::net::UnixStream;
use tokio::sync::broadcast::error::RecvError;
use zbus::message::{Header, Message, Type};
use zbus::{Connection, MessageStream, ObjectPath, OwnedObjectPath, Variant};

use super::fleet::Fleet;
use super::machine::Machine;
use super::properties::{self, Properties, UNIT};
use super::sim::News;
use super::unit::SimUnit;
use crate::domain::Verb;

const MANAGER: &str = "org.freedesktop.systemd1.Manager";
const MANAGER_PATH: &str = "/org/freedesktop/systemd1";
const UNIT_PATHS: &str = "/org/freedesktop/systemd1/unit/";
const SYSTEMD_NAME: &str = ":1.0";
const BUS_NAME: &str = "org.freedesktop.DBus";
const CLIENT_NAME: &str = ":1.77";
const NO_SUCH_UNIT: &str = "org.freedesktop.systemd1.NoSuchUnit";
const UNKNOWN_METHOD: &str = "org.freedesktop.DBus.Error.UnknownMethod";

type ListedUnit = (String, String, String, String, String, String, OwnedObjectPath, u32, String, OwnedObjectPath);

/// Serves one client until it goes or the fleet ends.
pub async fn serve(stream: UnixStream, fleet: Fleet, host: String) {
    let Some(connection) = accept(stream).await else { return };
    let mut messages = MessageStream::from(&connection);
    let mut news = fleet.news();
    let mut subscribed = false;
    loop {
        fleet.linked(&host, true).await;
        let told = tokio::select! {
            message = messages.next() => {
                let Some(Ok(message)) = message else { return };
                if message.message_type() == Type::MethodCall {
                    let replied = answer(&connection, &message, &fleet, &host, &mut subscribed).await;
                    if replied.is_err() {
                        return;
                    }
                }
                continue;
            }
            told = news.recv() => told,
        };
        match told {
            Ok(News::Unit(of, unit)) if of == host && subscribed => {
                if signal_change(&connection, &fleet, &host, &unit).await.is_err() {
                    return;
                }
            }
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

async fn accept(stream: UnixStream) -> Option<Connection> {
    let guid = zbus::Guid::generate();
    let stream = stream.into_std().ok()?;
    let anonymous = zbus::conn::AuthMechanism::Anonymous;
    let building = zbus::connection::Builder::unix_stream(stream).server(guid).p2p().auth_mechanism(anonymous);
    building.build().await.ok()
}

async fn answer(
    connection: &Connection,
    message: &Message,
    fleet: &Fleet,
    host: &str,
    subscribed: &mut bool,
) -> zbus::Result<()> {
    let header = message.header();
    let path = header.path().map(ObjectPath::to_string).unwrap_or_default();
    let interface = header.interface().map(ToString::to_string).unwrap_or_default();
    let member = header.member().map(ToString::to_string).unwrap_or_default();
    let Some(machine) = fleet.machine(host) else {
        return fail(connection, &header, NO_SUCH_UNIT, "this host is not in the drill").await;
    };
    let body = message.body();
    match (interface.as_str(), member.as_str()) {
        (BUS_NAME, "Hello") => reply_as(connection, &header, BUS_NAME, &CLIENT_NAME).await,
        (BUS_NAME, "AddMatch" | "RemoveMatch") => reply_as(connection, &header, BUS_NAME, &()).await,
        (BUS_NAME, "GetNameOwner") => reply_as(connection, &header, BUS_NAME, &SYSTEMD_NAME).await,
        (BUS_NAME, "NameHasOwner") => reply_as(connection, &header, BUS_NAME, &true).await,
        ("org.freedesktop.DBus.Peer", "Ping") => reply(connection, &header, &()).await,
        ("org.freedesktop.DBus.Properties", "GetAll") => {
            let wanted: String = body.deserialize()?;
            match properties_at(&machine, &path, &wanted) {
                Some(properties) => reply(connection, &header, &properties).await,
                None => fail(connection, &header, UNKNOWN_METHOD, "no such object or interface").await,
            }
        }
        ("org.freedesktop.DBus.Properties", "Get") => {
            let (wanted, name): (String, String) = body.deserialize()?;
            let value = properties_at(&machine, &path, &wanted).and_then(|mut all| all.remove(name.as_str()));
            match value {
                Some(value) => reply(connection, &header, &value).await,
                None => fail(connection, &header, UNKNOWN_METHOD, "no such property").await,
            }
        }
        (MANAGER, "Subscribe") => {
            *subscribed = true;
            reply(connection, &header, &()).await
        }
        (MANAGER, "Unsubscribe") => {
            *subscribed = false;
            reply(connection, &header, &()).await
        }
        (MANAGER, "ListUnits") => {
            let listed: Vec<ListedUnit> = machine.units.values().filter(|unit| is_held(unit)).map(listed).collect();
            reply(connection, &header, &listed).await
        }
        (MANAGER, "ListUnitsByNames") => {
            let names: Vec<String> = body.deserialize()?;
            let rows: Vec<ListedUnit> = names.iter().map(|name| listed_by_name(&machine, name)).collect();
            reply(connection, &header, &rows).await
        }
        (MANAGER, "ListUnitsByPatterns") => {
            let (states, patterns): (Vec<String>, Vec<String>) = body.deserialize()?;
            let rows: Vec<ListedUnit> = machine
                .units
                .values()
                .filter(|unit| {
                    states.is_empty() || states.iter().any(|state| state == unit.active || state == unit.sub)
                })
                .filter(|unit| patterns.is_empty() || patterns.iter().any(|glob| matches(glob, &unit.name)))
                .map(listed)
                .collect();
            reply(connection, &header, &rows).await
        }
        (MANAGER, "ListUnitFiles") => {
            let rows: Vec<(String, String)> =
                machine.units.keys().map(|name| (properties::fragment(name), "enabled".to_owned())).collect();
            reply(connection, &header, &rows).await
        }
        (MANAGER, "ListUnitFilesByPatterns") => {
            let (_, patterns): (Vec<String>, Vec<String>) = body.deserialize()?;
            let rows: Vec<(String, String)> = machine
                .units
                .keys()
                .filter(|name| patterns.is_empty() || patterns.iter().any(|glob| matches(glob, name)))
                .map(|name| (properties::fragment(name), "enabled".to_owned()))
                .collect();
            reply(connection, &header, &rows).await
        }
        (MANAGER, "GetUnit" | "LoadUnit") => {
            let name: String = body.deserialize()?;
            if member == "GetUnit" && !machine.units.contains_key(&name) {
                return fail(connection, &header, NO_SUCH_UNIT, &format!("Unit {name} not loaded.")).await;
            }
            reply(connection, &header, &unit_path(&name)).await
        }
        (MANAGER, "StartUnit" | "StopUnit" | "RestartUnit") => {
            let (name, _mode): (String, String) = body.deserialize()?;
            let verb = match member.as_str() {
                "StartUnit" => Verb::Start,
                "StopUnit" => Verb::Stop,
                _ => Verb::Restart,
            };
            if fleet.order(verb, host, &name).await {
                reply(connection, &header, &ObjectPath::from_static_str_unchecked("/org/freedesktop/systemd1/job/1"))
                    .await
            } else {
                fail(connection, &header, NO_SUCH_UNIT, &format!("Unit {name} not found.")).await
            }
        }
        _ => {
            fail(connection, &header, UNKNOWN_METHOD, &format!("the drill does not answer {interface}.{member}")).await
        }
    }
}

async fn reply<B>(connection: &Connection, to: &Header<'_>, body: &B) -> zbus::Result<()>
where
    B: serde::Serialize + zbus::wire::DynamicType,
{
    reply_as(connection, to, SYSTEMD_NAME, body).await
}

async fn reply_as<B>(connection: &Connection, to: &Header<'_>, sender: &str, body: &B) -> zbus::Result<()>
where
    B: serde::Serialize + zbus::wire::DynamicType,
{
    let message = Message::method_return(to).sender(sender).destination(CLIENT_NAME).build(body)?;
    connection.send(&message).await
}

async fn fail(connection: &Connection, to: &Header<'_>, name: &str, text: &str) -> zbus::Result<()> {
    let message = Message::error(to, name).sender(SYSTEMD_NAME).destination(CLIENT_NAME).build(&text)?;
    connection.send(&message).await
}

async fn signal_change(connection: &Connection, fleet: &Fleet, host: &str, name: &str) -> zbus::Result<()> {
    let Some(machine) = fleet.machine(host) else { return Ok(()) };
    let Some(unit) = machine.units.get(name) else { return Ok(()) };
    for interface in [properties::own_interface(unit), UNIT] {
        let Some(all) = properties::of(&machine, unit, interface) else { continue };
        let body = (interface, properties::changing(all), Vec::<String>::new());
        let message = Message::signal(unit_path(name), "org.freedesktop.DBus.Properties", "PropertiesChanged")
            .sender(SYSTEMD_NAME)
            .build(&body)?;
        connection.send(&message).await?;
    }
    Ok(())
}

fn properties_at(machine: &Machine, path: &str, interface: &str) -> Option<Properties> {
    if path == MANAGER_PATH {
        let state = if machine.units.values().any(|unit| unit.active == "failed") { "degraded" } else { "running" };
        let all =
            [("Version", Variant::from("252.39-1~deb12u1")), ("SystemState", state.into()), ("NNames", 0u32.into())];
        return (interface == MANAGER || interface.is_empty()).then(|| Properties::from(all));
    }
    let name = unescape(path.strip_prefix(UNIT_PATHS)?);
    if let Some(unit) = machine.units.get(&name) {
        if interface.is_empty() {
            let mut all = properties::of(machine, unit, UNIT)?;
            all.extend(properties::of(machine, unit, properties::own_interface(unit))?);
            return Some(all);
        }
        return properties::of(machine, unit, interface);
    }
    let missing = [
        ("Id", Variant::from(name.clone())),
        ("Description", name.into()),
        ("LoadState", "not-found".into()),
        ("ActiveState", "inactive".into()),
        ("SubState", "dead".into()),
    ];
    (interface == UNIT || interface.is_empty()).then(|| Properties::from(missing))
}

/// `ListUnits` leaves out what nothing holds: a stopped unit that never failed.
fn is_held(unit: &SimUnit) -> bool {
    unit.active != "inactive"
}

fn listed(unit: &SimUnit) -> ListedUnit {
    row(&unit.name, &unit.description, "loaded", unit.active, unit.sub)
}

fn listed_by_name(machine: &Machine, name: &str) -> ListedUnit {
    machine.units.get(name).map_or_else(|| row(name, name, "not-found", "inactive", "dead"), listed)
}

fn row(name: &str, description: &str, load: &str, active: &str, sub: &str) -> ListedUnit {
    let no_job = OwnedObjectPath::from(ObjectPath::from_static_str_unchecked("/"));
    (
        name.to_owned(),
        description.to_owned(),
        load.to_owned(),
        active.to_owned(),
        sub.to_owned(),
        String::new(),
        unit_path(name),
        0,
        String::new(),
        no_job,
    )
}

/// The object path of a unit: everything but ASCII letters and digits is escaped as `_xx`, as is a leading digit.
fn unit_path(name: &str) -> OwnedObjectPath {
    let mut path = UNIT_PATHS.to_owned();
    for (place, byte) in name.bytes().enumerate() {
        if byte.is_ascii_alphabetic() || (byte.is_ascii_digit() && place > 0) {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("_{byte:02x}"));
        }
    }
    OwnedObjectPath::from(ObjectPath::from_string_unchecked(path))
}

fn unescape(escaped: &str) -> String {
    let mut name = Vec::new();
    let mut rest = escaped.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = (*first == b'_').then(|| tail.get(..2)).flatten().and_then(|hex| std::str::from_utf8(hex).ok());
        if let Some(byte) = code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            name.push(byte);
            rest = &tail[2..];
        } else {
            name.push(*first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&name).into_owned()
}

fn matches(glob: &str, name: &str) -> bool {
    globset::Glob::new(glob).is_ok_and(|glob| glob.compile_matcher().is_match(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unit_paths_are_escaped_as_systemd_does() {
        let path = unit_path("pakashop-backend.service");
        assert_eq!(path.as_str(), "/org/freedesktop/systemd1/unit/pakashop_2dbackend_2eservice");
        assert_eq!(unescape("pakashop_2dbackend_2eservice"), "pakashop-backend.service");
        assert_eq!(unit_path("9p.mount").as_str(), "/org/freedesktop/systemd1/unit/_39p_2emount");
    }
}
