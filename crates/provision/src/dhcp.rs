//! What to write into a DHCP server, so that phones find this one.
//!
//! Option 150 is a list of IPv4 addresses that phones try in order; option 66 is one name or address. Phones that get both take 150.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

/// What every Cisco phone says it is, in option 60, before it names its model.
const VENDOR: &str = "Cisco Systems, Inc.";

/// A DHCP server, by the program it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// ISC dhcpd.
    Isc,
    /// Kea.
    Kea,
    /// dnsmasq.
    Dnsmasq,
    /// MikroTik RouterOS.
    Mikrotik,
    /// Windows Server.
    Windows,
    /// Cisco IOS.
    Ios,
}

/// Where phones shall go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Addresses of this server and those that stand in for it, in the order phones try them.
    pub servers: Vec<Ipv4Addr>,
    /// The name for option 66, where there is one.
    pub name: Option<String>,
    /// Only devices that say they are Cisco's, where the program can tell them apart.
    pub phones_only: bool,
}

/// Why there is nothing to write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DhcpError {
    /// Option 150 needs an address.
    #[error("option 150 needs the IPv4 address of this server")]
    NoServer,
    /// More than an option holds.
    #[error("option 150 holds at most 63 addresses, and these are {0}")]
    TooMany(usize),
    /// A name that would break the syntax.
    #[error("{0:?} is no name of a host: letters, digits, hyphens and dots")]
    Name(String),
}

/// What phones of a series do with what DHCP tells them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Note {
    /// Which series.
    pub series: &'static str,
    /// What to know.
    pub text: &'static str,
}

/// Notes for all series.
pub const NOTES: [Note; 5] = [
    Note {
        series: "6900, 7900",
        text: "fetch everything over TFTP: 69/udp must be let through, and the answers, which come from other ports unless \
               tftp.single_port is set",
    },
    Note {
        series: "8900, 9900",
        text: "ask HTTP on 6970 first, from firmware 9 on, and TFTP for every file they do not get there",
    },
    Note {
        series: "7800, 8800",
        text: "ask HTTP on 6970 first for each file, and HTTPS on 6971 for their configuration once they hold a trust list of \
               version 1.1; TFTP is their last resort",
    },
    Note {
        series: "all",
        text: "call all of these servers \"TFTP server\" in their menus; an \"Alternate TFTP\" set there wins over DHCP",
    },
    Note {
        series: "all",
        text: "read options when they start: restart a phone, or wait until its lease is half over",
    },
];

impl Program {
    /// All of them, in the order people read them.
    pub const ALL: [Self; 6] =
        [Self::Isc, Self::Kea, Self::Dnsmasq, Self::Mikrotik, Self::Windows, Self::Ios];

    /// As commands name it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Isc => "isc",
            Self::Kea => "kea",
            Self::Dnsmasq => "dnsmasq",
            Self::Mikrotik => "mikrotik",
            Self::Windows => "windows",
            Self::Ios => "ios",
        }
    }

    /// As people name it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Isc => "ISC dhcpd",
            Self::Kea => "Kea",
            Self::Dnsmasq => "dnsmasq",
            Self::Mikrotik => "MikroTik RouterOS",
            Self::Windows => "Windows Server",
            Self::Ios => "Cisco IOS",
        }
    }

    /// Where it goes.
    #[must_use]
    pub fn place(self) -> &'static str {
        match self {
            Self::Isc => "/etc/dhcp/dhcpd.conf, before the subnets or within those of the phones",
            Self::Kea => {
                "/etc/kea/kea-dhcp4.conf, within \"Dhcp4\"; join the lists with those that are there"
            }
            Self::Dnsmasq => "/etc/dnsmasq.d/phones.conf",
            Self::Mikrotik => "a terminal of the router",
            Self::Windows => {
                "a PowerShell of the DHCP server, as administrator; -ScopeId 10.0.0.0 limits a line to one scope"
            }
            Self::Ios => "the configuration mode of the router, within the pool of the phones",
        }
    }

    /// Whether it can be told to answer phones only.
    #[must_use]
    pub fn tells_phones_apart(self) -> bool {
        matches!(self, Self::Isc | Self::Kea | Self::Dnsmasq)
    }

    /// What to write, complete and in its syntax.
    pub fn snippet(self, target: &Target) -> Result<String, DhcpError> {
        target.check()?;
        Ok(match self {
            Self::Isc => isc(target),
            Self::Kea => kea(target),
            Self::Dnsmasq => dnsmasq(target),
            Self::Mikrotik => mikrotik(target),
            Self::Windows => windows(target),
            Self::Ios => ios(target),
        })
    }
}

