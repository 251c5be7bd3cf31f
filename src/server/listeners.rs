//! The listening sockets of a world: one or more addresses, with the same port unless others were asked for.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::task::Poll;

use socket2::SockRef;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::interception::Interception;
use crate::tls::ServerTls;

/// The number of connections that may queue before they are accepted.
const BACKLOG: u32 = 1024;

/// The number of free ports that are tried until one is free on every address.
const MOST_TRIES: usize = 32;

/// Both loopbacks. `localhost` means either, depending on the client.
pub const LOOPBACKS: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::LOCALHOST),
    IpAddr::V6(Ipv6Addr::LOCALHOST),
];

/// All interfaces.
pub const ALL_INTERFACES: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::UNSPECIFIED),
    IpAddr::V6(Ipv6Addr::UNSPECIFIED),
];

/// A host with a port to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenEndpoint {
    /// The addresses of the host. Those that the machine lacks are left out, as long as one is there.
    pub ips: Vec<IpAddr>,
    /// 0: a free port, the same for all endpoints with 0.
    pub port: u16,
}

impl ListenEndpoint {
    pub fn new(ips: impl Into<Vec<IpAddr>>, port: u16) -> Self {
        let ips = ips.into();
        Self { ips, port }
    }
}

/// An address on which the process cannot listen.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {cause}")]
pub struct ListenError {
    pub address: SocketAddr,
    pub cause: io::Error,
    /// True if the operating system has picked the port for another address.
    is_picked: bool,
}

/// The protocol of a listening socket.
#[derive(Clone, Debug, Default)]
pub enum Role {
    /// HTTP.
    #[default]
    Plain,
    /// HTTP in TLS.
    Tls(ServerTls),
    /// A proxy for programs that call the real services.
    Proxy(Arc<Interception>),
}

/// A network beside that of the process, in which the same addresses are listened on.
pub trait InnerNetwork: fmt::Debug + Send + Sync {
    /// Listens in it on the address that stands for one of this machine.
    fn listen(&self, address: SocketAddr) -> io::Result<std::net::TcpListener>;
}

/// A listening socket with its protocol.
#[derive(Debug)]
struct Listener {
    socket: TcpListener,
    role: Role,
    /// True if it is in a network beside that of the process.
    is_inner: bool,
}

/// The listening sockets of a world, at least one.
#[derive(Debug)]
pub struct Listeners(Vec<Listener>);

impl From<TcpListener> for Listener {
    fn from(socket: TcpListener) -> Self {
        Self {
            socket,
            role: Role::Plain,
            is_inner: false,
        }
    }
}

impl From<TcpListener> for Listeners {
    fn from(socket: TcpListener) -> Self {
        Self(vec![socket.into()])
    }
}

