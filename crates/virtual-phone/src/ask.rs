//! What a phone asks for and what it is answered: the two values that pass between the boot and the network.

use std::{fmt, time::Duration};

use pki::Certificate;
use serde::Serialize;

/// One request the phone makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The file, as the phone composes it: case and a leading slash included.
    pub name: String,
    /// How it is fetched.
    pub transport: Transport,
    /// What the phone wants it for.
    pub purpose: Purpose,
}

impl Ask {
    /// The name without the leading slash that old firmware puts before files of an unnamed locale.
    #[must_use]
    pub fn bare_name(&self) -> &str {
        self.name.trim_start_matches('/')
    }
}

/// How a file travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// HTTPS, port 6971.
    Https,
    /// HTTP, port 6970.
    Http,
    /// TFTP, port 69.
    Tftp,
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Https => "HTTPS",
            Self::Http => "HTTP",
            Self::Tftp => "TFTP",
        })
    }
}

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Purpose {
    Ctl,
    Itl,
    Configuration,
    EncryptedConfiguration,
    DefaultConfiguration,
    Load,
    UserLocale,
    Tones,
    DialTemplate,
    AppDialRules,
    SoftKeys,
    FeaturePolicy,
    Headset,
    RingList,
    Wallpaper,
}

impl Purpose {
    /// The most bytes the phone takes; what is bigger is dropped.
    #[must_use]
    pub fn limit(self) -> usize {
        match self {
            // Wallpapers, locale jars and load lists are not documented; no real one is near this.
            Self::Load | Self::UserLocale | Self::Wallpaper => 16 << 20,
            // "2048 KB" in the console log of a 7821, for lists, configuration and soft keys.
            _ => 2048 << 10,
        }
    }

    /// Whether a phone that holds a trust list asks for the signed form of such a file.
    #[must_use]
    pub fn is_signed(self) -> bool {
        // Trust lists and loads carry their own signature; `AppDialRules.xml` is asked without in every trace.
        !matches!(self, Self::Ctl | Self::Itl | Self::Load | Self::AppDialRules)
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ctl => "CTL",
            Self::Itl => "ITL",
            Self::Configuration => "configuration",
            Self::EncryptedConfiguration => "encrypted configuration",
            Self::DefaultConfiguration => "default configuration",
            Self::Load => "firmware",
            Self::UserLocale => "user locale",
            Self::Tones => "tones",
            Self::DialTemplate => "dial template",
            Self::AppDialRules => "application dial rules",
            Self::SoftKeys => "soft keys",
            Self::FeaturePolicy => "feature policy",
            Self::Headset => "headset defaults",
            Self::RingList => "ring list",
            Self::Wallpaper => "wallpaper",
        })
    }
}

/// What came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer<'a> {
    /// The whole file.
    File(&'a [u8]),
    /// No file.
    Failed(&'a Trouble),
}

/// Why no file came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// HTTP 404, or TFTP error 1, and what the server says about it.
    #[error("not there")]
    Missing(String),
    /// Another HTTP status than 200 and 404.
    #[error("HTTP status {0}")]
    Status(u16),
    /// A TFTP error other than 1.
    #[error("TFTP error, {0}: {1}")]
    TftpError(String, String),
    /// Nobody listens there.
    #[error("the server refuses the connection")]
    Refused,
    /// No answer, or an answer that stopped.
    #[error("no answer within {0:?}")]
    Silent(Duration),
    /// No TLS connection.
    #[error("no TLS connection: {0}")]
    Tls(String),
    /// An HTTPS server whose certificate the phone does not know.
    #[error("no TLS connection: the server shows {}, which is not in the trust list in role TFTP", .0.subject())]
    Untrusted(Box<Certificate>),
    /// More bytes than the phone takes.
    #[error("the file is bigger than the {} KB this phone takes", .0 / 1024)]
    TooBig(usize),
    /// An answer that phones do not understand.
    #[error("{0}")]
    Broken(String),
    /// The machine the virtual phone runs on failed, not the server.
    #[error("this machine cannot ask: {0}")]
    Here(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_what_happened() {
        assert_eq!(
            Trouble::TooBig(2 << 20).to_string(),
            "the file is bigger than the 2048 KB this phone takes"
        );
        assert_eq!(Trouble::Missing("no such phone".into()).to_string(), "not there");
    }

    #[test]
    fn the_leading_slash_is_part_of_the_name_only_on_the_wire() {
        let ask =
            Ask { name: "/mk-sip.jar".into(), transport: Transport::Tftp, purpose: Purpose::UserLocale };
        assert_eq!(ask.bare_name(), "mk-sip.jar");
    }
}
