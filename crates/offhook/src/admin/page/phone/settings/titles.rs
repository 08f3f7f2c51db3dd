//! Under which title a setting stands.

use provision::catalogue::Setting;

/// Titles, and which settings stand under them: by the beginning of the path, or a part of the name.
pub(super) const TITLES: [(&str, &[&str]); 13] = [
    ("Time and language", &["devicePool/dateTimeSetting", "userLocale", "networkLocale"]),
    (
        "Server and registration",
        &[
            "devicePool",
            "transportLayer",
            "sipProfile/sipProxies",
            "sipProfile/sipStack",
            "sipProfile/natEnabled",
            "sipProfile/nat",
            "TVS",
            "sipProfile/organization",
        ],
    ),
    (
        "Network",
        &[
            "#ip_",
            "#ipv6",
            "#tos",
            "#dscp",
            "#pc_port",
            "#span_to",
            "#arp",
            "#802_1x",
            "#cdp",
            "#lldp",
            "#voice_vlan",
            "#proxy_server",
            "#do_not_fragment",
            "#wifi",
            "#scanning",
            "#out_of_range",
        ],
    ),
    (
        "Access and security",
        &[
            "#web_",
            "#ssh",
            "#settings_access",
            "#security",
            "#cipher",
            "#enrolment",
            "#tls",
            "#password",
            "capf",
            "#user_id",
            "#owner",
            "#access_",
        ],
    ),
    (
        "Screen and power",
        &["#display", "#backlight", "#wallpaper", "#power", "#home_screen", "#personal", "#phone_label"],
    ),
    (
        "Sound and rings",
        &[
            "#ring",
            "#g722",
            "#g_722",
            "#wideband",
            "#headset",
            "#speaker",
            "#tone",
            "#volume",
            "#codec",
            "#dtmf",
            "#voice",
            "#beep",
        ],
    ),
    ("Video and attachments", &["#video", "#camera", "#usb", "#sdio", "#bluetooth", "#electronic_hook"]),
    (
        "Keys and modules",
        &[
            "addOnModules",
            "#module",
            "#line_mode",
            "#soft_key",
            "#feature_policy",
            "#send_key",
            "#application_",
            "#key",
        ],
    ),
    ("Services and pages", &["phoneServices", "#_url", "#idle_timeout", "#authentication"]),
    (
        "Calls",
        &[
            "sipProfile",
            "#call",
            "#dnd",
            "#blf",
            "#join",
            "#record",
            "#pickup",
            "#park",
            "#transfer",
            "#missed",
            "#mute",
            "#spam",
            "#number",
            "#dial",
        ],
    ),
    ("Firmware", &["loadInformation", "inactiveLoad", "#firmware"]),
    ("VPN", &["vpnGroup"]),
    ("Everything else", &[""]),
];

/// Which of the titles a setting stands under.
pub(super) fn title(setting: &Setting) -> usize {
    let fits = |word: &str| match word.strip_prefix('#') {
        Some(part) => setting.key.is_some_and(|key| key.contains(part)),
        None => setting.path.starts_with(word),
    };
    TITLES.iter().position(|(_, words)| words.iter().any(|word| fits(word))).unwrap_or(TITLES.len() - 1)
}
