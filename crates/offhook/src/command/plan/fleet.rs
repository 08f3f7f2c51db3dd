//! All phones of the inventory, read in portions and judged on all cores.

use std::collections::HashMap;
use std::num::NonZero;
use std::thread;

use indicatif::{ProgressBar, ProgressStyle};
use provision::inventory::Bundle;
use provision::mac::Mac;
use store::{Fetched, Page, PhoneQuery};

use crate::command::Context;
use crate::command::stock::Stock;

/// Phones of one portion: enough work for every core, little to hold.
const PORTION: u32 = 1000;

/// All phones.
pub(super) struct Fleet<'a> {
    stock: &'a Stock,
    bar: ProgressBar,
}

impl<'a> Fleet<'a> {
    pub(super) fn new(stock: &'a Stock, context: &Context) -> Self {
        let bar = if context.output.is_json() || !context.output.console.draws() {
            ProgressBar::hidden()
        } else {
            let style = ProgressStyle::with_template("{bar:30} {pos}/{len} phones, {eta} to go");
            ProgressBar::no_length().with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        };
        Self { stock, bar }
    }

    /// Hands every phone, with what it fetched last, to `judge`, and what comes of it to `take`, by address.
    pub(super) fn each<T: Send>(
        self,
        judge: impl Fn(Bundle, Option<Fetched>) -> T + Sync,
        mut take: impl FnMut(T),
    ) -> anyhow::Result<()> {
        let store = &self.stock.store;
        let all = self.stock.wait(store.phones(&PhoneQuery::default(), &Page::first(0)))?.total;
        self.bar.set_length(all);
        let mut after = None;
        loop {
            let bundles = self.stock.wait(store.bundles(after, PORTION))?;
            let (Some(first), Some(last)) = (bundles.first(), bundles.last()) else { break };
            let (first, last) = (first.phone.mac, last.phone.mac);
            after = Some(last);
            let fetched = self.stock.wait(store.fetched_between(first, last))?;
            let mut fetched: HashMap<Mac, Fetched> = fetched.into_iter().map(|one| (one.mac, one)).collect();
            let pairs = bundles.into_iter().map(|bundle| {
                let last = fetched.remove(&bundle.phone.mac);
                (bundle, last)
            });
            let pairs: Vec<_> = pairs.collect();
            self.bar.inc(pairs.len() as u64);
            on_all_cores(pairs, &judge).into_iter().for_each(&mut take);
        }
        self.bar.finish_and_clear();
        Ok(())
    }
}

/// The same as a plain `map`, in the same order.
fn on_all_cores<T: Send>(
    mut pairs: Vec<(Bundle, Option<Fetched>)>,
    judge: &(impl Fn(Bundle, Option<Fetched>) -> T + Sync),
) -> Vec<T> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let share = pairs.len().div_ceil(cores).max(1);
    let mut shares = Vec::new();
    while !pairs.is_empty() {
        let rest = pairs.split_off(share.min(pairs.len()));
        shares.push(std::mem::replace(&mut pairs, rest));
    }
    thread::scope(|scope| {
        let one = |share: Vec<(Bundle, Option<Fetched>)>| {
            scope.spawn(move || {
                share.into_iter().map(|(bundle, last)| judge(bundle, last)).collect::<Vec<_>>()
            })
        };
        let threads: Vec<_> = shares.into_iter().map(one).collect();
        let joined = threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.flatten().collect()
    })
}
