//! The worlds of one process, each on a port of its own.
//!
//! A world here is a [`World`], the router that answers for it, an accept loop and a ticker. The host starts and
//! stops them; beside the process itself it is the only one that does. Worlds share nothing but the list of their
//! names.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use indexmap::IndexMap;
use tokio::net::{TcpListener, TcpSocket};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::registry::World;
use crate::server::accept::serve;
use crate::server::timer::tick;

/// The name of the first world.
pub const MAIN: &str = "main";

/// The number of connections that may queue before they are accepted.
const BACKLOG: u32 = 1024;

/// Builds the router of a world among others. Handed in, since the control plane imports this module.
pub type App = fn(&World, WorldContext) -> Router;

/// Called with a world's name once it has shut down and is unreachable.
pub type OnClose = Box<dyn Fn(&str, &World) + Send + Sync>;

/// The limits on worlds: their number and their ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most worlds at a time, the first one included.
    pub most: usize,
    /// The ports of further worlds; absent: whatever is free.
    pub ports: Option<RangeInclusive<u16>>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            most: 256,
            ports: None,
        }
    }
}

/// The reason a world was not opened, or not closed.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There is one of that name.
    #[error("there is a world {0} already")]
    Taken(String),
    /// There are as many as there may be.
    #[error(
        "there are {0} worlds, the first one included, and --max-worlds allows no more; delete one"
    )]
    TooMany(usize),
    /// No port could be bound.
    #[error("no port is left for another world: {tried} cannot be bound ({cause})")]
    NoPort {
        tried: String,
        /// The reason the last of them was not bound.
        cause: std::io::Error,
    },
    /// There is none of that name.
    #[error("there is no world {0}")]
    Unknown(String),
    /// It is the first one.
    #[error("the world {MAIN} ends with the process, not before it")]
    First,
}

/// A world in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorldInfo {
    /// Its name.
    pub name: String,
    /// The world's URL, without a slash at the end.
    pub url: String,
}

/// The worlds of one process. Cheap to clone, all clones are the same host.
#[derive(Clone)]
pub struct WorldServer(Arc<Shared>);

/// A world's place among the others: which one it is, and the way to the rest.
#[derive(Clone)]
pub struct WorldContext {
    /// All of them.
    pub host: WorldServer,
    /// The name of this one.
    pub name: Arc<str>,
}

struct Shared {
    first: World,
    address: SocketAddr,
    limits: Limits,
    app: App,
    farewell: Option<OnClose>,
    stop: CancellationToken,
    tasks: TaskTracker,
    registry: Mutex<Registry>,
}

#[derive(Default)]
struct Registry {
    /// Until a world has closed, it holds its name and counts.
    open: IndexMap<String, Open>,
    n_named: u64,
    /// The port of the range that was bound last: one that has just become free rests until its turn comes,
    /// so that a client that is late does not reach another world.
    last_port: Option<u16>,
}

struct Open {
    url: String,
    stop: CancellationToken,
    closed: CancellationToken,
}

