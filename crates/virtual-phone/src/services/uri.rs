//! What a phone can follow: addresses on servers, and its own URIs.

/// Words that begin a URI phones know.
const SCHEMES: [&str; 17] = [
    "Dial",
    "EditDial",
    "SendDigits",
    "Key",
    "SoftKey",
    "Init",
    "Display",
    "Play",
    "RTPRx",
    "RTPTx",
    "RTPMRx",
    "RTPMTx",
    "Vibrate",
    "Device",
    "Notify",
    "App",
    "QueryStringParam",
];

/// Whether it is on a server.
pub(crate) fn is_http(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}

/// Whether a phone can follow it at all.
pub(crate) fn check(url: &str) -> Result<(), String> {
    if is_http(url) {
        let rest = url.split_once("//").map(|(_, rest)| rest).unwrap_or_default();
        let host = rest.split(['/', '?']).next().unwrap_or_default();
        let fits = |c: char| c.is_ascii_graphic();
        return if host.is_empty() || !rest.chars().all(fits) {
            Err(format!("the address {url:?}"))
        } else {
            Ok(())
        };
    }
    match url.split_once(':') {
        Some((scheme, rest)) if SCHEMES.contains(&scheme) && !rest.is_empty() => Ok(()),
        Some((scheme, _)) if !scheme.contains('/') => Err(format!("the unknown URI {url:?}")),
        _ => Err(format!("the relative address {url:?}, which phones do not follow")),
    }
}
