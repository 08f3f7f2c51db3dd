//! `offhook serve`: everything is made, bound, handed over and announced here, in this order.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;

use super::output::whole;
use super::{Context, announce, runtime};
use crate::artifact::Artifacts;
use crate::asterisk::Asterisk;
use crate::config::{self, Found, Live, Resolved};
use crate::directory::Directory;
use crate::enrol::{self, Enrolments};
use crate::inventory::{self, Bookkeeping, Inventory, Recording};
use crate::lifecycle::{self, Ended, Lifecycle, Readiness};
use crate::listener::App;
use crate::listener::all::{Addresses, Listeners};
use crate::log::{self, Logging};
use crate::metrics::Metrics;
use crate::privileges;
use crate::services::Services;
use crate::timeline::{Keeping, Timeline};
use crate::trust::{self, Trust, keeper};

/// Serve phones until told to stop
///
/// Makes what is missing (directories, certificates), binds all ports, and serves. SIGTERM or Ctrl-C lets running
/// transfers finish; a second one stops at once. SIGHUP reads the configuration again.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Write the bound addresses to this file, as JSON, once all listeners accept.
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
}

impl Args {
    /// Serves until told to stop.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let found = context.found()?;
        let runtime = runtime()?;
        let ended = runtime.block_on(self.serve(context, found));
        // What still runs had its time.
        runtime.shutdown_background();
        ended
    }

    async fn serve(self, context: &Context, found: Found) -> anyhow::Result<ExitCode> {
        let Found { mut resolved, not_yet } = found;
        // From here on a signal ends softly, even before anything serves.
        let signals = lifecycle::signals().context("cannot wait for signals")?;
        let logging = log::start(&resolved.log)?;
        let lowest_port = privileges::lowest_port();
        let moved = privileges::move_tftp(&mut resolved, lowest_port);
        remarks(&resolved, &not_yet, moved.as_deref());
        let listeners = prepare(&resolved)?;
        // Behind the change of user, so that the file of the database belongs to whoever uses it.
        let inventory = open_inventory(&resolved).await?;
        let recording = Recording::begin(&inventory);
        let app = app(resolved, &inventory);
        let renewing =
            keeper::begin(app.config.clone(), app.artifacts.trust().clone(), inventory.store().clone());
        let keeping = Keeping::begin(&app);
        adopt(&app, &inventory).await?;
        let bookkeeping = Bookkeeping::begin(&inventory, app.artifacts.trust(), &app.config);
        let mut lifecycle = Lifecycle::new(signals, app.readiness.clone());
        let addresses = listeners.addresses();
        listeners.spawn(&mut lifecycle, &app);
        lifecycle.accepts();
        let ready_file =
            self.ready_file.map(|path| announce::ReadyFile::write(path, &addresses)).transpose()?;
        announce::started(&context.output, &app.config.load(), &inventory, &addresses).await?;
        lifecycle.tell_ready();
        let reload =
            Reload { file: context.config.clone(), lowest_port, app: app.clone(), logging: &logging };
        let ended = lifecycle.run(|| reload.now(), || app.config.load().limits.shutdown).await;
        drop(ready_file);
        renewing.abort();
        recording.finish().await;
        if let Some(keeping) = keeping {
            keeping.finish().await;
        }
        bookkeeping.finish().await;
        inventory.store().close().await;
        Ok(report(&ended))
    }
}

/// Makes what is missing, binds, and gives up root.
fn prepare(resolved: &Resolved) -> anyhow::Result<Listeners> {
    apart(resolved)?;
    if let Some(problem) = super::restore::broken_off(&resolved.data_dir) {
        anyhow::bail!(problem);
    }
    let user = privileges::target(resolved)?;
    let limit = privileges::raise_descriptor_limit();
    tracing::debug!(?limit, "open files");
    let made_root = !resolved.document_root.exists();
    for directory in [&resolved.data_dir, &resolved.document_root] {
        fs::create_dir_all(directory)
            .with_context(|| format!("cannot make the directory {}", directory.display()))?;
    }
    certificates(resolved)?;
    let mut listeners = Listeners::bind(resolved)?;
    if listeners.addresses().is_empty() {
        anyhow::bail!("every listener is turned off in [listen]; turn one on");
    }
    listeners.bind_local(resolved, user.as_ref());
    if let Some(user) = user {
        // What is in the document root stays its administrator's, wherever it lies.
        privileges::hand_over(&resolved.data_dir, Some(&resolved.document_root), &user)?;
        if made_root {
            privileges::hand_over(&resolved.document_root, None, &user)?;
        }
        privileges::become_user(&user)?;
        tracing::info!(user = user.name, "gave up root");
    }
    readable(&resolved.document_root)?;
    Ok(listeners)
}

/// Makes the certificates that are missing, and looks at all of them: whatever is wrong is told now, not to a phone.
fn certificates(resolved: &Resolved) -> anyhow::Result<()> {
    let (trust, made) = Trust::first_start(resolved, &trust::server_names(resolved), now())?;
    if !made.is_empty() {
        let folder = trust::certificates_folder(&resolved.data_dir);
        tracing::info!(folder = %folder.display(), certificates = made.join(", "), "made certificates");
    }
    if resolved.listen.secure_provisioning.is_some() {
        trust.current()?.tls_server(resolved.provisioning.legacy_tls)?;
    }
    if resolved.listen.tvs.is_some() {
        trust.current()?.tvs_server()?;
    }
    if resolved.listen.capf.is_some() {
        trust.current()?.certificates.need("capf", "enrol phones")?;
    }
    let page = resolved.listen.admin.is_some() && resolved.admin.tls;
    if let Some((certificate, key)) = resolved.admin.own().filter(|_| page) {
        crate::listener::admin::own_server(certificate, key)
            .map_err(|problem| anyhow::anyhow!("admin.certificate: {problem}"))?;
    }
    if resolved.listen.secure_services.is_some() || (page && resolved.admin.own().is_none()) {
        trust.current()?.services_tls_server(resolved.provisioning.legacy_tls)?;
    }
    Ok(())
}

/// Seconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs().cast_signed()
}

/// Opens the inventory: what it says is needed before anything serves.
async fn open_inventory(resolved: &Resolved) -> anyhow::Result<Inventory> {
    let store = inventory::open(resolved).await.context("cannot open the inventory")?;
    tracing::debug!(database = store.name(), generation = store.generation(), "opened the inventory");
    let enrolments = Enrolments::new(store.clone());
    let taken = enrol::take_over(&resolved.data_dir, &enrolments).await;
    if let Some((phones, folder)) = taken.context("cannot take over the enrolments of an earlier version")? {
        tracing::info!(phones, files = %folder.display(), "took the enrolments of an earlier version over");
    }
    Ok(Inventory::new(store, inventory::surroundings(resolved)))
}

fn app(resolved: Resolved, inventory: &Inventory) -> App {
    let config = Live::new(resolved);
    let metrics = Arc::new(Metrics::new());
    let artifacts = Artifacts::with_inventory(config.clone(), metrics.clone(), Some(inventory.clone()));
    let timeline = Timeline::new(metrics.clone());
    let asterisk = config.load().asterisk.account().map(Asterisk::open).unwrap_or_default();
    let directory = Directory::of(&config.load(), Some(inventory.clone()), asterisk.clone());
    App {
        config,
        artifacts,
        metrics,
        readiness: Readiness::default(),
        services: Services::default(),
        asterisk,
        directory,
        timeline,
        bound: Addresses::default(),
    }
}

/// Trust lists were given out before anybody wrote them down: the one of now becomes the first on record.
async fn adopt(app: &App, inventory: &Inventory) -> anyhow::Result<()> {
    let resolved = app.config.load_full();
    let desk = trust::Desk { store: inventory.store(), resolved: &resolved, trust: app.artifacts.trust() };
    match trust::adopt(&desk, "offhook serve", now()).await {
        Ok(Some(list)) => tracing::info!(
            number = list.number,
            "put the trust list that phones are given on record; from now on they get what `offhook trust publish` publishes"
        ),
        Ok(None) => {}
        // Phones go on getting what is on disk, as far as that can be made.
        Err(problem) => {
            tracing::warn!(%problem, "the trust list that phones are given could not be put on record")
        }
    }
    Ok(())
}

/// What the administrator should know before anything runs.
fn remarks(resolved: &Resolved, not_yet: &[&str], moved: Option<&str>) {
    if !not_yet.is_empty() {
        tracing::warn!("set, and not served by this version: {}", not_yet.join(", "));
    }
    if let Some(moved) = moved {
        tracing::warn!("{moved}");
    }
    if resolved.provisioning.legacy_tls {
        tracing::warn!("legacy_tls is on: the HTTPS listeners also speak TLS 1.0 with RSA key exchange");
    }
    if resolved.user.is_some() && !nix::unistd::Uid::effective().is_root() {
        tracing::info!("`user` has no effect: offhook was not started as root");
    }
}

/// What a reload needs.
struct Reload<'a> {
    file: Option<PathBuf>,
    lowest_port: u16,
    app: App,
    logging: &'a Logging,
}

impl Reload<'_> {
    /// Reads the configuration whole; takes it up if it is right, else keeps the old one.
    fn now(&self) {
        match self.take_up() {
            Ok(kept) => {
                self.app.metrics.reloads.inc();
                tracing::info!("configuration reloaded");
                for key in kept {
                    tracing::warn!(
                        "{key} was changed; that takes a restart, and the old value holds until then"
                    );
                }
            }
            Err(error) => {
                self.app.metrics.reloads_refused.inc();
                tracing::error!(
                    "the configuration was not reloaded, and the old one holds: {}",
                    whole(&error)
                );
            }
        }
    }

    fn take_up(&self) -> anyhow::Result<Vec<&'static str>> {
        let mut new = config::load(self.file.as_deref())?.resolved;
        privileges::move_tftp(&mut new, self.lowest_port);
        readable(&new.document_root)?;
        let (taken, kept) = self.app.config.load().take_up(new);
        apart(&taken)?;
        // Old phones need a certificate of their own kind.
        certificates(&taken)?;
        self.logging.refilter(&taken.log)?;
        self.app.config.store(taken);
        self.app.artifacts.forget();
        Ok(kept)
    }
}

/// Everybody may fetch what lies in the document root, so keys must not.
fn apart(resolved: &Resolved) -> anyhow::Result<()> {
    let (root, data) = (resolved.document_root.display(), resolved.data_dir.display());
    anyhow::ensure!(
        !trust::keys_in_reach(&resolved.data_dir, &resolved.document_root),
        "the document root {root} would give everybody the keys in {data}; let document_root be a folder of its own"
    );
    Ok(())
}

fn readable(root: &Path) -> anyhow::Result<()> {
    fs::read_dir(root).map(drop).with_context(|| format!("cannot read the document root {}", root.display()))
}

fn report(ended: &Ended) -> ExitCode {
    match ended {
        Ended::Finished => tracing::info!("{ended}"),
        Ended::OutOfTime => tracing::warn!("{ended}"),
        Ended::AtOnce | Ended::Died(..) => {
            tracing::error!("{ended}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
