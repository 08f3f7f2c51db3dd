//! How well a call went: what a phone told chan_sip with the patch for these phones, or what Asterisk itself counts of a
//! call that still goes on, over PJSIP or chan_sip as it comes.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use wire::ami::{Action, Message};

use super::{Asterisk, PATIENCE, Trouble};

/// Whose call it is that is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Whose<'a> {
    /// The phone: `SEP001122334455`.
    pub device: &'a str,
    /// Where it is.
    pub address: IpAddr,
    /// The names of its peers and endpoints.
    pub peers: &'a [String],
}

/// A call of a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The peer or endpoint, mostly the number of the line.
    pub line: String,
    /// How it went.
    pub statistics: Statistics,
}

/// The figures of a call, as the user of the phone met them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// What the sound came in: `PCMU`, `ulaw`.
    pub codec: Option<String>,
    /// What came to the phone.
    pub heard: Stream,
    /// What the phone sent.
    pub said: Stream,
    /// There and back.
    pub round_trip: Option<Duration>,
    /// The words that all this was read from.
    pub raw: String,
}

/// One direction of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stream {
    /// Packets that were counted at one of its ends.
    pub packets: Option<u64>,
    /// Packets that did not come, or too late to be heard.
    pub lost: Option<u64>,
    /// How unevenly they came.
    pub jitter: Option<Duration>,
}

/// More phones than these do not share a line and all talk over it at once.
const MOST_CHANNELS: usize = 6;
/// A phone has few lines that register; more than these are not asked about, for it waits.
const MOST_PEERS: usize = 12;
/// What a phone tells has some 400 letters.
const LONGEST_RAW: usize = 2000;
const LONGEST_CODEC: usize = 40;
/// Counters of 32 bits that went below zero look like this.
const BELOW_ZERO: u64 = 1 << 31;

impl Asterisk {
    /// The call of a phone: what it told last, else what goes on. `None` when there is none.
    ///
    /// # Errors
    /// Within [`PATIENCE`], why nobody knows.
    pub async fn call_of(&self, whose: Whose<'_>) -> Result<Option<Call>, Trouble> {
        let found = tokio::time::timeout(PATIENCE, self.look_for_call(whose)).await;
        found.map_err(|_| Trouble::Slow("about a call".to_owned()))?
    }

    async fn look_for_call(&self, whose: Whose<'_>) -> Result<Option<Call>, Trouble> {
        for name in whose.peers.iter().take(MOST_PEERS) {
            let peer = match self.ask(Action::new("SIPShowPeer").with("Peer", name)).await {
                Ok(peer) => peer,
                // There is no such peer, or no such driver.
                Err(Trouble::Cannot { .. }) => continue,
                Err(trouble) => return Err(trouble),
            };
            if let Some(statistics) = told_by_phone(&peer, whose.device) {
                return Ok(Some(Call { line: name.clone(), statistics }));
            }
        }
        let channels = self.list(Action::new("CoreShowChannels")).await?;
        let mut channels = channels_of(&channels, whose.peers);
        channels.truncate(MOST_CHANNELS);
        let Some((channel, name)) = self.nearest(&channels, whose.address).await? else { return Ok(None) };
        let statistics = self.counted(channel).await?;
        Ok(statistics.map(|statistics| Call { line: name.to_owned(), statistics }))
    }

    /// Of several calls the one that ends at that address; else the first. Other phones may have the line, too.
    async fn nearest<'a>(
        &self,
        channels: &[(&'a str, &'a str)],
        address: IpAddr,
    ) -> Result<Option<(&'a str, &'a str)>, Trouble> {
        let several = if channels.len() > 1 { channels } else { &[] };
        for (channel, name) in several {
            // Where its sound goes. An endpoint's own address is not told of calls to it.
            let what = if channel.starts_with("PJSIP/") { "CHANNEL(rtp,dest)" } else { "CHANNEL(peerip)" };
            if self.variable(channel, what).await?.as_deref().and_then(place) == Some(address) {
                return Ok(Some((channel, name)));
            }
        }
        Ok(channels.first().copied())
    }

    /// What Asterisk counts of a channel; `None` when it just ended, or has no sound.
    async fn counted(&self, channel: &str) -> Result<Option<Statistics>, Trouble> {
        let what =
            if channel.starts_with("PJSIP/") { "CHANNEL(rtcp,all)" } else { "CHANNEL(rtpqos,audio,all)" };
        let Some(figures) = self.variable(channel, what).await? else { return Ok(None) };
        let codec = self.variable(channel, "CHANNEL(audioreadformat)").await?;
        Ok(read_counted(&figures, codec.as_deref()))
    }

    async fn variable(&self, channel: &str, name: &str) -> Result<Option<String>, Trouble> {
        match self.ask(Action::new("Getvar").with("Channel", channel).with("Variable", name)).await {
            Ok(answer) => Ok(answer.get("Value").filter(|value| !value.is_empty()).map(str::to_owned)),
            Err(Trouble::Cannot { .. }) => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }
}

