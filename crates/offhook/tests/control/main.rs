//! Phones are made to do things, and are restarted, from the desk: a virtual phone with a web server of its own, and a real
//! Asterisk with which a phone is registered.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../machine/mod.rs"]
mod machine;
#[path = "../pbx/mod.rs"]
mod pbx;
#[path = "../support/mod.rs"]
mod support;

mod push;
mod restart;

use std::net::SocketAddr;
use std::time::Duration;

use machine::{Machine, Ran};
use offhook::listener::services;
use support::Site;
use tokio::net::TcpListener;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use virtual_phone::models;
use virtual_phone::services::{Caller, Desk, Fetcher, Pushed};

const PHONE: &str = "SEP001122334455";
const LONG: Duration = Duration::from_secs(60);

/// A machine with its data directory, and the services that its phones ask.
struct Office {
    machine: std::sync::Arc<Machine>,
    _site: Site,
    services: SocketAddr,
}

impl Office {
    async fn with(model: &str) -> Self {
        let machine = Machine::empty();
        machine.ok(&format!("phone add {PHONE} --model {model}"));
        let mut site = Site::new();
        site.config.data_dir = machine.path("data");
        let bound = services::bind(&site.config).unwrap().unwrap();
        let services = bound.local_addrs()[0];
        tokio::spawn(bound.serve(site.app(), CancellationToken::new()));
        Self { machine: std::sync::Arc::new(machine), _site: site, services }
    }

    /// A phone that asks this office, or another.
    async fn phone(&self, model: &str, asks: Option<SocketAddr>) -> Phone {
        self.phone_with(model, asks, None).await
    }

    async fn phone_with(
        &self,
        model: &str,
        asks: Option<SocketAddr>,
        tls: Option<pki::tls::Server>,
    ) -> Phone {
        let model = models::find(model).unwrap();
        let authentication = format!("http://{}/authentication", asks.unwrap_or(self.services));
        let fetcher = Fetcher::new(model, None).unwrap();
        let (desk, does) = Desk::new(Caller::new(model, PHONE), fetcher, Some(authentication));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(desk.serve(listener, tls));
        Phone { address, does }
    }

    /// Runs the program while phones and services are served here.
    async fn offhook(&self, words: String) -> Ran {
        let machine = self.machine.clone();
        tokio::task::spawn_blocking(move || machine.offhook(&words)).await.unwrap()
    }
}

struct Phone {
    address: SocketAddr,
    does: UnboundedReceiver<Pushed>,
}

impl Phone {
    async fn does(&mut self) -> Vec<String> {
        let pushed = timeout(LONG, self.does.recv()).await.unwrap().unwrap();
        pushed.items.into_iter().map(|(url, _)| url).collect()
    }
}
