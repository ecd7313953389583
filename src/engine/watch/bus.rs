//! A D-Bus connection over a stream to the bridge on the host, and the few calls that are made on it.
//!
//! Every call has a deadline. An error is a sentence; of what kind it is, its type says.

use std::io;
use std::num::NonZeroUsize;
use std::time::Duration;

use futures_util::future::{self, BoxFuture, FutureExt};
use zbus::connection::Builder;
use zbus::message::{Message, Sequence};

use super::pipe::Pipe;
use super::properties::{Dictionary, prop, properties};
use crate::domain::UnitName;
use crate::engine::transport::{Connection, Stream};
use crate::port::End;
use crate::runtimes::systemd::{self, BUS_NAME, MANAGER, MANAGER_PATH, PROPERTIES, Scope, UNIT, UNIT_PATHS};
use crate::runtimes::systemd_props::Properties;
use crate::text::Foreign;

/// From the start of the bridge to a bus that answers.
const OPEN_WITHIN: Duration = Duration::from_secs(8);
/// One call.
const CALL_WITHIN: Duration = Duration::from_secs(10);
/// Messages that wait to be taken. When it is full the bus waits, and with it the host; a session takes
/// messages at all times and keeps only which units they are about, so this is for a burst and never a backlog.
const QUEUE: usize = 4096;
/// Name and path of the bus itself.
const BUS: (&str, &str) = ("org.freedesktop.DBus", "/org/freedesktop/DBus");

/// Why there is no bus, or no answer from it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BusError {
    /// The host has no bridge.
    #[error("the host has no systemd-stdio-bridge")]
    NoBridge,
    /// The bridge would not start, or ended.
    #[error("systemd-stdio-bridge {0}")]
    Bridge(String),
    /// It started and no bus answered in time.
    #[error("no answer from the host's message bus within {} s", .0.as_secs())]
    Silent(Duration),
    /// What came was no bus.
    #[error("the host's message bus could not be spoken to: {0}")]
    Protocol(String),
    /// The bus is gone.
    #[error("the connection to the host's message bus ended")]
    Closed,
    /// The call was answered with an error.
    #[error("{what} was refused by the host: {name}: {said}")]
    Refused {
        /// The call.
        what: String,
        /// The D-Bus name of the error, sanitised.
        name: String,
        /// What came with it, sanitised.
        said: String,
    },
}

/// A live bus. Cheap to clone; the last one to go ends the connection.
#[derive(Debug, Clone)]
pub struct Bus {
    connection: zbus::Connection,
    scope: Scope,
}

/// A bus, and the end of its bridge.
pub struct Opened {
    /// The bus.
    pub bus: Bus,
    /// Resolves when the bridge has ended, with why.
    pub ended: BoxFuture<'static, BusError>,
}

/// Starts the bridge on the host and speaks to the bus behind it.
///
/// # Errors
/// Why there is no bus.
pub async fn open(host: &dyn Connection, scope: Scope) -> Result<Opened, BusError> {
    let opening = async {
        let Stream { io, ended } = host.stream(systemd::bridge(scope)).await.map_err(|end| bridge_end(&end, &[]))?;
        let mut ended = ended.map(|(end, said)| bridge_end(&end, &said)).boxed();
        let queue = NonZeroUsize::new(QUEUE).unwrap_or(NonZeroUsize::MIN);
        let build = Builder::socket(Pipe(io)).max_queued(queue).method_timeout(CALL_WITHIN).build();
        let connection = tokio::select! {
            // The bridge's own last words say more than the end of the stream does.
            biased;
            why = &mut ended => return Err(why),
            built = build => built.map_err(|error| bus_error("the greeting", &error))?,
        };
        Ok(Opened { bus: Bus { connection, scope }, ended })
    };
    tokio::time::timeout(OPEN_WITHIN, opening).await.map_err(|_elapsed| BusError::Silent(OPEN_WITHIN))?
}

fn bridge_end(end: &End, said: &[u8]) -> BusError {
    // A shell between us and the program says 127 in its place.
    if matches!(end, End::NotFound | End::Exited(127)) {
        return BusError::NoBridge;
    }
    let first = said.split(|byte| *byte == b'\n').find(|line| !line.is_empty()).unwrap_or_default();
    let said = Foreign::from(first).plain();
    BusError::Bridge(if said.is_empty() { end.to_string() } else { format!("{end}: {said}") })
}

