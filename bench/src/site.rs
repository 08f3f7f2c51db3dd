//! The files that are served in the measurements, the same for every server.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::Result;
use tempfile::TempDir;

/// The phone configuration that most measurements ask for.
pub(crate) const CONFIGURATION: &str = "SEP001122334455.cnf.xml";
/// A firmware part.
pub(crate) const FIRMWARE: &str = "rootfs88xx.14-2-1-0001-135.sbn";
/// Phones in the storm over HTTP.
pub(crate) const PHONES: usize = 1000;
/// Files made for cold signing, each asked for once.
pub(crate) const COLD: usize = 4000;

const CONFIGURATION_SIZE: usize = 13 * 1024;
const FIRMWARE_SIZE: usize = 5 * 1024 * 1024;

/// What each phone asks for at boot beside its own two files, with sizes as seen on real ones.
const SHARED: [(&str, usize); 9] = [
    ("German_Germany/sl-be-sip.jar", 20_000),
    ("Germany/g3-tones.xml", 3_100),
    ("dialplan.xml", 900),
    ("AppDialRules.xml", 400),
    ("softkeys.xml", 5_000),
    ("featurepolicy.xml", 1_200),
    ("Ringlist-wb.xml", 1_500),
    ("Desktops/800x480x24/List.xml", 700),
    ("Desktops/800x480x24/desk-thumbnail.png", 9_000),
];

/// A folder that goes when the bench ends.
#[derive(Debug)]
pub(crate) struct Site {
    folder: TempDir,
}

impl Site {
    /// Writes everything that any measurement asks for.
    pub(crate) fn make() -> Result<Self> {
        let site = Self { folder: tempfile::Builder::new().prefix("offhook-bench-").tempdir()? };
        // Servers that give up root must still get in.
        fs::set_permissions(site.folder.path(), fs::Permissions::from_mode(0o755))?;
        site.write(CONFIGURATION, CONFIGURATION_SIZE)?;
        site.write(FIRMWARE, FIRMWARE_SIZE)?;
        for (name, size) in SHARED {
            site.write(name, size)?;
        }
        for phone in 0..PHONES {
            site.write(&configuration_of(phone), CONFIGURATION_SIZE)?;
            site.write(&second_of(phone), 4_000)?;
        }
        for number in 0..COLD {
            site.write(&cold(number), CONFIGURATION_SIZE)?;
        }
        Ok(site)
    }

    /// The folder of all of it.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The document root of every server.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    /// A working folder for one server.
    pub(crate) fn dir(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts bytes into the document root.
    pub(crate) fn put(&self, root: &Path, name: &str, bytes: &[u8]) -> Result<()> {
        let file = root.join(name);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(fs::write(file, bytes)?)
    }

    fn write(&self, name: &str, size: usize) -> Result<()> {
        self.put(&self.root(), name, &text(name, size))
    }
}

/// The eleven files of one phone of the storm, in the order it asks for them, without `.sgn`.
pub(crate) fn files_of(phone: usize) -> Vec<String> {
    let own = [second_of(phone), configuration_of(phone)];
    own.into_iter().chain(SHARED.iter().map(|(name, _)| (*name).to_owned())).collect()
}

/// A file that is asked for once.
pub(crate) fn cold(number: usize) -> String {
    format!("SEP0050C2{number:06X}.cnf.xml")
}

fn configuration_of(phone: usize) -> String {
    format!("SEP2834A2{phone:06X}.cnf.xml")
}

/// Stands for the trust list, which is made anew for every server: a file of its size that all of them can serve.
fn second_of(phone: usize) -> String {
    format!("SEP2834A2{phone:06X}.lines.xml")
}

fn text(name: &str, size: usize) -> Vec<u8> {
    let line = format!("<item name=\"{name}\">the same words again and again</item>\n");
    line.bytes().cycle().take(size).collect()
}
