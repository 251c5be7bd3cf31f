//! The worlds of one process, each on a port of its own.
//!
//! A world here is a [`World`], its router, an accept loop and a timer task. Only the server and the process itself
//! start and stop them. Worlds share nothing but the list of their names.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::http::observe::events::WorldChangeKind;
use crate::registry::World;
use crate::registry::durable::DurableWorlds;
use crate::server::accept::serve;
use crate::server::connections::{ConnectionLimits, Connections};
use crate::server::keeping::Keeping;
use crate::server::listeners::{InnerNetwork, Listeners};
use crate::server::open_worlds::{OpenWorld, OpenWorlds};
use crate::server::ports::{BoundWorld, WorldPorts};
use crate::server::timer::tick;
use crate::server::webhooks::deliver;
use crate::tls::ServerTls;

pub use crate::server::open_worlds::{MAIN, WorldError, WorldInfo};

/// Builds the router of a world among others. Handed in, since the control plane imports this module.
pub type App = fn(&World, WorldContext) -> Router;

/// Called with a world's name once it has shut down and is unreachable.
pub type OnClose = Box<dyn Fn(&str, &World) + Send + Sync>;

/// The limits of a process: the number and ports of its worlds, and its connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most worlds at a time, the first one included.
    pub most: usize,
    /// The ports of further worlds; absent: any free port.
    pub ports: Option<RangeInclusive<u16>>,
    /// Those of the connections to all of them.
    pub connections: ConnectionLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            most: 256,
            ports: None,
            connections: ConnectionLimits::default(),
        }
    }
}

/// The worlds of one process. Cheap to clone; all clones are the same server.
#[derive(Clone)]
pub struct WorldServer(Arc<ServerInner>);

/// The place of a world among the others.
#[derive(Clone)]
pub struct WorldContext {
    /// The server of all worlds.
    pub host: WorldServer,
    /// The name of this world.
    pub name: Arc<str>,
}

struct ServerInner {
    first: World,
    ports: WorldPorts,
    proxy_address: Option<SocketAddr>,
    limits: Limits,
    connections: Connections,
    app: App,
    on_close: Option<OnClose>,
    /// Present if worlds are kept on disk.
    kept: Option<DurableWorlds>,
    stop: CancellationToken,
    tasks: TaskTracker,
    worlds: Mutex<OpenWorlds>,
}

