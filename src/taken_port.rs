//! The way out for an address on which the process cannot listen.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::timeout;

use crate::cli::{ListenOptions, USUAL_PORT, USUAL_TLS_PORT};
use crate::health::{NotReady, ask};
use crate::server::listeners::ListenError;
use crate::server::worlds::url;

/// The longest wait for the answer of another emulator.
const LONGEST: Duration = Duration::from_secs(1);

/// The error with the program that may have the port, and the flags that take another one.
pub async fn advise(error: &ListenError, options: &ListenOptions) -> String {
    let address = error.address;
    let advice = match error.cause.kind() {
        ErrorKind::AddrInUse => taken(address, options).await,
        ErrorKind::PermissionDenied => {
            let flag = options.flag_for(address, USUAL_PORT);
            format!("ports below 1024 need root; take a higher one, such as {flag}")
        }
        ErrorKind::AddrNotAvailable => {
            let port = address.port();
            format!("this machine has no such address; --listen :{port} listens on all it has")
        }
        _ => return error.to_string(),
    };
    format!("cannot listen on {address}: {advice}")
}

/// The error with the flag that takes another port for TLS.
pub fn advise_for_tls(error: &ListenError) -> String {
    let address = error.address;
    let port = address.port().checked_add(1).unwrap_or(USUAL_TLS_PORT);
    let next = SocketAddr::new(address.ip(), port);
    format!(
        "{error}; take another port for TLS with --tls-listen {next}, or a free one with --tls-listen 0"
    )
}

async fn taken(address: SocketAddr, options: &ListenOptions) -> String {
    let url = url(address);
    let answer = timeout(LONGEST, ask(&url, None)).await;
    let is_emulator = matches!(
        answer,
        Ok(Ok(()) | Err(NotReady::Loading(_) | NotReady::Locked(_)))
    );
    let port = address.port();
    let holder = match (is_emulator, owner(port)) {
        (true, Some((_, pid))) => {
            format!("another release-emulator has the port (pid {pid}, {url})")
        }
        (true, None) => format!("another release-emulator has the port ({url})"),
        (false, Some((program, pid))) => format!("{program} has the port (pid {pid})"),
        (false, None) => format!("another program has the port; `{}` shows it", finder(port)),
    };
    let next = options.flag_for(address, port.checked_add(1).unwrap_or(USUAL_PORT));
    let free = options.flag_for(address, 0);
    format!("{holder}; take another with {next}, or a free one with {free}")
}

/// The command that shows the program on a port.
fn finder(port: u16) -> String {
    if cfg!(target_os = "linux") {
        format!("ss -ltnp 'sport = :{port}'")
    } else if cfg!(windows) {
        format!("netstat -ano | findstr :{port}")
    } else {
        format!("lsof -nP -iTCP:{port} -sTCP:LISTEN")
    }
}

/// The program that listens on a port, and its process id, if the system tells it: Linux does for processes of the same
/// user.
fn owner(port: u16) -> Option<(String, u32)> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let tables = tables
        .into_iter()
        .filter_map(|table| std::fs::read_to_string(table).ok());
    let sockets: Vec<String> = tables
        .flat_map(|table| listening_sockets(&table, port))
        .collect();
    if sockets.is_empty() {
        return None;
    }
    for process in std::fs::read_dir("/proc").ok()?.flatten() {
        let Some(pid) = process
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        let files = std::fs::read_dir(process.path().join("fd"));
        let mut links = files.into_iter().flatten().flatten();
        let is_owner = links.any(|file| {
            let target = std::fs::read_link(file.path());
            target.is_ok_and(|target| sockets.iter().any(|socket| target.as_os_str() == &**socket))
        });
        if is_owner {
            let program = std::fs::read_to_string(process.path().join("comm")).ok()?;
            return Some((program.trim().to_owned(), pid));
        }
    }
    None
}

/// The listening sockets of a port in a table of `/proc/net`, as `/proc/<pid>/fd` names them.
fn listening_sockets(table: &str, port: u16) -> Vec<String> {
    const LISTEN: &str = "0A";
    let suffix = format!(":{port:04X}");
    let rows = table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    rows.filter(|row| row.len() > 9 && row[1].ends_with(&suffix) && row[3] == LISTEN)
        .map(|row| format!("socket:[{}]", row[9]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_counts_if_it_listens_on_the_port() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
               0: 0100007F:11F8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0\n\
               1: 0100007F:11F8 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0\n\
               2: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0\n";
        assert_eq!(listening_sockets(table, 4600), ["socket:[4711]"]);
        assert_eq!(listening_sockets(table, 80), ["socket:[4713]"]);
    }
}
