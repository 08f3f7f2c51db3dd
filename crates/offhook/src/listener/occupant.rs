//! Who holds a port: read from `/proc`, as `ss -p` does.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::{fmt, fs};

/// A program that holds a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occupant {
    /// Its name.
    pub program: String,
    /// Its process number.
    pub pid: u32,
}

impl fmt::Display for Occupant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (pid {})", self.program, self.pid)
    }
}

/// The program that holds this local port, if this user may see it.
#[must_use]
pub fn find(udp: bool, port: u16) -> Option<Occupant> {
    let tables = if udp { ["/proc/net/udp", "/proc/net/udp6"] } else { ["/proc/net/tcp", "/proc/net/tcp6"] };
    let text = tables.map(|table| fs::read_to_string(table).unwrap_or_default());
    let inodes: HashSet<&str> = text.iter().flat_map(|t| holders(t, udp, port)).collect();
    if inodes.is_empty() {
        return None;
    }
    let sockets: HashSet<PathBuf> = inodes.iter().map(|i| PathBuf::from(format!("socket:[{i}]"))).collect();
    fs::read_dir("/proc").ok()?.flatten().find_map(|process| {
        let pid = process.file_name().to_str()?.parse().ok()?;
        let holds = holds_one(&process.path(), &sockets);
        holds.then(|| Occupant { program: program(&process.path()), pid })
    })
}

/// The socket inodes in one of the kernel's tables that hold `port`: listening ones only, for TCP.
fn holders(table: &str, udp: bool, port: u16) -> impl Iterator<Item = &str> {
    const LISTENING: &str = "0A";
    table.lines().skip(1).filter_map(move |line| {
        let mut fields = line.split_whitespace();
        let local = fields.nth(1)?;
        let state = fields.nth(1)?;
        let inode = fields.nth(5)?;
        let (_, hex) = local.rsplit_once(':')?;
        let held = u16::from_str_radix(hex, 16).ok()? == port && (udp || state == LISTENING);
        held.then_some(inode)
    })
}

fn holds_one(process: &Path, sockets: &HashSet<PathBuf>) -> bool {
    let Ok(descriptors) = fs::read_dir(process.join("fd")) else { return false };
    descriptors.flatten().any(|d| fs::read_link(d.path()).is_ok_and(|link| sockets.contains(&link)))
}

fn program(process: &Path) -> String {
    let name = fs::read_to_string(process.join("comm")).unwrap_or_default();
    name.trim().to_owned()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::net::{TcpListener, UdpSocket};

    use super::*;

    const TABLE: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1B3A 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4242 1 0 100 0 0 10 0
   1: 0100007F:1B3A 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 4243 1 0 100 0 0 10 0
   2: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4244 1 0 100 0 0 10 0
   3: broken
";

    #[test]
    fn only_the_listener_of_a_port_holds_it() {
        assert_eq!(holders(TABLE, false, 6970).collect::<Vec<_>>(), ["4242"]);
        assert_eq!(holders(TABLE, true, 6970).collect::<Vec<_>>(), ["4242", "4243"]);
        assert_eq!(holders(TABLE, false, 6971).count(), 0);
    }

    #[test]
    fn this_process_finds_itself() {
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let found = find(false, tcp.local_addr().unwrap().port()).unwrap();
        assert_eq!(found.pid, std::process::id());
        let udp = UdpSocket::bind("[::]:0").unwrap();
        assert_eq!(find(true, udp.local_addr().unwrap().port()).unwrap().pid, std::process::id());
    }
}