/// The calls that go on of these peers, the newest first: channel, and which peer.
fn channels_of<'a>(channels: &'a [Message], peers: &'a [String]) -> Vec<(&'a str, &'a str)> {
    let of_peer = |channel: &str| {
        let (driver, rest) = channel.split_once('/')?;
        let (name, _) = rest.rsplit_once('-')?;
        let is_sip = matches!(driver, "SIP" | "PJSIP");
        peers.iter().find(|peer| is_sip && *peer == name).map(String::as_str)
    };
    let up = channels.iter().filter(|event| event.is_event("CoreShowChannel"));
    let up =
        up.filter(|event| event.get("ChannelStateDesc").is_none_or(|state| state.eq_ignore_ascii_case("Up")));
    let mine = up.filter_map(|event| {
        let channel = event.get("Channel")?;
        Some((event.get("Duration").unwrap_or_default(), channel, of_peer(channel)?))
    });
    let mut mine: Vec<_> = mine.collect();
    mine.sort_unstable();
    mine.into_iter().map(|(_, channel, peer)| (channel, peer)).collect()
}

/// The address in `192.0.2.7:5060`, `[2001:db8::7]:5060`, or alone.
fn place(text: &str) -> Option<IpAddr> {
    let socket = text.parse().map(|socket: SocketAddr| socket.ip());
    let address: IpAddr = socket.or_else(|_| text.parse()).ok()?;
    Some(address.to_canonical())
}

/// What a phone told at the end of a call or when it was asked for, as the patched chan_sip keeps it.
fn told_by_phone(peer: &Message, device: &str) -> Option<Statistics> {
    let field = |names: [&str; 2]| names.into_iter().find_map(|name| peer.get(name)).map(str::trim);
    // A line may be on several phones; the peer knows whose figures it has.
    let whose = field(["DeviceName", "Device-Name"]).filter(|name| !name.is_empty());
    if whose.is_some_and(|whose| !whose.eq_ignore_ascii_case(device)) {
        return None;
    }
    let (heard, said) = (field(["RTPRxStat", "RTP-RxStat"]), field(["RTPTxStat", "RTP-TxStat"]));
    let (heard, said) = (heard.unwrap_or_default(), said.unwrap_or_default());
    if heard.is_empty() && said.is_empty() {
        return None;
    }
    let (rx, tx) = (Figures::told(heard), Figures::told(said));
    let late = rx.number("LatePkt").unwrap_or(0);
    Some(Statistics {
        codec: codec(rx.text("VoRxCodec").or_else(|| tx.text("VoTxCodec"))),
        heard: Stream {
            packets: rx.number("Pkt"),
            lost: rx.number("LostPkt").map(|lost| lost.saturating_add(late)),
            jitter: rx.milliseconds("AvgJit"),
        },
        said: Stream { packets: tx.number("Pkt"), ..Stream::default() },
        // Phones tell the way there only.
        round_trip: rx
            .milliseconds("VoOneWayDelayMs")
            .filter(|delay| !delay.is_zero())
            .map(|delay| delay * 2),
        raw: raw(&format!("RTP-RxStat: {heard}\nRTP-TxStat: {said}")),
    })
}

/// What Asterisk counts: its `rx` is what the phone sent, its `tx` what came to the phone.
fn read_counted(figures: &str, codec_name: Option<&str>) -> Option<Statistics> {
    let counted = Figures::counted(figures);
    let stream = |packets: &str, lost: &str, jitter: &str| Stream {
        packets: counted.number(packets),
        lost: counted.number(lost),
        jitter: counted.seconds(jitter),
    };
    let statistics = Statistics {
        codec: codec(codec_name),
        heard: stream("txcount", "rlp", "txjitter"),
        said: stream("rxcount", "lp", "rxjitter"),
        // 0 until the phone has said something about it.
        round_trip: counted.seconds("rtt").filter(|time| !time.is_zero()),
        raw: raw(figures),
    };
    (statistics.heard.packets.is_some() || statistics.said.packets.is_some()).then_some(statistics)
}

