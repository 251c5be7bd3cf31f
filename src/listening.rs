//! The listening sockets of the process: those for HTTP, for TLS, and of the proxy for a command.

use std::sync::Arc;

use tokio::runtime::Handle;

use crate::cli::ListenOptions;
use crate::server::interception::Interception;
use crate::server::listeners::{LOOPBACKS, ListenEndpoint, Listeners, Role};
use crate::taken_port;
use crate::tls::ServerTls;

/// The sockets beside those for HTTP.
#[derive(Default)]
pub struct Beside {
    /// The endpoints for TLS, which are not used without a certificate.
    pub for_tls: Vec<ListenEndpoint>,
    pub tls: Option<ServerTls>,
    pub proxy: Option<Arc<Interception>>,
}

/// Listens. The error has the way out. The sockets belong to the runtime of the server.
pub async fn listen(
    options: &ListenOptions,
    endpoints: &[ListenEndpoint],
    beside: Beside,
    server: &Handle,
) -> Result<Listeners, String> {
    let bind = |endpoints: &[ListenEndpoint]| {
        let _server = server.enter();
        Listeners::bind(endpoints)
    };
    let mut listeners = match bind(endpoints) {
        Ok(listeners) => listeners,
        Err(error) => return Err(taken_port::advise(&error, options).await),
    };
    let tls = beside.tls.map(|tls| (beside.for_tls, Role::Tls(tls)));
    let proxy = beside.proxy.map(|proxy| {
        let loopback = ListenEndpoint::new([LOOPBACKS[0]], 0);
        (vec![loopback], Role::Proxy(proxy))
    });
    for (endpoints, role) in tls.into_iter().chain(proxy) {
        let bound = bind(&endpoints).map_err(|error| taken_port::advise_for_tls(&error))?;
        listeners = listeners.and(bound.with_role(&role));
    }
    Ok(listeners)
}
