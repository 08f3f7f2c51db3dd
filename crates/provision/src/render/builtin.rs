//! What a phone is told before any layer speaks: where its servers are, and which files offhook makes for it.

use crate::inventory::Name;
use crate::mac::Mac;
use crate::models::Model;
use crate::render::Surroundings;

/// Entries of the directories menu that every phone makes by itself.
const LISTS: [(&str, &str); 3] = [
    ("Missed Calls", "Application:Cisco/MissedCalls"),
    ("Received Calls", "Application:Cisco/ReceivedCalls"),
    ("Placed Calls", "Application:Cisco/PlacedCalls"),
];

/// Where each service is found, by the setting that names it; with `secure_` in front its twin over HTTPS.
const SERVICES: [(&str, &str, Named); 5] = [
    ("authentication_url", "authentication", Named::ByPhone),
    ("services_url", "services", Named::ByAddress),
    ("directory_url", "directory", Named::ByAddress),
    ("idle_url", "idle", Named::ByAddress),
    ("information_url", "information", Named::ByPhone),
];

/// How a page learns which phone asks. Only the 7900 adds its name to addresses by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    /// The phone adds what the page needs.
    ByPhone,
    /// The address holds the name.
    ByAddress,
}

/// Values by name, as people would write them.
pub(super) fn settings(
    surroundings: &Surroundings,
    phone: Mac,
    model: Option<&Model>,
) -> Vec<(Name, String)> {
    let mut all = Vec::with_capacity(24);
    let mut say = |key: &str, place: u8, value: String| {
        let name = Name::new(key).expect("built-in values are for settings of the catalogue");
        all.push((name.at(place), value));
    };
    let server = &surroundings.server;
    let old = model.is_some_and(|model| model.series == "7900");
    if !server.is_empty() {
        say("sip_server", 1, server.clone());
        if let Some(port) = surroundings.tvs {
            say("tvs_server", 1, server.clone());
            say("tvs_port", 1, port.to_string());
        }
        if let Some(port) = surroundings.capf {
            say("enrolment_server", 1, server.clone());
            say("enrolment_port", 1, port.to_string());
        }
        let listeners =
            [("", "http", surroundings.services), ("secure_", "https", surroundings.secure_services)];
        for (twin, scheme, port) in listeners {
            let Some(base) = port.map(|port| base(scheme, server, port)) else { continue };
            for (key, path, named) in SERVICES {
                // The 7900 wants a menu first.
                let path = if key == "directory_url" && old { "directory/79xx" } else { path };
                let name = if named == Named::ByAddress && !old {
                    format!("?name={}", phone.device_name())
                } else {
                    String::new()
                };
                say(&format!("{twin}{key}"), 1, format!("{base}/{path}{name}"));
            }
            // There is only one setting for reports. Over HTTP they arrive even from phones without a trust list.
            if twin.is_empty() || surroundings.services.is_none() {
                say("problem_report_url", 1, format!("{base}/problem-report"));
            }
        }
    }
    say("dial_template", 1, "DialTemplate.xml".to_owned());
    say("soft_key_file", 1, "SoftKeys.xml".to_owned());
    say("feature_policy_file", 1, "FeaturePolicy.xml".to_owned());
    for (place, (name, url)) in (1..).zip(LISTS) {
        say("service_name", place, name.to_owned());
        say("service_entry_url", place, url.to_owned());
    }
    all
}

/// `http://provision.example.net:6972`; an IPv6 address goes into brackets.
pub(super) fn base(scheme: &str, server: &str, port: u16) -> String {
    if server.contains(':') && !server.starts_with('[') {
        format!("{scheme}://[{server}]:{port}")
    } else {
        format!("{scheme}://{server}:{port}")
    }
}
