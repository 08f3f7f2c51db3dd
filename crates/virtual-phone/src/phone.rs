//! A phone that is switched on: the boot machine, driven over a network.

use std::{net::IpAddr, sync::Arc};

use tokio::time::Instant;
use wire::tvs::DeviceName;

use crate::{
    ask::{Ask, Transport, Trouble},
    boot::{Answer, Boot, Flash, Phone},
    network::{Caller, Network},
    report::Report,
    trust::Checks,
};

/// Boots a phone to its end. `from` is the address it calls from, if that matters; `on_ask` hears of each request.
pub async fn boot(
    phone: Phone,
    flash: Flash,
    checks: Arc<Checks>,
    network: &Network,
    from: Option<IpAddr>,
    mut on_ask: impl FnMut(&Ask),
) -> (Report, Flash) {
    let model = phone.model;
    let mut boot = Boot::new(phone, flash, checks);
    let mut buffer = Vec::new();
    while let Some(ask) = boot.next() {
        on_ask(&ask);
        let trusted = if ask.transport == Transport::Https { boot.trusted_servers() } else { None };
        let caller = Caller { model, from, trusted: trusted.as_deref() };
        let began = Instant::now();
        let fetched = network.fetch(&ask, caller, &mut buffer).await;
        let elapsed = began.elapsed();
        let remark = fetched.as_ref().ok().and_then(|fetched| fetched.remark.as_deref());
        let file = fetched.as_ref().map(|fetched| &buffer[fetched.start..]);
        boot.answer(Answer { file, elapsed, remark });
        ask_tvs(&mut boot, network, caller).await;
    }
    boot.finish()
}

/// Asks the Trust Verification Service what the phone wants to know of it, if anything.
async fn ask_tvs(boot: &mut Boot, network: &Network, caller: Caller<'_>) {
    while let Some(question) = boot.question().cloned() {
        let (name, trusted) = (boot.tvs_name(), boot.trusted_tvs());
        let told = match DeviceName::parse(&name) {
            Some(device) => {
                let caller = Caller { trusted: Some(&trusted), ..caller };
                network.ask_tvs(&question, device, caller).await.map(|reply| reply.told)
            }
            None => Err(Trouble::Here(format!("{name} is no name for a phone"))),
        };
        boot.told(told);
    }
}