impl WorldServer {
    /// Serves the first world on its listener, and from then on further ones at the same address.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start(
        first: World,
        listener: TcpListener,
        limits: Limits,
        app: App,
        farewell: Option<OnClose>,
    ) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let shared = Shared {
            first: first.clone(),
            address,
            limits,
            app,
            farewell,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            registry: Mutex::default(),
        };
        let host = Self(Arc::new(shared));
        host.seat(&mut host.registry(), MAIN, first, listener, address);
        Ok(host)
    }

    /// The first world, from which others take what is not chosen for them.
    #[must_use]
    pub fn first(&self) -> &World {
        &self.0.first
    }

    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// The URL of the first world, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        url(self.0.address)
    }

    /// Opens a world. Without a name it gets one: `w1`, `w2` and so on.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn open(&self, name: Option<String>, world: World) -> Result<WorldInfo, Refused> {
        let mut registry = self.registry();
        if let Some(name) = name
            .as_ref()
            .filter(|name| registry.open.contains_key(*name))
        {
            return Err(Refused::Taken(name.clone()));
        }
        if registry.open.len() >= self.0.limits.most {
            return Err(Refused::TooMany(registry.open.len()));
        }
        let (listener, address) = self.bind(registry.last_port)?;
        registry.last_port = Some(address.port());
        let name = name.unwrap_or_else(|| registry.generate_name());
        world.open();
        let url = self.seat(&mut registry, &name, world, listener, address);
        Ok(WorldInfo { name, url })
    }

    /// Closes a world. Returns once its port and its connections are closed and its memory is freed.
    pub async fn close(&self, name: &str) -> Result<(), Refused> {
        if name == MAIN {
            return Err(Refused::First);
        }
        let closed = {
            let registry = self.registry();
            let open = registry.open.get(name).filter(|open| open.is_open());
            let open = open.ok_or_else(|| Refused::Unknown(name.to_owned()))?;
            // Under the lock: of two that would close it, the second one finds it gone.
            open.stop.cancel();
            open.closed.clone()
        };
        closed.cancelled().await;
        Ok(())
    }

    /// The worlds that are open, in the order in which they were opened.
    #[must_use]
    pub fn list(&self) -> Vec<WorldInfo> {
        let registry = self.registry();
        let open = registry.open.iter().filter(|(_, open)| open.is_open());
        open.map(|(name, open)| open.listed(name)).collect()
    }

    /// The world of a name.
    pub fn find(&self, name: &str) -> Result<WorldInfo, Refused> {
        let registry = self.registry();
        let open = registry.open.get(name).filter(|open| open.is_open());
        open.map(|open| open.listed(name))
            .ok_or_else(|| Refused::Unknown(name.to_owned()))
    }

    /// Stops all worlds when it is cancelled.
    #[must_use]
    pub fn stop(&self) -> CancellationToken {
        self.0.stop.clone()
    }

    /// Returns once a stop has closed all worlds.
    pub async fn closed(&self) {
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    /// Serves a world until it is told to stop, and answers where.
    fn seat(
        &self,
        registry: &mut Registry,
        name: &str,
        world: World,
        listener: TcpListener,
        address: SocketAddr,
    ) -> String {
        let url = url(address);
        let open = Open {
            url: url.clone(),
            stop: self.0.stop.child_token(),
            closed: CancellationToken::new(),
        };
        let seat = WorldContext {
            host: self.clone(),
            name: name.into(),
        };
        let serving = run_world(
            seat,
            world,
            listener,
            open.stop.clone(),
            open.closed.clone(),
        );
        registry.open.insert(name.to_owned(), open);
        self.0.tasks.spawn(serving);
        url
    }

    /// Binds the next port that is free.
    fn bind(&self, last: Option<u16>) -> Result<(TcpListener, SocketAddr), Refused> {
        let bind = |port| listen(SocketAddr::new(self.0.address.ip(), port));
        let Some(range) = &self.0.limits.ports else {
            return bind(0).map_err(|cause| Refused::NoPort {
                tried: "any".to_owned(),
                cause,
            });
        };
        let mut last_cause = None;
        for port in rotating_ports(range, last) {
            match bind(port) {
                Ok(bound) => return Ok(bound),
                Err(cause) => last_cause = Some(cause),
            }
        }
        Err(Refused::NoPort {
            tried: format!("each of {} to {}", range.start(), range.end()),
            cause: last_cause.unwrap_or_else(|| std::io::ErrorKind::AddrInUse.into()),
        })
    }

    fn registry(&self) -> MutexGuard<'_, Registry> {
        let registry = self.0.registry.lock();
        registry.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry {
    fn generate_name(&mut self) -> String {
        loop {
            self.n_named += 1;
            let name = format!("w{}", self.n_named);
            if !self.open.contains_key(&name) {
                return name;
            }
        }
    }
}

impl Open {
    fn is_open(&self) -> bool {
        !self.stop.is_cancelled()
    }

    fn listed(&self, name: &str) -> WorldInfo {
        WorldInfo {
            name: name.to_owned(),
            url: self.url.clone(),
        }
    }
}

/// Keeps a world going until it is told to stop; then lets go of it, and says so.
async fn run_world(
    seat: WorldContext,
    world: World,
    listener: TcpListener,
    stop: CancellationToken,
    closed: CancellationToken,
) {
    // Whatever happens here, whoever waits for the end is not left waiting.
    let closed = closed.drop_guard();
    let router = (seat.host.0.app)(&world, seat.clone());
    let ticking = tokio::spawn(tick(world.clone(), stop.clone()));
    serve(listener, router, stop).await;
    // A ticker that failed has been logged, and ends the world no sooner.
    let _ = ticking.await;
    if let Some(farewell) = &seat.host.0.farewell {
        farewell(&seat.name, &world);
    }
    drop(world);
    seat.host.registry().open.shift_remove(&*seat.name);
    drop(closed);
}

fn listen(address: SocketAddr) -> std::io::Result<(TcpListener, SocketAddr)> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    // As the first world's: connections that linger from a process before do not hold the port.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    let listener = socket.listen(BACKLOG)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// The ports of a range, each once, beginning behind the given one.
fn rotating_ports(range: &RangeInclusive<u16>, after: Option<u16>) -> impl Iterator<Item = u16> {
    let (start, end) = (*range.start(), *range.end());
    let after = after.unwrap_or(end);
    range
        .clone()
        .filter(move |port| *port > after)
        .chain((start..=end).filter(move |port| *port <= after))
}

/// The url of an address; where a process listens on all of them, that of the loopback.
fn url(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, address.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_come_in_turn_and_each_once() {
        let after = |last| rotating_ports(&(4601..=4604), last).collect::<Vec<_>>();
        assert_eq!(after(None), [4601, 4602, 4603, 4604]);
        assert_eq!(after(Some(4602)), [4603, 4604, 4601, 4602]);
        assert_eq!(after(Some(4604)), [4601, 4602, 4603, 4604]);
    }

    #[test]
    fn a_url_can_be_called_even_where_all_addresses_are_listened_on() {
        for (address, expected) in [
            ("127.0.0.1:80", "http://127.0.0.1:80"),
            ("0.0.0.0:4600", "http://127.0.0.1:4600"),
            ("[::]:4600", "http://[::1]:4600"),
        ] {
            assert_eq!(url(address.parse().unwrap()), expected);
        }
    }
}
