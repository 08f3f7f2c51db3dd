//! Who is given a trust list, and which certificates have which roles in it: `trust.toml` in the data directory.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};
use provision::mac::Mac;
use serde::{Deserialize, Serialize};
use wire::trust_list::Role;
use wire::tvs::MAX_TTL;

use super::calendar;
use super::certificates::Stored;

const HEADING: &str = "\
# Who is given a trust list, and which certificates have which roles in it.
# `offhook trust enable`, `disable`, `roles`, `rollover`, `release` and `recovery` and `offhook cert role` and `ttl` write this
# file. The server sees at its next request who is given a list; what is in it, phones get when it is published.

";

/// Who is given a trust list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Nobody.
    #[default]
    Off,
    /// Every phone.
    Everyone,
    /// These phones.
    Phones(BTreeSet<Mac>),
}

/// Who changed the state last, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// When, as written.
    pub at: String,
    /// Who.
    pub by: String,
}

/// The state of trust.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustState {
    /// Who is given a list.
    pub reach: Reach,
    /// Roles that differ from the usual ones, by the certificate's name. No roles: not in the list.
    pub roles: BTreeMap<String, Vec<Role>>,
    /// Roles that the Trust Verification Service tells of, and that stand in no list.
    pub tvs_only: BTreeMap<String, Vec<Role>>,
    /// How many seconds phones may believe what that service says, where it differs from the setting.
    pub ttl: BTreeMap<String, u32>,
    /// The SASTs of the next list, by the certificate's name, the one who signs first; none: the usual ones.
    pub sasts: Vec<String>,
    /// The roll-over that is under way.
    pub rollover: Option<Rollover>,
    /// Lists let phones follow another call manager.
    pub released: bool,
    /// When the recovery SAST was exported, and by whom.
    pub recovery: Option<Changed>,
    /// The last change.
    pub changed: Option<Changed>,
}

/// A roll-over: from the list that both SASTs are in to the one that the new one signs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rollover {
    /// Who signs until it is finished, by the certificate's name.
    pub old: String,
    /// Who signs from then on.
    pub new: String,
    /// The SASTs of before.
    pub before: Vec<String>,
    /// When it was begun.
    pub since: String,
    /// Who began it.
    pub by: String,
}

/// Why the state cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The disk.
    #[error("{} could not be {action}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Read, locked.
        action: &'static str,
        /// How.
        source: std::io::Error,
    },
    /// Not TOML, or a key nobody knows.
    #[error("{}: {source}", path.display())]
    Toml {
        /// Which file.
        path: PathBuf,
        /// What is wrong, and where.
        source: Box<toml::de::Error>,
    },
    /// A value that makes no sense.
    #[error("{}: {problem}", path.display())]
    Value {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Writing.
    #[error(transparent)]
    Write(#[from] pki::files::FileError),
}

/// The file as written.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Written {
    trust: Word,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    phones: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    changed: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    changed_by: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sasts: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    released: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recovery_exported: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recovery_exported_by: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    roles: BTreeMap<String, Vec<String>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    tvs_only: BTreeMap<String, Vec<String>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    ttl: BTreeMap<String, u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rollover: Option<Rollover>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    #[default]
    Off,
    Everyone,
    Phones,
}

impl TrustState {
    /// Reads the state; without a file trust is off.
    pub fn read(path: &Path) -> Result<Self, StateError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(StateError::Io { path: path.to_owned(), action: "read", source }),
        };
        let written: Written = toml::from_str(&text)
            .map_err(|source| StateError::Toml { path: path.to_owned(), source: Box::new(source) })?;
        written.understand().map_err(|problem| StateError::Value { path: path.to_owned(), problem })
    }

    /// Changes the state: nobody else's change in between is lost, and a reader sees the old state or the new one.
    pub fn change<T>(
        path: &Path,
        by: &str,
        now: i64,
        change: impl FnOnce(&mut Self) -> T,
    ) -> Result<(Self, T), StateError> {
        let _alone = lock(path)?;
        let mut state = Self::read(path)?;
        let told = change(&mut state);
        state.changed = Some(Changed { at: calendar::utc(now), by: by.to_owned() });
        let text = toml::to_string(&Written::of(&state)).expect("the state has nothing that TOML cannot say");
        pki::files::write_public(path, format!("{HEADING}{text}").as_bytes())?;
        Ok((state, told))
    }

    /// The roles a certificate has in lists: those somebody gave it, else its usual ones.
    #[must_use]
    pub fn listed(&self, stored: &Stored) -> Vec<Role> {
        let mut roles = self.roles.get(&stored.name).cloned().unwrap_or_else(|| stored.usual_roles());
        if !self.sasts.is_empty() {
            roles.retain(|role| *role != Role::Sast);
            roles.extend(self.sasts.contains(&stored.name).then_some(Role::Sast));
        }
        roles
    }

    /// The roles it has beside those, told by the Trust Verification Service and standing in no list.
    #[must_use]
    pub fn tvs_only(&self, stored: &Stored) -> Vec<Role> {
        self.tvs_only.get(&stored.name).cloned().unwrap_or_default()
    }

    /// Whether somebody is given a list: `None` asks for the one that is for everybody.
    #[must_use]
    pub fn serves(&self, device: Option<Mac>) -> bool {
        match &self.reach {
            Reach::Off => false,
            Reach::Everyone => true,
            Reach::Phones(phones) => device.is_some_and(|device| phones.contains(&device)),
        }
    }
}

