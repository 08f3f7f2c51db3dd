//! `offhook cert token`: keys that never leave a token.

use std::fs;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use pki::{KeyPlace, TokenAddress, files};
use serde_json::json;

use super::pick;
use crate::command::Context;
use crate::command::output::Table;
use crate::trust;

/// Let keys that sign live on a token: a smart card, a USB stick or an appliance that speaks PKCS#11
///
/// keys.pkcs11_module names the module of its maker, and keys.pin_file the file with its PIN. Only what signs trust lists
/// and files can be there: sast-1, sast-2 and tftp. While the token is away, what was signed is still given.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    List(List),
    Put(Put),
    Use(Use),
}

/// List the keys on all tokens that the PIN opens
#[derive(Debug, clap::Args)]
struct List {}

/// Move the key of a certificate onto a token
///
/// The certificate stays the same, so no phone notices. The file of the key is removed: the token gives it away to nobody,
/// so keep a copy elsewhere first, such as the one that `offhook trust recovery` makes.
#[derive(Debug, clap::Args)]
struct Put {
    /// A name from `offhook cert list`.
    name: String,
    /// The label of the token.
    #[arg(long, value_name = "LABEL")]
    token: String,
    /// What the key is called there; the name by default.
    #[arg(long, value_name = "LABEL")]
    object: Option<String>,
    /// Remove the file of the key.
    #[arg(long, short)]
    yes: bool,
}

/// Say where on a token the key of a certificate is
#[derive(Debug, clap::Args)]
struct Use {
    /// A name from `offhook cert list`.
    name: String,
    /// pkcs11:token=LABEL;object=LABEL
    address: TokenAddress,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self.verb {
            Verb::List(args) => args.run(context),
            Verb::Put(args) => args.run(context),
            Verb::Use(args) => args.run(context),
        }
    }
}

impl List {
    fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let keys = context.resolved()?.keys.ring()?;
        let found = keys.tokens()?.keys()?;
        let mut table = Table::new(["TOKEN", "KEY", "ADDRESS"]);
        for address in &found {
            table.row([address.token.clone(), address.object.clone(), address.to_string()]);
        }
        let json: Vec<_> = found
            .iter()
            .map(|one| json!({ "token": one.token, "object": one.object, "address": one.to_string() }))
            .collect();
        if found.is_empty() {
            context.output.show("no token holds a key that the PIN opens", &json)?;
        } else {
            context.output.show(table, &json)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Put {
    fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let (store, keys) = (pick::store(context)?, context.resolved()?.keys.ring()?);
        let stored = store.find(&self.name).ok_or_else(|| pick::absent(&self.name))?;
        let name = &self.name;
        only_signs(name)?;
        let identity = store.need(name, "move it")?;
        if identity.key.place() == KeyPlace::Token {
            bail!("the key of {name} is on a token already");
        }
        if !self.yes {
            bail!(
                "the file of the key of {name} is removed, and the token gives the key away to nobody: make sure of a copy \
                 elsewhere, then say --yes"
            );
        }
        let object = self.object.unwrap_or_else(|| name.clone());
        let address = TokenAddress { token: self.token, object };
        identity.key.put_onto(keys.tokens()?, &address, &stored.certificate)?;
        attach(&store, name, &address, context)
    }
}

impl Use {
    fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let (store, keys) = (pick::store(context)?, context.resolved()?.keys.ring()?);
        let stored = store.find(&self.name).ok_or_else(|| pick::absent(&self.name))?;
        only_signs(&self.name)?;
        let place = stored.identity().map(|identity| identity.key.place());
        if place.is_some_and(|place| place != KeyPlace::Token) {
            bail!("the key of {0} is in a file here; `offhook cert token put {0}` moves it", self.name);
        }
        stored.certificate.has_key_on(keys.tokens()?, &self.address)?;
        attach(&store, &self.name, &self.address, context)
    }
}

/// What shows itself in TLS, or issues, needs its key at hand.
fn only_signs(name: &str) -> anyhow::Result<()> {
    let signs = name == "tftp" || name.starts_with("sast");
    anyhow::ensure!(
        signs,
        "{name} shows itself in TLS or issues certificates, and needs its key at hand: only sast-1, sast-2 and tftp can \
         live on a token"
    );
    Ok(())
}

/// The place first: as long as both are there, the file counts.
fn attach(
    store: &trust::Certificates,
    name: &str,
    address: &TokenAddress,
    context: &Context,
) -> anyhow::Result<ExitCode> {
    let place = store.folder().join(format!("{name}.key.uri"));
    files::write_public(&place, format!("{address}\n").as_bytes())?;
    let file = store.folder().join(format!("{name}.key.pem"));
    if file.exists() {
        fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
    }
    let json = json!({ "name": name, "address": address.to_string(), "file": place });
    context.output.show(format!("the key of {name} is on the token now: {address}"), &json)?;
    Ok(ExitCode::SUCCESS)
}
