//! A systemd manager that is made up: it says what it is told to say, and counts how often it is read.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::StreamExt;
use tokio::io::DuplexStream;
use tokio::sync::broadcast;
use zbus::message::{Message, Type};
use zbus::{Connection, MessageStream, ObjectPath, OwnedObjectPath, Variant};

use super::unit;
use crate::engine::watch::pipe::Pipe;
use crate::runtimes::systemd::{MANAGER, MANAGER_PATH, PROPERTIES, UNIT, unit_of_path, unit_path};

#[derive(Clone)]
enum Say {
    Changed(String, String, String),
    Removed(String),
    HangUp,
}

pub(super) struct FakeManager {
    units: Mutex<BTreeMap<String, String>>,
    reads: AtomicUsize,
    say: broadcast::Sender<Say>,
}

type Row = (String, String, String, String, String, String, OwnedObjectPath, u32, String, OwnedObjectPath);

impl FakeManager {
    pub(super) fn new(units: &[&str]) -> Arc<Self> {
        let units = units.iter().map(|name| ((*name).to_owned(), "active".to_owned())).collect();
        Arc::new(Self { units: Mutex::new(units), reads: AtomicUsize::new(0), say: broadcast::channel(8192).0 })
    }

    /// How often the special properties of a unit were read.
    pub(super) fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }

    /// Gives a unit a state, silently.
    pub(super) fn set(&self, name: &str, active: &str) {
        self.units.lock().unwrap().insert(name.to_owned(), active.to_owned());
    }

    /// Says the state of a unit as `sender`.
    pub(super) fn signal(&self, name: &str, sender: &str) {
        let active = self.units.lock().unwrap()[name].clone();
        self.say.send(Say::Changed(name.to_owned(), active, sender.to_owned())).ok();
    }

    pub(super) fn remove(&self, name: &str) {
        self.units.lock().unwrap().remove(name);
        self.say.send(Say::Removed(name.to_owned())).ok();
    }

    pub(super) fn hang_up(&self) {
        self.say.send(Say::HangUp).ok();
    }

    pub(super) async fn serve(self: Arc<Self>, stream: DuplexStream) {
        let mut says = self.say.subscribe();
        let builder = zbus::connection::Builder::socket(Pipe(Box::new(stream))).server(zbus::Guid::generate()).p2p();
        let connection = builder.build().await.unwrap();
        let mut messages = MessageStream::from(&connection);
        loop {
            tokio::select! {
                message = messages.next() => match message {
                    Some(Ok(message)) if message.message_type() == Type::MethodCall => {
                        self.answer(&connection, &message).await;
                    }
                    Some(Ok(_)) => {}
                    _ => return,
                },
                say = says.recv() => match say.unwrap() {
                    Say::Changed(name, active, sender) => changed(&connection, &name, &active, &sender).await,
                    Say::Removed(name) => {
                        let body = (&name, path(&name));
                        send(&connection, MANAGER_PATH, MANAGER, "UnitRemoved", ":1.0", &body).await;
                    }
                    Say::HangUp => return,
                },
            }
        }
    }

    async fn answer(&self, connection: &Connection, call: &Message) {
        let header = call.header();
        let member = header.member().unwrap().as_str().to_owned();
        let body = call.body();
        let units = self.units.lock().unwrap().clone();
        let reply = Message::method_return(&header).sender(":1.0");
        let message = match member.as_str() {
            "Hello" => reply.build(&":1.7"),
            "AddMatch" | "Subscribe" | "Ping" => reply.build(&()),
            "ListUnitsByPatterns" => {
                let (states, _): (Vec<String>, Vec<String>) = body.deserialize().unwrap();
                let wanted = |(name, active): &(&String, &String)| {
                    if states.is_empty() { name.starts_with("late-") } else { states.contains(active) }
                };
                let rows: Vec<Row> = units.iter().filter(wanted).map(|(name, active)| row(name, active)).collect();
                reply.build(&rows)
            }
            "ListUnitsByNames" => {
                let names: Vec<String> = body.deserialize().unwrap();
                let state = |name: &String| units.get(name).map_or("inactive", String::as_str).to_owned();
                let rows: Vec<Row> = names.iter().map(|name| row(name, &state(name))).collect();
                reply.build(&rows)
            }
            "ListUnitFilesByPatterns" => reply.build(&Vec::<(String, String)>::new()),
            "GetAll" => {
                let interface: String = body.deserialize().unwrap();
                let name = unit_of_path(header.path().unwrap().as_str()).unwrap().to_string();
                let active = units.get(&name).map_or("inactive", String::as_str);
                let all = if interface == UNIT {
                    state(&name, active)
                } else {
                    self.reads.fetch_add(1, Ordering::SeqCst);
                    HashMap::from([("Result", Variant::from("success"))])
                };
                reply.build(&all)
            }
            other => panic!("{other} is not answered"),
        };
        connection.send(&message.unwrap()).await.ok();
    }
}

fn path(name: &str) -> OwnedObjectPath {
    ObjectPath::try_from(unit_path(&unit(name))).unwrap().into()
}

fn row(name: &str, active: &str) -> Row {
    let text = |text: &str| text.to_owned();
    let job = OwnedObjectPath::from(ObjectPath::from_static_str_unchecked("/"));
    (text(name), text(name), text("loaded"), text(active), text(active), text(""), path(name), 0, text(""), job)
}

fn state<'a>(name: &str, active: &str) -> HashMap<&'a str, Variant<'a>> {
    HashMap::from([
        ("Id", Variant::from(name.to_owned())),
        ("LoadState", Variant::from("loaded")),
        ("ActiveState", Variant::from(active.to_owned())),
        ("SubState", Variant::from(active.to_owned())),
    ])
}

async fn changed(connection: &Connection, name: &str, active: &str, sender: &str) {
    let body = (UNIT, state(name, active), Vec::<String>::new());
    send(connection, path(name).as_str(), PROPERTIES, "PropertiesChanged", sender, &body).await;
}

async fn send<B>(connection: &Connection, path: &str, interface: &str, member: &str, sender: &str, body: &B)
where
    B: serde::Serialize + zbus::DynamicType,
{
    let signal = Message::signal(path, interface, member).sender(sender).build(body).unwrap();
    connection.send(&signal).await.ok();
}
