//! The socket for commands on this machine: the REST API for whoever may open `offhook.sock` in the data directory.
//!
//! Who may open it may read the keys and the database beside it anyway, so they may do everything. The system tells who they
//! are, and that is what the audit says.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, lchown};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use nix::unistd::{Uid, User};
use socket2::{Domain, SockAddr, Socket, Type};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use super::App;
use crate::admin::access::{Principal, Role};
use crate::admin::api::PERSON;
use crate::admin::{self, Caller, Local};
use crate::command::author;
use crate::http::connection::manners;

/// Its name in the data directory.
const NAME: &str = "offhook.sock";
/// More commands at once than people type; scripts wait.
const MOST: usize = 128;
/// Those that wait to be taken.
const BACKLOG: i32 = 128;
/// Longer paths do not fit into an address of a socket.
const LONGEST: usize = 100;
/// Pause after the system ran short of something.
const SHORTAGE_PAUSE: Duration = Duration::from_millis(50);
/// No user of the system has a longer name.
const LONGEST_PERSON: usize = 64;

/// The socket, bound and not yet served.
#[derive(Debug)]
pub struct Bound {
    socket: UnixListener,
    path: PathBuf,
    /// Which file it is: after a quick restart another server's may lie there.
    inode: u64,
}

/// Where commands find the server that serves what is in `data_dir`.
#[must_use]
pub fn path(data_dir: &Path) -> PathBuf {
    data_dir.join(NAME)
}

/// Connects to the server of this data directory.
///
/// # Errors
/// When none runs (a file that a killed server left is no server), or it cannot be opened. `WouldBlock` is a server that
/// takes no more connections.
pub fn connect(data_dir: &Path) -> io::Result<UnixStream> {
    let (address, _held) = address(data_dir)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // A server that hangs must not hang whoever knocks.
    socket.set_nonblocking(true)?;
    socket.connect(&address)?;
    Ok(socket.into())
}

/// The address of the socket, and what has to be held open while it is used.
fn address(data_dir: &Path) -> io::Result<(SockAddr, Option<File>)> {
    let path = path(data_dir);
    if path.as_os_str().len() <= LONGEST {
        return Ok((SockAddr::unix(path)?, None));
    }
    let folder = File::open(data_dir)?;
    let short = format!("/proc/self/fd/{}/{NAME}", folder.as_raw_fd());
    Ok((SockAddr::unix(short)?, Some(folder)))
}

/// Binds the socket.
///
/// # Errors
/// When another server serves this data directory, or the file cannot be made.
pub fn bind(data_dir: &Path) -> io::Result<Bound> {
    let path = path(data_dir);
    match connect(data_dir) {
        Ok(_) => {
            let text = "another server serves this data directory already";
            return Err(io::Error::new(io::ErrorKind::AddrInUse, text));
        }
        // What a server left that was killed.
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(&path)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let (address, _held) = address(data_dir)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&address)?;
    // Before anybody can connect.
    fs::set_permissions(&path, Permissions::from_mode(0o600))?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    let inode = fs::symlink_metadata(&path)?.ino();
    Ok(Bound { socket: socket.into(), path, inode })
}

impl Bound {
    /// Gives the socket to the user that the server becomes.
    ///
    /// # Errors
    /// When the system says no.
    pub fn hand_over(&self, user: &User) -> io::Result<()> {
        lchown(&self.path, Some(user.uid.as_raw()), Some(user.gid.as_raw()))
    }

    /// Serves until `stop`, and takes the file away.
    ///
    /// # Errors
    /// When the socket fails for good.
    pub async fn serve(self, app: App, stop: CancellationToken) -> io::Result<()> {
        let served = accept(&self.socket, app, stop).await;
        let is_ours = fs::symlink_metadata(&self.path).is_ok_and(|file| file.ino() == self.inode);
        if is_ours && let Err(error) = fs::remove_file(&self.path) {
            tracing::debug!(path = %self.path.display(), %error, "the socket stays behind");
        }
        served
    }
}

async fn accept(socket: &UnixListener, app: App, stop: CancellationToken) -> io::Result<()> {
    let socket = tokio::net::UnixListener::from_std(socket.try_clone()?)?;
    let (router, running, places) =
        (admin::local_router(app.clone()), TaskTracker::new(), Arc::new(Semaphore::new(MOST)));
    loop {
        let place = tokio::select! {
            place = places.clone().acquire_owned() => place.map_err(io::Error::other)?,
            () = stop.cancelled() => break,
        };
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, _)) => {
                let work = connection(app.clone(), stream, router.clone(), stop.clone());
                running.spawn(async move {
                    let _held = place;
                    work.await;
                });
            }
            Err(error) => {
                tracing::warn!(listener = "local", %error, "cannot accept for now");
                tokio::time::sleep(SHORTAGE_PAUSE).await;
            }
        }
    }
    running.close();
    running.wait().await;
    Ok(())
}

async fn connection(app: App, stream: tokio::net::UnixStream, router: Router, stop: CancellationToken) {
    let Ok(peer) = stream.peer_cred() else { return };
    let user = Uid::from_raw(peer.uid());
    let limits = app.config.load().limits;
    let service = service_fn(|request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        let name = author::in_words(&person(user, &request));
        let extensions = request.extensions_mut();
        extensions.insert(Caller { peer: ([127, 0, 0, 1], 0).into(), secure: true });
        extensions.insert(Local);
        extensions.insert(Principal { name, role: Role::Administrator });
        router.clone().oneshot(request)
    });
    let connection = manners(&limits).serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(listener = "local", user = user.as_raw(), %error, "connection ended early");
    }
}

/// Who is behind a request: the user of the system, and behind root, who may say anything, the one who called `sudo`.
fn person<B>(user: Uid, request: &Request<B>) -> String {
    let own = author::name_of(user);
    let said = request.headers().get(PERSON).and_then(|name| name.to_str().ok()).unwrap_or_default();
    let is_name = |name: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-@\\".contains(&byte);
        !name.is_empty() && name.len() <= LONGEST_PERSON && name.bytes().all(plain)
    };
    if user.is_root() && is_name(said) { said.to_owned() } else { own }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn one_server_has_the_socket_and_one_that_was_killed_leaves_none() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(connect(folder.path()).unwrap_err().kind(), io::ErrorKind::NotFound);
        let first = bind(folder.path()).unwrap();
        connect(folder.path()).unwrap();
        assert_eq!(fs::metadata(&first.path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(bind(folder.path()).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        drop(first);
        assert_eq!(connect(folder.path()).unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        bind(folder.path()).unwrap();
    }

    #[test]
    fn a_path_may_be_longer_than_an_address() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a-folder-with-a-long-name".repeat(8));
        fs::create_dir_all(&deep).unwrap();
        let bound = bind(&deep).unwrap();
        connect(&deep).unwrap();
        assert!(bound.path.exists());
    }

    #[test]
    fn only_root_says_whom_it_stands_for() {
        let request = |name: &str| Request::builder().header(PERSON, name).body(()).unwrap();
        let root = Uid::from_raw(0);
        assert_eq!(person(root, &request("anna")), "anna");
        assert_eq!(person(root, &request("anna) or (root")), author::name_of(root));
        assert_eq!(person(Uid::from_raw(65534), &request("anna")), author::name_of(Uid::from_raw(65534)));
    }
}