impl Listeners {
    /// Listens on every endpoint, for HTTP.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn bind(endpoints: &[ListenEndpoint]) -> Result<Self, ListenError> {
        let mut n_tries = 1;
        loop {
            match bind_once(endpoints) {
                // Somebody else has the picked port on another of the addresses.
                Err(error) if error.is_picked && n_tries < MOST_TRIES => n_tries += 1,
                bound => return Ok(Self(bound?.into_iter().map(Listener::from).collect())),
            }
        }
    }

    /// The same sockets for another protocol.
    #[must_use]
    pub fn with_role(mut self, role: &Role) -> Self {
        for listener in &mut self.0 {
            listener.role = role.clone();
        }
        self
    }

    /// These and others.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// The same addresses in another network too. One for IPv6 is left out where there is none.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn within(mut self, network: &dyn InnerNetwork) -> io::Result<Self> {
        let is_v4 =
            |address: io::Result<SocketAddr>| address.is_ok_and(|address| address.is_ipv4());
        let has_v4 = self
            .0
            .iter()
            .any(|listener| is_v4(listener.socket.local_addr()));
        let mut inner = Vec::new();
        for Listener { socket, role, .. } in &self.0 {
            let address = socket.local_addr()?;
            let socket = match network.listen(address) {
                Err(_) if address.is_ipv6() && has_v4 => continue,
                listening => listening?,
            };
            socket.set_nonblocking(true)?;
            inner.push(Listener {
                socket: TcpListener::from_std(socket)?,
                role: role.clone(),
                is_inner: true,
            });
        }
        self.0.extend(inner);
        Ok(self)
    }

    /// The addresses with their ports of the sockets for HTTP, in the order of the endpoints.
    pub fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        self.addresses_of(|role| matches!(role, Role::Plain))
    }

    /// The addresses of the sockets for HTTP in TLS.
    pub fn tls_addresses(&self) -> io::Result<Vec<SocketAddr>> {
        self.addresses_of(|role| matches!(role, Role::Tls(_)))
    }

    fn addresses_of(&self, is_meant: impl Fn(&Role) -> bool) -> io::Result<Vec<SocketAddr>> {
        let meant = self.0.iter();
        let meant = meant.filter(|listener| !listener.is_inner && is_meant(&listener.role));
        meant.map(|listener| listener.socket.local_addr()).collect()
    }

    /// The certificate of the sockets for TLS, if there are any.
    pub fn tls(&self) -> Option<&ServerTls> {
        self.0.iter().find_map(|listener| match &listener.role {
            Role::Tls(tls) => Some(tls),
            _ => None,
        })
    }

    /// The address of the proxy, if there is one.
    pub fn proxy_address(&self) -> Option<SocketAddr> {
        let proxies = self.addresses_of(|role| matches!(role, Role::Proxy(_)));
        proxies.ok()?.first().copied()
    }

    /// Tells the proxy the addresses at which the emulator itself is asked.
    pub fn name_own(&self, addresses: &[SocketAddr]) {
        for listener in &self.0 {
            if let Role::Proxy(proxy) = &listener.role {
                proxy.set_own(addresses.to_vec());
            }
        }
    }

    /// Accepts the next connection.
    pub async fn accept(&self) -> io::Result<(TcpStream, &Role)> {
        poll_fn(|context| {
            for Listener { socket, role, .. } in &self.0 {
                if let Poll::Ready(accepted) = socket.poll_accept(context) {
                    return Poll::Ready(accepted.map(|(stream, _)| (stream, role)));
                }
            }
            Poll::Pending
        })
        .await
    }
}

fn bind_once(endpoints: &[ListenEndpoint]) -> Result<Vec<TcpListener>, ListenError> {
    let (mut listeners, mut bound, mut picked) = (Vec::new(), Vec::new(), None);
    for endpoint in endpoints {
        let mut missing = None;
        let n_before = bound.len();
        for ip in &endpoint.ips {
            let port = match endpoint.port {
                0 => picked.unwrap_or(0),
                port => port,
            };
            let address = SocketAddr::new(*ip, port);
            if bound.contains(&address) || is_covered(*ip, endpoint.port, endpoints) {
                continue;
            }
            let is_picked = endpoint.port == 0 && picked.is_some();
            let error = |cause| ListenError {
                address,
                cause,
                is_picked,
            };
            match listen(
                address,
                has_wildcard(Ipv4Addr::UNSPECIFIED, endpoint.port, endpoints),
            ) {
                Ok(Some((listener, address))) => {
                    if endpoint.port == 0 {
                        picked = Some(address.port());
                    }
                    listeners.push(listener);
                    bound.push(address);
                }
                Ok(None) => missing = Some(error(io::ErrorKind::AddrNotAvailable.into())),
                Err(cause) => return Err(error(cause)),
            }
        }
        if let Some(missing) = missing.filter(|_| bound.len() == n_before) {
            return Err(missing);
        }
    }
    Ok(listeners)
}

/// True if an endpoint for all interfaces includes the address.
fn is_covered(ip: IpAddr, port: u16, endpoints: &[ListenEndpoint]) -> bool {
    let wildcard: IpAddr = match ip {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    !ip.is_unspecified() && has_wildcard(wildcard, port, endpoints)
}

fn has_wildcard(wildcard: impl Into<IpAddr>, port: u16, endpoints: &[ListenEndpoint]) -> bool {
    let wildcard = wildcard.into();
    let mut of_port = endpoints.iter().filter(|endpoint| endpoint.port == port);
    of_port.any(|endpoint| endpoint.ips.contains(&wildcard))
}

/// Listens on an address; `None` if the machine does not have it. A socket on `[::]` is for IPv4 too, unless
/// `has_own_v4`.
fn listen(address: SocketAddr, has_own_v4: bool) -> io::Result<Option<(TcpListener, SocketAddr)>> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    };
    let socket = match socket {
        Ok(socket) => socket,
        Err(error) if is_out_of_files(&error) => return Err(error),
        // A kernel without IPv6 has no such sockets.
        Err(_) => return Ok(None),
    };
    // Connections that linger from an earlier process must not hold the port. On Windows the option would share it.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    if address.is_ipv6() && address.ip().is_unspecified() && has_own_v4 {
        SockRef::from(&socket).set_only_v6(true)?;
    }
    match socket.bind(address) {
        Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => return Ok(None),
        bound => bound?,
    }
    let listener = socket.listen(BACKLOG)?;
    let address = listener.local_addr()?;
    Ok(Some((listener, address)))
}