impl WorldServer {
    /// Serves the first world on its listeners; further ones get ports of the same addresses.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start(
        first: World,
        listeners: impl Into<Listeners>,
        limits: Limits,
        app: App,
        on_close: Option<OnClose>,
    ) -> std::io::Result<Self> {
        Self::start_keeping(first, listeners, limits, app, on_close, None, None)
    }

    /// The same with worlds that are kept on disk, and reached in another network too.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start_keeping(
        first: World,
        listeners: impl Into<Listeners>,
        limits: Limits,
        app: App,
        on_close: Option<OnClose>,
        keeping: Option<Keeping>,
        inner: Option<Arc<dyn InnerNetwork>>,
    ) -> std::io::Result<Self> {
        let mut listeners = listeners.into();
        if let Some(inner) = &inner {
            listeners = listeners.within(&**inner)?;
        }
        let ports = WorldPorts {
            addresses: listeners.addresses()?,
            tls_addresses: listeners.tls_addresses()?,
            tls: listeners.tls().cloned(),
            inner,
            range: limits.ports.clone(),
        };
        listeners.name_own(&ports.addresses);
        let bound = BoundWorld {
            port: ports.addresses[0].port(),
            tls_port: ports.tls_addresses.first().map(SocketAddr::port),
            listeners,
        };
        let (worlds, restored) = match keeping {
            Some(Keeping { worlds, restored }) => (Some(worlds), restored),
            None => (None, Vec::new()),
        };
        let inner = ServerInner {
            first: first.clone(),
            ports,
            proxy_address: bound.listeners.proxy_address(),
            connections: Connections::new(limits.connections.clone()),
            limits,
            app,
            on_close,
            kept: worlds,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            worlds: Mutex::default(),
        };
        let host = Self(Arc::new(inner));
        host.serve(&mut host.worlds(), MAIN.to_owned(), first, bound);
        for (name, world) in restored {
            let opened = host.open(Some(name), world);
            opened.map_err(std::io::Error::other)?;
        }
        Ok(host)
    }

    /// The first world; others are like it in every setting that is not chosen.
    pub fn first(&self) -> &World {
        &self.0.first
    }

    /// The first address of the first world.
    pub fn address(&self) -> SocketAddr {
        self.0.ports.addresses[0]
    }

    /// All addresses of the first world, at least one.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.0.ports.addresses
    }

    /// The base URL of the first world, without a trailing slash.
    pub fn url(&self) -> String {
        url(self.address())
    }

    /// The certificate, if the process speaks TLS.
    pub fn tls(&self) -> Option<&ServerTls> {
        self.0.ports.tls.as_ref()
    }

    /// The base URL of the first world in TLS, if the process speaks it.
    pub fn https_url(&self) -> Option<String> {
        let address = self.0.ports.tls_addresses.first()?;
        Some(url(*address).replacen("http", "https", 1))
    }

    /// The addresses of the first world for TLS; none if the process does not speak it.
    pub fn tls_addresses(&self) -> &[SocketAddr] {
        &self.0.ports.tls_addresses
    }

    /// The port of the first world for TLS, if the process speaks it.
    pub fn tls_port(&self) -> Option<u16> {
        self.0.ports.tls_addresses.first().map(SocketAddr::port)
    }

    /// The address of the proxy, if there is one.
    pub fn proxy_address(&self) -> Option<SocketAddr> {
        self.0.proxy_address
    }

    /// The connections to all worlds.
    pub fn connections(&self) -> &Connections {
        &self.0.connections
    }

    /// Opens a world. Without a name it is called `w1`, `w2` and so on.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn open(&self, name: Option<String>, world: World) -> Result<WorldInfo, WorldError> {
        let mut worlds = self.worlds();
        if let Some(name) = name.as_ref().filter(|name| worlds.open.contains_key(*name)) {
            return Err(WorldError::Taken(name.clone()));
        }
        if worlds.open.len() >= self.0.limits.most {
            return Err(WorldError::TooMany(worlds.open.len()));
        }
        let bound = self.0.ports.bind(worlds.last_port)?;
        worlds.last_port = Some(bound.tls_port.unwrap_or(bound.port));
        let name = name.unwrap_or_else(|| worlds.generate_name());
        if let Some(kept) = self.0.kept.as_ref().filter(|_| !world.is_kept()) {
            kept.keep(&name, &world).map_err(WorldError::NotKept)?;
        }
        world.set_port(bound.port);
        world.open();
        Ok(self.serve(&mut worlds, name, world, bound))
    }

    /// Closes a world. Returns once its port and its connections are closed and its memory is freed.
    pub async fn close(&self, name: &str) -> Result<(), WorldError> {
        if name == MAIN {
            return Err(WorldError::First);
        }
        let closed = {
            let worlds = self.worlds();
            let open = worlds.get(name)?;
            // Under the lock, so that the second of two callers finds it gone.
            open.stop.cancel();
            open.closed.clone()
        };
        closed.cancelled().await;
        Ok(())
    }

    /// The worlds that are open, in the order in which they were opened.
    pub fn list(&self) -> Vec<WorldInfo> {
        let worlds = self.worlds();
        let open = worlds.open.values().filter(|open| open.is_open());
        open.map(|open| open.info.clone()).collect()
    }

    /// The world of a name.
    pub fn find(&self, name: &str) -> Result<WorldInfo, WorldError> {
        Ok(self.worlds().get(name)?.info.clone())
    }

    /// The open world of a name.
    pub fn world(&self, name: &str) -> Result<World, WorldError> {
        let world = self.worlds().get(name)?.world.clone();
        world.ok_or_else(|| WorldError::Unknown(name.to_owned()))
    }

    /// The token that stops all worlds when it is cancelled.
    pub fn stop(&self) -> CancellationToken {
        self.0.stop.clone()
    }

    /// Returns once a stop has closed all worlds.
    pub async fn closed(&self) {
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    /// Starts to serve a world.
    fn serve(
        &self,
        worlds: &mut OpenWorlds,
        name: String,
        world: World,
        bound: BoundWorld,
    ) -> WorldInfo {
        let BoundWorld {
            listeners,
            port,
            tls_port,
        } = bound;
        let (stop, closed) = (self.0.stop.child_token(), CancellationToken::new());
        let context = WorldContext {
            host: self.clone(),
            name: name.as_str().into(),
        };
        let recorder = Arc::clone(world.recorder());
        recorder.name_world(&name);
        let running = run_world(
            context,
            world.clone(),
            listeners,
            stop.clone(),
            closed.clone(),
        );
        worlds.tell(WorldChangeKind::Opened, &name);
        let info = WorldInfo {
            name,
            port,
            tls_port,
        };
        let open = OpenWorld {
            info: info.clone(),
            world: Some(world),
            recorder,
            stop,
            closed,
        };
        worlds.open.insert(info.name.clone(), open);
        self.0.tasks.spawn(running);
        info
    }

    fn worlds(&self) -> MutexGuard<'_, OpenWorlds> {
        let worlds = self.0.worlds.lock();
        worlds.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs a world until `stop`, then drops it and signals `closed`.
async fn run_world(
    context: WorldContext,
    world: World,
    listeners: Listeners,
    stop: CancellationToken,
    closed: CancellationToken,
) {
    // A drop guard, so that `close` returns even if this task panics.
    let closed = closed.drop_guard();
    let router = (context.host.0.app)(&world, context.clone());
    let timer = tokio::spawn(tick(world.clone(), stop.clone()));
    let deliver_until_stop = {
        let (recorder, stop) = (Arc::clone(world.recorder()), stop.clone());
        let name = Arc::clone(&context.name);
        async move { stop.run_until_cancelled(deliver(recorder, &name)).await }
    };
    let delivery = tokio::spawn(deliver_until_stop);
    let connections = context.host.0.connections.clone();
    serve(listeners, router, stop, connections).await;
    let _ = delivery.await;
    // A panic of the timer task has been logged, and does not end the world.
    let _ = timer.await;
    if let Some(on_close) = &context.host.0.on_close {
        on_close(&context.name, &world);
    }
    let listed = context
        .host
        .worlds()
        .open
        .get_mut(&*context.name)
        .and_then(|open| open.world.take());
    // A world that ends with the process goes on after the next start.
    if let Some(kept) = context
        .host
        .0
        .kept
        .as_ref()
        .filter(|_| !context.host.0.stop.is_cancelled())
        && let Err(error) = kept.forget(&context.name)
    {
        tracing::warn!(world = &*context.name, %error, "cannot remove a closed world from the data directory");
    }
    // A large memory takes long to free. A runtime that ends frees it itself.
    let _ = tokio::task::spawn_blocking(move || drop((world, listed))).await;
    let mut worlds = context.host.worlds();
    worlds.open.shift_remove(&*context.name);
    worlds.tell(WorldChangeKind::Closed, &context.name);
    drop(worlds);
    drop(closed);
}

/// The URL of an address; the loopback's if the process listens on all addresses.
pub fn url(address: SocketAddr) -> String {
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
