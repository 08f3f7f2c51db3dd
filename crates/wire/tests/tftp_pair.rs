//! Both ends of a TFTP transfer through good and bad weather, in virtual time.

use std::time::Duration;

use proptest::prelude::*;
use wire::tftp::{Limits, Mode, Options, Outcome, Request};

mod tftp_network;
use tftp_network::{Report, Weather, fetch};

const MS: fn(u64) -> Duration = Duration::from_millis;
const CALM: Weather =
    Weather { seed: 1, delay: Duration::from_micros(100), jitter: Duration::ZERO, loss: 0, duplication: 0 };

fn request(mode: Mode, blksize: Option<u64>, windowsize: Option<u64>) -> Request<'static> {
    Request { name: b"file", mode, options: Options { blksize, windowsize, ..Options::default() } }
}

/// Patient enough for any weather; what patience is worth is tested elsewhere.
fn patient() -> Limits {
    Limits { retries: 60, stall: Duration::from_secs(3600), ..Limits::default() }
}

fn file(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at * 31 + at / 251) as u8).collect()
}

fn complete(report: &Report, file: &[u8]) {
    assert_eq!(report.client, Ok(()));
    assert!(report.content == file, "{} bytes of {}", report.content.len(), file.len());
}

#[test]
fn each_block_goes_out_once_in_calm_weather() {
    for size in [0, 1, 511, 512, 513, 13_000] {
        for (blksize, windowsize) in
            [(None, None), (Some(8), None), (Some(1428), Some(1)), (Some(100), Some(7))]
        {
            let file = file(size);
            let report = fetch(&file, &request(Mode::Octet, blksize, windowsize), Limits::default(), CALM);
            complete(&report, &file);
            let blocks = size as u64 / blksize.unwrap_or(512) + 1;
            assert_eq!((report.data_sent, report.resent, report.client_resent), (blocks, 0, 0));
            assert_eq!(report.server, Some(Outcome::Complete));
        }
    }
}

/// More than 65,535 blocks: the number goes on with 0, twice.
#[test]
fn block_numbers_wrap() {
    let file = file(8 * 140_000);
    for windowsize in [None, Some(16)] {
        let report = fetch(&file, &request(Mode::Octet, Some(8), windowsize), Limits::default(), CALM);
        complete(&report, &file);
        assert_eq!(report.data_sent, 140_001);
    }
}

#[test]
fn block_numbers_wrap_in_bad_weather_too() {
    let file = file(8 * 70_000);
    let weather = Weather { seed: 7, delay: MS(1), jitter: MS(3), loss: 1, duplication: 5 };
    let report = fetch(&file, &request(Mode::Octet, Some(8), Some(16)), patient(), weather);
    complete(&report, &file);
}

/// Every packet comes twice, and still no block goes out twice: no sorcerer's apprentice.
#[test]
fn duplicated_packets_do_not_multiply() {
    let file = file(100_000);
    let blocks = file.len() as u64 / 512 + 1;
    for (windowsize, jitter) in
        [(None, 0), (None, 4), (Some(1), 0), (Some(1), 4), (Some(4), 0), (Some(16), 0)]
    {
        let weather = Weather { delay: MS(5), jitter: MS(jitter), duplication: 100, ..CALM };
        let report = fetch(&file, &request(Mode::Octet, None, windowsize), Limits::default(), weather);
        complete(&report, &file);
        // Without options the duplicated request is answered twice.
        assert_eq!(report.data_sent, blocks + u64::from(windowsize.is_none()), "{windowsize:?} {jitter}");
    }
}

/// A window whose blocks overtake each other looks as if it had holes. That costs something each time, and no more.
#[test]
fn mixed_up_windows_do_not_multiply() {
    let file = file(100_000);
    let blocks = file.len() as u64 / 512 + 1;
    for seed in 1..60 {
        for (windowsize, most) in [(2, 3), (4, 4), (16, 16)] {
            let weather =
                Weather { seed, delay: MS(5), jitter: MS(seed % 10), loss: 0, duplication: seed % 3 * 50 };
            let report = fetch(&file, &request(Mode::Octet, None, Some(windowsize)), patient(), weather);
            complete(&report, &file);
            let sent = report.data_sent;
            assert!(sent < blocks * most, "{sent} for {blocks}: windows of {windowsize} in {weather:?}");
        }
    }
}