/// `key=value` pairs.
struct Figures<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Figures<'a> {
    /// `Dur=13,Pkt=408,VQMetrics="CCR=0.0017;MOScq=4.21"`: the pairs within quotes count like those outside.
    fn told(text: &'a str) -> Self {
        Self::pairs(text, &[',', ';', '"', '\u{201c}', '\u{201d}'])
    }

    /// `lp=0;rxjitter=0.000000;rxcount=389`.
    fn counted(text: &'a str) -> Self {
        Self::pairs(text, &[';'])
    }

    fn pairs(text: &'a str, between: &[char]) -> Self {
        let pairs = text.split(|c| between.contains(&c)).filter_map(|pair| pair.split_once('='));
        Self(pairs.map(|(key, value)| (key.trim(), value.trim())).collect())
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.text(name)?.parse().ok().filter(|number| *number < BELOW_ZERO)
    }

    fn seconds(&self, name: &str) -> Option<Duration> {
        Duration::try_from_secs_f64(self.text(name)?.parse().ok()?).ok().filter(|time| *time < A_DAY)
    }

    fn milliseconds(&self, name: &str) -> Option<Duration> {
        let number: f64 = self.text(name)?.parse().ok()?;
        Duration::try_from_secs_f64(number / 1000.0).ok().filter(|time| *time < A_DAY)
    }
}

/// A sound that is later than this is no sound of this call.
const A_DAY: Duration = Duration::from_secs(86_400);

fn codec(name: Option<&str>) -> Option<String> {
    let name: String = name?.chars().filter(|c| c.is_ascii_graphic()).take(LONGEST_CODEC).collect();
    (!name.is_empty()).then_some(name)
}

