//! What Asterisks of other versions answer, recorded.

use offhook::asterisk::Asterisk;
use offhook::asterisk::restart::{Order, Told};
use offhook::asterisk::statistics::Whose;

use crate::pbx::{LOGIN, account, recorded};

#[tokio::test]
async fn versions_that_announce_no_lists_are_understood() {
    let address = recorded(&[
        LOGIN,
        (
            "ParkedCalls",
            "Response: Success\nActionID: ID\nMessage: Parked calls will follow\n\nEvent: PeerStatus\nPrivilege: system,all\nPeer: \
             SIP/7\nPeerStatus: Reachable\n\nEvent: ParkedCall\nParkinglot: default\nExten: 701\nChannel: \
             SIP/7-00000002\nFrom: SIP/8-00000003\nTimeout: 32\nCallerIDNum: 7\nCallerIDName: Old Version\n\
             ConnectedLineNum: 8\nActionID: ID\n\nEvent: ParkedCallsComplete\nActionID: ID\nTotal: 1\n\n",
        ),
        (
            "SIPpeers",
            "Response: Success\nActionID: ID\nMessage: Peer status list will follow\nEventList: start\n\nEvent: \
             SIPPeer\nActionID: ID\nName: 7\nAddress: 192.0.2.7\nAddressPort: 49200\nStatus: OK (9 ms)\nDeviceName: \
             SEP001122334455\n\nEvent: SIPPeersComplete\nActionID: ID\nEventList: Complete\nListItems: 1\n\n",
        ),
    ])
    .await;
    let asterisk = Asterisk::open(account(&format!("ami://{address}"), "x"));
    let parked = asterisk.parked().await.unwrap();
    assert_eq!((parked.len(), &*parked[0].space, &*parked[0].name), (1, "701", "Old Version"));
    let peers = asterisk.peers().await.unwrap();
    assert_eq!(peers.len(), 1, "a driver that is not there has no peers");
    assert_eq!((peers[0].device.as_deref(), peers[0].is_registered()), (Some("SEP001122334455"), true));
}

/// Before version 12 everything of a parked call had one name, and it came from the channel that parked it.
const PARKED_1_8: &str = "Response: Success\nActionID: ID\nMessage: Parked calls will follow\n\nEvent: ParkedCall\nParkinglot: \
    default\nExten: 701\nChannel: SIP/7-00000002\nFrom: SIP/8-00000003\nTimeout: 32\nCallerIDNum: 7\nCallerIDName: Old \
    Version\nConnectedLineNum: 8\nConnectedLineName: \nActionID: ID\n\nEvent: ParkedCallsComplete\nActionID: ID\nTotal: 1\n\n";
/// Version 11 names the lot in another case.
const PARKED_11: &str = "Response: Success\nActionID: ID\nMessage: Parked calls will follow\n\nEvent: ParkedCall\nActionID: ID\n\
    Exten: 702\nChannel: SIP/7-00000004\nFrom: \nTimeout: 44\nDuration: 1\nParkingLot: second\nCallerIDNum: <unknown>\n\
    CallerIDName: <unknown>\n\nEvent: ParkedCallsComplete\nActionID: ID\nTotal: 1\n\n";
/// From version 13 on a list says so, and the caller is the parkee.
const PARKED_13: &str = "Response: Success\nActionID: ID\nEventList: start\nMessage: Parked calls will follow\n\nEvent: \
    ParkedCall\nActionID: ID\nParkeeChannel: PJSIP/201-00000002\nParkeeChannelState: 6\nParkeeChannelStateDesc: Up\n\
    ParkeeCallerIDNum: 0211555\nParkeeCallerIDName: Kröger & Söhne\nParkeeConnectedLineNum: <unknown>\n\
    ParkeeUniqueid: 1700000000.2\nParkerDialString: PJSIP/202\nParkinglot: default\nParkingSpace: 703\nParkingTimeout: 40\n\
    ParkingDuration: 5\n\nEvent: ParkedCallsComplete\nActionID: ID\nEventList: Complete\nListItems: 1\nTotal: 1\n\n";
/// And 22, which is as 13 with more about the parker.
const PARKED_22: &str = "Response: Success\nActionID: ID\nEventList: start\nMessage: Parked calls will follow\n\nEvent: \
    ParkedCall\nActionID: ID\nParkeeChannel: PJSIP/201-00000009\nParkeeCallerIDNum: 0211556\nParkeeCallerIDName: \n\
    ParkeeChanVariable: x=1\nParkeeLinkedid: 1700000000.9\nParkerDialString: PJSIP/202&PJSIP/203\nParkinglot: default\n\
    ParkingSpace: 704\nParkingTimeout: 39\nParkingDuration: 6\n\nEvent: ParkedCallsComplete\nActionID: ID\nEventList: \
    Complete\nListItems: 1\nTotal: 1\n\n";

