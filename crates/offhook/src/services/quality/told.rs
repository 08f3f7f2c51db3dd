//! What the user is told: that it is noted, and the figures of the call in words.

use store::Quality;

use super::reasons::Reason;
use super::{Asked, Trouble};

/// The text of the last page.
pub(super) fn thanks(reason: Reason, kept: &Quality, asked: &Asked) -> String {
    let rest = match asked {
        Ok(Some(_)) => figures(kept),
        Ok(None) => "There is no call of this phone now, so no figures were kept with it.".to_owned(),
        Err(Trouble::None) => "No figures were kept with it: no telephone system is connected.".to_owned(),
        Err(_) => "No figures were kept with it: the telephone system does not answer.".to_owned(),
    };
    format!("{}: noted, thank you.\n\n{rest}", reason.label)
}

fn figures(kept: &Quality) -> String {
    let call = &kept.call;
    let loss = |packets: Option<i64>, lost: Option<i64>| Some(loss(packets?, lost?));
    let lines = [
        ("Line", kept.line.clone()),
        ("Codec", call.codec.clone()),
        ("Lost", loss(call.packets, call.lost)),
        ("Lost of yours", loss(call.sent, call.sent_lost)),
        ("Jitter", call.jitter.map(milliseconds)),
        ("Round trip", call.round_trip.map(milliseconds)),
    ];
    let told = lines.into_iter().filter_map(|(name, value)| Some(format!("{name}: {}", value?)));
    told.collect::<Vec<_>>().join("\n")
}

/// `2.4 % (10 of 418)`; what was lost never came, so it adds to the packets that did.
#[must_use]
pub fn loss(packets: i64, lost: i64) -> String {
    let all = packets.saturating_add(lost);
    let tenths = if all > 0 { lost.saturating_mul(1000) / all } else { 0 };
    format!("{}.{} % ({lost} of {all})", tenths / 10, tenths % 10)
}

/// `3.1 ms` of microseconds.
#[must_use]
pub fn milliseconds(micros: i64) -> String {
    format!("{}.{} ms", micros / 1000, micros % 1000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_told_as_far_as_they_are_known() {
        let call = store::Call {
            codec: Some("PCMU".to_owned()),
            packets: Some(408),
            lost: Some(10),
            jitter: Some(3140),
            ..store::Call::default()
        };
        let kept = Quality {
            id: 1,
            mac: provision::mac::Mac::new([0; 6]),
            at: 0,
            line: Some("1001".to_owned()),
            reason: "echo".to_owned(),
            call,
        };
        assert_eq!(figures(&kept), "Line: 1001\nCodec: PCMU\nLost: 2.3 % (10 of 418)\nJitter: 3.1 ms");
        assert_eq!((loss(0, 0), loss(0, 5)), ("0.0 % (0 of 0)".to_owned(), "100.0 % (5 of 5)".to_owned()));
    }
}