impl Written {
    fn of(state: &TrustState) -> Self {
        let (trust, phones) = match &state.reach {
            Reach::Off => (Word::Off, Vec::new()),
            Reach::Everyone => (Word::Everyone, Vec::new()),
            Reach::Phones(phones) => (Word::Phones, phones.iter().map(|mac| mac.device_name()).collect()),
        };
        let words = |(name, roles): (&String, &Vec<Role>)| {
            (name.clone(), roles.iter().map(Role::to_string).collect())
        };
        Self {
            trust,
            phones,
            changed: state.changed.as_ref().map(|changed| changed.at.clone()),
            changed_by: state.changed.as_ref().map(|changed| changed.by.clone()),
            roles: state.roles.iter().map(words).collect(),
            tvs_only: state.tvs_only.iter().map(words).collect(),
            ttl: state.ttl.clone(),
            sasts: state.sasts.clone(),
            released: state.released,
            recovery_exported: state.recovery.as_ref().map(|exported| exported.at.clone()),
            recovery_exported_by: state.recovery.as_ref().map(|exported| exported.by.clone()),
            rollover: state.rollover.clone(),
        }
    }

    fn understand(self) -> Result<TrustState, String> {
        let mac = |name: &String| name.parse::<Mac>().map_err(|error| format!("phones: \"{name}\": {error}"));
        let phones: BTreeSet<Mac> = self.phones.iter().map(mac).collect::<Result<_, _>>()?;
        let reach = match self.trust {
            Word::Phones if phones.is_empty() => {
                return Err(
                    "trust = \"phones\" needs a list of phones; to give it to nobody, say \"off\"".to_owned()
                );
            }
            Word::Phones => Reach::Phones(phones),
            _ if !phones.is_empty() => {
                return Err("phones are listed, but trust is not \"phones\"".to_owned());
            }
            Word::Everyone => Reach::Everyone,
            Word::Off => Reach::Off,
        };
        let role = |name: &str, word: &String| {
            word.parse::<Role>().map_err(|error| format!("roles of {name}: \"{word}\" is {error}"))
        };
        let roles = |(name, words): (String, Vec<String>)| {
            let roles = words.iter().map(|word| role(&name, word)).collect::<Result<_, _>>()?;
            Ok((name, roles))
        };
        let recovery = self.recovery_exported;
        let recovery = recovery.map(|at| Changed { at, by: self.recovery_exported_by.unwrap_or_default() });
        let changed = self.changed.map(|at| Changed { at, by: self.changed_by.unwrap_or_default() });
        let tvs_only = self.tvs_only.into_iter().map(roles).collect::<Result<_, String>>()?;
        let roles = self.roles.into_iter().map(roles).collect::<Result<_, String>>()?;
        if let Some((name, ttl)) = self.ttl.iter().find(|(_, ttl)| !(1..=MAX_TTL).contains(*ttl)) {
            return Err(format!("ttl of {name}: {ttl} seconds; it is 1 to {MAX_TTL}"));
        }
        if let Some(rollover) = self.rollover.as_ref().filter(|it| self.sasts != [&*it.old, &*it.new]) {
            let (old, new) = (&rollover.old, &rollover.new);
            return Err(format!("rollover: it needs sasts = [\"{old}\", \"{new}\"]"));
        }
        Ok(TrustState {
            reach,
            roles,
            tvs_only,
            ttl: self.ttl,
            sasts: self.sasts,
            rollover: self.rollover,
            released: self.released,
            recovery,
            changed,
        })
    }
}