#[tokio::test]
async fn parked_calls_of_every_version_are_understood() {
    // The space, the lot, the number, the name, the seconds left.
    let all: [(_, [&str; 4], u32); 4] = [
        (PARKED_1_8, ["701", "default", "7", "Old Version"], 32),
        (PARKED_11, ["702", "second", "", ""], 44),
        (PARKED_13, ["703", "default", "0211555", "Kröger & Söhne"], 40),
        (PARKED_22, ["704", "default", "0211556", ""], 39),
    ];
    for (answer, expected, seconds) in all {
        let address = recorded(Vec::leak(vec![LOGIN, ("ParkedCalls", answer)])).await;
        let asterisk = Asterisk::open(account(&format!("ami://{address}"), "x"));
        let parked = asterisk.parked().await.unwrap();
        let one = &parked[0];
        assert_eq!([&*one.space, &*one.lot, &*one.number, &*one.name], expected);
        assert_eq!((parked.len(), one.seconds_left), (1, Some(seconds)), "{expected:?}");
    }
}

/// As the patched chan_sip of version 22 and a stock one of version 1.8 list their peers, and PJSIP of version 18.
const PEERS: [(&str, &str); 3] = [
    (
        "SIPpeers",
        "Response: Success\nActionID: ID\nEventList: start\nMessage: Peer status list will follow\n\nEvent: PeerEntry\n\
         ActionID: ID\nChanneltype: SIP\nObjectName: 101\nChanObjectType: peer\nIPaddress: 192.0.2.7\nIPport: 5060\n\
         Dynamic: yes\nNatsupport: no\nACL: no\nStatus: UNREACHABLE\nRealtimeDevice: no\n\nEvent: PeerEntry\nActionID: ID\n\
         Channeltype: SIP\nObjectName: 102\nIPaddress: -none-\nIPport: 0\nStatus: UNKNOWN\n\nEvent: SIPPeer\nActionID: ID\n\
         Name: 103\nDescription: Empfang\nAddress: 2001:db8::7\nAddressPort: 49152\nDynamic: yes\nCallerID: \"A\" <103>\n\
         RegisterExpires: 118000\nStatus: OK (9 ms)\nDeviceName: SEP001122334455\n\nEvent: PeerlistComplete\nActionID: ID\n\
         EventList: Complete\nListItems: 3\n\n",
    ),
    (
        "PJSIPShowEndpoints",
        "Response: Success\nActionID: ID\nEventList: start\nMessage: A listing of Endpoints follows\n\nEvent: EndpointList\n\
         ActionID: ID\nObjectType: endpoint\nObjectName: 201\nTransport: udp\nAor: 201\nAuths: 201\nContacts: \
         201/sip:201@192.0.2.8,\nDeviceState: Not in use\nActiveChannels: \n\nEvent: EndpointList\nActionID: ID\nObjectType: \
         endpoint\nObjectName: 202\nDeviceState: Unavailable\n\nEvent: EndpointListComplete\nActionID: ID\nEventList: \
         Complete\nListItems: 2\n\n",
    ),
    (
        "PJSIPShowContacts",
        "Response: Success\nActionID: ID\nEventList: start\nMessage: A listing of Contacts follows\n\nEvent: ContactList\n\
         ActionID: ID\nObjectType: contact\nObjectName: 201;@a3f0\nViaAddr: 192.0.2.8\nQualifyTimeout: 3.000000\nCallID: \
         00112233-44550002-1a2b3c4d-5e6f7081@192.0.2.8\nRegServer: \nPruneOnBoot: no\nPath: \nEndpoint: 201\nViaPort: 5070\n\
         AuthenticateQualify: no\nUri: sip:201@192.0.2.8:5070;transport=tcp\nQualifyFrequency: 0\nUserAgent: \
         Cisco-CP8851/14.2.1\nExpirationTime: 1795418530\nOutboundProxy: \nStatus: NonQualified\nRoundtripUsec: 0\n\nEvent: \
         ContactListComplete\nActionID: ID\nEventList: Complete\nListItems: 1\n\n",
    ),
];

#[tokio::test]
async fn peers_of_stock_and_patched_drivers_are_understood() {
    let address = recorded(Vec::leak(vec![LOGIN, PEERS[0], PEERS[1], PEERS[2]])).await;
    let asterisk = Asterisk::open(account(&format!("ami://{address}"), "x"));
    let peers = asterisk.peers().await.unwrap();
    let shown: Vec<_> =
        peers.iter().map(|peer| (&*peer.name, peer.address.as_deref(), peer.is_registered())).collect();
    assert_eq!(
        shown,
        [
            ("101", Some("192.0.2.7:5060"), false),
            ("102", None, false),
            ("103", Some("[2001:db8::7]:49152"), true),
            ("201", Some("192.0.2.8:5070"), true),
            ("202", None, false),
        ]
    );
    assert_eq!(peers[2].device.as_deref(), Some("SEP001122334455"));
    assert_eq!(peers[3].user_agent.as_deref(), Some("Cisco-CP8851/14.2.1"));
}

