//! What the commands about publishing share: the store, the certificates, and whose turn it is.

use std::future::Future;
use std::process::ExitCode;

use provision::ledger::Listed;
use serde::Serialize;
use serde_json::json;
use store::{Published, Store};

use crate::command::Context;
use crate::command::stock::Stock;
use crate::config::Resolved;
use crate::trust::{Desk, Order, PublishError, StepError, Trust, TrustState, Turn, calendar};

/// Everything that publishing needs.
pub(super) struct Office {
    stock: Stock,
    trust: Trust,
    _turn: Option<Turn>,
}

impl Office {
    /// For those who only look.
    pub(super) fn open(context: &Context) -> anyhow::Result<Self> {
        Self::with(context, false)
    }

    /// For those who publish: nobody else on this machine does until this is dropped.
    pub(super) fn alone(context: &Context) -> anyhow::Result<Self> {
        Self::with(context, true)
    }

    fn with(context: &Context, alone: bool) -> anyhow::Result<Self> {
        let office = Self::of_state(context)?;
        office.trust.current()?;
        let turn = alone.then(|| Turn::take(&office.resolved().data_dir)).transpose()?;
        Ok(Self { _turn: turn, ..office })
    }

    /// For those who need no certificates.
    pub(super) fn of_state(context: &Context) -> anyhow::Result<Self> {
        let stock = Stock::open(context)?;
        Ok(Self { trust: Trust::of(&stock.resolved), stock, _turn: None })
    }

    pub(super) fn desk(&self) -> Desk<'_> {
        Desk { store: &self.stock.store, resolved: &self.stock.resolved, trust: &self.trust }
    }

    pub(super) fn store(&self) -> &Store {
        &self.stock.store
    }

    pub(super) fn resolved(&self) -> &Resolved {
        &self.stock.resolved
    }

    pub(super) fn state(&self) -> anyhow::Result<TrustState> {
        Ok(self.trust.current()?.state.clone())
    }

    /// Whoever runs the command.
    pub(super) fn who(&self) -> &str {
        &self.stock.who
    }

    /// Waits for the store.
    pub(super) fn ask<T>(&self, answer: impl Future<Output = store::Result<T>>) -> anyhow::Result<T> {
        self.stock.wait(answer)
    }

    /// Waits for what publishes. Whoever was overtaken does it again.
    pub(super) fn wait<T, E: Into<StepError>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> anyhow::Result<T> {
        self.stock.wait(async {
            work.await.map_err(|problem| match problem.into() {
                StepError::Publish(PublishError::Store(problem)) => anyhow::Error::from(problem),
                problem => problem.into(),
            })
        })
    }

    /// Does something in the name of whoever runs the command.
    pub(super) fn order<T>(
        &self,
        accept_loss: u64,
        work: impl AsyncFnOnce(Desk<'_>, Order<'_>) -> Result<T, StepError>,
    ) -> anyhow::Result<T> {
        self.wait(work(self.desk(), Order { by: &self.stock.who, now: calendar::now(), accept_loss }))
    }
}

/// A list of the history, for programs.
pub(super) fn value(list: &Published) -> serde_json::Value {
    json!({
        "number": list.number,
        "at": calendar::utc(list.at),
        "by": list.by,
        "for": list.purpose,
        "note": list.note,
        "sha256": list.contents.digest,
        "signer": signer_name(list),
        "certificates": list.certificates,
        "bytes": list.bytes.len(),
    })
}

/// What was published, in one line and for programs.
pub(super) fn told(
    context: &Context,
    list: &Published,
    besides: &impl Serialize,
) -> anyhow::Result<ExitCode> {
    let text = format!(
        "Published list {}: signed by {}, {} certificates, {} bytes. Phones get it when they restart.",
        list.number,
        signer_name(list),
        list.certificates.len(),
        list.bytes.len()
    );
    context.output.show(text, &json!({ "published": value(list), "also": besides }))?;
    Ok(ExitCode::SUCCESS)
}

/// Who signed it, by the name people know.
pub(super) fn signer_name(list: &Published) -> &str {
    name_of(&list.certificates, &list.contents.signer)
}

/// The name of a certificate in a list.
pub(super) fn name_of<'a>(listed: &'a [Listed], sha256: &'a str) -> &'a str {
    listed.iter().find(|one| one.sha256 == sha256).map_or(sha256, |one| one.name.as_str())
}