/// Waits until nobody else is changing the state. The folder is locked, not a file in it: whoever may write the state can
/// open that, whoever changed it before.
fn lock(path: &Path) -> Result<Flock<File>, StateError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |source| StateError::Io { path: folder.to_owned(), action: "locked", source };
    let file = File::open(folder).map_err(failed)?;
    Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, errno)| failed(errno.into()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const ONE: Mac = Mac::new([0x58, 0x97, 0x1e, 0xcc, 0x97, 0xc1]);
    const OTHER: Mac = Mac::new([0, 0x11, 0x22, 0xaa, 0xbb, 0xcc]);

    #[test]
    fn trust_is_off_until_somebody_says_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let state = TrustState::read(&folder.path().join("trust.toml")).unwrap();
        assert_eq!(state, TrustState::default());
        assert!(!state.serves(None) && !state.serves(Some(ONE)));
    }

    #[test]
    fn a_list_reaches_whom_it_should() {
        let reach = |reach| TrustState { reach, ..TrustState::default() };
        let everyone = reach(Reach::Everyone);
        assert!(everyone.serves(None) && everyone.serves(Some(ONE)));
        let one = reach(Reach::Phones([ONE].into()));
        assert!(one.serves(Some(ONE)) && !one.serves(Some(OTHER)) && !one.serves(None));
    }

    #[test]
    fn changes_are_kept_with_who_and_when() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trust.toml");
        let (written, told) = TrustState::change(&path, "root", 1_790_000_000, |state| {
            state.reach = Reach::Phones([ONE, OTHER].into());
            state.roles.insert("ccm-pbx".to_owned(), vec![Role::Ccm, Role::Tftp, Role::Other(99)]);
            state.tvs_only.insert("web".to_owned(), vec![Role::AppServer]);
            state.ttl.insert("web".to_owned(), 3600);
            "told"
        })
        .unwrap();
        assert_eq!(told, "told");
        assert_eq!(TrustState::read(&path).unwrap(), written);
        assert_eq!(
            written.changed.unwrap(),
            Changed { at: "2026-09-21T14:13:20Z".into(), by: "root".into() }
        );
        let text = std::fs::read_to_string(&path).unwrap();
        for line in [
            "trust = \"phones\"",
            "\"SEP58971ECC97C1\"",
            "ccm-pbx = [\"CCM\", \"TFTP\", \"99\"]",
            "web = [\"APP-SERVER\"]",
            "web = 3600",
        ] {
            assert!(text.contains(line), "no {line} in {text}");
        }
    }

    #[test]
    fn changes_at_the_same_time_all_count() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trust.toml");
        std::thread::scope(|scope| {
            for last in 0..8 {
                let path = &path;
                scope.spawn(move || {
                    TrustState::change(path, "x", 0, |state| {
                        let mac = Mac::new([0, 0, 0, 0, 0, last]);
                        match &mut state.reach {
                            Reach::Phones(phones) => drop(phones.insert(mac)),
                            reach => *reach = Reach::Phones([mac].into()),
                        }
                    })
                    .unwrap();
                });
            }
        });
        assert!(matches!(TrustState::read(&path).unwrap().reach, Reach::Phones(phones) if phones.len() == 8));
    }

    #[test]
    fn nonsense_is_refused_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trust.toml");
        for (text, words) in [
            ("trust = \"on\"", "unknown variant `on`"),
            ("trust = \"off\"\nphone = []", "unknown field `phone`"),
            ("", "missing field `trust`"),
            ("trust = ", "trust.toml"),
            ("trust = \"phones\"", "needs a list of phones"),
            ("trust = \"off\"\nphones = [\"SEP001122AABBCC\"]", "phones are listed"),
            ("trust = \"phones\"\nphones = [\"kitchen\"]", "\"kitchen\": a phone's address"),
            ("trust = \"off\"\n[roles]\nx = [\"KING\"]", "roles of x: \"KING\" is not a role"),
            ("trust = \"off\"\n[tvs_only]\nx = [\"KING\"]", "roles of x: \"KING\" is not a role"),
            ("trust = \"off\"\n[ttl]\nx = 0", "ttl of x: 0 seconds"),
            ("trust = \"off\"\n[ttl]\nx = 2592001", "1 to 2592000"),
            ("trust = \"off\"\n[ttl]\nx = -1", "invalid value"),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = TrustState::read(&path).unwrap_err().to_string();
            assert!(error.contains(words) && error.contains("trust.toml"), "{text:?}: {error}");
            assert!(TrustState::change(&path, "x", 0, |_| ()).is_err());
            assert_eq!(
                std::fs::read_to_string(&path).unwrap(),
                text,
                "a broken file is left for its owner to mend"
            );
        }
    }
}