fn raw(text: &str) -> String {
    // PostgreSQL keeps no NUL, and nobody wants to read the others.
    text.chars().filter(|c| *c == '\n' || !c.is_control()).take(LONGEST_RAW).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// As an 8865 tells it.
    const HEARD: &str = "Dur=13,Pkt=408,Oct=97680,LatePkt=8,LostPkt=2,AvgJit=3,VQMetrics=\"CCR=0.0017;ICR=0.0000;\
                         ICRmx=0.0077;CS=2;SCS=0;VoRxCodec=PCMU;CID=4;VoPktSizeMs=30;VoPktLost=0;VoPktDis=1;\
                         VoOneWayDelayMs=281;maxJitter=12;MOScq=4.21;MOSlq=3.52;network=ethernet;hwType=CP-8865\"";
    /// As a 9971 and most older ones do.
    const OLD: &str = "Dur=13,Pkt=657,Oct=113004,LatePkt=0,LostPkt=0,AvgJit=1,VQMetrics=\"MLQK=4.5000;MLQKav=4.5000;\
                       CS=0;SCS=0\"";
    /// As Asterisk counts.
    const COUNTED: &str = "ssrc=838692160;themssrc=933460432;lp=3;rxjitter=0.000250;rxcount=389;txjitter=0.000014;\
                           txcount=394;rlp=1;rtt=0.000350";

    fn peer(fields: &[(&str, &str)]) -> Message {
        fields.iter().copied().collect()
    }

    #[test]
    fn what_a_phone_told_is_read() {
        let newer = peer(&[
            ("Response", "Success"),
            ("rtprxstat", HEARD),
            ("rtptxstat", "Dur=13,Pkt=409,Oct=98160"),
            ("devicename", "SEP001122334455"),
        ]);
        let read = told_by_phone(&newer, "SEP001122334455").unwrap();
        assert_eq!(read.codec.as_deref(), Some("PCMU"));
        let jitter = Some(Duration::from_millis(3));
        assert_eq!(
            read.heard,
            Stream { packets: Some(408), lost: Some(10), jitter },
            "late is as good as lost"
        );
        assert_eq!(read.said, Stream { packets: Some(409), ..Stream::default() });
        assert_eq!(read.round_trip, Some(Duration::from_millis(562)));
        assert!(read.raw.contains("MOScq=4.21") && read.raw.contains("Oct=98160"));

        let older = peer(&[("RTP-RxStat", OLD)]);
        let read = told_by_phone(&older, "SEP001122334455").unwrap();
        assert_eq!((read.codec, read.heard.packets, read.round_trip), (None, Some(657), None));
    }

    #[test]
    fn a_peer_that_tells_nothing_or_of_another_phone_is_passed_over() {
        assert_eq!(told_by_phone(&peer(&[("ObjectName", "101")]), "SEP001122334455"), None);
        assert_eq!(told_by_phone(&peer(&[("RTPRxStat", ""), ("RTPTxStat", "")]), "SEP001122334455"), None);
        let others = peer(&[("DeviceName", "SEP001122334466"), ("RTPRxStat", OLD)]);
        assert_eq!(told_by_phone(&others, "SEP001122334455"), None);
    }

    #[test]
    fn what_asterisk_counts_is_turned_to_the_phone() {
        let read = read_counted(COUNTED, Some("ulaw")).unwrap();
        let micros = |micros| Some(Duration::from_micros(micros));
        assert_eq!(read.heard, Stream { packets: Some(394), lost: Some(1), jitter: micros(14) });
        assert_eq!(read.said, Stream { packets: Some(389), lost: Some(3), jitter: micros(250) });
        assert_eq!((read.round_trip, read.codec.as_deref()), (micros(350), Some("ulaw")));
        assert_eq!(read.raw, COUNTED);
    }

    #[test]
    fn an_address_stands_with_its_port_or_alone() {
        let four = Some(IpAddr::from([192, 0, 2, 7]));
        for text in ["192.0.2.7:5060", "192.0.2.7", "[::ffff:192.0.2.7]:5060"] {
            assert_eq!(place(text), four, "{text}");
        }
        assert_eq!(place("[2001:db8::7]:5060"), place("2001:db8::7"));
        assert_eq!((place(""), place("(null)")), (None, None));
    }

    #[test]
    fn nonsense_is_no_figure() {
        for text in ["", "=;=", "txcount", "txcount=-1;rxcount=1e9", "rxcount=99999999999999999999"] {
            assert_eq!(read_counted(text, None), None, "{text}");
        }
        let text = "rxcount=1;lp=4294967295;rxjitter=NaN;txjitter=-1;rtt=1e300";
        let read = read_counted(text, Some(" \u{1b}[31m\r\n")).unwrap();
        assert_eq!((read.said.lost, read.said.jitter, read.heard.jitter), (None, None, None));
        assert_eq!((read.round_trip, read.codec.as_deref()), (None, Some("[31m")));
        let long = peer(&[("RTPRxStat", &format!("Pkt=1,x={}\u{0}", "ü".repeat(9000)))]);
        assert_eq!(told_by_phone(&long, "SEP001122334455").unwrap().raw.chars().count(), LONGEST_RAW);
    }

    #[test]
    fn the_newest_call_of_a_peer_comes_first() {
        let channel = |name: &str, state: &str, duration: &str| {
            peer(&[
                ("Event", "CoreShowChannel"),
                ("Channel", name),
                ("ChannelStateDesc", state),
                ("Duration", duration),
            ])
        };
        let channels = [
            channel("PJSIP/2011-00000001", "Up", "00:00:01"),
            channel("PJSIP/201-00000002", "Up", "00:10:01"),
            channel("PJSIP/201-00000003", "Up", "00:00:09"),
            channel("PJSIP/201-00000004", "Ringing", "00:00:02"),
            channel("Local/201-00000005", "Up", "00:00:01"),
            channel("SIP/front-desk-00000006", "Up", "00:00:10"),
        ];
        let peers = ["201".to_owned(), "front-desk".to_owned()];
        let found = channels_of(&channels, &peers);
        let names: Vec<&str> = found.iter().map(|(channel, _)| *channel).collect();
        assert_eq!(names, ["PJSIP/201-00000003", "SIP/front-desk-00000006", "PJSIP/201-00000002"]);
        assert_eq!(channels_of(&channels, &peers[1..]), [("SIP/front-desk-00000006", "front-desk")]);
        assert_eq!(channels_of(&channels, &[]), []);
        assert_eq!(channels_of(&channels, &["20".to_owned()]), []);
    }
}
