//! The helpers: this program, started again with arguments that no user gives.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::process::{getegid, geteuid};
use rustix::thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space};

use super::loopback;
use super::sockets::{DONE, read_text, send};

/// The argument of the helper that makes the network and stays in it.
pub(super) const HOLD: &str = "network-of-exec";

/// The argument of the helper that enters the network, before the process that holds it and the command.
pub(super) const ENTER: &str = "command-in-network-of-exec";

/// The exit codes of a command that cannot be started, and of a network that cannot be entered.
const CANNOT_START: u8 = 127;
const CANNOT_ENTER: u8 = 6;

/// Acts as a helper if the process was started as one, and returns its exit code.
pub fn act() -> Option<u8> {
    let mut arguments = std::env::args_os().skip(1);
    let first = arguments.next()?;
    if first == HOLD {
        return Some(hold().map_or(1, |()| 0));
    }
    if first != ENTER {
        return None;
    }
    let holder = arguments.next().unwrap_or_default();
    let command: Vec<OsString> = arguments.collect();
    let (code, why) = enter(&holder, &command);
    // Stderr may be closed; the exit code tells it too.
    let _ = writeln!(io::stderr(), "release-emulator: {why}");
    Some(code)
}

/// Makes the network, and hands out listening sockets in it until the emulator has ended.
fn hold() -> io::Result<()> {
    let channel = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    match make() {
        Ok(()) => send(&channel, DONE, None)?,
        Err(why) => return send(&channel, &why, None),
    }
    loop {
        let asked = read_text(&channel)?;
        if asked.is_empty() {
            return Ok(());
        }
        let address: Option<SocketAddr> = asked.parse().ok();
        let address = address.ok_or(io::ErrorKind::InvalidInput)?;
        match TcpListener::bind(address) {
            Ok(listener) => send(&channel, DONE, Some(&listener))?,
            Err(error) => send(&channel, &error.to_string(), None)?,
        }
    }
}

/// Moves this process into a network of its own. Whoever may not do that has a user namespace of its own too, in which it
/// may. The error is for the user.
fn make() -> Result<(), String> {
    let (user, group) = (geteuid(), getegid());
    if unshare(UnshareFlags::NEWNET).is_err() {
        unshare(UnshareFlags::NEWUSER | UnshareFlags::NEWNET).map_err(|error| {
            format!(
                "this system allows no network for one command ({error}): user namespaces are turned off, or a container \
                 forbids them; `sysctl user.max_user_namespaces` and `kernel.unprivileged_userns_clone` show it"
            )
        })?;
        let mapped = write("setgroups", "deny")
            .and_then(|()| write("uid_map", &format!("{0} {0} 1", user.as_raw())))
            .and_then(|()| write("gid_map", &format!("{0} {0} 1", group.as_raw())));
        mapped.map_err(|error| format!("the user cannot be kept in a namespace: {error}"))?;
    }
    loopback::set_up().map_err(|error| {
        format!("the loopback of a new network cannot be set up ({error}): user namespaces are restricted here")
    })
}

#[expect(
    deprecated,
    reason = "the function is unsafe for one flag alone, which shares no descriptors any more and is not used here"
)]
fn unshare(flags: UnshareFlags) -> io::Result<()> {
    Ok(rustix::thread::unshare(flags)?)
}

fn write(file: &str, text: &str) -> io::Result<()> {
    fs::write(format!("/proc/self/{file}"), text)
}

/// Enters the network of a process and becomes the command. Returns only if that fails: the exit code and the reason.
fn enter(holder: &OsString, command: &[OsString]) -> (u8, String) {
    let holder = holder.to_string_lossy();
    if let Err(error) = join(&holder) {
        return (
            CANNOT_ENTER,
            format!("--isolate: the network cannot be entered: {error}"),
        );
    }
    let program = command.first().cloned().unwrap_or_default();
    let error = Command::new(&program).args(command.iter().skip(1)).exec();
    let program = program.to_string_lossy();
    (CANNOT_START, format!("cannot start {program}: {error}"))
}

fn join(holder: &str) -> io::Result<()> {
    let namespace = |name: &str| File::open(format!("/proc/{holder}/ns/{name}"));
    let is_own = |name: &str| -> io::Result<bool> {
        let link = |process: &str| fs::read_link(format!("/proc/{process}/ns/{name}"));
        Ok(link(holder)? == link("self")?)
    };
    let network = namespace("net")?;
    if !is_own("user")? {
        let user = namespace("user")?;
        move_into_link_name_space(user.as_fd(), Some(LinkNameSpaceType::User))?;
    }
    move_into_link_name_space(network.as_fd(), Some(LinkNameSpaceType::Network))?;
    Ok(())
}
