//! The measurements: what is started, how it is loaded, and what is wanted of it.

mod api;
mod capf;
mod directory;
mod fleet;
mod http;
mod idle;
mod inventory;
mod live;
mod page;
mod plan;
mod render;
mod services;
mod signing;
mod silent;
mod storm;
mod tftp;
mod tls;
mod tvs;
mod uploads;

use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::{
    cpu::Cores,
    report::Section,
    rounds::Series,
    servers::{
        Server, offhook,
        peers::{self, Nginx},
    },
    site::Site,
};

/// What every measurement is given.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) cores: Cores,
    pub(crate) rounds: usize,
    pub(crate) offhook: PathBuf,
    pub(crate) site: Site,
}

/// One measurement by name.
#[derive(Debug)]
pub(crate) struct Measurement {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) measure: fn(&Bench, &Measurement) -> Result<Section>,
}

/// All of them, in the order of the page.
pub(crate) const ALL: &[Measurement] = &[
    Measurement { name: "http-kept", title: "13 KB over 6970, kept connections", measure: http::kept },
    Measurement {
        name: "http-new",
        title: "13 KB over 6970, a new connection per file",
        measure: http::new_each,
    },
    Measurement { name: "http-big", title: "5 MB over 6970", measure: http::big },
    Measurement { name: "signed-warm", title: "Signed at request, warm", measure: signing::warm },
    Measurement { name: "signing-cold", title: "Signed at request, cold", measure: signing::cold },
    Measurement { name: "tls12", title: "6971, full TLS 1.2 handshakes", measure: tls::twelve },
    Measurement { name: "tls13", title: "6971, full TLS 1.3 handshakes", measure: tls::thirteen },
    Measurement { name: "tvs-1", title: "Trust verification, one phone", measure: tvs::one },
    Measurement { name: "tvs-64", title: "Trust verification, 64 phones", measure: tvs::sixty_four },
    Measurement { name: "tvs-1000", title: "Trust verification, 1,000 phones", measure: tvs::thousand },
    Measurement {
        name: "tvs-silent",
        title: "Trust verification beside 1,000 silent connections",
        measure: tvs::beside_silent,
    },
    Measurement {
        name: "tvs-resumed",
        title: "Trust verification, sessions taken up again",
        measure: tvs::resumed,
    },
    Measurement { name: "capf", title: "Certificates for 1,000 phones", measure: capf::beside_bare },
    Measurement {
        name: "capf-silent",
        title: "Certificates beside 1,000 silent connections",
        measure: capf::beside_silent,
    },
    Measurement {
        name: "capf-stalled",
        title: "Certificates beside 300 stalled sessions",
        measure: capf::beside_stalled,
    },
    Measurement { name: "capf-storm", title: "Certificates for 10,000 phones", measure: capf::storm },
    Measurement { name: "tftp-1", title: "13 KB over TFTP, one client", measure: tftp::one },
    Measurement { name: "tftp-16", title: "13 KB over TFTP, 16 clients", measure: tftp::sixteen },
    Measurement { name: "tftp-128", title: "13 KB over TFTP, 128 clients", measure: tftp::many },
    Measurement { name: "tftp-big-1", title: "5 MB over TFTP, one client", measure: tftp::big_one },
    Measurement { name: "tftp-big-200", title: "5 MB over TFTP, 200 clients", measure: tftp::big_many },
    Measurement { name: "tftp-window", title: "5 MB over TFTP, window of 16 blocks", measure: tftp::window },
    Measurement { name: "storm-http", title: "1,000 phones boot over 6970", measure: storm::http },
    Measurement { name: "storm-tftp", title: "200 phones boot over TFTP", measure: storm::tftp },
    Measurement {
        name: "inventory-list",
        title: "Page 1,000 of 100,000 phones",
        measure: inventory::listing,
    },
    Measurement { name: "inventory-phone", title: "One of 100,000 phones", measure: inventory::bundle },
    Measurement {
        name: "inventory-cold",
        title: "A configuration from the inventory, cold",
        measure: inventory::cold,
    },
    Measurement {
        name: "inventory-search",
        title: "Phones by a name, of 100,000",
        measure: inventory::search,
    },
    Measurement {
        name: "inventory-keys",
        title: "Contacts by keys, of 100,000",
        measure: inventory::directory,
    },
    Measurement { name: "api-list", title: "Lists of 100,000 phones over the API", measure: api::listing },
    Measurement { name: "page", title: "The page with 100,000 phones", measure: page::fleet },
    Measurement { name: "live", title: "Three who watch 200 events a second", measure: live::listeners },
    Measurement { name: "plan", title: "What would change for 100,000 phones", measure: plan::fleet },
    Measurement { name: "services", title: "What the keys of phones ask for", measure: services::answers },
    Measurement { name: "directory", title: "Somebody looked up among 100,000", measure: directory::search },
    Measurement { name: "uploads", title: "100 reports of 20 MB at once", measure: uploads::memory },
    Measurement { name: "silent", title: "400 silent connections", measure: silent::beside },
    Measurement { name: "idle", title: "Doing nothing", measure: idle::idle },
    Measurement {
        name: "fleet-warm",
        title: "A configuration from the inventory, warm",
        measure: fleet::warm,
    },
    Measurement {
        name: "fleet-cold",
        title: "Signed configurations from the inventory, cold",
        measure: fleet::cold,
    },
    Measurement {
        name: "fleet-signed",
        title: "A fleet made and signed on two cores",
        measure: fleet::signed,
    },
    Measurement { name: "render", title: "Making a configuration from the inventory", measure: render::cold },
];