impl std::str::FromStr for Program {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|program| program.word() == word);
        let words = || Self::ALL.map(Self::word).join(", ");
        found.ok_or_else(|| format!("there is no {word:?}: {}", words()))
    }
}

impl Target {
    fn check(&self) -> Result<(), DhcpError> {
        /// An option holds 255 bytes.
        const MOST: usize = 63;
        if self.servers.is_empty() {
            return Err(DhcpError::NoServer);
        }
        if self.servers.len() > MOST {
            return Err(DhcpError::TooMany(self.servers.len()));
        }
        let plain = |name: &str| {
            let label = |label: &str| {
                let inner =
                    label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
                inner && !label.is_empty() && label.len() <= 63
            };
            name.len() <= 253 && name.split('.').all(label)
        };
        match self.name.as_deref().filter(|name| !plain(name)) {
            Some(name) => Err(DhcpError::Name(name.to_owned())),
            None => Ok(()),
        }
    }

    fn servers(&self, between: &str) -> String {
        self.servers.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
    }

    /// For option 66: the name, else the first address.
    fn single(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.servers[0].to_string())
    }
}

fn isc(target: &Target) -> String {
    let mut text = "option phone-servers code 150 = array of ip-address;\n".to_owned();
    let options = [
        format!("option phone-servers {};", target.servers(", ")),
        format!("option tftp-server-name \"{}\";", target.single()),
    ];
    if target.phones_only {
        let length = VENDOR.len();
        // Writing into a text cannot fail, here and below.
        let _ = write!(
            text,
            "class \"phones\" {{\n  match if substring(option vendor-class-identifier, 0, {length}) = \"{VENDOR}\";\n"
        );
        for option in options {
            let _ = writeln!(text, "  {option}");
        }
        text.push_str("}\n");
    } else {
        for option in options {
            let _ = writeln!(text, "{option}");
        }
    }
    text
}

fn kea(target: &Target) -> String {
    let servers = target.servers(", ");
    let single = target.single();
    let data = |indent: &str| {
        format!(
            "\"option-data\": [\n{indent}  {{ \"name\": \"phone-servers\", \"code\": 150, \"space\": \"dhcp4\", \"data\": \"{servers}\" }},\n\
             {indent}  {{ \"name\": \"tftp-server-name\", \"code\": 66, \"space\": \"dhcp4\", \"data\": \"{single}\" }}\n{indent}]"
        )
    };
    let definition = "\"option-def\": [\n  { \"name\": \"phone-servers\", \"code\": 150, \"space\": \"dhcp4\", \"type\": \"ipv4-address\", \
                      \"array\": true }\n]";
    if target.phones_only {
        let (length, data) = (VENDOR.len(), data("    "));
        format!(
            "{definition},\n\"client-classes\": [\n  {{\n    \"name\": \"phones\",\n    \
             \"test\": \"substring(option[60].hex,0,{length}) == '{VENDOR}'\",\n    {data}\n  }}\n]\n"
        )
    } else {
        format!("{definition},\n{}\n", data(""))
    }
}

fn dnsmasq(target: &Target) -> String {
    let tag = if target.phones_only { "tag:phones," } else { "" };
    // A part of what phones say is enough, and this one has no comma.
    let class = if target.phones_only { "dhcp-vendorclass=set:phones,Cisco Systems\n" } else { "" };
    format!(
        "{class}dhcp-option={tag}150,{}\ndhcp-option={tag}66,\"{}\"\n",
        target.servers(","),
        target.single()
    )
}