/// The syndrome by the book: answers come later than the first patience, so the first block goes out again.
#[test]
fn a_late_answer_does_not_start_an_avalanche() {
    let file = file(50_000);
    for windowsize in [None, Some(8)] {
        let weather = Weather { delay: MS(700), ..CALM };
        let report = fetch(&file, &request(Mode::Octet, None, windowsize), Limits::default(), weather);
        complete(&report, &file);
        let blocks = file.len() as u64 / 512 + 1;
        assert!(report.data_sent <= blocks + 16, "{windowsize:?}: {} for {blocks}", report.data_sent);
    }
}

#[test]
fn patience_adapts_to_the_round_trip() {
    let file = file(512 * 200);
    // A loss on a fast network costs little: 200 ms instead of a second.
    let weather = Weather { seed: 3, loss: 5, delay: MS(1), ..CALM };
    let report = fetch(&file, &request(Mode::Octet, None, None), patient(), weather);
    complete(&report, &file);
    assert!(report.resent > 5, "{report:?}");
    assert!(report.took < MS(report.resent * 500 + 3000), "{:?} for {} losses", report.took, report.resent);
    // A slow network that loses nothing is not sent everything twice.
    let weather = Weather { delay: MS(450), jitter: MS(20), ..CALM };
    let report = fetch(&file, &request(Mode::Octet, None, None), patient(), weather);
    complete(&report, &file);
    assert!(report.resent <= 5, "{}", report.resent);
}

#[test]
fn a_window_saves_round_trips() {
    let file = file(512 * 1000);
    let weather = Weather { delay: MS(5), ..CALM };
    let took = |windowsize| fetch(&file, &request(Mode::Octet, None, windowsize), patient(), weather).took;
    assert!(took(None) > took(Some(16)) * 14);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_file_arrives_whole_through_any_weather(
        seed in any::<u64>(),
        size in 0..6000_usize,
        blksize in prop_oneof![Just(None), (8..700_u64).prop_map(Some)],
        windowsize in prop_oneof![Just(None), (1..20_u64).prop_map(Some)],
        delay in 0..400_u64,
        jitter in 0..200_u64,
        loss in 0..20_u64,
        duplication in 0..50_u64,
    ) {
        let file = file(size);
        let weather = Weather { seed, delay: MS(delay), jitter: MS(jitter), loss, duplication };
        let report = fetch(&file, &request(Mode::Octet, blksize, windowsize), patient(), weather);
        complete(&report, &file);
        prop_assert!(report.server.is_some());
        let blocks = size as u64 / blksize.unwrap_or(512) + 1;
        prop_assert!(report.data_sent >= blocks);
        prop_assert!(report.data_sent <= blocks + report.resent);
    }

    /// In lock-step nothing but the server's own clock, or a repeated request, sends a block again.
    #[test]
    fn in_lock_step_only_patience_sends_again(
        seed in any::<u64>(),
        size in 0..20_000_usize,
        jitter in 0..40_u64,
        duplication in 0..100_u64,
    ) {
        let file = file(size);
        let weather = Weather { seed, delay: MS(20), jitter: MS(jitter), loss: 0, duplication };
        let report = fetch(&file, &request(Mode::Octet, None, None), patient(), weather);
        complete(&report, &file);
        prop_assert!(report.data_sent <= size as u64 / 512 + 2, "{report:?}");
    }

    #[test]
    fn text_survives_the_edges_of_blocks_and_windows(
        seed in any::<u64>(),
        text in proptest::collection::vec(proptest::sample::select(b"ab\r\n\0".to_vec()), 0..400),
        blksize in 8..17_u64,
        windowsize in prop_oneof![Just(None), (1..6_u64).prop_map(Some)],
        loss in 0..15_u64,
    ) {
        let weather = Weather { seed, delay: MS(2), jitter: MS(2), loss, duplication: 5 };
        let report = fetch(&text, &request(Mode::Netascii, Some(blksize), windowsize), patient(), weather);
        complete(&report, &text);
    }
}
