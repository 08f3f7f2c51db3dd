//! Rounds: the contenders take turns, so that what the machine does meanwhile falls on all of them alike.

use std::time::Duration;

use anyhow::{Context, Result};
use nix::unistd::Pid;

use crate::{cpu, load::Tally};

/// One server and one way to load it.
pub(crate) struct Contender<'a> {
    pub(crate) name: String,
    /// Whose processor time counts as the server's.
    server: Option<Pid>,
    run: Box<dyn FnMut() -> Result<Tally> + 'a>,
}

impl<'a> Contender<'a> {
    pub(crate) fn new(
        name: impl Into<String>,
        server: impl Into<Option<Pid>>,
        run: impl FnMut() -> Result<Tally> + 'a,
    ) -> Self {
        Self { name: name.into(), server: server.into(), run: Box::new(run) }
    }
}

/// All rounds of one contender.
#[derive(Debug, Default)]
pub(crate) struct Series {
    pub(crate) name: String,
    rounds: Vec<Round>,
}

#[derive(Debug)]
struct Round {
    rate: f64,
    wall: Duration,
    load_share: f64,
    server_cpu: f64,
    median: Duration,
    p99: Duration,
    failed: u64,
    repeated: u64,
}

/// Runs every contender once without counting, then in `rounds` rounds, the order turned each time.
pub(crate) fn compare(rounds: usize, mut contenders: Vec<Contender<'_>>) -> Result<Vec<Series>> {
    let mut series: Vec<Series> =
        contenders.iter().map(|one| Series { name: one.name.clone(), rounds: Vec::new() }).collect();
    for round in 0..=rounds {
        let mut order: Vec<usize> = (0..contenders.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for number in order {
            let (Some(contender), Some(series)) = (contenders.get_mut(number), series.get_mut(number)) else {
                continue;
            };
            let measured = contender.measure().with_context(|| contender.name.clone())?;
            if round > 0 {
                series.rounds.push(measured);
            }
        }
    }
    Ok(series)
}

impl Contender<'_> {
    fn measure(&mut self) -> Result<Round> {
        let before = self.server.map(cpu::of_family);
        let tally = (self.run)()?;
        let spent =
            self.server.map(cpu::of_family).unwrap_or_default().saturating_sub(before.unwrap_or_default());
        Ok(Round {
            rate: tally.per_second(),
            wall: tally.wall,
            load_share: tally.load_share(),
            server_cpu: spent.as_secs_f64() / (tally.done.max(1) as f64),
            median: tally.wait(0.5),
            p99: tally.wait(0.99),
            failed: tally.failed,
            repeated: tally.repeated,
        })
    }
}

impl Series {
    pub(crate) fn rate(&self) -> f64 {
        median(self.rounds.iter().map(|round| round.rate))
    }

    pub(crate) fn wall(&self) -> f64 {
        median(self.rounds.iter().map(|round| round.wall.as_secs_f64()))
    }

    /// Seconds of the server's processor time for one answer.
    pub(crate) fn server_cpu(&self) -> f64 {
        median(self.rounds.iter().map(|round| round.server_cpu))
    }

    pub(crate) fn load_share(&self) -> f64 {
        median(self.rounds.iter().map(|round| round.load_share))
    }

    pub(crate) fn median_wait(&self) -> f64 {
        median(self.rounds.iter().map(|round| round.median.as_secs_f64()))
    }

    pub(crate) fn p99(&self) -> f64 {
        median(self.rounds.iter().map(|round| round.p99.as_secs_f64()))
    }

    pub(crate) fn failed(&self) -> u64 {
        self.rounds.iter().map(|round| round.failed).sum()
    }

    pub(crate) fn repeated(&self) -> u64 {
        self.rounds.iter().map(|round| round.repeated).sum()
    }

    /// The median of the rounds' ratios of rates.
    pub(crate) fn rate_against(&self, other: &Self) -> f64 {
        median(self.rounds.iter().zip(&other.rounds).map(|(mine, theirs)| mine.rate / theirs.rate))
    }

    /// The median of the rounds' ratios of processor time for one answer.
    pub(crate) fn cpu_against(&self, other: &Self) -> f64 {
        median(
            self.rounds.iter().zip(&other.rounds).map(|(mine, theirs)| mine.server_cpu / theirs.server_cpu),
        )
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    let (lower, upper) = (values.len().saturating_sub(1) / 2, values.len() / 2);
    match (values.get(lower), values.get(upper)) {
        (Some(lower), Some(upper)) => f64::midpoint(*lower, *upper),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert!((median([3.0, 1.0, 2.0].into_iter()) - 2.0).abs() < 1e-9);
        assert!((median([4.0, 1.0, 2.0, 3.0].into_iter()) - 2.5).abs() < 1e-9);
        assert!(median(std::iter::empty()).abs() < 1e-9);
    }

    #[test]
    fn contenders_take_turns() {
        let order = std::cell::RefCell::new(Vec::new());
        let contender = |name: &'static str| {
            let order = &order;
            Contender::new(name, None, move || {
                order.borrow_mut().push(name);
                Ok(Tally::default())
            })
        };
        let series = compare(2, vec![contender("a"), contender("b")]);
        assert!(series.is_ok());
        assert_eq!(order.into_inner(), ["a", "b", "b", "a", "a", "b"]);
    }
}