/// True if the process or the system has no file descriptor left.
pub(super) fn is_out_of_files(error: &io::Error) -> bool {
    // ENFILE and EMFILE have these numbers on every Unix.
    let codes: &[i32] = if cfg!(windows) { &[10_024] } else { &[23, 24] };
    error
        .raw_os_error()
        .is_some_and(|code| codes.contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the network for documentation (RFC 5737), which no machine has.
    const NOWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

    fn endpoint(ips: &[IpAddr], port: u16) -> ListenEndpoint {
        ListenEndpoint::new(ips, port)
    }

    fn bind(endpoints: &[ListenEndpoint]) -> Result<Vec<SocketAddr>, ListenError> {
        Listeners::bind(endpoints).map(|listeners| listeners.addresses().unwrap())
    }

    #[tokio::test]
    async fn a_free_port_is_the_same_on_every_address() {
        let [v4, _] = LOOPBACKS;
        let other = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
        let bound = bind(&[endpoint(&[v4], 0), endpoint(&[other], 0)]).unwrap();
        assert_eq!(bound.len(), 2);
        assert!(
            bound[0].port() > 0 && bound[0].port() == bound[1].port(),
            "{bound:?}"
        );
    }

    #[tokio::test]
    async fn an_address_that_the_machine_lacks_is_left_out_unless_it_is_the_only_one() {
        let [v4, _] = LOOPBACKS;
        assert_eq!(bind(&[endpoint(&[v4, NOWHERE], 0)]).unwrap().len(), 1);
        assert_eq!(bind(&[endpoint(&[NOWHERE, v4], 0)]).unwrap().len(), 1);
        let error = bind(&[endpoint(&[v4], 0), endpoint(&[NOWHERE], 0)]).unwrap_err();
        assert_eq!(error.address.ip(), NOWHERE);
        assert_eq!(error.cause.kind(), io::ErrorKind::AddrNotAvailable);
    }

    #[tokio::test]
    async fn addresses_that_are_there_already_are_not_bound_again() {
        let [v4, _] = LOOPBACKS;
        let port = bind(&[endpoint(&[v4], 0)]).unwrap()[0].port();
        let twice = bind(&[endpoint(&[v4], port), endpoint(&[v4], port)]).unwrap();
        assert_eq!(twice, [SocketAddr::new(v4, port)]);
        let all = [endpoint(&LOOPBACKS, port), endpoint(&ALL_INTERFACES, port)];
        let all = bind(&all).unwrap();
        assert_eq!(all[0], SocketAddr::new(ALL_INTERFACES[0], port));
        assert!(
            all.iter().all(|address| address.ip().is_unspecified()),
            "{all:?}"
        );
    }

    #[tokio::test]
    async fn each_of_the_sockets_accepts() {
        let [v4, _] = LOOPBACKS;
        let other = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
        let listeners = Listeners::bind(&[endpoint(&[v4, other], 0)]).unwrap();
        for address in listeners.addresses().unwrap() {
            let (client, accepted) = tokio::join!(TcpStream::connect(address), listeners.accept());
            let (stream, _) = accepted.unwrap();
            assert_eq!(stream.local_addr().unwrap(), address);
            client.unwrap();
        }
    }

    #[tokio::test]
    async fn a_taken_port_is_named_with_its_address() {
        let [v4, _] = LOOPBACKS;
        let first = Listeners::bind(&[endpoint(&[v4], 0)]).unwrap();
        let taken = first.addresses().unwrap()[0];
        let error = bind(&[endpoint(&LOOPBACKS, taken.port())]).unwrap_err();
        assert_eq!(error.address, taken);
        assert_eq!(error.cause.kind(), io::ErrorKind::AddrInUse);
    }
}
