//! Threads with runtimes of their own, for programs that have none, or that block the only thread of theirs.

use std::io;
use std::panic::resume_unwind;
use std::sync::mpsc::sync_channel;
use std::thread::{Builder, JoinHandle, scope};

use tokio::runtime::Builder as RuntimeBuilder;

use crate::server::worlds::WorldServer;

/// Starts a server, within a runtime, in a thread that ends with it.
///
/// # Panics
/// Never: the thread answers.
pub(super) fn start<E: Send + 'static>(
    serve: impl FnOnce() -> Result<WorldServer, E> + Send + 'static,
) -> io::Result<Result<(WorldServer, JoinHandle<()>), E>> {
    let runtime = RuntimeBuilder::new_current_thread().enable_all().build()?;
    let (started, start) = sync_channel(1);
    let run = move || {
        runtime.block_on(async {
            let host = serve();
            let running = host.as_ref().ok().cloned();
            // The caller waits for it.
            let _ = started.send(host);
            if let Some(host) = running {
                host.stop().cancelled().await;
                host.closed().await;
            }
        });
    };
    let thread = Builder::new().name("release-emulator".to_owned());
    let thread = thread.spawn(run)?;
    let host = start.recv().expect("the thread answers");
    Ok(host.map(|host| (host, thread)))
}

/// Runs a future to its end. It may wait, but it has no I/O.
///
/// # Panics
/// If the operating system gives no thread.
pub(super) fn run<T: Send>(future: impl Future<Output = T> + Send) -> T {
    let wait = || {
        let runtime = RuntimeBuilder::new_current_thread().enable_time().build();
        let runtime = runtime.expect("a runtime without I/O can be built");
        runtime.block_on(future)
    };
    // In a thread of its own, since the caller's may have a runtime.
    let result = scope(|scope| scope.spawn(wait).join());
    result.unwrap_or_else(|panic| resume_unwind(panic))
}
