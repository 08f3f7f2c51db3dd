//! The CAPF listener, port 3804: phones get certificates of their own.
//!
//! A connection is a task of its own with a deadline for each step. What signs or waits for the disk runs beside, so a phone
//! that takes half an hour for its key, or says nothing, costs its own place and nobody's time.

mod talk;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::accept::{self, Accepted, Sockets};
use super::{App, Name, bind, handshake};
use crate::config::Resolved;
use crate::enrol::{Enrolments, Office};

/// The sockets of this listener, bound and not yet served.
#[derive(Debug)]
pub struct Bound(Sockets);

/// Binds every address of the listener, or gives `None` when it is turned off.
///
/// # Errors
/// Names the address and what is in the way.
pub fn bind(config: &Resolved) -> Result<Option<Bound>, bind::BindError> {
    Ok(Sockets::bind(Name::Capf, config)?.map(Bound))
}

impl Bound {
    /// The addresses really bound.
    #[must_use]
    pub fn local_addrs(&self) -> Vec<SocketAddr> {
        self.0.local_addrs()
    }

    /// Serves until `stop`.
    ///
    /// # Errors
    /// When a socket fails for good.
    pub async fn serve(self, app: App, stop: CancellationToken) -> std::io::Result<()> {
        let Some(inventory) = app.artifacts.inventory() else {
            return Err(std::io::Error::other("phones cannot enrol without an inventory"));
        };
        let enrolments = Enrolments::new(inventory.store().clone());
        let data_dir = app.config.load().data_dir.clone();
        let office = Arc::new(Office::open(&data_dir, enrolments, app.artifacts.trust().clone()));
        accept::serve(self.0, app, stop, move |app, accepted, stop| one(office.clone(), app, accepted, stop))
            .await
    }
}

/// One connection: the handshake under its own deadline, then the enrolment.
async fn one(office: Arc<Office>, app: App, accepted: Accepted, stop: CancellationToken) {
    let Accepted { stream, peer, progress, .. } = accepted;
    let Some(stream) = handshake::shake(&app, Name::Capf, office.tls(), stream, peer, &stop).await else {
        return;
    };
    progress.moved();
    talk::Talk::new(office, app, peer, progress).with(stream, stop).await;
}