const FINE: &str = "Response: Success\nActionID: ID\nMessage: NOTIFY sent\n\n";
const NOBODY: &str = "Response: Success\nActionID: ID\nEventList: start\nMessage: x\n\nEvent: ContactListComplete\nActionID: \
    ID\nEventList: Complete\nListItems: 0\n\n";
const PEER_101: &str = "Response: Success\nActionID: ID\nChanneltype: SIP\nObjectName: 101\nAddress-IP: 192.0.2.7\nAddress-Port: \
    5060\nStatus: OK (9 ms)\n\n";

/// The patched chan_sip tells by a function what a phone checks an order by, and the name of the function has changed; the stock
/// one does not tell it.
#[tokio::test]
async fn an_order_goes_through_every_driver_as_far_as_it_can() {
    let call_id = |variable: &'static str| {
        (variable, "Response: Success\nActionID: ID\nVariable: x\nValue: 00112233-4455@192.0.2.7\n\n")
    };
    let common = [LOGIN, ("PJSIPShowContacts", NOBODY), ("SIPShowPeer", PEER_101), ("SIPnotify", FINE)];
    let patched_22 = call_id("Getvar SIP_PEER(101,register_callid)");
    let patched_16 = call_id("Getvar SIPPEER(101,regcallid)");
    let peers = ["101".to_owned()];
    for (extra, told) in
        [(Some(patched_22), Told::Order), (Some(patched_16), Told::Order), (None, Told::Check)]
    {
        let answers: Vec<_> = extra.into_iter().chain(common).collect();
        let address = recorded(Vec::leak(answers)).await;
        let asterisk = Asterisk::open(account(&format!("ami://{address}"), "x"));
        let done = asterisk.order(&peers, None, Order::Restart).await.unwrap();
        assert_eq!((&*done.peer, done.told), ("101", told), "{extra:?}");
    }
    let pjsip = recorded(Vec::leak(vec![LOGIN, PEERS[2], ("PJSIPNotify", FINE)])).await;
    let asterisk = Asterisk::open(account(&format!("ami://{pjsip}"), "x"));
    let done = asterisk.order(&["201".to_owned()], None, Order::Reset).await.unwrap();
    assert_eq!((&*done.peer, done.told), ("201", Told::Order));
    let nowhere = asterisk.order(&["999".to_owned()], None, Order::Reset).await.unwrap_err();
    assert!(nowhere.to_string().contains("looked for 999"), "{nowhere}");
}

const CHANNELS: &str = "Response: Success\nActionID: ID\nEventList: start\nMessage: Channels will follow\n\n\
    Event: CoreShowChannel\nActionID: ID\nChannel: PJSIP/201-00000002\nChannelStateDesc: Up\nDuration: 00:00:03\n\n\
    Event: CoreShowChannel\nActionID: ID\nChannel: PJSIP/201-00000001\nChannelStateDesc: Up\nDuration: 00:10:03\n\n\
    Event: CoreShowChannelsComplete\nActionID: ID\nEventList: Complete\nListItems: 2\n\n";

/// Two phones talk over the line that both have; the second began earlier.
#[tokio::test]
async fn of_a_line_that_phones_share_each_has_its_own_call() {
    let address = recorded(&[
        LOGIN,
        ("CoreShowChannels", CHANNELS),
        (
            "Getvar PJSIP/201-00000001 CHANNEL(rtp,dest)",
            "Response: Success\nActionID: ID\nValue: 192.0.2.7:5060\n\n",
        ),
        (
            "Getvar PJSIP/201-00000001 CHANNEL(rtcp,all)",
            "Response: Success\nActionID: ID\nValue: lp=0;rxcount=1;txcount=11;rlp=0\n\n",
        ),
        (
            "Getvar PJSIP/201-00000002 CHANNEL(rtcp,all)",
            "Response: Success\nActionID: ID\nValue: lp=0;rxcount=2;txcount=22;rlp=0\n\n",
        ),
    ])
    .await;
    let asterisk = Asterisk::open(account(&format!("ami://{address}"), "x"));
    let peers = ["201".to_owned()];
    for (last, packets) in [(7, 11), (8, 22)] {
        let whose = Whose { device: "SEP001122334455", address: [192, 0, 2, last].into(), peers: &peers };
        let call = asterisk.call_of(whose).await.unwrap().unwrap();
        assert_eq!(call.statistics.heard.packets, Some(packets), "nobody else is known to be there");
    }
}
