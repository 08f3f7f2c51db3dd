//! The TFTP listener, port 69.
//!
//! One thread owns all sockets and transfers and waits in `epoll`: TFTP is lock-step, so what counts is how short the
//! way from an ACK to the next block is, and how many peers' blocks leave in one system call. Transfers share a few
//! ports for each address of ours instead of having one each. Files that are not at hand are made on the runtime, so
//! that nobody waits for somebody else's file.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::thread;

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::{App, Name, bind};
use crate::config::Resolved;

mod driver;
mod eager;
mod finish;
mod inbox;
mod listening;
mod locals;
mod port;
mod requests;
mod transfers;
mod wake;

use driver::Driver;
use locals::Reserve;
use wake::{Event, Waker};

/// The sockets of this listener, bound and not yet served.
#[derive(Debug)]
pub struct Bound {
    sockets: Vec<UdpSocket>,
    reserve: Reserve,
}

/// Binds every address of the listener, or gives `None` when it is turned off.
///
/// This is also where all large buffers are asked for: afterwards we may not be root any more.
///
/// # Errors
/// Names the address and what is in the way.
pub fn bind(config: &Resolved) -> Result<Option<Bound>, bind::BindError> {
    let Some(listener) = Name::Tftp.of(&config.listen) else { return Ok(None) };
    let sockets = bind::udp(Name::Tftp, &listener.addresses)?;
    for (socket, address) in sockets.iter().zip(&listener.addresses) {
        port::warn_if_narrow(port::widen(socket));
        listening::prepare(socket).map_err(|source| bind::BindError::new(Name::Tftp, *address, source))?;
    }
    Ok(Some(Bound { sockets, reserve: Reserve::new(&listener.addresses) }))
}

impl Bound {
    /// The addresses really bound.
    #[must_use]
    pub fn local_addrs(&self) -> Vec<SocketAddr> {
        self.sockets.iter().filter_map(|socket| socket.local_addr().ok()).collect()
    }

    /// Serves until `stop`, then lets running transfers finish for as long as `limits.shutdown` allows.
    ///
    /// Dropping the future ends everything at once.
    ///
    /// # Errors
    /// When a socket fails for good.
    pub async fn serve(self, app: App, stop: CancellationToken) -> io::Result<()> {
        let (waker, events) = wake::pair()?;
        let driver = Driver::new(self.sockets, self.reserve, app, (waker.clone(), events))?;
        let (done, mut result) = oneshot::channel();
        // If nobody waits for the result any more, nobody wants it.
        thread::Builder::new().name("tftp".to_owned()).spawn(move || drop(done.send(driver.run())))?;
        let leash = Leash(waker);
        let result = tokio::select! {
            result = &mut result => result,
            () = stop.cancelled() => {
                leash.0.send(Event::Stop);
                result.await
            }
        };
        result.unwrap_or_else(|_| Err(io::Error::other("the TFTP thread ended without a word")))
    }
}

/// Ends the thread when nobody waits for it any more.
struct Leash(Waker);

impl Drop for Leash {
    fn drop(&mut self) {
        self.0.send(Event::Abandon);
    }
}