fn mikrotik(target: &Target) -> String {
    // In hexadecimal it is the same in every version of RouterOS.
    let bytes: String =
        target.servers.iter().flat_map(Ipv4Addr::octets).map(|byte| format!("{byte:02X}")).collect();
    format!(
        "/ip dhcp-server option add name=phones-150 code=150 value=0x{bytes}\n\
         /ip dhcp-server option add name=phones-66 code=66 value=\"s'{}'\"\n\
         /ip dhcp-server network set [find] dhcp-option=phones-150,phones-66\n",
        target.single()
    )
}

fn windows(target: &Target) -> String {
    format!(
        "Add-DhcpServerv4OptionDefinition -OptionId 150 -Name \"Phone servers\" -Type IPv4Address -MultiValued\n\
         Set-DhcpServerv4OptionValue -OptionId 150 -Value {}\n\
         Set-DhcpServerv4OptionValue -OptionId 66 -Value \"{}\"\n",
        target.servers(","),
        target.single()
    )
}

fn ios(target: &Target) -> String {
    // It takes eight addresses at most.
    let servers = target.servers.iter().take(8).map(ToString::to_string).collect::<Vec<_>>().join(" ");
    format!(" option 150 ip {servers}\n option 66 ascii \"{}\"\n", target.single())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn target(phones_only: bool) -> Target {
        Target {
            servers: vec![Ipv4Addr::new(192, 0, 2, 10), Ipv4Addr::new(192, 0, 2, 11)],
            name: Some("pbx.example.net".to_owned()),
            phones_only,
        }
    }

    #[test]
    fn each_program_has_its_syntax() {
        let said = |program: Program| program.snippet(&target(false)).unwrap();
        assert_eq!(
            said(Program::Isc),
            "option phone-servers code 150 = array of ip-address;\noption phone-servers 192.0.2.10, 192.0.2.11;\n\
             option tftp-server-name \"pbx.example.net\";\n"
        );
        assert_eq!(
            said(Program::Dnsmasq),
            "dhcp-option=150,192.0.2.10,192.0.2.11\ndhcp-option=66,\"pbx.example.net\"\n"
        );
        assert!(said(Program::Mikrotik).contains("value=0xC000020AC000020B\n"));
        assert!(said(Program::Windows).contains("-Value 192.0.2.10,192.0.2.11\n"));
        assert_eq!(
            said(Program::Ios),
            " option 150 ip 192.0.2.10 192.0.2.11\n option 66 ascii \"pbx.example.net\"\n"
        );
    }

    #[test]
    fn what_kea_gets_is_json() {
        for phones_only in [false, true] {
            let text = format!("{{{}}}", Program::Kea.snippet(&target(phones_only)).unwrap());
            let json: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(json["option-def"][0]["code"], 150);
            let data =
                if phones_only { &json["client-classes"][0]["option-data"] } else { &json["option-data"] };
            assert_eq!(data[0]["data"], "192.0.2.10, 192.0.2.11");
            assert_eq!(data[1]["data"], "pbx.example.net");
            let test = json["client-classes"][0]["test"].as_str();
            assert_eq!(test.is_some(), phones_only);
            assert!(test.is_none_or(|test| test.contains("0,19) == 'Cisco Systems, Inc.'")));
        }
    }

    #[test]
    fn option_66_falls_back_to_the_address() {
        let target = Target { name: None, ..target(false) };
        for program in Program::ALL {
            let text = program.snippet(&target).unwrap();
            assert!(text.matches("192.0.2.10").count() >= 1, "{text}");
            assert_eq!(program.word().parse(), Ok(program));
        }
        assert!("bind".parse::<Program>().unwrap_err().contains("isc, kea, dnsmasq"));
    }

    #[test]
    fn nothing_is_written_that_would_break_a_server() {
        let with = |name: &str| Target { name: Some(name.to_owned()), ..target(false) };
        for name in ["a\"b", "a\nb", "a b", "", "a..b", "x'y", &"a".repeat(64)] {
            assert_eq!(Program::Isc.snippet(&with(name)), Err(DhcpError::Name(name.to_owned())));
        }
        let none = Target { servers: Vec::new(), ..target(false) };
        assert_eq!(Program::Kea.snippet(&none), Err(DhcpError::NoServer));
        let many = Target { servers: vec![Ipv4Addr::LOCALHOST; 64], ..target(false) };
        assert_eq!(Program::Kea.snippet(&many), Err(DhcpError::TooMany(64)));
    }
}