fn bus_error(what: &str, error: &zbus::Error) -> BusError {
    let refused = |name: &str, said: &str| BusError::Refused {
        what: what.to_owned(),
        name: Foreign::from(name).plain(),
        said: Foreign::from(said).plain(),
    };
    match error {
        zbus::Error::MethodError(name, said, _) => refused(name.as_str(), said.as_deref().unwrap_or_default()),
        zbus::Error::FDO(error) => refused("the message bus", &error.to_string()),
        zbus::Error::InputOutput(error) if error.kind() == io::ErrorKind::TimedOut => BusError::Silent(CALL_WITHIN),
        zbus::Error::InputOutput(_) => BusError::Closed,
        other => BusError::Protocol(Foreign::from(other.to_string()).plain()),
    }
}

/// One row of a list of units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The name systemd keeps it under.
    pub name: UnitName,
    /// `LoadState`.
    pub load: String,
    /// `ActiveState`.
    pub active: String,
    /// `SubState`.
    pub sub: String,
}

type Row = (String, String, String, String, String, String, zbus::OwnedObjectPath, u32, String, zbus::OwnedObjectPath);

impl Bus {
    /// Whose manager it leads to.
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// Everything the bus sends us. Must be taken at all times: a full queue stops the replies as well.
    pub fn messages(&self) -> zbus::MessageStream {
        zbus::MessageStream::from(self.connection.clone())
    }

    /// Asks the bus and the manager to send what [`Self::messages`] is made for. Returns the manager's own name
    /// on the bus, by which its signals are known; none on a line without a bus between.
    ///
    /// # Errors
    /// Why they don't.
    pub async fn subscribe(&self) -> Result<Option<String>, BusError> {
        let rules = [
            format!(
                "type='signal',sender='{BUS_NAME}',interface='{PROPERTIES}',member='PropertiesChanged',\
                 path_namespace='{UNIT_PATHS}'"
            ),
            format!("type='signal',sender='{BUS_NAME}',interface='{MANAGER}',path='{MANAGER_PATH}'"),
            format!("type='signal',sender='{0}',interface='{0}',member='NameOwnerChanged',arg0='{BUS_NAME}'", BUS.0),
        ];
        let rules = future::try_join_all(rules.iter().map(|rule| self.add_match(rule)));
        Ok(future::try_join(rules, self.subscribe_manager()).await?.1)
    }

    async fn add_match(&self, rule: &str) -> Result<(), BusError> {
        let call = self.connection.call_method(Some(BUS.0), BUS.1, Some(BUS.0), "AddMatch", &rule);
        call.await.map(drop).map_err(|error| bus_error("AddMatch", &error))
    }

    /// Tells the manager that somebody wants its signals. Returns its own name on the bus.
    ///
    /// # Errors
    /// Why it refuses.
    pub async fn subscribe_manager(&self) -> Result<Option<String>, BusError> {
        let reply = match self.manager("Subscribe", &()).await {
            // A manager that was executed anew may still count us in.
            Err(BusError::Refused { name, .. }) if name == "org.freedesktop.systemd1.AlreadySubscribed" => {
                self.manager("Unsubscribe", &()).await?;
                self.manager("Subscribe", &()).await?
            }
            reply => reply?,
        };
        Ok(reply.header().sender().map(|name| name.as_str().to_owned()))
    }

    /// Asks the manager for a sign of life.
    ///
    /// # Errors
    /// It gave none.
    pub async fn ping(&self) -> Result<(), BusError> {
        let call =
            self.connection.call_method(Some(BUS_NAME), MANAGER_PATH, Some("org.freedesktop.DBus.Peer"), "Ping", &());
        call.await.map(drop).map_err(|error| bus_error("Ping", &error))
    }

    async fn manager<B>(&self, method: &str, body: &B) -> Result<Message, BusError>
    where
        B: serde::Serialize + zbus::DynamicType,
    {
        let call = self.connection.call_method(Some(BUS_NAME), MANAGER_PATH, Some(MANAGER), method, body);
        call.await.map_err(|error| bus_error(method, &error))
    }