impl Measurement {
    fn section(&self, how: &str) -> Section {
        Section::new(self.name, self.title, how)
    }
}

impl Bench {
    fn offhook(&self) -> Result<Server> {
        offhook::start(&self.offhook, &self.site.dir("offhook"), &self.site.root(), self.cores)
    }

    fn nginx(&self) -> Result<Server> {
        Nginx::default().start(&self.site.dir("nginx"), &self.site.root(), self.cores)
    }

    fn cached_nginx(&self) -> Result<Server> {
        let nginx = Nginx { file_cache: true, ..Nginx::default() };
        nginx.start(&self.site.dir("cached-nginx"), &self.site.root(), self.cores)
    }

    fn apache(&self) -> Result<Server> {
        peers::apache(&self.site.dir("apache"), &self.site.root(), self.cores)
    }

    /// All TFTP servers, offhook first.
    fn tftp_servers(&self) -> Result<Vec<Server>> {
        let (site, root, cores) = (&self.site, self.site.root(), self.cores);
        Ok(vec![
            self.offhook()?,
            peers::dnsmasq(&site.dir("dnsmasq"), &root, cores)?,
            peers::atftpd(&site.dir("atftpd"), &root, cores)?,
            peers::tftpd_hpa(&site.dir("tftpd-hpa"), &root, cores)?,
        ])
    }
}

/// Fails unless all servers give the same bytes for `name`, asked for by `fetch`.
fn same_bytes(
    servers: &[Server],
    name: &str,
    fetch: impl Fn(&Server, &str) -> Result<Vec<u8>>,
) -> Result<()> {
    let mut first: Option<Vec<u8>> = None;
    for server in servers {
        let bytes = fetch(server, name)?;
        ensure!(!bytes.is_empty(), "{} gives an empty {name}", server.name);
        let first = first.get_or_insert_with(|| bytes.clone());
        ensure!(*first == bytes, "{} gives other bytes for {name} than the first server", server.name);
    }
    Ok(())
}

/// The fastest of some.
fn best(series: &[Series]) -> Option<&Series> {
    series.iter().max_by(|one, other| one.rate().total_cmp(&other.rate()))
}