    async fn list<B>(&self, method: &str, body: &B) -> Result<Vec<Listed>, BusError>
    where
        B: serde::Serialize + zbus::DynamicType,
    {
        let reply = self.manager(method, body).await?;
        let body = reply.body();
        let rows: Vec<Row> = body.deserialize().map_err(|error| bus_error(method, &error))?;
        let listed =
            |(name, _, load, active, sub, ..): Row| UnitName::new(&name).map(|name| Listed { name, load, active, sub });
        Ok(rows.into_iter().filter_map(listed).collect())
    }

    /// Every loaded unit that failed.
    ///
    /// # Errors
    /// Why there is no list.
    pub async fn failed(&self) -> Result<Vec<Listed>, BusError> {
        self.list("ListUnitsByPatterns", &(vec!["failed"], Vec::<&str>::new())).await
    }

    /// Every loaded unit that matches one of the patterns.
    ///
    /// # Errors
    /// Why there is no list.
    pub async fn matching(&self, patterns: &[String]) -> Result<Vec<Listed>, BusError> {
        self.list("ListUnitsByPatterns", &(Vec::<&str>::new(), patterns)).await
    }

    /// These units, loaded or not, in this order.
    ///
    /// # Errors
    /// Why there is no list.
    pub async fn by_names(&self, names: &[&str]) -> Result<Vec<Listed>, BusError> {
        self.list("ListUnitsByNames", &(names,)).await
    }

    /// Every unit file that matches one of the patterns: the unit's name and the file's state.
    ///
    /// # Errors
    /// Why there is no list.
    pub async fn files(&self, patterns: &[String]) -> Result<Vec<(UnitName, String)>, BusError> {
        let method = "ListUnitFilesByPatterns";
        let reply = self.manager(method, &(Vec::<&str>::new(), patterns)).await?;
        let body = reply.body();
        let rows: Vec<(String, String)> = body.deserialize().map_err(|error| bus_error(method, &error))?;
        let named = |(path, state): (String, String)| {
            UnitName::new(path.rsplit('/').next().unwrap_or_default()).map(|name| (name, state))
        };
        Ok(rows.into_iter().filter_map(named).collect())
    }

    /// Everything that we know how to read of one unit, and the place of the older of its two answers in the
    /// order of all that the bus sent.
    ///
    /// # Errors
    /// Why it could not be read.
    pub async fn read(&self, name: &UnitName) -> Result<(Properties, Sequence), BusError> {
        let path = systemd::unit_path(name);
        let Some(interface) = systemd::interface(name) else { return self.get_all(&path, UNIT).await };
        let both = future::try_join(self.get_all(&path, UNIT), self.get_all(&path, interface)).await?;
        let ((unit, at), (mut all, later)) = both;
        // Where both have a property, the unit's own word stands.
        all.merge(unit);
        Ok((all, at.min(later)))
    }

    async fn get_all(&self, path: &str, interface: &str) -> Result<(Properties, Sequence), BusError> {
        let call = self.connection.call_method(Some(BUS_NAME), path, Some(PROPERTIES), "GetAll", &interface);
        let reply = call.await.map_err(|error| bus_error("GetAll", &error))?;
        let body = reply.body();
        let dictionary: Dictionary = body.deserialize().map_err(|error| bus_error("GetAll", &error))?;
        Ok((properties(&dictionary), reply.recv_position()))
    }

    /// One property of the unit's own kind. Nothing when the unit does not have it.
    ///
    /// # Errors
    /// The bus is gone or silent.
    pub async fn get(&self, name: &UnitName, property: &str) -> Result<Properties, BusError> {
        let mut read = Properties::default();
        let Some(interface) = systemd::interface(name) else { return Ok(read) };
        let (path, body) = (systemd::unit_path(name), (interface, property));
        let call = self.connection.call_method(Some(BUS_NAME), path.as_str(), Some(PROPERTIES), "Get", &body);
        match call.await.map_err(|error| bus_error("Get", &error)) {
            Ok(reply) => {
                let body = reply.body();
                let value: zbus::Variant<'_> = body.deserialize().map_err(|error| bus_error("Get", &error))?;
                if let Some(value) = prop(property, &value) {
                    read.set(property, value);
                }
                Ok(read)
            }
            Err(BusError::Refused { .. }) => Ok(read),
            Err(error) => Err(error),
        }
    }
}
